import ArgumentParser
import EventStore
import Foundation

struct BenchFold: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fold", abstract: "Read the whole log and fold it into stock levels, on one core.")

    @OptionGroup var data: DataOption

    private struct Report: Encodable {
        let what = "fold"
        let events: Int
        let items: Int
        let seconds: Double
        let perSecond: Double
    }

    func run() async throws {
        let store = try Store(directory: try await data.directory, access: .readOnly)
        let start = DispatchTime.now()
        let result = try StockFold.run(store)
        let seconds = Double(DispatchTime.now().uptimeNanoseconds - start.uptimeNanoseconds) / 1e9
        try BenchReport.write(
            Report(
                events: result.events, items: result.items, seconds: BenchReport.rounded(seconds),
                perSecond: BenchReport.rounded(Double(result.events) / seconds, to: 1)))
    }
}
