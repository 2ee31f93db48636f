import Foundation
import HTTPService

/// What Foundation's decoder lets pass and RFC 8259 does not, or leaves open: a comma before a closing bracket, and a name
/// that an object gives twice, where nobody can say which value was meant.
///
/// For text which the decoder has accepted: everything else about it is right.
enum JSONStrictness {
    /// - Throws: `Problem` 400 `malformed_json`.
    static func check(_ json: some Collection<UInt8>) throws {
        /// The names of each open object; nil for an open array.
        var open: [Set<[UInt8]>?] = []
        var previous: UInt8 = 0
        var index = json.startIndex
        while index < json.endIndex {
            let byte = json[index]
            switch byte {
            case UInt8(ascii: "{"): open.append([])
            case UInt8(ascii: "["): open.append(nil)
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard previous != UInt8(ascii: ",") else { throw malformed("a comma stands before a closing bracket.") }
                _ = open.popLast()
            case UInt8(ascii: "\""):
                let text = string(in: json, from: &index)
                // A text behind an opening brace or a comma of an object is a name.
                guard let top = open.last, top != nil, previous != UInt8(ascii: ":") else { break }
                guard open[open.count - 1]?.insert(try unescaped(text)).inserted == true else {
                    throw malformed("the name \"\(String(decoding: text, as: UTF8.self))\" is given twice.")
                }
            default: break
            }
            if byte > 0x20 { previous = byte }
            json.formIndex(after: &index)
        }
    }

    /// The text between the quotes; leaves `index` at the closing one.
    private static func string<Bytes: Collection<UInt8>>(in json: Bytes, from index: inout Bytes.Index) -> [UInt8] {
        var text: [UInt8] = []
        json.formIndex(after: &index)
        while index < json.endIndex, json[index] != UInt8(ascii: "\"") {
            if json[index] == UInt8(ascii: "\\") {
                text.append(json[index])
                json.formIndex(after: &index)
                guard index < json.endIndex else { return text }
            }
            text.append(json[index])
            json.formIndex(after: &index)
        }
        return text
    }

    /// A name may be written in several ways, and is given twice all the same.
    private static func unescaped(_ text: [UInt8]) throws -> [UInt8] {
        guard text.contains(UInt8(ascii: "\\")) else { return text }
        let quote = [UInt8(ascii: "\"")]
        return Array(try JSONDecoder().decode(String.self, from: Data(quote + text + quote)).utf8)
    }

    private static func malformed(_ why: String) -> Problem {
        .badRequest("malformed_json", "The body is not JSON: \(why)")
    }
}
