import ArgumentParser
import FaultCampaign
import Foundation

/// The fault campaign; `ops/faults` builds what it needs and runs it.
@main
struct FaultsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faults", abstract: "Runs the program under faults and checks that nothing was lost.",
        discussion: Fault.all.map { "  \($0.name): \($0.about)" }.joined(separator: "\n"))

    @Option(help: "The built program.") var program: String
    @Option(help: "Where runs keep their files; failed ones stay.") var directory: String
    @Option(name: .customLong("fault"), help: "Only this fault; may be given several times.") var faults: [String] = []
    @Option(help: "How often, where the fault is one of rounds or samples.") var rounds: Int?
    @Option(help: "Chooses moments, commands and bytes.") var seed: UInt64 = 20_261_122
    @Option(help: "Only the run of this label.") var only: String?
    @Option(help: "How many runs go on at once.") var lanes = 2
    @Option(help: "Leave the first so many runs out, which an interrupted campaign had.") var skip = 0
    @Option(help: "The directory of the compiled shims.") var shims: String?
    @Option(help: "The directory of the programs which are wrong on purpose.") var mutants: String?
    @Flag(help: "The small numbers of the tests.") var short = false

    func validate() throws {
        for name in faults where !Fault.all.contains(where: { $0.name == name }) {
            throw ValidationError(
                "\"\(name)\" is no fault. There are: \(Fault.all.map(\.name).joined(separator: ", ")).")
        }
    }

    func run() throws {
        var options = Campaign.Options(
            program: URL(filePath: program).path, directory: URL(filePath: directory).path, seed: seed)
        options.rounds = rounds
        options.only = only
        options.lanes = lanes
        options.skip = skip
        options.shims = shims.map { URL(filePath: $0).path }
        options.mutants = mutants.map { URL(filePath: $0).path }
        options.scale = short ? .short : .full
        options.say = Self.say
        var failed = false
        for fault in Fault.all where faults.isEmpty || faults.contains(fault.name) {
            let report = Campaign.run(fault, options)
            Self.say(report.line)
            failed = failed || !report.failures.isEmpty
        }
        if failed { throw ExitCode(1) }
    }

    /// Past print's buffer: whoever looks at a pipe has each line at once.
    private static func say(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }
}
