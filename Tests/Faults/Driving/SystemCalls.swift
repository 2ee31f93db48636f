import Foundation

/// Faults at system calls, by strace. It counts a thread's calls on one file, so that "the 7th pwrite64 of log/data.mdb" is
/// the same one in every run.
struct SystemCalls {
    /// A call on a file of the data directory (`log/data.mdb`), or on anything (nil).
    struct Place: Hashable, CustomStringConvertible {
        let call: String
        let file: String?

        var description: String { "\(file ?? "any"):\(call)" }
    }

    static var unavailable: String? {
        let found = ["/usr/bin/strace", "/bin/strace", "/usr/local/bin/strace"]
            .contains { FileManager.default.isExecutableFile(atPath: $0) }
        return found ? nil : "strace is missing (ops/setup test)"
    }

    /// The program under strace, which does `fault` (`signal=SIGKILL`, `error=EIO`) at the `when`-th call.
    static func injecting(_ fault: String, at place: Place, when: String, _ daybook: Daybook) -> Daybook {
        var traced = daybook
        var words = ["strace", "-D", "-f", "-qq", "-o", "\(daybook.directory)/strace.txt"]
        if let file = place.file { words += ["-P", "\(daybook.data)/\(file)"] }
        traced.wrapper = words + ["-e", "trace=\(place.call)", "-e", "inject=\(place.call):\(fault):when=\(when)"]
        return traced
    }

    /// The program under strace, which only writes down what is called.
    static func watching(_ calls: [String], _ daybook: Daybook) -> Daybook {
        var traced = daybook
        traced.wrapper = [
            "strace", "-D", "-f", "-qq", "-y", "-s", "0", "-o", "\(daybook.directory)/strace.txt", "-e",
            "trace=\(calls.joined(separator: ","))",
        ]
        return traced
    }

    /// Which calls on which files a watched run made.
    static func places(seenBy daybook: Daybook) throws -> [Place] {
        let text = try String(contentsOfFile: "\(daybook.directory)/strace.txt", encoding: .utf8)
        var found: Set<Place> = []
        for line in text.split(separator: "\n") {
            let words = line.drop { $0.isNumber || $0 == " " }
            guard let end = words.firstIndex(of: "("), words.first?.isLetter == true else { continue }
            let call = String(words[..<end])
            found.insert(Place(call: call, file: nil))
            guard let data = words.range(of: daybook.data + "/") else { continue }
            let file = words[data.upperBound...].prefix { !">\", ".contains($0) }
            if !file.isEmpty { found.insert(Place(call: call, file: String(file))) }
        }
        return found.sorted { $0.description < $1.description }
    }
}
