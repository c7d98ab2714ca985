// swift-tools-version: 6.0
// A program of somebody else: of this repository it knows what `bindings/release` has made.
import PackageDescription

let package = Package(
    name: "FirstPromise",
    platforms: [.macOS(.v13)],
    dependencies: [.package(path: "../../../target/artefacts/Amends")],
    targets: [
        .executableTarget(
            name: "first-promise",
            dependencies: [
                .product(name: "Amends", package: "Amends"),
                .product(name: "AmendsTesting", package: "Amends"),
            ])
    ],
    swiftLanguageModes: [.v6]
)
