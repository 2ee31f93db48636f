import Testing

@testable import daybook

@Suite("The commands of a measurement")
struct WorkloadTests {
    @Test("Each cart gets its commands, filled side by side with others, before the next ones begin")
    func carts() {
        let (active, each) = (3, 4)
        let carts = (0..<24).map { Workload.cart(ofCommand: $0, active, each) }
        #expect(carts.prefix(12).allSatisfy { $0 < active })
        #expect(carts.suffix(12).allSatisfy { (active..<2 * active).contains($0) })
        for cart in 0..<2 * active { #expect(carts.count { $0 == cart } == each) }
    }

    @Test("Keys have the form of a UUID, and differ")
    func keys() {
        var random = SplitMix64(seed: 1)
        let keys = (0..<1_000).map { _ in CommandKey.make(&random) }
        #expect(Set(keys).count == keys.count)
        for key in keys {
            #expect(key.split(separator: "-").map(\.count) == [8, 4, 4, 4, 12])
            #expect(key.utf8.allSatisfy { $0 == 45 || (48...57).contains($0) || (97...102).contains($0) })
        }
    }

    @Test("A request is stamped in place: same length, new key, its own cart")
    func stamping() {
        var template = RequestTemplate(.addToCart, port: 8_080, items: 100, seed: 1)
        template.stamp(0)
        let first = String(decoding: template.bytes, as: UTF8.self)
        template.stamp(12_345)
        let second = String(decoding: template.bytes, as: UTF8.self)
        #expect(first.utf8.count == second.utf8.count)
        #expect(first != second)
        #expect(first.contains(#""cart":"cart-0000000000""#))
        #expect(second.contains(#""cart":"cart-0000001345""#))
        let body = second.split(separator: "\r\n").last ?? ""
        #expect(second.contains("Content-Length: \(body.utf8.count)\r\n"))
    }

    @Test("Groups are dealt out without a gap, the last one shorter")
    func groups() {
        let groups = GroupNumbers(commands: 10, batch: 4)
        #expect([groups.next(), groups.next(), groups.next(), groups.next()] == [0..<4, 4..<8, 8..<10, nil])
    }

    @Test("The memory that Linux writes down is read in bytes")
    func memory() {
        let status = "Name:\tdaybook\nVmRSS:\t  197364 kB\nRssAnon:\t     122 kB\n"
        #expect(ProcessMemory.bytes("RssAnon:", in: status) == 122 * 1_024)
        #expect(ProcessMemory.bytes("VmRSS:", in: status) == 197_364 * 1_024)
        #expect(ProcessMemory.bytes("VmSwap:", in: status) == 0)
    }
}
