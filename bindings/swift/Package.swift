// swift-tools-version: 6.0
// The generated sources come first: bindings/generate swift
import PackageDescription

let package = Package(
    name: "Amends",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [.library(name: "Amends", targets: ["Amends"])],
    targets: [
        .systemLibrary(name: "CAmendsModel", path: "Generated/CAmendsModel"),
        .systemLibrary(name: "CAmendsFFI", path: "Generated/CAmendsFFI"),
        .target(
            name: "AmendsBindings",
            dependencies: ["CAmendsModel", "CAmendsFFI"],
            path: "Generated/AmendsBindings",
            swiftSettings: [.swiftLanguageMode(.v5)]
        ),
        .target(name: "Amends", dependencies: ["AmendsBindings"]),
        .testTarget(name: "AmendsTests", dependencies: ["Amends"]),
    ],
    swiftLanguageModes: [.v6]
)
