import EventStore
import Ledger
import TestSupport
import TestTools
import Testing

@testable import EventStore
@testable import Projections

@Suite("What a projection takes in is compared with what the log has", .serialized)
struct CompletenessTests {
    /// Something between log and projection that does not hand on what the log has.
    enum Fault: CaseIterable, Sendable {
        case drop, double, swap, alter, end, foreign
    }

    @Test(
        "An event that is dropped, doubled, swapped or altered on its way is found by its position, and leaves nothing behind",
        arguments: Fault.allCases)
    func caught(_ fault: Fault) async throws {
        let seed = SplitMix64.seed
        try await DataDirectory().open { store, writer in
            var history = History(SplitMix64(seed: seed))
            try await History.open(writer)
            try await history.go(on: writer, commands: 150)
            var random = SplitMix64(seed: seed)
            for projection in ReadModels.projections {
                let file = try ReadModelFile(projection, path: "\(store.directory)/\(projection.name).sqlite")
                let first = try #require(try EventChunk(of: store, after: .start, limit: 40, of: projection.categories))
                try file.take(first)
                let before = (try file.contents(), try file.checkpoint())
                let sound = try #require(
                    try EventChunk(of: store, after: first.through, limit: .max, of: projection.categories))
                let place = Int.random(in: 0..<sound.events.count - 1, using: &random)
                let (tampered, position) = tamper(sound, place, fault)
                do {
                    try file.take(tampered)
                    Issue.record("\(fault) in \(projection.name) was not found, seed \(seed)")
                } catch let error as DiffersFromLog {
                    #expect(error.position == position, "\(fault) at \(place) in \(projection.name), seed \(seed)")
                }
                #expect(try file.contents() == before.0)
                #expect(try file.checkpoint() == before.1)
                try file.take(sound)
                #expect(try file.checkpoint().position == store.log.headPosition)
            }
        }
    }

    /// Returns the first position that differs, too.
    private func tamper(_ sound: EventChunk, _ place: Int, _ fault: Fault) -> (EventChunk, Position) {
        var chunk = sound
        let event = chunk.events[place]
        switch fault {
        case .drop: chunk.events.remove(at: place)
        case .end:
            let last = chunk.events.removeLast()
            return (chunk, last.record.position)
        case .double:
            chunk.events.insert(event, at: place)
            // The first of the two is right.
            return (chunk, chunk.events[place + 2].record.position)
        case .swap: chunk.events.swapAt(place, place + 1)
        case .alter: chunk.events[place] = event.altered
        case .foreign: chunk.events[place] = chunk.events[place + 1]
        }
        return (chunk, event.record.position)
    }

    @Test("A projector that is given other events stops, says so, and goes on when it is given the log's")
    func verify() async throws {
        try await DataDirectory().open { store, writer in
            try await History.open(writer)
            let file = try ReadModelFile(StockProjection.self, path: store.directory + "/stock.sqlite")
            var chunk = try #require(try EventChunk(of: store, after: .start, limit: .max, of: [.stock]))
            chunk.events.removeFirst()
            let error = #expect(throws: DiffersFromLog.self) { try file.take(chunk) }
            #expect("\(error!)".contains("position 2;"), "the first stock event")
            #expect(try Projector.feed(file, behind: .start, from: store) == store.log.head.value)
        }
    }
}

extension Recorded {
    /// Another event, whose record is whole.
    fileprivate var altered: Recorded {
        let record = EventStore.Record(
            position: record.position, stream: record.stream, version: record.version, storedType: record.type,
            recordedAt: record.recordedAt, effectiveAt: record.effectiveAt, actor: record.actor + "?", key: record.key,
            ordinal: record.ordinal, count: record.count, fingerprint: record.fingerprint,
            correlation: record.correlation, previous: record.previous, payload: record.payload,
            checksum: record.checksum ^ 1)
        return Recorded(record: record, event: event)
    }
}
