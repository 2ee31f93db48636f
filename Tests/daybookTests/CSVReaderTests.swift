import Testing

@testable import daybook

@Suite("Comma-separated values")
struct CSVReaderTests {
    private func rows(_ text: String, chunk: Int = .max) -> [(line: Int, fields: [String])] {
        var reader = CSVReader()
        var rows: [(line: Int, fields: [String])] = []
        func take(_ row: CSVReader.Row) {
            rows.append((row.line, row.fields.map { String(decoding: $0, as: UTF8.self) }))
        }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            reader.read(Array(rest.prefix(chunk)), take)
            rest = rest.dropFirst(chunk)
        }
        reader.finish(take)
        return rows
    }

    @Test(
        "Quotes, doubled quotes, commas and line breaks inside quotes are part of the field",
        arguments: [1, 2, 3, 7, 1_000])
    func quotes(chunk: Int) {
        let found = rows("a,\"b,c\",\"say \"\"hi\"\"\"\r\n\"two\nlines\",,x\n", chunk: chunk)
        #expect(found.map(\.fields) == [["a", "b,c", "say \"hi\""], ["two\nlines", "", "x"]])
        #expect(found.map(\.line) == [1, 2])
    }

    @Test("A row behind one that spans lines has the line it stands on")
    func lines() {
        #expect(rows("\"a\nb\"\nc\n\nd").map(\.line) == [1, 3, 5])
    }

    @Test("The last row needs no line break")
    func unfinished() {
        #expect(rows("a,b").map(\.fields) == [["a", "b"]])
        #expect(rows("a,").map(\.fields) == [["a", ""]])
        #expect(rows("").isEmpty)
    }
}
