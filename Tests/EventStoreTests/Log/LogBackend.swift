import TestServers

@testable import EventStore

/// What a log may lie in. Whatever it is, the log promises the same.
enum LogBackend: CaseIterable {
    case lmdb, postgres

    /// Those that this machine has.
    static var here: [LogBackend] { TemporaryPostgres.isInstalled ? allCases : [.lmdb] }

    func data() throws -> TemporaryData {
        switch self {
        case .lmdb: try TemporaryData()
        case .postgres: try TemporaryData(postgresURL: CopiedShop().url)
        }
    }
}
