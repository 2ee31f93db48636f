import Foundation
import TestTools
import Testing

@Suite("An operator changes what was so from the beginning", .timeLimit(.minutes(5)))
struct LogMigrationJourneyTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func program(_ arguments: [String]) throws -> Program.Result {
        try Program.run(arguments, in: directory.path)
    }

    private func write(_ edits: String) throws {
        try #"{"reason":"a new name","edits":[\#(edits)]}"#
            .write(toFile: directory.path + "/edits.json", atomically: true, encoding: .utf8)
    }

    private func serving<R>(_ body: (Server) async throws -> R) async throws -> R {
        let server = try Server(data: "shop", in: directory.path, ["--demo"])
        let result = try await body(server)
        #expect(server.stop() == 0, "\(server.child.errors)")
        return result
    }

    @Test(
        "Beside a server at work the new log is made; the server stops, both change places, and the next one answers from it"
    )
    func switchOver() async throws {
        try write(#"{"rename":"LAN-01","to":"LANTERN"}"#)
        let server = try Server(data: "shop", in: directory.path, ["--demo"])
        let before = try await HTTP.get("\(server.queries)/stock/LAN-01").json
        #expect(try program(["subscription", "add", "erp", "--data", "shop"]).status == 0)

        let rehearsed = try program(["migrate", "log", "edits.json", "--data", "shop", "--into", "rehearsal"])
        #expect(rehearsed.status == 0, "\(rehearsed.errors)")
        #expect(rehearsed.output.contains("stock, orders and money are what they were"))

        let migration = try Child(["migrate", "log", "edits.json", "--data", "shop", "--switch"], in: directory.path)
        try await until { migration.errors.contains("stop daybook serve now") }
        // What is sold meanwhile is taken over, too.
        _ = try await HTTP.post(
            "\(server.commands)/commands/add-to-cart", #"{"cart":"late","sku":"LAN-01","quantity":1}"#)
        #expect(server.stop() == 0)
        migration.waitUntilEnd()
        #expect(migration.status == 0, "\(migration.errors)")

        try await serving { server in
            #expect(try await HTTP.get("\(server.queries)/stock/LAN-01").status == 404)
            let after = try await HTTP.get("\(server.queries)/stock/LANTERN").json
            for field in ["onHand", "available", "reserved"] {
                #expect("\(after[field] ?? "")" == "\(before[field] ?? "")", "\(field)")
            }
            let cart = try await HTTP.get("\(server.queries)/carts/late").json
            #expect("\(cart)".contains("LANTERN"))
            #expect(try await HTTP.get("\(server.queries)/ready").status == 200)
        }
        let verified = try program(["verify", "--data", "shop"])
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
        #expect(try program(["subscription", "list", "--data", "shop"]).output.contains("erp"))
        let old = try program(["serve", "--data", "shop.migrated", "--command-port", "0", "--query-port", "0"])
        #expect(old.status == 3)
        #expect(old.errors.contains("migrate log --back"), "\(old.errors)")
        #expect(try program(["migrate", "log", "--back", "--data", "shop"]).status == 0)
        #expect(try await serving { try await HTTP.get("\($0.queries)/stock/LAN-01").status } == 200)
    }

    @Test(
        "A file that is none, one that does not fit, and a directory that is taken are refused with what to do, and nothing is changed"
    )
    func refused() async throws {
        try await serving { _ in }
        func refusal(_ arguments: [String]) throws -> String {
            let result = try program(["migrate", "log", "--data", "shop"] + arguments)
            #expect(result.status != 0)
            return result.errors
        }
        #expect(try refusal(["nowhere.json"]).contains("nowhere.json can't be read"))
        try write(#"{"rename":"NOTHING","to":"X"}"#)
        #expect(try refusal(["edits.json"]).contains(#"there is no product "NOTHING""#))
        try write(#"{"swap":"LAN-01"}"#)
        #expect(try refusal(["edits.json"]).contains(#"edit 1 has a field "swap""#))
        try write(#"{"rename":"LAN-01","to":"X"}"#)
        #expect(try refusal(["edits.json", "--into", "shop"]).contains("is there already"))
        #expect(try refusal(["--back"]).contains("is not what a migration of the log"))
        #expect(try refusal([]).contains("Name a file of edits"))
        #expect(try await serving { try await HTTP.get("\($0.queries)/stock/LAN-01").status } == 200)
    }
}
