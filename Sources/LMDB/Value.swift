import CLMDB

extension MDB_val {
    /// Points at bytes that LMDB will only read.
    init(_ bytes: UnsafeRawBufferPointer) {
        self.init(mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
    }
}

extension UnsafeRawBufferPointer {
    init(_ value: MDB_val) {
        self.init(start: value.mv_data, count: value.mv_size)
    }
}

/// Lends an integer key as LMDB takes it: eight bytes in the machine's own order, in aligned memory.
func withValue<R, E: Error>(of integer: UInt64, _ body: (inout MDB_val) throws(E) -> R) throws(E) -> R {
    try withUnsafeBytes(of: integer) { (bytes) throws(E) in
        var value = MDB_val(bytes)
        return try body(&value)
    }
}

func withValue<R, E: Error>(of bytes: RawSpan, _ body: (inout MDB_val) throws(E) -> R) throws(E) -> R {
    try bytes.withUnsafeBytes { (bytes) throws(E) in
        var value = MDB_val(bytes)
        return try body(&value)
    }
}
