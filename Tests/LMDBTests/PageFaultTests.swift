import Foundation
import LMDB
import Testing

@Suite("Pages that can't be read")
struct PageFaultTests {
    @Test("A page that the file does not have ends the process with a reason, not by a signal")
    func missingPage() async throws {
        let directory = try TemporaryDirectory()
        do {
            let environment = try directory.environment()
            try environment.append(1...2_000, to: try environment.log())
        }
        let result = await #expect(processExitsWith: .exitCode(7), observing: [\.standardErrorContent]) {
            [path = directory.path as String] in
            PageFault.endsProcess(code: 7)
            let environment = try Environment(directory: path)
            let log = try environment.log()
            #expect(truncate(path + "/data.mdb", 8_192) == 0)
            _ = try environment.keys(log)
        }
        let told = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(told.contains(directory.path + "/data.mdb can't be read at byte "), "\(told)")
    }

    /// A sanitizer answers faults itself.
    private static let isSanitized = ProcessInfo.processInfo.environment["ASAN_OPTIONS"] != nil

    @Test("A fault that has nothing to do with LMDB is the signal that it was", .disabled(if: isSanitized))
    func otherFault() async {
        await #expect(processExitsWith: .signal(SIGSEGV)) {
            PageFault.endsProcess(code: 7)
            UnsafeMutablePointer<Int>(bitPattern: 8)?.pointee = 1
        }
        await #expect(processExitsWith: .signal(SIGBUS)) {
            PageFault.endsProcess(code: 7)
            kill(getpid(), SIGBUS)
            while true { pause() }
        }
    }
}
