import Foundation

/// A machine of its own, as far as the network goes: a namespace with an address in a network of all hosts, from which it can be
/// cut off, and another one, at which the campaign always reaches it.
final class Host: Sendable {
    static var unavailable: String? {
        if let reason = Mount.unavailable { return reason }
        let probe = "daybook-probe"
        do {
            try Tool.run(["ip", "netns", "add", probe])
            try Tool.run(["ip", "netns", "del", probe])
            return nil
        } catch {
            return "network namespaces can't be made here: \(error)"
        }
    }

    /// In the network of all hosts.
    let address: String
    /// Where the campaign reaches it.
    let reachedAt: String
    private let name: String
    private let link: String

    /// - Parameters:
    ///   - number: 1 … 200, of this network.
    ///   - network: 0 … 62, of the campaign.
    init(_ number: Int, in network: Network) throws {
        name = "daybook\(network.number)-\(number)"
        link = "db\(network.number)-\(number)"
        address = network.address(number + 1)
        reachedAt = "10.\(128 + network.number).\(number).2"
        let (direct, us) = ("dm\(network.number)-\(number)", "10.\(128 + network.number).\(number).1")
        try Tool.run(["ip", "netns", "add", name])
        for words in [
            ["link", "add", link, "type", "veth", "peer", "name", "common", "netns", name],
            ["link", "set", link, "master", network.bridge, "up"],
            ["link", "add", direct, "type", "veth", "peer", "name", "direct", "netns", name],
            ["addr", "add", us + "/30", "dev", direct], ["link", "set", direct, "up"],
            ["-n", name, "addr", "add", address + "/24", "dev", "common"],
            ["-n", name, "addr", "add", reachedAt + "/30", "dev", "direct"],
            ["-n", name, "link", "set", "lo", "up"], ["-n", name, "link", "set", "common", "up"],
            ["-n", name, "link", "set", "direct", "up"],
        ] { try Tool.run(["ip"] + words) }
    }

    deinit { _ = try? Tool.run(["ip", "netns", "del", name]) }

    /// What is put before a program that is to run there.
    var wrapper: [String] { ["ip", "netns", "exec", name] }

    /// Nothing reaches it and nothing leaves it; nobody is told.
    func cut() throws { try Tool.run(["ip", "link", "set", link, "nomaster"]) }

    func join(_ network: Network) throws { try Tool.run(["ip", "link", "set", link, "master", network.bridge]) }

    /// What joins hosts.
    final class Network: Sendable {
        let number: Int
        let bridge: String

        init(_ number: Int) throws {
            self.number = number
            bridge = "daybook\(number)"
            try Tool.run(["ip", "link", "add", bridge, "type", "bridge"])
            try Tool.run(["ip", "addr", "add", address(1) + "/24", "dev", bridge])
            try Tool.run(["ip", "link", "set", bridge, "up"])
        }

        deinit { _ = try? Tool.run(["ip", "link", "del", bridge]) }

        func address(_ host: Int) -> String { "10.\(64 + number).0.\(host)" }
    }
}
