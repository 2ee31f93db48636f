import CZlib

/// Decodes gzip by zlib, member after member. Zero bytes after a member are padding, as for `gzip` itself.
final class GzipDecoder: Decoder {
    private let name: String
    /// On the heap, for zlib's state points back at it.
    private let stream: UnsafeMutablePointer<z_stream>
    private var betweenMembers = false

    init(name: String) throws(DecompressionError) {
        self.name = name
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let gzipOnly: Int32 = 16
        let code = inflateInit2_(stream, MAX_WBITS + gzipOnly, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard code == Z_OK else {
            stream.deallocate()
            throw .outOfMemory(name, code)
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    func decode(
        _ input: UnsafeRawBufferPointer, isLast: Bool, into output: UnsafeMutableRawBufferPointer
    ) throws(DecompressionError) -> DecodingStep {
        let padding = betweenMembers ? input.prefix { $0 == 0 }.count : 0
        if betweenMembers && padding == input.count {
            return DecodingStep(consumed: padding, produced: 0, isEnd: isLast)
        }
        if betweenMembers {
            inflateReset(stream)
            betweenMembers = false
        }
        var step = try inflate(UnsafeRawBufferPointer(rebasing: input[padding...]), isLast, output)
        step.consumed += padding
        return step
    }

    private func inflate(
        _ input: UnsafeRawBufferPointer, _ isLast: Bool, _ output: UnsafeMutableRawBufferPointer
    ) throws(DecompressionError) -> DecodingStep {
        let bytes = UnsafeMutableRawBufferPointer(mutating: input)
        stream.pointee.next_in = bytes.baseAddress?.assumingMemoryBound(to: Bytef.self)
        stream.pointee.avail_in = uInt(bytes.count)
        stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: Bytef.self)
        stream.pointee.avail_out = uInt(output.count)
        let code = CZlib.inflate(stream, Z_NO_FLUSH)
        switch code {
        case Z_OK: break
        case Z_STREAM_END: betweenMembers = true
        case Z_BUF_ERROR where isLast: throw .truncated(name, code)
        case Z_BUF_ERROR: break
        case Z_MEM_ERROR: throw .outOfMemory(name, code)
        default: throw .corrupt(name, code, stream.pointee.msg.map { String(cString: $0) })
        }
        return DecodingStep(
            consumed: input.count - Int(stream.pointee.avail_in),
            produced: output.count - Int(stream.pointee.avail_out),
            isEnd: false
        )
    }
}
