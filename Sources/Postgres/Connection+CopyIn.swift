import CPostgres

extension Connection {
    /// Runs `COPY … FROM STDIN` (text format) with the rows the body writes, and returns their number.
    ///
    /// - All or nothing: when the body throws, or the server refuses a row, no row is stored. The body's error is
    ///   thrown on; the server's comes at the end of the body.
    /// - Memory is bounded by `CopyWriter.chunkBytesMax` and the largest row: the body waits for a slow server.
    /// - `Options.statementTimeout` counts for the whole copy.
    @discardableResult
    package func copyIn(_ statement: String, _ body: (inout CopyWriter) throws -> Void) throws -> Int {
        try beginCopy(statement, "copyIn needs a COPY … FROM STDIN statement") { $0.acceptsCopy }
        do {
            var writer = CopyWriter(self)
            try body(&writer)
            try writer.flush()
        } catch {
            abandonCopy()
            throw error
        }
        try endCopy(refusing: nil)
        return try finish().changedRows
    }

    func putCopyData(_ chunk: [UInt8]) throws(PostgresError) {
        let handle = try openHandle()
        var queued: CInt = 0
        while queued == 0 {
            queued = chunk.withUnsafeBytes { bytes in
                PQputCopyData(handle, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), CInt(bytes.count))
            }
            guard queued >= 0 else { throw failure(of: handle) }
            try flush()  // libpq would otherwise buffer without limit.
        }
    }

    private func endCopy(refusing reason: String?) throws(PostgresError) {
        let handle = try openHandle()
        var queued: CInt = 0
        while queued == 0 {
            queued = PQputCopyEnd(handle, reason)
            guard queued >= 0 else { throw failure(of: handle) }
            try flush()
        }
    }

    /// Has the server drop the rows; it answers with an error, which is expected.
    private func abandonCopy() {
        guard isOpen else { return }
        do throws(PostgresError) {
            try endCopy(refusing: "abandoned by the client")
            _ = try finish()
        } catch {
            // The refusal asked for, or the server's own of a row; anything else leaves the copy's state unknown.
            if error.sqlState.isConnectionFailure || error.sqlState == .protocolViolation { close() }
        }
    }
}
