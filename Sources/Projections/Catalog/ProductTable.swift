import EventStore
import Foundation
import GRDB
import JSON
import Ledger

/// The table of products that catalog and search both keep, each in its own file: what filters and answers need.
enum ProductTable {
    static func createSchema(in database: Database) throws {
        try database.execute(
            sql: """
                -- id is the position of the registration, so that rows are added at the end.
                CREATE TABLE product (
                    id INTEGER PRIMARY KEY, sku TEXT NOT NULL UNIQUE, name TEXT NOT NULL, is_goods INTEGER NOT NULL, brand TEXT,
                    price INTEGER, currency TEXT, available INTEGER NOT NULL DEFAULT 0, version INTEGER NOT NULL, document BLOB NOT NULL
                );
                CREATE INDEX product_name ON product (name, sku) WHERE is_goods;
                CREATE INDEX product_brand ON product (brand) WHERE brand IS NOT NULL;
                CREATE TABLE product_category (
                    category TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (category, id)
                ) WITHOUT ROWID;
                """)
    }

    static func apply(_ event: Product.Event, of record: EventStore.Record, in database: Database) throws {
        switch event {
        case .registered(let details): try insert(details, of: record, in: database)
        case .priceChanged(let price):
            try database.cachedStatement(sql: "UPDATE product SET price = ?, currency = ?, version = ? WHERE sku = ?")
                .execute(arguments: [
                    price.tenThousandths, price.currency.code, Int64(record.version.rawValue), record.stream.id,
                ])
        }
    }

    private static func insert(_ details: Product.Details, of record: EventStore.Record, in database: Database) throws {
        let id = Int64(record.position.rawValue)
        try database.cachedStatement(sql: "INSERT INTO product VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?)").execute(
            arguments: [
                id, record.stream.id, details.name, details.kind == .goods, details.brand,
                details.price?.tenThousandths,
                details.price?.currency.code, Int64(record.version.rawValue), Data(document(record.stream.id, details)),
            ])
        for category in Set(details.categories).sorted() {
            try database.cachedStatement(sql: "INSERT INTO product_category VALUES (?, ?)").execute(arguments: [
                category, id,
            ])
        }
    }

    static func apply(_ availability: Availability, in database: Database) throws {
        var update = try BulkStatement("UPDATE product SET available = available + ? WHERE sku = ?", in: database)
        for (sku, change) in availability.sorted {
            update.bind(change)
            update.bind(sku)
            try update.run()
        }
    }

    /// What never changes of a product, as it is answered.
    private static func document(_ sku: String, _ details: Product.Details) -> [UInt8] {
        JSONWriter.object { writer in
            writer.field("sku", sku)
            writer.field("name", details.name)
            writer.field("kind", details.kind.rawValue)
            writer.field("description", details.description)
            writer.field("brand", details.brand)
            writer.field("categories", details.categories)
            writer.key("attributes")
            writer.object { writer in
                for attribute in details.attributes { writer.field(attribute.name, attribute.value) }
            }
            writer.field("otherNames", details.otherNames)
        }
    }

    /// The columns that `write` takes, in their order.
    static let answerColumns = "document, price, currency, available, version"

    static func write(_ row: Row, to writer: inout JSONWriter) {
        writer.fields(of: [UInt8](row["document"] as Data))
        writer.price(row["price"], row["currency"])
        writer.key("stock")
        let available: Int64 = row["available"]
        writer.object {
            $0.field("available", available)
            $0.field("inStock", available > 0)
        }
        writer.field("version", row["version"] as Int64)
    }
}

extension JSONWriter {
    /// `price`, null where there is none.
    mutating func price(_ tenThousandths: Int64?, _ currency: String?) {
        if let tenThousandths, let currency {
            field("price", Amount(tenThousandths: tenThousandths, currency: Currency(trusted: currency)))
        } else {
            key("price")
            null()
        }
    }
}
