package import EventStore
package import JSON
import Ledger

/// How a store and its read models stand, for operators.
package struct Status: Sendable {
    package struct Projection: Sendable {
        package let name: String
        package let version: Int
        package let position: Position
        /// Events of the log that are not in the read model yet.
        package let lag: UInt64
        package let sizeOnDiskBytes: Int
        package let stoppedBy: ProjectionFailure?
        /// Events that are passed by, and how many wait behind each.
        package let parked: [ParkedEvent]
        /// Whether it is new and being built in bulk; nothing is answered from it meanwhile.
        package let isBeingBuilt: Bool
    }

    /// The copy of the log in Postgres.
    package struct Replica: Sendable {
        package let mode: Replicator.Mode
        package let position: Position
        /// Events of the log that are not in the copy yet.
        package let lag: UInt64
        /// For how many seconds the oldest of them has been in the log.
        package let lagSeconds: Int64
        /// Why nothing is being copied; nil while all is well.
        package let trouble: String?

        init(_ status: Replicator.Status, head: Position, log: EventLog) throws {
            mode = status.mode
            position = status.position
            trouble = status.trouble
            lag = head > position ? head.rawValue - position.rawValue : 0
            let oldest = lag > 0 ? try log.record(at: position.advanced(by: 1)) : nil
            lagSeconds =
                oldest.map { max(0, (Timestamp.now.microseconds - $0.recordedAt.microseconds) / 1_000_000) } ?? 0
        }
    }

    package let head: Position
    package let logBytes: Int
    package let indexBytes: Int
    package let indexCheckpoint: Position
    package let projections: [Projection]
    /// Nil where this process copies nothing.
    package let replica: Replica?
    /// Nil where nobody else appends to the log.
    package let shared: LogFollower.Status?

    package init(
        of store: Store, _ models: ReadModels, _ replicator: Replicator.Status? = nil,
        _ follower: LogFollower.Status? = nil
    ) throws {
        shared = follower
        head = try store.log.refreshHead()
        logBytes = try store.log.sizeOnDiskBytes
        indexBytes = store.index.sizeOnDiskBytes
        indexCheckpoint = store.index.checkpoint
        projections = try models.all.map { [head] model in
            let position = try model.checkpoint().position
            return Projection(
                name: model.name, version: model.version, position: position,
                lag: head > position ? head.rawValue - position.rawValue : 0, sizeOnDiskBytes: model.sizeOnDiskBytes,
                stoppedBy: try model.stoppedBy ?? model.recordedFailure(), parked: try model.parkedEvents(of: store),
                isBeingBuilt: model.isBeingBuilt)
        }
        replica = try replicator.map { [head] in try Replica($0, head: head, log: store.log) }
    }

    package func write(to writer: inout JSONWriter) {
        writer.field("head", Int64(head.rawValue))
        writer.key("log")
        writer.object { $0.field("bytes", Int64(logBytes)) }
        writer.key("index")
        writer.object {
            $0.field("checkpoint", Int64(indexCheckpoint.rawValue))
            $0.field("bytes", Int64(indexBytes))
        }
        if let replica {
            writer.key("replica")
            writer.object { writer in
                writer.field("mode", replica.mode.rawValue)
                writer.field("position", Int64(replica.position.rawValue))
                writer.field("lag", Int64(replica.lag))
                writer.field("lagSeconds", replica.lagSeconds)
                writer.field("trouble", replica.trouble)
            }
        }
        if let shared {
            writer.key("sharedLog")
            writer.object { $0.field("trouble", shared.trouble) }
        }
        writer.key("projections")
        writer.array { writer in
            for projection in projections {
                writer.object { writer in
                    writer.field("name", projection.name)
                    writer.field("version", Int64(projection.version))
                    writer.field("position", Int64(projection.position.rawValue))
                    writer.field("lag", Int64(projection.lag))
                    writer.field("bytes", Int64(projection.sizeOnDiskBytes))
                    writer.field("stoppedBy", projection.stoppedBy?.message)
                    writer.field("parked", projection.parked)
                    writer.field("building", projection.isBeingBuilt)
                }
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func field(_ name: String, _ parked: [ParkedEvent]) {
        key(name)
        array { writer in
            for event in parked {
                writer.object { writer in
                    writer.field("position", Int64(event.position.rawValue))
                    writer.field("stream", event.stream)
                    writer.field("waiting", Int64(event.waiting))
                    writer.field("reason", event.decision?.reason)
                }
            }
        }
    }
}
