/// Something to be measured, by the name it has on the command line.
struct Figure: Sendable {
    let name: String
    let measure: @Sendable (Bench) throws -> [Result]

    /// In the order of the table; the long ones last.
    static let all = [
        writer, hotWriter, protobuf, ndjson, request, single, hot, fold, importedLog, interference, open, overload,
        long,
    ]
}
