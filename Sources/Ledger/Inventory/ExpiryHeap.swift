/// When a reservation expires.
struct Expiry: Sendable {
    let at: Timestamp
    let id: ReservationID
}

/// Expiries, the earliest at hand: a binary heap, because a hot item has a hundred thousand reservations, and each
/// decision asks which have expired.
struct ExpiryHeap: Sendable {
    private var heap: [Expiry] = []

    var count: Int { heap.count }
    var first: Expiry? { heap.first }

    mutating func insert(_ expiry: Expiry) {
        heap.append(expiry)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].at < heap[parent].at else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].at < heap[least].at {
                least = child
            }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }

    /// Calls `body` with all that expire at `instant` or before, in no order; looks at few others.
    func visit(through instant: Timestamp, _ body: (Expiry) -> Void) {
        var open = [0]
        while let place = open.popLast() {
            guard place < heap.count, heap[place].at <= instant else { continue }
            body(heap[place])
            open += [2 * place + 1, 2 * place + 2]
        }
    }
}
