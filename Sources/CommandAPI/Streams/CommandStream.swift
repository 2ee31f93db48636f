import EventStore
import HTTPService
import HTTPTypes
import Hummingbird
import NIOCore

/// `POST /commands`: many commands in one request, answered in order while the request is still coming in.
///
/// Reading and decoding, deciding, and encoding with sending are three steps at the same time, a group of commands in
/// each. Memory is bounded by the groups on their way: a client which does not read its answers, and a Writer with a
/// full queue, slow the reading down.
struct CommandStream<Format: StreamFormat>: Sendable {
    let api: CommandAPI
    let request: Request

    /// A group is what a chunk from the network completes, and no more than this.
    private var groupCommandsMax: Int { min(2_048, api.writer.togetherMax) }
    /// Read and not yet answered. With the size of a group half of what the Writer's queue holds: others find room, too.
    private static var groupsMax: Int { 4 }

    func response() -> Response {
        Response(
            status: .ok, headers: [.contentType: Format.contentType],
            body: ResponseBody { writer in
                try await answer(to: &writer)
                try await writer.finish(nil)
            })
    }

    private func answer(to writer: inout any ResponseBodyWriter) async throws {
        let (groups, read) = AsyncStream<Group>.makeStream()
        let (places, freed) = AsyncStream<Void>.makeStream()
        for _ in 0..<Self.groupsMax { freed.yield() }
        try await withThrowingTaskGroup { tasks in
            tasks.addTask {
                defer { read.finish() }
                try await self.read(into: read, places)
            }
            for await group in groups {
                try await writer.write(ByteBuffer(bytes: await answers(to: group)))
                freed.yield()
            }
            try await tasks.waitForAll()
        }
    }

    // MARK: Reading

    /// What a request became: a command with the Writer, or why it is none.
    private enum Item {
        case submitted(key: String, expected: Version?)
        case problem(Problem, key: String?)
    }

    private struct Group {
        let items: [Item]
        let outcomes: PendingOutcomes?
    }

    private func read(into groups: AsyncStream<Group>.Continuation, _ places: AsyncStream<Void>) async throws {
        var format = Format()
        var places = places.makeAsyncIterator()
        for try await chunk in request.body {
            try await handIn(format.split(chunk.readableBytesView), groups, &places)
            if format.isBroken { return }
        }
        try await handIn(format.finish(), groups, &places)
    }

    private func handIn(
        _ frames: Frames, _ groups: AsyncStream<Group>.Continuation, _ places: inout AsyncStream<Void>.Iterator
    ) async throws {
        for start in stride(from: 0, to: frames.frames.count, by: groupCommandsMax) {
            guard await places.next(isolation: #isolation) != nil else { throw CancellationError() }
            let end = min(start + groupCommandsMax, frames.frames.count)
            groups.yield(await group(frames.frames[start..<end], of: frames.bytes))
        }
    }

    private func group(_ frames: ArraySlice<Frames.Frame>, of bytes: [UInt8]) async -> Group {
        var items: [Item] = []
        var submissions: [Submission] = []
        items.reserveCapacity(frames.count)
        submissions.reserveCapacity(frames.count)
        for frame in frames {
            switch frame {
            case .faulty(let fault): items.append(.problem(Format.problem(fault), key: nil))
            case .whole(let range):
                let request = Format.request(bytes, in: range)
                do {
                    let submission = try api.submission(
                        try request.command.get(), key: request.key, expected: request.expected,
                        correlation: request.correlation)
                    submissions.append(submission)
                    items.append(.submitted(key: submission.key, expected: request.expected))
                } catch {
                    items.append(.problem(error, key: request.key))
                }
            }
        }
        return Group(
            items: items, outcomes: submissions.isEmpty ? nil : await api.writer.handInWhenRoom(submissions))
    }

    // MARK: Answering

    private func answers(to group: Group) async -> [UInt8] {
        var outcomes = (await group.outcomes?.value() ?? []).makeIterator()
        var answers = Format.Answers()
        for item in group.items {
            switch item {
            case .problem(let problem, let key): answers.add(problem, key: key)
            case .submitted(let key, let expected):
                guard let outcome = outcomes.next() else { preconditionFailure("each command has an outcome") }
                if case .accepted(let receipt) = outcome {
                    answers.add(Answer(receipt: receipt), key: key)
                } else {
                    answers.add(problem(outcome, key: key, expected: expected), key: key)
                }
            }
        }
        return answers.bytes
    }

    private func problem(_ outcome: Outcome, key: String, expected: Version?) -> Problem {
        do {
            return try api.problem(outcome, key: key, expected: expected)
        } catch {
            return Problem(.internalServerError, "internal_error", "The store could not be read: \(error)")
        }
    }
}
