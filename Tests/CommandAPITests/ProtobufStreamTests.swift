import EventStore
import Foundation
import HTTPService
import Ledger
import SwiftProtobuf
import TestSupport
import TestTools
import Testing

@testable import CommandAPI

private typealias Ask = Daybook_V1_CommandRequest
private typealias Told = Daybook_V1_CommandAnswer

@Suite("Commands as a stream of messages", .serialized)
struct ProtobufStreamTests {
    @Test("Messages are answered in order, each with its status, mistakes in between")
    func mixed() async throws {
        try await withShop { shop in
            let requests: [Ask] = [
                .with {
                    $0.key = "1"
                    $0.receiveStock = .lamps(5)
                },
                .with {
                    $0.key = "2"
                    $0.receiveStock = .lamps(0)
                },
                .with {
                    $0.key = "3"
                    $0.reserveStock = .lamps(6)
                },
                Ask(),
                .with {
                    $0.key = "1"
                    $0.receiveStock = .lamps(5)
                },
                .with {
                    $0.key = "1"
                    $0.receiveStock = .lamps(6)
                },
                .with {
                    $0.key = ""
                    $0.receiveStock = .lamps(5)
                },
                .with {
                    $0.key = "4"
                    $0.expectedVersion = 7
                    $0.receiveStock = .lamps(1)
                },
                .with {
                    $0.key = "5"
                    $0.expectedVersion = 1
                    $0.correlation = "day 1"
                    $0.reserveStock = .lamps(5)
                },
            ]
            let answers = try await shop.send(requests)
            #expect(answers.map(\.status) == [201, 422, 409, 422, 201, 409, 400, 412, 200])
            #expect(answers.map(\.key) == ["1", "2", "3", "", "1", "1", "", "4", "5"])
            #expect(
                answers.map(\.problem.code) == [
                    "", "invalid_quantity", "not_enough_stock", "missing_field", "", "key_reused", "invalid_text",
                    "version_mismatch", "",
                ])
            #expect(answers[1].problem.pointer == "/quantity")
            #expect(answers[3].problem.pointer == "/command")
            #expect(!answers[3].hasKey)
            #expect(answers.allSatisfy { $0.hasProblem == $0.problem.detail.contains(" ") })
            #expect(answers[4] == answers[0])
            #expect(answers[0].position == 4)
            #expect(answers[0].events.map(\.stream) == ["stock-LAMP"])
            #expect(answers[0].events.map(\.version) == [1])
            #expect(answers[0].events.map(\.position) == [4])
            #expect(answers[8].events.map(\.type) == ["stock.reserved"])
            #expect(answers[8].result.reservation.utf8.count == 26)
            #expect(answers[8].result.expiresAt > 0)
            #expect(shop.store.log.head.value == 5)
            let records = try shop.store.log.read(after: Position(rawValue: 4), limit: 1)
            #expect(records.map(\.correlation) == ["day 1"])
        }
    }

    @Test("A message which is none is refused, and those around it are taken")
    func malformed() async throws {
        try await withShop { shop in
            let good = try delimited(.with { $0.receiveStock = .lamps(5) })
            var bytes: [UInt8] = good
            for wrong in [[0xFF], [0x0A, 0x05, 0x41], [0xA2, 0x01, 0x02, 0x0A, 0xFF], [0x0A, 0x01, 0xFF]] as [[UInt8]] {
                bytes += [UInt8(wrong.count)] + wrong + good
            }
            // A field, and a command, of another release.
            bytes += [3, 0xF8, 0x07, 0x01] + good + [3, 0xA2, 0x06, 0x00] + good
            let answers = try await shop.send(bytes)
            #expect(answers.map(\.status) == [201, 400, 200, 400, 200, 400, 200, 400, 200, 422, 200, 422, 200])
            #expect(
                Set(answers.map(\.problem.code)) == ["", "malformed_message", "unknown_field"])
            #expect(shop.store.log.head.value == 10)
        }
    }

    @Test("A message which is too long ends the stream, and those before it are taken")
    func tooLong() async throws {
        try await withShop { shop in
            let good = try delimited(.with { $0.receiveStock = .lamps(5) })
            for length in [
                varint(CommandAPI.bodyBytesMax + 1), varint(1 << 40), Array(repeating: 0xFF, count: 12),
            ] as [[UInt8]] {
                let answers = try await shop.send(good + length + good + good)
                #expect(answers.map(\.problem.code) == ["", "body_too_large"])
                #expect(answers.last?.status == 413)
            }
            let filler = Array(repeating: UInt8(ascii: "x"), count: CommandAPI.bodyBytesMax - 4)
            let most = varint(CommandAPI.bodyBytesMax) + [0x0A] + varint(filler.count) + filler
            let answers = try await shop.send(good + most + good)
            #expect(answers.map(\.status) == [200, 422, 200], "one of exactly the most bytes is looked at")
        }
    }

    @Test("A stream that ends inside a message says so, and an empty one has no answers")
    func truncated() async throws {
        try await withShop { shop in
            let good = try delimited(.with { $0.receiveStock = .lamps(5) })
            for missing in 1..<good.count {
                let answers = try await shop.send(good + good.dropLast(missing))
                #expect(answers.map(\.problem.code) == ["", "truncated_stream"])
                #expect(answers.last?.status == 400)
            }
            #expect(try await shop.send([UInt8]()).isEmpty)
        }
    }

    @Test("Twenty thousand messages in one request are answered one by one")
    func many() async throws {
        try await withShop { shop in
            let count = 20_000
            let good = try delimited(.with { $0.receiveStock = .lamps(1) })
            let answers = try await shop.send(Array(repeatElement(good, count: count).joined()))
            #expect(answers.map(\.position) == (4..<UInt64(count + 4)).map { $0 })
        }
    }

    @Test("A client may read the answer to a message before it sends the next")
    func interactive() async throws {
        try await withShop { shop in
            let connection = try Connection(port: shop.commands.port)
            try await connection.send(
                "POST /commands HTTP/1.1\r\nHost: shop\r\nContent-Type: application/x-protobuf\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            for number in 1...20 {
                let message = try delimited(
                    .with {
                        $0.key = String(number)
                        $0.receiveStock = .lamps(1)
                    })
                // In two pieces: a message ends where it ends, not where a chunk does.
                for piece in [message.prefix(5), message.dropFirst(5)] {
                    let head = "\(String(piece.count, radix: 16))\r\n"
                    try await connection.send(Array(head.utf8) + piece + Array("\r\n".utf8))
                }
                if number == 1 { #expect(try await connection.head().status == 200) }
                let answers = try told(try #require(try await connection.chunk()))
                #expect(answers.map(\.key) == [String(number)])
                #expect(answers.map(\.position) == [UInt64(number + 3)])
            }
            try await connection.send("0\r\n\r\n")
            #expect(try await connection.chunk() == nil)
        }
    }
}

@Suite("Every command as a message", .serialized)
struct CommandMessageTests {
    @Test("A message is decided as its JSON is")
    func equalsJSON() async throws {
        let pairs = MessageSamples.all
        #expect(Set(pairs.map(\.name)) == Set(CommandSpec.all.keys))
        for pair in pairs {
            let spec = try #require(CommandSpec.all[pair.name])
            let json = try spec.command(from: pair.json.utf8)
            let message = try #require(pair.request.command).message.command()
            #expect(type(of: json).name == type(of: message).name)
            var (one, other) = (CanonicalBytes(), CanonicalBytes())
            json.describe(to: &one)
            message.describe(to: &other)
            #expect(one.bytes == other.bytes, "\(pair.name) \(pair.json)")
        }
    }

    @Test("What an accepted command made is answered under the name that JSON gives it")
    func results() async throws {
        try await withShop { shop in
            let answers = try await shop.send([
                .with { $0.receiveStock = .lamps(5) },
                .with {
                    $0.addToCart = .with {
                        $0.cart = "C"
                        $0.sku = "LAMP"
                        $0.quantity = 2
                    }
                }, .with { $0.placeOrder = .with { $0.cart = "C" } },
            ])
            #expect(answers.map(\.status) == [201, 201, 201])
            #expect(answers[1].result == .with { $0.cart = "C" })
            #expect(answers[2].result.number == "1")
            #expect(
                answers[2].result.total
                    == .with {
                        $0.amount = "5.10"
                        $0.currency = "GBP"
                    })
            let order = answers[2].result.order
            #expect(answers[2].events.map(\.stream).contains("order-" + order))
            let later = try await shop.send([
                .with { $0.fulfilOrder = .with { $0.order = order } },
                .with {
                    $0.returnItems = .with {
                        $0.order = order
                        $0.lines = [
                            .with {
                                $0.sku = "LAMP"
                                $0.quantity = 1
                            }
                        ]
                    }
                },
            ])
            #expect(later[1].result.refund.amount == "2.55")
            #expect(later[1].result.hasCreditNote)
        }
    }

    @Test("What is wrong with a value is pointed at as in JSON")
    func pointers() async throws {
        try await withShop { shop in
            let price: Daybook_V1_Price = .with {
                $0.amount = "1,0"
                $0.currency = "GBP"
            }
            let cases: [(String, String, Ask)] = [
                ("invalid_text", "/sku", .with { $0.receiveStock = .with { $0.quantity = 1 } }),
                ("missing_field", "/price", .with { $0.changePrice = .with { $0.sku = "LAMP" } }),
                (
                    "invalid_amount", "/price/amount",
                    .with {
                        $0.changePrice = .with {
                            $0.sku = "LAMP"
                            $0.price = price
                        }
                    }
                ),
                (
                    "invalid_quantity", "/lines/1/quantity",
                    .with {
                        $0.fulfilOrder = .with {
                            $0.order = "O"
                            $0.lines = [
                                .with {
                                    $0.sku = "LAMP"
                                    $0.quantity = 1
                                }, .with { $0.sku = "LAMP" },
                            ]
                        }
                    }
                ),
                (
                    "invalid_text", "/shippingAddress/city",
                    .with {
                        $0.placeOrder = .with {
                            $0.cart = "C"
                            $0.shippingAddress = .with {
                                $0.name = "A"
                                $0.line1 = "1"
                                $0.country = "F"
                            }
                        }
                    }
                ),
                (
                    "invalid_kind", "/kind",
                    .with {
                        $0.registerProduct = .with {
                            $0.sku = "N"
                            $0.name = "N"
                            $0.kind = "service"
                        }
                    }
                ),
                (
                    "invalid_quantity", "/expiresInSeconds",
                    .with {
                        $0.reserveStock = .with {
                            $0.sku = "LAMP"
                            $0.quantity = 1
                            $0.expiresInSeconds = 0
                        }
                    }
                ),
            ]
            let answers = try await shop.send(cases.map(\.2))
            for (answer, expected) in zip(answers, cases) {
                #expect(answer.status == 422)
                #expect(answer.problem.pointer == expected.1)
                if expected.1 != "/expiresInSeconds" { #expect(answer.problem.code == expected.0) }
            }
        }
    }

    @Test("Messages with bytes changed, cut or added are answered or refused, and harm nothing")
    func damaged() throws {
        for (index, pair) in MessageSamples.all.enumerated() {
            var random = SplitMix64.of("damaged messages", index)
            let bytes: [UInt8] = try pair.request.serializedBytes()
            for place in bytes.indices {
                var damaged = bytes
                damaged[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
                _ = ProtobufFormat.request(damaged, in: 0..<damaged.count)
                _ = ProtobufFormat.request(bytes, in: 0..<place)
                damaged.insert(UInt8.random(in: 0...255, using: &random), at: place)
                _ = ProtobufFormat.request(damaged, in: 0..<damaged.count)
            }
            guard case .success = ProtobufFormat.request(bytes, in: 0..<bytes.count).command else {
                Issue.record("\(pair.name) is refused whole")
                continue
            }
        }
    }
}

@Suite("A stream of bytes is cut into messages")
struct MessageSplitterTests {
    @Test("Messages are the same however the bytes arrive")
    func chunks() {
        let messages = [[1], [], Array(repeating: 2, count: 10), Array(1...200), [7, 8]] as [[UInt8]]
        let bytes = messages.flatMap { varint($0.count) + $0 }
        for size in 1...bytes.count {
            var splitter = MessageSplitter(messageBytesMax: 200)
            var found: [[UInt8]] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                found += splitter.split(bytes[start..<min(start + size, bytes.count)]).messages
            }
            #expect(found == messages, "in pieces of \(size)")
            #expect(splitter.finish().frames.isEmpty)
            #expect(!splitter.isBroken)
        }
    }
}

extension Frames {
    /// Those that are whole.
    fileprivate var messages: [[UInt8]] {
        frames.compactMap { frame in if case .whole(let range) = frame { Array(bytes[range]) } else { nil } }
    }
}

extension Daybook_V1_ReceiveStock {
    fileprivate static func lamps(_ quantity: Int64) -> Self {
        .with {
            $0.sku = "LAMP"
            $0.location = "main"
            $0.quantity = quantity
        }
    }
}

extension Daybook_V1_ReserveStock {
    fileprivate static func lamps(_ quantity: Int64) -> Self {
        .with {
            $0.sku = "LAMP"
            $0.quantity = quantity
        }
    }
}

extension TestShop {
    fileprivate func send(_ requests: [Ask]) async throws -> [Told] {
        try await send(try requests.flatMap(delimited))
    }

    fileprivate func send(_ bytes: [UInt8]) async throws -> [Told] {
        let answer = try await post("/commands", bytes: bytes, type: "application/x-protobuf")
        #expect(answer.status == 200)
        #expect(answer.headers["content-type"] == "application/x-protobuf")
        return try told(answer.body)
    }
}

private func delimited(_ request: Ask) throws -> [UInt8] {
    let message: [UInt8] = try request.serializedBytes()
    return varint(message.count) + message
}

private func told(_ bytes: some Sequence<UInt8>) throws -> [Told] {
    var splitter = MessageSplitter(messageBytesMax: 2 << 20)
    let messages = splitter.split(Array(bytes)).messages
    #expect(splitter.finish().frames.isEmpty, "answers are whole")
    return try messages.map { try Told(serializedBytes: $0) }
}

private func varint(_ number: Int) -> [UInt8] {
    var rest = number
    var bytes: [UInt8] = []
    while rest >= 0x80 {
        bytes.append(UInt8(rest & 0x7F) | 0x80)
        rest >>= 7
    }
    return bytes + [UInt8(rest)]
}
