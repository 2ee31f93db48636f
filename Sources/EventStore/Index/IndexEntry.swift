/// What the index keeps of a record.
struct IndexEntry: Sendable {
    let stream: Digest
    /// Of the command's key; nil for its second and later events.
    let key: Digest?
    let position: Position
    /// Of the record.
    let checksum: UInt32
}

extension Record {
    func indexEntry(_ digestKey: DigestKey) -> IndexEntry {
        IndexEntry(
            stream: digestKey.digest(of: stream), key: ordinal == 0 ? digestKey.digest(ofKey: key) : nil,
            position: position, checksum: checksum)
    }
}
