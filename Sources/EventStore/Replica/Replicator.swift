import Foundation
import Ledger
package import Logging
import Postgres
import Synchronization

/// Follows the log into a Postgres, in order and without a gap, on a thread of its own.
///
/// It can stop anywhere and goes on where the copy ends. While Postgres is away it tries again, sooner at first and each
/// half minute at last; the log is what waits, so that memory is bounded. It ends by itself only where it must not go on:
/// another program has claimed the copy, or the copy is not the beginning of this log.
package final class Replicator: Sendable {
    package enum Mode: String, CaseIterable, Sendable {
        /// Commands are answered when they are durable here.
        case async
        /// Commands are answered when Postgres has them, too.
        case sync
    }

    package struct Options: Sendable {
        package var url: String
        package var mode = Mode.async
        /// Who writes, for people who wonder, and like nobody else.
        package var leader = "\(ProcessInfo.processInfo.hostName), process \(getpid()), \(ULID.make())"
        /// The most events of one transaction.
        package var eventsMax = 4_096
        /// A Postgres that is silent for so long is taken to be away.
        package var silenceMax = Duration.seconds(10)
        /// So often it is said that this program still leads, which finds out whether Postgres is there and the copy still ours.
        package var idleCheck = Duration.seconds(1)
        /// For how long nobody else may take over after that was said.
        package var lease = Duration.seconds(5)
        /// Whether others stand by to take over. It ends with `led` then where another leads, and accepts nothing once its
        /// own lease has run out, for it can't know who leads; alone it waits for the lease of another, and needs none.
        package var hasStandby = false

        package init(url: String) { self.url = url }
    }

    /// How the copy stands.
    package struct Status: Sendable {
        package let mode: Mode
        /// Up to where the copy has everything.
        package let position: Position
        /// Why nothing is being copied; nil while all is well.
        package let trouble: String?

        package init(mode: Mode, position: Position, trouble: String?) {
            self.mode = mode
            self.position = position
            self.trouble = trouble
        }
    }

    private struct State {
        var trouble: EventStoreError? = EventStoreError(
            .replicaAway, "The copy in Postgres is not connected yet. Send the command again in a moment.")
        /// Another program leads: nothing may be accepted.
        var isLed = false
        /// Until when nobody else may lead.
        var leaseEnd: ContinuousClock.Instant?
        /// After this nothing is copied any more.
        var fault: EventStoreError?
        /// Who waits for the copy.
        var waiting: [(position: Position, then: @Sendable (EventStoreError?) -> Void)] = []
    }

    private let log: EventLog
    private let home: String
    private let codec: StoredEvents
    private let options: Options
    private let logger: Logger
    private let state = Mutex(State())
    private let copied = Watermark()
    /// How often it connected.
    package let connections = Watermark()
    /// How often it was interrupted or could not connect.
    package let interruptions = Watermark()
    private let stopping = Watermark()
    private let ended = Watermark()

    package init(_ store: Store, _ options: Options, logger: Logger) throws {
        log = store.log
        home = try Home(of: store.directory).name()
        codec = store.events
        self.options = options
        self.logger = logger
    }

    /// Starts the thread. Once.
    package func start() {
        let body: @Sendable () -> Void = { [self] in
            run()
            ended.advance(to: 1)
        }
        switch options.mode {
        case .async: BackgroundThread.start("daybook-replica", body)
        case .sync: Thread(block: body).start()  // Commands wait for it.
        }
    }

    /// Ends after the transaction in hand. What is not copied is copied after the next start.
    package func stop() async {
        stopping.advance(to: 1)
        await Task { [ended] in while await !ended.reached(1, within: .seconds(3_600)) {} }.value
    }

    /// Returns when it has ended; with the fault where it must not go on.
    package func untilEnded() async -> EventStoreError? {
        while await !ended.reached(1, within: .seconds(3_600)), !Task.isCancelled {}
        return state.withLock { $0.fault }
    }

    /// Up to where the copy has everything.
    package var position: Watermark { copied }

    package var status: Status {
        let trouble = state.withLock { $0.fault ?? $0.trouble }
        return Status(
            mode: options.mode, position: Position(rawValue: copied.value), trouble: trouble?.message)
    }

    /// Why no command may be taken now; nil where one may.
    var refusal: EventStoreError? {
        state.withLock { state in
            if let fault = state.fault { return fault }
            if options.mode == .sync || state.isLed { return state.trouble }
            guard options.hasStandby, state.leaseEnd.map({ $0 < .now }) ?? true else { return nil }
            return EventStoreError(
                .replicaAway,
                "The copy in Postgres has not been reached for so long that another machine may have taken over. Send the command again with its key, to that one or when the copy is back."
            )
        }
    }

    /// Returns when this program leads for the first time, or is told to end.
    ///
    /// - Throws: why it never will.
    package func untilLeading() async throws {
        while await !connections.reached(1, within: .milliseconds(20)) {
            if Task.isCancelled { return }
            if ended.value > 0, let fault = state.withLock({ $0.fault }) { throw fault }
        }
    }

    /// Calls `then` when what is durable up to `position` may be answered; with why not, where it may not.
    func whenAcknowledged(_ position: Position, _ then: @escaping @Sendable (EventStoreError?) -> Void) {
        let (isNow, refusal) = state.withLock { state -> (Bool, EventStoreError?) in
            if let fault = state.fault { return (true, fault) }
            guard options.mode == .sync else { return (true, nil) }
            if let trouble = state.trouble { return (true, trouble) }
            guard copied.value < position.rawValue else { return (true, nil) }
            state.waiting.append((position, then))
            return (false, nil)
        }
        if isNow { then(refusal) }
    }

    // MARK: The thread

    private func run() {
        var backoff = Backoff()
        var mine: Replica.Head?
        while stopping.value == 0 {
            do {
                let replica = try Replica(url: options.url, options: connectionOptions)
                let head = try leading {
                    try replica.claim(
                        for: log, leader: options.leader, home: home, lease: options.lease, since: mine)
                }
                mine = head
                backoff = Backoff()
                try follow(replica, from: head)
            } catch let error as EventStoreError where endsCopying(error) {
                return end(error)
            } catch let error as EventStoreError where error.code == .led {
                pause(error)
                stopping.waitBlocking(for: 1, timeoutMilliseconds: Self.ledMilliseconds)
            } catch {
                pause(error)
                stopping.waitBlocking(for: 1, timeoutMilliseconds: backoff.nextMilliseconds())
            }
        }
        end(nil)
    }

    /// While another program leads, so often it is asked whether it still does.
    private static let ledMilliseconds = 250

    private func endsCopying(_ error: EventStoreError) -> Bool {
        error.code == .fenced || error.code == .diverged || error.code == .led && options.hasStandby
    }

    /// Does what begins the lease anew.
    private func leading<Result>(_ body: () throws -> Result) rethrows -> Result {
        // Before it is asked for: never later than by the clock of Postgres.
        let end = ContinuousClock.now + options.lease
        let result = try body()
        state.withLock { $0.leaseEnd = end }
        return result
    }

    /// Copies until told to stop, and then leads no more.
    private func follow(_ replica: Replica, from start: Replica.Head) throws {
        var head = start
        logger.info(
            "copying to Postgres",
            metadata: ["to": "\(replica.endpoint)", "from": "\(head.position)", "epoch": "\(head.epoch)"])
        advance(to: head.position)
        connections.advance(to: connections.value + 1)
        var lastCheck = ContinuousClock.now
        defer { if stopping.value > 0 { try? replica.release(head) } }  // Or it is waited for.
        while stopping.value == 0 {
            if ContinuousClock.now - lastCheck > options.idleCheck {
                try leading { try replica.renew(head, lease: options.lease) }
                lastCheck = .now
            }
            let events = try log.readEncoded(after: head.position, limit: options.eventsMax)
                .map { try ReplicatedEvent($0.record, bytes: $0.bytes, codec) }
            if events.isEmpty {
                // Rung by this process's Writer; looked at now and then because another process may be the writer.
                log.head.waitBlocking(for: head.position.rawValue + 1, timeoutMilliseconds: 50)
                try log.refreshHead()
            } else {
                head = try replica.append(events, behind: head)
                advance(to: head.position)
            }
        }
    }

    private var connectionOptions: Connection.Options {
        Connection.Options(statementTimeout: options.silenceMax, applicationName: "daybook replica")
    }

    private func advance(to position: Position) {
        copied.advance(to: position.rawValue)
        let answered = state.withLock { state in
            (state.trouble, state.isLed) = (nil, false)
            let answered = state.waiting.filter { $0.position <= position }
            state.waiting.removeAll { $0.position <= position }
            return answered
        }
        for waiter in answered { waiter.then(nil) }
    }

    private func pause(_ error: any Error) {
        let led = (error as? EventStoreError).flatMap { $0.code == .led ? $0 : nil }
        let trouble =
            led
            ?? EventStoreError(
                .replicaAway,
                "The copy in Postgres can't be written: \(error). The command may be in the log already; send it again with its key when the copy is back.",
                cause: nil)
        let isNew = state.withLock { state in
            defer { (state.trouble, state.isLed) = (trouble, led != nil) }
            return state.trouble?.message != trouble.message
        }
        if isNew { logger.warning("not copying to Postgres", metadata: ["error": "\(error)"]) }
        release(trouble)
        interruptions.advance(to: interruptions.value + 1)
    }

    private func end(_ fault: EventStoreError?) {
        if let fault { logger.critical("copying to Postgres has ended", metadata: ["error": "\(fault)"]) }
        let reason =
            fault ?? EventStoreError(.stopping, "Daybook is stopping. Send the command again when it is back.")
        state.withLock { state in
            state.fault = fault
            state.trouble = state.trouble ?? reason
        }
        release(reason)
    }

    /// Tells all who wait why they wait no longer.
    private func release(_ reason: EventStoreError) {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { waiter.then(reason) }
    }
}

/// How long to wait before the next attempt: twice as long each time, and by chance a little less, so that many who lost
/// one server don't come back to it all at once.
struct Backoff {
    private var milliseconds = 100.0
    private static let millisecondsMax = 30_000.0

    mutating func nextMilliseconds() -> Int {
        defer { milliseconds = min(milliseconds * 2, Self.millisecondsMax) }
        return Int(milliseconds * Double.random(in: 0.5...1))
    }
}
