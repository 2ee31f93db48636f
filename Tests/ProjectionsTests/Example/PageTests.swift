import Foundation
import Testing

@Suite("The page about read models")
struct PageTests {
    @Test("It shows the example as it is compiled and run here", arguments: ["ShelfProjection", "ShelfTests"])
    func example(_ file: String) throws {
        let here = URL(filePath: #filePath).deletingLastPathComponent()
        let code = try String(contentsOf: here.appending(path: "\(file).swift"), encoding: .utf8)
        let page = try String(
            contentsOf: here.appending(path: "../../../docs/PROJECTIONS.md").standardized, encoding: .utf8)
        #expect(page.contains("```swift\n\(code)```\n"), "copy \(file).swift into docs/PROJECTIONS.md")
    }
}
