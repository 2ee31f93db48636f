/// The orders' numbers for people: 1, 2, 3 … without gaps.
package struct OrderNumbers: Aggregate {
    package enum Event: Equatable, Sendable {
        case assigned(Int64, OrderID)
    }

    package private(set) var last: Int64 = 0

    package init() {}

    package mutating func apply(_ event: Event) {
        switch event {
        case .assigned(let number, _): last = number
        }
    }

    func next(for order: OrderID) -> Event { .assigned(last + 1, order) }
}
