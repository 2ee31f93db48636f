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

    func send(_ statement: UnsafePointer<CChar>, over handle: OpaquePointer) -> CInt {
        storage.withUnsafeBytes { buffer in
            let start = buffer.baseAddress!.assumingMemoryBound(to: CChar.self)
            let values = offsets.map { offset in offset.map { start + $0 } }
            return PQsendQueryParams(handle, statement, CInt(values.count), types, values, lengths, formats, 0)
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
