/// Something with a history of its own: one stream of events, folded into a state on which rules decide.
package protocol Aggregate: Sendable, Codable {
    associatedtype Event: Sendable, Equatable

    /// The state before anything happened.
    init()

    /// Takes what happened. Never refuses, reads no clock, and is the only thing that changes the state.
    mutating func apply(_ event: Event)
}

extension Aggregate {
    package init(replaying events: [Event]) {
        self.init()
        for event in events { apply(event) }
    }
}
