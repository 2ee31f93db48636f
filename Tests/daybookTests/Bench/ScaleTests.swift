import Testing

@testable import daybook

@Suite("The axes of the latency drawing")
struct ScaleTests {
    @Test(
        "A linear axis ends at a round number that is not below the most", arguments: [1, 7, 99, 24_177, 48_355, 1e6])
    func linear(most: Double) throws {
        let scale = LinearScale(upTo: most, from: 80, to: 800)
        let last = try #require(scale.ticks.last)
        #expect(last >= most)
        #expect((5...12).contains(scale.ticks.count))
        #expect(scale.place(0) == 80)
        #expect(scale.place(last) == 800)
        #expect(scale.place(last / 2) == 440)
    }

    @Test("A logarithmic axis covers whole powers of ten, the least at the bottom")
    func logarithmic() {
        let scale = LogScale(fitting: [0.6, 4_755], bottom: 500, top: 100)
        #expect(scale.ticks == [0.1, 1, 10, 100, 1_000, 10_000])
        #expect(scale.place(0.1) == 500)
        #expect(scale.place(10_000) == 100)
        #expect(abs(scale.place(1) - 420) < 0.001)
    }

    @Test("Zero, which has no logarithm, lies at the bottom, and equal values have an axis")
    func edges() {
        #expect(LogScale(fitting: [1, 10], bottom: 500, top: 100).place(0) == 500)
        let single = LogScale(fitting: [1], bottom: 500, top: 100)
        #expect(single.ticks == [1, 10])
        #expect(single.place(1) == 500)
    }
}
