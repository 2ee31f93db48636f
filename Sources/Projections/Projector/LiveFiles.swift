import EventStore
import Foundation

/// Which file of a version of a read model is asked, and which one was before: `NAME-vVERSION.live` in the directory of the read
/// models, written in one step. Where there is none, it is `NAME-vVERSION.sqlite`. Another version has its own, for another
/// program.
struct LiveFiles {
    struct Names: Codable, Equatable {
        var live: String
        var previous: String?
        /// When the one took the other's place; nil where there was no other.
        var switchedAt: Date?
        /// The highest number that a file has had: none is used again, for a process may still read what had it.
        var numbered = 1
    }

    let projection: any Projection.Type
    let version: Int
    let directory: String
    /// For so long after a switch it can be taken back at once.
    private static let previousKept: TimeInterval = 24 * 3_600
    private var path: String { "\(directory)/\(prefix).live" }

    /// - Parameter version: another program's than this one's, where given.
    init(of projection: any Projection.Type, version: Int? = nil, in directory: String) {
        self.projection = projection
        self.version = version ?? projection.version
        self.directory = directory
    }

    /// Those of the version that was there before this one; nil where there is none.
    func ofVersionBefore() throws -> LiveFiles? {
        try olderVersions().max().map { LiveFiles(of: projection, version: $0, in: directory) }
    }

    private func olderVersions() throws -> Set<Int> {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return Set(
            names.compactMap { name in
                guard name.hasPrefix(projection.name + "-v"), name.hasSuffix(".sqlite") else { return nil }
                return Int(name.dropFirst(projection.name.count + 2).prefix { $0.isNumber })
            }.filter { $0 < version })
    }

    /// Where what is asked is; nil where there is nothing yet.
    func livePath() throws -> String? {
        let path = path(of: try names().live)
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }

    /// Removes what older programs left that nobody has fed for as long as a file is kept to go back to.
    func removeOlderVersions(now: Date = Date()) throws {
        for version in try olderVersions() {
            let older = LiveFiles(of: projection, version: version, in: directory)
            let files = try FileManager.default.contentsOfDirectory(atPath: directory).filter(older.isOfThisVersion)
            let touched = try files.compactMap {
                try FileManager.default.attributesOfItem(atPath: path(of: $0))[.modificationDate] as? Date
            }.max()
            if let touched, touched.addingTimeInterval(Self.previousKept) < now { try older.removeAll() }
        }
    }

    /// - Throws: where the file says nothing that can be read.
    func names() throws -> Names {
        guard let data = FileManager.default.contents(atPath: path) else { return Names(live: fileName(1)) }
        return try JSONDecoder().decode(Names.self, from: data)
    }

    /// A file of rows, or what SQLite keeps beside it.
    private func isOfThisVersion(_ name: String) -> Bool { name.hasPrefix(fileName(1)) || name.hasPrefix(prefix + "-") }

    /// Durable when it returns; a crash leaves what was there or this.
    private func save(_ names: Names) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        try DurableFile.write(String(decoding: try encoder.encode(names), as: UTF8.self), to: path)
    }

    func open() throws -> ReadModel.Files {
        let names = try names()
        return ReadModel.Files(
            live: try open(path(of: names.live)),
            previous: names.previous.flatMap { try? file($0) },
            previousUntil: names.switchedAt?.addingTimeInterval(Self.previousKept))
    }

    func path(of name: String) -> String { directory + "/" + name }

    /// Has another file be live, and keeps the one that was; an older one is removed.
    func switchLive(to name: String, _ file: ReadModelFile, from files: ReadModel.Files) throws -> ReadModel.Files {
        let before = try names()
        let now = Date()
        try save(Names(live: name, previous: before.live, switchedAt: now, numbered: highest(before, name)))
        if let old = before.previous, old != name { try ReadModelFile.remove(path(of: old)) }
        return ReadModel.Files(
            live: file, previous: files.live, previousUntil: now.addingTimeInterval(Self.previousKept))
    }

    /// Has another file be live where the one that was is of no use.
    func replace(with name: String) throws {
        let before = try names()
        try save(Names(live: name, numbered: highest(before, name)))
        for old in [before.live, before.previous].compactMap(\.self) where old != name {
            try ReadModelFile.remove(path(of: old))
        }
    }

    /// Removes files of this version of the projection that a rebuild left which was ended as they were to be switched to.
    func removeStrays() throws {
        let names = try names()
        for file in try FileManager.default.contentsOfDirectory(atPath: directory)
        where isOfThisVersion(file) && file.hasSuffix(".sqlite") && ![names.live, names.previous].contains(file) {
            try ReadModelFile.remove(path(of: file))
        }
    }

    /// Keeps the live file alone.
    func forgetPrevious() throws {
        let before = try names()
        try save(Names(live: before.live, numbered: before.numbered))
        if let previous = before.previous { try ReadModelFile.remove(path(of: previous)) }
    }

    /// - Throws: `EventStoreError.directory` where there is no such file.
    func file(_ name: String) throws -> ReadModelFile {
        let path = path(of: name)
        guard FileManager.default.fileExists(atPath: path) else {
            throw EventStoreError(.directory, "There is no file \(path). Run daybook rebuild \(projection.name).")
        }
        return try open(path)
    }

    private func open(_ path: String) throws -> ReadModelFile {
        let dataDirectory = URL(filePath: directory).deletingLastPathComponent().path
        return try ReadModelFile(projection, path: path, parkings: ParkingRecord(of: projection, in: dataDirectory))
    }

    /// A name that no file of the projection's version has had.
    func unusedName() throws -> String {
        let there = try FileManager.default.contentsOfDirectory(atPath: directory).compactMap(number).max() ?? 1
        return fileName(max(there, try names().numbered) + 1)
    }

    /// Removes all that is of the version. Nobody may have it open.
    func removeAll() throws {
        for file in try FileManager.default.contentsOfDirectory(atPath: directory) where isOfThisVersion(file) {
            try ReadModelFile.remove(path(of: file))
        }
        if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
    }

    private func highest(_ before: Names, _ name: String) -> Int { max(before.numbered, number(name) ?? 1) }

    private func number(_ name: String) -> Int? {
        guard name.hasPrefix(prefix + "-"), name.hasSuffix(".sqlite") else { return nil }
        return Int(name.dropFirst(prefix.count + 1).dropLast(".sqlite".count))
    }

    private var prefix: String { "\(projection.name)-v\(version)" }

    private func fileName(_ number: Int) -> String { prefix + (number == 1 ? "" : "-\(number)") + ".sqlite" }
}
