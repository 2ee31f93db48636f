import Ledger
import TestTools
import Testing

@testable import EventStore

@Suite("A sorted run")
struct SortedRunTests {
    @Test("Its filters let every digest through that it holds, and fewer than one in a hundred of the others")
    func filters() throws {
        var random = SplitMix64.of("filters")
        let rows = (1...20_000).map { position in
            DigestTable.Row(digest: Digest(high: random.next(), low: random.next()), position: UInt64(position))
        }
        let data = try TemporaryData()
        let files = DirectoryFiles(directory: data.path)
        var writer = SortedRunWriter(try files.create("run-1"), number: 1, rowsMax: rows.count)
        for row in rows.sorted(by: { $0.digest < $1.digest }) { try writer.append(row) }
        try writer.finish()
        let run = try SortedRun(try #require(try files.open("run-1")), number: 1)

        #expect(try rows.allSatisfy { try run.mayHold($0.digest) })
        var found: [Position?] = rows.map { _ in nil }
        try run.find(rows.map(\.digest), in: &found)
        #expect(found == rows.map { Position(rawValue: $0.position) })

        let strangers = (0..<20_000).map { _ in Digest(high: random.next(), low: random.next()) }
        let passed = try strangers.count { try run.mayHold($0) }
        #expect(passed < strangers.count / 100, "\(passed) passed")
    }
}
