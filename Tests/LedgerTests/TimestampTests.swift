import Foundation
import Ledger
import TestTools
import Testing

@Suite("Timestamps")
struct TimestampTests {
    @Test(
        "RFC 3339 is read",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1970-01-01T00:00:01Z", 1_000_000), ("1969-12-31T23:59:59Z", -1_000_000),
            ("1969-12-31T23:59:59.999999Z", -1), ("2010-12-01T08:26:00Z", 1_291_191_960_000_000),
            ("2010-12-01T09:26:00+01:00", 1_291_191_960_000_000), ("2010-12-01T02:56:00-05:30", 1_291_191_960_000_000),
            ("2010-12-01t08:26:00z", 1_291_191_960_000_000), ("2010-12-01T08:26:00-00:00", 1_291_191_960_000_000),
            ("2010-12-01T08:26:00.5Z", 1_291_191_960_500_000), ("2010-12-01T08:26:00.000001Z", 1_291_191_960_000_001),
            ("2010-12-01T08:26:00.1234569Z", 1_291_191_960_123_456),
            ("2010-12-01T08:26:00.5000000000000000000000000000+00:00", 1_291_191_960_500_000),
            ("0001-01-01T00:00:00Z", -62_135_596_800_000_000), ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
            ("2000-02-29T12:00:00Z", 951_825_600_000_000), ("2024-02-29T00:00:00Z", 1_709_164_800_000_000),
        ])
    func read(text: String, microseconds: Int64) {
        #expect(Timestamp(text)?.microseconds == microseconds)
    }

    @Test(
        "Anything else is not read",
        arguments: [
            "", "now", "2010-12-01", "2010-12-01T08:26Z", "2010-12-01T08:26:00", "2010-12-01 08:26:00Z",
            "2010-12-01T08:26:00.Z", "2010-12-01T08:26:00.5", "2010-12-01T08:26:00,5Z", "2010-12-01T08:26:00ZZ",
            "2010-12-01T08:26:00+01", "2010-12-01T08:26:00+0100", "2010-12-01T08:26:00+1:00",
            "2010-12-01T08:26:00+24:00",
            "2010-12-01T08:26:00+01:60", "2010-12-01T08:26:00 Z", " 2010-12-01T08:26:00Z", "2010-12-01T08:26:00Z ",
            "2010-12-01T08:26:00*01:00", "2010-12-01T08:26:00+01-00", "2010-12-01T08:26:00+0a:00",
            "2010-13-01T08:26:00Z", "2010-00-01T08:26:00Z", "2010-12-32T08:26:00Z", "2010-12-00T08:26:00Z",
            "2010-12-01T24:00:00Z", "2010-12-01T08:60:00Z", "2010-12-01T08:26:60Z", "2010-12-01T08:26:61Z",
            "2010-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2010-04-31T00:00:00Z",
            "0000-12-31T00:00:00Z", "10000-01-01T00:00:00Z", "-001-01-01T00:00:00Z", "20l0-12-01T08:26:00Z",
            "２010-12-01T08:26:00Z", "2010-12-01T08:26:00.-5Z", "2010/12/01T08:26:00Z", "2010-12-01T08-26-00Z",
        ])
    func notRead(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test(
        "An offset never leads out of the years that can be written",
        arguments: ["0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"])
    func outOfYears(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test(
        "RFC 3339 is written in UTC, with six decimals where there is a fraction",
        arguments: [
            ("2010-12-01T09:26:00+01:00", "2010-12-01T08:26:00Z"),
            ("2011-01-01T00:30:00+01:00", "2010-12-31T23:30:00Z"),
            ("2010-12-31T23:30:00-01:00", "2011-01-01T00:30:00Z"),
            ("2010-12-01T08:26:00.5Z", "2010-12-01T08:26:00.500000Z"),
            ("0001-01-01T00:00:00.000001Z", "0001-01-01T00:00:00.000001Z"),
            ("0987-06-05T04:03:02Z", "0987-06-05T04:03:02Z"),
            ("1969-12-31T23:59:59.9Z", "1969-12-31T23:59:59.900000Z"), ("2000-02-29T23:59:59Z", "2000-02-29T23:59:59Z"),
        ])
    func write(given: String, written: String) throws {
        #expect(try #require(Timestamp(given)).description == written)
    }

    @Test(
        "Months and days are of UTC",
        arguments: [
            ("2010-12-01T00:30:00+01:00", "2010-11", "2010-11-30"), ("2010-12-01T08:26:00Z", "2010-12", "2010-12-01"),
            ("0044-03-15T12:00:00Z", "0044-03", "0044-03-15"), ("1969-12-31T23:59:59.999999Z", "1969-12", "1969-12-31"),
            ("2000-03-01T00:00:00Z", "2000-03", "2000-03-01"), ("1600-02-29T23:59:59Z", "1600-02", "1600-02-29"),
        ])
    func monthAndDay(text: String, month: String, day: String) throws {
        let instant = try #require(Timestamp(text))
        #expect(instant.month == month)
        #expect(instant.day == day)
    }

    @Test(
        "February has 29 days in leap years alone",
        arguments: [(2000, true), (2004, true), (1900, false), (2100, false), (2023, false), (2400, true), (4, true)])
    func leapYears(year: Int64, isLeap: Bool) {
        #expect((Timestamp(year: year, month: 2, day: 29) != nil) == isLeap)
        let march = Timestamp(year: year, month: 3, day: 1)!
        #expect(march.adding(seconds: -1).civil.day == (isLeap ? 29 : 28))
    }

    @Test("A civil date with a field out of its range is none")
    func civilOutOfRange() {
        #expect(Timestamp(year: 0, month: 1, day: 1) == nil)
        #expect(Timestamp(year: 10_000, month: 1, day: 1) == nil)
        #expect(Timestamp(year: 2010, month: 1, day: 1, hour: -1) == nil)
        #expect(Timestamp(year: 2010, month: 1, day: 1, minute: 60) == nil)
        #expect(Timestamp(year: 2010, month: 1, day: 1, second: 60) == nil)
        #expect(Timestamp(year: 2010, month: 1, day: 1, microsecond: 1_000_000) == nil)
        #expect(Timestamp(year: 2010, month: 1, day: 1, hour: 1, minute: 2, second: 3, microsecond: 4) != nil)
    }

    @Test("Any instant between the years 1 and 9999 is read as it was written, at any offset")
    func roundTrip() throws {
        var random = SplitMix64.of("timestamp")
        let first = try #require(Timestamp("0001-01-01T00:00:00Z")).microseconds
        let last = try #require(Timestamp("9999-12-31T23:59:59.999999Z")).microseconds
        for _ in 0..<5_000 {
            let instant = Timestamp(microseconds: .random(in: first...last, using: &random))
            let seen: Comment = "\(instant.microseconds), DAYBOOK_TEST_SEED=\(SplitMix64.seed)"
            #expect(Timestamp(instant.description) == instant, seen)
            let minutes = Int64.random(in: -1_439...1_439, using: &random)
            let local = instant.adding(seconds: minutes * 60)
            guard (first...last).contains(local.microseconds) else { continue }
            let zone = String(format: "%@%02d:%02d", minutes < 0 ? "-" : "+", abs(minutes) / 60, abs(minutes) % 60)
            #expect(Timestamp(local.description.dropLast() + zone) == instant, seen)
        }
    }

    @Test("Dates over 400 years are as Foundation's calendar has it")
    func everyDay() throws {
        var calendar = Foundation.Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
        let start = try #require(Timestamp("1800-01-01T00:00:00Z"))
        for offset in stride(from: Int64(0), to: 146_097, by: 31) {
            let instant = start.adding(seconds: offset * 86_400)
            let date = Date(timeIntervalSince1970: TimeInterval(instant.microseconds / 1_000_000))
            let parts = calendar.dateComponents([.year, .month, .day], from: date)
            let civil = instant.civil
            #expect(parts.year == Int(civil.year) && parts.month == Int(civil.month) && parts.day == Int(civil.day))
            #expect(Timestamp(year: civil.year, month: civil.month, day: civil.day) == instant)
        }
    }

    @Test("Instants are ordered by time and kept as microseconds")
    func orderAndCoding() throws {
        let instant = Timestamp(microseconds: -5)
        #expect(instant < Timestamp(microseconds: 0))
        let bytes = try JSONEncoder().encode([instant])
        #expect(String(decoding: bytes, as: UTF8.self) == "[-5]")
        #expect(try JSONDecoder().decode([Timestamp].self, from: bytes) == [instant])
    }
}
