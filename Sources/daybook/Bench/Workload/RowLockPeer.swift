import EventStore
import Postgres

/// What most shops do: a row with what there is, locked by each who takes a piece, and a row for each movement.
struct RowLockPeer {
    let url: String

    func perSecond(connections: Int, seconds: Double) async throws -> Double {
        try Connection(url: url).execute(
            script: """
                CREATE TABLE item (id int PRIMARY KEY, available bigint NOT NULL);
                CREATE TABLE movement (id bigserial PRIMARY KEY, item int NOT NULL, quantity int NOT NULL);
                INSERT INTO item VALUES (1, 100000000)
                """)
        let end = ContinuousClock.now + .seconds(seconds)
        let taken = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<connections { group.addTask { try await OwnThread.run { try take(until: end) } } }
            return try await group.reduce(0, +)
        }
        return Double(taken) / seconds
    }

    private func take(until end: ContinuousClock.Instant) throws -> Int {
        let connection = try Connection(url: url)
        var taken = 0
        while ContinuousClock.now < end {
            try connection.transaction {
                try connection.execute("UPDATE item SET available = available - 1 WHERE id = 1 AND available >= 1")
                try connection.execute("INSERT INTO movement (item, quantity) VALUES (1, 1)")
            }
            taken += 1
        }
        return taken
    }
}
