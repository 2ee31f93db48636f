import EventStore
import HTTPService
import Ledger

/// How commands and their answers stand in a stream.
protocol StreamFormat: Sendable {
    associatedtype Answers: StreamAnswers

    static var contentType: String { get }

    init()

    /// Whether nothing more can be read, because nobody can say where the next request begins.
    var isBroken: Bool { get }

    /// The requests that the chunk completes.
    mutating func split(_ chunk: some Collection<UInt8>) -> Frames

    /// What is left when the stream has ended.
    mutating func finish() -> Frames

    /// What the frame's bytes ask.
    static func request(_ bytes: [UInt8], in range: Range<Int>) -> StreamRequest

    /// Why a frame can't be read.
    static func problem(_ fault: Frames.Fault) -> Problem
}

/// Answers one after another, as they are sent.
protocol StreamAnswers {
    var bytes: [UInt8] { get }

    init()

    mutating func add(_ answer: Answer, key: String)
    mutating func add(_ problem: Problem, key: String?)
}

/// Bytes of a stream, and where requests stand in them.
struct Frames: Sendable {
    enum Fault: Sendable { case tooLong, truncated }

    enum Frame: Sendable {
        case whole(Range<Int>)
        case faulty(Fault)
    }

    let bytes: [UInt8]
    let frames: [Frame]

    static let none = Frames(bytes: [], frames: [])
}

/// What one request of a stream asks.
struct StreamRequest {
    var key: String?
    var expected: Version?
    var correlation = ""
    /// The command, or why there is none.
    var command: Result<any Command, Problem>
}
