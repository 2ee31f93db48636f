import Foundation
import Logging
import Testing

@testable import daybook

@Suite("Settings")
struct SettingsTests {
    @Test("Defaults are those that .env.example shows")
    func defaults() async throws {
        let settings = try await Settings.load([:])
        #expect(settings.host == "127.0.0.1")
        #expect(settings.commandPort == 8_080)
        #expect(settings.queryPort == 8_081)
        let example = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../.env.example")
        let text = try String(contentsOf: example, encoding: .utf8)
        for key in Settings.Key.allCases {
            #expect(text.contains("# \(key.rawValue)="), "\(key.rawValue) is missing in .env.example")
        }
    }

    @Test("The environment is read, and wins")
    func environment() async throws {
        let settings = try await Settings.load([
            "DAYBOOK_COMMAND_PORT": "9000", "DAYBOOK_LOG_LEVEL": "debug", "HOME": "/",
        ])
        #expect(settings.commandPort == 9_000)
        #expect(settings.logLevel == .debug)
    }

    @Test(
        "An unknown key and a bad value stop the start",
        arguments: [
            ["DAYBOOK_PROT": "1"], ["DAYBOOK_QUERY_PORT": "65536"], ["DAYBOOK_QUERY_PORT": "x"],
            ["DAYBOOK_LOG_LEVEL": "loud"],
            ["DAYBOOK_QUEUE_CAPACITY": "0"], ["DAYBOOK_CONNECTIONS_MAX": "0"],
            ["DAYBOOK_CONNECTIONS_PER_ADDRESS_MAX": "-1"], ["DAYBOOK_IDLE_SECONDS_MAX": "1.5"],
        ])
    func bad(environment: [String: String]) async throws {
        await #expect(throws: Failure.self) { try await Settings.load(environment) }
    }
}
