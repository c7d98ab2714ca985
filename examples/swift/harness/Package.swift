// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "AmendsHarness",
    platforms: [.macOS(.v13)],
    dependencies: [.package(path: "../../../bindings/swift")],
    targets: [
        .executableTarget(
            name: "amends-swift", dependencies: [.product(name: "Amends", package: "swift")])
    ],
    swiftLanguageModes: [.v6]
)
