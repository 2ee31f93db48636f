/// Everything that happened in a run, as one number: FNV-1a over the words and bytes.
final class Trace {
    private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    /// The last words, for a person who looks for the cause of a failure.
    private(set) var words: [String] = []
    let keepsWords: Bool

    init(keepsWords: Bool) { self.keepsWords = keepsWords }

    func note(_ text: String) {
        var text = text
        text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
        if keepsWords { words.append(text) }
    }

    func note(bytes: [UInt8]) { bytes.withUnsafeBytes { add($0) } }

    private func add(_ bytes: UnsafeRawBufferPointer) {
        var hash = hash
        for word in 0..<bytes.count / 8 {
            hash = (hash ^ bytes.loadUnaligned(fromByteOffset: 8 * word, as: UInt64.self)) &* 0x0000_0100_0000_01B3
            hash ^= hash >> 29
        }
        for index in bytes.count / 8 * 8..<bytes.count { hash = (hash ^ UInt64(bytes[index])) &* 0x0000_0100_0000_01B3 }
        self.hash = (hash ^ UInt64(bytes.count)) &* 0x0000_0100_0000_01B3
    }
}
