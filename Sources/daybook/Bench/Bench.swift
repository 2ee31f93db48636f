import ArgumentParser
import Foundation

struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure what this program does on this machine.",
        discussion: """
            Each prints one JSON object on standard output. Data go into a new directory that is removed at the end, unless
            --data names one. The limit of the machine beside every figure: make bench.
            """,
        subcommands: [
            BenchWriter.self, BenchFold.self, BenchOpen.self, BenchRequest.self, BenchShared.self, BenchStream.self,
            BenchLoad.self, BenchLag.self,
            BenchCurve.self,
            BenchInterference.self, BenchOverload.self, BenchShopCommand.self, EchoServer.self,
        ])
}

/// Where a measurement keeps its data.
struct BenchDirectory: ParsableArguments {
    @Option(name: .customLong("data"), help: "A directory for the data; it must be new or empty. [a temporary one]")
    var given: String?
    @Flag(help: "Leave the data where they are.") var keep = false

    /// Gives `body` a directory, and removes what it left there.
    func use<R>(_ body: (String) async throws -> R) async throws -> R {
        let directory = try made()
        defer { if !keep { try? FileManager.default.removeItem(atPath: directory) } }
        return try await body(directory)
    }

    private func made() throws -> String {
        let files = FileManager.default
        let path = given ?? files.temporaryDirectory.appending(path: "daybook-bench-" + UUID().uuidString).path
        if let found = try? files.contentsOfDirectory(atPath: path), !found.isEmpty {
            throw Failure(.usage, "\(path) has files in it. Name a new directory with --data.")
        }
        do {
            try files.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw Failure(.environment, "\(path) can't be made: \(error.localizedDescription)")
        }
        return path
    }
}
