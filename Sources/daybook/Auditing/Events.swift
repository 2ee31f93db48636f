import ArgumentParser
import EventStore
import Foundation
import Ledger

struct Events: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print history: every event, or those of a stream or a type.",
        discussion: """
            One event a line on standard output, in the order of the log. May run beside daybook serve.

              daybook events --stream order-536365
              daybook events --type stock.adjusted --format csv > adjustments.csv
              daybook events --after 1000000 | jq .data
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case ndjson, csv
    }

    @OptionGroup var data: DataOption
    @Option(help: "Begin behind this position.") var after: UInt64 = 0
    @Option(help: "Only this stream: stock-85123A, order-….") var stream: String?
    @Option(help: "Only this type: stock.reserved.") var type: String?
    @Option(help: "End after so many events.") var limit: Int?
    @Option(help: "ndjson: everything; csv: position, stream, version, type, recordedAt, effectiveAt, actor, key.")
    var format = Format.ndjson

    func run() async throws {
        signal(SIGPIPE, SIG_DFL)  // `| head` ends the program quietly.
        let filter = try filter()
        let store = try Store(directory: try await data.directory, access: .readOnly)
        let feed = EventFeed(store)
        if format == .csv {
            Terminal.write(Array("position,stream,version,type,recordedAt,effectiveAt,actor,key\n".utf8))
        }
        var position = Position(rawValue: after)
        var left = limit ?? .max
        while left > 0 {
            let page = try feed.page(after: position, limit: left, filter)
            var text: [UInt8] = []
            for event in page.events { text += line(event) + [UInt8(ascii: "\n")] }
            Terminal.write(text)
            left -= page.events.count
            position = page.through
            if page.isAtEnd { return }
        }
    }

    private func filter() throws -> EventFeed.Filter {
        var filter = EventFeed.Filter()
        if let stream {
            guard let name = StreamName(stream) else {
                throw Failure(
                    .usage,
                    "\"\(stream)\" is no stream. Streams are named \(Category.allCases.map { $0.name + "-…" }.joined(separator: ", "))."
                )
            }
            filter.stream = name
        }
        if let type {
            guard let known = EventType(name: type) else {
                throw Failure(
                    .usage,
                    "\"\(type)\" is no type of events. There are: \(EventType.current.map(\.name).joined(separator: ", "))."
                )
            }
            filter.types = [known]
        }
        return filter
    }

    private func line(_ event: Recorded) -> [UInt8] {
        guard format == .csv else { return event.json }
        let record = event.record
        let fields = [
            record.position.description, record.stream.description, record.version.description, record.type.name,
            record.recordedAt.description, record.effectiveAt.description, record.actor, record.key,
        ]
        return Array(fields.map(Self.quoted).joined(separator: ",").utf8)
    }

    /// RFC 4180.
    private static func quoted(_ field: String) -> String {
        field.contains { ",\"\r\n".contains($0) } ? "\"" + field.replacing("\"", with: "\"\"") + "\"" : field
    }
}
