import Foundation
import FoundationNetworking
import TestTools
import Testing

@Suite(
    "A slice of the real file, imported by the built program", .enabled(if: RetailSlice.isThere, RetailSlice.absent),
    .serialized)
struct ImportJourneyTests {
    /// Enough for every kind of document but bad debts; imported in a few seconds by a debug build.
    private static let rows = 12_000
    private static let slice = Result { try RetailSlice(rows: rows) }

    let directory: TemporaryDirectory
    let slice: RetailSlice
    let file: String
    let data: String

    init() throws {
        directory = try TemporaryDirectory()
        slice = try Self.slice.get()
        file = directory.path + "/slice.csv"
        data = directory.path + "/data"
        try slice.csv.write(toFile: file, atomically: true, encoding: .utf8)
    }

    @Test("The totals of the rows come back out of the query API, and nothing is added by a second import")
    func totals() async throws {
        let first = try Program.run(["import", "online-retail", "--data", data, file], in: directory.path)
        #expect(first.status == 0, "\(first.errors)")
        let events = try Program.run(["events", "--data", data, "--format", "csv"], in: directory.path).output
        let second = try Program.run(["import", "online-retail", "--data", data, "-"], input: file, in: directory.path)
        #expect(second.status == 0, "\(second.errors)")
        #expect(second.output.contains("events        0 new"), "\(second.output)")
        #expect(try Program.run(["events", "--data", data, "--format", "csv"], in: directory.path).output == events)
        try await expectTotals()
        let verify = try Program.run(["verify", "--data", data], in: directory.path)
        #expect(verify.status == 0, "\(verify.output)\(verify.errors)")
    }

    private func expectTotals() async throws {
        let server = try Server(data: data, in: directory.path)
        let report = try await HTTP.get(server.queries + "/reports/sales?by=month").json
        let total = try #require(report["total"] as? [String: Any])
        #expect(total["documents"] as? Int == slice.invoices.count)
        #expect(total["lines"] as? Int == slice.rows)
        #expect(total["quantity"] as? Int == slice.quantity)
        #expect(total["net"] as? String == RetailSlice.decimal(slice.net))
        let items = try #require(report["items"] as? [[String: Any]])
        #expect(items.map { $0["key"] as? String } == slice.months.keys.sorted())
        for item in items {
            let month = try #require(slice.months[item["key"] as? String ?? ""])
            #expect(item["lines"] as? Int == month.lines)
            #expect(item["net"] as? String == RetailSlice.decimal(month.net))
        }
        try await expectStock(server.queries)
        #expect(server.stop() == 0)
    }

    /// Opening stock plus what the rows change is what is there now, for every SKU.
    private func expectStock(_ queries: String) async throws {
        let received = try Program.run(["events", "--data", data, "--type", "stock.received"], in: directory.path)
            .output
        var checked = 0
        for line in received.split(separator: "\n") {
            let event = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let sku = String((event["stream"] as? String ?? "").dropFirst("stock-".count))
            let opening = try #require((event["data"] as? [String: Any])?["quantity"] as? Int)
            let path = try #require(sku.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
            let stock = try await HTTP.get(queries + "/stock/" + path).json
            #expect(stock["onHand"] as? Int == opening + (slice.stockChange[sku] ?? 0), "\(sku)")
            checked += 1
        }
        #expect(checked > 1_000)
    }

    @Test("Killed ten times at random moments, the import ends with the same shop as one that was left alone")
    func killed() throws {
        let seed = UInt64(ProcessInfo.processInfo.environment["DAYBOOK_TEST_SEED"] ?? "") ?? 20_101_201
        print("seed \(seed)")
        var random = SplitMix64(seed: seed)
        let undisturbed = try Program.run(
            ["import", "online-retail", "--data", directory.path + "/undisturbed", file], in: directory.path)
        #expect(undisturbed.status == 0, "\(undisturbed.errors)")
        for _ in 0..<10 {
            let child = try Child(["import", "online-retail", "--data", data, file], in: directory.path)
            if !child.ends(within: Double.random(in: 0.05...2.5, using: &random)) { child.send(SIGKILL) }
            child.waitUntilEnd()
        }
        let last = try Program.run(["import", "online-retail", "--data", data, file], in: directory.path)
        #expect(last.status == 0, "seed \(seed): \(last.errors)")
        for arguments in [["replay"], ["events", "--format", "csv"]] {
            let interrupted = try Program.run(arguments + ["--data", data], in: directory.path)
            let whole = try Program.run(arguments + ["--data", directory.path + "/undisturbed"], in: directory.path)
            #expect(Self.timeless(interrupted.output) == Self.timeless(whole.output), "seed \(seed)")
        }
        let verify = try Program.run(["verify", "--data", data], in: directory.path)
        #expect(verify.status == 0, "seed \(seed): \(verify.output)\(verify.errors)")
    }

    /// Without the recorded times, which differ from run to run.
    private static func timeless(_ output: String) -> [String] {
        output.split(separator: "\n").map { line in
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            return fields.count > 5 ? (fields[..<4] + fields[5...]).joined(separator: ",") : String(line)
        }
    }

    @Test("With index and read models removed, the same bytes are answered, and replay gives the same hash twice")
    func rebuilt() async throws {
        #expect(try Program.run(["import", "online-retail", "--data", data, file], in: directory.path).status == 0)
        let before = try await answers()
        let hash = try Program.run(["replay", "--data", data], in: directory.path).output
        for part in ["index", "read"] { try FileManager.default.removeItem(atPath: data + "/" + part) }
        #expect(try await answers() == before)
        #expect(try Program.run(["replay", "--data", data], in: directory.path).output == hash)
        #expect(
            try Program.run(["rebuild", "sales", "stock", "--verify", "--data", data], in: directory.path).status == 0)
        #expect(try await answers() == before)
    }

    private func answers() async throws -> [Data] {
        let server = try Server(data: data, in: directory.path)
        let head = try await HTTP.get(server.queries + "/status").json["head"] as? Int ?? 0
        var answers: [Data] = []
        for path in [
            "/reports/sales?by=month", "/stock/85123A", "/orders?reference=536365", "/catalog/products/85123A",
            "/carts/536365",
        ] {
            // A read model that is still being built answers 503 with Retry-After; it is asked again.
            var answer = try await HTTP.get(server.queries + path, position: String(head))
            while answer.status == 503 { answer = try await HTTP.get(server.queries + path, position: String(head)) }
            #expect(answer.status == 200, "\(path)")
            answers.append(answer.body)
        }
        #expect(server.stop() == 0)
        return answers
    }

    @Test("A product found in the file is found by its words, with stock and price")
    func search() async throws {
        #expect(try Program.run(["import", "online-retail", "--data", data, file], in: directory.path).status == 0)
        let server = try Server(data: data, in: directory.path)
        let found = try await HTTP.get(server.queries + "/search?q=white%20hanging%20heart").json
        #expect(((found["hits"] as? [[String: Any]])?.first?["sku"]) as? String == "85123A")
        let product = try await HTTP.get(server.queries + "/catalog/products/85123A").json
        #expect((product["price"] as? [String: Any])?["amount"] as? String == "2.95", "five rows in a row charged it")
        #expect(((product["stock"] as? [String: Any])?["available"]) as? Int != nil)
        #expect(server.stop() == 0)
    }
}
