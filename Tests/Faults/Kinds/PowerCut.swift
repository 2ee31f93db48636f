import Foundation
import TestTools

extension Fault {
    static let powerCut = Fault(
        "power-cut", "ext4 on a loop device, cut off without a flush while eight clients are at work, mounted again",
        needs: .loopDevice
    ) { campaign in
        try campaign.each(Array(1...campaign.count(full: 200, short: 1))) { round in
            let label = "round-\(round)"
            campaign.run(label) { daybook in
                try PowerCut.strike(daybook, seed: campaign.seed(label))
                return .yes
            }
        }
    }
}

/// Takes the disk away as a loss of power would: what was not made durable is gone.
enum PowerCut {
    static var unavailable: String? {
        if let reason = Mount.unavailable { return reason }
        guard (try? Tool.run(["losetup", "-f"])) != nil else { return "there is no loop device" }
        guard (try? Tool.run(["mkfs.ext4", "-V"])) != nil else { return "mkfs.ext4 is missing (ops/setup faults)" }
        return nil
    }

    /// `EXT4_IOC_SHUTDOWN` with `EXT4_GOING_FLAGS_NOLOGFLUSH`.
    private static func cut(_ place: String) throws {
        let descriptor = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(descriptor) }
        var flags: UInt32 = 2
        guard descriptor >= 0, ioctl(descriptor, 0x8004_587D, &flags) == 0 else {
            throw Tool.Failed(description: "the file system can't be shut down: errno \(errno)")
        }
    }

    static func strike(_ daybook: Daybook, seed: UInt64) throws {
        let image = "\(daybook.directory)/disk.img"
        try Tool.run(["truncate", "-s", "96M", image])
        try Tool.run(["mkfs.ext4", "-q", "-F", image])
        let history = History()
        try run(daybook, on: image, history, seed)
        // A copy, for the kernel keeps the file system that was cut as long as anybody's view of the mounts has it.
        let copy = "\(daybook.directory)/after.img"
        try Tool.run(["cp", "--sparse=always", image, copy])
        let again = try Mount(["-o", "loop", copy], at: daybook.data)
        var sound = daybook
        sound.environment = [:]
        try withExtendedLifetime(again) {
            guard history.commands.contains(where: { !$0.receipts.isEmpty }) else {
                throw Tool.Failed(description: "nothing was acknowledged before the cut")
            }
            try Aftermath(daybook: sound, history: history).examine()
        }
    }

    private static func run(_ daybook: Daybook, on image: String, _ history: History, _ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let mount = try Mount(["-o", "loop", image], at: daybook.data)
        let server = try daybook.mustServe()
        let load = try Load(server, history, clients: 8, seed: seed)
        load.waitUntil(answers: Int.random(in: 1...300, using: &random), seconds: 10)
        try cut(daybook.data)
        server.kill()
        try load.end()
        withExtendedLifetime(mount) {}
    }
}
