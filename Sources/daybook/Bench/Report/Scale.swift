import Foundation

/// Where a number lies on an axis of a drawing.
protocol Scale {
    /// Of a value in the drawing's units.
    func place(_ value: Double) -> Double
    /// The values that the axis names, from the least.
    var ticks: [Double] { get }
}

/// Equal distances for equal differences, from zero.
struct LinearScale: Scale {
    let max: Double
    let places: ClosedRange<Double>
    let ticks: [Double]

    /// - Parameter most: what has to fit; the axis ends at a round number not below it.
    init(upTo most: Double, from start: Double, to end: Double) {
        let rough = Swift.max(most, 1) / 8
        let power = pow(10, floor(log10(rough)))
        let step = [1, 2, 2.5, 5, 10].map { $0 * power }.first { $0 >= rough } ?? 10 * power
        let count = Int((most / step).rounded(.up))
        max = step * Double(count)
        ticks = (0...count).map { Double($0) * step }
        places = start...end
    }

    func place(_ value: Double) -> Double {
        places.lowerBound + value / max * (places.upperBound - places.lowerBound)
    }
}

/// Equal distances for equal ratios, over whole powers of ten; from the bottom of the drawing upwards.
struct LogScale: Scale {
    let exponents: ClosedRange<Int>
    let bottom: Double
    let top: Double

    /// - Parameter values: what has to fit; those not above zero lie at the bottom.
    init(fitting values: [Double], bottom: Double, top: Double) {
        let positive = values.filter { $0 > 0 }
        let least = Int(floor(log10(positive.min() ?? 1)))
        let most = Int(ceil(log10(positive.max() ?? 10)))
        exponents = least...Swift.max(most, least + 1)
        self.bottom = bottom
        self.top = top
    }

    var ticks: [Double] { exponents.map { pow(10, Double($0)) } }

    func place(_ value: Double) -> Double {
        let least = Double(exponents.lowerBound)
        let share = value > 0 ? (log10(value) - least) / Double(exponents.count - 1) : 0
        return bottom + Swift.max(0, share) * (top - bottom)
    }
}
