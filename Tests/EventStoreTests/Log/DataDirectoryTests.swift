import EventStore
import Foundation
import Ledger
import Testing

@testable import EventStore

// In child processes: there a lock is another process's, and a descriptor closed twice is nobody else's.
@Suite("One data directory, one writing process", .timeLimit(.minutes(5)))
struct DataDirectoryTests {
    @Test("A second process is refused, and told which process has the directory")
    func secondProcess() async throws {
        let data = try TemporaryData()
        try await data.open { store in
            await #expect(processExitsWith: .success) { [path = data.path as String, own = getpid() as Int32] in
                await reporting {
                    let error = try await fault(.directory) { try Store(directory: path, access: .readWrite) }
                    #expect(error.message.contains(path))
                    #expect(error.message.contains("process \(own)"))
                    #expect(error.message.contains("Stop it"))
                }
            }
        }
        // It was given back.
        await #expect(processExitsWith: .success) { [path = data.path as String] in
            await reporting {
                try await TemporaryData.open(path) { store in #expect(store.log.headPosition == .start) }
            }
        }
    }

    @Test("A second store in the same process is refused too, and the first one works on")
    func sameProcess() async throws {
        let data = try TemporaryData()
        await #expect(processExitsWith: .success) { [path = data.path as String] in
            await reporting {
                try await TemporaryData.open(path) { store in
                    for access in [Store.Access.readWrite, .readWrite, .readOnly] {
                        let error = try await fault(.directory) { try Store(directory: path, access: access) }
                        #expect(error.message.contains(path))
                    }
                    var chain = Chain()
                    try chain.append(3, to: store.log)
                    #expect(try store.log.read(after: .start, limit: 9).count == 3)
                }
            }
        }
    }

    @Test("A refused opener closes its descriptor once: no other file of the process is closed by it")
    func descriptors() async throws {
        let data = try TemporaryData()
        await #expect(processExitsWith: .success) { [path = data.path as String] in
            await reporting {
                try await TemporaryData.open(path) { _ in
                    try await withThrowingTaskGroup { group in
                        // These take each free descriptor the moment there is one, and miss it when it is closed.
                        for _ in 1...3 {
                            group.addTask {
                                while !Task.isCancelled {
                                    let descriptor = Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC)
                                    #expect(descriptor >= 0)
                                    await Task.yield()
                                    try #require(close(descriptor) == 0, "closed by somebody else")
                                }
                            }
                        }
                        for _ in 1...3_000 {
                            _ = try? DirectoryLock(directory: path, use: "tests")
                            await Task.yield()
                        }
                        group.cancelAll()
                        try await group.waitForAll()
                    }
                }
            }
        }
    }

    @Test("The directory stays locked while the Writer runs, whoever still holds the store")
    func heldByTheWriter() async throws {
        let data = try TemporaryData()
        let gate = Gate()
        let writer = try {
            let store = try Store(directory: data.path, access: .readWrite)
            return store.startWriter(logger: .silent)
        }()
        let waiting = Task.immediate { try await writer.outcome(of: Scripted.wait(at: gate)) }
        await gate.isReached()
        let descriptor = Glibc.open(data.file("lock"), O_RDWR | O_CLOEXEC)
        #expect(flock(descriptor, LOCK_EX | LOCK_NB) == -1, "another process could open the directory for writing")
        close(descriptor)
        gate.open()
        _ = try await waiting.value
        await writer.stop()
    }

    @Test("A process that reads beside the writing one sees what is durable, and can't write")
    func readingBeside() async throws {
        let data = try TemporaryData()
        try await data.write { _, writer in
            try await writer.sell(sku("A"), stock: 5)
            await #expect(processExitsWith: .success) { [path = data.path as String] in
                await reporting {
                    try await TemporaryData.open(path, .readOnly) { store throws in
                        #expect(store.log.headPosition == .at(2))
                        #expect(try store.log.read(after: .start, limit: 9).count == 2)
                        #expect(try store.index.head(of: .stock(sku("A"))) == .init(position: .at(2), version: .at(1)))
                        #expect(throws: EventStoreError.self) {
                            try store.log.append([Record.sample(.stockReceived, at: 3, payload: [])], after: .at(2))
                        }
                    }
                }
            }
            try await writer.accept(ReserveStock(sku: sku("A"), quantity: 1))
        }
    }

    @Test("A directory that can't be made or written is refused with its path")
    func unusable() async throws {
        let data = try TemporaryData()
        try Data().write(to: URL(fileURLWithPath: data.file("file")))
        let path = data.file("file/store")
        let error = try await fault(.directory) { try Store(directory: path, access: .readWrite) }
        #expect(error.message.contains(path))
    }
}
