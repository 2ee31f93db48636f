import JSON
import Testing

@Suite("Where two JSON texts differ")
struct JSONDifferenceTests {
    private func differences(_ before: String?, _ after: String?) throws -> [String] {
        let (before, after) = (
            try before.map { try JSONDocument(Array($0.utf8)) }, try after.map { try JSONDocument(Array($0.utf8)) }
        )
        return JSONDifference.all(from: before, to: after).map { difference in
            func text(_ json: [UInt8]?) -> String { json.map { String(decoding: $0, as: UTF8.self) } ?? "-" }
            return "\(difference.pointer) \(text(difference.before)) \(text(difference.after))"
        }
    }

    @Test("Each place is told once, as a pointer with what was there before and behind")
    func places() throws {
        #expect(
            try differences(#"{"a":1,"b":{"c":"x","d":[1,2]}}"#, #"{"a":1,"b":{"c":"y","d":[1,3]}}"#)
                == [#"/b/c "x" "y""#, "/b/d/1 2 3"])
        #expect(try differences(#"{"a":null}"#, #"{"a":false}"#) == ["/a null false"])
        #expect(try differences(#"{"a":"1"}"#, #"{"a":1}"#) == [#"/a "1" 1"#])
    }

    @Test("What is on one side alone is one difference, whole")
    func missing() throws {
        #expect(
            try differences(#"{"gone":{"a":[1]}}"#, #"{"new":{"b":[2]}}"#)
                == [#"/new - {"b":[2]}"#, #"/gone {"a":[1]} -"#])
        #expect(try differences("[1,2,3]", "[1]") == ["/1 2 -", "/2 3 -"])
        #expect(try differences("[]", #"[{"a":1}]"#) == [#"/0 - {"a":1}"#])
        #expect(try differences(nil, #"{"a":1,"b":[]}"#) == ["/a - 1", "/b - []"])
        #expect(try differences(#"{"a":1}"#, nil) == ["/a 1 -"])
    }

    @Test("A value that becomes one of another kind is told whole")
    func kinds() throws {
        #expect(try differences(#"{"a":{"b":1}}"#, #"{"a":[1]}"#) == [#"/a {"b":1} [1]"#])
        #expect(try differences(#"{"a":null}"#, #"{"a":{"b":1}}"#) == [#"/a null {"b":1}"#])
        #expect(try differences("1", "2") == [" 1 2"])
    }

    @Test("Equal texts have none, and names are escaped as RFC 6901 asks")
    func names() throws {
        #expect(try differences(#"{"a":{"b":[1,{"c":null}]}}"#, #"{"a":{"b":[1,{"c":null}]}}"#).isEmpty)
        #expect(try differences(#"{"a/b~c":1,"":1}"#, #"{"a/b~c":2,"":2}"#) == ["/a~1b~0c 1 2", "/ 1 2"])
    }
}
