import Foundation
import TestTools

extension Fault {
    static let flippedByte = Fault(
        "flipped-byte",
        "One byte is another: all of both meta pages of the log, samples of the rest and of each derived file"
    ) { campaign in
        let shop = try campaign.knownShop()
        let isFull = campaign.options.scale == .full
        var random = SplitMix64(seed: campaign.options.seed)
        let metaPages = 0..<8192
        var flips = stride(from: 0, to: metaPages.count, by: isFull ? 1 : 1_170).map { Flip("log/data.mdb", $0, 0xff) }
        if !isFull { flips += [24, 36, 52, 56, 112, 144].map { Flip("log/data.mdb", $0, 0xff) } }
        let logSize = try fileSize("\(shop.directory)/log/data.mdb")
        for _ in 0..<campaign.count(full: 4_000, short: 12) {
            flips.append(
                Flip("log/data.mdb", Int.random(in: metaPages.upperBound..<logSize, using: &random), bit(&random)))
        }
        let derived = try files(shop.directory, below: ["index", "read", "keys"])
        for _ in 0..<campaign.count(full: 1_000, short: 8) {
            let file = derived[Int.random(in: 0..<derived.count, using: &random)]
            let size = try fileSize("\(shop.directory)/\(file)")
            flips.append(Flip(file, Int.random(in: 0..<size, using: &random), bit(&random)))
        }
        try campaign.each(flips) { flip in
            campaign.run("\(flip.file):\(flip.offset):\(flip.mask)") { daybook in
                try shop.copy(to: daybook.data)
                try flip.apply(in: daybook.data)
                try shop.demandNoWrongAnswer(from: daybook)
                return .yes
            }
        }
    }

    private static func bit(_ random: inout SplitMix64) -> UInt8 { 1 << UInt8.random(in: 0..<8, using: &random) }

    static func fileSize(_ path: String) throws -> Int {
        var status = stat()
        guard stat(path, &status) == 0 else { throw Doubt("\(path): errno \(errno)") }
        return Int(status.st_size)
    }

    /// Files with content, as `index/data.mdb`; not LMDB's table of readers, which each start makes anew.
    static func files(_ directory: String, below parts: [String]) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: directory).filter { path in
            parts.contains { path.hasPrefix($0 + "/") } && !path.hasSuffix("lock.mdb") && !path.hasSuffix("/lock")
        }.filter { try fileSize("\(directory)/\($0)") > 0 && !isDirectory("\(directory)/\($0)") }.sorted()
    }

    private static func isDirectory(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
    }
}

/// A byte of a file, and which of its bits are turned.
struct Flip: Sendable {
    let file: String
    let offset: Int
    let mask: UInt8

    init(_ file: String, _ offset: Int, _ mask: UInt8) {
        self.file = file
        self.offset = offset
        self.mask = mask
    }

    func apply(in directory: String) throws {
        let descriptor = open("\(directory)/\(file)", O_RDWR | O_CLOEXEC)
        defer { close(descriptor) }
        var byte: UInt8 = 0
        guard descriptor >= 0, pread(descriptor, &byte, 1, off_t(offset)) == 1 else {
            throw Doubt("\(file) has no byte \(offset)")
        }
        byte ^= mask
        guard pwrite(descriptor, &byte, 1, off_t(offset)) == 1 else { throw Doubt("\(file) can't be written") }
    }
}
