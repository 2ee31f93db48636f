import Foundation
import JSON
import TestTools
import Testing

@Suite("JSON is read as it is written")
struct JSONDocumentTests {
    @Test("Values of every kind stand where they were put")
    func kinds() throws {
        let text =
            #" {"text":"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude80é🚀","n":-12,"yes":true,"no":false,"none":null,"#
            + #""list":[1,[],{},"x"],"\u006eame":{"in":{"side":7}}} "#
        let root = try document(text).root
        #expect(root.isObject)
        #expect(root.field("text")?.text == "a\"\\/\u{8}\u{c}\n\r\té🚀é🚀")
        #expect(root.field("n")?.wholeNumber == -12)
        #expect(root.field("yes")?.flag == true)
        #expect(root.field("no")?.flag == false)
        #expect(root.field("none")?.isNull == true)
        #expect(root.field("list")?.items.map { $0.wholeNumber } == [1, nil, nil, nil])
        #expect(root.field("list")?.items.map { $0.text } == [nil, nil, nil, "x"])
        #expect(root.field("name")?.field("in")?.field("side")?.wholeNumber == 7)
        #expect(root.fields.map { $0.name.text } == ["text", "n", "yes", "no", "none", "list", "name"])
        #expect(root.field("nobody") == nil)
        #expect(root.field("text")?.wholeNumber == nil)
        #expect(root.field("n")?.text == nil)
        #expect(root.field("n")?.flag == nil)
        #expect(root.field("n")?.fields.map { $0.name.text } == [])
        #expect(root.items.map { $0.text } == [])
    }

    @Test(
        "A whole number is read to the last digit, however it is written, and no other is",
        arguments: [
            ("0", 0), ("-0", 0), ("7", 7), ("9223372036854775807", .max), ("-9223372036854775808", .min),
            ("9223372036854775808", nil), ("-9223372036854775809", nil), ("99999999999999999999", nil), ("2e3", 2_000),
            ("2E+3", 2_000), ("2.0", 2), ("12.50e2", 1_250), ("1.5", nil), ("1e-1", nil), ("10e-1", 1),
            ("9007199254740993.0", 9_007_199_254_740_993), ("922337203685477580.7e1", .max),
            ("1e18", 1_000_000_000_000_000_000),
            ("1e19", nil), ("1e400", nil), ("1e99999999999999999999", nil), ("0e99999999999999999999", 0),
            ("0.000e-7", 0),
            ("0.0001e4", 1), ("1e-99999999999999999999", nil),
        ] as [(String, Int64?)])
    func numbers(_ text: String, _ number: Int64?) throws {
        #expect(try document(text).root.wholeNumber == number)
    }

    @Test(
        "What is not JSON is refused at its place",
        arguments: [
            ("", 0), ("  ", 2), ("{", 1), ("{\"a\"", 4), ("{\"a\":", 5), ("{\"a\":1", 6), ("{\"a\":1,", 7), ("[1,]", 3),
            ("{\"a\":1,}", 7), ("[1 2]", 3), ("[,1]", 1), ("{,}", 1), ("{a:1}", 1), ("{'a':1}", 1), ("{1:2}", 1),
            ("{\"a\" 1}", 5), ("[1}", 2), ("{\"a\":1]", 6), ("01", 1), ("-", 1), ("+1", 0), (".5", 0), ("1.", 2),
            ("1.e1", 2),
            ("1e", 2), ("1e+", 3), ("0x10", 1), ("NaN", 0), ("Infinity", 0), ("nul", 3), ("nulL", 3), ("True", 0),
            ("true1", 4), ("{} {}", 3), ("\"abc", 4), ("\"a\u{9}b\"", 2), ("\"a\nb\"", 2), ("\"\\x\"", 1),
            ("\"\\u12\"", 1),
            ("\"\\u12g4\"", 1), ("\"\\", 1), ("\"\\ud800\"", 7), ("\"\\udc00\"", 7), ("\"\\ud800\\ud800\"", 13),
            ("\"\\ud800\\n\"", 7), ("/* */1", 0), ("1//", 1), ("\u{FEFF}1", 0), ("1\u{0}", 1), ("\u{0}", 0),
            ("\u{A0}1", 0),
            ("{\"a\":1,\"a\":2}", 8), ("{\"a\":1,\"\\u0061\":2}", 8), ("[[{\"b\":1,\"c\":[],\"b\":{}}]]", 17),
        ] as [(String, Int)])
    func malformed(_ text: String, _ offset: Int) {
        let error = #expect(throws: JSONError.self) { try document(text) }
        #expect(error?.offset == offset, "\(text): \(error?.description ?? "")")
    }

    @Test(
        "Bytes that are not UTF-8 are refused",
        arguments: [
            [0x80], [0xC3], [0xC3, 0x28], [0xC0, 0xAF], [0xE0, 0x80, 0xAF], [0xED, 0xA0, 0x80],
            [0xF0, 0x80, 0x80, 0xAF],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xE2, 0x82], [0xF0, 0x9F, 0x9A],
            [0xE2, 0x82, 0x41],
        ] as [[UInt8]])
    func notUTF8(_ bytes: [UInt8]) {
        for text in [[0x22] + bytes + [0x22], [0x22] + bytes] {
            #expect(throws: JSONError.self) { try JSONDocument(text) }
        }
    }

    @Test("Sixty-four levels are read, and not one more; of any depth nothing is harmed")
    func depth() throws {
        func nested(_ levels: Int) -> String {
            String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        }
        #expect(throws: Never.self) { try document(nested(64)) }
        #expect(throws: JSONError.self) { try document(nested(65)) }
        #expect(throws: JSONError.self) { try document(String(repeating: "[", count: 1 << 20)) }
        #expect(throws: JSONError.self) { try document(String(repeating: #"{"a":"#, count: 1 << 18)) }
    }

    @Test("A part of the bytes is read by itself, with places counted from its beginning")
    func part() throws {
        let bytes = Array(#"x{"a":1}{"a":}"#.utf8)
        #expect(try JSONDocument(bytes, in: 1..<8).root.field("a")?.wholeNumber == 1)
        let error = #expect(throws: JSONError.self) { try JSONDocument(bytes, in: 8..<14) }
        #expect(error?.offset == 5)
        #expect(throws: JSONError.self) { try JSONDocument(bytes, in: 1..<7) }
    }

    @Test("A hundred thousand names are read at once, and one of them twice is found among them")
    func manyNames() throws {
        let names = (0..<100_000).map { #""name \#($0)":\#($0)"# }
        let text = "{" + names.joined(separator: ",")
        #expect(try document(text + "}").root.field("name 99999")?.wholeNumber == 99_999)
        for repeated in ["name 0", "name 15", "name 16", "name 17", "name 99999", "n\\u0061me 5"] {
            let error = #expect(throws: JSONError.self) { try document(text + #","\#(repeated)":1}"#) }
            #expect(error?.reason.hasSuffix("is given twice") == true)
        }
    }

    private func document(_ text: String) throws -> JSONDocument { try JSONDocument(Array(text.utf8)) }
}

@Suite("JSON is read as Foundation reads it")
struct JSONAgreementTests {
    @Test("Random documents have the same values")
    func random() throws {
        for index in 0..<2_000 {
            var generator = JSONGenerator(random: SplitMix64.of("JSON documents", index))
            let text = generator.document()
            let expected = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
            let document = try JSONDocument(Array(text.utf8))
            #expect(isEqual(document.root, expected), "\(text)")
        }
    }

    @Test("Every beginning of a document is refused, unless Foundation takes it too")
    func prefixes() {
        for index in 0..<200 {
            var generator = JSONGenerator(random: SplitMix64.of("JSON prefixes", index))
            let bytes = Array(generator.document().utf8)
            for length in 0..<bytes.count { expectNoLooser(Array(bytes[..<length])) }
        }
    }

    @Test("A document with bytes changed is refused where Foundation refuses it")
    func damaged() {
        for index in 0..<150 {
            var generator = JSONGenerator(random: SplitMix64.of("JSON damage", index))
            let bytes = Array(generator.document().utf8)
            for place in bytes.indices {
                var damaged = bytes
                damaged[place] ^= 1 << UInt8.random(in: 0...7, using: &generator.random)
                expectNoLooser(damaged)
                damaged[place] = generator.structure()
                expectNoLooser(damaged)
                damaged.remove(at: place)
                expectNoLooser(damaged)
            }
        }
    }

    private func expectNoLooser(_ bytes: [UInt8]) {
        guard let document = try? JSONDocument(bytes) else { return }
        do {
            let object = try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
            if !isEqual(document.root, object) {
                Issue.record("read otherwise: \(String(decoding: bytes, as: UTF8.self))")
            }
        } catch  where "\(error)".contains("is not representable in Swift") {
            // A number that no Double holds is a number of RFC 8259, and is looked at when it is asked for.
        } catch {
            Issue.record("Foundation refuses \(String(decoding: bytes, as: UTF8.self)): \(error)")
        }
    }

    private func isEqual(_ element: JSONElement, _ object: Any) -> Bool {
        switch object {
        case let fields as [String: Any]:
            let own = Array(element.fields)
            return element.isObject && own.count == fields.count
                && own.allSatisfy { field in
                    fields[field.name.text ?? ""].map { isEqual(field.value, $0) } ?? false
                }
        case let items as [Any]:
            let own = Array(element.items)
            return element.isArray && own.count == items.count && zip(own, items).allSatisfy { isEqual($0, $1) }
        case let text as String: return element.text == text
        case is NSNull: return element.isNull
        case let number as NSNumber:
            if let flag = element.flag { return flag == number.boolValue }
            guard let whole = element.wholeNumber else { return element.text == nil && !element.isNull }
            return whole == number.int64Value || Double(whole) == number.doubleValue
        default: return false
        }
    }
}

/// Random JSON texts: every kind of value, white space and escapes where they may stand.
private struct JSONGenerator {
    var random: SplitMix64

    mutating func document() -> String { space() + value(depth: 0) + space() }

    /// A byte that means something in JSON.
    mutating func structure() -> UInt8 {
        Array(#"{}[]:,"\0123456789-+.eEutrfnals /"#.utf8).randomElement(using: &random) ?? 0
    }

    private mutating func value(depth: Int) -> String {
        switch Int.random(in: 0..<(depth < 4 ? 9 : 6), using: &random) {
        case 0: return number()
        case 1: return String(Int64.random(in: -1_000...1_000, using: &random))
        case 2: return ["true", "false", "null"].randomElement(using: &random) ?? "null"
        case 3...5: return text()
        case 6: return "[" + joined { $0.value(depth: depth + 1) } + "]"
        default:
            var count = 0
            return "{"
                + joined { generator in
                    count += 1
                    return generator.text(beginning: "\(count)") + generator.space() + ":" + generator.space()
                        + generator.value(depth: depth + 1)
                } + "}"
        }
    }

    private mutating func joined(_ part: (inout JSONGenerator) -> String) -> String {
        let parts = (0..<Int.random(in: 0...5, using: &random)).map { _ in space() + part(&self) + space() }
        return parts.isEmpty ? space() : parts.joined(separator: ",")
    }

    private mutating func number() -> String {
        let sign = Bool.random(using: &random) ? "-" : ""
        let fraction = Bool.random(using: &random) ? ".\(Int.random(in: 0...999, using: &random))" : ""
        let exponent =
            Bool.random(using: &random) ? ["e2", "E+1", "e-1", "e0"].randomElement(using: &random) ?? "" : ""
        return sign + "\(Int.random(in: 0...99_999, using: &random))" + fraction + exponent
    }

    private mutating func text(beginning: String = "") -> String {
        let pieces = [
            "a", "sku", " ", "é", "東", "🚀", "\\n", "\\\"", "\\\\", "\\/", "\\u0041", "\\u00e9", "\\ud83d\\ude80", ",",
            "}", "]",
            "{", ":", "\u{7F}", "\\t",
        ]
        let count = Int.random(in: 0...6, using: &random)
        return "\"" + beginning + (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined() + "\""
    }

    private mutating func space() -> String { ["", "", "", " ", "\n", "\t\r\n"].randomElement(using: &random) ?? "" }
}
