import CLMDB
import Glibc

extension Environment {
    /// The size of `data.mdb`. It never shrinks; freed pages are used again.
    package var sizeOnDiskBytes: Int {
        get throws(LMDBError) {
            var status = stat()
            guard fstat(try dataFile(), &status) == 0 else { throw LMDBError(rawValue: errno) }
            return Int(status.st_size)
        }
    }

    /// The part of the map that is taken, pages on the free list included: at `mapSizeBytes` writing ends.
    package var pagesUsedBytes: Int {
        get throws(LMDBError) {
            var information = MDB_envinfo()
            var statistics = MDB_stat()
            try LMDBError.check(mdb_env_info(handle, &information))
            try LMDBError.check(mdb_env_stat(handle, &statistics))
            // A damaged meta page may say anything.
            let (last, isNone) = UInt(bitPattern: information.me_last_pgno).addingReportingOverflow(1)
            let (bytes, isTooMany) = last.multipliedReportingOverflow(by: UInt(statistics.ms_psize))
            return isNone || isTooMany ? .max : Int(clamping: bytes)
        }
    }

    /// The most that the file may grow to.
    package var mapSizeBytes: Int {
        get throws(LMDBError) {
            var information = MDB_envinfo()
            try LMDBError.check(mdb_env_info(handle, &information))
            return information.me_mapsize
        }
    }

    /// The longest key that LMDB takes: 511 bytes unless the library was built otherwise.
    package var keyBytesMax: Int {
        Int(mdb_env_get_maxkeysize(handle))
    }

    /// Frees the slots of readers whose process died, and returns how many there were.
    ///
    /// A dead reader holds its snapshot for ever and makes the file grow: call it at the start and now and then.
    @discardableResult
    package func readerCheck() throws(LMDBError) -> Int {
        var dead: Int32 = 0
        try LMDBError.check(mdb_reader_check(handle, &dead))
        return Int(dead)
    }

    func dataFile() throws(LMDBError) -> Int32 {
        var descriptor: mdb_filehandle_t = -1
        try LMDBError.check(mdb_env_get_fd(handle, &descriptor))
        return descriptor
    }
}
