import Testing

@testable import daybook

@Suite("What the program says")
struct TerminalTests {
    @Test(
        "Numbers are grouped by thousands",
        arguments: [(0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567"), (-100, "-100")])
    func grouped(number: Int, text: String) {
        #expect(Terminal.grouped(number) == text)
    }

    @Test(
        "Sizes have a unit",
        arguments: [(12, "12 B"), (1_500, "1.5 kB"), (2_000_000, "2.0 MB"), (3_100_000_000, "3.1 GB")])
    func bytes(count: Int, text: String) {
        #expect(Terminal.bytes(count) == text)
    }
}
