/// Stock, counted anew from the events by rules of its own, to be compared with what the shop answers.
package struct StockBook: Sendable {
    package struct Level: Sendable, Equatable {
        package var onHand = 0
        package var reserved = 0

        package init(onHand: Int = 0, reserved: Int = 0) {
            self.onHand = onHand
            self.reserved = reserved
        }
    }

    /// What one event does to the pieces in the house and to those promised.
    package struct Movement: Sendable {
        package let onHand: Int
        package let reserved: Int

        package init(onHand: Int, reserved: Int) {
            self.onHand = onHand
            self.reserved = reserved
        }

        init?(type: String, _ data: [String: Any]) {
            let quantity = data["quantity"] as? Int ?? 0
            let allocated = (data["allocations"] as? [[String: Any]] ?? [])
                .reduce(0) { $0 + ($1["quantity"] as? Int ?? 0) }
            switch type {
            case "stock.received": self.init(onHand: quantity, reserved: 0)
            case "stock.adjusted": self.init(onHand: data["delta"] as? Int ?? 0, reserved: 0)
            case "stock.reserved": self.init(onHand: 0, reserved: allocated)
            case "stock.released": self.init(onHand: 0, reserved: -allocated)
            case "stock.shipped": self.init(onHand: -allocated, reserved: -allocated)
            case "stock.taken-back":
                self.init(onHand: data["disposition"] as? String == "restocked" ? quantity : 0, reserved: 0)
            default: return nil
            }
        }
    }

    package private(set) var levels: [String: Level] = [:]
    /// Where less than nothing was left.
    package private(set) var doubts: [String] = []

    package init(_ events: [LoggedEvent]) {
        for event in events {
            guard event.stream.hasPrefix("stock-"), let movement = event.movement else { continue }
            let sku = String(event.stream.dropFirst("stock-".count))
            var level = levels[sku] ?? Level()
            level.onHand += movement.onHand
            level.reserved += movement.reserved
            levels[sku] = level
            if level.reserved < 0 || level.onHand < level.reserved {
                doubts.append(
                    "At position \(event.position) \(level.onHand) pieces of \(sku) are there and \(level.reserved) are promised."
                )
            }
        }
    }
}
