import Foundation
import Ledger
import Postgres
import Synchronization

/// The log in a Postgres to which several machines append, with a copy of it in LMDB from which everything is read.
///
/// The copy holds only what Postgres has committed, so it is always a beginning of the log, and lost without loss: nobody
/// waits for this machine's disk.
final class PostgresRecords: RecordStore, @unchecked Sendable {
    private let local: LMDBRecords
    /// The copy as a log: what is taken in is checked by it.
    private let copy: EventLog
    private let events: StoredEvents
    private let url: String
    /// Held while the copy grows: by the one who appends, and by a follower beside it.
    private let growing = Mutex(())
    /// Used by the one who appends, as his turn.
    private var appender: Replica?
    private var turn: Replica.Head?

    /// A Postgres that is silent for so long is taken to be away.
    private static let silenceMax = Duration.seconds(10)
    /// For so long it is tried to find out what became of a commit.
    private static let doubtMax = Duration.seconds(10)
    private static let chunk = 4_096

    init(local: LMDBRecords, events: StoredEvents, url: String) throws {
        self.local = local
        self.events = events
        self.url = url
        copy = try EventLog(local)
    }

    // MARK: Reading, from the copy

    func lastPosition() throws -> UInt64 { try local.lastPosition() }

    func scan(from position: UInt64, limit: Int, _ body: (UInt64, RawSpan) throws -> Bool) throws {
        try local.scan(from: position, limit: limit, body)
    }

    func follow(from position: UInt64, _ next: (RawSpan?) throws -> UInt64?) throws {
        try local.follow(from: position, next)
    }

    var sizeOnDiskBytes: Int { get throws { try local.sizeOnDiskBytes } }

    func sync() throws { try local.sync() }

    // MARK: Following

    /// A connection to follow with, once the copy was found to be a beginning of the log.
    func connectToFollow(makesSchema: Bool) throws -> Replica {
        if makesSchema { _ = try Replica(url: url, options: connectionOptions) }
        let replica = try Replica(reading: url, options: connectionOptions)
        try replica.requireContinuation(of: copy)
        return replica
    }

    /// Takes in some of what Postgres has and the copy has not. Returns how many records.
    ///
    /// - Throws: as `Intake.takeIn`.
    func takeIn(from replica: Replica) throws -> Int {
        try growing.withLock { _ in
            try copy.refreshHead()
            return try Intake(replica: replica, log: copy, events: events).takeIn(limit: Self.chunk)
        }
    }

    private func takeIn(_ missed: [StoredRecord], from replica: Replica) throws {
        guard !missed.isEmpty else { return }
        try growing.withLock { _ in
            try copy.refreshHead()
            _ = try Intake(replica: replica, log: copy, events: events).takeIn(missed)
        }
    }

    // MARK: Appending

    func beginTurn() throws(EventStoreError) {
        do {
            let (replica, head, missed) = try turnOnLiveConnection()
            (appender, turn) = (replica, head)
            try takeIn(missed, from: replica)
            while case let before = try copy.refreshHead(), before < head.position {
                // A follower may have been quicker.
                guard try takeIn(from: replica) > 0 || copy.refreshHead() > before else {
                    throw replica.lacks(before.advanced(by: 1))
                }
            }
        } catch {
            endTurn()
            try lose(error)
        }
    }

    func endTurn() {
        if turn != nil { appender?.endTurn() }
        turn = nil
    }

    /// - Throws: as `EventLog.append`, and `logAway` where Postgres can't be reached: nothing was written then, or what
    ///   was written is not known; asked for again with its key, a command is answered as it was.
    func append(_ records: RecordBuffer, after position: Position) throws(EventStoreError) {
        if turn == nil { try beginTurn() }
        guard let head = turn, let replica = appender else { throw Self.away("it was lost", nil) }
        guard head.position == position else {
            endTurn()
            throw EventStoreError(
                .conflict,
                "The log ends at position \(head.position), not at \(position): another machine appended to it.")
        }
        turn = nil
        do {
            try replica.commitTurn(try replicated(records, after: position), behind: head)
        } catch let error as PostgresError where error.sqlState == .transactionResolutionUnknown {
            try resolve(records, after: position, error)
        } catch {
            try lose(error)
        }
        try grow(by: records, after: position)
    }

    private func turnOnLiveConnection() throws -> (Replica, Replica.Head, missed: [StoredRecord]) {
        if let appender {
            do {
                return try turn(on: appender)
            } catch let error as PostgresError where error.sqlState.isConnectionFailure {
                // Lost while nothing was to be done: no command need be refused for that.
            }
        }
        return try turn(on: try connectToAppend())
    }

    private func turn(on replica: Replica) throws -> (Replica, Replica.Head, missed: [StoredRecord]) {
        let (head, missed) = try replica.beginTurn(behind: copy.headPosition, limit: Self.chunk)
        return (replica, head, missed)
    }

    private func connectToAppend() throws -> Replica {
        let replica = try Replica(url: url, options: connectionOptions)
        try replica.requireContinuation(of: copy)
        try replica.share()
        return replica
    }

    private var connectionOptions: Connection.Options {
        Connection.Options(statementTimeout: Self.silenceMax, applicationName: "daybook")
    }

    /// Gives the connection up, which the next turn opens anew, and tells why.
    private func lose(_ error: any Error) throws(EventStoreError) {
        appender = nil
        if let error = error as? EventStoreError { throw error }
        if let error = error as? PostgresError, error.sqlState == .diskFull { throw .diskFull(cause: error) }
        throw Self.away("nothing was written", error)
    }

    private static func away(_ what: String, _ cause: (any Error)?) -> EventStoreError {
        EventStoreError(
            .logAway, "The log in Postgres can't be reached; \(what). Send the command again with its key in a moment.",
            cause: cause)
    }

    private func replicated(_ records: RecordBuffer, after position: Position) throws -> [ReplicatedEvent] {
        try records.enumerated(after: position).map { try ReplicatedEvent($0.record, bytes: $0.bytes, events) }
    }

    /// Finds out whether a commit succeeded whose answer was lost. In a turn of its own, for which the lost one is waited
    /// for, should it be still at work.
    private func resolve(
        _ records: RecordBuffer, after position: Position, _ lost: PostgresError
    ) throws(EventStoreError) {
        appender = nil
        let last = position.advanced(by: records.count)
        let mine = records.lastRecord
        let end = ContinuousClock.now + Self.doubtMax
        var backoff = Backoff()
        while ContinuousClock.now < end {
            switch Result(catching: { try recordInTurn(at: last) }) {
            case .success(let theirs):
                guard theirs == mine else { throw Self.away("nothing was written", lost) }
                return
            case .failure(let error as EventStoreError): throw error
            case .failure: Thread.sleep(forTimeInterval: Double(backoff.nextMilliseconds()) / 1_000)
            }
        }
        throw Self.away("whether the command was written is not known yet", lost)
    }

    private func recordInTurn(at position: Position) throws -> [UInt8]? {
        let replica = try connectToAppend()
        _ = try replica.beginTurn(behind: copy.headPosition, limit: 0)
        let record = try replica.record(at: position)
        replica.endTurn()
        appender = replica
        return record
    }

    /// What Postgres has committed is put into the copy: all of it, or what a follower did not put there meanwhile.
    private func grow(by records: RecordBuffer, after position: Position) throws(EventStoreError) {
        do {
            try growing.withLock { _ in
                let head = try copy.refreshHead()
                if head == position { return try copy.append(records, after: position) }
                let missing = records.dropFirst(Int(head.rawValue - position.rawValue))
                if missing.count > 0 { try copy.append(missing, after: head) }
            }
        } catch {
            throw EventStoreError(
                .poisoned,
                "The events behind position \(position) are in Postgres, but this machine can't write its copy of the log. Make room or repair the disk, and start again.",
                cause: error)
        }
    }
}

extension RecordBuffer {
    /// The records, which are to stand behind a position, with their bytes.
    fileprivate func enumerated(after position: Position) throws -> [(record: Record, bytes: [UInt8])] {
        try withBytes { all in
            try ends.indices.map { index in
                let start = index == 0 ? 0 : ends[index - 1]
                let bytes = UnsafeRawBufferPointer(rebasing: all[start..<ends[index]])
                let record = try Record.decode(
                    RawSpan(_unsafeBytes: bytes), at: position.advanced(by: index + 1))
                return (record, Array(bytes))
            }
        }
    }

    /// The same without the first so many records; empty where there are no more.
    fileprivate func dropFirst(_ count: Int) -> RecordBuffer {
        let rest = RecordBuffer()
        var start = 0
        for (index, end) in ends.enumerated() {
            if index >= count { withBytes { rest.append(encoded: Array($0[start..<end])) } }
            start = end
        }
        return rest
    }

    fileprivate var lastRecord: [UInt8] {
        withBytes { Array($0[(ends.dropLast().last ?? 0)...]) }
    }
}
