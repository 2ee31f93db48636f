import Glibc

/// The part of the map in which values lie that were read in passing.
///
/// What a process has mapped counts as its memory. To let go of it costs a read again no more than the mapping: the pages stay in the
/// system's cache.
package struct MappedStretch {
    private var begin = UInt.max
    private var end: UInt = 0

    package init() {}

    package mutating func add(_ value: RawSpan) {
        value.withUnsafeBytes { bytes in
            let address = UInt(bitPattern: bytes.baseAddress)
            begin = min(begin, address)
            end = max(end, address + UInt(bytes.count))
        }
    }

    /// Whoever reads there, now or later, has the pages mapped again.
    package func letGo() {
        let page = UInt(sysconf(Int32(_SC_PAGESIZE)))
        let start = begin / page * page
        guard start < end else { return }
        // It can fail only for addresses that are not mapped.
        _ = madvise(UnsafeMutableRawPointer(bitPattern: start), Int(end - start), MADV_DONTNEED)
    }
}
