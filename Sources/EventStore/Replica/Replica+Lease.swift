import Postgres

/// Who leads, and for how long: one program at a time appends to its own log and copies it here. It says so again and again;
/// when it does not, another may take over. All by the clock of Postgres.
extension Replica {
    package struct Leadership: Sendable {
        /// Empty where there was never one.
        package let leader: String
        package let epoch: Int64
        /// How far the copy has come.
        package let position: Position
        let home: String
        /// Whether the leader's lease has not run out.
        package let isHeld: Bool

        /// A leader that was killed goes on at once.
        func mayBeClaimed(by home: String) -> Bool { !isHeld || self.home == home }
    }

    package func leadership() throws -> Leadership { try leadership(locked: false) }

    func leadership(locked: Bool) throws -> Leadership {
        let rows = try connection.query(
            "SELECT leader, epoch, position, home, lease_until > clock_timestamp() AS held FROM log_head"
                + (locked ? " FOR UPDATE" : ""))
        let head = try head(in: rows)
        return Leadership(
            leader: head.leader, epoch: head.epoch, position: head.position, home: rows.first?["home"] ?? "",
            isHeld: rows.first?["held"] == "t")
    }

    /// Goes on leading for `lease` from now.
    ///
    /// - Throws: `EventStoreError` `fenced` where another program has claimed the copy since `head`.
    func renew(_ head: Head, lease: Duration) throws {
        let renewed = try connection.execute(
            "UPDATE log_head SET lease_until = clock_timestamp() + $1 WHERE epoch = $2",
            [.text(Self.interval(lease)), .integer(head.epoch)])
        guard renewed == 1 else { throw fenced(head, by: try self.head()) }
    }

    /// Leads no more: who follows need not wait for the lease.
    func release(_ head: Head) throws {
        try connection.execute(
            "UPDATE log_head SET lease_until = '-infinity' WHERE epoch = $1", [.integer(head.epoch)])
    }

    /// Has a data directory that stands by lead, where it has everything that the copy has and nobody else's lease lasts.
    /// Returns whether it does; of several at once, one does. It leads for `lease`, within which it is to claim the copy.
    func takeLead(home: String, behind position: Position, for lease: Duration) throws -> Bool {
        let taken = try connection.execute(
            Self.leading(
                "a machine that stood by", home: home, for: lease,
                where: "position = $4 AND (lease_until <= clock_timestamp() OR home = $2)",
                [.integer(position.signed)]))
        return taken == 1
    }

    /// Ends the lease of whoever leads, who finds out at his next word and accepts nothing more, and lets nobody but the
    /// data directory given lead for a while. Returns who led; nil where it was this directory.
    ///
    /// - Throws: `EventStoreError` `fenced` where several machines append to the log.
    package func promote(directory: String, for lease: Duration = .seconds(10)) throws -> Leadership? {
        try Store.requireData(in: directory)
        let home = try Home(of: directory).name()
        return try connection.transaction {
            let before = try leadership(locked: true)
            guard before.leader != Self.sharedLeader else { throw isShared }
            guard before.home != home else { return nil }
            try connection.execute(Self.leading("a machine that was promoted", home: home, for: lease))
            return before
        }
    }

    /// Has another lead, under an epoch of its own.
    static func leading(
        _ leader: String, home: String, for lease: Duration, where condition: String = "true", _ values: [Value] = []
    ) -> Statement {
        Statement(
            """
            UPDATE log_head SET epoch = epoch + 1, leader = $1, home = $2, lease_until = clock_timestamp() + $3
            WHERE \(condition)
            """, [.text(leader), .text(home), .text(interval(lease))] + values)
    }

    static func interval(_ duration: Duration) -> String { "\(duration.components.seconds) seconds" }
}
