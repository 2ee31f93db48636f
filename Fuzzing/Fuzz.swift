import Foundation

/// Hands one input after another to a target, mutating those that led into code that none before had reached. `ops/fuzz`
/// builds and runs it. All arguments are libFuzzer's, which starts this program again with its own: so the target's name
/// is in the environment.
@main
enum Fuzz {
    private typealias Callback = @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32

    private static let targets: [String: Callback] = [
        "record": { run(RecordTarget.self, $0, $1) },
        "command": { run(CommandTarget.self, $0, $1) },
        "ndjson": { run(NDJSONTarget.self, $0, $1) },
        "protobuf": { run(ProtobufTarget.self, $0, $1) },
    ]

    static func main() {
        let name = ProcessInfo.processInfo.environment["DAYBOOK_FUZZ_TARGET"] ?? ""
        guard let callback = targets[name] else {
            fatalError(
                "DAYBOOK_FUZZ_TARGET is one of \(targets.keys.sorted().joined(separator: ", ")), not \"\(name)\"")
        }
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        exit(runDriver(&count, &arguments, callback))
    }

    private static func run(_ target: any FuzzTarget.Type, _ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
        target.run(Array(UnsafeBufferPointer(start: start, count: count)))
        return 0
    }

    @_extern(c, "LLVMFuzzerRunDriver")
    private static func runDriver(
        _ count: UnsafeMutablePointer<Int32>,
        _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>, _ callback: Callback
    ) -> Int32
}

/// What takes bytes from outside. It may refuse any input, and stops the process where a promise is broken.
protocol FuzzTarget {
    static func run(_ input: [UInt8])
}

/// Ends the process with `broken` where the promise is not kept; libFuzzer keeps the input.
func promise(_ isKept: Bool, _ broken: @autoclosure () -> String) {
    guard isKept else { fatalError(broken()) }
}

/// What must not throw.
func promised<Value>(_ what: String, _ body: () throws -> Value) -> Value {
    do {
        return try body()
    } catch {
        fatalError("\(what): \(error)")
    }
}
