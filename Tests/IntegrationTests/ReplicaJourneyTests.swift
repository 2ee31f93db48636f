import Foundation
import TestServers
import TestTools
import Testing

@Suite("A shop with a copy in Postgres", .needsPostgres, .temporaryPostgres, .timeLimit(.minutes(5)))
struct ReplicaJourneyTests {
    private let directory: TemporaryDirectory
    private let url: String

    init() throws {
        directory = try TemporaryDirectory()
        url = try #require(TemporaryPostgres.current).url()
    }

    /// As an operator would, in a file.
    private func set(_ mode: String) throws {
        try "DAYBOOK_POSTGRES_URL=\(url)\nDAYBOOK_REPLICATION=\(mode)\n"
            .write(toFile: directory.path + "/.env.development", atomically: true, encoding: .utf8)
    }

    private func add(_ server: Server, key: String) async throws -> HTTP.Answer {
        try await HTTP.post(
            "\(server.commands)/commands/add-to-cart", #"{"cart":"mine","sku":"LAN-01","quantity":2}"#,
            headers: ["Idempotency-Key": key])
    }

    /// Answers that the copy is away until it is connected, or that another leads until it does not.
    private func addWhenConnected(_ server: Server, key: String) async throws -> HTTP.Answer {
        while true {
            let answer = try await add(server, key: key)
            guard ["replica_away", "led_by_another"].contains(answer.json["code"] as? String) else { return answer }
            try #require(server.child.isRunning, "\(server.child.errors)")
        }
    }

    @Test("A machine that is lost is restored with everything that was acknowledged, and goes on", .temporaryPostgres)
    func lostMachine() async throws {
        try set("sync")
        let lost = try Server(data: "lost", in: directory.path, ["--demo"])
        var acknowledged: [String] = []
        for number in 1...20 {
            let answer = try await addWhenConnected(lost, key: "key-\(number)")
            #expect(answer.headers["daybook-position"] != nil, "\(answer.json)")
            acknowledged.append(try #require(answer.headers["daybook-position"]))
        }
        lost.child.send(SIGKILL)
        lost.child.waitUntilEnd()
        try FileManager.default.removeItem(atPath: directory.path + "/lost")

        let restoring = try Program.run(["restore", "--data", "found"], in: directory.path)
        #expect(restoring.status == 0, "\(restoring.errors)")
        let found = try Server(data: "found", in: directory.path)
        for number in 1...20 {
            let again = try await addWhenConnected(found, key: "key-\(number)")
            #expect(again.headers["daybook-position"] == acknowledged[number - 1])
        }
        let status = try await HTTP.get("\(found.queries)/status")
        let replica = try #require(status.json["replica"] as? [String: Any])
        #expect(replica["lag"] as? Int == 0)
        #expect(replica["mode"] as? String == "sync")
        let asked = try Program.run(["status", "--data", "found"], in: directory.path)
        #expect(asked.output.contains("replica     position "), "\(asked.output)\(asked.errors)")
        #expect(found.stop() == 0)
        let verifying = try Program.run(["verify", "--data", "found", "--against", url], in: directory.path)
        #expect(verifying.status == 0, "\(verifying.output)\(verifying.errors)")
    }

    @Test("Two processes with one log: the older one acknowledges nothing more and ends", .temporaryPostgres)
    func takenOver() async throws {
        try set("sync")
        let older = try Server(data: "older", in: directory.path, ["--demo"])
        #expect(try await addWhenConnected(older, key: "first").headers["daybook-position"] != nil)
        #expect(try Program.run(["restore", "--data", "newer"], in: directory.path).status == 0)
        let newer = try Server(data: "newer", in: directory.path)
        try await until { newer.child.errors.contains("nothing is accepted here") }
        #expect(try await add(newer, key: "second").json["code"] as? String == "led_by_another")
        let promoting = try Program.run(["promote", "--data", "newer"], in: directory.path)
        #expect(promoting.status == 0, "\(promoting.errors)")
        #expect(try await addWhenConnected(newer, key: "second").headers["daybook-position"] != nil)
        older.child.waitUntilEnd()
        #expect(older.child.status == 3)
        #expect(older.child.errors.contains("Nothing more is accepted here"), "\(older.child.errors)")
        // It can't come back: the copy knows more than its log.
        let returned = try Child(
            ["serve", "--data", "older", "--command-port", "0", "--query-port", "0"], in: directory.path)
        returned.waitUntilEnd()
        #expect(returned.status == 1, "\(returned.errors)")
        #expect(returned.errors.contains("Restore the log from it"), "\(returned.errors)")
        #expect(newer.stop() == 0)
    }

    @Test("Without Postgres commands go on, and nothing that is said has the password")
    func away() async throws {
        let closed = LocalSocket(listening: false)
        try "DAYBOOK_POSTGRES_URL=postgres://daybook:hidden-word@127.0.0.1:\(closed.port)/ledger\n"
            .write(toFile: directory.path + "/.env.development", atomically: true, encoding: .utf8)
        let server = try Server(data: "data", in: directory.path, ["--demo"])
        #expect(try await add(server, key: "first").headers["daybook-position"] != nil)
        let ready = try await HTTP.get("\(server.queries)/ready")
        #expect(ready.status == 200)
        #expect((ready.json["replica"] as? String)?.contains("behind") == true, "\(ready.json)")
        let metrics = try await HTTP.get("\(server.queries)/metrics")
        #expect(String(decoding: metrics.body, as: UTF8.self).contains("\ndaybook_replica_away 1\n"))
        #expect(server.stop() == 0)
        for said in [server.child.output, server.child.errors, String(decoding: ready.body, as: UTF8.self)] {
            #expect(!said.contains("hidden-word"), "\(said)")
        }
        #expect(server.child.errors.contains("127.0.0.1:\(closed.port)/ledger"))
    }

    @Test("To wait for a copy that there is none of is a wrong usage, and says what to set")
    func noCopy() throws {
        try "DAYBOOK_REPLICATION=sync\n"
            .write(toFile: directory.path + "/.env.development", atomically: true, encoding: .utf8)
        let result = try Program.run(["serve", "--data", "data"], in: directory.path)
        #expect(result.status == 2)
        #expect(result.errors.contains("DAYBOOK_POSTGRES_URL"), "\(result.errors)")
        let idle = try Program.run(["serve", "--data", "data", "--roles", "replicate"], in: directory.path)
        #expect(idle.status == 2)
        #expect(idle.errors.contains("DAYBOOK_POSTGRES_URL"), "\(idle.errors)")
    }
}
