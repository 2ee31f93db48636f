import Foundation
import Testing
@testable import EventStore

@Test("Exit tests capture")
func probe() async throws {
    let path = "/tmp/x"
    await #expect(processExitsWith: .success) { [path] in
        #expect(path == "/tmp/x")
        signal(SIGXFSZ, SIG_IGN)
    }
    await #expect(processExitsWith: .signal(SIGKILL)) { [path] in
        _ = path
        kill(getpid(), SIGKILL)
    }
    let task = Task.immediate { 5 }
    #expect(await task.value == 5)
}
