extension Fault {
    /// All there are, in the order in which they are tried.
    package static let all: [Fault] = [
        .killAtEachCall, .killUnderLoad, .failedWrites, .fullDisk, .powerCut, .flippedByte, .cutFile,
        .foreignFiles, .permissions, .mapFull, .readersFull, .killedReaders, .twoProcesses, .rebuildKilled,
        .logMigrationKilled,
        .stopped,
        .terminated, .clock, .postgresRefused, .postgresKilled, .postgresBackendKilled, .postgresStopped,
        .postgresNetwork,
        .postgresFullDisk, .postgresTable, .postgresPassword, .postgresReadOnly, .postgresRows, .postgresFailover,
        .postgresAway, .hostsApart, .twoLeaders, .negativeControls,
    ]

    /// Those of which the tests run a short cut. To be away for long is there to be away; two nodes are much at once.
    package static let inTests: [Fault] = {
        let others = [negativeControls, postgresAway, hostsApart, twoLeaders].map(\.name)
        return all.filter { !others.contains($0.name) }
    }()
}
