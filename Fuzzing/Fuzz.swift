/// `fuzz TARGET [libFuzzer's own arguments]`: hands one input after another to a target, mutating those that led into
/// code that none before had reached. `ops/fuzz` builds and runs it.
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
        var arguments = CommandLine.arguments
        guard arguments.count > 1, let callback = targets[arguments.remove(at: 1)] else {
            fatalError("usage: fuzz \(targets.keys.sorted().joined(separator: "|")) [arguments of libFuzzer]")
        }
        // LibFuzzer keeps the arguments for as long as it runs.
        var count = Int32(CommandLine.argc - 1)
        var pointers = CommandLine.unsafeArgv + 1
        pointers[0] = CommandLine.unsafeArgv[0]
        _ = runDriver(&count, &pointers, callback)
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
