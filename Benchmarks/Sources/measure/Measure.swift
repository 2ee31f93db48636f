import ArgumentParser
import Foundation

@main
struct Measure: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure Daybook beside the limits of this machine.",
        discussion: """
            Runs the program and what limits it by turns, and prints a JSON line for each figure: the runs, their median, the
            limit of the same rounds, the ratio, the target. Everything a figure needs is made in --data and removed.

            Figures: \(Figure.all.map(\.name).joined(separator: ", ")).
            """)

    @Argument(help: "Which figures. [all]") var figures: [String] = []
    @Option(help: "The program, a release build.") var daybook: String
    @Option(help: "The limit program.") var limit: String
    @Option(help: "A directory on the disk that is measured.") var data: String
    @Option(help: "How often each figure is had.") var rounds = 5
    @Option(help: "How often those are had that write fifty million events.") var longRounds = 1
    @Flag(help: "Small sizes and one round: whether it works, not how fast it is.") var quick = false
    @Option(help: "The Online Retail file, for the figures of its log.") var retail: String?
    @Option(help: "The page whose table is written anew.") var page: String?

    func validate() throws {
        let unknown = figures.filter { name in !Figure.all.contains { $0.name == name } }
        guard unknown.isEmpty else {
            throw ValidationError(
                "There is no figure \(unknown.joined(separator: ", ")). There are: "
                    + Figure.all.map(\.name).joined(separator: ", ") + ".")
        }
        guard rounds > 0, longRounds > 0 else { throw ValidationError("There is at least one round.") }
    }

    func run() throws {
        let bench = Bench(
            daybook: Program(path: daybook), limit: Program(path: limit), directory: data,
            rounds: quick ? 1 : rounds, longRounds: quick ? 1 : longRounds, isQuick: quick, retail: retail)
        var results: [Result] = []
        var failed: [String] = []
        for figure in Figure.all where figures.isEmpty || figures.contains(figure.name) {
            Self.note("==> \(figure.name)")
            do {
                for result in try figure.measure(bench) {
                    FileHandle.standardOutput.write(Data((try result.json + "\n").utf8))
                    results.append(result)
                }
            } catch {
                // The others are worth having all the same.
                failed.append(figure.name)
                Self.note("\(figure.name) could not be had: \(error)")
            }
        }
        if let page { try Page(path: page).write(results, Machine(bench)) }
        Self.note("\(results.count) figures, \(results.count { $0.met == false }) missed their target")
        guard failed.isEmpty else {
            Self.note("could not be had: \(failed.joined(separator: ", "))")
            throw ExitCode.failure
        }
    }

    private static func note(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }
}
