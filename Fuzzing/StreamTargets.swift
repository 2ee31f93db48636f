import EventStore
import HTTPService
import JSON
import Ledger
import SwiftProtobuf

@testable import CommandAPI

/// The body of `POST /commands` as lines of JSON.
enum NDJSONTarget: FuzzTarget {
    static func run(_ input: [UInt8]) {
        checkPieces(of: input) {
            LineSplitter(lineBytesMax: 32)
        } split: {
            $0.split($1)
        } finish: {
            $0.finish()
        }
        checkStream(NDJSONFormat.self, input) { answers, count in
            let lines = answers.split(separator: UInt8(ascii: "\n"))
            promise(lines.count == count, "\(count) problems are \(lines.count) lines")
            for line in lines { _ = promised("an answer") { try JSONDocument(Array(line)) } }
        }
    }
}

/// The body of `POST /commands` as messages of protobuf.
enum ProtobufTarget: FuzzTarget {
    static func run(_ input: [UInt8]) {
        checkPieces(of: input) {
            MessageSplitter(messageBytesMax: 32)
        } split: {
            $0.split($1)
        } finish: {
            $0.finish()
        }
        checkStream(ProtobufFormat.self, input) { answers, count in
            var splitter = MessageSplitter(messageBytesMax: CommandAPI.bodyBytesMax)
            let frames = splitter.split(answers)
            promise(frames.frames.count == count, "\(count) problems are \(frames.frames.count) messages")
            for case .whole(let range) in frames.frames {
                _ = promised("an answer") { try Daybook_V1_CommandAnswer(serializedBytes: Array(answers[range])) }
            }
        }
    }
}

/// What a stream was cut into.
private enum Piece: Equatable {
    case whole([UInt8])
    case tooLong
    case truncated
}

extension Frames {
    fileprivate var pieces: [Piece] {
        frames.map {
            switch $0 {
            case .whole(let range): .whole(Array(bytes[range]))
            case .faulty(.tooLong): .tooLong
            case .faulty(.truncated): .truncated
            }
        }
    }
}

/// A stream is cut the same way however the network cut it. Returns what it is cut into.
@discardableResult
private func checkPieces<Splitter>(
    of input: [UInt8], _ make: () -> Splitter, split: (inout Splitter, ArraySlice<UInt8>) -> Frames,
    finish: (inout Splitter) -> Frames
) -> [Piece] {
    var together = make()
    let pieces = split(&together, input[...]).pieces + finish(&together).pieces
    let chunkBytes = input.count % 7 + 1
    var chunked = make()
    var found: [Piece] = []
    for start in stride(from: 0, to: input.count, by: chunkBytes) {
        found += split(&chunked, input[start..<min(start + chunkBytes, input.count)]).pieces
    }
    found += finish(&chunked).pieces
    promise(found == pieces, "in chunks of \(chunkBytes) the stream has \(found.count) pieces, not \(pieces.count)")
    return pieces
}

/// Every request of a stream is a command, or a problem that can be told.
///
/// - Parameter answers: checks the bytes that tell so many problems.
private func checkStream<Format: StreamFormat>(
    _ format: Format.Type, _ input: [UInt8], answers: (_ bytes: [UInt8], _ count: Int) -> Void
) {
    let pieces = checkPieces(of: input) {
        Format()
    } split: {
        $0.split($1)
    } finish: {
        $0.finish()
    }
    var told = Format.Answers()
    var count = 0
    for piece in pieces {
        guard let (problem, key) = problem(piece, format) else { continue }
        checkAnswerable(problem)
        told.add(problem, key: key)
        count += 1
    }
    answers(told.bytes, count)
}

/// What is wrong with the request, and its key; nil where it is a command that the Writer takes.
private func problem<Format: StreamFormat>(_ piece: Piece, _ format: Format.Type) -> (Problem, key: String?)? {
    switch piece {
    case .tooLong: return (Format.problem(.tooLong), nil)
    case .truncated: return (Format.problem(.truncated), nil)
    case .whole(let bytes):
        let request = Format.request(bytes, in: 0..<bytes.count)
        do {
            _ = try Submission(
                try request.command.get(), key: request.key, expectedVersion: request.expected, actor: "fuzz",
                correlation: request.correlation)
            return nil
        } catch let problem as Problem {
            return (problem, request.key)
        } catch let invalid as InvalidValue {
            return (.badRequest(invalid.code, invalid.message), request.key)
        } catch {
            fatalError("a request ends with \(error)")
        }
    }
}
