import Ledger

/// Which SKU each mention of one becomes.
///
/// A SKU that is split is one product or the other for a whole cart, and for the order and the reservation that come of it,
/// whichever it was when the cart first had it.
struct SKUChanges {
    /// What a SKU is mentioned in.
    enum Place: Hashable, CustomStringConvertible {
        case cart(String)
        case order(String)
        case reservation(String)

        var description: String {
            switch self {
            case .cart(let id): "Cart \"\(id)\""
            case .order(let id): "Order \"\(id)\""
            case .reservation(let id): "Reservation \"\(id)\""
            }
        }
    }

    private struct Split {
        let from: Position
        let to: String
        var chosen: [Place: String] = [:]
    }

    private struct Mention: Hashable {
        let place: Place
        let product: String
    }

    private var renamed: [String: String] = [:]
    private var merged: [String: String] = [:]
    private var mergedInto: Set<String> = []
    private var splits: [String: Split] = [:]
    private var dropped: Set<String> = []
    /// By which of its SKUs a product that was several is mentioned.
    private var mentioned: [Mention: String] = [:]

    init(_ edits: LogEdits) {
        for edit in edits.edits {
            switch edit {
            case .rename(let sku, let to): renamed[sku.text] = to.text
            case .merge(let sku, let into):
                merged[sku.text] = into.text
                mergedInto.insert(into.text)
            case .split(let sku, let from, let to, _): splits[sku.text] = Split(from: from, to: to.text)
            case .drop(let stream): if stream.category == .product { dropped.insert(stream.id) }
            }
        }
    }

    /// - Throws: `InvalidEdits` where a mention can't be changed.
    mutating func sku(_ sku: String, in place: Place? = nil, at position: Position) throws -> String {
        if let target = merged[sku] ?? (mergedInto.contains(sku) ? sku : nil) {
            try refuseBoth(sku, target, place, position)
            return target
        }
        if dropped.contains(sku) {
            throw InvalidEdits(
                "\"\(sku)\" can't be dropped: \(place?.description ?? "the event") at position \(position) mentions it")
        }
        guard let split = splits[sku] else { return renamed[sku] ?? sku }
        if let place, let chosen = split.chosen[place] { return chosen }
        let chosen = position < split.from ? sku : split.to
        if let place { splits[sku]?.chosen[place] = chosen }
        return chosen
    }

    /// What the SKUs of one place became, those of another become, too.
    mutating func follow(_ place: Place, from other: Place) {
        for (sku, split) in splits {
            if let chosen = split.chosen[other] { splits[sku]?.chosen[place] = chosen }
        }
    }

    /// Lines of one cart or pieces of one reservation under two names of one product would have to become one.
    private mutating func refuseBoth(
        _ sku: String, _ target: String, _ place: Place?, _ position: Position
    ) throws {
        guard let place else { return }
        let earlier = mentioned.updateValue(sku, forKey: Mention(place: place, product: target))
        guard let earlier, earlier != sku else { return }
        throw InvalidEdits("\"\(earlier)\" and \"\(sku)\" can't be merged: \(place) has both, see position \(position)")
    }
}
