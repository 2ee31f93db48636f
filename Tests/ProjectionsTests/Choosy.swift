import EventStore
import GRDB
import Ledger
import Projections

/// Keeps the names of products, and can't stand one of them.
struct Choosy: Projection {
    struct CantStand: Error {}

    static let name = "choosy"
    static let version = 1
    static let categories: Set<Ledger.Category> = [.product]

    static func createSchema(in database: Database) throws {
        try database.execute(sql: "CREATE TABLE name (name TEXT NOT NULL)")
    }

    func apply(_ recorded: Recorded, in database: Database) throws {
        guard recorded.record.stream.id != "WORSE" else { throw CantStand() }
        try database.execute(sql: "INSERT INTO name VALUES (?)", arguments: [recorded.record.stream.id])
    }
}
