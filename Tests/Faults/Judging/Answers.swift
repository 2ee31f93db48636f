import Foundation

/// What the query API says of the whole shop: to be the same whatever was rebuilt in between.
struct Answers: Equatable {
    private(set) var texts: [String: String] = [:]

    /// Asks for everything the events name, a hundred of each kind at most, once the read models are at the log's head.
    static func collect(from server: Server, _ events: [LoggedEvent]) throws -> Answers {
        let connection = try server.connectToQueries()
        var answers = Answers()
        for path in paths(events) {
            let answer = try ask(connection, path, at: events.count)
            answers.texts[path] = "\(answer.status) " + timeless(answer.text)
        }
        return answers
    }

    private static func paths(_ events: [LoggedEvent]) -> [String] {
        func ids(_ category: String) -> [String] {
            var seen: Set<String> = []
            let streams = events.map(\.stream).filter { $0.hasPrefix(category + "-") && seen.insert($0).inserted }
            return streams.prefix(100).map { String($0.dropFirst(category.count + 1)) }
        }
        return [
            "/catalog/products?limit=100", "/catalog/products?inStock=true", "/search?q=lamp", "/search?q=the+cha",
            "/orders?limit=100", "/reports/sales?by=month", "/reports/sales?by=product", "/reports/sales?by=day",
        ] + ids("stock").flatMap { ["/stock/\($0)", "/stock/\($0)/movements", "/streams/stock-\($0)"] }
            + ids("product").map { "/catalog/products/\($0)" } + ids("cart").map { "/carts/\($0)" }
            + ids("order").flatMap { ["/orders/\($0)", "/streams/order-\($0)"] }
    }

    /// A read model that is behind is asked again; one that does not come is a hang.
    private static func ask(_ connection: HTTPConnection, _ path: String, at position: Int) throws
        -> HTTPConnection.Answer
    {
        for _ in 0..<15 {
            let answer = try connection.send("GET", path, headers: ["Daybook-Position": "\(position)"])
            if answer.status != 503 { return answer }
        }
        throw Doubt("The read models do not come to position \(position): \(path) is answered 503.")
    }

    /// Without how long the answer took.
    static func timeless(_ text: String) -> String {
        guard let took = text.range(of: #""tookMs":[0-9.e-]+"#, options: .regularExpression) else { return text }
        return text.replacingCharacters(in: took, with: "")
    }

    /// The first few differences.
    func differences(from other: Answers) -> [String] {
        Set(texts.keys).union(other.texts.keys).sorted().filter { texts[$0] != other.texts[$0] }.prefix(3).map {
            "\($0) was answered \(texts[$0] ?? "not at all"), and then \(other.texts[$0] ?? "not at all")."
        }
    }

    /// Compares stock as it is answered with the events, counted by the oracle's own rules.
    func judgeStock(_ events: [LoggedEvent]) -> [String] {
        StockBook(events).levels.sorted { $0.key < $1.key }.compactMap { sku, level in
            guard let text = texts["/stock/\(sku)"] else { return nil }
            let fields = (try? JSONSerialization.jsonObject(with: Data(text.dropFirst(4).utf8))) as? [String: Any]
            let answered = StockBook.Level(
                onHand: fields?["onHand"] as? Int ?? -1, reserved: fields?["reserved"] as? Int ?? -1)
            return answered == level ? nil : "/stock/\(sku) answers \(text), but the events make \(level)."
        }
    }
}
