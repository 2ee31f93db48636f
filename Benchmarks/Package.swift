// swift-tools-version: 6.2
import PackageDescription

// What measures Daybook. It runs the program as a user would and shares no code with it.
let package = Package(
    name: "benchmarks",
    dependencies: [.package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2")],
    targets: [
        .systemLibrary(name: "CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"])]),
        .executableTarget(name: "limit", dependencies: ["CLMDB"]),
        .executableTarget(
            name: "measure",
            dependencies: [.product(name: "ArgumentParser", package: "swift-argument-parser")]),
    ]
)

for target in package.targets where target.name == "measure" {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ]
}
