import Foundation

/// Latency against offered rate, drawn as SVG: dark on white, so that it reads on any page.
struct LatencyCurve {
    struct Point {
        let perSecond: Double
        /// As many as there are lines.
        let milliseconds: [Double]
    }

    let points: [Point]
    let saturation: Double
    let connections: Int

    private static let (width, height) = (900.0, 560.0)
    private static let (left, right, top, bottom) = (80.0, 800.0, 70.0, 490.0)
    /// Colours that also differ in brightness.
    private static let lines: [(name: String, colour: String)] = [
        ("p50", "#0072b2"), ("p99", "#009e73"), ("p99.9", "#d55e00"), ("p99.99", "#8b1a62"),
    ]

    var svg: String {
        let rates = LinearScale(
            upTo: points.map(\.perSecond).max() ?? saturation, from: Self.left, to: Self.right)
        let latencies = LogScale(fitting: points.flatMap(\.milliseconds), bottom: Self.bottom, top: Self.top)
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(Self.width)) \(Int(Self.height))" \
            font-family="sans-serif" font-size="14" fill="#222222">
            <rect width="\(Int(Self.width))" height="\(Int(Self.height))" fill="#ffffff"/>
            <text x="\(Self.left)" y="28" font-size="18" font-weight="bold">Latency of add-to-cart against offered rate</text>
            <text x="\(Self.left)" y="50">Open loop, \(connections) connections, each command durable; \
            latency from the intended time of sending</text>
            \(rateAxis(rates))
            \(latencyAxis(latencies))
            \(saturationMark(rates))
            \(curves(rates, latencies))
            </svg>

            """
    }

    private func rateAxis(_ scale: LinearScale) -> String {
        let ticks = scale.ticks.map { tick in
            let x = Self.text(scale.place(tick))
            return """
                <line x1="\(x)" y1="\(Self.bottom)" x2="\(x)" y2="\(Self.bottom + 6)" stroke="#222222"/>
                <text x="\(x)" y="\(Self.bottom + 24)" text-anchor="middle">\(Terminal.grouped(Int(tick)))</text>
                """
        }
        let middle = (Self.left + Self.right) / 2
        return """
            <line x1="\(Self.left)" y1="\(Self.bottom)" x2="\(Self.right)" y2="\(Self.bottom)" stroke="#222222"/>
            \(ticks.joined(separator: "\n"))
            <text x="\(middle)" y="\(Self.bottom + 52)" text-anchor="middle">offered rate, requests a second</text>
            """
    }

    private func latencyAxis(_ scale: LogScale) -> String {
        let ticks = scale.ticks.map { tick in
            let y = Self.text(scale.place(tick))
            return """
                <line x1="\(Self.left)" y1="\(y)" x2="\(Self.right)" y2="\(y)" stroke="#cccccc"/>
                <text x="\(Self.left - 8)" y="\(y)" dy="5" text-anchor="end">\(Self.number(tick))</text>
                """
        }
        let middle = (Self.top + Self.bottom) / 2
        return """
            \(ticks.joined(separator: "\n"))
            <text transform="translate(22 \(middle)) rotate(-90)" text-anchor="middle">latency, milliseconds</text>
            """
    }

    private func saturationMark(_ scale: LinearScale) -> String {
        let x = Self.text(scale.place(saturation))
        return """
            <line x1="\(x)" y1="\(Self.top)" x2="\(x)" y2="\(Self.bottom)" stroke="#222222" stroke-dasharray="6 4"/>
            <text x="\(x)" y="\(Self.bottom - 10)" dx="8">the most in a closed loop: \
            \(Terminal.grouped(Int(saturation)))/s</text>
            """
    }

    private func curves(_ rates: LinearScale, _ latencies: LogScale) -> String {
        let named = zip(Self.lines.indices, labelPlaces(latencies))
        return named.map { index, label in
            let line = Self.lines[index]
            let places = points.map {
                "\(Self.text(rates.place($0.perSecond))),\(Self.text(latencies.place($0.milliseconds[index])))"
            }
            return """
                <polyline points="\(places.joined(separator: " "))" fill="none" stroke="\(line.colour)" stroke-width="2"/>
                <text x="\(Self.right + 10)" y="\(Self.text(label))" dy="5" fill="\(line.colour)" \
                font-weight="bold">\(line.name)</text>
                """
        }.joined(separator: "\n")
    }

    /// Beside each line's end, moved apart so that no name covers another.
    private func labelPlaces(_ scale: LogScale) -> [Double] {
        guard let last = points.last else { return Self.lines.map { _ in Self.bottom } }
        var places = last.milliseconds.map { scale.place($0) }
        for index in places.indices.dropFirst() { places[index] = min(places[index], places[index - 1] - 18) }
        return places
    }

    private static func text(_ place: Double) -> String { String(format: "%.1f", place) }

    private static func number(_ value: Double) -> String {
        value >= 1 ? Terminal.grouped(Int(value.rounded())) : String(format: "%g", value)
    }
}
