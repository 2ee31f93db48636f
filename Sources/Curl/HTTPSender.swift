import CCurl

/// Sends HTTP requests one after another, on the calling thread, over a connection that is kept between them. Certificates are
/// checked, redirects are not followed, and the body of an answer is not kept.
///
/// One thread at a time: a sender is not `Sendable`.
package final class HTTPSender {
    package struct Answer: Equatable, Sendable {
        package let status: Int
        /// What the answer asked to wait for; nil where it asked for nothing.
        package let retryAfterSeconds: Int?
    }

    /// The answer's body is read up to here; one that is longer is a failure.
    private static let answerBytesMax = 1 << 20
    private static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    private let handle: UnsafeMutableRawPointer

    package init() throws(HTTPFailure) {
        guard Self.isReady, let handle = curl_easy_init() else { throw HTTPFailure("libcurl could not be set up") }
        self.handle = handle
    }

    deinit { curl_easy_cleanup(handle) }

    /// Posts a body and waits for the answer, whatever its status.
    ///
    /// - Parameters:
    ///   - fields: of the head.
    ///   - seconds: for all of it, until the answer's end.
    ///   - stop: ends it within about a second.
    /// - Throws: where there was no answer, with the reason.
    package func post(
        _ body: [UInt8], to url: String, fields: [(name: String, value: String)], within seconds: Double,
        stop: StopSignal = StopSignal()
    ) throws(HTTPFailure) -> Answer {
        curl_easy_reset(handle)
        var list: UnsafeMutablePointer<curl_slist>?
        defer { curl_slist_free_all(list) }
        // No question whether a body is welcome: it is sent with its head.
        for line in fields.map({ "\($0.name): \($0.value)" }) + ["Expect:"] { list = curl_slist_append(list, line) }
        var bytesLeft = Self.answerBytesMax
        let code = withUnsafeMutablePointer(to: &bytesLeft) { bytesLeft in
            body.withUnsafeBytes { bytes in
                url.withCString { url in
                    send(url, list, bytes, milliseconds: Int(seconds * 1_000), bytesLeft, stop)
                }
            }
        }
        guard code == CURLE_OK else { throw HTTPFailure(String(cString: curl_easy_strerror(code))) }
        return answer()
    }

    private func send(
        _ url: UnsafePointer<CChar>, _ fields: UnsafeMutablePointer<curl_slist>?, _ body: UnsafeRawBufferPointer,
        milliseconds: Int, _ bytesLeft: UnsafeMutablePointer<Int>, _ stop: StopSignal
    ) -> CURLcode {
        let steps: [() -> CURLcode] = [
            { daybook_curl_set_text(self.handle, CURLOPT_URL, url) },
            { daybook_curl_set_text(self.handle, CURLOPT_PROTOCOLS_STR, "http,https") },
            { daybook_curl_set_number(self.handle, CURLOPT_NOSIGNAL, 1) },
            { daybook_curl_set_number(self.handle, CURLOPT_POST, 1) },
            { daybook_curl_set_body(self.handle, body.baseAddress, curl_off_t(body.count)) },
            { daybook_curl_set_fields(self.handle, fields) },
            { daybook_curl_set_number(self.handle, CURLOPT_TIMEOUT_MS, milliseconds) },
            { daybook_curl_discard_answer(self.handle, bytesLeft) },
            { daybook_curl_stop_when(self.handle, stop.flag) },
            { curl_easy_perform(self.handle) },
        ]
        for step in steps {
            let code = step()
            guard code == CURLE_OK else { return code }
        }
        return CURLE_OK
    }

    private func answer() -> Answer {
        var status = 0
        var seconds: curl_off_t = 0
        _ = daybook_curl_status(handle, &status)
        _ = daybook_curl_retry_after(handle, &seconds)
        return Answer(status: status, retryAfterSeconds: seconds > 0 ? Int(seconds) : nil)
    }
}

/// Why there was no answer, as the end of a sentence.
package struct HTTPFailure: Error, CustomStringConvertible, Sendable {
    package let description: String

    init(_ description: String) { self.description = description }
}

/// Ends a request from another thread.
package final class StopSignal: Sendable {
    // Written and read by atomic operations alone, and as long as this lives.
    nonisolated(unsafe) let flag: UnsafeMutablePointer<Int32>

    package init() {
        flag = .allocate(capacity: 1)
        flag.initialize(to: 0)
    }

    deinit { flag.deallocate() }

    /// For good.
    package func stop() { daybook_curl_stop(flag) }
}
