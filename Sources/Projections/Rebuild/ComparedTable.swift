import GRDB

/// A table that stands in two files, `main` and `live`, of which each row has a key.
struct ComparedTable {
    struct Difference {
        let key: [(column: String, value: String)]
        /// Nil where the row is missing on one side.
        let columns: [(name: String, live: String, rebuilt: String)]?
        let isMissingFromLive: Bool
    }

    let name: String
    private let key: [String]
    /// Those that both have, but the key, and what is expected to differ.
    private let columns: [String]
    private let mainName: String
    private let liveName: String

    /// All that both files have but the checkpoint. Of a full-text index every word with its places.
    static func all(of projection: any Projection.Type, in database: Database) throws -> [ComparedTable] {
        let indexes = try String.fetchAll(
            database, sql: "SELECT name FROM main.sqlite_schema WHERE sql LIKE '%USING fts5%'")
        return try tables(in: database).compactMap { try ComparedTable(table: $0, of: projection, in: database) }
            + indexes.map { try ComparedTable(fullText: $0, in: database) }
    }

    /// Tables and columns, as `table.column`, that the live file has not, or by no key that both have: nothing can be said of them.
    static func withoutCounterpart(of projection: any Projection.Type, in database: Database) throws -> [String] {
        try tables(in: database).flatMap { table in
            guard try ComparedTable(table: table, of: projection, in: database) != nil else { return [table] }
            let live = try columns(of: table, in: "live", database)
            return try columns(of: table, in: "main", database).filter { !live.contains($0) }.map { "\(table).\($0)" }
        }
    }

    private static func tables(in database: Database) throws -> [String] {
        try String.fetchAll(
            database,
            sql: """
                SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
                    AND name NOT IN (\(ReadModelFile.ownTables.map { "'\($0)'" }.joined(separator: ", ")))
                    AND sql NOT LIKE 'CREATE VIRTUAL%'
                    AND name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow')
                """)
    }

    /// None where there is no such table.
    private static func columns(of table: String, in file: String, _ database: Database) throws -> [String] {
        try String.fetchAll(
            database, sql: "SELECT name FROM pragma_table_info(?, ?) ORDER BY cid", arguments: [table, file])
    }

    /// Nil where the two have no key in common.
    private init?(table: String, of projection: any Projection.Type, in database: Database) throws {
        let live = try Self.columns(of: table, in: "live", database)
        let keys = try Self.keys(of: table, in: database)
        guard !live.isEmpty, let key = keys.first(where: { $0 == ["rowid"] || Set(live).isSuperset(of: $0) })
        else { return nil }
        let columns = try Self.columns(of: table, in: "main", database)
        name = table
        self.key = key
        self.columns = columns.filter {
            !key.contains($0) && live.contains($0) && !projection.expectedDifferences.contains("\(table).\($0)")
        }
        mainName = "main.\"\(table)\""
        liveName = "live.\"\(table)\""
    }

    /// What tells rows apart: the primary key, then what else is unique; the number of the row where nothing is.
    private static func keys(of table: String, in database: Database) throws -> [[String]] {
        let primary = try String.fetchAll(
            database, sql: "SELECT name FROM pragma_table_info(?, 'main') WHERE pk > 0 ORDER BY pk", arguments: [table])
        let unique = try String.fetchAll(
            database,
            sql: "SELECT name FROM pragma_index_list(?, 'main') WHERE \"unique\" AND NOT partial AND origin <> 'pk'",
            arguments: [table])
        let keys =
            [primary]
            + (try unique.map {
                try String.fetchAll(
                    database, sql: "SELECT name FROM pragma_index_info(?, 'main') ORDER BY seqno", arguments: [$0])
            })
        let stated = keys.filter { !$0.isEmpty }
        return stated.isEmpty ? [["rowid"]] : stated
    }

    private init(fullText index: String, in database: Database) throws {
        name = index
        key = ["term", "doc", "col", "offset"]
        columns = []
        mainName = "temp.\"main_\(index)\""
        liveName = "temp.\"live_\(index)\""
        for (side, name) in [("main", mainName), ("live", liveName)] {
            try database.execute(sql: "DROP TABLE IF EXISTS \(name)")
            try database.execute(sql: "CREATE VIRTUAL TABLE \(name) USING fts5vocab(\(side), \(index), instance)")
        }
    }

    /// Of the rebuilt one; of a full-text index all words in all places.
    func count(in database: Database) throws -> Int {
        try Int.fetchOne(database, sql: "SELECT count(*) FROM \(mainName)") ?? 0
    }

    /// At most `limit` of each kind.
    func differences(_ limit: Int, in database: Database) throws -> [Difference] {
        try missing(from: mainName, but: liveName, limit, in: database)
            + missing(from: liveName, but: mainName, limit, in: database) + changed(limit, in: database)
    }

    private func missing(
        from one: String, but other: String, _ limit: Int, in database: Database
    ) throws -> [Difference] {
        // A full-text index can't be searched by its key; of the rest there is one for each row.
        let keys = key.map { "o.\"\($0)\"" }.joined(separator: ", ")
        // As a join: where a version before has no index of the key, SQLite makes one for the time being.
        let sql =
            columns.isEmpty && key.count > 3
            ? "SELECT \(keys) FROM \(other) AS o EXCEPT SELECT \(keys) FROM \(one) AS o LIMIT ?"
            : "SELECT \(keys) FROM \(other) AS o LEFT JOIN \(one) AS i ON \(sameKey("i", "o")) WHERE i.\"\(key[0])\" IS NULL LIMIT ?"
        return try Row.fetchAll(database, sql: sql, arguments: [limit]).map { row in
            Difference(key: named(key, row, from: 0), columns: nil, isMissingFromLive: one == liveName)
        }
    }

    private func changed(_ limit: Int, in database: Database) throws -> [Difference] {
        guard !columns.isEmpty else { return [] }
        let selected =
            key.map { "l.\"\($0)\"" } + columns.map { "l.\"\($0)\"" } + columns.map { "n.\"\($0)\"" }
        let differs = columns.map { "l.\"\($0)\" IS NOT n.\"\($0)\"" }.joined(separator: " OR ")
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT \(selected.joined(separator: ", ")) FROM \(liveName) AS l JOIN \(mainName) AS n ON \(sameKey("l", "n"))
                WHERE \(differs) LIMIT ?
                """, arguments: [limit])
        return rows.map { row in
            let live = named(columns, row, from: key.count)
            let rebuilt = named(columns, row, from: key.count + columns.count)
            return Difference(
                key: named(key, row, from: 0),
                columns: zip(live, rebuilt).filter { $0.value != $1.value }.map { ($0.column, $0.value, $1.value) },
                isMissingFromLive: false)
        }
    }

    private func sameKey(_ one: String, _ other: String) -> String {
        key.map { "\(one).\"\($0)\" = \(other).\"\($0)\"" }.joined(separator: " AND ")
    }

    private func named(_ columns: [String], _ row: Row, from index: Int) -> [(column: String, value: String)] {
        columns.enumerated().map { ($1, (row[index + $0] as DatabaseValue).shown) }
    }
}

extension DatabaseValue {
    /// For people.
    var shown: String {
        switch storage {
        case .null: "NULL"
        case .int64(let number): String(number)
        case .double(let number): String(number)
        case .string(let text): text
        case .blob(let data): String(decoding: data, as: UTF8.self)
        }
    }
}
