import Foundation
import TestTools

extension Fault {
    static let cutFile = Fault(
        "cut-file", "Each file cut short at every 4 KiB and at random places, of no length, and missing"
    ) { campaign in
        let shop = try campaign.knownShop()
        var random = SplitMix64(seed: campaign.options.seed)
        let samples = campaign.count(full: 40, short: 1)
        var cuts: [Cut] = []
        let isFull = campaign.options.scale == .full
        var damaged = try files(shop.directory, below: ["log", "index", "keys", "read"])
        if !isFull { damaged = damaged.filter { !$0.hasPrefix("read/") || $0.contains("stock") } }
        for file in damaged {
            let size = try fileSize("\(shop.directory)/\(file)")
            let step = isFull ? 4096 : max(4096, size / 2 / 4096 * 4096)
            cuts += stride(from: 0, to: size, by: step).map { Cut(file: file, size: $0) }
            cuts += (0..<samples).map { _ in Cut(file: file, size: Int.random(in: 1..<size, using: &random)) }
            cuts.append(Cut(file: file, size: nil))
        }
        for part in ["log", "index", "keys", "read"] { cuts.append(Cut(file: part, size: nil)) }
        try campaign.each(cuts) { cut in
            campaign.run("\(cut.file):\(cut.size.map(String.init) ?? "missing")") { daybook in
                try shop.copy(to: daybook.data)
                try cut.apply(in: daybook.data)
                try shop.demandNoWrongAnswer(from: daybook)
                return .yes
            }
        }
    }

    private struct Cut: Sendable {
        let file: String
        /// Nil: the file is taken away.
        let size: Int?

        func apply(in directory: String) throws {
            let path = "\(directory)/\(file)"
            guard let size else { return try FileManager.default.removeItem(atPath: path) }
            guard truncate(path, off_t(size)) == 0 else { throw Doubt("\(path) can't be cut: errno \(errno)") }
        }
    }
}
