import CLZMA

/// Decodes .xz by liblzma, stream after stream.
final class XZDecoder: Decoder {
    private let name: String
    private let memoryBytesMax: Int
    /// On the heap, so that it stays where liblzma saw it.
    private let stream: UnsafeMutablePointer<lzma_stream>

    init(name: String, memoryBytesMax: Int) throws(DecompressionError) {
        self.name = name
        self.memoryBytesMax = memoryBytesMax
        stream = .allocate(capacity: 1)
        stream.initialize(to: lzma_stream())  // All zero, as LZMA_STREAM_INIT.
        // LZMA_TELL_UNSUPPORTED_CHECK and LZMA_CONCATENATED, whose macros Swift does not import.
        let code = lzma_stream_decoder(stream, UInt64(memoryBytesMax), 0x02 | 0x08)
        guard code == LZMA_OK else {
            stream.deallocate()
            throw .outOfMemory(name, Int32(code.rawValue))
        }
    }

    deinit {
        lzma_end(stream)
        stream.deallocate()
    }

    func decode(
        _ input: UnsafeRawBufferPointer, isLast: Bool, into output: UnsafeMutableRawBufferPointer
    ) throws(DecompressionError) -> DecodingStep {
        stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_in = input.count
        stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = output.count
        // Only LZMA_FINISH tells the decoder that no further stream follows.
        let code = lzma_code(stream, isLast ? LZMA_FINISH : LZMA_RUN)
        try check(code, isLast)
        return DecodingStep(
            consumed: input.count - stream.pointee.avail_in,
            produced: output.count - stream.pointee.avail_out,
            isEnd: code == LZMA_STREAM_END
        )
    }

    private func check(_ code: lzma_ret, _ isLast: Bool) throws(DecompressionError) {
        let number = Int32(code.rawValue)
        switch code {
        case LZMA_OK, LZMA_STREAM_END: break
        case LZMA_BUF_ERROR where isLast: throw .truncated(name, number)
        case LZMA_BUF_ERROR: break
        case LZMA_MEM_ERROR: throw .outOfMemory(name, number)
        case LZMA_MEMLIMIT_ERROR: throw .memoryLimit(name, number, lzma_memusage(stream), memoryBytesMax)
        case LZMA_OPTIONS_ERROR, LZMA_UNSUPPORTED_CHECK: throw .unsupported(name, number)
        case LZMA_FORMAT_ERROR: throw .corrupt(name, number, "something else follows the compressed data")
        default: throw .corrupt(name, number, nil)
        }
    }
}
