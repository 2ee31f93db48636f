import Foundation
import HTTPService
import Hummingbird
import Ledger

/// The part of a URL behind the question mark. Names that the request does not have are refused: a mistyped filter must
/// not look like one that matches everything.
struct QueryParameters: Sendable {
    private let values: [String: String]

    /// - Throws: `Problem` 400 for an unknown or doubled name.
    init(_ request: Request, known: [String]) throws {
        var values: [String: String] = [:]
        for pair in (request.uri.query ?? "").split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let (name, value) = (Self.decoded(parts[0]), parts.count == 2 ? Self.decoded(parts[1]) : "")
            guard known.contains(name) else {
                throw Problem.badRequest(
                    "unknown_parameter",
                    "There is no parameter \"\(name)\" here. Known are: \(known.joined(separator: ", ")).")
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw Problem.badRequest("doubled_parameter", "The parameter \"\(name)\" is given twice.")
            }
        }
        self.values = values
    }

    /// As forms and URLSearchParams write it: a plus sign is a space. What is not well encoded is taken as it stands.
    private static func decoded(_ text: Substring) -> String {
        let spaced = text.replacing("+", with: " ")
        return spaced.removingPercentEncoding ?? String(spaced)
    }

    func text(_ name: String) -> String? {
        values[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    func integer(_ name: String, in range: ClosedRange<Int64>) throws -> Int64? {
        try text(name).map { text in
            guard let number = Int64(text), range.contains(number) else {
                throw Self.invalid(name, "a whole number from \(range.lowerBound) to \(range.upperBound)", text)
            }
            return number
        }
    }

    func flag(_ name: String) throws -> Bool? {
        try text(name).map { text in
            guard let flag = Bool(text) else { throw Self.invalid(name, "true or false", text) }
            return flag
        }
    }

    /// A decimal string, in ten-thousandths.
    func amount(_ name: String) throws -> Int64? {
        try text(name).map { text in
            do throws(InvalidValue) {
                return try Decimals.parse(text)
            } catch {
                throw Self.invalid(name, "an amount such as 2.55", text)
            }
        }
    }

    func time(_ name: String) throws -> Timestamp? {
        try text(name).map { text in
            guard let time = Timestamp(text) else {
                throw Self.invalid(name, "a time such as 2010-12-01T08:26:00Z", text)
            }
            return time
        }
    }

    func choice<Choice: RawRepresentable<String> & CaseIterable>(_ name: String, _ type: Choice.Type) throws
        -> Choice?
    {
        try text(name).map { text in
            guard let choice = Choice(rawValue: text) else {
                throw Self.invalid(name, "one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "), text)
            }
            return choice
        }
    }

    static func invalid(_ name: String, _ wanted: String, _ given: String) -> Problem {
        Problem.badRequest("invalid_parameter", "The parameter \"\(name)\" is \(wanted); not \"\(given)\".")
    }
}
