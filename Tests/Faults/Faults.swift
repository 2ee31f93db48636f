extension Fault {
    /// All there are, in the order in which they are tried.
    package static let all: [Fault] = [
        .killAtEachCall, .killUnderLoad, .failedWrites, .fullDisk, .powerCut, .flippedByte, .cutFile,
        .foreignFiles, .permissions, .mapFull, .readersFull, .killedReaders, .twoProcesses, .stopped, .terminated,
        .clock, .postgresRefused, .postgresKilled, .postgresBackendKilled, .postgresStopped, .postgresNetwork,
        .postgresFullDisk, .postgresFailover, .postgresAway, .hostsApart, .negativeControls,
    ]

    /// Those of which the tests run a short cut. To be away for long is there to be away; hosts are much at once.
    package static let inTests: [Fault] = {
        let others = [negativeControls, postgresAway, hostsApart].map(\.name)
        return all.filter { !others.contains($0.name) }
    }()
}
