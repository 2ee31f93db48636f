import Crypto
import Foundation
import LMDB
package import Ledger
import SwiftProtobuf
import Synchronization

/// The keys of persons. Personal data in the log is readable only with its person's key, so that destroying the
/// key erases the person and leaves the log as it was. The keys are the one thing here that the log can't bring back.
package final class Keyring: Sendable {
    private let environment: Environment
    private let keys: Database
    /// Keys made for commands which are not yet durable.
    private let unsaved = Mutex<[String: SymmetricKey]>([:])

    /// - Throws: `EventStoreError.directory` where the files can't be opened.
    init(directory: String, readOnly: Bool) throws(EventStoreError) {
        var options = Environment.Options()
        options.readOnly = readOnly
        options.mapSizeBytes = 16 << 30
        do throws(LMDBError) {
            environment = try Environment(directory: directory, options: options)
            keys = try environment.database(named: "persons", options: readOnly ? [] : [.create])
        } catch {
            throw EventStoreError(
                .directory,
                "The keys of persons in \(directory) can't be opened. Check owner and permissions; where they are damaged, restore them from the same copy as the log.",
                cause: error)
        }
    }

    /// Encrypts under the person's key, making one for a new person. Save before the result is stored.
    func seal(_ contact: Contact, person: String) throws -> [UInt8] {
        let plain: [UInt8] = try Daybook_V1_Contact(contact).serializedBytes()
        let box = try AES.GCM.seal(plain, using: try keyToSeal(person), authenticating: Array(person.utf8))
        guard let combined = box.combined else { preconditionFailure("a nonce of twelve bytes always combines") }
        return Array(combined)
    }

    /// Decrypts; nil where the person's key was destroyed.
    /// - Throws: `EventStoreError.corrupt` where the key is there and the data is not what was sealed.
    package func open(_ box: [UInt8], person: String) throws -> Contact? {
        guard let key = try key(of: person) else { return nil }
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

    /// Makes the new keys durable. Nothing sealed with them may be stored before.
    func save() throws(EventStoreError) {
        let batch = unsaved.withLock { $0 }
        guard !batch.isEmpty else { return }
        do {
            try environment.write { transaction in
                for (person, key) in batch {
                    try transaction.put(keys, key: Self.storageKey(person), value: key.withUnsafeBytes { Array($0) })
                }
            }
        } catch let error as LMDBError where error.isDiskFull {
            throw .diskFull(cause: error)
        } catch let error as CommitFailed where error.outcome == .diskFull {
            throw .diskFull(cause: error)
        } catch {
            throw EventStoreError(
                .poisoned, "Writing the keys of persons failed. The process must stop; start it again.", cause: error)
        }
        unsaved.withLock { $0 = [:] }
    }

    /// Forgets the keys of commands which were not stored after all.
    func discardUnsaved() {
        unsaved.withLock { $0 = [:] }
    }

    private func keyToSeal(_ person: String) throws -> SymmetricKey {
        if let key = try key(of: person) { return key }
        let key = SymmetricKey(size: .bits256)
        unsaved.withLock { $0[person] = key }
        return key
    }

    private func key(of person: String) throws -> SymmetricKey? {
        if let key = unsaved.withLock({ $0[person] }) { return key }
        return try environment.read { try $0.get(keys, key: Self.storageKey(person)) }.map { SymmetricKey(data: $0) }
    }

    /// Persons' names may be longer than LMDB's keys.
    private static func storageKey(_ person: String) -> [UInt8] {
        Array(SHA256.hash(data: Array(person.utf8)))
    }
}
