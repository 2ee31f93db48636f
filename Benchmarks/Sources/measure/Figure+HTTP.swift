extension Figure {
    static let request = Figure(name: "request") { bench in
        let runs = try bench.byTurns {
            (try bench.requests("--connections", "64"), try bench.requests("--connections", "64", "--endpoint", "echo"))
        }
        return [
            Result(
                "add-to-cart, one command a request, JSON, 64 connections, each durable", unit: "commands/s",
                runs.product, beside: ("a JSON echo of the same server, same bodies", runs.limit), .ratioAtLeast(0.85))
        ]
    }

    static let single = Figure(name: "single") { bench in
        let runs = try bench.byTurns {
            let product = try bench.requests("--connections", "1")
            let limit = try bench.limitAppend(recordBytes: 136, batch: 1, count: bench.size(10_000, quick: 1_000))
            return (product, try limit.number("commitsPerSecond"))
        }
        return [
            Result(
                "add-to-cart, one connection, one command at a time", unit: "commands/s", runs.product,
                beside: ("LMDB commits of one record", runs.limit), .ratioAtLeast(0.75))
        ]
    }

    static let hot = Figure(name: "hot") { bench in
        let runs = try bench.byTurns {
            (
                try bench.requests("--connections", "64", "--hot"),
                try bench.requests("--connections", "64", "--reserve")
            )
        }
        return [
            Result(
                "reserve-stock of one hot item, 64 connections", unit: "commands/s", runs.product,
                beside: ("the same over 10,000 items", runs.limit), .ratioAtLeast(0.95))
        ]
    }

    static let interference = Figure(name: "interference") { bench in
        let seconds = String(bench.size(20, quick: 3))
        let events = String(bench.size(1_000_000, quick: 50_000))
        let runs = try bench.byTurns {
            let answer = try bench.product("interference", "--seconds", seconds, "--events", events)
            return (
                try answer.number("disturbed", "milliseconds", "p99"), try answer.number("alone", "milliseconds", "p99")
            )
        }
        return [
            Result(
                "p99 at 64 connections while the index is written, read models are fed and a scan runs",
                unit: "ms", runs.product, beside: ("the p99 without", runs.limit), .ratioAtMost(2))
        ]
    }

    static let overload = Figure(name: "overload") { bench in
        let tenfold = "ten times the stocktakings of 50 lines that it can do, offered from 128 connections"
        return try storm(bench, tenfold, "--lines", "50")
            + storm(bench, "as many add-to-cart as one client thread can offer from 128 connections")
    }

    private static func storm(_ bench: Bench, _ name: String, _ options: String...) throws -> [Result] {
        let seconds = String(bench.size(10, quick: 2))
        var storms: [Program.Answer] = []
        for _ in 0..<bench.rounds {
            storms.append(try bench.product(["overload", "--seconds", seconds] + options))
        }
        func runs(_ names: (Program.Answer) throws -> Double) rethrows -> Runs { Runs(try storms.map(names)) }
        let before = ("the p99 at a fifth of it", try runs { try $0.number("before", "accepted", "p99") })
        let refused = storms.compactMap { try? $0.number("storm", "overloadedFromSent", "p99") }
        return [
            Result(
                "\(name): p99 of what is accepted", unit: "ms",
                try runs { try $0.number("storm", "acceptedFromSent", "p99") }, beside: before, .ratioAtMost(2)),
            Result(
                "the same: accepted", unit: "commands/s", try runs { try $0.number("storm", "acceptedPerSecond") },
                beside: ("what it does at most", try runs { try $0.number("saturationPerSecond") })),
            Result(
                "the same: p99 from the second second behind it on", unit: "ms",
                try runs { try $0.number("after", "accepted", "p99") }, beside: before, .ratioAtMost(2)),
            Result(
                "the same: 64 connections in a closed loop, from the second second behind it on", unit: "commands/s",
                try runs { try $0.number("carriedAfter", "acceptedPerSecond") },
                beside: ("what it does at most", try runs { try $0.number("saturationPerSecond") }), .ratioAtLeast(0.9)),
            Result(
                "the same: memory that it left behind", unit: "MiB",
                try runs { try $0.number("memoryGrownBytes") / 1_048_576 }),
        ]
            + (refused.isEmpty ? [] : [Result("the same: p99 of a 503", unit: "ms", Runs(refused), .atMost(5))])
    }
}
