import Foundation

/// Where a page of a list ended, as an opaque text for the next request.
package struct Cursor: Equatable, Sendable {
    /// The sort values of the page's last item, as text.
    let values: [String]

    init(_ values: [String]) { self.values = values }

    /// Nil for text that no such list gave out.
    ///
    /// - Parameters:
    ///   - count: the number of sort values.
    ///   - numbers: which of them are numbers.
    package init?(_ text: String, count: Int, numbers: Set<Int>) {
        let padded =
            text.replacing("-", with: "+").replacing("_", with: "/")
            + String(repeating: "=", count: (4 - text.count % 4) % 4)
        guard let data = Data(base64Encoded: padded), let values = try? JSONDecoder().decode([String].self, from: data),
            values.count == count, numbers.allSatisfy({ Double(values[$0]) != nil })
        else { return nil }
        self.values = values
    }

    package var text: String {
        let json = (try? JSONEncoder().encode(values)) ?? Data()
        return json.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}

/// One page of a list: items as JSON, and where the next page begins.
package struct Page: Sendable {
    package let items: [[UInt8]]
    package let next: Cursor?

    package init(items: [[UInt8]], next: Cursor?) {
        self.items = items
        self.next = next
    }

    /// - Parameter rows: up to one more than `limit`, which tells that there is a next page.
    init<Row>(_ rows: [Row], limit: Int, item: (Row) throws -> [UInt8], cursor: (Row) -> Cursor) rethrows {
        let shown = rows.prefix(limit)
        items = try shown.map(item)
        next = rows.count > limit ? shown.last.map(cursor) : nil
    }
}
