import Foundation
import TestServers
import TestTools
import Testing

@Suite("Machines that share a log in Postgres", .needsPostgres, .timeLimit(.minutes(5)))
struct SharedLogJourneyTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        let url = try #require(TemporaryPostgres.current).url()
        try "DAYBOOK_LOG=\(url)\n"
            .write(toFile: directory.path + "/.env.development", atomically: true, encoding: .utf8)
    }

    private func add(_ server: Server, key: String) async throws -> HTTP.Answer {
        try await HTTP.post(
            "\(server.commands)/commands/add-to-cart", #"{"cart":"\#(key)","sku":"LAN-01","quantity":2}"#,
            headers: ["Idempotency-Key": key])
    }

    @Test(
        "What is accepted by one is answered by all, and a machine that is killed takes nothing with it",
        .temporaryPostgres)
    func killed() async throws {
        let first = try Server(data: "first", in: directory.path, ["--demo"])
        let second = try Server(data: "second", in: directory.path)
        let reader = try Server(data: "reader", in: directory.path, ["--roles", "query,project"])
        var positions: [String] = []
        for number in 1...20 {
            let answer = try await add(number % 2 == 0 ? first : second, key: "key-\(number)")
            let position = try #require(answer.headers["daybook-position"], "\(answer.json)")
            positions.append(position)
            let cart = try await HTTP.get(
                "\(reader.queries)/carts/key-\(number)", position: position)
            #expect(cart.status == 200, "\(cart.json)")
        }
        #expect(positions == positions.sorted { Int($0)! < Int($1)! })
        #expect(Set(positions).count == 20)
        first.child.send(SIGKILL)
        first.child.waitUntilEnd()
        for number in 1...20 {
            let again = try await add(second, key: "key-\(number)")
            #expect(again.headers["daybook-position"] == positions[number - 1])
        }
        let returned = try Server(data: "first", in: directory.path)
        let newest = try #require(try await add(returned, key: "newest").headers["daybook-position"])
        let cart = try await HTTP.get("\(second.queries)/carts/newest", position: newest)
        #expect(cart.status == 200)
        for server in [returned, second, reader] { #expect(server.stop() == 0, "\(server.child.errors)") }
        let url = try #require(TemporaryPostgres.current).url()
        for data in ["first", "second", "reader"] {
            let verifying = try Program.run(["verify", "--data", data, "--against", url], in: directory.path)
            #expect(verifying.status == 0, "\(verifying.output)\(verifying.errors)")
        }
    }

    @Test("A copy of a shared log is nobody's own: a server without the log's name is refused", .temporaryPostgres)
    func copy() async throws {
        let server = try Server(data: "data", in: directory.path, ["--demo"])
        #expect(server.stop() == 0)
        try FileManager.default.removeItem(atPath: directory.path + "/.env.development")
        let alone = try Program.run(["serve", "--data", "data"], in: directory.path)
        #expect(alone.status == 3)
        #expect(alone.errors.contains("--log"), "\(alone.errors)")
        #expect(try Program.run(["status", "--data", "data"], in: directory.path).status == 0)
    }

    @Test(
        "The real file, imported into a shared log, becomes what it becomes in a log of its own", .temporaryPostgres,
        .enabled(if: RetailSlice.isThere, RetailSlice.absent))
    func imported() async throws {
        let slice = directory.path + "/slice.csv"
        try RetailSlice(rows: 3_000).csv.write(toFile: slice, atomically: true, encoding: .utf8)
        let shared = try Program.run(["import", "online-retail", slice, "--data", "shared"], in: directory.path)
        #expect(shared.status == 0, "\(shared.errors)")
        try FileManager.default.removeItem(atPath: directory.path + "/.env.development")
        let own = try Program.run(["import", "online-retail", slice, "--data", "own"], in: directory.path)
        #expect(own.status == 0, "\(own.errors)")
        let states = try ["shared", "own"].map { try Program.run(["replay", "--data", $0], in: directory.path).output }
        #expect(states[0] == states[1])
    }

    @Test("While Postgres is away commands are refused, questions are answered, and it is said so", .temporaryPostgres)
    func away() async throws {
        let server = try Server(data: "data", in: directory.path, ["--demo"])
        #expect(try await add(server, key: "first").headers["daybook-position"] != nil)
        try #require(TemporaryPostgres.current).stop()
        let refused = try await add(server, key: "second")
        #expect(refused.status == 503)
        #expect(refused.json["code"] as? String == "log_away", "\(refused.json)")
        #expect(try await HTTP.get("\(server.queries)/carts/first").status == 200)
        while try await HTTP.get("\(server.queries)/ready").status == 200 {}
        let ready = try await HTTP.get("\(server.queries)/ready")
        #expect((ready.json["detail"] as? String)?.contains("log in Postgres") == true, "\(ready.json)")
        #expect(server.stop() == 0)
    }
}
