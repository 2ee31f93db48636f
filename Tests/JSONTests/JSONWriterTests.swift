import Foundation
import JSON
import TestSupport
import Testing

@Suite("JSON is written as it is asked for")
struct JSONWriterTests {
    @Test("Fields stand in the order of the calls, with commas between and no white space")
    func order() {
        let json = JSONWriter.object { writer in
            writer.field("z", "last comes first")
            writer.field("a", 1)
            writer.field("none", nil as String?)
            writer.field("yes", true)
            writer.field("texts", ["one", "two"])
            writer.key("empty")
            writer.array { _ in }
            writer.key("objects")
            writer.array { writer in
                for number in 1...2 { writer.object { $0.field("n", Int64(number)) } }
            }
            writer.key("nothing")
            writer.object { _ in }
        }
        #expect(
            String(decoding: json, as: UTF8.self)
                == #"{"z":"last comes first","a":1,"none":null,"yes":true,"texts":["one","two"],"empty":[],"objects":[{"n":1},{"n":2}],"nothing":{}}"#
        )
    }

    @Test("The fields of a finished object become fields of the one being written")
    func nestedFields() throws {
        let inner = JSONWriter.object { writer in
            writer.field("a", 1)
            writer.field("b", "two")
        }
        let outer = JSONWriter.object { writer in
            writer.fields(of: JSONWriter.object { _ in })
            writer.field("first", 0)
            writer.fields(of: inner)
            writer.fields(of: JSONWriter.object { _ in })
            writer.field("last", 3)
            writer.key("raw")
            writer.raw(inner)
            writer.field("end", false)
        }
        #expect(
            String(decoding: outer, as: UTF8.self)
                == #"{"first":0,"a":1,"b":"two","last":3,"raw":{"a":1,"b":"two"},"end":false}"#)
    }

    @Test(
        "Any text is read back as it was written",
        arguments: [
            "", "plain", #"quotes " and \ backslashes"#, "\u{0}\u{1}\u{8}\t\n\u{b}\u{c}\r\u{1f}\u{7f}",
            "line\u{2028}paragraph\u{2029}",
            "Bär, 東京, 👩🏽‍🚀, e\u{301}", "</script>", "a \u{FEFF} inside", "\\u0041",
        ])
    func texts(_ text: String) throws {
        let json = JSONWriter.object { writer in
            writer.field("text", text)
            writer.key(text + "key")
            writer.value(text)
        }
        let read = try #require(try JSONSerialization.jsonObject(with: Data(json)) as? [String: String])
        #expect(read["text"].map { Array($0.unicodeScalars) } == Array(text.unicodeScalars))
        #expect(read[text + "key"].map { Array($0.unicodeScalars) } == Array(text.unicodeScalars))
    }

    @Test("Whole numbers keep every digit", arguments: [0, -1, Int64.max, Int64.min])
    func numbers(_ number: Int64) throws {
        let json = JSONWriter.object { $0.field("n", number) }
        #expect(String(decoding: json, as: UTF8.self) == "{\"n\":\(number)}")
    }

    @Test("A failure inside an object reaches the caller")
    func failing() {
        struct Failure: Error {}
        #expect(throws: Failure.self) { try JSONWriter.object { _ in throw Failure() } }
    }
}
