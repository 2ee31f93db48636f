import CPostgres

/// A statement and its parameters: `$1`, `$2` … stand for them.
package struct Statement: Sendable {
    let text: String
    let parameters: [Value]

    package init(_ text: String, _ parameters: [Value] = []) {
        self.text = text
        self.parameters = parameters
    }
}

extension Connection {
    /// Runs statements one after another with one journey to the server and back, and returns the rows of each.
    ///
    /// The first that fails is thrown, and those behind it are not run. A connection lost while a `COMMIT` among them may be
    /// running throws `SQLState.transactionResolutionUnknown`. No `COPY`.
    package func pipeline(_ statements: [Statement]) throws(PostgresError) -> [Rows] {
        do throws(PostgresError) {
            try sendTogether(statements)
            return try receive(statements.count)
        } catch {
            guard error.sqlState.isConnectionFailure, statements.contains(where: { $0.text == "COMMIT" }) else {
                throw error
            }
            throw PostgresError(.transactionResolutionUnknown, "Lost while committing: \(error.message)")
        }
    }

    private func sendTogether(_ statements: [Statement]) throws(PostgresError) {
        let handle = try openHandle()
        guard PQenterPipelineMode(handle) == 1 else { throw failure(of: handle) }
        for statement in statements {
            let text = try CText(statement.text)
            let parameters = try ParameterList(statement.parameters)
            guard text.withPointer({ parameters.send($0, over: handle) }) == 1 else { throw failure(of: handle) }
        }
        guard PQpipelineSync(handle) == 1 else { throw failure(of: handle) }
        try flush()
    }

    private func receive(_ count: Int) throws(PostgresError) -> [Rows] {
        var rows: [Rows] = []
        var refusal: PostgresError?
        for _ in 0..<count {
            while let result = try nextResult() {
                refusal = refusal ?? result.error
                rows.append(Rows(result))
            }
        }
        _ = try nextResult()  // Of the end of the pipeline.
        let handle = try openHandle()
        if PQstatus(handle) == CONNECTION_BAD {
            close()
        } else if PQexitPipelineMode(handle) != 1 {
            throw failure(of: handle)
        }
        if let refusal { throw refusal }
        return rows
    }
}
