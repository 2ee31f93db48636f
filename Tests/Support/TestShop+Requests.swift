import CommandAPI
package import EventStore
package import Ledger
import Logging
package import Projections
import TestTools

/// Headers in the order in which they are sent.
package typealias Headers = KeyValuePairs<String, String>

extension TestShop {
    /// Sends a request with a body to the command API.
    package func post(
        _ path: String, _ body: String, type: String? = "application/json", _ headers: Headers = [:]
    ) async throws -> HTTPAnswer {
        try await post(path, bytes: Array(body.utf8), type: type, headers)
    }

    /// Sends a request with a body of any bytes to the command API.
    package func post(
        _ path: String, bytes: [UInt8], type: String?, _ headers: Headers = [:]
    ) async throws -> HTTPAnswer {
        let lines = (type.map { ["Content-Type: \($0)"] } ?? []) + headers.map { "\($0): \($1)" }
        let head = ["POST \(path) HTTP/1.1", "Host: shop", "Content-Length: \(bytes.count)"] + lines
        let connection = try Connection(port: commands.port)
        async let sent: Void = connection.send(Array((head.joined(separator: "\r\n") + "\r\n\r\n").utf8) + bytes)
        // A long answer begins before a long request has ended.
        let answer = try await connection.answer()
        try await sent
        return answer
    }

    /// Sends one command over HTTP.
    package func command(_ name: String, _ body: String, _ headers: Headers = [:]) async throws -> HTTPAnswer {
        try await post("/commands/\(name)", body, headers)
    }

    /// Asks the query API.
    package func get(_ path: String, _ headers: Headers = [:]) async throws -> HTTPAnswer {
        try await request("GET", path, port: queries.port, headers)
    }

    /// Asks the query API for an answer that knows everything which was accepted so far.
    package func ask(_ path: String) async throws -> HTTPAnswer {
        try await get(path, ["Daybook-Position": store.log.headPosition.description])
    }

    /// Any request without a body.
    package func request(_ method: String, _ path: String, port: Int, _ headers: Headers = [:]) async throws
        -> HTTPAnswer
    {
        let connection = try Connection(port: port)
        let head = ["\(method) \(path) HTTP/1.1", "Host: shop"] + headers.map { "\($0): \($1)" }
        try await connection.send(head.joined(separator: "\r\n") + "\r\n\r\n")
        return try await connection.answer(bodiless: method == "HEAD")
    }

    /// Hands a command to the Writer, which must accept it.
    @discardableResult
    package func accept(_ name: String, _ body: String, at time: String? = nil) async throws -> Receipt {
        try await writer.accept(name, body, at: time)
    }

    /// Returns when every read model has come to the log's head.
    package func isCaughtUp() async -> Bool {
        for model in models.all {
            guard await model.watermark.reached(store.log.head.value, within: .patience) else { return false }
        }
        return true
    }
}

extension ReadModels {
    /// Takes in what the log has by now, on this thread; also where other models of the store are fed meanwhile.
    package func catchUp(with store: Store) throws {
        for model in all { try Projector(model, store: store, logger: .silent).catchUp() }
    }
}

/// A command that a test's history is made of was not accepted.
package struct NotAccepted: Error, CustomStringConvertible {
    package let description: String

    package init(description: String) { self.description = description }
}

extension Writer {
    /// Hands a command in as a body of the command API, which must be accepted.
    ///
    /// - Parameter time: when it happened, RFC 3339; nil for now.
    @discardableResult
    package func accept(_ name: String, _ body: String, at time: String? = nil) async throws -> Receipt {
        guard let spec = CommandSpec.all[name] else { throw NotAccepted(description: "no command \(name)") }
        return try await accept(spec.command(from: body.utf8), at: time)
    }

    @discardableResult
    package func accept(_ command: any Command, at time: String? = nil) async throws -> Receipt {
        let outcome = await submit(try Submission(command, actor: "test", effectiveAt: time.flatMap { Timestamp($0) }))
        guard case .accepted(let receipt) = outcome else { throw NotAccepted(description: "\(command): \(outcome)") }
        return receipt
    }
}
