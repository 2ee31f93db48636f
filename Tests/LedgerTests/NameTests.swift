import Foundation
import Ledger
import Testing

@Suite("Names of things and of streams")
struct NameTests {
    @Test("A name is kept to the letter")
    func toTheLetter() throws {
        let text = "85123a #/%-x"
        #expect(try SKU(text).text == text)
        #expect(try SKU(text).description == text)
        #expect(try SKU(text) != SKU(text.uppercased()))
    }

    @Test(
        "A letter outside of ASCII is refused: it has spellings that are equal here and differ in the log",
        arguments: ["caf\u{E9}", "cafe\u{301}", "Ü", "🧾"])
    func otherLetters(text: String) {
        #expect(throws: InvalidValue.self) { try SKU(text) }
    }

    @Test("Names are ordered, and are the keys of JSON objects")
    func orderAndCoding() throws {
        #expect((["b", "B", "a", "10", "9"] as [SKU]).sorted() == ["10", "9", "B", "a", "b"])
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let bytes = try encoder.encode(["b": ["x"], "a": []] as [SKU: [Location]])
        #expect(String(decoding: bytes, as: UTF8.self) == #"{"a":[],"b":["x"]}"#)
        #expect(try JSONDecoder().decode([SKU: [Location]].self, from: bytes) == ["b": ["x"], "a": []])
    }

    @Test("A stream is written as its category and its id, and read again")
    func streams() {
        let streams: [(StreamName, String)] = [
            (.product("85123A"), "product-85123A"), (.stock("A-B"), "stock-A-B"), (.cart("c1"), "cart-c1"),
            (.order("o1"), "order-o1"), (.document("-"), "document--"), (.orderNumbers, "numbers-orders"),
        ]
        for (stream, text) in streams {
            #expect(stream.description == text)
            #expect(StreamName(text) == stream)
        }
    }

    @Test(
        "What is no stream is not read",
        arguments: ["", "-", "cart", "cart-", "carts-c1", "Cart-c1", "-c1", " cart-c1"])
    func noStream(text: String) {
        #expect(StreamName(text) == nil)
    }

    @Test("Streams are ordered by the number of their category, then by id")
    func streamOrder() {
        let sorted: [StreamName] = [
            .product("b"), .stock("a"), .stock("b"), .cart("a"), .order("a"), .orderNumbers, .document("a"),
        ]
        #expect(sorted.reversed().sorted() == sorted)
        #expect(Category.allCases.map(\.rawValue) == [1, 2, 3, 4, 5, 6])
        #expect(Category.allCases.map(\.name) == ["product", "stock", "cart", "order", "numbers", "document"])
    }

    @Test("Fields written one after another never read as other fields")
    func canonicalBytes() {
        func bytes(_ write: (inout CanonicalBytes) -> Void) -> [UInt8] {
            var bytes = CanonicalBytes()
            write(&bytes)
            return bytes.bytes
        }
        let none: String? = nil
        let written = [
            bytes { _ in }, bytes { $0.add("") }, bytes { $0.add("a") },
            bytes {
                $0.add("a")
                $0.add("b")
            }, bytes { $0.add("ab") }, bytes { $0.add(none) },
            bytes { $0.add(Optional("")) }, bytes { $0.add(Optional("a")) }, bytes { $0.add(Int64(-1)) },
            bytes { $0.add(["a", "b"]) { $1.add($0) } }, bytes { $0.add(["ab"]) { $1.add($0) } },
            bytes { $0.add(Amount.gbp("1")) }, bytes { $0.add(Amount.eur("1")) },
        ]
        #expect(Set(written).count == written.count - 1)  // An empty text and no text are both eight zeros alone.
        #expect(bytes { $0.add(Int64(0x0102)) } == [2, 1, 0, 0, 0, 0, 0, 0])
    }
}
