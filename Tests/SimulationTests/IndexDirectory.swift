import Foundation
import TestTools

@testable import EventStore

/// The index's directory: its files as the process sees them, and as a crash would leave them.
struct IndexDirectory {
    /// A file with its content, whatever its name.
    final class File {
        var bytes: [UInt8] = []
        /// As they were when the file was last made durable.
        var durable: [UInt8] = []
        /// The parts written since.
        var written: [Range<Int>] = []

        init(_ bytes: [UInt8] = []) { self.bytes = bytes }

        func write(_ part: [UInt8], at offset: Int) {
            if bytes.count < offset + part.count {
                bytes += Array(repeating: 0, count: offset + part.count - bytes.count)
            }
            bytes.replaceSubrange(offset..<offset + part.count, with: part)
            written.append(offset..<offset + part.count)
        }

        func sync() {
            durable = bytes
            written = []
        }

        /// Keeps some of the pages written and not synced, and perhaps not the whole length.
        func tear(_ random: inout SplitMix64) {
            guard !written.isEmpty else { return }
            var left = durable
            for part in written {
                for start in stride(from: part.lowerBound, to: part.upperBound, by: 4_096)
                where Bool.random(using: &random) {
                    let page = start..<min(start + 4_096, part.upperBound)
                    if left.count < page.upperBound {
                        left += Array(repeating: 0, count: page.upperBound - left.count)
                    }
                    left.replaceSubrange(page, with: bytes[page])
                }
            }
            if left.count > durable.count, Int.random(in: 0..<4, using: &random) == 0 {
                left.removeLast(Int.random(in: 0...left.count - durable.count, using: &random))
            }
            bytes = left
            sync()
        }
    }

    private(set) var files: [String: File] = [:]
    /// Names as they were when the directory was last made durable, and the changes since, in their order.
    private var durable: [String: File] = [:]
    private var changes: [(name: String, file: File?)] = []

    var names: [String] { files.keys.sorted() }

    mutating func set(_ name: String, _ file: File?) {
        files[name] = file
        changes.append((name, file))
    }

    mutating func sync() {
        durable = files
        changes = []
    }

    /// What a crash leaves: of the changes of names some, of the unfinished files some pages.
    mutating func lose(_ random: inout SplitMix64) {
        files = durable
        for (name, file) in changes where Bool.random(using: &random) { files[name] = file }
        for name in names { files[name]?.tear(&random) }
    }

    /// Everything is durable as it is.
    mutating func settle() {
        for name in names { files[name]?.sync() }
        sync()
    }

    /// The files as they are, to be put back later.
    var copy: [String: [UInt8]] { files.mapValues(\.bytes) }

    mutating func replace(with copy: [String: [UInt8]]) {
        files = copy.mapValues { File($0) }
        settle()
    }
}

extension SimulatedDisk: IndexFiles {
    var place: String { "the simulated disk" }

    func open(_ name: String) throws(FileError) -> FileBytes? {
        guard !isCrashed else { throw FileError(path: name, call: "open", code: EIO) }
        return index.files[name].map { FileBytes(copying: $0.bytes) }
    }

    func create(_ name: String) throws(FileError) -> any IndexFileWriter {
        let file = IndexDirectory.File()
        try operation("create", name) { index.set(name, file) }
        return SimulatedWriter(disk: self, name: name, file: file)
    }

    func replace(_ name: String, with bytes: [UInt8]) throws(FileError) {
        try operation("replace", name) {
            trace.note(bytes: bytes)
            let file = IndexDirectory.File(bytes)
            file.sync()
            index.set(name, file)
            index.sync()
        }
    }

    func replaceLoosely(_ name: String, with bytes: [UInt8]) throws(FileError) {
        try operation("replace loosely", name) {
            trace.note(bytes: bytes)
            let file = IndexDirectory.File()
            file.write(bytes, at: 0)
            index.set(name, file)
        }
    }

    func remove(_ name: String) throws(FileError) {
        try operation("remove", name) { index.set(name, nil) }
    }

    func names() throws(FileError) -> [String] {
        guard !isCrashed else { throw FileError(path: "", call: "readdir", code: EIO) }
        return index.names
    }
}

private struct SimulatedWriter: IndexFileWriter {
    let disk: SimulatedDisk
    let name: String
    let file: IndexDirectory.File

    func write(_ bytes: [UInt8], at offset: Int) throws(FileError) {
        try disk.operation("write", name) {
            disk.trace.note(bytes: bytes)
            file.write(bytes, at: offset)
        }
    }

    func finish() throws(FileError) {
        try disk.operation("finish", name) {
            if disk.sabotage == .forgetsRows, let number = UInt64(name.dropFirst("run-".count)) {
                file.forgetRow(ofRun: number)
            }
            file.sync()
            disk.index.sync()
        }
    }
}

extension IndexDirectory.File {
    /// Makes a sorted run into one without its middle row.
    fileprivate func forgetRow(ofRun number: UInt64) {
        guard let run = try? SortedRun(FileBytes(copying: bytes), number: number), run.rowCount > 1 else { return }
        var writer = SortedRunWriter(Plain(file: self), number: number, rowsMax: run.rowCount)
        let rows = (0..<run.rowCount).filter { $0 != run.rowCount / 2 }.map { try! run.row($0) }
        bytes = []
        for row in rows { try! writer.append(row) }
        try! writer.finish()
    }

    private struct Plain: IndexFileWriter {
        let file: IndexDirectory.File
        func write(_ bytes: [UInt8], at offset: Int) { file.write(bytes, at: offset) }
        func finish() {}
    }
}
