import Foundation
import TestTools
package import Testing

/// A real Postgres server of its own: data in a temporary directory, reached by a Unix socket in there (so no port can
/// be taken), a role with a password, no fsync.
///
/// A shell holds the server and watches a pipe: when the pipe closes, because the test is over or because the test
/// process died, it stops its server and removes the directory.
package final class TemporaryPostgres: Sendable {
    package static let password = "s3cr@t/ p:ss"

    /// The server of the running suite, see `.temporaryPostgres`.
    @TaskLocal package static var current: TemporaryPostgres?

    package let directory: String
    private let lifeline: Lifeline

    package init() throws {
        let programs = try #require(PostgresPrograms.directory)
        directory = try Lifeline.temporaryDirectory("daybook-postgres")
        lifeline = try Lifeline(
            Self.script,
            [directory, programs, PostgresPrograms.user ?? "", Self.password],
            in: directory,
            readyWhen: { $0.contains("server started") }
        )
    }

    package func stop() {
        lifeline.release()
    }

    /// Where the password stands in the URL, it is escaped as it has to be.
    package func url(user: String = "daybook", password: String = password) -> String {
        let password = password.addingPercentEncoding(withAllowedCharacters: .alphanumerics)!
        return "postgres://\(user):\(password)@/postgres?host=\(directory)"
    }

    package static var isInstalled: Bool { PostgresPrograms.directory != nil }

    private static let script = """
        directory=$1 programs=$2 user=$3 password=$4
        trap : INT TERM
        as_user() { if [ "$user" ]; then setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups "$@"; \
        else "$@"; fi; }
        control() { as_user "$programs/pg_ctl" -D "$directory/data" -w -t 60 "$@"; }
        end() { control -m immediate stop >&2; rm -rf "$directory"; }
        trap end EXIT
        printf '%s' "$password" > "$directory/password"
        if [ "$user" ]; then chown -R "$user" "$directory"; fi
        as_user "$programs/initdb" -D "$directory/data" -N -U daybook -E UTF8 --locale=C \
        -A scram-sha-256 --pwfile="$directory/password" || exit 1
        control -l "$directory/log" -o "-F -c listen_addresses='' -c unix_socket_directories='$directory'" start \
        || { cat "$directory/log"; exit 1; }
        read -r _
        """
}

/// Gives a suite or a test one server: started before, stopped after it, also when tests fail.
package struct TemporaryPostgresTrait: SuiteTrait, TestTrait, TestScoping {
    package func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let server = try TemporaryPostgres()
        defer { server.stop() }
        try await TemporaryPostgres.$current.withValue(server) { try await function() }
    }
}

extension Trait where Self == TemporaryPostgresTrait {
    package static var temporaryPostgres: Self { Self() }
}

extension Trait where Self == ConditionTrait {
    package static var needsPostgres: Self {
        .enabled(
            if: TemporaryPostgres.isInstalled,
            "initdb, pg_ctl and postgres are not installed: apt-get install postgresql"
        )
    }
}
