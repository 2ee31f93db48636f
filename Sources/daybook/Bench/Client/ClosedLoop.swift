/// Each connection sends its next request as soon as the last was answered: how much a server does at most.
struct ClosedLoop {
    struct Result {
        var accepted = 0
        /// Statuses other than 200 and 201, 0 for a broken connection; how many of each.
        var others: [Int: Int] = [:]
        var latencies = Latencies()
        var seconds = 0.0
        /// Accepted, not answered: a refusal is quick.
        var perSecond: Double { Double(accepted) / seconds }

        /// Whether each request was accepted.
        var isClean: Bool { others.isEmpty }
    }

    let client: EpollClient
    let connections: Int
    /// Of the requests sent so far; goes on over several runs, so that carts and keys are new in each.
    private(set) var sent = 0
    private var template: RequestTemplate
    private var sentAt: [UInt64]

    init(client: EpollClient, connections: Int, template: RequestTemplate) {
        self.client = client
        self.connections = connections
        self.template = template
        sentAt = Array(repeating: 0, count: connections)
    }

    /// Runs for so long, and until the last request is answered. `whileRunning` is called now and then.
    mutating func run(seconds: Double, whileRunning: () throws -> Bool = { true }) throws -> Result {
        var result = Result()
        let start = Nanoseconds.now
        let end = start + UInt64(seconds * 1e9)
        for connection in 0..<connections { try send(on: connection) }
        var inHand = connections
        var goesOn = true
        while inHand > 0 {
            var idle: [Int] = []
            try client.wait(nanoseconds: 1_000_000_000) { answer in
                Self.count(answer, &result)
                result.latencies.record(nanoseconds: Nanoseconds.now - sentAt[answer.connection])
                idle.append(answer.connection)
            }
            inHand -= idle.count
            goesOn = try goesOn && Nanoseconds.now < end && whileRunning()
            guard goesOn else { continue }
            for connection in idle { try send(on: connection) }
            inHand += idle.count
        }
        result.seconds = Double(Nanoseconds.now - start) / 1e9
        return result
    }

    private static func count(_ answer: EpollClient.Answer, _ result: inout Result) {
        if answer.status == 200 || answer.status == 201 {
            result.accepted += 1
        } else {
            result.others[answer.status, default: 0] += 1
        }
    }

    private mutating func send(on connection: Int) throws {
        template.stamp(sent)
        sent += 1
        sentAt[connection] = Nanoseconds.now
        try client.send(template.bytes, on: connection)
    }
}
