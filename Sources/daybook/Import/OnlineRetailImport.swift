import EventStore
import Foundation
import Ledger

/// Sends the file's documents through the Writer as commands, in order, and counts what became of them.
struct OnlineRetailImport {
    struct Summary {
        var documents: [String: Int] = [:]
        var documentsRepeated = 0
        var events = 0
        var commands = 0
        var priceChanges = 0
        var matched = 0
        var unmatched = 0
    }

    /// A document that was not imported, and why.
    typealias Fault = OnlineRetailFile.Fault

    private struct Pending {
        /// Which document each submission belongs to; nil for the catalog.
        var owners: [Int?] = []
        var submissions: [Submission] = []
    }

    /// How many commands go to the Writer together.
    private static let groupCommandsMax = 2_048

    private let file: OnlineRetailFile
    private let catalog: OnlineRetailCatalog
    private let writer: Writer
    private(set) var summary = Summary()
    private(set) var faults: [Fault]
    private var refused: [Int: String] = [:]
    private var isNew: Set<Int> = []
    private var pending = Pending()
    private var inFlight: (owners: [Int?], outcomes: Task<[Outcome], Never>)?

    init(_ file: OnlineRetailFile, writer: Writer) {
        self.file = file
        self.writer = writer
        faults = file.faults
        catalog = OnlineRetailCatalog(file.invoices)
    }

    /// - Throws: `EventStoreError` where the Writer fails; what was accepted stays, and a second run goes on from there.
    mutating func run(progress: (Int) -> Void) async throws {
        try await sendCatalog()
        var purchases = Purchases()
        var prices = ListPrices(catalog.articles)
        for (index, invoice) in file.invoices.enumerated() {
            let document = OnlineRetailDocument(invoice)
            do {
                for step in try document.steps(&purchases) {
                    try add(
                        step.command, key: step.key, at: document.time, expecting: step.expectedVersion, owner: index)
                }
                if document.kind == .order { try addPriceChanges(invoice, &prices, owner: index) }
            } catch let invalid as InvalidValue {
                refused[index] = invalid.message
            } catch let refusal as Refusal {
                refused[index] = refusal.message
            }
            if pending.submissions.count >= Self.groupCommandsMax { try await send() }
            progress(index + 1)
        }
        try await send()
        try await settle()
        summarize(purchases)
    }

    private mutating func sendCatalog() async throws {
        guard let first = file.invoices.first?.rows.first?.time else { return }
        for article in catalog.articles {
            try add(
                RegisterProduct(sku: article.code, details: article.details), key: "or/product/\(article.code)",
                at: first)
            if article.openingStock > 0 {
                let opening = try ReceiveStock(
                    sku: article.code, location: OnlineRetailDocument.location, quantity: article.openingStock,
                    reference: "opening stock")
                try add(opening, key: "or/opening/\(article.code)", at: first)
            }
            if pending.submissions.count >= Self.groupCommandsMax { try await send() }
        }
        try await send()
    }

    private mutating func addPriceChanges(_ invoice: OnlineRetailFile.Invoice, _ prices: inout ListPrices, owner: Int)
        throws
    {
        for row in invoice.rows {
            guard let (change, price) = prices.take(row) else { continue }
            try add(
                ChangePrice(sku: row.code, price: price), key: "or/price/\(row.code)/\(change)", at: row.time,
                owner: owner)
            summary.priceChanges += 1
        }
    }

    private mutating func add(
        _ command: any Command, key: String, at time: Timestamp, expecting version: UInt64? = nil, owner: Int? = nil
    ) throws {
        pending.submissions.append(
            try Submission(
                command, key: key, expectedVersion: version.map(Version.init(rawValue:)), actor: "import",
                effectiveAt: time))
        pending.owners.append(owner)
    }

    /// Brings the index up to date. Nothing can be sent after.
    func stopWriter() async { await writer.stop() }

    // MARK: Sending

    /// Hands the gathered commands to the Writer, once it has answered those before: the order of the file is kept.
    private mutating func send() async throws {
        try await settle()
        guard !pending.submissions.isEmpty else { return }
        let (writer, submissions) = (writer, pending.submissions)
        inFlight = (pending.owners, Task { await writer.submitWhenRoom(submissions) })
        pending = Pending()
    }

    /// Waits for the answers to what was sent, and counts them.
    private mutating func settle() async throws {
        guard let (owners, task) = inFlight else { return }
        inFlight = nil
        for (owner, outcome) in zip(owners, await task.value) {
            summary.commands += 1
            switch outcome {
            case .accepted(let receipt):
                if receipt.isRepeated { continue }
                summary.events += receipt.events.count
                if let owner { isNew.insert(owner) }
            case .failed(let error): throw error
            case .refused(let refusal): refuse(owner, refusal.message)
            case .keyReused(let position):
                refuse(owner, "an earlier import had another document of this number; see position \(position)")
            case .versionMismatch(let stream, let actual):
                refuse(owner, "\(stream) is at version \(actual), which is not what the document's rows make")
            }
        }
    }

    /// The first reason is the one that counts: what follows a refused command is refused because of it.
    private mutating func refuse(_ owner: Int?, _ reason: String) {
        if let owner {
            refused[owner] = refused[owner] ?? reason
        } else {
            faults.append(Fault(line: 0, invoice: "catalog", reason: reason))
        }
    }

    private mutating func summarize(_ purchases: Purchases) {
        for (index, invoice) in file.invoices.enumerated() {
            if let reason = refused[index] {
                faults.append(Fault(line: invoice.rows[0].line, invoice: invoice.number, reason: reason))
                continue
            }
            summary.documents[Self.name(OnlineRetailDocument.Kind(invoice)), default: 0] += 1
            if !isNew.contains(index) { summary.documentsRepeated += 1 }
        }
        summary.matched = purchases.matched
        summary.unmatched = purchases.unmatched
    }

    private static func name(_ kind: OnlineRetailDocument.Kind) -> String {
        switch kind {
        case .order: "orders"
        case .adjustment: "adjustments"
        case .creditNote: "credits"
        case .badDebt: "bad debts"
        }
    }
}
