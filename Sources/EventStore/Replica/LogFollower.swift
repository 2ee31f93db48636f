import Foundation
package import Logging
import Postgres
import Synchronization

/// Brings what others append to the log in a Postgres into this machine's copy, as it comes, on a thread of its own.
///
/// Postgres rings when the log grows; what is there is read by position. While Postgres is away it tries again, sooner at
/// first and each half minute at last. It ends by itself where the copy is not a beginning of that log, or a record there is
/// damaged; and, where it stands by, when its directory is to lead.
package final class LogFollower: Sendable {
    /// How the copy stands.
    package struct Status: Sendable {
        /// Why nothing is being taken in; nil while all is well.
        package let trouble: String?
    }

    private struct State {
        var trouble: String? = "The log in Postgres is not connected yet."
        var fault: EventStoreError?
        var leads = false
    }

    private let records: PostgresRecords
    private let makesSchema: Bool
    private let home: String?
    private let log: EventLog
    private let index: LogIndex
    private let logger: Logger
    private let state = Mutex(State())
    /// How often everything was taken in that was there.
    package let arrivals = Watermark()
    private let stopping = Watermark()
    private let ended = Watermark()

    /// While nothing rings, so often it is looked what is there.
    private static let idleCheck = Duration.milliseconds(500)
    /// After it was rung, so long it is not looked again.
    private static let restMilliseconds = 10
    /// Where nothing can ring.
    private static let pollMilliseconds = 50
    /// The most that it takes to end following and to begin leading; after that another may.
    private static let takeover = Duration.seconds(15)

    /// Nil where the store's log is its own.
    ///
    /// - Parameters:
    ///   - makesSchema: whether a Postgres without a log becomes an empty one, or is waited for.
    ///   - standsBy: whether to end when nobody leads, and have this directory lead.
    package init?(_ store: Store, makesSchema: Bool = true, standsBy: Bool = false, logger: Logger) throws {
        guard let records = store.shared else { return nil }
        home = standsBy ? try Home(of: store.directory).name() : nil
        self.makesSchema = makesSchema
        self.records = records
        log = store.log
        index = store.index
        self.logger = logger
    }

    /// Starts the thread. Once.
    package func start() {
        Thread { [self] in
            run()
            ended.advance(to: 1)
        }.start()
    }

    package func stop() async {
        stopping.advance(to: 1)
        await Task { [ended] in while await !ended.reached(1, within: .seconds(3_600)) {} }.value
    }

    /// Returns when it has ended: whether the directory is to lead.
    ///
    /// - Throws: why it must not go on.
    package func untilEnded() async throws(EventStoreError) -> Bool {
        while await !ended.reached(1, within: .seconds(3_600)), !Task.isCancelled {}
        let (fault, leads) = state.withLock { ($0.fault, $0.leads) }
        if let fault { throw fault }
        return leads
    }

    package var status: Status { Status(trouble: state.withLock { $0.fault?.message ?? $0.trouble }) }

    private func run() {
        var backoff = Backoff()
        while stopping.value == 0 {
            do {
                let replica = try records.connectToFollow(makesSchema: makesSchema)
                backoff = Backoff()
                if try follow(replica) {
                    logger.info("this directory is to lead", metadata: ["behind": "\(log.headPosition)"])
                    return state.withLock { $0.leads = true }
                }
            } catch let error as EventStoreError {
                logger.critical("following the log in Postgres has ended", metadata: ["error": "\(error)"])
                return state.withLock { $0.fault = error }
            } catch {
                pause(error)
                stopping.waitBlocking(for: 1, timeoutMilliseconds: backoff.nextMilliseconds())
            }
        }
    }

    /// Follows until told to stop, or until this directory leads; true for the latter.
    private func follow(_ replica: Replica) throws -> Bool {
        let isRung = try replica.listen()
        logger.info("following the log in Postgres", metadata: ["at": "\(replica.endpoint)"])
        while stopping.value == 0 {
            while try records.takeIn(from: replica) > 0, stopping.value == 0 { try show() }
            try show()
            state.withLock { $0.trouble = nil }
            arrivals.advance(to: arrivals.value + 1)
            if let home, try replica.takeLead(home: home, behind: log.headPosition, for: Self.takeover) {
                return true
            }
            if isRung {
                // Where others append without end, a little more at once costs all of them less.
                stopping.waitBlocking(for: 1, timeoutMilliseconds: Self.restMilliseconds)
                try replica.waitForDoorbell(within: Self.idleCheck)
            } else {
                stopping.waitBlocking(for: 1, timeoutMilliseconds: Self.pollMilliseconds)
            }
        }
        return false
    }

    /// Has readers see what was taken in; the index before them.
    private func show() throws {
        try index.catchUp()
        try log.refreshHead()
    }

    private func pause(_ error: any Error) {
        let trouble = "The log in Postgres can't be read: \(error)"
        let isNew = state.withLock { state in
            defer { state.trouble = trouble }
            return state.trouble != trouble
        }
        if isNew { logger.warning("not following the log in Postgres", metadata: ["error": "\(error)"]) }
    }
}
