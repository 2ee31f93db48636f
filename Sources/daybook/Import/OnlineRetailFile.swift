import Decompression
import Foundation
import Ledger

/// The UCI "Online Retail" file: every line of every invoice of a shop, in time order.
///
/// Columns: InvoiceNo, StockCode, Description, Quantity, InvoiceDate (UK local time), UnitPrice (GBP), CustomerID
/// (`17850.0`), Country. Chen, D. (2015), UCI Machine Learning Repository.
struct OnlineRetailFile {
    struct Row {
        let line: Int
        let code: SKU
        /// Without white space at its ends; empty for none.
        let description: String
        let quantity: Int64
        let time: Timestamp
        let price: Amount
        let customer: CustomerID?
        let country: String
    }

    struct Invoice {
        let number: String
        var rows: [Row] = []
    }

    /// A row that can't be read, and the document that is left out because of it.
    struct Fault {
        let line: Int
        let invoice: String
        let reason: String
    }

    /// Whole documents, in the order of their first rows.
    private(set) var invoices: [Invoice] = []
    private(set) var faults: [Fault] = []
    private(set) var rowCount = 0

    /// - Throws: `DecompressionError` where the file can't be read, `Failure` where it is another file.
    init(path: String) throws {
        let reader = try DecompressingReader(path: path)
        let progress = Progress("read", total: reader.fileBytes ?? 0, unit: "bytes")
        var csv = CSVReader()
        var parser = OnlineRetailParser()
        while let chunk = try reader.next() {
            try csv.read(chunk) { try parser.take($0) }
            progress.advance(to: reader.fileBytesRead)
        }
        try csv.finish { try parser.take($0) }
        progress.advance(to: reader.fileBytesRead)
        progress.finish()
        guard parser.sawHeader else { throw OnlineRetailParser.wrongFile("it is empty") }
        rowCount = parser.rowCount
        faults = parser.faults
        // A document with one bad row would come out wrong as a whole.
        let broken = Set(faults.map(\.invoice))
        invoices = parser.invoices.filter { !broken.contains($0.number) }
    }
}

/// Rows of text to rows of values, gathered by invoice.
struct OnlineRetailParser {
    private(set) var invoices: [OnlineRetailFile.Invoice] = []
    private(set) var faults: [OnlineRetailFile.Fault] = []
    private(set) var rowCount = 0
    private(set) var sawHeader = false
    private var places: [String: Int] = [:]
    private let pounds = Currency(trusted: "GBP")
    private var clock = LondonClock()

    private static let header = [
        "InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country",
    ]

    private struct BadRow: Error {
        let reason: String
    }

    static func wrongFile(_ why: String) -> Failure {
        Failure(
            .usage, "This is not the Online Retail file: \(why). Its first line is \(header.joined(separator: ",")).")
    }

    mutating func take(_ row: CSVReader.Row) throws {
        guard sawHeader else {
            let names = row.fields.map { String(decoding: $0, as: UTF8.self) }
            guard names == Self.header else {
                throw Self.wrongFile("its first line is \(names.joined(separator: ","))")
            }
            sawHeader = true
            return
        }
        rowCount += 1
        let invoice = String(decoding: row.fields[0], as: UTF8.self)
        do {
            add(try parse(row), to: invoice)
        } catch let bad as BadRow {
            faults.append(OnlineRetailFile.Fault(line: row.line, invoice: invoice, reason: bad.reason))
        } catch let invalid as InvalidValue {
            faults.append(OnlineRetailFile.Fault(line: row.line, invoice: invoice, reason: invalid.message))
        }
    }

    private mutating func add(_ row: OnlineRetailFile.Row, to number: String) {
        if let place = places[number] {
            invoices[place].rows.append(row)
        } else {
            places[number] = invoices.count
            invoices.append(OnlineRetailFile.Invoice(number: number, rows: [row]))
        }
    }

    private mutating func parse(_ row: CSVReader.Row) throws -> OnlineRetailFile.Row {
        guard row.fields.count == 8 else { throw BadRow(reason: "it has \(row.fields.count) columns, not 8") }
        let texts = try zip(Self.header, row.fields).map { name, bytes in
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw BadRow(reason: "\(name) is not UTF-8")
            }
            return text
        }
        try Text.check(texts[0], noun: "InvoiceNo", bytesMax: 60)
        guard let quantity = Int64(texts[3]), quantity != 0, quantity.magnitude <= Quantity.max.magnitude else {
            throw BadRow(reason: "Quantity is not a whole number other than 0: \"\(texts[3])\"")
        }
        guard let time = clock.utc(texts[4]) else { throw BadRow(reason: "InvoiceDate is no time: \"\(texts[4])\"") }
        return OnlineRetailFile.Row(
            line: row.line, code: try SKU(texts[1]), description: Self.trimmed(texts[2]), quantity: quantity,
            time: time,
            price: try Amount(texts[5], currency: pounds), customer: try customer(texts[6]),
            country: texts[7].isEmpty ? "Unspecified" : texts[7])
    }

    private func customer(_ text: String) throws -> CustomerID? {
        if text.isEmpty { return nil }
        let number = text.hasSuffix(".0") ? String(text.dropLast(2)) : text
        guard Int64(number) != nil else { throw BadRow(reason: "CustomerID is no number: \"\(text)\"") }
        return CustomerID(trusted: number)
    }

    private static func trimmed(_ text: String) -> String {
        guard text.utf8.first == 0x20 || text.utf8.last == 0x20 else { return text }
        return text.trimmingCharacters(in: .whitespaces)
    }
}

/// UK local time to UTC, by the system's time zone data.
private struct LondonClock {
    private let zone = TimeZone(identifier: "Europe/London")
    /// Rows of one invoice share their time.
    private var last: (text: String, time: Timestamp)?

    /// Reads `2010-12-01 08:26:00`; nil for anything else.
    mutating func utc(_ text: String) -> Timestamp? {
        if let last, last.text == text { return last.time }
        guard let zone, let local = Timestamp(text.replacing(" ", with: "T", maxReplacements: 1) + "Z") else {
            return nil
        }
        // The offset is asked for the instant that would be right in winter, then for the one that offset gives.
        var time = local
        for _ in 0..<2 {
            let date = Date(timeIntervalSince1970: Double(time.microseconds / 1_000_000))
            time = local.adding(seconds: -Int64(zone.secondsFromGMT(for: date)))
        }
        last = (text, time)
        return time
    }
}
