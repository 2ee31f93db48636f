import Foundation

/// A file in a data directory that is kept from before its log was migrated: it names the place that another directory has
/// taken. In the directory that is at that place it means nothing, so that it can be written before both change places.
struct SupersededMark {
    private let directory: String
    private let path: String

    init(of directory: String) {
        self.directory = directory
        path = directory + "/superseded"
    }

    /// Whether another directory is at the place that this one had.
    var isThere: Bool {
        guard let place = FileManager.default.contents(atPath: path) else { return false }
        guard let other = Self.identity(of: String(decoding: place, as: UTF8.self)) else { return true }
        return other != Self.identity(of: directory)
    }

    func write(_ place: String) throws { try DurableFile.write(place, to: path) }

    /// Removes what a migration left that was interrupted before the directories changed places, or one that was taken back.
    func removeWhereMeaningless() throws {
        guard !isThere, FileManager.default.fileExists(atPath: path) else { return }
        try FileManager.default.removeItem(atPath: path)
    }

    private static func identity(of directory: String) -> [Int]? {
        guard let found = try? FileManager.default.attributesOfItem(atPath: directory) else { return nil }
        return [FileAttributeKey.systemNumber, .systemFileNumber].compactMap { found[$0] as? Int }
    }
}

extension Store {
    /// Throws where a migration of the log has put another directory in this one's place.
    static func refuseSuperseded(_ directory: String) throws(EventStoreError) {
        guard SupersededMark(of: directory).isThere else { return }
        throw EventStoreError(
            .directory,
            "\(directory) is kept from before its log was migrated, and nothing is written to it. To go back to it: daybook migrate log --back."
        )
    }
}
