import GRDB

@testable import Projections

extension ReadModel {
    func contents() throws -> [String: [String]] { try live.contents() }

    /// The rows of one table, with a bar between the values.
    func rows(_ table: String) throws -> [String] { try read { try ReadModelFile.rows(of: table, in: $0) } }
}

extension ReadModelFile {
    /// Everything in the file: each table by its name, and its rows, sorted, each value as SQL writes it. Of the
    /// full-text index every word with its places, because how the index is cut into segments follows from the batches.
    func contents() throws -> [String: [String]] {
        try write { database in
            let tables = try String.fetchAll(
                database, sql: "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'")
            var contents: [String: [String]] = [:]
            for table in tables { contents[table] = try Self.rows(of: table, in: database) }
            let indexes = try String.fetchAll(
                database, sql: "SELECT name FROM sqlite_schema WHERE sql LIKE '%USING fts5%'")
            for index in indexes {
                try database.execute(sql: "CREATE VIRTUAL TABLE temp.word USING fts5vocab(main, \(index), instance)")
                contents[index] = try Self.rows(of: "word", in: database)
                try database.execute(sql: "DROP TABLE temp.word")
            }
            return contents
        }
    }

    fileprivate static func rows(of table: String, in database: Database) throws -> [String] {
        // On which page a table begins depends on when its indexes were made.
        let columns = table == "sqlite_schema" ? "type, name, tbl_name, sql" : "*"
        return try Row.fetchAll(database, sql: "SELECT \(columns) FROM \"\(table)\"")
            .map { row in row.databaseValues.map(\.shown).joined(separator: "|") }.sorted()
    }
}
