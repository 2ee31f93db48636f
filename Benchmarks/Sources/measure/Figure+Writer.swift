extension Figure {
    private static let batch = 8_189

    static let writer = Figure(name: "writer") { bench in
        let runs = try besideAppend(bench) { count in
            try bench.product("writer", "--commands", String(count), "--items", "10000", "--batch", String(batch))
        }
        return [
            Result(
                "reserve-stock decided and durable, in process, batches of 8,189 over 10,000 items", unit: "commands/s",
                runs.product, beside: ("LMDB append, same records, same batch", runs.limit), .atLeast(400_000),
                .ratioAtLeast(0.45))
        ]
    }

    static let hotWriter = Figure(name: "hot-writer") { bench in
        let count = String(bench.size(500_000, quick: 100_000))
        let runs = try bench.byTurns {
            (
                try bench.product("writer", "--commands", count, "--hot").number("perSecond"),
                try bench.product("writer", "--commands", count).number("perSecond")
            )
        }
        return [
            Result(
                "reserve-stock of one hot item, in process", unit: "commands/s", runs.product,
                beside: ("the same over 10,000 items", runs.limit))
        ]
    }

    static let protobuf = stream("protobuf", 200_000)
    static let ndjson = stream("ndjson", 60_000)

    private static func stream(_ format: String, _ target: Double) -> Figure {
        Figure(name: format) { bench in
            let count = bench.size(1_000_000, quick: 100_000)
            let runs = try bench.byTurns {
                let product = try bench.product("stream", "--format", format, "--commands", String(count))
                let limit = try bench.limitAppend(recordBytes: 136, batch: batch, count: count)
                return (try product.number("perSecond"), try limit.number("perSecond"))
            }
            return [
                Result(
                    "reserve-stock over HTTP as a stream of \(format)", unit: "commands/s", runs.product,
                    beside: ("LMDB append, 136 bytes, batches of 8,189", runs.limit), .atLeast(target))
            ]
        }
    }

    /// The limit has the records' size from the run before it.
    private static func besideAppend(
        _ bench: Bench, _ product: (_ count: Int) throws -> Program.Answer
    ) throws -> (product: Runs, limit: Runs) {
        let count = bench.size(2_000_000, quick: 200_000)
        return try bench.byTurns {
            let answer = try product(count)
            let limit = try bench.limitAppend(
                recordBytes: Int(try answer.number("recordBytes")), batch: batch, count: count)
            return (try answer.number("perSecond"), try limit.number("perSecond"))
        }
    }

    /// One run of fifty million events gives three figures.
    static let long = Figure(name: "long") { bench in
        let commands = bench.size(50_000_000, quick: 600_000)
        let window = commands / 50
        var rates: (first: [Double], tenth: [Double], last: [Double]) = ([], [], [])
        var memory: (tenth: [Double], last: [Double]) = ([], [])
        for _ in 0..<bench.longRounds {
            let windows = try bench.product(
                "writer", "--commands", String(commands), "--streams", String(commands / 10), "--window", String(window)
            ).objects("windows")
            // Each the median of three, because one window may meet the disk in a bad moment.
            func around(_ index: Int) throws -> Double {
                let places = max(0, min(index - 1, windows.count - 3))..<min(windows.count, max(3, index + 2))
                return Runs(try windows[places].map { try $0.number("perSecond") }).median
            }
            rates.first.append(try around(0))
            rates.tenth.append(try around(9))
            rates.last.append(try around(windows.count - 1))
            memory.tenth.append(try windows[min(9, windows.count - 1)].number("rssAnonBytes") / 1_048_576)
            memory.last.append(try windows[windows.count - 1].number("rssAnonBytes") / 1_048_576)
        }
        let first = ("the rate in the first 3 of 50 parts", Runs(rates.first))
        let (fifth, all) = (Page.number(Double(commands / 5)), Page.number(Double(commands)))
        return [
            Result(
                "append rate at \(fifth) events", unit: "commands/s", Runs(rates.tenth), beside: first,
                .ratioAtLeast(0.95)),
            Result(
                "append rate at \(all) events", unit: "commands/s", Runs(rates.last), beside: first,
                .ratioAtLeast(0.95)),
            Result(
                "anonymous memory of the Writer's process with \(all) events and \(Page.number(Double(commands / 10))) streams",
                unit: "MiB",
                Runs(memory.last), beside: ("with a fifth of the events", Runs(memory.tenth)), .atMost(1_536)),
        ]
    }
}
