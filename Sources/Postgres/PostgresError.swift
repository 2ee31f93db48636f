/// Why Postgres, or the connection to it, did not do what was asked.
///
/// It holds no URL and no password. `detail` may hold values of rows (the key that is already there), so it belongs
/// in no log that must be free of personal data.
package struct PostgresError: Error, Hashable, Sendable {
    package let sqlState: SQLState
    /// One line.
    package let message: String
    package let detail: String?
    /// The name of the violated constraint.
    package let constraint: String?

    init(sqlState: SQLState, message: String, detail: String?, constraint: String?) {
        self.sqlState = sqlState
        self.message = message
        self.detail = detail
        self.constraint = constraint
    }

    init(_ sqlState: SQLState, _ message: String) {
        self.init(sqlState: sqlState, message: message, detail: nil, constraint: nil)
    }

    /// libpq's messages end with a newline, and some are several lines.
    static func singleLine(_ message: UnsafePointer<CChar>?) -> String {
        guard let message else { return "no reason given" }
        return String(cString: message).split { $0.isNewline || $0 == "\t" }.joined(separator: " ")
    }
}

extension PostgresError: CustomStringConvertible {
    /// Without `detail`.
    package var description: String { "\(message) (SQLSTATE \(sqlState.rawValue))" }
}
