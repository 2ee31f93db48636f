import ArgumentParser
import EventStore
import Foundation

struct BenchLoad: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "Requests at a fixed rate, open loop.",
        discussion: """
            Add-to-cart at even distances, whether the server keeps up or not. A latency begins when the request was meant to
            be sent, so a slow answer delays nobody unseen. Starts a server on a new directory, unless --url names one whose
            data directory was filled by daybook bench shop.
            """)

    @Option(help: "Requests a second.") var rate: Double
    @Option(help: "How long.") var seconds = 10.0
    @Option(help: "Connections; where all are busy, requests wait.") var connections = 64
    @Option(help: "How many items.") var items = 10_000
    @Option(help: "A running server on this machine: http://127.0.0.1:8080.") var url: String?
    @Option(help: "Seed of the commands; with --url a new one each time.") var seed: UInt64 = 20_261_122
    @OptionGroup var directory: BenchDirectory

    func validate() throws {
        guard rate > 0, seconds > 0, connections > 0, items > 0 else {
            throw ValidationError("Every number is above 0.")
        }
    }

    func run() async throws {
        if let url { return try BenchReport.write(try offered(to: url)) }
        try BenchReport.write(
            try await directory.use { directory in
                let shop = try await ShopUnderLoad(in: directory, items: items, seed: seed)
                _ = try shop.closed(connections: connections, seconds: 1)
                let report = try shop.open(connections: connections, perSecond: rate, seconds: seconds)
                try shop.finish()
                return report
            })
    }

    private func offered(to url: String) throws -> LoadReport {
        guard let parts = URLComponents(string: url), parts.host == "127.0.0.1", let port = parts.port else {
            throw Failure(.usage, "--url is http://127.0.0.1:PORT; not \"\(url)\".")
        }
        var loop = OpenLoop(
            client: try EpollClient(port: port, connections: connections), connections: connections,
            template: RequestTemplate(
                .addToCart, port: port, items: items, seed: seed, firstCart: Int(seed % 1_000_000_000)))
        return LoadReport(try loop.run(perSecond: rate, seconds: seconds), offered: rate, server: nil)
    }
}

/// For servers that are measured from outside.
struct BenchShopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shop", abstract: "Fill a data directory with the shop that measurements are made in.")

    @Option(help: "How many items.") var items = 10_000
    @Option(help: "How many events at least, in carts.") var events = 0
    @OptionGroup var data: DataOption

    private struct Report: Encodable {
        let what = "shop"
        let items: Int
        let head: UInt64
    }

    func run() async throws {
        let head = try await BenchShop(items: items).make(in: try await data.directory, events: events)
        try BenchReport.write(Report(items: items, head: head.rawValue))
    }
}
