package import Ledger

/// What happened, and everything that is on record about it.
package struct Recorded: Sendable {
    package let record: Record
    package let event: Event

    package init(record: Record, event: Event) {
        self.record = record
        self.event = event
    }
}
