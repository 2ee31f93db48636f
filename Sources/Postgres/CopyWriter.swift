/// Writes the rows of one running `COPY`. Lent by `Connection.copyIn`; cannot be kept.
package struct CopyWriter: ~Copyable {
    /// What is gathered before it is handed to the network.
    package static let chunkBytesMax = 65_536

    private let connection: Connection
    private var chunk: [UInt8] = []

    init(_ connection: Connection) {
        self.connection = connection
        chunk.reserveCapacity(Self.chunkBytesMax)
    }

    /// Writes one row, its fields in the order of the statement's columns.
    package mutating func write(_ row: [Value]) throws(PostgresError) {
        var separator = false
        for value in row {
            if separator { chunk.append(UInt8(ascii: "\t")) }
            append(value)
            separator = true
        }
        chunk.append(UInt8(ascii: "\n"))
        try flushIfFull()
    }

    /// Writes bytes that are already in COPY's text format; where a row ends need not be where the bytes end.
    package mutating func write(text: [UInt8]) throws(PostgresError) {
        for start in stride(from: 0, to: text.count, by: Self.chunkBytesMax) {
            chunk += text[start..<min(start + Self.chunkBytesMax, text.count)]
            try flushIfFull()
        }
    }

    mutating func flush() throws(PostgresError) {
        if chunk.isEmpty { return }
        try connection.putCopyData(chunk)
        chunk.removeAll(keepingCapacity: true)
    }

    private mutating func flushIfFull() throws(PostgresError) {
        if chunk.count >= Self.chunkBytesMax { try flush() }
    }

    private mutating func append(_ value: Value) {
        switch value {
        case .null: chunk += [UInt8(ascii: "\\"), UInt8(ascii: "N")]
        case .integer(let integer): chunk += String(integer).utf8
        case .text(let text): appendEscaped(text)
        case .bytes(let bytes):
            chunk += [UInt8(ascii: "\\"), UInt8(ascii: "\\"), UInt8(ascii: "x")]
            Hexadecimal.append(bytes, to: &chunk)
        }
    }

    private mutating func appendEscaped(_ text: String) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): chunk += [UInt8(ascii: "\\"), UInt8(ascii: "\\")]
            case UInt8(ascii: "\t"): chunk += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
            case UInt8(ascii: "\n"): chunk += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
            case UInt8(ascii: "\r"): chunk += [UInt8(ascii: "\\"), UInt8(ascii: "r")]
            default: chunk.append(byte)
            }
        }
    }
}
