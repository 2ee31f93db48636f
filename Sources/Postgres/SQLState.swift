/// A five-character code of the SQL standard or of Postgres; the first two are its class.
///
/// https://www.postgresql.org/docs/15/errcodes-appendix.html
package struct SQLState: RawRepresentable, Hashable, Sendable {
    package let rawValue: String

    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    // Class 08: the connection.
    package static let unableToConnect = SQLState(rawValue: "08001")
    package static let connectionDoesNotExist = SQLState(rawValue: "08003")
    /// The server went away or fell silent.
    package static let connectionFailure = SQLState(rawValue: "08006")
    /// The server went away while it committed: whether it did is unknown.
    package static let transactionResolutionUnknown = SQLState(rawValue: "08007")
    /// The connection was used in a way it cannot be, such as a query while a copy is running.
    package static let protocolViolation = SQLState(rawValue: "08P01")

    package static let characterNotInRepertoire = SQLState(rawValue: "22021")
    package static let invalidTextRepresentation = SQLState(rawValue: "22P02")
    package static let notNullViolation = SQLState(rawValue: "23502")
    package static let foreignKeyViolation = SQLState(rawValue: "23503")
    package static let uniqueViolation = SQLState(rawValue: "23505")
    package static let checkViolation = SQLState(rawValue: "23514")
    package static let inFailedTransaction = SQLState(rawValue: "25P02")
    package static let serializationFailure = SQLState(rawValue: "40001")
    package static let deadlockDetected = SQLState(rawValue: "40P01")
    package static let syntaxError = SQLState(rawValue: "42601")
    package static let undefinedTable = SQLState(rawValue: "42P01")
    package static let diskFull = SQLState(rawValue: "53100")
    package static let lockNotAvailable = SQLState(rawValue: "55P03")
    /// A statement timeout, or a cancel request.
    package static let queryCanceled = SQLState(rawValue: "57014")
    package static let adminShutdown = SQLState(rawValue: "57P01")
    package static let crashShutdown = SQLState(rawValue: "57P02")

    /// The connection is of no more use, or never was: class 08 but for misuse, or a server that shuts down.
    package var isConnectionFailure: Bool {
        guard self != .protocolViolation else { return false }
        return rawValue.hasPrefix("08") || self == .adminShutdown || self == .crashShutdown
    }

    /// The same transaction may succeed when it is run again.
    package var isRetryable: Bool { self == .serializationFailure || self == .deadlockDetected }
}
