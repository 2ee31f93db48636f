import ArgumentParser
import EventStore
import Foundation
import Logging
import Projections

struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read a shop's history from a file and issue it as commands.",
        subcommands: [OnlineRetail.self])
}

struct OnlineRetail: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "online-retail",
        abstract: "The UCI \"Online Retail\" file: a year of a gift shop's invoices.",
        discussion: """
            Reads the file (xz, gzip or plain, told by its content; - for standard input) and sends its documents through
            the same rules and the same Writer as the API. A second import of the same file, or one after an interrupted
            one, adds nothing twice and finishes. Stop daybook serve first: one process writes.

            A row that can't be read, or a document that a rule refuses, is named with line and reason in the report; its
            document is left out, the rest is imported, and the exit code is 1.
            """)

    @OptionGroup var data: DataOption
    @OptionGroup var log: LogOption
    @Argument(help: "The file, or - for standard input.") var file: String
    @Option(help: "Where the report of rows left out goes. [import-report.csv in the data directory]") var report:
        String?
    @Flag(help: "Leave the read models to daybook serve or daybook rebuild.") var skipProjections = false

    func run() async throws {
        let start = DispatchTime.now()
        let contents = try OnlineRetailFile(path: file)
        let store = try Store(
            directory: try await data.directory, access: .readWrite, postgresURL: log.url(try await Settings.load()))
        try store.requireOwnLog()
        var importing = OnlineRetailImport(contents, writer: store.startWriter(logger: Logger(label: "daybook")))
        let models = skipProjections ? nil : try ReadModels(directory: store.readModelsDirectory)
        let projectors = try models?.projectors(of: store, logger: Logger(label: "daybook")) ?? []
        for projector in projectors { projector.start() }
        let progress = Progress("import", total: contents.invoices.count, unit: "documents")
        do {
            try await importing.run { progress.advance(to: $0) }
        } catch {
            for projector in projectors { await projector.stop() }
            throw error
        }
        progress.finish()
        await importing.stopWriter()
        try store.settle()
        for projector in projectors { await projector.stop() }
        try Rebuild.catchUp(projectors, with: store)
        printSummary(contents, importing, store, since: start)
        try printSizes(store, models)
        try report(importing.faults, of: store)
    }

    private func printSummary(
        _ contents: OnlineRetailFile, _ importing: OnlineRetailImport, _ store: Store, since start: DispatchTime
    ) {
        let seconds = Double(DispatchTime.now().uptimeNanoseconds - start.uptimeNanoseconds) / 1e9
        let summary = importing.summary
        let documents = summary.documents.values.reduce(0, +)
        print("rows          \(Terminal.grouped(contents.rowCount))")
        print(
            "documents     \(Terminal.grouped(documents)), of which \(Terminal.grouped(summary.documentsRepeated)) were there before"
        )
        for (name, count) in summary.documents.sorted(by: { $0.key < $1.key }) {
            print("  \(name.padding(toLength: 12, withPad: " ", startingAt: 0))\(Terminal.grouped(count))")
        }
        print(
            "credit lines  \(Terminal.grouped(summary.matched)) matched to an order, \(Terminal.grouped(summary.unmatched)) unmatched"
        )
        print("list prices   \(Terminal.grouped(summary.priceChanges)) changed")
        print("commands      \(Terminal.grouped(summary.commands))")
        print("events        \(Terminal.grouped(summary.events)) new, log head at \(store.log.headPosition)")
        print(
            "time          \(String(format: "%.1f", seconds)) s, \(Terminal.grouped(Int(Double(documents) / seconds))) documents/s, "
                + "\(Terminal.grouped(Int(Double(summary.events) / seconds))) events/s")
    }

    private func printSizes(_ store: Store, _ models: ReadModels?) throws {
        var usage = rusage()
        getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
        print("log           \(Terminal.grouped(try store.log.sizeOnDiskBytes)) bytes")
        print("index         \(Terminal.grouped(store.index.sizeOnDiskBytes)) bytes")
        if let models {
            print("read models   \(Terminal.grouped(models.all.reduce(0) { $0 + $1.sizeOnDiskBytes })) bytes")
        }
        print(
            "peak memory   \(Terminal.grouped(usage.ru_maxrss * 1_024)) bytes, mapped pages of log and index included")
    }

    /// Writes down what was left out; throws where anything was.
    private func report(_ faults: [OnlineRetailFile.Fault], of store: Store) throws {
        guard !faults.isEmpty else { return }
        let path = report ?? store.directory + "/import-report.csv"
        try write(faults, to: path)
        let rows = faults.count == 1 ? "1 row was" : "\(faults.count) rows were"
        throw Failure(.check, "\(rows) not imported, nor the documents they belong to; see \(path).")
    }

    private func write(_ faults: [OnlineRetailFile.Fault], to path: String) throws {
        let lines = faults.sorted { $0.line < $1.line }.map { fault in
            "\(fault.line),\"\(fault.invoice.replacing("\"", with: "\"\""))\",\"\(fault.reason.replacing("\"", with: "\"\""))\""
        }
        do {
            try (["line,document,reason"] + lines + [""]).joined(separator: "\n").write(
                toFile: path, atomically: true, encoding: .utf8)
        } catch {
            throw Failure(.environment, "The report \(path) can't be written: \(error.localizedDescription)")
        }
    }
}
