import Foundation
import Testing

@testable import EventStore

@Suite("A simulated run", .timeLimit(.minutes(5)))
struct SameRunTests {
    @Test("Goes the same way byte for byte, in this process and in another one", arguments: [3, 8, 21, 34] as [UInt64])
    func same(seed: UInt64) async throws {
        let first = try Simulation(seed: seed).run()
        let second = try Simulation(seed: seed).run()
        #expect(second == first)
        // Another process hashes differently: what depends on the order of a dictionary shows.
        let trace = first.trace
        await #expect(processExitsWith: .success) { [seed = seed as UInt64, trace = trace as UInt64] in
            do {
                let again = try Simulation(seed: seed).run().trace
                #expect(again == trace)
            } catch {
                Issue.record("\(error)")
            }
        }
    }

    @Test("Goes another way with another seed")
    func others() throws {
        let traces = try (1...8).map { try Simulation(seed: $0).run().trace }
        #expect(Set(traces).count == traces.count)
    }
}
