import CPostgres
import Glibc

/// One statement sent, its results received, without ever waiting in libpq itself: libpq's own blocking calls have
/// no time limit.
extension Connection {
    /// Sends a statement and returns its last result, or throws its first error. `send` says whether libpq took it.
    func exchange(_ send: (OpaquePointer) -> Bool) throws(PostgresError) -> ServerResult {
        try start(send)
        let result = try finish()
        if result.isCopy {
            close()  // The server waits for rows, or sends them; neither can be left politely from here.
            throw PostgresError(.protocolViolation, "A COPY statement was run as a query; use copyIn")
        }
        return result
    }

    /// Sends a `COPY`; with another statement, or one in the other direction, throws `need`.
    func beginCopy(
        _ statement: String, _ need: String, isRight: (ServerResult) -> Bool
    ) throws(PostgresError) {
        let text = try CText(statement)
        try start { handle in text.withPointer { PQsendQuery(handle, $0) == 1 } }
        let opening = try finish()
        guard isRight(opening) else {
            if opening.isCopy { close() }
            throw PostgresError(.protocolViolation, need)
        }
    }

    /// Sends a statement and everything libpq has buffered for it.
    func start(_ send: (OpaquePointer) -> Bool) throws(PostgresError) {
        let handle = try openHandle()
        guard send(handle) else { throw failure(of: handle) }
        try flush()
    }

    /// Receives until the statement is over. The first error wins, even where the connection is lost after it:
    /// "terminated by administrator" says more than "closed unexpectedly".
    func finish() throws(PostgresError) -> ServerResult {
        var last: ServerResult?
        var refusal: PostgresError?
        while let result = try nextResult() {
            refusal = refusal ?? result.error
            last = result
            if result.isCopy { break }  // libpq would hand out the same one again and again.
        }
        if let handle, PQstatus(handle) == CONNECTION_BAD { close() }
        if let refusal { throw refusal }
        guard let last else { throw PostgresError(.connectionFailure, "\(endpoint) answered nothing") }
        return last
    }

    func nextResult() throws(PostgresError) -> ServerResult? {
        let handle = try openHandle()
        while PQisBusy(handle) == 1 {
            _ = try waitForServer(handle, POLLIN)
            // On failure PQgetResult does not wait: it hands out what the server said last, or the loss itself.
            if PQconsumeInput(handle) == 0 { break }
        }
        return PQgetResult(handle).map(ServerResult.init)
    }

    /// Waits until the server has said more, and takes that in.
    func awaitInput(_ handle: OpaquePointer) throws(PostgresError) {
        _ = try waitForServer(handle, POLLIN)
        guard PQconsumeInput(handle) == 1 else { throw failure(of: handle) }
    }

    /// Hands everything buffered to the network. Reads meanwhile: a server that waits for us to read would never
    /// read from us.
    func flush() throws(PostgresError) {
        let handle = try openHandle()
        while true {
            let unsent = PQflush(handle)
            if unsent == 0 { return }
            guard unsent > 0 else { throw failure(of: handle) }
            let ready = try waitForServer(handle, POLLIN | POLLOUT)
            if ready & ~Int16(POLLOUT) != 0, PQconsumeInput(handle) == 0 { throw failure(of: handle) }
        }
    }

    func openHandle() throws(PostgresError) -> OpaquePointer {
        guard let handle else {
            throw PostgresError(.connectionDoesNotExist, "The connection to \(endpoint) is closed")
        }
        return handle
    }

    /// The error libpq remembers; closes the connection where it is the connection that failed.
    func failure(of handle: OpaquePointer) -> PostgresError {
        let message = PostgresError.singleLine(PQerrorMessage(handle))
        guard PQstatus(handle) == CONNECTION_BAD else { return PostgresError(.protocolViolation, message) }
        close()
        return PostgresError(.connectionFailure, message)
    }

    private func waitForServer(_ handle: OpaquePointer, _ events: CInt) throws(PostgresError) -> Int16 {
        let silenceMax = options.statementTimeout.map { $0 + options.networkAllowance }
        let deadline = silenceMax.map { ContinuousClock.now + $0 }
        let ready = try readiness(of: PQsocket(handle), for: events, until: deadline)
        if ready == 0 {
            close()  // A late answer must not be taken for the answer to the next statement.
            throw PostgresError(.connectionFailure, "\(endpoint) was silent for \(silenceMax ?? .zero)")
        }
        return ready
    }
}
