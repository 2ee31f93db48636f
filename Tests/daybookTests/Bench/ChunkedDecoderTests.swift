import Testing

@testable import daybook

@Suite("The chunks of a streamed answer")
struct ChunkedDecoderTests {
    private static let coded = "5\r\nhello\r\n1A\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n"

    @Test("The inside comes out whole, wherever the network cut", arguments: 0...coded.utf8.count)
    func cut(at place: Int) throws {
        var decoder = ChunkedDecoder()
        var inside: [UInt8] = []
        let bytes = Array(Self.coded.utf8)
        for part in [bytes[..<place], bytes[place...]] {
            try part.withUnsafeBytes { try decoder.take($0) { inside += $0 } }
        }
        #expect(decoder.isAtEnd)
        #expect(String(decoding: inside, as: UTF8.self) == "helloabcdefghijklmnopqrstuvwxyz")
    }

    @Test(
        "What is not in chunks is refused",
        arguments: ["x\r\n", "\r\n", "5\r\nhelloX", "5\nhelloo\r", "FFFFFFFFFFFF\r\n", "0\r\nTrailer: 1\r\n\r\n"])
    func refused(text: String) {
        var decoder = ChunkedDecoder()
        #expect(throws: ChunkedDecoder.NotChunked.self) {
            try Array(text.utf8).withUnsafeBytes { try decoder.take($0) { _ in } }
        }
    }
}
