/// How commands stand in a stream.
enum StreamFormatName: String, CaseIterable {
    case ndjson, protobuf

    var contentType: String { "application/x-\(rawValue)" }
}

/// Reservations as the bytes of one streamed request, cut into the chunks of its body, made before anything is measured.
struct StreamRequests {
    let head: [UInt8]
    /// Framed as HTTP has it; the last one ends the body.
    private(set) var chunks: [[UInt8]] = []
    private(set) var bodyBytes = 0

    init(
        _ format: StreamFormatName, commands: Int, items: Int, port: Int, chunkBytes: Int, seed: UInt64
    ) {
        head = Array(
            ("POST /commands HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Type: \(format.contentType)\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n").utf8)
        var random = SplitMix64(seed: seed)
        var chunk: [UInt8] = []
        chunk.reserveCapacity(chunkBytes + 256)
        for _ in 0..<commands {
            let sku = BenchShop.sku(Int.random(in: 0..<items, using: &random))
            let key = CommandKey.make(&random)
            switch format {
            case .ndjson:
                chunk += #"{"command":"reserve-stock","key":"\#(key)","body":{"sku":"\#(sku)","quantity":1}}"#.utf8
                chunk.append(UInt8(ascii: "\n"))
            case .protobuf: chunk += Self.message(key: key, sku: sku)
            }
            if chunk.count >= chunkBytes { close(&chunk) }
        }
        if !chunk.isEmpty { close(&chunk) }
        chunks.append(Array("0\r\n\r\n".utf8))
    }

    private mutating func close(_ chunk: inout [UInt8]) {
        bodyBytes += chunk.count
        chunks.append(Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + [13, 10])
        chunk.removeAll(keepingCapacity: true)
    }

    /// A `CommandRequest` of `proto/daybook/v1/command.proto` behind its length: key (1), reserve_stock (22) of sku (1)
    /// and quantity (2). Every length is below 128, so that each is one byte.
    private static func message(key: String, sku: String) -> [UInt8] {
        let reserve = field(1, sku.utf8) + [2 << 3, 1]
        let request = field(1, key.utf8) + [0xB2, 0x01, UInt8(reserve.count)] + reserve
        return [UInt8(request.count)] + request
    }

    private static func field(_ number: UInt8, _ text: String.UTF8View) -> [UInt8] {
        [number << 3 | 2, UInt8(text.count)] + text
    }
}
