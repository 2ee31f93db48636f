extension Fault {
    /// All there are, in the order in which they are tried.
    package static let all: [Fault] = [
        .killAtEachCall, .killUnderLoad, .failedWrites, .fullDisk, .powerCut, .flippedByte, .cutFile,
        .foreignFiles, .permissions, .mapFull, .readersFull, .killedReaders, .twoProcesses, .stopped, .terminated,
        .clock,
        .negativeControls,
    ]

    /// Those of which the tests run a short cut.
    package static let inTests: [Fault] = all.filter { $0.name != negativeControls.name }
}
