/// A text as C wants it: zero-terminated, and known to contain no zero byte, which would cut it short unnoticed.
struct CText {
    private let bytes: [CChar]

    init(_ text: String) throws(PostgresError) {
        try Self.check(text)
        bytes = text.utf8.map { CChar(bitPattern: $0) } + [0]
    }

    static func check(_ text: String) throws(PostgresError) {
        guard !text.utf8.contains(0) else {
            throw PostgresError(.characterNotInRepertoire, "Postgres texts cannot contain the character U+0000")
        }
    }

    func withPointer<R>(_ body: (UnsafePointer<CChar>) -> R) -> R {
        bytes.withUnsafeBufferPointer { body($0.baseAddress!) }  // Never empty: the terminator is there.
    }

    /// Lends an array of pointers that ends with nil.
    static func withPointers<R>(_ texts: [CText], _ body: ([UnsafePointer<CChar>?]) -> R) -> R {
        let joined = texts.flatMap(\.bytes)
        return joined.withUnsafeBufferPointer { buffer in
            var offset = 0
            var pointers: [UnsafePointer<CChar>?] = []
            for text in texts {
                pointers.append(buffer.baseAddress! + offset)
                offset += text.bytes.count
            }
            return body(pointers + [nil])
        }
    }
}
