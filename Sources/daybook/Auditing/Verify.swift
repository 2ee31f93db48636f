import ArgumentParser
import EventStore
import Foundation
import Ledger
import Projections

struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read every byte of log, index and read models; exit 1 on any doubt.",
        discussion: """
            Checks each record's checksum, position and place in its stream; that each event can be read; that no stock ever
            was below zero and no piece was lost; that the index leads to every stream and command key; that each read
            model applied exactly the log's events. May run beside daybook serve.

              daybook verify
              daybook verify --against postgres://…     and compare the log with its copy, record by record
            """)

    @OptionGroup var data: DataOption
    @Option(help: "The Postgres that holds a copy of the log.") var against: String?

    func run() async throws { try await GivingWay.during { try await verify() } }

    private func verify() async throws {
        let store = try Store(directory: try await data.directory, access: .readOnly)
        let models = try ReadModels(directory: store.readModelsDirectory)
        var doubts = 0
        func report(_ doubt: String) {
            doubts += 1
            if doubts <= 100 { print(doubt) }
        }
        let read = try verifyLog(of: store, models, report: report)
        // A damaged record was reported above; the index can't be compared with what can't be read.
        if read {
            Terminal.note("comparing the index with the log")
            try store.index.verify(against: store.log, report: report)
        }
        let copied = try against.map { try compare(store, with: $0, report: report) }
        guard doubts == 0 else {
            throw Failure(
                .check, "\(doubts) doubt\(doubts == 1 ? "" : "s")\(doubts > 100 ? ", the first 100 above" : "").")
        }
        print("content: \(store.log.headPosition) events, index and \(models.all.count) read models")
        if let copied { print("content: \(copied)") }
    }

    /// Says what was compared.
    private func compare(_ store: Store, with url: String, report: (String) -> Void) throws -> String {
        let comparison = try ReplicaComparison(store, url: url)
        let progress = Progress("compare", total: Int(store.log.headPosition.rawValue), unit: "events")
        let claimed = try comparison.run {
            progress.advance(to: Int($0.rawValue))
        } report: {
            report($0.description)
        }
        progress.finish()
        let behind = store.log.headPosition.rawValue - min(claimed.rawValue, store.log.headPosition.rawValue)
        return "\(claimed) events in \(comparison.endpoint)" + (behind > 0 ? ", \(behind) still to be copied" : "")
    }

    /// Returns whether every record could be read.
    private func verifyLog(of store: Store, _ models: ReadModels, report: (String) -> Void) throws -> Bool {
        var audit = try ReadModelAudit(models)
        var stock = StockAudit()
        let progress = Progress("verify", total: Int(store.log.headPosition.rawValue), unit: "events")
        var position = Position.start
        do {
            while case let records = try store.log.read(after: position, limit: 8_192), let last = records.last {
                for record in records {
                    audit.add(record)
                    let event = try store.events.event(of: record)
                    stock.add(Recorded(record: record, event: event), report: report)
                }
                position = last.position
                progress.advance(to: Int(position.rawValue))
            }
        } catch let error as EventStoreError {
            report(error.description)
            return false
        }
        progress.finish()
        try audit.finish {
            Terminal.note("reading \($0)")
        } report: {
            report($0)
        }
        return true
    }
}

/// Watches that stock is never below zero, and that no event makes a piece appear or vanish.
struct StockAudit {
    private var items: [String: StockItem] = [:]

    mutating func add(_ recorded: Recorded, report: (String) -> Void) {
        guard case .stock(let event) = recorded.event else { return }
        let sku = recorded.record.stream.id
        items[sku, default: StockItem()].apply(event)
        guard let item = items[sku] else { return }
        var sum: Int64 = 0
        for balance in item.balances {
            sum += balance.quantity
            switch balance.account {
            case .available, .reserved:
                if balance.quantity < 0 {
                    report(
                        "Position \(recorded.record.position): \(balance.account) of \"\(sku)\" is \(balance.quantity), below zero."
                    )
                }
            case .supplier, .shipped, .returned, .damaged, .lost: break
            }
        }
        if sum != 0 {
            report("Position \(recorded.record.position): the accounts of \"\(sku)\" sum to \(sum), not to 0.")
        }
    }
}
