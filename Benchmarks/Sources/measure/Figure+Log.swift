import Foundation

extension Figure {
    static let fold = Figure(name: "fold") { bench in
        let count = bench.size(5_000_000, quick: 200_000)
        return try bench.inDirectory { log in
            let written = try bench.daybook.run([
                "bench", "writer", "--commands", String(count), "--data", log, "--keep",
            ])
            return try bench.inDirectory { records in
                try FileManager.default.createDirectory(atPath: records, withIntermediateDirectories: true)
                let bytes = Int(try written.number("recordBytes"))
                _ = try bench.limit.run(["append", records, String(bytes), "8189", String(count)])
                let runs = try bench.byTurns {
                    (
                        try bench.daybook.run(["bench", "fold", "--data", log]).number("perSecond"),
                        try bench.limit.run(["scan", records]).number("perSecond")
                    )
                }
                return [
                    Result(
                        "reading and folding the whole log into stock levels, one core", unit: "events/s", runs.product,
                        beside: ("LMDB scan, same records", runs.limit), .atLeast(1_200_000))
                ]
            }
        }
    }

    static let open = Figure(name: "open") { bench in
        let answer = try bench.product(
            "open", "--events", String(bench.size(10_000_000, quick: 100_000)), "--times", String(bench.rounds))
        return [
            Result(
                "after kill -9, until the first command is answered", unit: "s", Runs(try answer.numbers("seconds")),
                .atMost(1))
        ]
    }

    /// The same file gives the same log: one run.
    static let importedLog = Figure(name: "imported-log") { bench in
        guard let retail = bench.retail else {
            FileHandle.standardError.write(Data("left out: --retail names the Online Retail file\n".utf8))
            return []
        }
        return try bench.inDirectory { directory in
            _ = try bench.daybook.text(["import", "online-retail", "--skip-projections", "--data", directory, retail])
            let log = try FileManager.default.attributesOfItem(atPath: directory + "/log/data.mdb")[.size] as? Int ?? 0
            let events = try bench.daybook.run(["status", "--json", "--data", directory]).number("head")
            return [
                Result(
                    "log bytes an event of the real import", unit: "bytes",
                    Runs([(Double(log) / events * 10).rounded() / 10]),
                    .atMost(130))
            ]
        }
    }
}
