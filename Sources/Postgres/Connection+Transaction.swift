import CPostgres

extension Connection {
    package enum Isolation: String, Sendable {
        case readCommitted = "READ COMMITTED"
        case repeatableRead = "REPEATABLE READ"
        case serializable = "SERIALIZABLE"
    }

    /// Runs the body in one transaction: committed when it returns, rolled back when it throws, and its error is
    /// thrown on.
    ///
    /// - A body that caught a server's error and went on is not committed: `SQLState.inFailedTransaction`.
    /// - A connection lost while committing throws `SQLState.transactionResolutionUnknown`.
    /// - Nothing is retried; transactions do not nest.
    package func transaction<R>(isolation: Isolation = .readCommitted, _ body: () throws -> R) throws -> R {
        try begin(isolation: isolation)
        let value: R
        do {
            value = try body()
        } catch {
            rollback()
            throw error
        }
        try commit()
        return value
    }

    /// Opens a transaction, for where it spans more than one call. It ends with `commit` or `rollback`.
    package func begin(isolation: Isolation = .readCommitted) throws(PostgresError) {
        let status = PQtransactionStatus(try openHandle())
        precondition(status == PQTRANS_IDLE, "a transaction or a copy is already open on this connection")
        try execute("BEGIN ISOLATION LEVEL \(isolation.rawValue)")
    }

    /// - Throws: as `transaction` does.
    package func commit() throws(PostgresError) {
        let result: ServerResult
        do throws(PostgresError) {
            result = try run("COMMIT", [])
        } catch {
            guard error.sqlState.isConnectionFailure, error.sqlState != .connectionDoesNotExist else { throw error }
            throw PostgresError(.transactionResolutionUnknown, "Lost while committing: \(error.message)")
        }
        // Postgres answers COMMIT in a failed transaction with success and the tag ROLLBACK.
        guard result.commandTag == "COMMIT" else {
            throw PostgresError(.inFailedTransaction, "Rolled back: a statement in the transaction had failed")
        }
    }

    /// A connection that cannot roll back is closed, so that no later statement joins the abandoned transaction.
    package func rollback() {
        guard isOpen else { return }
        do throws(PostgresError) {
            try execute("ROLLBACK")
        } catch {
            close()
        }
    }
}
