// swift-tools-version: 6.0
// The generated sources come first: bindings/generate swift, or bindings/swift/xcframework.
import Foundation
import PackageDescription

// For an iPhone the library comes as an XCFramework, with the headers in it; elsewhere the
// linker finds what cargo has built.
let framework = "Generated/CAmends.xcframework"
let packed = FileManager.default.fileExists(atPath: Context.packageDirectory + "/" + framework)
let library: [Target] =
    packed
    ? [.binaryTarget(name: "CAmends", path: framework)]
    : [
        .systemLibrary(name: "CAmendsModel", path: "Generated/CAmendsModel"),
        .systemLibrary(name: "CAmendsFFI", path: "Generated/CAmendsFFI"),
    ]

let package = Package(
    name: "Amends",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [
        .library(name: "Amends", targets: ["Amends"]),
        // Two paired phones, for the tests and previews of an app.
        .library(name: "AmendsTesting", targets: ["AmendsTesting"]),
    ],
    targets: library + [
        .target(
            name: "AmendsBindings",
            dependencies: library.map { .target(name: $0.name) },
            path: "Generated/AmendsBindings",
            swiftSettings: [.swiftLanguageMode(.v5)]
        ),
        .target(name: "Amends", dependencies: ["AmendsBindings"]),
        .target(name: "AmendsTesting", dependencies: ["Amends"]),
        .testTarget(name: "AmendsTests", dependencies: ["Amends", "AmendsTesting"]),
    ],
    swiftLanguageModes: [.v6]
)
