import CLMDB

/// A named database of an environment: a sorted map from keys to bytes. Valid as long as its environment.
///
/// Keys are either all `UInt64`, in numerical order, or all byte strings of 1 to `keyBytesMax` bytes, in
/// lexicographical order. Using the other form of key is a programming error and stops the program.
package struct Database: Sendable {
    package struct Options: OptionSet, Sendable {
        package let rawValue: UInt32

        package init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        /// Keys are `UInt64`, stored in the machine's own byte order.
        package static let integerKey = Options(rawValue: UInt32(MDB_INTEGERKEY))

        /// Creates the database where it is missing.
        package static let create = Options(rawValue: UInt32(MDB_CREATE))

        var flags: UInt32 { rawValue }
    }

    package let name: String
    package let hasIntegerKeys: Bool
    let handle: MDB_dbi

    func requireIntegerKeys() {
        precondition(hasIntegerKeys, "The database \(name) has byte keys; LMDB would compare other bytes than these.")
    }

    func requireByteKeys() {
        precondition(!hasIntegerKeys, "The database \(name) has integer keys; LMDB would read eight bytes of any key.")
    }
}
