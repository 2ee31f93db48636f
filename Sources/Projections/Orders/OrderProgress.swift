import EventStore
import GRDB
import JSON
import Ledger

/// What changes of an order: its row of the table `progress`.
struct OrderProgress {
    private let currency: Currency
    /// Amounts in minor units, as all below.
    private let total: Int64
    /// Pieces that are to be delivered.
    private let goods: Int64
    private var version: Int64
    /// When what changed it last happened.
    private var changedAt: Timestamp
    private var status = OrderQueries.Status.placed
    private var paid: Int64 = 0
    private var refunded: Int64 = 0
    private var fulfilled: Int64 = 0
    private var fulfilments: Int64 = 0
    private var returned: Int64 = 0
    private var cancelledBecause: String?
    /// JSON objects with commas between.
    private var payments = ""
    private var returns = ""

    static let table = """
        CREATE TABLE progress (
            id TEXT PRIMARY KEY, version INTEGER NOT NULL, changed_at INTEGER NOT NULL, status TEXT NOT NULL, currency TEXT NOT NULL,
            total INTEGER NOT NULL, paid INTEGER NOT NULL, refunded INTEGER NOT NULL, goods INTEGER NOT NULL, fulfilled INTEGER NOT NULL,
            fulfilments INTEGER NOT NULL, returned INTEGER NOT NULL, cancelled_because TEXT,
            payments TEXT NOT NULL, returns TEXT NOT NULL
        ) WITHOUT ROWID;
        """

    init(_ placement: Order.Placement, _ record: EventStore.Record) {
        currency = placement.total.currency
        total = placement.total.minorUnits
        goods = placement.lines.reduce(0) { $0 + $1.quantity }
        version = Int64(record.version.rawValue)
        changedAt = record.effectiveAt
    }

    /// Nil where there is no such order.
    init?(of id: String, in database: Database) throws {
        guard
            let row = try Row.fetchOne(
                database.cachedStatement(sql: "SELECT * FROM progress WHERE id = ?"), arguments: [id]),
            let status = OrderQueries.Status(rawValue: row["status"])
        else { return nil }
        self.status = status
        currency = Currency(trusted: row["currency"])
        total = row["total"]
        goods = row["goods"]
        version = row["version"]
        changedAt = Timestamp(microseconds: row["changed_at"])
        paid = row["paid"]
        refunded = row["refunded"]
        fulfilled = row["fulfilled"]
        fulfilments = row["fulfilments"]
        returned = row["returned"]
        cancelledBecause = row["cancelled_because"]
        payments = row["payments"]
        returns = row["returns"]
    }

    /// - Parameter isGoods: whether what came back is goods; charges come back too.
    mutating func apply(
        _ event: Order.Event, _ record: EventStore.Record, isGoods: (SKU) throws -> Bool
    ) rethrows {
        version = Int64(record.version.rawValue)
        changedAt = record.effectiveAt
        switch event {
        case .placed: preconditionFailure("an order is placed once")
        case .paid(let money, let method):
            paid += money.minorUnits
            Self.append(to: &payments) {
                $0.field("amount", money)
                $0.field("method", method)
                $0.field("at", record.effectiveAt.description)
            }
        case .fulfilled(let pieces):
            fulfilments += 1
            fulfilled += pieces.reduce(0) { $0 + $1.quantity }
        case .cancelled(let reason, let refund):
            status = .cancelled
            cancelledBecause = reason
            refunded += refund.minorUnits
        case .returned(let pieces, let document, let refund):
            refunded += refund.minorUnits
            returned += try pieces.reduce(0) { try isGoods($1.code) ? $0 + $1.quantity : $0 }
            Self.append(to: &returns) { writer in
                writer.field("creditNote", document.text)
                writer.field("refund", refund)
                writer.field("at", record.effectiveAt.description)
                writer.key("lines")
                writer.array { writer in for piece in pieces { writer.value(piece) } }
            }
        }
        if status == .placed, isComplete { status = .completed }
    }

    /// Delivered in full, with nothing left to pay: what came back before it was paid needs no payment.
    private var isComplete: Bool { paid + refunded >= total && fulfilled >= goods && fulfilments > 0 }

    private static func append(to list: inout String, _ fields: (inout JSONWriter) -> Void) {
        if !list.isEmpty { list += "," }
        list += String(decoding: JSONWriter.object(fields), as: UTF8.self)
    }

    static func replacing(in database: Database) throws -> BulkStatement {
        try BulkStatement(
            "INSERT OR REPLACE INTO progress VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", in: database)
    }

    func write(as id: String, with statement: inout BulkStatement) throws {
        statement.bind(id)
        statement.bind(version)
        statement.bind(changedAt.microseconds)
        statement.bind(status.rawValue)
        statement.bind(currency.code)
        for number in [total, paid, refunded, goods, fulfilled, fulfilments, returned] { statement.bind(number) }
        statement.bind(cancelledBecause)
        statement.bind(payments)
        statement.bind(returns)
        try statement.run()
    }
}

extension JSONWriter {
    fileprivate mutating func value(_ piece: Order.Pieces) {
        object {
            $0.field("sku", piece.code.text)
            $0.field("quantity", piece.quantity)
        }
    }
}
