/// A fault of the store: something that should not happen, as distinct from a refusal.
package struct EventStoreError: Error, Sendable, CustomStringConvertible {
    /// Stable words for programs.
    package enum Code: String, Sendable {
        /// A record's bytes are not what was written.
        case corrupt = "log_corrupt"
        /// The bytes are whole, but this program does not understand them.
        case undecodable = "event_undecodable"
        /// There is no room. Nothing was written; try again when there is.
        case diskFull = "disk_full"
        /// A write failed, and what is on the disk is unknown until the log is opened again.
        case poisoned = "writer_poisoned"
        /// The queue of commands has no room.
        case overloaded = "overloaded"
        /// The writer takes no more commands.
        case stopping = "stopping"
        /// Another process has the data directory, or it can't be used.
        case directory = "data_directory"
        /// The log does not stand where the appender thought it did.
        case conflict = "append_conflict"
        /// The copy in Postgres can't be reached, and commands are to be in it before they are answered.
        case replicaAway = "replica_away"
        /// The log is in a Postgres that can't be reached.
        case logAway = "log_away"
        /// Another program writes the copy: this one may accept nothing more.
        case fenced = "fenced"
        /// Another program's lease of the copy lasts: nothing may be accepted here until it runs out.
        case led = "led_by_another"
        /// The copy is not the beginning of the log.
        case diverged = "replica_diverged"
        /// A database does not have the tables that it should.
        case schema = "database_schema"
    }

    package let code: Code
    package let message: String
    package let cause: (any Error)?

    package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    package var description: String {
        message + (cause.map { " Cause: \($0)" } ?? "")
    }
}
