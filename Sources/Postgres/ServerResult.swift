import CPostgres

/// Owns a `PGresult`.
///
/// `@unchecked Sendable`: libpq never changes a result once handed out, and allows any thread to read it.
final class ServerResult: @unchecked Sendable {
    let handle: OpaquePointer

    init(_ handle: OpaquePointer) {
        self.handle = handle
    }

    deinit {
        PQclear(handle)
    }

    var changedRows: Int { Int(String(cString: PQcmdTuples(handle))) ?? 0 }

    /// What the server did, such as `COMMIT`.
    var commandTag: String { String(cString: PQcmdStatus(handle)) }

    /// Whether a statement that returns no rows succeeded.
    var isDone: Bool { PQresultStatus(handle) == PGRES_COMMAND_OK }

    var acceptsCopy: Bool { PQresultStatus(handle) == PGRES_COPY_IN }

    var offersCopy: Bool { PQresultStatus(handle) == PGRES_COPY_OUT }

    var isCopy: Bool {
        switch PQresultStatus(handle) {
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH: true
        default: false
        }
    }

    var error: PostgresError? {
        switch PQresultStatus(handle) {
        case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE:
            PostgresError(
                // Where libpq itself reports, the connection is what failed.
                sqlState: field(.sqlState).map(SQLState.init(rawValue:)) ?? .connectionFailure,
                message: field(.message) ?? PostgresError.singleLine(PQresultErrorMessage(handle)),
                detail: field(.detail),
                constraint: field(.constraint)
            )
        default: nil
        }
    }

    /// libpq's PG_DIAG_ codes, which Swift cannot import: they are character macros.
    private enum ErrorField: Unicode.Scalar {
        case sqlState = "C"
        case message = "M"
        case detail = "D"
        case constraint = "n"
    }

    private func field(_ field: ErrorField) -> String? {
        PQresultErrorField(handle, CInt(field.rawValue.value)).map { String(cString: $0) }
    }
}
