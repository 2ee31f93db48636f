import Crypto
import Foundation
package import Ledger
import SwiftProtobuf
import Synchronization

/// The keys of persons. Personal data in the log is readable only with its person's key, so that destroying the
/// key erases the person and leaves the log as it was. The keys are the one thing here that the log can't bring back.
package final class Keyring: Sendable {
    private let keys: any KeyStore
    /// Keys made for commands which are not yet durable.
    private let unsaved = Mutex<[String: SymmetricKey]>([:])

    init(_ keys: any KeyStore) { self.keys = keys }

    /// Encrypts under the person's key, making one for a new person. Save before the result is stored.
    func seal(_ contact: Contact, person: String) throws -> [UInt8] {
        let plain: [UInt8] = try Daybook_V1_Contact(contact).serializedBytes()
        let box = try AES.GCM.seal(plain, using: try keyToSeal(person), authenticating: Array(person.utf8))
        guard let combined = box.combined else { preconditionFailure("a nonce of twelve bytes always combines") }
        return Array(combined)
    }

    /// Decrypts; nil where the person was erased: where nothing stands in the key's place. A key that is lost is no erased
    /// person.
    /// - Throws: `EventStoreError.corrupt` where the key is missing, or the data is not what was sealed.
    package func open(_ box: [UInt8], person: String) throws -> Contact? {
        guard let key = try key(of: person) else {
            throw EventStoreError.keyMissing(person)
        }
        guard key.bitCount > 0 else { return nil }
        do {
            let plain = try AES.GCM.open(
                AES.GCM.SealedBox(combined: box), using: key, authenticating: Array(person.utf8))
            return try Daybook_V1_Contact(serializedBytes: Array(plain)).value()
        } catch {
            throw EventStoreError(
                .corrupt,
                "The sealed data of person \"\(person)\" does not open with their key. Restore the keys directory from a copy.",
                cause: error)
        }
    }

    /// A person's key as it is stored, and under what: to be kept with a copy of the log.
    func stored(_ person: String) throws -> (person: [UInt8], key: [UInt8]) {
        let name = Self.storageKey(person)
        guard let key = try keys.get(name) else { throw EventStoreError.keyMissing(person) }
        return (name, key)
    }

    /// Takes keys over from a copy, durably.
    func restore(_ entries: [(key: [UInt8], value: [UInt8])]) throws(EventStoreError) { try keys.put(entries) }

    /// Makes the new keys durable. Nothing sealed with them may be stored before.
    func save() throws(EventStoreError) {
        let batch = unsaved.withLock { $0 }
        guard !batch.isEmpty else { return }
        try keys.put(batch.map { (Self.storageKey($0.key), $0.value.withUnsafeBytes { Array($0) }) })
        // Those alone: the next batch is being decided, and may have sealed for new persons meanwhile.
        unsaved.withLock { unsaved in for person in batch.keys { unsaved[person] = nil } }
    }

    /// Forgets the keys of commands which were not stored after all.
    func discardUnsaved() {
        unsaved.withLock { $0 = [:] }
    }

    private func keyToSeal(_ person: String) throws -> SymmetricKey {
        if let key = try key(of: person), key.bitCount > 0 { return key }
        let key = SymmetricKey(size: .bits256)
        unsaved.withLock { $0[person] = key }
        return key
    }

    private func key(of person: String) throws -> SymmetricKey? {
        if let key = unsaved.withLock({ $0[person] }) { return key }
        return try keys.get(Self.storageKey(person)).map { SymmetricKey(data: $0) }
    }

    /// Persons' names may be longer than LMDB's keys.
    static func storageKey(_ person: String) -> [UInt8] {
        Array(SHA256.hash(data: Array(person.utf8)))
    }
}

extension EventStoreError {
    fileprivate static func keyMissing(_ person: String) -> EventStoreError {
        EventStoreError(
            .corrupt,
            "The key of person \"\(person)\" is missing. Restore the keys directory from the same copy as the log.")
    }
}
