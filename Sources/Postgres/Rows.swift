import CPostgres

/// The rows a statement returned, held in memory. A value: it outlives the connection and may cross threads.
package struct Rows: RandomAccessCollection, Sendable {
    package let columns: [String]
    private let result: ServerResult

    init(_ result: ServerResult) {
        self.result = result
        columns = (0..<PQnfields(result.handle)).map { String(cString: PQfname(result.handle, $0)) }
    }

    package var startIndex: Int { 0 }
    package var endIndex: Int { Int(PQntuples(result.handle)) }

    package subscript(position: Int) -> Row {
        precondition(indices.contains(position), "row \(position) of \(count)")
        return Row(number: CInt(position), columns: columns, result: result)
    }
}

/// One row. Fields are in Postgres' text format; nil is NULL.
///
/// Columns are named as the statement names them; where two have one name, the first is meant. A column that is not
/// there is a mistake in the program and stops it.
package struct Row: Sendable {
    fileprivate let number: CInt
    package let columns: [String]
    fileprivate let result: ServerResult

    package subscript(column: Int) -> String? {
        withField(column) { String(decoding: $0, as: UTF8.self) }
    }

    package subscript(column: String) -> String? { self[index(of: column)] }

    /// A field of an integer type.
    package func integer(_ column: Int) throws(PostgresError) -> Int64? {
        guard let text = self[column] else { return nil }
        guard let integer = Int64(text) else { throw mismatch(column, "an integer") }
        return integer
    }

    package func integer(_ column: String) throws(PostgresError) -> Int64? { try integer(index(of: column)) }

    /// A field of type `bytea`.
    package func bytes(_ column: Int) throws(PostgresError) -> [UInt8]? {
        guard let decoded = withField(column, Hexadecimal.decodeField) else { return nil }
        guard let bytes = decoded else { throw mismatch(column, "a bytea") }
        return bytes
    }

    package func bytes(_ column: String) throws(PostgresError) -> [UInt8]? { try bytes(index(of: column)) }

    private func withField<R>(_ column: Int, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R? {
        precondition(columns.indices.contains(column), "column \(column) of \(columns.count)")
        guard PQgetisnull(result.handle, number, CInt(column)) == 0,
            let value = PQgetvalue(result.handle, number, CInt(column))
        else { return nil }
        let length = Int(PQgetlength(result.handle, number, CInt(column)))
        return value.withMemoryRebound(to: UInt8.self, capacity: length) {
            body(UnsafeBufferPointer(start: $0, count: length))
        }
    }

    private func index(of column: String) -> Int {
        guard let index = columns.firstIndex(of: column) else {
            preconditionFailure("no column \(column) among \(columns)")
        }
        return index
    }

    private func mismatch(_ column: Int, _ expectation: String) -> PostgresError {
        PostgresError(.invalidTextRepresentation, "Column \(columns[column]) is not \(expectation)")
    }
}
