import CPostgres

/// Parameters laid out for libpq, one behind the other in a single buffer.
struct ParameterList {
    private static let byteaType: Oid = 17
    private static let inferredType: Oid = 0

    private var storage: [UInt8] = [0]  // Never empty, so that an empty bytea still has an address and is not NULL.
    private var offsets: [Int?] = []
    private var types: [Oid] = []
    private var lengths: [CInt] = []
    private var formats: [CInt] = []

    init(_ values: [Value]) throws(PostgresError) {
        for value in values {
            switch value {
            case .null: add(nil)
            case .integer(let integer): try add(text: String(integer))
            case .text(let text): try add(text: text)
            case .bytes(let bytes): add(bytes, type: Self.byteaType, format: 1)
            }
        }
    }

    /// Has the server read and run a statement. False where libpq refuses, as for all of these.
    func send(_ statement: CText, over handle: OpaquePointer) -> Bool {
        statement.withPointer { text in
            withValues { PQsendQueryParams(handle, text, CInt(types.count), types, $0, lengths, formats, 0) } == 1
        }
    }

    /// Has the server read and plan a statement, to be run under a name.
    func sendPreparation(of statement: CText, as name: CText, over handle: OpaquePointer) -> Bool {
        statement.withPointer { text in
            name.withPointer { PQsendPrepare(handle, $0, text, CInt(types.count), types) } == 1
        }
    }

    /// Has the server run a statement that it was sent under that name.
    func sendExecution(of name: CText, over handle: OpaquePointer) -> Bool {
        name.withPointer { name in
            withValues { PQsendQueryPrepared(handle, name, CInt(types.count), $0, lengths, formats, 0) } == 1
        }
    }

    private func withValues(_ send: ([UnsafePointer<CChar>?]) -> CInt) -> CInt {
        storage.withUnsafeBytes { buffer in
            let start = buffer.baseAddress!.assumingMemoryBound(to: CChar.self)
            return send(offsets.map { offset in offset.map { start + $0 } })
        }
    }

    private mutating func add(text: String) throws(PostgresError) {
        try CText.check(text)
        add(Array(text.utf8) + [0])
    }

    private mutating func add(_ bytes: [UInt8]?, type: Oid = inferredType, format: CInt = 0) {
        offsets.append(bytes.map { _ in storage.count })
        types.append(type)
        formats.append(format)
        lengths.append(CInt(bytes?.count ?? 0))
        storage += bytes ?? []
    }
}
