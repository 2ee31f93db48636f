import FaultCampaign
import Foundation
import TestTools
import Testing

/// The fault campaign with small numbers; `make faults` has the large ones.
@Suite("The program under faults")
struct FaultTests {
    @Test("Nothing is lost, and nothing wrong is answered", arguments: Fault.inTests.map(\.name))
    func fault(named name: String) async throws {
        let fault = try #require(Fault.all.first { $0.name == name })
        let directory = try TemporaryDirectory()
        var options = Campaign.Options(
            program: try Program.executable.path, directory: directory.path, seed: SplitMix64.seed)
        options.scale = .short
        options.shims = try? Shims.compile(to: directory.path)
        let report = await Campaign.run(fault, options)
        print(report.line)
        #expect(report.failures == [])
        #expect(report.skipped != nil || report.runs > 0)
    }

    @Test("Every program that is wrong on purpose can still be made", arguments: Mutant.all)
    func mutant(_ mutant: Mutant) throws {
        let check = Process()
        check.executableURL = URL(filePath: "/usr/bin/env")
        check.arguments = ["git", "apply", "--check", mutant.path]
        check.currentDirectoryURL = Checkout.root
        try Lifeline.unblockingSignals { try check.run() }
        check.waitUntilExit()
        #expect(check.terminationStatus == 0, "\(mutant.path) does not apply: make it anew from today's sources")
    }
}

struct Mutant: CustomTestStringConvertible {
    let path: String
    var testDescription: String { URL(filePath: path).deletingPathExtension().lastPathComponent }

    static var all: [Mutant] {
        let folder = Checkout.root.appending(path: "Tests/Faults/Mutants").path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".patch") }.sorted().map { Mutant(path: "\(folder)/\($0)") }
    }
}

enum Checkout {
    /// This file is three levels below it.
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
}

/// The libraries that faults preload.
enum Shims {
    static func compile(to directory: String) throws -> String {
        let folder = Checkout.root.appending(path: "Tests/Faults/Shims").path
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasSuffix(".c") {
            let compile = Process()
            compile.executableURL = URL(filePath: "/usr/bin/env")
            compile.arguments = [
                "clang", "-shared", "-fPIC", "-o", "\(directory)/\(name.dropLast(2)).so", "\(folder)/\(name)", "-ldl",
            ]
            try Lifeline.unblockingSignals { try compile.run() }
            compile.waitUntilExit()
            guard compile.terminationStatus == 0 else { throw Doubt("clang does not compile \(name)") }
        }
        return directory
    }
}
