import FaultCampaign
import Testing

/// An oracle that finds nothing proves nothing: here are histories that break each promise by hand.
@Suite("The oracle of the fault campaign")
struct OracleTests {
    private typealias Event = History.Receipt.Event

    private static func logged(_ position: Int, _ stream: String, _ version: Int, key: String) -> LoggedEvent {
        LoggedEvent(position: position, stream: stream, version: version, type: "cart.line-added", key: key)
    }

    private static func receipt(_ event: LoggedEvent, result: String = "{}", isReplayed: Bool = false)
        -> History.Outcome
    {
        .accepted(
            History.Receipt(
                position: event.position,
                events: [
                    Event(position: event.position, stream: event.stream, version: event.version, type: event.type)
                ], result: result, isReplayed: isReplayed))
    }

    private static func history(_ outcomes: [(key: String, outcome: History.Outcome)]) -> History {
        let history = History()
        for (key, outcome) in outcomes {
            let afterPoison = history.willSend(key: key, name: "add-to-cart", body: "{}")
            history.note(outcome, of: key, sentAfterPoison: afterPoison)
        }
        return history
    }

    private static let sound = [
        logged(1, "cart-a", 1, key: "k1"), logged(2, "cart-b", 1, key: "k2"), logged(3, "cart-a", 2, key: "k3"),
    ]

    private static var acknowledged: [(key: String, outcome: History.Outcome)] {
        sound.map { ($0.key, receipt($0)) }
    }

    @Test("A log that keeps every promise is found sound")
    func keepsAll() {
        let more: [(key: String, outcome: History.Outcome)] = [
            ("k1", Self.receipt(Self.sound[0], isReplayed: true)), ("k4", .refused(status: 409, code: "not_enough")),
            ("k5", .unknown("the connection ended")),
        ]
        #expect(Oracle.judge(Self.history(Self.acknowledged + more), against: Self.sound) == [])
    }

    @Test("An unanswered command may be in the log or not")
    func unanswered() {
        var outcomes = Self.acknowledged
        outcomes[2].outcome = .unknown("the connection ended")
        #expect(Oracle.judge(Self.history(outcomes), against: Self.sound) == [])
        #expect(Oracle.judge(Self.history(outcomes), against: Array(Self.sound.dropLast())) == [])
    }

    @Test(
        "A log that breaks a promise is found out",
        arguments: [
            ("a lost command", Array(sound.dropLast())), ("a gap", [sound[0], sound[2]]),
            ("a doubled command", sound + [logged(4, "cart-a", 3, key: "k1")]),
            ("a doubled position", [sound[0], sound[0], sound[1], sound[2]]),
            ("a moved command", [sound[1], sound[0], sound[2]]),
            ("another version", [sound[0], sound[1], logged(3, "cart-a", 3, key: "k3")]),
            ("another stream", [sound[0], sound[1], logged(3, "cart-c", 1, key: "k3")]),
            ("a command that nobody sent", sound + [logged(4, "cart-c", 1, key: "stranger")]),
            ("nothing at all", []),
        ])
    func brokenLog(what: String, log: [LoggedEvent]) {
        #expect(Oracle.judge(Self.history(Self.acknowledged), against: log) != [], "\(what)")
    }

    @Test("A refused command that is in the log is found out")
    func refusedAndThere() {
        var outcomes = Self.acknowledged
        outcomes[2].outcome = .refused(status: 507, code: "disk_full")
        #expect(Oracle.judge(Self.history(outcomes), against: Self.sound) != [])
    }

    @Test("A key that is answered otherwise the second time, or as if it were new, is found out")
    func otherAnswer() {
        let other = Self.receipt(Self.logged(2, "cart-b", 1, key: "k1"), isReplayed: true)
        let otherResult = Self.receipt(Self.sound[0], result: #"{"cart":"z"}"#, isReplayed: true)
        for second in [other, otherResult, Self.receipt(Self.sound[0])] {
            #expect(Oracle.judge(Self.history(Self.acknowledged + [("k1", second)]), against: Self.sound) != [])
        }
    }

    @Test("An acknowledgement after a poison is found out")
    func afterPoison() {
        let outcomes = Self.acknowledged
        let history = Self.history([outcomes[0], ("bad", .unknown("writer_poisoned")), outcomes[1], outcomes[2]])
        #expect(Oracle.judge(history, against: Self.sound) != [])
    }

    @Test("Stock below what was promised is found out")
    func oversold() {
        func stock(_ position: Int, _ movement: StockBook.Movement) -> LoggedEvent {
            LoggedEvent(
                position: position, stream: "stock-A", version: position, type: "stock", key: "k\(position)",
                movement: movement)
        }
        let log = [stock(1, .init(onHand: 5, reserved: 0)), stock(2, .init(onHand: 0, reserved: 6))]
        let history = Self.history(log.map { ($0.key, .unknown("the connection ended")) })
        #expect(Oracle.judge(history, against: Array(log.prefix(1))) == [])
        #expect(Oracle.judge(history, against: log) != [])
    }
}
