import Foundation
import Logging

/// How many files and connections the process may have open.
enum OpenFiles {
    /// Takes as many as the system allows: the limits that shells begin with are made for programs that wait on few files,
    /// and a server that reaches them can take no connection, not even to refuse it.
    ///
    /// - Parameter wanted: below this it is said in the log.
    static func raiseLimit(wanted: Int, _ logger: Logger) {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        let isRaised = setrlimit(resource, &limit) == 0
        guard !isRaised || limit.rlim_cur < rlim_t(wanted) else { return }
        logger.warning(
            "few files may be open: raise the limit (ulimit -n), or lower DAYBOOK_CONNECTIONS_MAX",
            metadata: ["limit": "\(limit.rlim_cur)", "wanted": "\(wanted)"])
    }
}
