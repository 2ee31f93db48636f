/// The memory of a process while something goes on, looked at ten times a second.
struct MemorySamples: Encodable {
    private let process: Int32
    private var next: UInt64 = 0
    private(set) var samples = 0
    private(set) var anonymousBytesFirst = 0
    private(set) var anonymousBytesMax = 0
    private(set) var anonymousBytesLast = 0
    private static let intervalNanoseconds: UInt64 = 100_000_000

    private enum CodingKeys: CodingKey {
        case samples, anonymousBytesFirst, anonymousBytesMax, anonymousBytesLast
    }

    init(of process: Int32) { self.process = process }

    /// Looks, where it is time to.
    mutating func take(at now: UInt64) throws {
        guard now >= next else { return }
        next = now + Self.intervalNanoseconds
        let bytes = try ProcessMemory(of: process).anonymousBytes
        if samples == 0 { anonymousBytesFirst = bytes }
        anonymousBytesMax = max(anonymousBytesMax, bytes)
        anonymousBytesLast = bytes
        samples += 1
    }
}
