import Foundation
import Testing

@Suite("An import meets rows that can't be read")
struct ImportFaultTests {
    private static let header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
    private static let good = "536365,85123A,WHITE HANGING HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom"

    @Test(
        "A bad row is named with line and reason, its document is left out, the rest is imported",
        arguments: [
            ("536366,22633,HAND WARMER,6,2010-12-01 08:28:00,1.85,17850.0", "7 columns"),
            ("536366,22633,HAND WARMER,six,2010-12-01 08:28:00,1.85,17850.0,United Kingdom", "Quantity"),
            ("536366,22633,HAND WARMER,0,2010-12-01 08:28:00,1.85,17850.0,United Kingdom", "Quantity"),
            ("536366,22633,HAND WARMER,6,2010-13-01 08:28:00,1.85,17850.0,United Kingdom", "InvoiceDate"),
            ("536366,22633,HAND WARMER,6,2010-12-01 08:28:00,1.85555,17850.0,United Kingdom", "four decimals"),
            ("536366,22633,HAND WARMER,6,2010-12-01 08:28:00,1.85,Smith,United Kingdom", "CustomerID"),
            (
                "536366,22633,HAND \u{FF}WARMER,6,2010-12-01 08:28:00,1.85,17850.0,United Kingdom",
                "Description is not UTF-8"
            ),
        ])
    func badRow(row: String, reason: String) throws {
        let directory = try TemporaryDirectory()
        let file = directory.path + "/file.csv"
        let companion = "536366,71053,WHITE METAL LANTERN,1,2010-12-01 08:28:00,3.39,17850.0,United Kingdom"
        let lines = [Self.header, Self.good, companion, row, ""].joined(separator: "\r\n")
        // U+00FF stands for the byte FF, which is nowhere in UTF-8.
        try Data(lines.unicodeScalars.map { UInt8($0.value) }).write(to: URL(filePath: file))
        let result = try Program.run(["import", "online-retail", "--data", "data", file], in: directory.path)
        #expect(result.status == 1)
        #expect(result.output.contains("documents     1,"), "\(result.output)")
        #expect(result.errors.contains("data/import-report.csv"), "\(result.errors)")
        let report = try String(contentsOfFile: directory.path + "/data/import-report.csv", encoding: .utf8)
        #expect(report.contains("4,\"536366\",") && report.contains(reason), "\(report)")
        let csv = try Program.run(["events", "--data", "data", "--format", "csv"], in: directory.path).output
        #expect(csv.hasPrefix("position,stream,"))
        let events = try Program.run(["events", "--data", "data"], in: directory.path).output
        #expect(events.contains("\"order-536365\"") && !events.contains("536366"))
    }

    @Test("A file that is another one is refused before anything is written")
    func otherFile() throws {
        let directory = try TemporaryDirectory()
        try "a,b\n1,2\n".write(toFile: directory.path + "/file.csv", atomically: true, encoding: .utf8)
        let result = try Program.run(["import", "online-retail", "--data", "data", "file.csv"], in: directory.path)
        #expect(result.status == 2)
        #expect(result.errors.contains("InvoiceNo"))
        #expect(!FileManager.default.fileExists(atPath: directory.path + "/data"))
    }

    @Test("A missing file is an error of the environment that names the file")
    func missing() throws {
        let directory = try TemporaryDirectory()
        let result = try Program.run(["import", "online-retail", "--data", "data", "nowhere.csv"], in: directory.path)
        #expect(result.status == 3)
        #expect(result.errors.contains("nowhere.csv"))
    }

    @Test("A document that changed since an earlier import is not imported twice but reported")
    func changedDocument() throws {
        let directory = try TemporaryDirectory()
        let file = directory.path + "/file.csv"
        for quantity in ["6", "7"] {
            let row = Self.good.replacing("HEART,6", with: "HEART,\(quantity)")
            try [Self.header, row, ""].joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
            let result = try Program.run(["import", "online-retail", "--data", "data", file], in: directory.path)
            #expect(result.status == (quantity == "6" ? 0 : 1), "\(result.errors)")
        }
        let report = try String(contentsOfFile: directory.path + "/data/import-report.csv", encoding: .utf8)
        #expect(report.contains("earlier import"))
    }
}
