import Testing

@testable import daybook

@Suite("Counting the answers of a stream")
struct AnswerCounterTests {
    private static let lines = Array(
        """
        {"key":"a","status":200,"position":7}
        {"key":"b","status":409,"code":"not_enough_stock"}
        {"key":"c","status":201,"position":8}

        """.utf8)

    /// `CommandAnswer`: key (1), status (2), position (3), each message behind its length.
    private static let messages: [UInt8] =
        [8, 0x0A, 1, 97, 0x10, 0xC8, 0x01, 0x18, 7] + [6, 0x0A, 1, 98, 0x10, 0x99, 0x03]
        + [8, 0x0A, 1, 99, 0x10, 0xC9, 0x01, 0x18, 8]

    @Test("Lines are counted whole, cut after any number of bytes", arguments: 1...lines.count)
    func countLines(piece: Int) throws { try count(Self.lines, .ndjson, piece) }

    @Test("Messages are counted whole, cut after any number of bytes", arguments: 1...messages.count)
    func countMessages(piece: Int) throws { try count(Self.messages, .protobuf, piece) }

    private func count(_ bytes: [UInt8], _ format: StreamFormatName, _ piece: Int) throws {
        var counter = AnswerCounter(format)
        for start in stride(from: 0, to: bytes.count, by: piece) {
            try bytes[start..<min(start + piece, bytes.count)].withUnsafeBytes { try counter.take($0) }
        }
        #expect(counter.answers == 3)
        #expect(counter.accepted == 2)
        #expect(counter.firstRefusal != nil)
    }
}
