/// Reads a file or standard input in chunks, decompressing it where its first bytes say .xz or gzip.
///
/// The format is recognised by content, never by name. Concatenated xz streams and gzip files of several members are
/// read as one. The end is reported only after every checksum was verified: truncated or damaged input is an error, and
/// so is anything that follows it. What was returned before an error is unverified, unless the format checks by block.
/// Memory stays bounded: a chunk out, a buffer in, and what the decoder needs, at most `memoryBytesMax`.
///
/// Not Sendable: one task or thread at a time. Calls block.
package final class DecompressingReader {
    package static let standardInput = "-"
    package static let chunkBytesMax = 256 << 10

    private let decoder: any Decoder
    private let input: InputBuffer
    private var ended = false

    /// Opens a file, or standard input for `-`, and reads its first bytes.
    ///
    /// - Parameter memoryBytesMax: What an xz file may demand for its dictionary. `xz -9` needs 65 MiB.
    package init(path: String, memoryBytesMax: Int = 256 << 20) throws(DecompressionError) {
        input = InputBuffer(try InputFile(path))
        try input.fill(atLeast: Format.magicBytesMax)
        decoder =
            switch Format(recognising: input.contents) {
            case .plain: PlainDecoder()
            case .gzip: try GzipDecoder(name: input.file.name)
            case .xz: try XZDecoder(name: input.file.name, memoryBytesMax: memoryBytesMax)
            }
    }

    /// The next chunk of decompressed bytes, 1 to `chunkBytesMax` of them, or nil at the end.
    ///
    /// Returns a smaller chunk rather than wait for input that is still to come. After an error, nil.
    package func next() throws(DecompressionError) -> [UInt8]? {
        if ended { return nil }
        do throws(DecompressionError) {
            let chunk = try [UInt8](unsafeUninitializedCapacity: Self.chunkBytesMax) {
                (buffer, count) throws(DecompressionError) in
                count = try decode(into: UnsafeMutableRawBufferPointer(buffer))
            }
            return chunk.isEmpty ? nil : chunk
        } catch {
            ended = true
            throw error
        }
    }

    /// All the rest at once. Not for input whose size nobody has bounded.
    package func readAll() throws(DecompressionError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(sizeEstimate)
        while let chunk = try next() { bytes.append(contentsOf: chunk) }
        return bytes
    }

    /// How many bytes of the file were read, before decompression: with `fileBytes`, the progress.
    package var fileBytesRead: Int { input.file.bytesRead }

    /// The size of the file before decompression, or nil for pipes and terminals.
    package var fileBytes: Int? { input.file.size }

    /// Texts shrink to a fifth or so; a wrong guess costs a copy, and the cap keeps it from costing memory.
    private var sizeEstimate: Int {
        guard let size = input.file.size else { return Self.chunkBytesMax }
        return decoder is PlainDecoder ? size : min(size, 64 << 20) * 5
    }

    private func decode(into output: UnsafeMutableRawBufferPointer) throws(DecompressionError) -> Int {
        var count = 0
        while count < output.count {
            if input.isEmpty && !input.atEnd {
                if count > 0 { break }
                try input.fill(atLeast: 1)
            }
            let rest = UnsafeMutableRawBufferPointer(rebasing: output[count...])
            let step = try decoder.decode(input.contents, isLast: input.atEnd, into: rest)
            input.drop(step.consumed)
            count += step.produced
            if step.isEnd {
                ended = true
                break
            }
        }
        return count
    }
}
