/// One format's decoder, from bytes to bytes. A class, for the C libraries keep pointers to their own state.
protocol Decoder: AnyObject {
    /// Decodes what it can. Always consumes, produces, ends or throws, unless `input` is empty and not the last.
    func decode(
        _ input: UnsafeRawBufferPointer, isLast: Bool, into output: UnsafeMutableRawBufferPointer
    ) throws(DecompressionError) -> DecodingStep
}

struct DecodingStep {
    var consumed: Int
    var produced: Int
    var isEnd: Bool
}

/// Passes bytes through.
final class PlainDecoder: Decoder {
    func decode(
        _ input: UnsafeRawBufferPointer, isLast: Bool, into output: UnsafeMutableRawBufferPointer
    ) -> DecodingStep {
        let count = min(input.count, output.count)
        output.copyMemory(from: UnsafeRawBufferPointer(rebasing: input[..<count]))
        return DecodingStep(consumed: count, produced: count, isEnd: isLast && count == input.count)
    }
}
