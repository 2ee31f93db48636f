import Foundation
import TestTools

/// nginx or haproxy of its own before a server, without privileges, with all its files in a directory that goes with it.
///
/// A shell holds the proxy and watches a pipe: when the pipe closes, because the test is over or because the test
/// process died, it stops its proxy and removes the directory.
final class TemporaryProxy: Sendable {
    enum Kind: String, CaseIterable {
        case nginx, haproxy

        /// Where Debian has it, whether or not the PATH of this user does.
        var program: String? {
            ["/usr/sbin/", "/usr/bin/", "/usr/local/sbin/"].map { $0 + rawValue }.first {
                FileManager.default.isExecutableFile(atPath: $0)
            }
        }

        static var areInstalled: Bool { allCases.allSatisfy { $0.program != nil } }
    }

    struct NotAnswering: Error {
        let description: String
    }

    let port: Int
    private let lifeline: Lifeline

    /// - Parameter upstream: the port of the server that it stands before.
    init(_ kind: Kind, upstream: Int) throws {
        let directory = try Lifeline.temporaryDirectory("daybook-\(kind.rawValue)")
        port = LocalSocket(listening: false).port
        let configuration = kind == .nginx ? Self.nginx(port, upstream, directory) : Self.haproxy(port, upstream)
        try configuration.write(toFile: "\(directory)/conf", atomically: true, encoding: .utf8)
        let program = kind.program ?? kind.rawValue
        let command = kind == .nginx ? #""$2" -e stderr -p "$1" -c "$1/conf""# : #""$2" -db -f "$1/conf""#
        lifeline = try Lifeline(
            Self.script.replacingOccurrences(of: "COMMAND", with: command), [directory, program],
            in: directory, readyWhen: { $0.contains("started") })
        try awaitService()
    }

    /// Returns when a request comes through.
    private func awaitService() throws {
        let deadline = Date(timeIntervalSinceNow: 20)
        let request = Array("GET /health HTTP/1.1\r\nHost: shop\r\n\r\n".utf8)
        while (try? RawExchange(request, port: port))?.statuses != [200] {
            guard Date() < deadline else {
                lifeline.release()
                throw NotAnswering(description: "the proxy on port \(port) does not answer")
            }
        }
    }

    func stop() { lifeline.release() }

    private static let script = """
        COMMAND 2>&1 &
        proxy=$!
        echo started
        while read -r line; do :; done
        kill $proxy
        wait $proxy
        rm -rf "$1"
        """

    /// Connections to the server are kept and shared, as a site would have it: where two programs read one text
    /// differently, the next client is the one who gets the wrong answer.
    private static func nginx(_ port: Int, _ upstream: Int, _ directory: String) -> String {
        """
        daemon off; master_process off; worker_processes 1; pid \(directory)/pid; error_log stderr crit;
        events { worker_connections 256; }
        http {
            access_log off;
            client_body_temp_path \(directory)/body; proxy_temp_path \(directory)/proxy;
            fastcgi_temp_path \(directory)/fastcgi; uwsgi_temp_path \(directory)/uwsgi; scgi_temp_path \(directory)/scgi;
            upstream daybook { server 127.0.0.1:\(upstream); keepalive 1; }
            server {
                listen 127.0.0.1:\(port);
                client_header_timeout 2s; client_body_timeout 2s; client_max_body_size 2m;
                proxy_read_timeout 5s; proxy_request_buffering off;
                location / { proxy_pass http://daybook; proxy_http_version 1.1; proxy_set_header Connection ""; }
            }
        }
        """
    }

    private static func haproxy(_ port: Int, _ upstream: Int) -> String {
        """
        defaults
            mode http
            timeout connect 2s
            timeout client 2s
            timeout server 5s
            timeout http-request 2s
            http-reuse always
        listen daybook
            bind 127.0.0.1:\(port)
            server daybook 127.0.0.1:\(upstream)

        """
    }
}
