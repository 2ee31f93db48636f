import Postgres
import TestServers
import Testing

@Suite("Postgres COPY", .needsPostgres, .temporaryPostgres, .timeLimit(.minutes(5)))
struct CopyTests {
    let connection: Connection

    init() throws {
        let server = try #require(TemporaryPostgres.current)
        connection = try Connection(url: server.url())
        try connection.execute(
            "CREATE TEMPORARY TABLE event (position bigint PRIMARY KEY, stream text, payload bytea)"
        )
    }

    @Test("100,000 rows arrive, each byte of them")
    func manyRows() throws {
        let count = try connection.copyIn("COPY event FROM STDIN") { writer in
            for position in Int64(1)...100_000 {
                try writer.write([
                    .integer(position), .text("order-\(position)"), .bytes([UInt8(truncatingIfNeeded: position), 0]),
                ])
            }
        }
        #expect(count == 100_000)
        let row = try #require(
            try connection.query(
                """
                SELECT count(*), sum(position), count(DISTINCT stream) AS streams,
                    bool_and(get_byte(payload, 0) = position % 256 AND stream = 'order-' || position) AS intact
                FROM event
                """
            ).first
        )
        #expect(try row.integer("count") == 100_000)
        #expect(try row.integer("sum") == 5_000_050_000)
        #expect(try row.integer("streams") == 100_000)
        #expect(row["intact"] == "t")
    }

    @Test("What COPY would misread is escaped")
    func escaping() throws {
        let texts = ["\\.", "\\N", "a\tb\nc\rd\\e", "", "Größe 🧾"]
        try connection.copyIn("COPY event FROM STDIN") { writer in
            for (index, text) in texts.enumerated() {
                try writer.write([.integer(Int64(index)), .text(text), .bytes(Array(text.utf8))])
            }
            try writer.write([9, nil, nil])
        }
        let rows = try connection.query("SELECT stream, payload FROM event ORDER BY position")
        #expect(rows.map { $0["stream"] } == texts + [nil])
        #expect(try rows.map { try $0.bytes("payload") } == texts.map { Array($0.utf8) } + [nil])
    }

    @Test("Ready-made text may be cut anywhere and be larger than a chunk")
    func rawText() throws {
        let large = String(repeating: "x", count: CopyWriter.chunkBytesMax * 3)
        let count = try connection.copyIn("COPY event (position, stream) FROM STDIN") { writer in
            try writer.write(text: Array("1\tfir".utf8))
            try writer.write(text: Array("st\n2\t\(large)\n".utf8))
        }
        #expect(count == 2)
        #expect(try connection.query("SELECT stream FROM event ORDER BY 1").map { $0[0] } == ["first", large])
    }

    @Test("A body that throws stores nothing, its error comes through, and the connection goes on")
    func abandoned() throws {
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try connection.copyIn("COPY event FROM STDIN") { writer in
                for position in Int64(1)...10_000 { try writer.write([.integer(position), "kept?", nil]) }
                throw Stop()
            }
        }
        #expect(try connection.query("SELECT * FROM event").isEmpty)
    }

    @Test("A row the server refuses stores nothing, and the connection goes on")
    func refusedRow() throws {
        let error = try #require(throws: PostgresError.self) {
            try connection.copyIn("COPY event FROM STDIN") { writer in
                for position in Int64(1)...10_000 { try writer.write([.integer(position % 5_000), "twice", nil]) }
            }
        }
        #expect(error.sqlState == .uniqueViolation)
        #expect(try connection.query("SELECT * FROM event").isEmpty)
    }

    @Test("A statement that copies nothing in is refused")
    func wrongStatement() throws {
        let error = try #require(throws: PostgresError.self) { try connection.copyIn("SELECT 1") { _ in } }
        #expect(error.sqlState == .protocolViolation)
        #expect(connection.isOpen)
    }

    @Test("What was copied in is copied out, each byte of it")
    func out() throws {
        try connection.execute(
            "INSERT INTO event SELECT n, 'order', decode(repeat(lpad(to_hex(n % 256), 2, '0'), 300), 'hex') FROM generate_series(1, 50000) AS n"
        )
        try connection.execute("INSERT INTO event VALUES (50001, NULL, ''), (50002, 'a\tb', NULL)")
        var rows: [(position: Int64?, bytes: [UInt8]?)] = []
        let count = try connection.copyOut("COPY (SELECT position, payload FROM event ORDER BY 1) TO STDOUT") { row in
            rows.append((try row.integer(0), try row.bytes(1)))
        }
        #expect(count == 50_002)
        #expect(rows.map(\.position) == (1...50_002).map { $0 })
        #expect(
            rows.map(\.bytes)
                == (1...50_000).map { Array(repeating: UInt8(truncatingIfNeeded: $0), count: 300) } + [[], nil])
        try connection.copyOut("COPY (SELECT stream FROM event WHERE position = 50002) TO STDOUT") { row in
            #expect(throws: PostgresError.self) { try row.integer(0) }
        }
        #expect(try connection.query("SELECT 7 AS seven").first?.integer("seven") == 7)
    }

    @Test("A copy out ends with the server's error, or with the body's, which closes the connection")
    func outBroken() throws {
        try connection.execute("INSERT INTO event SELECT n, 'order', NULL FROM generate_series(1, 100000) AS n")
        let refused = try #require(throws: PostgresError.self) {
            try connection.copyOut("COPY (SELECT 1 / (99999 - position) FROM event) TO STDOUT") { _ in }
        }
        #expect(refused.sqlState.rawValue == "22012")
        #expect(throws: PostgresError.self) { try connection.copyOut("SELECT 1") { _ in } }
        #expect(connection.isOpen)
        struct Stop: Error {}
        #expect(throws: Stop.self) { try connection.copyOut("COPY event TO STDOUT") { _ in throw Stop() } }
        #expect(!connection.isOpen)
    }

    @Test("COPY run as a query closes the connection with an error instead of hanging", arguments: ["FROM", "TO"])
    func copyAsQuery(direction: String) throws {
        let stream = direction == "FROM" ? "STDIN" : "STDOUT"
        let error = try #require(throws: PostgresError.self) {
            try connection.query("COPY event \(direction) \(stream)")
        }
        #expect(error.sqlState == .protocolViolation)
        #expect(!connection.isOpen)
    }
}
