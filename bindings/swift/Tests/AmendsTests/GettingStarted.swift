import Amends
import Foundation
import XCTest

/// The code of README.md, so that it compiles.
enum GettingStarted {
    static func phone(folder: String, keychain: SecretStore) async throws -> Space {
        // The first time the app is opened; from then on Space.open.
        let space = try await Space.create(
            folder: folder, name: "Ana", services: HostServices(secrets: keychain))
        return space
    }

    static func pairing(_ space: Space, ask: (String, String) async -> Bool) async throws {
        let pairing = try await space.pairShow(listen: "0.0.0.0:0")
        print("Type \(pairing.code()!) on the other phone, or scan \(pairing.qr()!)")
        let asked = try await pairing.asked()
        pairing.answer(equal: await ask(asked.name, asked.code))
        try await pairing.finished()
    }

    static func words(_ space: Space, terms: Terms) async throws {
        _ = try await space.agreements().propose(terms: terms)
        for try await agreements in space.agreementChanges {
            agreements.forEach { show($0) }
        }
    }

    static func yes(_ space: Space, shown: AgreementView) async throws {
        do {
            _ = try await space.agreements().consent(shown: shown, revision: shown.onTable[0].hash)
        } catch AmendsError.Refused(.staleView, _) {
            print("It has changed: please read it again.")
        } catch let error as AmendsError {
            print(error.userMessage)
        }
    }

    static func inStep(_ space: Space) async throws {
        let exchange = try await space.exchange(settings: ExchangeSettings(peers: ["192.168.0.7:4444"]))
        // … as long as the app is in the foreground; then
        exchange.stop()
        try await exchange.finished()
    }

    #if canImport(UIKit)
    @MainActor
    static func phone() async throws -> (AppLifecycle, Exchange) {
        let space = try await Space.create(
            folder: SpaceFolder.prepared().path, name: "Ana",
            services: HostServices(secrets: KeychainSecrets()))
        let lifecycle = AppLifecycle(space)
        let exchange = try await space.exchange(
            settings: ExchangeSettings(discovery: BonjourDiscovery()))
        return (lifecycle, exchange)
    }
    #endif

    private static func show(_ agreement: AgreementView) {
        print(agreement.state)
    }
}

final class GettingStartedTests: XCTestCase {
    private func plain(_ code: String) -> [String] {
        code.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty }
    }

    func testTheCodeOfTheReadmeIsCodeThatCompiles() throws {
        let here = URL(fileURLWithPath: #filePath)
        let compiled = plain(try String(contentsOf: here, encoding: .utf8))
        let package = here.deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let readme = try String(contentsOf: package.appendingPathComponent("README.md"), encoding: .utf8)
        let blocks = readme.components(separatedBy: "```swift\n").dropFirst()
            .map { plain($0.components(separatedBy: "```")[0]) }
        XCTAssertGreaterThanOrEqual(blocks.count, 6)
        for block in blocks {
            let found = compiled.indices.contains { at in compiled[at...].starts(with: block) }
            XCTAssertTrue(found, "not compiled: \(block)")
        }
    }
}
