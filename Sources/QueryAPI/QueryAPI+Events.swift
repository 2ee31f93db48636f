import EventStore
import HTTPService
import HTTPTypes
import Hummingbird
import JSON
import Ledger
import NIOCore
import Projections
import ServiceLifecycle

/// The log itself: for auditors, and for those who follow it.
extension QueryAPI {
    private typealias Operation = HTTPService.Operation

    static var eventOperations: [HTTPService.Operation] { [eventsOperation, streamOperation] }

    private static let eventsOperation = Operation(
        "GET", "/events",
        "Events in the order of the log: a page as application/json, all up to the head as application/x-ndjson and live with follow, or live as text/event-stream, resumable by Last-Event-ID.",
        parameters: [
            Operation.Parameter("after", "The position behind which to begin; 0 where not given."),
            Operation.Parameter("limit", "How many: 1 to 1,000 and 100 where not given; for NDJSON without bound."),
            Operation.Parameter(
                "follow", "true: of NDJSON go on with what comes. An empty line now and then says that nothing did."),
            Operation.Parameter("type", "stock.reserved, or several with commas between."),
            Operation.Parameter("stream", "stock-85123A"),
            positionParameter,
        ], errors: [400, 503])

    private static let streamOperation = Operation(
        "GET", "/streams/{stream}", "The events of one stream, in order.",
        parameters: [
            Operation.Parameter("stream", in: .path, "stock-85123A"),
            Operation.Parameter("after", "The version behind which to begin; 0 where not given."),
            Operation.Parameter("limit", "1 to 1,000; 100 where not given."), positionParameter,
        ], errors: [400, 404, 503])

    func addEventRoutes(to router: Router<BasicRequestContext>) {
        let feed = EventFeed(store)
        router.get("/events") { request, _ in
            let parameters = try QueryParameters(request, known: Self.eventsOperation.queryNames)
            let filter = try Self.eventFilter(parameters)
            try await waitForLog(request)
            var after = Position(rawValue: UInt64(try parameters.integer("after", in: 0...Int64.max) ?? 0))
            let accepted = request.headers[.accept] ?? ""
            if accepted.contains("text/event-stream") {
                if let id = request.headers[.lastEventID] { after = try Self.position(id) }
                return live(feed, after: after, filter, .serverSent)
            }
            if accepted.contains("application/x-ndjson") {
                if try parameters.flag("follow") ?? false { return live(feed, after: after, filter, .lines) }
                let limit = try parameters.integer("limit", in: 1...Int64.max)
                return lines(feed, after: after, limit: limit.map { Int($0) } ?? .max, filter)
            }
            let limit = Int(try parameters.integer("limit", in: 1...1_000) ?? 100)
            return try await page(feed, after: after, limit: limit, filter)
        }
        router.get("/streams/:stream") { request, context in
            let name = try context.part("stream")
            let parameters = try QueryParameters(request, known: Self.streamOperation.queryNames)
            let after = Version(rawValue: UInt64(try parameters.integer("after", in: 0...Int64.max) ?? 0))
            let limit = Int(try parameters.integer("limit", in: 1...1_000) ?? 100)
            try await waitForLog(request)
            let history = StreamHistory(store)
            guard let stream = StreamName(name), let found = try await history.positions(of: stream, behind: after)
            else {
                throw Problem.notFound(
                    "unknown_stream", "There is no stream \"\(name)\". Streams are named like stock-85123A or cart-….")
            }
            let events = try found.prefix(limit).map(history.event)
            let next = found.count > limit ? events.last?.record.version.description : nil
            return Response.json(Self.json(events, next: next))
        }
    }

    private static func position(_ id: String) throws -> Position {
        guard let position = UInt64(id), position <= UInt64(Int64.max) else {
            throw Problem.badRequest(
                "invalid_last_event_id", "Last-Event-ID is the id of an event, a whole number; not \"\(id)\".")
        }
        return Position(rawValue: position)
    }

    private static func json(_ events: [Recorded], next: String?) -> [UInt8] {
        JSONWriter.object { writer in
            writer.key("items")
            writer.array { writer in for event in events { event.write(to: &writer) } }
            writer.field("next", next)
        }
    }

    private static func eventFilter(_ parameters: QueryParameters) throws -> EventFeed.Filter {
        var filter = EventFeed.Filter()
        for name in parameters.text("type")?.split(separator: ",") ?? [] {
            guard let type = EventType(name: String(name)) else {
                throw QueryParameters.invalid(
                    "type",
                    "one or more, with commas between, of "
                        + EventType.current.map(\.name).joined(separator: ", "), String(name))
            }
            filter.types.insert(type)
        }
        if let name = parameters.text("stream") {
            guard let stream = StreamName(name) else {
                throw QueryParameters.invalid("stream", "a stream such as stock-85123A", name)
            }
            filter.stream = stream
        }
        return filter
    }

    /// A page; `next` is the position to go on after, null at the end of the log.
    func page(_ feed: EventFeed, after: Position, limit: Int, _ filter: EventFeed.Filter) async throws
        -> Response
    {
        var events: [Recorded] = []
        var position = after
        while true {
            let page = try feed.page(after: position, limit: limit - events.count, filter)
            events += page.events
            position = page.through
            if events.count == limit || page.isAtEnd {
                return .json(Self.json(events, next: page.isAtEnd ? nil : String(position.rawValue)))
            }
            await Task.yield()
        }
    }

    /// Everything up to the head of now, as lines.
    private func lines(_ feed: EventFeed, after: Position, limit: Int, _ filter: EventFeed.Filter) -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/x-ndjson"],
            body: ResponseBody { writer in
                var position = after
                var left = limit
                while left > 0 {
                    let page = try feed.page(after: position, limit: min(left, 1_000), filter)
                    try await writer.write(ByteBuffer(bytes: page.events.flatMap { $0.json + [UInt8(ascii: "\n")] }))
                    left -= page.events.count
                    position = page.through
                    if page.isAtEnd { break }
                }
                try await writer.finish(nil)
            })
    }

    /// How events are written to somebody who follows.
    private enum LiveFormat {
        case serverSent, lines

        var contentType: String { self == .serverSent ? "text/event-stream" : "application/x-ndjson" }
        /// Sent while nothing happens, so that a client that went away is noticed.
        var waiting: String { self == .serverSent ? ": waiting\n\n" : "\n" }

        func write(_ event: LiveTail.Entry, to buffer: inout ByteBuffer) {
            if self == .serverSent { buffer.writeString("id: \(event.position)\nevent: \(event.type.name)\ndata: ") }
            buffer.writeBytes(event.json)
            buffer.writeString(self == .serverSent ? "\n\n" : "\n")
        }
    }

    /// Events until the client leaves or the server stops. Whoever reads slowly gets what is written from the log when they read
    /// on: nothing is kept for them. Whoever reads too slowly is cut off (`ConnectionClock`), and goes on behind the last
    /// position that they have.
    private func live(
        _ feed: EventFeed, after: Position, _ filter: EventFeed.Filter, _ format: LiveFormat
    ) -> Response {
        Response(
            status: .ok, headers: [.contentType: format.contentType, .cacheControl: "no-store"],
            body: ResponseBody { writer in
                tail.begin()
                defer { tail.end() }
                var position = after
                while !Task.isCancelled, !Task.isShuttingDownGracefully {
                    let page = try tail.page(after: position, filter) ?? old(feed, after: position, filter)
                    position = page.through
                    if !page.entries.isEmpty {
                        let began = ContinuousClock.now
                        var buffer = ByteBuffer()
                        for event in page.entries { format.write(event, to: &buffer) }
                        try await writer.write(buffer)
                        if position >= store.log.headPosition {
                            try await Task.sleep(until: began + tail.apart, clock: .continuous)
                        }
                    } else if try await !isContinued(behind: position) {
                        try await writer.write(ByteBuffer(string: format.waiting))
                    }
                }
                try await writer.finish(nil)
            })
    }

    /// What is older than what is kept for all.
    private func old(_ feed: EventFeed, after: Position, _ filter: EventFeed.Filter) throws -> LiveTail.Page {
        let page = try feed.page(after: after, limit: 1_000, filter)
        return LiveTail.Page(
            entries: page.events.map {
                LiveTail.Entry(
                    position: $0.record.position, type: $0.record.type, stream: $0.record.stream, json: $0.json)
            }, through: page.through)
    }

    /// Waits for an event behind `position`. False after fifteen seconds, or when the server stops.
    private func isContinued(behind position: Position) async throws -> Bool {
        for _ in 0..<60 where !Task.isShuttingDownGracefully {
            // Rung by this process's Writer; looked at now and then because another process may be the writer.
            if await store.log.head.reached(position.rawValue + 1, within: .milliseconds(250)) { return true }
            if try store.log.refreshHead() > position { return true }
        }
        return false
    }
}

extension HTTPField.Name {
    fileprivate static var lastEventID: HTTPField.Name {
        guard let name = HTTPField.Name("Last-Event-ID") else { preconditionFailure("a token of RFC 9110") }
        return name
    }
}
