import HTTPTypes
import NIOCore

/// Stands between the socket and the HTTP parser of one connection: lets through whole heads that mean one thing only,
/// one request at a time, keeps the client to its deadlines, and refuses what is too much before it has cost anything.
///
/// Whatever it refuses it answers itself, and no byte of that request goes further, unless the head was good and the
/// body is not: then the route finds its body broken off.
final class ConnectionGuard: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    enum Phase {
        /// Between two requests.
        case idle
        case head
        case body
        /// The whole request is passed on, and not yet answered.
        case answering
        /// There is too much to do for the request, which will be said in a moment.
        case shedding
        /// The last word is said; what still comes in is thrown away until the client has closed, too.
        case closing
    }

    let rules: ConnectionRules
    /// Why this connection serves no request at all, where that is so.
    private let refusal: Problem?

    private(set) var phase = Phase.idle
    /// Bytes not passed on yet. The first `checked` of them are good.
    private var held = ByteBuffer()
    private var checked = 0
    private var parser: RequestHeadParser
    private var body: BodyScanner?
    /// Whether the body belongs to a request that was refused, and is read over.
    private var discardsBody = false
    private var head = RequestHead()
    private var isStream = false
    private var mayBeShed = false
    private var ticket: Admission.Ticket?
    private var responseBegan = false
    private var responseEnded = false
    private var closesAfterFlush = false
    /// Whether the server is stopping: the request in hand is the last one.
    private var isQuiescing = false
    /// Reading, or the end of input, that waits until held requests had their turn.
    private var holdsRead = false
    private var holdsInputClosed = false
    private var clock: ConnectionClock
    private var context: ChannelHandlerContext?

    init(_ rules: ConnectionRules, refusal: Problem? = nil) {
        self.rules = rules
        self.refusal = refusal
        parser = RequestHeadParser(rules.limits)
        clock = ConnectionClock(rules.limits)
    }

    // MARK: The connection

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    private func begin(_ context: ChannelHandlerContext) {
        clock.begin(.idle, at: context.eventLoop.now)
        scheduleCheck(context)
        if let refusal { refuse(refusal, context) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave(context)
        clock.cancel()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        clock.cancel()
        self.context = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { isQuiescing = true }
        guard let event = event as? ChannelEvent, event == .inputClosed else {
            return context.fireUserInboundEventTriggered(event)
        }
        switch phase {
        case .head, .body: refuse(.malformed("the connection ended within it"), context)
        case .closing: context.close(mode: .all, promise: nil)
        case .shedding: holdsInputClosed = true
        case .answering where held.readableBytes > 0: holdsInputClosed = true
        case .idle, .answering: context.fireUserInboundEventTriggered(event)
        }
    }

    // MARK: Bytes from the client

    func read(context: ChannelHandlerContext) {
        // A client that sends its next requests before it has its answers waits with them in its own memory.
        if isOccupied, held.readableBytes > 0 {
            holdsRead = true
        } else {
            clock.awaitsBytes = true
            context.read()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        clock.awaitsBytes = false
        guard phase != .closing else { return }
        var bytes = unwrapInboundIn(data)
        clock.received += bytes.readableBytes
        if held.readableBytes == 0 {
            held = bytes
        } else {
            held.writeBuffer(&bytes)
        }
        advance(context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        if phase == .closing { context.read() }
    }

    /// Whether the next request has to wait.
    private var isOccupied: Bool { phase == .answering || phase == .shedding }

    /// Looks at the bytes that are held, and passes on or answers what is complete.
    private func advance(_ context: ChannelHandlerContext) {
        do throws(Problem) {
            while checked < held.readableBytes, !isOccupied, phase != .closing {
                switch phase {
                case .idle, .head: try advanceHead(context)
                case .body: try advanceBody(context)
                case .answering, .shedding, .closing: break
                }
                if phase == .head { break }
            }
        } catch {
            return refuse(error, context)
        }
        passOn(context)
        // An empty buffer that is kept is one that can't be read into again.
        if held.readableBytes == 0 { held = ByteBuffer() }
    }

    private func advanceHead(_ context: ChannelHandlerContext) throws(Problem) {
        passOn(context)  // What is left of the request before.
        if phase == .idle {
            phase = .head
            parser = RequestHeadParser(rules.limits)
            clock.begin(.head, at: context.eventLoop.now)
        }
        let isComplete = try held.withReadableTyped { bytes throws(Problem) in
            let isComplete = try parser.parse(bytes)
            if isComplete {
                head = parser.head
                isStream = rules.isStream(head, bytes)
                mayBeShed = rules.isShed(head, isStream: isStream, bytes)
            }
            return isComplete
        }
        if isComplete { try takeHead(context) }
    }

    private func takeHead(_ context: ChannelHandlerContext) throws(Problem) {
        let now = context.eventLoop.now
        responseBegan = false
        responseEnded = false
        discardsBody = false
        let scanner = try BodyScanner(head.body, bytesMax: isStream ? nil : rules.limits.bodyBytesMax)
        if mayBeShed, rules.admission.isFull(at: now) { return try shed(scanner, context) }
        checked = dropUpgrade()
        if head.expectsContinue, !scanner.isComplete, held.readableBytes == checked {
            say(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n"), context)
        }
        enter(scanner, at: now)
    }

    /// Takes the lines out of the head that ask for another protocol: the parser would stop behind such a head. Says how
    /// many bytes the head has then.
    private func dropUpgrade() -> Int {
        guard !head.upgradeLines.isEmpty else { return parser.byteCount }
        let bytes = held.readableBytesView
        var kept = ByteBuffer()
        var start = bytes.startIndex
        for line in head.upgradeLines {
            kept.writeBytes(bytes[start..<bytes.startIndex + line.lowerBound])
            start = bytes.startIndex + line.upperBound
        }
        kept.writeBytes(bytes[start...])
        let dropped = bytes.count - kept.readableBytes
        held = kept
        return parser.byteCount - dropped
    }

    private func enter(_ scanner: BodyScanner, at now: NIODeadline) {
        if scanner.isComplete {
            body = nil
            bodyEnded(at: now)
        } else {
            body = scanner
            phase = .body
            clock.begin(isStream ? .stream : .body, at: now)
        }
    }

    private func advanceBody(_ context: ChannelHandlerContext) throws(Problem) {
        let start = checked
        let count = try held.withReadableTyped { bytes throws(Problem) in
            try body?.take(UnsafeRawBufferPointer(rebasing: bytes[start...])) ?? 0
        }
        if discardsBody {
            held.moveReaderIndex(forwardBy: count)
        } else {
            checked += count
        }
        if body?.isComplete ?? true { bodyEnded(at: context.eventLoop.now) }
    }

    private func bodyEnded(at now: NIODeadline) {
        body = nil
        if responseEnded || discardsBody {
            phase = .idle
            clock.begin(.idle, at: now)
        } else {
            // Not before: who is slow to send a body must not take the place of those who are ready.
            if mayBeShed { ticket = rules.admission.enter(at: now) }
            phase = .answering
            clock.begin(.answering, at: now)
        }
    }

    private func passOn(_ context: ChannelHandlerContext) {
        guard checked > 0 else { return }
        let count = checked
        checked = 0
        if count == held.readableBytes {
            let all = held
            held = ByteBuffer()
            context.fireChannelRead(wrapInboundOut(all))
        } else if let slice = held.readSlice(length: count) {
            context.fireChannelRead(wrapInboundOut(slice))
        }
    }

    // MARK: Refusing

    /// Answers that there is too much to do, in a moment. The connection goes on, where the request's body is short or at
    /// hand.
    private func shed(_ scanner: BodyScanner, _ context: ChannelHandlerContext) throws(Problem) {
        if case .length(let length) = head.body, length > 64 << 10 { throw ConnectionRules.overload }
        guard head.keepsAlive, head.body != .chunked, !head.expectsContinue else { throw ConnectionRules.overload }
        held.moveReaderIndex(forwardBy: parser.byteCount)
        phase = .shedding
        let now = context.eventLoop.now
        ticket = rules.admission.refuse(at: now)
        clock.begin(.answering, at: now)
        context.eventLoop.assumeIsolated().scheduleTask(in: .microseconds(rules.limits.shedMicroseconds)) {
            self.endShedding(scanner)
        }
    }

    private func endShedding(_ scanner: BodyScanner) {
        guard phase == .shedding, let context, context.channel.isActive else { return }
        leave(context)
        discardsBody = true
        say(head.method == .head ? rules.overloadedBodiless : rules.overloaded, context)
        enter(scanner, at: context.eventLoop.now)
        resume(context)
    }

    /// Says the last word of this connection, where a word can still be said, and closes it.
    private func refuse(_ problem: Problem, _ context: ChannelHandlerContext) {
        guard phase != .closing else { return }
        leave(context)
        held = ByteBuffer()
        checked = 0
        // What was begun can't be taken back, and what is answered is not answered twice.
        if phase == .body || phase == .answering, responseBegan || discardsBody {
            phase = .closing
            return context.close(mode: .all, promise: nil)
        }
        let method = phase == .head ? parser.head.method : head.method
        say(problem.rawAnswer(closes: true, bodiless: method == .head), context)
        linger(context)
    }

    private func say(_ answer: ByteBuffer, _ context: ChannelHandlerContext) {
        clock.written += answer.readableBytes
        context.writeAndFlush(wrapOutboundOut(.byteBuffer(answer)), promise: nil)
    }

    /// Closes what goes out, and goes on reading for a while: a socket closed on unread bytes is reset, and the client may
    /// never see its answer.
    private func linger(_ context: ChannelHandlerContext) {
        phase = .closing
        clock.begin(.closing, at: context.eventLoop.now)
        context.close(mode: .output, promise: nil)
        context.read()
    }

    private func leave(_ context: ChannelHandlerContext) {
        guard let ticket = ticket.take() else { return }
        rules.admission.leave(ticket, at: context.eventLoop.now)
    }

    // MARK: Answers

    /// The head of a route's response is being written. Says whether another request may follow it.
    ///
    /// - Parameter isStream: it may go on for ever, at the client's pace, and is no longer one of those that are in hand.
    func beganResponse(isStream: Bool) -> Bool {
        responseBegan = true
        if isStream, let context { leave(context) }
        return keepsAlive
    }

    private var keepsAlive: Bool { head.keepsAlive && !isQuiescing }

    /// The end of a route's response was written.
    func endedResponse() {
        responseEnded = true
        guard let context else { return }
        leave(context)
        guard keepsAlive else {
            closesAfterFlush = true
            return
        }
        guard phase == .answering else { return }
        phase = .idle
        clock.begin(.idle, at: context.eventLoop.now)
        // Not within the write that brought us here.
        context.eventLoop.assumeIsolated().execute { self.resume(context) }
    }

    /// Goes on with what waited while the connection was occupied.
    private func resume(_ context: ChannelHandlerContext) {
        guard held.readableBytes > 0 || holdsRead || holdsInputClosed, !isOccupied, phase != .closing else { return }
        advance(context)
        context.fireChannelReadComplete()
        guard !isOccupied || held.readableBytes == 0 else { return }
        if holdsInputClosed {
            holdsInputClosed = false
            userInboundEventTriggered(context: context, event: ChannelEvent.inputClosed)
        } else if holdsRead {
            holdsRead = false
            read(context: context)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard phase != .closing else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        clock.written += unwrapOutboundIn(data).readableBytes
        context.write(data, promise: promise)
    }

    func flush(context: ChannelHandlerContext) {
        context.flush()
        if closesAfterFlush, phase != .closing { linger(context) }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .output else { return context.close(mode: mode, promise: promise) }
        guard phase != .closing else {
            promise?.succeed(())
            return
        }
        context.flush()
        linger(context)
        promise?.succeed(())
    }

    // MARK: Time

    private func scheduleCheck(_ context: ChannelHandlerContext) {
        clock.check = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(rules.limits.checkSeconds)) {
            self.check(context)
        }
    }

    private func check(_ context: ChannelHandlerContext) {
        let buffered = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        let acknowledged = buffered > 0 ? context.channel.acknowledgedBytes : nil
        switch clock.verdict(at: context.eventLoop.now, buffered: buffered, acknowledged: acknowledged) {
        case .fine: break
        case .late(let problem): refuse(problem, context)
        case .gone:
            leave(context)
            return context.close(mode: .all, promise: nil)
        }
        if context.channel.isActive { scheduleCheck(context) }
    }
}

extension Channel {
    /// How many bytes the other end of a TCP connection has acknowledged; nil where that can't be had. On its event loop.
    fileprivate var acknowledgedBytes: Int? {
        guard let provider = self as? any SocketOptionProvider else { return nil }
        var acknowledged: UInt64?
        // tcpi_bytes_acked of struct tcp_info, linux/tcp.h, is its 16th part of eight bytes.
        let info: EventLoopFuture<[16 of UInt64]> = provider.unsafeGetSocketOption(level: .tcp, name: .tcp_info)
        info.assumeIsolated().whenSuccess { acknowledged = $0[15] }
        return acknowledged.flatMap { Int(exactly: $0) }
    }
}

extension ByteBuffer {
    /// `withUnsafeReadableBytes`, for errors of one type.
    fileprivate func withReadableTyped<R, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        let result = withUnsafeReadableBytes { bytes -> Result<R, E> in
            do throws(E) { return .success(try body(bytes)) } catch { return .failure(error) }
        }
        return try result.get()
    }
}
