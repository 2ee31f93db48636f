import Postgres

/// Appending where several machines do: in turns, each a transaction that holds the row of `log_head`.
///
/// A turn begins before anything is decided, so that what is decided rests on all that stands before it: there are no
/// conflicts to be found later, the order of commits is the order of positions, and no reader sees a gap.
extension Replica {
    /// What `log_head` has for a leader where there is none.
    static let sharedLeader = "several machines"

    /// Makes the log one that several machines append to. A single program that copied its own log here finds out at its
    /// next write.
    func share() throws {
        try connection.transaction {
            guard try head(locked: true).leader != Self.sharedLeader else { return }
            try connection.execute("UPDATE log_head SET epoch = epoch + 1, leader = $1", [.text(Self.sharedLeader)])
        }
    }

    /// Waits until nobody else can append, and returns where the log stands then, and up to `limit` records behind `known`.
    /// Ends with `commitTurn` or `endTurn`.
    ///
    /// - Throws: `EventStoreError` `fenced` where the log has a single leader now.
    func beginTurn(behind known: Position, limit: Int) throws -> (head: Head, missed: [StoredRecord]) {
        do {
            // Each sees what was committed when it began: the records are all there when the row is locked.
            let rows = try connection.pipeline([
                Statement("BEGIN"), Self.headStatement(locked: true), Self.recordsStatement(after: known, limit: limit),
            ])
            let head = try head(in: rows[1])
            guard head.leader == Self.sharedLeader else { throw notShared(head) }
            return (head, try rows[2].map(StoredRecord.init))
        } catch {
            connection.rollback()
            throw error
        }
    }

    /// Appends the events and ends the turn; all or none.
    ///
    /// - Throws: `SQLState.transactionResolutionUnknown`: the next turn tells what became of it.
    func commitTurn(_ events: [ReplicatedEvent], behind head: Head) throws {
        let statements =
            [Self.moveHead(behind: head, by: events)] + Self.preparations(for: events)
            + [ReplicatedEvent.insertion(of: events), Self.moveStreams(events)] + doorbell + [Statement("COMMIT")]
        do {
            _ = try connection.pipeline(statements)
        } catch {
            connection.rollback()
            throw error
        }
    }

    /// Ends the turn; nothing was appended in it.
    func endTurn() { connection.rollback() }

    private func notShared(_ head: Head) -> EventStoreError {
        EventStoreError(
            .fenced,
            "\(endpoint) is written by \(head.leader.isEmpty ? "another program" : head.leader) alone since epoch \(head.epoch). Nothing is accepted here. Start this node again when the log is to be shared again."
        )
    }
}

/// Being told that the log has grown.
extension Replica {
    private static let channel = "daybook_log"

    /// Tells who listens, when the transaction is committed. Whether a Postgres can is asked once for each connection.
    func ringDoorbell() throws { for bell in doorbell { try connection.execute(bell) } }

    private var doorbell: [Statement] { canNotify ? [Statement("NOTIFY \(Self.channel)")] : [] }

    /// Whether the server can be listened to; where not, it has to be asked now and then.
    static func canNotify(_ connection: Connection) throws -> Bool { try connection.can("NOTIFY \(channel)") }

    /// Has growth told to this connection. False where the server can't.
    func listen() throws -> Bool { try connection.can("LISTEN \(Self.channel)") }

    /// Waits until the log has grown, or `timeout` is over, or for no reason.
    func waitForDoorbell(within timeout: Duration) throws {
        _ = try connection.waitForNotification(within: timeout)
    }
}

extension Connection {
    /// Runs a statement that not everything knows which speaks Postgres. Returns whether this server does.
    func can(_ statement: String) throws(PostgresError) -> Bool {
        do throws(PostgresError) {
            try execute(statement)
            return true
        } catch {
            guard !error.sqlState.isConnectionFailure else { throw error }
            return false
        }
    }
}
