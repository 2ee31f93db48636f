import EventStore
import TestTools
import Testing

@testable import EventStore

@Suite("Where events stand in a log that was made of another")
struct PositionMapTests {
    @Test("Each event is found where it stands, dropped ones nowhere, and a follower goes on behind what it has")
    func random() throws {
        var random = SplitMix64.of("position map")
        for _ in 0..<200 {
            var map = PositionMap()
            var expected: [Position?] = [nil]
            var through: [Position] = [.start]
            var new = Position.start
            for old in UInt64(1)...UInt64(Int.random(in: 1...60, using: &random)) {
                switch Int.random(in: 0..<6, using: &random) {
                case 0: expected.append(nil)
                case let kind:
                    new = new.advanced(by: kind == 1 ? 3 : 1)
                    map.add(.at(old), becomes: new)
                    expected.append(new)
                }
                through.append(expected[Int(old)] ?? through[Int(old) - 1])
            }
            let read = try #require(PositionMap(csv: map.csv))
            #expect(read == map)
            for old in expected.indices {
                #expect(map[.at(UInt64(old))] == expected[old])
                #expect(map.through(.at(UInt64(old))) == through[old])
            }
            #expect(map[.at(1_000)] == nil)
            #expect(map.through(.at(1_000)) == through.last)
        }
    }

    @Test("What is no such file is not read", arguments: ["", "1,2,3", "was_first,was_last,is_first\n1,2", "x\n1,1,1"])
    func malformed(text: String) {
        #expect(PositionMap(csv: text) == nil)
    }
}
