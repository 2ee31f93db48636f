// swift-tools-version: 6.2
import PackageDescription

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let swiftProtobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")

let package = Package(
    name: "daybook",
    products: [.executable(name: "daybook", targets: ["daybook"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", exact: "1.4.0"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0"),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", exact: "0.2.0"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    ],
    targets: [
        // C libraries of the system: module maps only.
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CEpoll"),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"])]),
        .systemLibrary(name: "CLZMA", pkgConfig: "liblzma", providers: [.apt(["liblzma-dev"])]),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CRedis", pkgConfig: "hiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        // C of ours, for what Swift can't be asked to do.
        .target(name: "CLMDBFaults"),
        .target(name: "CSQLiteChecksums", linkerSettings: [.linkedLibrary("sqlite3")]),

        // Their Swift wrappers; each alone imports its C module.
        .target(name: "Curl", dependencies: ["CCurl"]),
        .target(name: "Decompression", dependencies: ["CLZMA", "CZlib"]),
        .target(name: "LMDB", dependencies: ["CLMDB", "CLMDBFaults"]),
        .target(name: "Postgres", dependencies: ["CPostgres"]),
        .target(name: "Redis", dependencies: ["CRedis"]),

        .target(name: "JSON"),

        // The steps of the Postgres schema, within the program.
        .target(
            name: "Migrations", path: "migrations", exclude: ["events"],
            resources: [.embedInCode("postgres/0001_log.sql"), .embedInCode("postgres/0002_lease.sql")]),

        // The parts, in the order of their arrows.
        .target(name: "Ledger"),
        .target(
            name: "EventStore",
            dependencies: [
                "CLinux", "JSON", "Ledger", "LMDB", "Migrations", "Postgres", crypto, logging, swiftProtobuf,
            ]),
        .target(
            name: "Projections",
            dependencies: ["CSQLiteChecksums", "EventStore", "JSON", "Ledger", grdb, logging, sqlite]),
        .target(
            name: "HTTPService",
            dependencies: [
                "JSON", httpTypes, hummingbird, hummingbirdCore, logging, nioCore, nioHTTP1, serviceLifecycle,
            ]
        ),
        .target(
            name: "CommandAPI",
            dependencies: [
                "EventStore", "HTTPService", "JSON", "Ledger", httpTypes, hummingbird, logging, nioCore, swiftProtobuf,
            ]
        ),
        .target(
            name: "QueryAPI",
            dependencies: [
                "EventStore", "HTTPService", "JSON", "Ledger", "Projections", "Subscriptions", httpTypes, hummingbird,
                logging, nioCore,
                serviceLifecycle,
            ]
        ),
        .target(name: "Subscriptions", dependencies: ["Curl", "EventStore", "JSON", "Ledger", crypto, logging]),
        .executableTarget(
            name: "daybook",
            dependencies: [
                "CEpoll", "CommandAPI", "Decompression", "EventStore", "HTTPService", "JSON", "LMDB",
                "Ledger",
                "Postgres", "Projections", "QueryAPI", "Subscriptions", argumentParser, configuration, histogram,
                hummingbird, logging,
                nioCore, serviceLifecycle, systemPackage, unixSignals,
            ],
            linkerSettings: [.linkedLibrary("jemalloc")]
        ),

        // What tests share: small tools, and a whole shop that runs in the test's own process.
        .target(name: "TestTools", path: "Tests/Tools"),
        .target(
            name: "TestSupport",
            dependencies: [
                "CommandAPI", "EventStore", "HTTPService", "Ledger", "Projections", "QueryAPI", "TestTools",
                hummingbird,
                logging, serviceLifecycle,
            ],
            path: "Tests/Support"
        ),
        // Real servers of a test's own, for test targets alone.
        .target(name: "TestServers", dependencies: ["TestTools"], path: "Tests/Servers"),
        // Runs the built program under faults, and knows nothing of its insides.
        .target(
            name: "FaultCampaign", dependencies: ["TestTools"], path: "Tests/Faults", exclude: ["Mutants", "Shims"]
        ),
        .executableTarget(name: "faults", dependencies: ["FaultCampaign", argumentParser], path: "Tests/FaultsMain"),

        .testTarget(
            name: "CommandAPITests",
            dependencies: [
                "CommandAPI", "EventStore", "HTTPService", "JSON", "Ledger", "TestSupport", "TestTools", httpTypes,
                swiftProtobuf,
            ]
        ),
        .testTarget(name: "DecompressionTests", dependencies: ["Decompression"]),
        .testTarget(
            name: "EventStoreTests",
            dependencies: [
                "EventStore", "LMDB", "Ledger", "Postgres", "TestServers", "TestTools", logging, swiftProtobuf,
            ],
            exclude: ["Fixtures"]
        ),
        .testTarget(
            name: "HTTPServiceTests",
            dependencies: [
                "CommandAPI", "EventStore", "HTTPService", "TestSupport", "TestTools", nioCore, nioEmbedded, nioHTTP1,
                httpTypes,
            ]
        ),
        .testTarget(
            name: "IntegrationTests",
            dependencies: ["Decompression", "FaultCampaign", "TestServers", "TestTools", "daybook"]),
        .testTarget(name: "JSONTests", dependencies: ["JSON", "TestSupport", "TestTools"]),
        .testTarget(name: "LMDBTests", dependencies: ["LMDB"]),
        .testTarget(name: "LedgerTests", dependencies: ["Ledger", "TestTools"]),
        .testTarget(name: "PostgresTests", dependencies: ["Postgres", "TestServers", "TestTools"]),
        .testTarget(
            name: "ProjectionsTests",
            dependencies: [
                "CommandAPI", "EventStore", "JSON", "Ledger", "Projections", "TestSupport", "TestTools", grdb, logging,
            ]
        ),
        .testTarget(
            name: "QueryAPITests",
            dependencies: [
                "CommandAPI", "EventStore", "HTTPService", "Ledger", "Projections", "QueryAPI", "Subscriptions",
                "TestSupport", "TestTools",
            ]
        ),
        .testTarget(
            name: "SubscriptionsTests",
            dependencies: [
                "EventStore", "HTTPService", "Ledger", "Subscriptions", "TestSupport", "TestTools", httpTypes,
                hummingbird, nioCore,
                logging,
            ]
        ),
        .testTarget(name: "RedisTests", dependencies: ["Redis", "TestTools"]),
        .testTarget(name: "SimulationTests", dependencies: ["EventStore", "Ledger", "TestTools", logging]),
        .testTarget(name: "daybookTests", dependencies: ["EventStore", "Ledger", "daybook", logging]),
    ]
)

// Only ops/fuzz asks for it.
let isFuzzed = Context.environment["DAYBOOK_FUZZ"] != nil
if isFuzzed {
    package.targets.append(
        .executableTarget(
            name: "fuzz",
            dependencies: ["CommandAPI", "EventStore", "HTTPService", "JSON", "Ledger", httpTypes, swiftProtobuf],
            path: "Fuzzing", exclude: ["Corpus"], swiftSettings: [.enableExperimentalFeature("Extern")],
            linkerSettings: [.unsafeFlags(["-sanitize=address"]), .linkedLibrary("stdc++")]))
}

for target in package.targets where target.type != .system {
    target.swiftSettings =
        (target.swiftSettings ?? []) + [
            .enableUpcomingFeature("ExistentialAny"),
            .enableUpcomingFeature("MemberImportVisibility"),
            .enableUpcomingFeature("InternalImportsByDefault"),
            .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        ]
}

// The parts whose branches libFuzzer watches.
for target in package.targets where isFuzzed && ["CommandAPI", "EventStore", "JSON", "Ledger"].contains(target.name) {
    target.swiftSettings?.append(.unsafeFlags(["-sanitize=fuzzer,address", "-O", "-assert-config", "Debug"]))
}
