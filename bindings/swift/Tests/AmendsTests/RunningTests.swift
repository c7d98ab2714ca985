import Amends
import AmendsTesting
import Foundation
import XCTest

/// What runs for longer than a call: exchanges, pairings, sequences, sleep.
final class RunningTests: XCTestCase {
    func testAChangeOfTheOtherPhoneReachesASequence() async throws {
        let (ana, ben) = try await paired()
        try await together(ana, ben)
        let hearing = Task {
            for try await posts in ben.opennessChanges where !posts.isEmpty {
                return posts[0].text
            }
            return nil
        }
        _ = try await ana.openness().post(
            new: NewPost(kind: .whereabouts, text: "At the station."))
        let heard = try await hearing.value
        XCTAssertEqual(heard, "At the station.")
        for space in [ana, ben] { try await space.shutdown() }
    }

    /// An exchange that is begun by a space that is let go at once.
    private func begin(_ folder: String, with ben: Space) async throws {
        let ana = try await Space.create(
            folder: folder, name: "Ana", services: HostServices(secrets: MemorySecrets()))
        try await pair(ana, ben)
        try await together(ana, ben)
        // Twice is once.
        try await ana.startSync(options: SyncOptions(listen: "127.0.0.1:0"))
    }

    func testAnExchangeBelongsToItsSpaceAndNoObjectHasToBeKeptForIt() async throws {
        let (folder, ben) = (newFolder(), try await phone("Ben"))
        try await begin(folder, with: ben)
        _ = try await ben.agreements().propose(terms: plain("We talk."))
        // Who opens the folder again finds it as it was left: exchanging.
        let again = try await Space.open(
            folder: folder, services: HostServices(secrets: MemorySecrets()))
        XCTAssertTrue(again.diagnostics().exchanging)
        for try await agreements in again.agreementChanges where !agreements.isEmpty { break }
        try await again.stopSync()
        try await again.stopSync()
        XCTAssertFalse(again.diagnostics().exchanging)
        // It may begin anew.
        try await together(again, ben)
        _ = try await again.agreements().propose(terms: plain("We rest."))
        for try await agreements in ben.agreementChanges where agreements.count == 2 { break }
        try await again.shutdown()
        let closed = await failure {
            try await again.startSync(options: SyncOptions(listen: "127.0.0.1:0"))
        }
        guard case .Closed = closed else { return XCTFail("\(String(describing: closed))") }
        while again.diagnostics().exchanging { try await Task.sleep(nanoseconds: 20_000_000) }
        try await ben.shutdown()
    }

    /// Shows a code, and lets the pairing go.
    private func shown(by ana: Space) async throws -> (String, String) {
        let pairing = try await ana.pairShow(listen: "127.0.0.1:0")
        return (pairing.code()!, pairing.address()!)
    }

    func testAPairingGoesOnThoughItsObjectWasLetGoAndIsFoundAgain() async throws {
        let (ana, ben) = (try await phone("Ana"), try await phone("Ben"))
        let (code, address) = try await shown(by: ana)
        let join = try await ben.pairJoin(code: code, peer: address)
        let show = try XCTUnwrap(ana.pairing())
        async let asked = show.asked()
        let joined = try await join.asked()
        let digits = try await asked.code
        XCTAssertEqual(joined.code, digits)
        show.answer(equal: true)
        join.answer(equal: true)
        try await show.finished()
        try await join.finished()
        while ana.pairing() != nil { try await Task.sleep(nanoseconds: 10_000_000) }
        for try await status in ana.statusChanges {
            XCTAssertEqual(status.pairing, .paired)
            break
        }
        // One that is cancelled, or begun anew, ends the one before.
        let cleo = try await phone("Cleo")
        let first = try await cleo.pairShow(listen: "127.0.0.1:0")
        let second = try await cleo.pairShow(listen: "127.0.0.1:0")
        let replaced = await failure { try await first.finished() }
        guard case .Pairing(.cancelled, _) = replaced else {
            return XCTFail("\(String(describing: replaced))")
        }
        second.cancel()
        let cancelled = await failure { try await second.asked() }
        guard case .Pairing(.cancelled, _) = cancelled else {
            return XCTFail("\(String(describing: cancelled))")
        }
        for space in [ana, ben, cleo] { try await space.shutdown() }
    }

    func testWhoWaitsForAPairingEndsWithItsTask() async throws {
        let ana = try await phone("Ana")
        let pairing = try await ana.pairShow(listen: "127.0.0.1:0")
        for waits in [{ _ = try await pairing.asked() }, { try await pairing.finished() }]
            as [@Sendable () async throws -> Void]
        {
            let waiting = Task { try await waits() }
            try await Task.sleep(nanoseconds: 100_000_000)
            waiting.cancel()
            do {
                try await waiting.value
                XCTFail("it came to an end")
            } catch {
                XCTAssertTrue(error is CancellationError, "\(error)")
            }
        }
        // It goes on: only who waited has gone.
        XCTAssertNotNil(ana.pairing())
        pairing.cancel()
        try await ana.shutdown()
    }

    func testAYesCanBeTakenBackUntilTheOtherHasSaidItToo() async throws {
        let (ana, ben) = (try await phone("Ana"), try await phone("Ben"))
        let show = try await ana.pairShow(listen: "127.0.0.1:0")
        let join = try await ben.pairJoin(code: show.code()!, peer: show.address()!)
        async let asked = show.asked()
        _ = try await join.asked()
        _ = try await asked
        show.answer(equal: true)
        show.cancel()
        let ended = await failure { try await show.finished() }
        guard case .Pairing = ended else { return XCTFail("\(String(describing: ended))") }
        join.answer(equal: true)
        _ = await failure { try await join.finished() }
        let state = try await ana.status().pairing
        XCTAssertEqual(state, .unpaired)
        for space in [ana, ben] { try await space.shutdown() }
    }

    func testAPairingEndsWithItsSpaceAndMakesRoomOnItsPort() async throws {
        let ana = try await phone("Ana")
        let address = try await ana.pairShow(listen: "127.0.0.1:0").address()!
        let again = try await ana.pairShow(listen: address)
        XCTAssertEqual(again.address(), address)
        let waiting = Task { await failure { try await again.asked() } }
        try await Task.sleep(nanoseconds: 100_000_000)
        try await ana.shutdown()
        let ended = await waiting.value
        guard case .Closed = ended else { return XCTFail("\(String(describing: ended))") }
    }

    func testWhoWaitsForBothToBeInStepIsToldThatItWasStopped() async throws {
        let (ana, ben) = try await paired()
        let once = Task {
            await failure {
                try await ana.syncOnce(options: SyncOptions(listen: "127.0.0.1:0"), withinSeconds: 30)
            }
        }
        for try await now in ana.diagnosticsChanges where now.listening != nil { break }
        try await ana.stopSync()
        let stopped = await once.value
        guard case .Link(.lost, _) = stopped else { return XCTFail("\(String(describing: stopped))") }
        for space in [ana, ben] { try await space.shutdown() }
    }

    func testTwoObjectsOfOneFolderAreOneSpace() async throws {
        let folder = newFolder()
        let services = { HostServices(secrets: MemorySecrets()) }
        let ana = try await Space.create(folder: folder, name: "Ana", services: services())
        let other = try await Space.open(folder: folder + "/../" + (folder as NSString).lastPathComponent, services: services())
        let note = { NewNote(content: .journal(text: "For me alone.")) }
        let seen = Task {
            for try await notes in other.noteChanges where !notes.isEmpty { return notes.count }
            return 0
        }
        _ = try await ana.inner().write(note: note())
        let count = try await seen.value
        XCTAssertEqual(count, 1)
        try await ana.eraseLocal()
        // Nothing is acknowledged that is kept nowhere.
        let gone = await failure { try await other.inner().write(note: note()) }
        guard case .Closed = gone else { return XCTFail("\(String(describing: gone))") }
        let missing = await failure { try await Space.open(folder: folder, services: services()) }
        guard case .Storage(.missing, _) = missing else {
            return XCTFail("\(String(describing: missing))")
        }
    }

    func testEverythingThatAShellShowsCanBeObservedTheFirstViewAtOnce() async throws {
        let (ana, ben) = try await paired()
        func first<T>(_ changes: Changes<T>) async throws -> T {
            for try await view in changes { return view }
            throw CancellationError()
        }
        let status = try await first(ana.statusChanges)
        XCTAssertEqual(status.partner, "Ben")
        let counts = [
            try await first(ana.agreementChanges).count, try await first(ana.promiseChanges).count,
            try await first(ana.opennessChanges).count, try await first(ana.talkChanges).count,
            try await first(ana.itemChanges).count, try await first(ana.noteChanges).count,
            try await first(ana.shareChanges).count,
        ]
        XCTAssertEqual(counts, [0, 0, 0, 0, 0, 0, 0])
        _ = try await first(ana.checkInChanges)
        let idle = try await first(ana.diagnosticsChanges).exchanging
        XCTAssertFalse(idle)
        let talks = Task {
            for try await talks in ben.talkChanges where !talks.isEmpty { return talks[0].topic }
            return nil
        }
        let items = Task {
            for try await items in ben.itemChanges where !items.isEmpty { return items[0].form as Form? }
            return nil
        }
        try await together(ana, ben)
        let begins = ana.now().addingTimeInterval(86_400)
        _ = try await ana.hearing().proposeTalk(new: NewTalk(topic: "The week.", begins: begins))
        let words = ItemPart(section: .text, texts: ["I came home late."])
        _ = try await ana.shared().offer(new: NewItem(form: .account, parts: [words]))
        let (topic, form) = (try await talks.value, try await items.value)
        XCTAssertEqual(topic, "The week.")
        XCTAssertEqual(form, .account)
        for space in [ana, ben] { try await space.shutdown() }
        let closed = await failure { try await first(ana.todayChanges) }
        guard case .Closed = closed else { return XCTFail("\(String(describing: closed))") }
        let told = await failure { try await first(ana.diagnosticsChanges) }
        guard case .Closed = told else { return XCTFail("\(String(describing: told))") }
    }

    func testWhileItIsSuspendedEveryCallSaysSoAndItGoesOnAfterwards() async throws {
        let (ana, ben) = try await paired()
        try await together(ana, ben)
        try await ana.suspend()
        let asleep = await failure { try await ana.agreements().list() }
        guard case .Suspended(let details) = asleep else {
            return XCTFail("\(String(describing: asleep))")
        }
        XCTAssertTrue(details.userMessage.contains("resume"))
        XCTAssertTrue(ana.diagnostics().exchanging)
        _ = try await ben.agreements().propose(terms: plain("We talk."))
        try await ana.resume()
        for try await agreements in ana.agreementChanges where !agreements.isEmpty { break }
        for space in [ana, ben] { try await space.shutdown() }
    }

    func testTwoPhonesFindEachOtherByTheAppsOwnDiscoveryHoweverSlowItIs() async throws {
        let (ana, ben) = try await paired()
        let air = Air(pause: 0.3)
        _ = try await ana.agreements().propose(terms: plain("We talk."))
        async let first: Void = ana.syncOnce(
            options: SyncOptions(discovery: Finder(air)), withinSeconds: 30)
        try await ben.syncOnce(options: SyncOptions(discovery: Finder(air)), withinSeconds: 30)
        try await first
        let count = try await ben.agreements().list().count
        XCTAssertEqual(count, 1)
        XCTAssertGreaterThanOrEqual(air.announced.count, 2)
        // No name of a person is in the air.
        XCTAssertFalse(air.announced.contains { $0.contains("Ana") || $0.contains("Ben") })
    }

    func testADiscoveryThatFailsIsATroubleThatTheAppCanShow() async throws {
        final class Broken: Discovery {
            let error: HostError
            init(_ error: HostError) { self.error = error }
            func start(beacon: Beacon, sightings: Sightings) throws { throw error }
            func stop() throws {}
        }
        let (ana, _) = try await paired()
        func trouble(_ error: HostError) async throws -> Trouble {
            try await ana.startSync(
                options: SyncOptions(listen: "127.0.0.1:0", discovery: Broken(error)))
            for try await now in ana.diagnosticsChanges {
                guard let trouble = now.troubles.last else { continue }
                try await ana.stopSync()
                return trouble
            }
            throw CancellationError()
        }
        let failed = try await trouble(.Failed(why: "the radio is off"))
        XCTAssertEqual(failed.of, .discovery)
        XCTAssertTrue(failed.what.contains("the radio is off"))
        // What the person can allow is told apart.
        let denied = try await trouble(.LocalNetworkDenied(why: "the person said no"))
        XCTAssertEqual(denied.of, .localNetworkDenied)
    }

    func testASpaceSleepsOnceItsAppIsAwayAndWakesWhenItIsBack() async throws {
        let (ana, _) = try await paired()
        let glance = await Foreground(ana, linger: 0.3)
        let away = await glance.leave()
        await glance.enter().value
        await away.value
        _ = try await ana.agreements().list()
        // Nor does a return in the middle of closing.
        let hasty = await Foreground(ana, linger: 0)
        for _ in 0..<20 {
            let leaving = await hasty.leave()
            await Task.yield()
            await hasty.enter().value
            await leaving.value
            _ = try await ana.agreements().list()
        }
        let foreground = await Foreground(ana, linger: 0.05)
        await foreground.leave().value
        let asleep = await failure { try await ana.agreements().list() }
        guard case .Suspended = asleep else { return XCTFail("\(String(describing: asleep))") }
        await foreground.enter().value
        _ = try await ana.agreements().list()
    }
}
