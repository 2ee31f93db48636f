import Foundation

/// What the program says. Results go to standard output; everything else to standard error, so that pipes stay clean.
enum Terminal {
    static let isInteractive = isatty(STDERR_FILENO) == 1

    /// A result, past print's buffer: whoever reads the pipe has it at once.
    static func write(_ bytes: [UInt8]) {
        FileHandle.standardOutput.write(Data(bytes))
    }

    static func note(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }

    static func error(_ text: String, prefix: String = "daybook: ") {
        FileHandle.standardError.write(Data((prefix + text + "\n").utf8))
    }

    /// `1,234,567`.
    static func grouped(_ number: some BinaryInteger) -> String {
        var digits = String(number)
        var index = digits.endIndex
        while digits.distance(from: digits.startIndex, to: index) > 3 {
            index = digits.index(index, offsetBy: -3)
            if index > digits.startIndex, digits[digits.index(before: index)] != "-" { digits.insert(",", at: index) }
        }
        return digits
    }

    /// `12.3 MB`.
    static func bytes(_ count: some BinaryInteger) -> String {
        var value = Double(count)
        for unit in ["B", "kB", "MB", "GB"] {
            if value < 1_000 { return unit == "B" ? "\(Int(value)) B" : String(format: "%.1f %@", value, unit) }
            value /= 1_000
        }
        return String(format: "%.1f TB", value)
    }
}

/// How far a long work has come: a bar with rate and remaining time on a terminal, a line now and then in a pipe.
final class Progress {
    private let what: String
    private let unit: String
    private let total: Int
    private let start = DispatchTime.now()
    private var lastShown = DispatchTime(uptimeNanoseconds: 0)
    private var done = 0

    init(_ what: String, total: Int, unit: String) {
        self.what = what
        self.total = total
        self.unit = unit
    }

    var seconds: Double {
        Double(DispatchTime.now().uptimeNanoseconds - start.uptimeNanoseconds) / 1e9
    }

    var rate: Double { seconds > 0 ? Double(done) / seconds : 0 }

    func advance(to done: Int) {
        self.done = done
        let now = DispatchTime.now()
        let interval: UInt64 = Terminal.isInteractive ? 100_000_000 : 5_000_000_000
        guard now.uptimeNanoseconds - lastShown.uptimeNanoseconds >= interval else { return }
        // A pipe gets its first line after the first interval: short works say nothing but their end.
        let isFirst = lastShown.uptimeNanoseconds == 0
        lastShown = now
        if Terminal.isInteractive {
            FileHandle.standardError.write(Data("\r\(bar)\u{1B}[K".utf8))
        } else if !isFirst {
            Terminal.note("\(what): \(percent) %, \(rateText)")
        }
    }

    /// Ends with a line that stays.
    func finish() {
        if Terminal.isInteractive { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
        Terminal.note(
            "\(what): \(Terminal.grouped(done)) \(unit) in \(String(format: "%.1f", seconds)) s (\(Terminal.grouped(Int(rate)))/s)"
        )
    }

    private var percent: Int { total == 0 ? 100 : min(100, done * 100 / total) }

    private var rateText: String {
        let left = rate > 0 ? Int((Double(total - done) / rate).rounded(.up)) : 0
        return "\(Terminal.grouped(Int(rate))) \(unit)/s, \(left) s left"
    }

    private var bar: String {
        let filled = percent * 30 / 100
        return
            "\(what) [\(String(repeating: "#", count: filled))\(String(repeating: "-", count: 30 - filled))] \(percent) % \(rateText)"
    }
}
