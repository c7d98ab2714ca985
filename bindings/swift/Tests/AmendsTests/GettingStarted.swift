import Amends
import AmendsTesting
import Foundation
import XCTest

/// The code of README.md, so that it compiles.
enum GettingStarted {
    static func draw(_ code: String) { print(code) }
    static func ask(_ question: String) async -> Bool { question.isEmpty }

    static func phone(folder: String, keychain: SecretStore) async throws -> Space {
        // Opens what is there, or makes it the first time.
        let space = try await Space.openOrCreate(
            folder: folder, name: "Ana", services: HostServices(secrets: keychain))
        return space
    }

    static func shows(_ space: Space) async throws {
        let pairing = try await space.pairShow(listen: "0.0.0.0:0")
        if let qr = pairing.qr() { draw(qr) }
        try await compare(pairing)
    }

    static func scans(_ space: Space, scanned: String) async throws {
        let pairing = try await space.pairScan(text: scanned)
        try await compare(pairing)
    }

    private static
    func compare(_ pairing: Pairing) async throws {
        let asked = try await pairing.asked()
        pairing.answer(equal: await ask("Does \(asked.name)'s phone show \(asked.code), too?"))
        try await pairing.finished()
    }

    static func words(_ space: Space) async throws {
        let sundays = TermsClause(text: "We talk on Sundays.", binds: .both, category: .general)
        let terms = Terms(kind: .communication, clauses: [sundays], lang: "en")
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
        let other = ["192.168.0.7:4444"]
        try await space.startSync(options: SyncOptions(listen: "0.0.0.0:4444", peers: other))
        // … for as long as the two are to stay in step; then
        try await space.stopSync()
    }

    static func tested() async throws {
        let phones = try await Phones.paired()
        let (ana, ben) = (phones.ana.space, phones.ben.space)
        let due = ben.now().addingTimeInterval(3_600)
        _ = try await ben.promises().make(
            new: NewPromise(action: "I call you.", due: .at(due), zone: "UTC"))
        try await phones.meet()
        let promised = try await ana.promises().list()
        XCTAssertEqual(promised[0].action, "I call you.")
        try await phones.close()
    }

    // On Linux only its form is checked.
    #if canImport(UIKit)
    @MainActor
    static func app() async throws -> AppLifecycle {
        let (folder, keychain) = (try SpaceFolder.prepared().path, KeychainSecrets())
        let space = try await phone(folder: folder, keychain: keychain)
        let lifecycle = AppLifecycle(space)
        try await space.startSync(options: SyncOptions(discovery: BonjourDiscovery()))
        return lifecycle
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
        XCTAssertGreaterThanOrEqual(blocks.count, 9)
        for block in blocks {
            let found = compiled.indices.contains { at in compiled[at...].starts(with: block) }
            XCTAssertTrue(found, "not compiled: \(block)")
        }
    }
}
