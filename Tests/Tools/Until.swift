extension Duration {
    /// The most a test waits for what has to come. On a busy machine a task may stand in the queue for a minute and more,
    /// so this is far beyond that; only what never comes is waited for so long.
    package static let patience = Duration.seconds(280)
}

/// What a test waited for did not come.
package struct NeverCame: Error {}

/// Waits for what gives no signal, and throws in the end: a test that hangs says nothing about itself.
package func until(_ holds: () throws -> Bool) async throws {
    let end = ContinuousClock.now + .patience
    while try !holds() {
        guard ContinuousClock.now < end else { throw NeverCame() }
        try Task.checkCancellation()
        await Task.yield()
    }
}
