import EventStore
import Ledger
import TestSupport
import TestTools
import Testing

@testable import Projections

/// Given events, when the projection takes them in, then these are the rows of each table: sorted, with a bar between the values.
///
/// They are taken in as the live projector, a restart and a rebuild do: all at once, one at a time, in batches of any size with the
/// file opened anew between them, and in bulk. The rows must be the same each time.
func rows<P: Projection>(
    of projection: P.Type, given events: [StreamEvent], _ place: SourceLocation = #_sourceLocation
) async throws -> [String: [String]] {
    try await DataDirectory().open { store, writer in
        try await writer.accept(Scripted(events))
        let once = try rows(projection, store, "once", batches: { events.count })
        let single = try rows(projection, store, "single", batches: { 1 })
        var random = SplitMix64(seed: SplitMix64.seed)
        let restarted = try rows(projection, store, "restarted", batches: { .random(in: 1...3, using: &random) })
        #expect(single == once, "one event at a time", sourceLocation: place)
        #expect(restarted == once, "over restarts, seed \(SplitMix64.seed)", sourceLocation: place)
        #expect(try rebuilt(projection, store) == once, "rebuilt", sourceLocation: place)
        return once
    }
}

/// Each batch is a transaction, and the file is opened anew for it.
private func rows(
    _ projection: any Projection.Type, _ store: Store, _ name: String, batches: () -> Int
) throws -> [String: [String]] {
    let path = "\(store.directory)/\(name).sqlite"
    var position = Position.start
    while let chunk = try EventChunk(of: store, after: position, limit: batches(), of: projection.categories) {
        let file = try ReadModelFile(projection, path: path)
        #expect(try file.checkpoint().position == position)
        try file.take(chunk)
        position = chunk.through
    }
    return try ReadModelFile(projection, path: path).contents()
}

private func rebuilt(_ projection: any Projection.Type, _ store: Store) throws -> [String: [String]] {
    let path = store.directory + "/rebuilt.sqlite"
    let file = try ReadModelFile(projection, path: path, for: .building)
    if let chunk = try EventChunk(of: store, after: .start, limit: .max, of: projection.categories) {
        try file.take(chunk)
    }
    try file.finishBuilding()
    return try ReadModelFile(projection, path: path).contents()
}
