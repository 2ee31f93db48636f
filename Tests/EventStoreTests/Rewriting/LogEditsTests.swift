import EventStore
import Ledger
import Testing

@Suite("A file of edits")
struct LogEditsTests {
    private func edits(_ list: String) throws -> LogEdits {
        try LogEdits(Array(#"{"reason":"why","edits":[\#(list)]}"#.utf8))
    }

    @Test("It says what is to have been otherwise, and why")
    func read() throws {
        let read = try edits(
            """
            {"rename":"POST","to":"POSTAGE"}, {"merge":"a","into":"A"}, {"merge":"b","into":"A"},
            {"split":"C","from":17,"to":"C-2","name":"Another"}, {"drop":"cart-X"}, {"drop":"product-P"}
            """)
        #expect(read.reason == "why")
        #expect(
            read.edits == [
                .rename(sku("POST"), to: sku("POSTAGE")), .merge(sku("a"), into: sku("A")),
                .merge(sku("b"), into: sku("A")),
                .split(sku("C"), from: .at(17), to: sku("C-2"), name: "Another"),
                .drop(StreamName(.cart, "X")), .drop(StreamName(.product, "P")),
            ])
    }

    @Test(
        "Whatever else it says is refused, and the place is named",
        arguments: [
            (#"{"rename":"A"}"#, "edit 1 is none of"), (#"{"rename":"A","to":"B","name":"C"}"#, "edit 1 is none of"),
            (#"{"rename":"A","to":"B"},{"swap":"A"}"#, #"edit 2 has a field "swap""#), ("7", "edit 1 is not an object"),
            (#"{"rename":"é","to":"B"}"#, "edit 1: "), (#"{"rename":7,"to":"B"}"#, "edit 1: "),
            (#"{"drop":"order-1"}"#, "edit 1: what can be dropped"),
            (#"{"drop":"cart"}"#, "edit 1: what can be dropped"),
            (#"{"split":"A","from":0,"to":"B","name":"n"}"#, #"edit 1: "from""#),
            (#"{"split":"A","from":"1","to":"B","name":"n"}"#, #"edit 1: "from""#),
            (#"{"split":"A","from":1,"to":"B","name":""}"#, #"edit 1: "name""#), ("", "has none"),
            (#"{"rename":"A","to":"B"},{"merge":"A","into":"C"}"#, #""A" is edited twice"#),
            (#"{"rename":"A","to":"B"},{"rename":"C","to":"B"}"#, #""B" is made twice"#),
            (#"{"rename":"A","to":"B"},{"merge":"B","into":"C"}"#, #""B" is edited, and is what another"#),
            (#"{"rename":"A","to":"B"},{"merge":"C","into":"B"}"#, #""B" is made by one edit"#),
        ])
    func refused(list: String, message: String) {
        #expect {
            try edits(list)
        } throws: {
            "\($0)".contains(message)
        }
    }

    @Test(
        "A file without a reason, or that is none, is refused",
        arguments: [
            "", "[]", "{}", #"{"edits":[]}"#, #"{"reason":"","edits":[{"drop":"cart-X"}]}"#, #"{"reason":"w"}"#,
        ])
    func file(text: String) {
        #expect(throws: InvalidEdits.self) { try LogEdits(Array(text.utf8)) }
    }
}
