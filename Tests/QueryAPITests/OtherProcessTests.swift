import EventStore
import Projections
import QueryAPI
import TestSupport
import Testing

@Suite("A process that only answers questions", .serialized)
struct OtherProcessTests {
    @Test("It waits for what another process projects, and says how far that has come")
    func reading() async throws {
        try await TestShop.open { shop in
            // Opened a second time: what one projector tells its own process, another process has to look up.
            let models = try ReadModels(directory: shop.store.readModelsDirectory)
            let other = try await RunningServer("other", QueryAPI(store: shop.store, models: models).router())
            try await shop.register("LAMP", "Lamp", price: "1")
            let answer = try await shop.request(
                "GET", "/catalog/products/LAMP", port: other.port, ["Daybook-Position": "1"])
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.headers["daybook-position"] == "1")
            try await other.stop()
        }
    }
}
