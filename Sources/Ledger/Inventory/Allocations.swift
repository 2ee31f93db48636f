extension StockItem {
    /// Where goods are held, in the order in which they were taken. Mostly one place, which needs no memory beside the
    /// reservation's own: a list would for each of a million reservations, and in every fold for each event.
    package enum Allocations: Equatable, Sendable {
        case one(Allocation)
        case several([Allocation])

        package init(_ list: [Allocation]) {
            self = list.count == 1 ? .one(list[0]) : .several(list)
        }

        package mutating func append(_ allocation: Allocation) {
            switch self {
            case .several([]): self = .one(allocation)
            case .one(let first): self = .several([first, allocation])
            case .several(let list): self = .several(list + [allocation])
            }
        }
    }
}

extension StockItem.Allocations: RandomAccessCollection, ExpressibleByArrayLiteral {
    package init(arrayLiteral elements: StockItem.Allocation...) { self.init(elements) }

    package var startIndex: Int { 0 }

    package var endIndex: Int {
        switch self {
        case .one: 1
        case .several(let list): list.count
        }
    }

    package subscript(index: Int) -> StockItem.Allocation {
        switch self {
        case .one(let allocation):
            precondition(index == 0, "there is one allocation, and it is number 0")
            return allocation
        case .several(let list): return list[index]
        }
    }
}

extension StockItem.Allocations: Codable {
    package init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode([StockItem.Allocation].self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Array(self))
    }
}
