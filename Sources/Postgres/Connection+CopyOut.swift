import CPostgres
import Glibc

extension Connection {
    /// Runs `COPY … TO STDOUT` (text format), hands each row to the body as it arrives, and returns their number.
    ///
    /// - Memory is that of one row and of what libpq has received: a slow body makes the server wait.
    /// - Where the body throws its error is thrown on and the connection is closed: the server could not be told to stop.
    /// - `Options.statementTimeout` counts for the whole copy.
    @discardableResult
    package func copyOut(_ statement: String, _ body: (CopiedRow) throws -> Void) throws -> Int {
        try beginCopy(statement, "copyOut needs a COPY … TO STDOUT statement") { $0.offersCopy }
        do {
            while let row = try nextCopiedRow() { try body(row) }
        } catch {
            close()
            throw error
        }
        return try finish().changedRows
    }

    /// nil at the end, of which `finish` tells whether it was a good one.
    private func nextCopiedRow() throws(PostgresError) -> CopiedRow? {
        let handle = try openHandle()
        while true {
            var row: UnsafeMutablePointer<CChar>?
            let length = PQgetCopyData(handle, &row, 1)
            if let row, length > 0 {
                defer { PQfreemem(row) }
                return CopiedRow(UnsafeRawBufferPointer(start: row, count: Int(length)))
            }
            guard length == 0 else {
                if length == -1 { return nil }
                throw failure(of: handle)
            }
            try awaitInput(handle)
        }
    }
}

/// One row of a `COPY … TO STDOUT` in text format.
package struct CopiedRow {
    private let fields: [ArraySlice<UInt8>]

    init(_ line: UnsafeRawBufferPointer) {
        // Tabs and line feeds within a field are escaped, so that each of these ends one.
        let end = line.last == UInt8(ascii: "\n") ? line.count - 1 : line.count
        fields = Array(line[..<end]).split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
    }

    /// A field of an integer type; nil is NULL.
    package func integer(_ column: Int) throws(PostgresError) -> Int64? {
        guard let field = present(column) else { return nil }
        guard let integer = Int64(String(decoding: field, as: UTF8.self)) else { throw mismatch(column, "an integer") }
        return integer
    }

    /// A field of type `bytea`; nil is NULL.
    package func bytes(_ column: Int) throws(PostgresError) -> [UInt8]? {
        guard let field = present(column) else { return nil }
        // The backslash in front of it is escaped.
        let bytes = field.dropFirst().withUnsafeBufferPointer(Hexadecimal.decodeField)
        guard let bytes else { throw mismatch(column, "a bytea") }
        return bytes
    }

    private func present(_ column: Int) -> ArraySlice<UInt8>? {
        precondition(fields.indices.contains(column), "column \(column) of \(fields.count)")
        return fields[column].elementsEqual("\\N".utf8) ? nil : fields[column]
    }

    private func mismatch(_ column: Int, _ expectation: String) -> PostgresError {
        PostgresError(.invalidTextRepresentation, "Column \(column + 1) of the copy is not \(expectation)")
    }
}
