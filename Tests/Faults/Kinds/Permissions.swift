import Foundation

extension Fault {
    static let permissions = Fault(
        "permissions", "A directory that may not be written, and one that belongs to another user",
        needs: .root
    ) { campaign in
        let shop = try campaign.knownShop()
        for part in ["", "/log", "/index", "/keys", "/read"] {
            campaign.run("read-only\(part)") { daybook in
                try refuse(daybook, shop, owner: "nobody") { path in
                    try Tool.run(["chmod", "-R", "a-w", path + part])
                }
            }
            campaign.run("wrong-owner\(part)") { daybook in
                try refuse(daybook, shop, owner: "nobody") { path in
                    try Tool.run(["chown", "-R", "root:root", path + part])
                    try Tool.run(["chmod", "-R", "go=", path + part])
                }
            }
        }
    }

    /// As a user without rights of its own: refused with a reason, and nothing is harmed.
    private static func refuse(
        _ daybook: Daybook, _ shop: KnownShop, owner: String, _ spoil: (String) throws -> Void
    ) throws -> Campaign.Struck {
        try shop.copy(to: daybook.data)
        try Tool.run(["chown", "-R", owner, daybook.directory])
        try spoil(daybook.data)
        var other = daybook
        other.wrapper = ["setpriv", "--reuid=\(owner)", "--regid=nogroup", "--clear-groups"]
        let server = try other.serve()
        if server.isUp {
            // It may run where it need not write: then all it says must be right.
            guard case .exited = try server.stop() else { throw Doubt("It was \(server.how). \(server.child.errors)") }
            try shop.demandNoWrongAnswer(from: other)
        } else {
            let end = try server.ending()
            guard end == .exited(3), server.child.errors.contains(daybook.data) else {
                throw Doubt("It ended with \(end) and said: \(server.child.errors)")
            }
        }
        try Tool.run(["chown", "-R", "root:root", daybook.data])
        try Tool.run(["chmod", "-R", "u+rwX", daybook.data])
        try Aftermath(daybook: daybook, history: shop.history).examine()
        return .yes
    }
}
