import Foundation

/// What figures are made with: the program, its limit, and a place on the disk.
struct Bench {
    let daybook: Program
    let limit: Program
    let directory: String
    let rounds: Int
    let longRounds: Int
    let isQuick: Bool
    let retail: String?

    /// One size for the figure, a small one for a try.
    func size(_ full: Int, quick: Int) -> Int { isQuick ? quick : full }

    /// `daybook bench …` on data of its own.
    func product(_ arguments: String...) throws -> Program.Answer { try product(arguments) }

    func product(_ arguments: [String]) throws -> Program.Answer {
        try inDirectory { try daybook.run(["bench"] + arguments + ["--data", $0]) }
    }

    /// `daybook bench request …`, the rate of one round.
    func requests(_ arguments: String...) throws -> Double {
        let seconds = String(size(10, quick: 2))
        return try inDirectory {
            try daybook.run(["bench", "request", "--seconds", seconds] + arguments + ["--data", $0])
        }.number("perSecond")
    }

    /// What LMDB alone does with records of that size.
    func limitAppend(recordBytes: Int, batch: Int, count: Int) throws -> Program.Answer {
        try inDirectory { directory in
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            return try limit.run(["append", directory, String(recordBytes), String(batch), String(count)])
        }
    }

    /// Lends the name of a directory that is not there yet, and removes what is there then.
    func inDirectory<R>(_ body: (String) throws -> R) throws -> R {
        let path = directory + "/" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try body(path)
    }

    /// Runs product and limit by turns, so that a machine that changes its speed changes both.
    func byTurns(_ round: () throws -> (product: Double, limit: Double)) rethrows -> (product: Runs, limit: Runs) {
        var product: [Double] = []
        var limit: [Double] = []
        for _ in 0..<rounds {
            let both = try round()
            product.append(both.product)
            limit.append(both.limit)
        }
        return (Runs(product), Runs(limit))
    }
}

/// The same thing several times.
struct Runs: Encodable {
    let runs: [Double]
    let median: Double

    init(_ runs: [Double]) {
        self.runs = runs
        let sorted = runs.sorted()
        let middle = sorted.count / 2
        median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
