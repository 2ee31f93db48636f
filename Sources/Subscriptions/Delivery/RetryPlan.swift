package import Foundation

/// When what could not be delivered is tried again, and when no more.
package struct RetryPlan: Sendable {
    /// After the first failure; twice as long after each further one.
    package var delayMin = Duration.seconds(1)
    package var delayMax = Duration.seconds(3_600)
    /// Failing for longer than that it is paused, and whoever operates it is told.
    package var patience: TimeInterval = 3 * 24 * 3_600
    /// For an answer.
    package var timeout: TimeInterval = 15

    package init() {}

    /// - Parameters:
    ///   - failures: in a row, at least one.
    ///   - random: 0 to 1. Many that fail together come back apart: up to half of the time is left out.
    func delay(after failures: Int, random: Double) -> Duration {
        let doubled = delayMin * Double(1 << min(failures - 1, 20))
        return min(doubled, delayMax) * (1 - random / 2)
    }
}
