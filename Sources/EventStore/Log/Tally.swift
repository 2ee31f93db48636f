/// How many events there are, and a rolling hash of their checksums in order: one that is skipped, doubled, swapped or altered
/// changes it.
package struct Tally: Equatable, Sendable {
    package private(set) var count: Int64
    package private(set) var hash: UInt64

    package init(count: Int64 = 0, hash: UInt64 = 0) {
        self.count = count
        self.hash = hash
    }

    package mutating func add(_ checksum: UInt32) {
        count += 1
        // One step of FNV-1a over 64 bits, a whole checksum at a time (Fowler, Noll, Vo).
        hash = (hash ^ UInt64(checksum)) &* 0x0000_0100_0000_01B3 ^ UInt64(bitPattern: count)
    }
}
