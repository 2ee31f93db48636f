import NIOCore

/// What must be known of a request before anybody else sees it.
struct RequestHead: Equatable {
    enum Body: Equatable {
        case none
        case length(Int)
        case chunked
    }

    /// Those that a path could take; the rest is refused unread.
    enum Method: String {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
        case options = "OPTIONS"
    }

    var method = Method.get
    /// Where the path stands in the bytes of the head, without what follows a question mark.
    var path = 0..<0
    var body = Body.none
    /// Whether the connection may serve another request after this one.
    var keepsAlive = true
    /// Whether the client waits for leave to send the body.
    var expectsContinue = false
    /// Where the lines that ask for another protocol stand: they are not passed on, as nobody would speak it.
    var upgradeLines: [Range<Int>] = []
}

extension TimeAmount {
    static func seconds(_ seconds: Double) -> TimeAmount { .nanoseconds(Int64(seconds * 1_000_000_000)) }
}
