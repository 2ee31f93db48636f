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

/// The statements that a server has read and planned for one connection, by their texts.
struct PreparedStatements {
    /// Further ones are read anew each time: a server holds each until the connection ends.
    private static let countMax = 64

    private var names: [String: CText] = [:]
    private var namesGiven = 0

    subscript(text: String) -> CText? { names[text] }

    /// Gives a text a name that none had; nil where there are enough.
    mutating func add(_ text: String) throws(PostgresError) -> CText? {
        guard names.count < Self.countMax else { return nil }
        namesGiven += 1
        let name = try CText("daybook_\(namesGiven)")
        names[text] = name
        return name
    }

    mutating func remove(_ text: String) { names[text] = nil }
}

extension Connection {
    /// What the server answers, each in its turn.
    private enum Sent {
        case preparation(of: String)
        case execution
    }

    /// Runs statements one after another with one journey to the server and back, and returns the rows of each. The server
    /// reads and plans a text once for each connection: values belong into the parameters.
    ///
    /// The first that fails is thrown, and those behind it are not run. A connection lost while a `COMMIT` among them may be
    /// running throws `SQLState.transactionResolutionUnknown`. No `COPY`.
    package func pipeline(_ statements: [Statement]) throws(PostgresError) -> [Rows] {
        do throws(PostgresError) {
            return try receive(sendTogether(statements))
        } catch {
            // Given up in the middle, it would take late answers for those to what is sent next.
            if let handle, PQpipelineStatus(handle) != PQ_PIPELINE_OFF { close() }
            guard error.sqlState.isConnectionFailure, statements.contains(where: { $0.text == "COMMIT" }) else {
                throw error
            }
            throw PostgresError(.transactionResolutionUnknown, "Lost while committing: \(error.message)")
        }
    }

    private func sendTogether(_ statements: [Statement]) throws(PostgresError) -> [Sent] {
        // What can't be sent at all is found before anything is.
        var ready: [(statement: String, text: CText, parameters: ParameterList)] = []
        for statement in statements {
            ready.append((statement.text, try CText(statement.text), try ParameterList(statement.parameters)))
        }
        let handle = try openHandle()
        guard PQenterPipelineMode(handle) == 1 else { throw failure(of: handle) }
        var sent: [Sent] = []
        for (statement, text, parameters) in ready {
            if prepared[statement] == nil, let name = try prepared.add(statement) {
                guard parameters.sendPreparation(of: text, as: name, over: handle) else { throw failure(of: handle) }
                sent.append(.preparation(of: statement))
            }
            let isSent =
                if let name = prepared[statement] {
                    parameters.sendExecution(of: name, over: handle)
                } else {
                    parameters.send(text, over: handle)
                }
            guard isSent else { throw failure(of: handle) }
            sent.append(.execution)
        }
        guard PQpipelineSync(handle) == 1 else { throw failure(of: handle) }
        try flush()
        return sent
    }

    private func receive(_ sent: [Sent]) throws(PostgresError) -> [Rows] {
        var rows: [Rows] = []
        var refusal: PostgresError?
        for sent in sent {
            while let result = try nextResult() {
                refusal = refusal ?? result.error
                switch sent {
                case .execution: rows.append(Rows(result))
                case .preparation(let text): if !result.isDone { prepared.remove(text) }
                }
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
