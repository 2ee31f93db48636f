/// Requests at a fixed rate, whatever the server does. A latency begins when the request was meant to be sent: one that
/// waited for a free connection has waited, as it would have for a customer.
struct OpenLoop {
    struct Result {
        /// Accepted: from the time the request was meant to be sent, and from the time it was sent.
        var accepted = Latencies()
        var acceptedFromSent = Latencies()
        /// 503: likewise.
        var overloaded = Latencies()
        var overloadedFromSent = Latencies()
        /// Other statuses, 0 for a broken connection.
        var others: [Int: Int] = [:]
        /// Meant to be sent, and still waiting for a connection when patience ended.
        var neverSent = 0
        var seconds = 0.0
    }

    private let client: EpollClient
    private var template: RequestTemplate
    private var idle: [Int]
    private var requests: [(intended: UInt64, sent: UInt64)]
    private(set) var sent = 0
    /// How long what is overdue at the end of the schedule may still be sent.
    static let patienceSeconds = 10.0

    init(client: EpollClient, connections: Int, template: RequestTemplate) {
        self.client = client
        self.template = template
        idle = Array(0..<connections)
        requests = Array(repeating: (0, 0), count: connections)
    }

    /// - Parameter eachRound: called between sending and waiting; must be quick.
    mutating func run(
        perSecond: Double, seconds: Double, patienceSeconds: Double = patienceSeconds,
        eachRound: (UInt64) throws -> Void = { _ in }
    ) throws -> Result {
        var result = Result()
        let connections = requests.count
        let schedule = Schedule(start: Nanoseconds.now, perSecond: perSecond, seconds: seconds)
        let end = schedule.start + UInt64((seconds + patienceSeconds) * 1e9)
        var taken = 0
        while true {
            var now = Nanoseconds.now
            let due = now < end ? schedule.due(at: now) : 0
            while taken < due, let connection = idle.popLast() {
                try send(on: connection, intended: schedule.intended(taken))
                taken += 1
            }
            let isOver = taken == schedule.count || now >= end
            if isOver, idle.count == connections { break }
            try eachRound(now)
            now = Nanoseconds.now
            let next = taken < schedule.count && !idle.isEmpty ? schedule.intended(taken) : now + 10_000_000
            try client.wait(nanoseconds: next > now ? next - now : 0) { answer in
                idle.append(answer.connection)
                count(answer, &result)
            }
        }
        result.neverSent = schedule.count - taken
        result.seconds = Double(Nanoseconds.now - schedule.start) / 1e9
        return result
    }

    private func count(_ answer: EpollClient.Answer, _ result: inout Result) {
        let now = Nanoseconds.now
        let request = requests[answer.connection]
        switch answer.status {
        case 200, 201:
            result.accepted.record(nanoseconds: now - request.intended)
            result.acceptedFromSent.record(nanoseconds: now - request.sent)
        case 503:
            result.overloaded.record(nanoseconds: now - request.intended)
            result.overloadedFromSent.record(nanoseconds: now - request.sent)
        default: result.others[answer.status, default: 0] += 1
        }
    }

    private mutating func send(on connection: Int, intended: UInt64) throws {
        template.stamp(sent)
        sent += 1
        requests[connection] = (intended, Nanoseconds.now)
        try client.send(template.bytes, on: connection)
    }
}
