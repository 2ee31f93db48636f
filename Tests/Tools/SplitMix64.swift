import Foundation

/// Sebastiano Vigna's SplitMix64: small, good enough to choose commands, and the same everywhere.
package struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension SplitMix64 {
    /// DAYBOOK_TEST_SEED, or a fixed number; printed, so that a failure can be had again.
    package static let seed: UInt64 = {
        let given = ProcessInfo.processInfo.environment["DAYBOOK_TEST_SEED"].flatMap(UInt64.init)
        let seed = given ?? 20_261_122
        print("Random tests run with DAYBOOK_TEST_SEED=\(seed)")
        return seed
    }()

    /// Each test and each history has a sequence of its own.
    package static func of(_ name: String, _ index: Int = 0) -> SplitMix64 {
        var seed = Self.seed
        for byte in name.utf8 { seed = seed &* 1_099_511_628_211 ^ UInt64(byte) }
        return SplitMix64(seed: seed &+ UInt64(index) &* 0xD1B5_4A32_D192_ED03)
    }

    package mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &self) }
    }
}
