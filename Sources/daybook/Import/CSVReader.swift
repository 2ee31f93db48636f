/// Reads comma-separated values (RFC 4180) from chunks of bytes, a record at a time, with the line each begins on.
///
/// Fields are bytes: whether they are UTF-8 is for the caller to say, who knows what to do with one that isn't.
struct CSVReader {
    struct Row {
        /// The first line is 1.
        let line: Int
        let fields: [[UInt8]]
    }

    private enum State {
        case start, plain, quoted, afterQuote
    }

    private static let quote = UInt8(ascii: "\"")
    private static let comma = UInt8(ascii: ",")
    private static let newline = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    private var state = State.start
    private var line = 1
    private var rowLine = 1
    private var fields: [[UInt8]] = []
    private var field: [UInt8] = []

    /// Gives each record that the chunk completes to `body`.
    mutating func read(_ chunk: [UInt8], _ body: (Row) throws -> Void) rethrows {
        for byte in chunk {
            if byte == Self.newline { line += 1 }
            switch (state, byte) {
            case (.quoted, Self.quote): state = .afterQuote
            case (.quoted, _): field.append(byte)
            case (.afterQuote, Self.quote):
                field.append(byte)
                state = .quoted
            case (.start, Self.quote): state = .quoted
            case (_, Self.comma): endField()
            case (_, Self.newline): try endRow(body)
            case (_, Self.carriageReturn): break
            case (_, _):
                field.append(byte)
                state = .plain
            }
        }
    }

    /// Gives the last record, where the file does not end with a line break.
    mutating func finish(_ body: (Row) throws -> Void) rethrows {
        if !fields.isEmpty || !field.isEmpty || state != .start { try endRow(body) }
    }

    private mutating func endField() {
        fields.append(field)
        field.removeAll(keepingCapacity: true)
        state = .start
    }

    private mutating func endRow(_ body: (Row) throws -> Void) rethrows {
        endField()
        // A blank line is no record.
        if fields.count > 1 || !fields[0].isEmpty { try body(Row(line: rowLine, fields: fields)) }
        fields.removeAll(keepingCapacity: true)
        rowLine = line
    }
}
