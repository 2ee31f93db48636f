package import EventStore
import Foundation
import Ledger
import Logging

/// What an operator does about an event that a projection can't apply.
extension ReadModels {
    /// Sets the event aside at which a projection stopped, so that it goes on: this event and all later ones of its stream are
    /// passed by, until it is taken back. It is on record who did that and why.
    ///
    /// - Throws: `EventStoreError.directory` where the projection does not wait for that event; nothing was changed then.
    package static func park(
        _ name: String, at position: Position, reason: String, by who: String, of store: Store
    ) throws {
        try park(try projection(name), at: position, reason: reason, by: who, of: store)
    }

    static func park(
        _ projection: any Projection.Type, at position: Position, reason: String, by who: String, of store: Store
    ) throws {
        let name = projection.name
        let record = ParkingRecord(of: projection, in: store.directory)
        if let decision = try record.parked()[position.rawValue] {
            throw refused("Position \(position) is parked since \(decision.at), by \(decision.by): \(decision.reason).")
        }
        guard let event = try store.log.record(at: position), projection.categories.contains(event.stream.category)
        else { throw refused("There is no event at position \(position) that \(name) takes.") }
        let reached = try reached(projection, of: store)
        guard position > reached else {
            throw refused(
                "\(name) stands at position \(reached) and has taken the event at \(position) in. What can be parked is the event at which it stopped: see daybook projection list."
            )
        }
        try record.add(decision(.park, event, reason, who))
    }

    /// Takes a parking back. What was passed by can't be put in behind what came later, so the read model is built anew beside the
    /// one that is asked, with all events in their order, and takes its place.
    ///
    /// - Throws: what the projection throws where it still can't apply an event: it is parked again then, and nothing else was changed.
    package static func unpark(
        _ name: String, at position: Position, by who: String, of store: Store,
        progress: (Position) -> Void = { _ in }
    ) throws {
        try unpark(try projection(name), at: position, by: who, of: store, progress: progress)
    }

    static func unpark(
        _ projection: any Projection.Type, at position: Position, by who: String, of store: Store,
        progress: (Position) -> Void = { _ in }
    ) throws {
        let record = ParkingRecord(of: projection, in: store.directory)
        guard let parked = try record.parked()[position.rawValue], let event = try store.log.record(at: position) else {
            throw refused("Position \(position) is not parked in \(projection.name). See daybook projection list.")
        }
        try record.add(decision(.unpark, event, "taken back", who))
        do {
            let build = try ReadModelBuild([projection], of: store, in: store.readModelsDirectory)
            try build.run(progress: progress)
            try build.finish()
        } catch {
            try record.add(decision(.park, event, parked.reason, parked.by))
            throw error
        }
    }

    /// Has a projection that stopped try again at once. Returns why it still does not go on; nil where it does.
    package static func retry(_ name: String, of store: Store) throws -> ProjectionFailure? {
        try retry(try projection(name), of: store)
    }

    static func retry(_ projection: any Projection.Type, of store: Store) throws -> ProjectionFailure? {
        let model = try ReadModel(projection, directory: store.readModelsDirectory)
        if let lock = try? lock(store.readModelsDirectory) {
            let projector = Projector(model, store: store, lock: lock, logger: Logger(label: "daybook"))
            return projector.tryAgain()
        }
        guard try model.recordedFailure() != nil else { return nil }
        try RetryRequest(of: projection, in: store.readModelsDirectory).make()
        return try model.recordedFailure()
    }

    private static func projection(_ name: String) throws -> any Projection.Type {
        guard let projection = projections.first(where: { $0.name == name }) else {
            throw refused("\"\(name)\" is no projection. There are: \(names.joined(separator: ", ")).")
        }
        return projection
    }

    /// How far the rows are that have taken in least: those that are asked, or those that a rebuild was ended in.
    private static func reached(_ projection: any Projection.Type, of store: Store) throws -> Position {
        let live = try ReadModel(projection, directory: store.readModelsDirectory).checkpoint().position
        return min(live, try ReadModelBuild.reached(projection, of: store) ?? live)
    }

    private static func decision(
        _ action: ParkingRecord.Decision.Action, _ event: Record, _ reason: String, _ who: String
    ) -> ParkingRecord.Decision {
        ParkingRecord.Decision(
            action: action, position: event.position.rawValue, stream: event.stream.description, reason: reason,
            by: who,
            at: Timestamp.now.description)
    }

    private static func refused(_ message: String) -> EventStoreError { EventStoreError(.directory, message) }
}

/// An event that a read model passes by.
package struct ParkedEvent: Sendable {
    package let position: Position
    package let stream: String
    /// Later events of the stream that wait behind it.
    package let waiting: Int
    /// Nil where it was taken back, and the rebuild that this takes has not ended.
    package let decision: ParkingRecord.Decision?
}

extension ReadModel {
    /// What it passes by, in order.
    package func parkedEvents(of store: Store) throws -> [ParkedEvent] {
        let decisions = try ParkingRecord(of: projection, in: store.directory).parked()
        return try read { try ParkedEvents.all(in: $0) }.map {
            ParkedEvent(
                position: $0.position, stream: $0.stream, waiting: $0.waiting, decision: decisions[$0.position.rawValue]
            )
        }
    }
}
