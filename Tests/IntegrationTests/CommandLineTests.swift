import Foundation
import Testing

@Suite("The program on the command line")
struct CommandLineTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test(
        "Wrong usage ends with 2 and says what is possible",
        arguments: [
            ["fly"], ["serve", "--roles", "juggle"], ["events", "--stream", "nonsense"],
            ["events", "--type", "nonsense"],
            ["rebuild", "nonsense"], ["serve", "--command-port", "no"],
        ])
    func usage(arguments: [String]) throws {
        let result = try Program.run(arguments, in: directory.path)
        #expect(result.status == 2)
        #expect(!result.errors.isEmpty)
    }

    @Test(
        "Help teaches and ends with 0",
        arguments: [
            [], ["serve"], ["import", "online-retail"], ["events"], ["replay"], ["rebuild"], ["verify"], ["projection"],
            ["status"],
        ])
    func help(command: [String]) throws {
        let result = try Program.run(command + ["--help"], in: directory.path)
        #expect(result.status == 0)
        #expect(result.output.contains("USAGE"))
    }

    @Test(
        "A data directory that is not there is an error of the environment",
        arguments: ["events", "replay", "verify", "status"])
    func noData(command: String) throws {
        let result = try Program.run([command, "--data", "nowhere"], in: directory.path)
        #expect(result.status == 3)
        #expect(result.errors.contains("nowhere"))
    }

    @Test("A second process that would write to the same data directory is refused, naming the first")
    func secondProcess() throws {
        let server = try Server(data: "data", in: directory.path)
        let second = try Program.run(
            ["serve", "--data", "data", "--command-port", "0", "--query-port", "0"], in: directory.path)
        #expect(second.status == 3)
        #expect(second.errors.contains("Another process"))
        #expect(
            try Program.run(["status", "--data", "data"], in: directory.path).status == 0, "reading goes on beside it")
        #expect(server.stop() == 0)
    }

    @Test("A taken port is an error of the environment that names the port")
    func takenPort() throws {
        let server = try Server(data: "one", in: directory.path)
        let port = String(server.queries.split(separator: ":").last ?? "")
        let second = try Program.run(
            ["serve", "--data", "two", "--command-port", "0", "--query-port", port], in: directory.path)
        #expect(second.status == 3)
        #expect(second.errors.contains(port), "\(second.errors)")
        #expect(server.stop() == 0)
    }

    @Test("An unknown DAYBOOK_ setting in the .env file stops the start")
    func unknownSetting() throws {
        try "DAYBOOK_PROT=1\n".write(toFile: directory.path + "/.env.development", atomically: true, encoding: .utf8)
        let result = try Program.run(["serve"], in: directory.path)
        #expect(result.status == 2)
        #expect(result.errors.contains("DAYBOOK_PROT"))
    }

    @Test("The demonstration shop answers what it invites to, and goes on with its data at the next start")
    func demo() async throws {
        let first = try Server(data: "data", in: directory.path, ["--demo"])
        #expect(first.child.printed("Ctrl-C"))
        let invitation = first.child.output
        #expect(invitation.components(separatedBy: "curl ").count - 1 >= 6)
        let search = try await HTTP.get(first.queries + "/search?q=paper+lan", position: "144")
        #expect(((search.json["hits"] as? [[String: Any]])?.first?["sku"] as? String) == "LAN-01")
        let added = try await HTTP.post(
            first.commands + "/commands/add-to-cart", #"{"cart":"mine","sku":"LAN-01","quantity":2}"#)
        #expect(added.status == 201)
        let placed = try await HTTP.post(
            first.commands + "/commands/place-order", #"{"cart":"mine","email":"ada@example.org"}"#)
        #expect(placed.status == 201)
        let order = try #require(placed.headers["location"])
        let shown = try await HTTP.get(order, position: placed.headers["daybook-position"])
        #expect(shown.json["email"] as? String == "ada@example.org")
        #expect(first.stop() == 0)

        let second = try Server(data: "data", in: directory.path, ["--demo"])
        let path = try #require(URL(string: order)?.path)
        #expect(try await HTTP.get(second.queries + path).status == 200)
        #expect(try await HTTP.get(second.queries + "/status").json["head"] as? Int == 149)
        #expect(second.stop() == 0)
    }

    @Test("What a new program needs of a data directory is planned, done before it is started, and done once")
    func migrate() async throws {
        let server = try Server(data: "data", in: directory.path, ["--demo"])
        #expect(server.stop() == 0)
        // As if no program of these versions had ever run.
        try FileManager.default.removeItem(atPath: directory.path + "/data/read")
        func migrate(_ word: String) throws -> Program.Result {
            try Program.run(["migrate", word, "--data", "data"], in: directory.path)
        }
        let plan = try migrate("plan")
        #expect(plan.output.contains("read model  search version 1\n"), "\(plan.output)\(plan.errors)")
        #expect(plan.output.contains("144 events are read once"))
        #expect(try migrate("status").output.contains("search version 1 missing\n"), "planning made nothing")
        let applied = try migrate("apply")
        #expect(applied.output.contains("built catalog, carts, orders, stock, search, sales;"), "\(applied.errors)")
        #expect(try migrate("status").output.contains("search version 1 position 144\n"))
        for word in ["plan", "apply"] {
            let again = try migrate(word)
            #expect(again.status == 0)
            #expect(again.output.isEmpty)
            #expect(again.errors.contains("nothing to do"))
        }
        let started = try Server(data: "data", in: directory.path)
        #expect(try await HTTP.get(started.queries + "/stock/LAN-01").status == 200)
        #expect(started.stop() == 0)
    }

    @Test("Where the projections stand is told beside a server; an event that stopped none can't be set aside")
    func projections() async throws {
        let server = try Server(data: "data", in: directory.path, ["--demo"])
        _ = try await HTTP.get(server.queries + "/search?q=paper", position: "144")
        func projection(_ words: String...) throws -> Program.Result {
            try Program.run(["projection"] + words + ["--data", "data"], in: directory.path)
        }
        let list = try projection("list")
        #expect(list.output.contains("search      version 1, position 144, 0 behind\n"), "\(list.output)\(list.errors)")
        #expect(!list.output.contains("stopped"))
        #expect(try projection("retry", "search").output == "search goes on\n")
        let parked = try projection("park", "search", "3", "--reason", "why not")
        #expect(parked.status == 3)
        #expect(parked.errors.contains("has taken the event at 3 in"), "\(parked.errors)")
        #expect(try projection("unpark", "search", "3").status == 3)
        #expect(try projection("park", "nonsense", "3", "--reason", "why not").status == 2)
        #expect(server.stop() == 0)
    }

    @Test("Read models as of then are built into files, beside a server, which does not notice")
    func fork() async throws {
        let server = try Server(data: "data", in: directory.path, ["--demo"])
        let replay = ["replay", "--data", "data", "--to"]
        let built = try Program.run(replay + ["20", "--into", "then", "search", "sales"], in: directory.path)
        #expect(built.status == 0, "\(built.errors)")
        #expect(built.output == "position 20\nthen/search.sqlite\nthen/sales.sqlite\n")
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: directory.path + "/then").sorted()
                == ["sales.sqlite", "search.sqlite"])
        let earlier = try Program.run(replay + ["10", "--into", "then", "search"], in: directory.path)
        #expect(earlier.output == "position 10\nthen/search.sqlite\n", "\(earlier.errors)")
        let now = try Program.run(replay + ["2999-01-01T00:00:00Z", "--into", "now"], in: directory.path)
        #expect(now.output.hasPrefix("position 144\n"), "\(now.errors)")
        #expect(try Program.run(replay + ["soon", "--into", "then"], in: directory.path).status == 2)
        #expect(try Program.run(replay + ["20", "sales"], in: directory.path).status == 2, "where to?")
        #expect(try await HTTP.get(server.queries + "/ready").status == 200)
        #expect(server.stop() == 0)
    }

    @Test("A client that keeps a stream open and says nothing does not keep the process from stopping")
    func silentClient() throws {
        let server = try Server(data: "data", in: directory.path)
        let port = try #require(Int(server.commands.split(separator: ":").last ?? ""))
        let silent = try SilentStream(port: port)
        #expect(server.stop() == 0)
        withExtendedLifetime(silent) {}
    }

    @Test("A flipped byte in the log is found by verify, which names the position and ends with 1")
    func damage() async throws {
        let server = try Server(data: "data", in: directory.path, ["--demo"])
        #expect(server.stop() == 0)
        let file = URL(filePath: directory.path + "/data/log/data.mdb")
        var bytes = try Data(contentsOf: file)
        let place = try #require(bytes.range(of: Data("Storm Lantern".utf8)))
        bytes[place.lowerBound] ^= 0x20
        try bytes.write(to: file)
        let result = try Program.run(["verify", "--data", "data"], in: directory.path)
        #expect(result.status == 1)
        #expect(result.output.contains("position 7 is damaged"), "\(result.output)")
    }
}
