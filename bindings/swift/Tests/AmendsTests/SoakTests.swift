import Amends
import AmendsTesting
import Foundation
import XCTest

/// An app's life: screens that are made anew, the background, lost networks, many callers.
final class SoakTests: XCTestCase {
    /// What this process holds, in MB; nothing where the system does not say it so.
    private func memory() -> Int {
        let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = text?.split(separator: "\n").first { $0.hasPrefix("VmRSS") }
        return (line.flatMap { Int($0.filter(\.isNumber)) } ?? 0) / 1_024
    }

    private func round(_ number: Int, _ phones: Phones) async throws {
        let (ana, ben) = (phones.ana.space, phones.ben.space)
        // A screen that is turned collects anew; its old one is gone in the middle of a view.
        let screens = (0..<4).map { _ in
            Task { for try await _ in ana.todayChanges { await Task.yield() } }
        }
        let due = Due.at(ben.now().addingTimeInterval(3_600))
        let made = try await ben.promises().make(
            new: NewPromise(action: "I call you, \(number).", due: due, zone: "UTC"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for page in 0..<64 {
                group.addTask {
                    let note = NewNote(content: .journal(text: "Page \(page) of \(number)."))
                    _ = try await ana.inner().write(note: note)
                }
            }
            try await group.waitForAll()
        }
        for screen in screens {
            screen.cancel()
            try await screen.value
        }
        switch number % 3 {
        case 0:
            try await ana.suspend()
            do {
                _ = try await ana.agreements().list()
                XCTFail("it answered while it slept")
            } catch AmendsError.Suspended {}
            try await ana.resume()
        case 1: ana.networkChanged()
        default: break
        }
        // What is over counts no more among those that are open.
        _ = try await ben.promises().retract(id: made.id)
    }

    /// For as long as `AMENDS_SOAK` says, in seconds: 600 is the ten minutes of bindings/README.md.
    func testAnAppsLifeLosesNothingAndItsMemoryStays() async throws {
        let asked = ProcessInfo.processInfo.environment["AMENDS_SOAK"].flatMap(TimeInterval.init)
        let life = asked ?? 4
        let phones = try await Phones.paired()
        try await phones.together()
        let began = Date()
        var (rounds, before) = (0, 0)
        while Date().timeIntervalSince(began) < life {
            try await round(rounds, phones)
            rounds += 1
            // What is loaded once is loaded by then.
            if before == 0, Date().timeIntervalSince(began) > life / 4 { before = memory() }
        }
        let after = memory()
        try await phones.apart()
        try await phones.meet()
        let notes = try await phones.ana.space.inner().search(query: "").count
        XCTAssertEqual(notes, 64 * rounds, "a note was lost")
        for phone in [phones.ana, phones.ben] {
            let promised = try await phone.space.promises().ids().count
            XCTAssertEqual(promised, rounds, "a promise was lost")
        }
        XCTAssertLessThan(after - before, 96, "it grew in \(rounds) rounds")
        print("soak: \(rounds) rounds in \(life) s, \(before) MB and then \(after) MB")
        try await phones.close()
    }
}
