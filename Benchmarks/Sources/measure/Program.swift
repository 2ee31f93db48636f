import Foundation

/// A program that prints one JSON object.
struct Program: Sendable {
    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    /// What it printed, read by name.
    struct Answer {
        let fields: [String: Any]

        /// The number at the end of the names: `number("milliseconds", "p99")`.
        func number(_ names: String...) throws -> Double {
            var value: Any = fields
            for name in names { value = (value as? [String: Any])?[name] as Any }
            guard let number = value as? NSNumber else {
                throw Failed(description: "There is no number \(names.joined(separator: ".")) in \(fields)")
            }
            return number.doubleValue
        }

        func numbers(_ name: String) throws -> [Double] {
            guard let numbers = fields[name] as? [NSNumber] else {
                throw Failed(description: "There are no numbers \(name) in \(fields)")
            }
            return numbers.map(\.doubleValue)
        }

        func objects(_ name: String) throws -> [Answer] {
            guard let objects = fields[name] as? [[String: Any]] else {
                throw Failed(description: "There are no objects \(name) in \(fields)")
            }
            return objects.map(Answer.init)
        }
    }

    let path: String

    /// Runs it to its end; what it says on standard error goes to ours.
    func run(_ arguments: [String]) throws -> Answer {
        let output = try text(arguments)
        guard let fields = try? JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any] else {
            throw Failed(description: "\(path) \(arguments.joined(separator: " ")) printed no JSON object: \(output)")
        }
        return Answer(fields: fields)
    }

    func text(_ arguments: [String]) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failed(
                description: "\(path) \(arguments.joined(separator: " ")) ended with \(process.terminationStatus)")
        }
        return String(decoding: data, as: UTF8.self)
    }
}
