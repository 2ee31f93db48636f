import Foundation
import TestTools

extension Fault {
    static let postgresRows = Fault(
        "postgres-rows", "A row of the copy is altered, deleted, inserted or swapped by hand: named, and not restored",
        needs: .postgres
    ) { campaign in
        try campaign.withEmptyPostgres { data in
            let postgres = try PostgresServer(data: data)
            defer { postgres.kill() }
            try postgres.start()
            let shop = try campaign.knownShop()
            try shop.copyLog(by: try campaign.daybook("copying"), to: postgres.url)
            let rounds = RowChange.allCases.flatMap { change in
                (1...campaign.count(full: 12, short: 1)).map { (change, $0) }
            }
            try campaign.each(rounds) { change, round in
                campaign.run("\(change)-\(round)") { daybook in
                    var random = SplitMix64(seed: campaign.seed("\(change)-\(round)"))
                    let doing = change.doing(to: shop.lines.count, &random)
                    try doing.run(daybook, shop, postgres, in: "\(change)_\(round)".lowercased())
                    return .yes
                }
            }
        }
    }
}

extension KnownShop {
    /// Has a copy of the shop copy its log.
    fileprivate func copyLog(by daybook: Daybook, to url: String) throws {
        try copy(to: daybook.data)
        var daybook = daybook
        daybook.environment = PostgresScene.Use.copied.environment(url)
        daybook.postgresURL = url
        guard try daybook.mustServe().stop() == .exited(0) else { throw Doubt("It does not stop.") }
        try FileManager.default.removeItem(atPath: daybook.directory)
    }
}

/// What somebody does to a copy who owns the server.
private enum RowChange: CaseIterable {
    case alteredRecord, alteredColumn, deleted, inserted, swapped, stream

    struct Doing {
        let script: String
        /// What `daybook verify --against` must say.
        let named: [String]
        /// Whether what is in the records is still right.
        let leavesRecords: Bool
    }

    /// - Parameter count: of the events there are.
    func doing(to count: Int, _ random: inout SplitMix64) -> Doing {
        let position = Int.random(in: 1...count, using: &random)
        let here = "events.position = \(position)"
        switch self {
        case .alteredRecord:
            let byte = "\(Int.random(in: 0..<10_000, using: &random)) % length(record)"
            let mask = 1 << Int.random(in: 0..<8, using: &random)
            let turned = "set_byte(record, \(byte), get_byte(record, \(byte)) # \(mask))"
            return Doing(
                script: "UPDATE events SET record = \(turned) WHERE \(here)",
                named: ["Position \(position) of the copy is altered"], leavesRecords: false)
        case .alteredColumn:
            let column = [
                "data = data || '{\"more\":1}'", "actor = actor || 'x'",
                "recorded_at = recorded_at + interval '1 hour'",
                "type = 'stock.received-twice'", "version = version + 1",
            ].randomElement(using: &random)!
            return Doing(
                script: "UPDATE events SET \(column) WHERE \(here)",
                named: ["Position \(position) of the copy is altered"], leavesRecords: true)
        case .deleted:
            return Doing(
                script: "DELETE FROM events WHERE \(here)",
                named: ["Position \(position) of the copy is missing"], leavesRecords: false)
        case .inserted:
            let extra = count + Int.random(in: 1...1_000, using: &random)
            return Doing(
                script:
                    "INSERT INTO events SELECT \(extra), stream, version, type, recorded_at, effective_at, actor, key, data, record FROM events WHERE \(here)",
                named: ["Position \(extra) of the copy is extra"], leavesRecords: true)
        case .swapped:
            let other = position % count + 1
            return Doing(
                script:
                    "UPDATE events AS e SET record = o.record FROM events AS o WHERE e.position + o.position = \(position + other) AND e.position IN (\(position), \(other))",
                named: [position, other].map { "Position \($0) of the copy is reordered" }, leavesRecords: false)
        case .stream:
            return Doing(
                script:
                    "UPDATE streams SET version = streams.version + 1 FROM events WHERE events.stream = streams.stream AND \(here)",
                named: ["The copy: the row of stream "], leavesRecords: true)
        }
    }
}

extension RowChange.Doing {
    /// In a database of its own, which is a copy of the shop's.
    func run(_ daybook: Daybook, _ shop: KnownShop, _ postgres: PostgresServer, in database: String) throws {
        try postgres.run("CREATE DATABASE \(database) TEMPLATE postgres", in: "template1")
        defer { try? postgres.run("DROP DATABASE \(database)", in: "template1") }
        try postgres.run("SET session_replication_role = replica; \(script)", in: database)
        try shop.copy(to: daybook.data)
        let url = postgres.url(port: postgres.port, database: database)
        try demandNamed(by: daybook, url)
        try demandNotRestored(shop, by: daybook, url)
    }

    private func demandNamed(by daybook: Daybook, _ url: String) throws {
        let verified = try daybook.run(["verify", "--against", url])
        guard verified.end == .exited(1), named.allSatisfy(verified.output.contains) else {
            throw Doubt(
                "After \(script) daybook verify ends with \(verified.end): \(verified.output)\(verified.errors)")
        }
    }

    /// Either the log as it was, or nothing at all and why.
    private func demandNotRestored(_ shop: KnownShop, by daybook: Daybook, _ url: String) throws {
        let again = daybook.directory + "/again"
        let restored = try daybook.run(["restore", "--from", url], on: again)
        guard leavesRecords else {
            guard restored.end == .exited(1), !restored.errors.isEmpty, !FileManager.default.fileExists(atPath: again)
            else { throw Doubt("After \(script) daybook restore ends with \(restored.end): \(restored.errors)") }
            return
        }
        let events = try daybook.run(["events"], on: again)
        guard restored.end == .exited(0), events.output.split(separator: "\n").elementsEqual(shop.lines, by: ==) else {
            throw Doubt("After \(script) daybook restore ends with \(restored.end), another log: \(restored.errors)")
        }
    }
}
