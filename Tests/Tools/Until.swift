/// What a test waited for did not come.
package struct NeverCame: Error {}

/// Waits for what gives no signal, and throws after a minute: a test that hangs says nothing about itself.
package func until(_ holds: () throws -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(60)
    while try !holds() {
        guard ContinuousClock.now < end else { throw NeverCame() }
        try Task.checkCancellation()
        await Task.yield()
    }
}
