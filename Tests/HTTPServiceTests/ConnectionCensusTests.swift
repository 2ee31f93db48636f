import Testing

@testable import HTTPService

@Suite("How many connections there may be")
struct ConnectionCensusTests {
    @Test("One address has its share, all have theirs, and who leaves makes room")
    func shares() {
        var limits = ServerLimits()
        limits.connectionsMax = 3
        limits.connectionsPerAddressMax = 2
        let census = ConnectionCensus(limits)
        #expect(census.enter("a"))
        #expect(census.enter("a"))
        #expect(!census.enter("a"))
        #expect(census.enter("b"))
        #expect(!census.enter("c"))
        census.leave("a")
        #expect(census.enter("c"))
        #expect(!census.enter("a"))
        #expect(census.count == 3)
    }
}
