import Foundation
import TestServers
import TestTools
import Testing

@Suite("Machines that stand by for the one that leads", .needsPostgres, .timeLimit(.minutes(5)))
struct StandbyJourneyTests {
    private let directory: TemporaryDirectory
    private let url: String

    init() throws {
        directory = try TemporaryDirectory()
        url = try #require(TemporaryPostgres.current).url()
    }

    private func set(_ mode: String) throws {
        try "DAYBOOK_POSTGRES_URL=\(url)\nDAYBOOK_REPLICATION=\(mode)\n"
            .write(toFile: directory.path + "/.env.development", atomically: true, encoding: .utf8)
    }

    private func start(_ data: String, _ more: [String] = ["--standby"]) throws -> Server {
        try Server(data: data, in: directory.path, more)
    }

    /// Returns the position of the answer.
    @discardableResult
    private func add(_ server: Server, _ key: String) async throws -> String {
        let answer = try await HTTP.post(
            "\(server.commands)/commands/add-to-cart", #"{"cart":"\#(key)","sku":"LAN-01","quantity":2}"#,
            headers: ["Idempotency-Key": key])
        return try #require(answer.headers["daybook-position"], "\(answer.json)")
    }

    private func verify(_ data: String) throws {
        let result = try Program.run(["verify", "--data", data, "--against", url], in: directory.path)
        #expect(result.status == 0, "\(data): \(result.output)\(result.errors)")
    }

    @Test(
        "Leaders are killed one after another: the next takes over by itself, with all that was acknowledged",
        .temporaryPostgres)
    func killed() async throws {
        try set("sync")
        var leader = (data: "a", server: try start("a", ["--standby", "--demo"]).leading())
        var following = try ["b", "c"].map { (data: $0, server: try start($0)) }
        var answered: [String: String] = [:]
        for round in 1...2 {
            for number in 1...10 {
                let key = "key-\(round)-\(number)"
                answered[key] = try await add(leader.server, key)
                let cart = try await HTTP.get("\(following[0].server.queries)/carts/\(key)", position: answered[key])
                #expect(cart.status == 200, "\(cart.json)")
            }
            #expect(following.allSatisfy { !$0.server.child.output.contains("command API on") })
            leader.server.child.send(SIGKILL)
            leader.server.child.waitUntilEnd()
            try await until { following.contains { $0.server.child.output.contains("command API on") } }
            let next = try #require(following.firstIndex { $0.server.child.output.contains("command API on") })
            let successor = following.remove(at: next)
            leader = (successor.data, try successor.server.leading())
            for (key, position) in answered { #expect(try await add(leader.server, key) == position) }
        }
        let returned = try start("a")
        #expect(returned.commands == "")
        let newest = try await add(leader.server, "newest")
        #expect(try await HTTP.get("\(returned.queries)/carts/newest", position: newest).status == 200)
        for server in [returned, leader.server] { #expect(server.stop() == 0, "\(server.child.errors)") }
        for data in ["a", leader.data] { try verify(data) }
    }

    @Test(
        "What a leader had not copied when another took over is set aside when it returns, and counted; promoted, it leads again",
        .temporaryPostgres)
    func setAside() async throws {
        try set("async")
        let first = try start("first", ["--standby", "--demo"]).leading()
        let second = try start("second")
        let common = try await add(first, "common")
        #expect(try await HTTP.get("\(second.queries)/carts/common", position: common).status == 200)
        #expect(first.stop() == 0, "\(first.child.errors)")
        let leader = try second.leading()
        let alone = try start("first", ["--roles", "command,query"])
        for key in ["lost-1", "lost-2", "lost-3"] { try await add(alone, key) }
        #expect(alone.stop() == 0)
        let kept = try await add(leader, "kept")

        let returned = try start("first")
        #expect(returned.child.errors.contains("events=3"), "\(returned.child.errors)")
        let files = try FileManager.default.contentsOfDirectory(atPath: directory.path + "/first")
        let aside = try #require(files.first { $0.hasPrefix("aside-") })
        let lines = try String(contentsOfFile: "\(directory.path)/first/\(aside)", encoding: .utf8).split(
            separator: "\n")
        #expect(lines.count == 3)
        for (number, line) in lines.enumerated() { #expect(line.contains(#""key":"lost-\#(number + 1)""#), "\(line)") }
        #expect(try await HTTP.get("\(returned.queries)/carts/kept", position: kept).status == 200)
        #expect(try await HTTP.get("\(returned.queries)/carts/lost-1").status == 404)

        let promoting = try Program.run(["promote", "--data", "first"], in: directory.path)
        #expect(promoting.status == 0, "\(promoting.errors)")
        let again = try returned.leading()
        leader.child.waitUntilEnd()
        #expect(leader.child.status == 3)
        #expect(leader.child.errors.contains("Nothing more is accepted here"), "\(leader.child.errors)")
        #expect(try await add(again, "kept") == kept)
        try await add(again, "lost-1")
        let second2 = try start("second")
        #expect(again.stop() == 0)
        #expect(try second2.leading().stop() == 0)
        for data in ["first", "second"] { try verify(data) }
    }

    @Test("Standing by takes a copy in Postgres, and no shared log", .temporaryPostgres)
    func usage() throws {
        let none = try Program.run(["serve", "--standby", "--data", "x"], in: directory.path)
        #expect(none.status == 2)
        #expect(none.errors.contains("DAYBOOK_POSTGRES_URL"), "\(none.errors)")
        let shared = try Program.run(["serve", "--standby", "--data", "x", "--log", url], in: directory.path)
        #expect(shared.status == 2)
        let nowhere = try Program.run(["promote", "--data", "x", "--postgres", url], in: directory.path)
        #expect(nowhere.status == 3)
        #expect(nowhere.errors.contains("There is no Daybook data in x"), "\(nowhere.errors)")
    }
}
