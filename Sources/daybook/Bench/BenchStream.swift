import ArgumentParser
import EventStore
import Foundation

struct BenchStream: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stream",
        abstract: "Many commands in one streamed request.",
        discussion: """
            Reservations over random items, made before, sent as fast as the server takes them while the answers are counted.
            Measured from the first byte sent to the end of the answer. Each must be accepted, and be in the log.
            """)

    @Option(help: "ndjson or protobuf.") var format = StreamFormatName.ndjson
    @Option(help: "How many commands.") var commands = 500_000
    @Option(help: "How many items.") var items = 10_000
    @Option(help: "Bytes of a chunk of the body.") var chunkBytes = 128 << 10
    @Option(help: "Seed of the commands.") var seed: UInt64 = 20_261_122
    @OptionGroup var directory: BenchDirectory

    private struct Report: Encodable {
        let what = "stream"
        let format: String
        let commands: Int
        let seconds: Double
        let perSecond: Double
        let bodyBytes: Int
        let server: ProcessMemory
    }

    func run() async throws {
        try BenchReport.write(try await directory.use { try await measure(in: $0) })
    }

    private func measure(in directory: String) async throws -> Report {
        let before = try await BenchShop(items: items).make(in: directory)
        let server = try ServerProcess.serving(directory, roles: "command")
        let requests = StreamRequests(
            format, commands: commands, items: items, port: server.port, chunkBytes: chunkBytes, seed: seed)
        let connection = try StreamConnection(port: server.port)
        var counter = AnswerCounter(format)
        let start = Nanoseconds.now
        connection.send(requests)
        try connection.read(&counter)
        let seconds = Double(Nanoseconds.now - start) / 1e9
        guard counter.accepted == commands, counter.answers == commands else {
            throw Failure(
                .check,
                "\(commands) commands, \(counter.answers) answers, \(counter.accepted) accepted. "
                    + (counter.firstRefusal ?? ""))
        }
        let memory = try ProcessMemory(of: server.id)
        try server.stop()
        try Acknowledged.check(directory, after: before, accepted: commands)
        return Report(
            format: format.rawValue, commands: commands, seconds: BenchReport.rounded(seconds),
            perSecond: BenchReport.rounded(Double(commands) / seconds, to: 1), bodyBytes: requests.bodyBytes,
            server: memory)
    }
}

extension StreamFormatName: ExpressibleByArgument {}
