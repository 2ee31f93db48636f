package import EventStore
package import JSON

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
    }

    package let head: Position
    package let logBytes: Int
    package let indexBytes: Int
    package let indexCheckpoint: Position
    package let projections: [Projection]

    package init(of store: Store, _ models: ReadModels) throws {
        head = try store.log.refreshHead()
        logBytes = try store.log.sizeOnDiskBytes
        indexBytes = store.index.sizeOnDiskBytes
        indexCheckpoint = store.index.checkpoint
        projections = try models.all.map { [head] model in
            let position = try model.checkpoint().position
            return Projection(
                name: model.name, version: model.version, position: position,
                lag: head > position ? head.rawValue - position.rawValue : 0, sizeOnDiskBytes: model.sizeOnDiskBytes,
                stoppedBy: model.stoppedBy)
        }
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
                }
            }
        }
    }
}
