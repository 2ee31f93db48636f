/// An instant: microseconds since 1970-01-01T00:00:00Z, without leap seconds.
///
/// The years 0001 to 9999 are representable as text; arithmetic traps outside of `Int64`.
package struct Timestamp: Hashable, Comparable, Sendable, Codable {
    package let microseconds: Int64

    package init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.microseconds < right.microseconds
    }

    package func adding(seconds: Int64) -> Timestamp {
        Timestamp(microseconds: microseconds + seconds * 1_000_000)
    }

    package init(from decoder: any Decoder) throws {
        microseconds = try decoder.singleValueContainer().decode(Int64.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(microseconds)
    }
}

// Civil dates by Howard Hinnant's algorithms, "chrono-Compatible Low-Level Date Algorithms",
// days_from_civil and civil_from_days: exact over the proleptic Gregorian calendar.
extension Timestamp {
    /// The instant of a UTC date and time; nil where a field is out of its range (2011-02-30, 25:00, year 0).
    package init?(
        year: Int64, month: Int64, day: Int64, hour: Int64 = 0, minute: Int64 = 0, second: Int64 = 0,
        microsecond: Int64 = 0
    ) {
        guard (1...9999).contains(year), (1...12).contains(month), (0...23).contains(hour),
            (0...59).contains(minute), (0...59).contains(second), (0...999_999).contains(microsecond)
        else { return nil }
        let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
        let lengths: [Int64] = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard day >= 1, day <= lengths[Int(month) - 1] else { return nil }
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        self.init(microseconds: (days * 86_400 + hour * 3_600 + minute * 60 + second) * 1_000_000 + microsecond)
    }

    package var civil: (year: Int64, month: Int64, day: Int64) {
        let seconds = microseconds >= 0 ? microseconds / 1_000_000 : (microseconds - 999_999) / 1_000_000
        let days = (seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400) + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    /// `2010-12`, in UTC.
    package var month: String {
        let date = civil
        return Self.padded(date.year, 4) + "-" + Self.padded(date.month, 2)
    }

    /// `2010-12-01`, in UTC.
    package var day: String {
        month + "-" + Self.padded(civil.day, 2)
    }

    fileprivate static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

extension Timestamp: CustomStringConvertible {
    /// RFC 3339 in UTC: `2010-12-01T08:26:00Z`, with six decimals where there is a fraction of a second.
    package var description: String {
        let dayMicroseconds: Int64 = 86_400_000_000
        let inDay = ((microseconds % dayMicroseconds) + dayMicroseconds) % dayMicroseconds
        let seconds = inDay / 1_000_000
        let clock = [seconds / 3_600, seconds / 60 % 60, seconds % 60].map { Self.padded($0, 2) }
        let fraction = inDay % 1_000_000
        return day + "T" + clock.joined(separator: ":") + (fraction == 0 ? "" : "." + Self.padded(fraction, 6)) + "Z"
    }

    /// Reads RFC 3339 (`2010-12-01T08:26:00Z`, `…T09:26:00.5+01:00`); nil for anything else.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int64? {
            guard range.upperBound <= bytes.count, bytes[range].allSatisfy({ (48...57).contains($0) }) else {
                return nil
            }
            return bytes[range].reduce(0) { $0 * 10 + Int64($1 - 48) }
        }
        guard bytes.count >= 20, bytes[4] == 45, bytes[7] == 45, bytes[10] | 32 == 116, bytes[13] == 58,
            bytes[16] == 58,
            let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19)
        else { return nil }
        var index = 19
        var fraction: Int64 = 0
        if bytes[index] == 46 {
            let end = bytes[(index + 1)...].firstIndex { !(48...57).contains($0) } ?? bytes.count
            guard let digits = number(index + 1..<min(end, index + 7)), end > index + 1 else { return nil }
            fraction = (0..<max(0, 6 - (end - index - 1))).reduce(digits) { value, _ in value * 10 }
            index = end
        }
        guard index < bytes.count, let offset = Self.offsetSeconds(bytes[index...], number),
            let base = Timestamp(
                year: year, month: month, day: day, hour: hour, minute: minute, second: second, microsecond: fraction)
        else { return nil }
        let instant = base.adding(seconds: -offset)
        // An offset may lead out of what can be written.
        guard (1...9999).contains(instant.civil.year) else { return nil }
        self = instant
    }

    private static func offsetSeconds(_ zone: ArraySlice<UInt8>, _ number: (Range<Int>) -> Int64?) -> Int64? {
        let start = zone.startIndex
        if zone.count == 1, zone[start] | 32 == 122 { return 0 }
        guard zone.count == 6, zone[start] == 43 || zone[start] == 45, zone[start + 3] == 58,
            let hours = number(start + 1..<start + 3), let minutes = number(start + 4..<start + 6),
            hours < 24, minutes < 60
        else { return nil }
        return (zone[start] == 45 ? -1 : 1) * (hours * 3_600 + minutes * 60)
    }
}
