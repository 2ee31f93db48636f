import CLMDBFaults

/// What becomes of the process when a page is damaged so that LMDB, which has no checksums of them, is led beyond the end of
/// its file or to nowhere. There is no way back from that: LMDB was in the middle of something.
package enum PageFault {
    /// From now on the process then ends with this code and says on standard error which file it was and what to do; in place
    /// of a signal (SIGBUS, SIGSEGV) that says nothing of use. Other faults go where they went before.
    package static func endsProcess(code: Int32) {
        lmdb_explain_faults(code)
    }
}
