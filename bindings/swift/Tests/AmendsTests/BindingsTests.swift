import Amends
import AmendsTesting
import Foundation
import XCTest

final class BindingsTests: XCTestCase {
    func testTwoPhonesPairAgreeOnExactWordsAndHoldEqualLogs() async throws {
        let (ana, ben) = try await paired()
        let partner = try await ana.status().partner
        XCTAssertEqual(partner, "Ben")
        let proposed = try await ana.agreements().propose(terms: plain("We talk on Sundays."))
        try await meet(ana, ben)
        let seen = try await ben.agreements().list()[0]
        XCTAssertEqual(seen.onTable[0].clauses[0].text, "We talk on Sundays.")
        _ = try await ben.agreements().consent(shown: seen, revision: seen.onTable[0].hash)
        try await meet(ana, ben)
        let state = try await ana.agreements().show(id: proposed.id).state
        XCTAssertEqual(state, .active)
        let mine = try await ana.verifyLogs().map(\.checkpoint.head.value).sorted()
        let theirs = try await ben.verifyLogs().map(\.checkpoint.head.value).sorted()
        XCTAssertEqual(mine, theirs)
        _ = try await ben.agreements().end(id: proposed.id)
        try await meet(ana, ben)
        let after = try await ana.agreements().show(id: proposed.id).state
        XCTAssertEqual(after, .ended)
    }

    func testALostPhoneComesBackFromItsBackupAndFromTheOtherPhone() async throws {
        let (ana, ben) = try await paired()
        let file = newFolder() + ".age"
        let opener = BackupOpener.passphrase(text: "three honest words")
        XCTAssertFalse(String(reflecting: opener).contains("honest"))
        XCTAssertFalse("\(BackupKey.passphrase(text: "three honest words"))".contains("honest"))
        let promise = { (action: String) in
            NewPromise(
                action: action, due: .at(Date(timeIntervalSinceNow: 3600)), zone: "Europe/Berlin")
        }
        _ = try await ben.promises().make(new: promise("I call you."))
        let written = try await ben.backUp(
            file: file, key: .passphrase(text: "three honest words"), withPrivate: true)
        let checked = try await checkBackup(file: file, opener: opener)
        XCTAssertEqual(written, checked)
        _ = try await ben.promises().make(new: promise("I write to you."))
        try await meet(ana, ben)
        let home = newFolder()
        let services = HostServices(secrets: MemorySecrets())
        let shut = await failure {
            try await Space.restore(
                folder: home, file: file, opener: .passphrase(text: "two"), services: services)
        }
        guard case .Refused(.backupNotOpened, _) = shut else {
            return XCTFail("\(String(describing: shut))")
        }
        let back = try await Space.restore(
            folder: home, file: file, opener: opener, services: services)
        let restored = try await back.status()
        XCTAssertEqual(restored.pairing, .restored)
        let refused = await failure { try await back.promises().make(new: promise("I come.")) }
        guard case .Refused(.restored, _) = refused else {
            return XCTFail("\(String(describing: refused))")
        }
        try await pair(showing: ana.pairReplace(listen: "127.0.0.1:0"), back)
        try await meet(ana, back)
        let again = try await back.status()
        XCTAssertEqual(again.pairing, .paired)
        let promised = try await back.promises().list().compactMap(\.action).sorted()
        XCTAssertEqual(promised, ["I call you.", "I write to you."])
        for space in [ana, ben, back] { try await space.shutdown() }
    }

    func testARefusalHasACodeToSwitchOverAndATextToShow() async throws {
        let (ana, ben) = try await paired()
        _ = try await ana.agreements().propose(terms: plain("We talk."))
        try await meet(ana, ben)
        let stale = try await ben.agreements().list()[0]
        _ = try await ben.agreements().consent(shown: stale, revision: stale.onTable[0].hash)
        let refused = await failure {
            try await ben.agreements().counter(shown: stale, terms: plain("We talk now and then."))
        }
        guard case .Refused(let code, _) = refused else { return XCTFail("\(String(describing: refused))") }
        XCTAssertEqual(code, .staleView)
        XCTAssertTrue(refused!.userMessage.contains("look at it again"))
    }

    /// Threads of the library's own in this process.
    private func threads() throws -> Int {
        #if os(Linux)
        let tasks = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")
        return tasks.filter {
            let name = try? String(contentsOfFile: "/proc/self/task/\($0)/comm", encoding: .utf8)
            return name?.hasPrefix("amends") ?? false
        }.count
        #else
        return 0
        #endif
    }

    /// What it makes is gone when it returns.
    private func listenForAWhile() async throws {
        let (ana, ben) = try await paired()
        let listening = Task {
            var seen = 0
            for try await _ in ana.promiseChanges { seen += 1 }
            return seen
        }
        try await Task.sleep(nanoseconds: 300_000_000)
        listening.cancel()
        let seen = try await listening.value
        XCTAssertEqual(seen, 1)
        _ = try await ana.agreements().propose(terms: plain("We go on."))
        try await ana.shutdown()
        try await ben.shutdown()
    }

    func testASequenceEndsWhenItsTaskIsCancelledAndLeavesNothingRunning() async throws {
        let before = try threads()
        try await listenForAWhile()
        // Its runtime ends with the last object that holds it.
        for _ in 0..<100 where try threads() > before {
            try await Task.sleep(nanoseconds: 50_000_000)
        }
        let left = try threads()
        XCTAssertLessThanOrEqual(left, before)
    }

    func testAWriteIsDoneEvenIfItsCallerAndItsSpaceGoAway() async throws {
        let (secrets, folder) = (MemorySecrets(), newFolder())
        var writing: Task<Void, Never>
        do {
            let ana = try await Space.create(
                folder: folder, name: "Ana", services: HostServices(secrets: secrets))
            let ben = try await phone("Ben")
            try await pair(ana, ben)
            let agreements = ana.agreements()
            let begun = AsyncStream<Void>.makeStream()
            writing = Task {
                begun.continuation.finish()
                _ = try? await agreements.propose(terms: plain("We rest."))
            }
            for await _ in begun.stream {}
            writing.cancel()
        }
        await writing.value
        for _ in 0..<100 {
            if let again = try? await Space.open(
                folder: folder, services: HostServices(secrets: secrets))
            {
                let count = try await again.agreements().list().count
                try await again.shutdown()
                if count == 1 { return }
            }
            try await Task.sleep(nanoseconds: 50_000_000)
        }
        XCTFail("the write was lost")
    }

    func testTwoPhonesOfATestArePairedMeetAndHaveClocksToTurn() async throws {
        try await GettingStarted.tested()
        let phones = try await Phones.paired()
        phones.turn(by: 172_800)
        XCTAssertEqual(phones.ana.space.now(), Phone.begin.addingTimeInterval(172_800))
        try await phones.together()
        _ = try await phones.ana.space.agreements().propose(terms: plain("We talk."))
        for try await agreements in phones.ben.space.agreementChanges where !agreements.isEmpty {
            break
        }
        try await phones.apart()
        XCTAssertFalse(phones.ben.space.diagnostics().exchanging)
        try await phones.close()
        let preview = try await Space.preview()
        let today = try await preview.progress().today()
        XCTAssertEqual(today.agreements.inForce.count, 1)
        XCTAssertEqual(today.agreements.waitingForMe.count, 1)
        try await preview.shutdown()
        XCTAssertEqual(ItemView.fixture().at, Note.fixture().written)
        XCTAssertEqual(Status.fixture().partner, "Ben")
        XCTAssertEqual(PromiseView.fixture().occurrences.count, 1)
        XCTAssertEqual(PromiseView.fixture(action: "I run.").action, "I run.")
        XCTAssertTrue(AgreementView.fixture(waitsForMe: true).waitsForMe)
        let ids = Set([PostView.fixture().id.value, TalkView.fixture().id.value])
        XCTAssertEqual(ids.count, 1)
    }

    func testAClockThatBlocksOrThrowsStopsNobody() async throws {
        final class Broken: HostClock, @unchecked Sendable {
            struct NoTime: Error {}
            func now() throws -> Moment {
                Thread.sleep(forTimeInterval: 0.02)
                throw NoTime()
            }
            func zone() throws -> String {
                Thread.sleep(forTimeInterval: 0.02)
                return "Europe/Berlin"
            }
        }
        let ana = try await Space.create(
            folder: newFolder(), name: "Ana",
            services: HostServices(secrets: MemorySecrets(), clock: Broken()))
        XCTAssertGreaterThan(ana.now(), Date(timeIntervalSince1970: 1_700_000_000))
        let name = try await ana.status().name
        XCTAssertEqual(name, "Ana")
        try await ana.shutdown()
    }

    func testBadArgumentsAreRefusedInWords() async throws {
        let ana = try await phone("Ana")
        let invalid = await failure { try await ana.pairShow(listen: "nowhere") }
        guard case .Invalid(.address, let said) = invalid else {
            return XCTFail("\(String(describing: invalid))")
        }
        XCTAssertTrue(said.userMessage.contains("0.0.0.0:0"))
        let noId = await failure { try await ana.agreements().show(id: AgreementId("no id")) }
        guard case .Invalid(.id, let expected) = noId else {
            return XCTFail("\(String(describing: noId))")
        }
        XCTAssertTrue(expected.userMessage.contains("32 hexadecimal digits"))
        let relative = await failure {
            try await Space.open(folder: "ana", services: HostServices(secrets: MemorySecrets()))
        }
        guard case .Invalid(.path, _) = relative else {
            return XCTFail("\(String(describing: relative))")
        }
        let beside = await failure {
            try await ana.backUp(file: "b.age", key: .passphrase(text: "words"), withPrivate: false)
        }
        guard case .Invalid(.path, _) = beside else { return XCTFail("\(String(describing: beside))") }
        for options in [SyncOptions(), SyncOptions(peers: ["192.168.0.7"])] {
            let nowhere = await failure { try await ana.startSync(options: options) }
            guard case .Invalid(.address, _) = nowhere else {
                return XCTFail("\(String(describing: nowhere))")
            }
        }
        let far = TurnedClock(Date(timeIntervalSince1970: 400_000 * 31_556_952))
        let clock = await failure {
            try await Space.create(
                folder: newFolder(), name: "Ana",
                services: HostServices(secrets: MemorySecrets(), clock: far))
        }
        guard case .Invalid(.clock, _) = clock else { return XCTFail("\(String(describing: clock))") }
        let mistyped = await failure { try await ana.pairJoin(code: "no code", peer: "127.0.0.1:1") }
        guard case .Pairing(.codeMistyped, _) = mistyped else {
            return XCTFail("\(String(describing: mistyped))")
        }
        try await ana.shutdown()
    }

    func testASubscriptionThatNobodyReadsKeepsNobodyWaiting() async throws {
        let (ana, _) = try await paired()
        let idle = ana.watchAgreements()
        for at in 0..<50 {
            _ = try await ana.agreements().propose(terms: plain("We talk, \(at)."))
        }
        let seen = try await idle.next()
        XCTAssertEqual(seen?.count, 50)
        idle.cancel()
        let after = try await idle.next()
        XCTAssertNil(after)
    }

    func testManyTasksAtOnceLoseNothing() async throws {
        let (ana, _) = try await paired()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for at in 0..<64 {
                group.addTask {
                    _ = try await ana.agreements().propose(terms: plain("We talk, \(at)."))
                }
            }
            try await group.waitForAll()
        }
        let count = try await ana.agreements().list().count
        XCTAssertEqual(count, 64)
    }

    func testAfterShutdownACallOfEveryObjectSaysThatItIsClosed() async throws {
        let (ana, _) = try await paired()
        let agreements = ana.agreements()
        let pairing = try? await ana.pairShow(listen: "127.0.0.1:0")
        XCTAssertNil(pairing)
        try await ana.shutdown()
        for error in [
            await failure { try await ana.status() },
            await failure { try await agreements.list() },
            await failure { try await agreements.propose(terms: plain("We talk.")) },
            await failure { try await ana.promises().list() },
            await failure { try await ana.openness().list() },
            await failure { try await ana.inner().search(query: "") },
            await failure { try await ana.checkIns().list() },
            await failure { try await ana.hearing().talks() },
            await failure { try await ana.progress().today() },
            await failure { try await ana.stopAll() },
            await failure { try await ana.resume() },
            await failure { try await ana.pairShow(listen: "127.0.0.1:0") },
            await failure { try await ana.startSync(options: SyncOptions(listen: "127.0.0.1:0")) },
        ] {
            guard case .Closed(let details) = error else { return XCTFail("\(String(describing: error))") }
            XCTAssertEqual(details.key, "closed")
            XCTAssertFalse(details.userMessage.isEmpty)
            XCTAssertEqual(error?.localizedDescription, details.userMessage)
        }
    }

    func testWhatTheAppsOwnPiecesThrowBecomesAnErrorOfTheCall() async throws {
        struct Bug: Error {}
        let (secrets, folder) = (MemorySecrets(), newFolder())
        let services = { HostServices(secrets: secrets) }
        let ana = try await Space.create(folder: folder, name: "Ana", services: services())
        try await ana.shutdown()
        secrets.fail(with: HostError.Locked(why: "the phone is locked"))
        let locked = await failure { try await Space.open(folder: folder, services: services()) }
        guard case .Locked = locked else { return XCTFail("\(String(describing: locked))") }
        secrets.fail(with: Bug())
        let failed = await failure { try await Space.open(folder: folder, services: services()) }
        guard case .Storage = failed else { return XCTFail("\(String(describing: failed))") }
        // Only the library's own words are shown; what the app's code says is for its log.
        XCTAssertFalse(failed!.userMessage.contains("Bug"))
        XCTAssertTrue(try XCTUnwrap(failed!.details.cause).contains("Bug"))
        XCTAssertEqual(failed!.key, "storage.secrets")
        secrets.fail(with: nil)
        let again = try await Space.open(folder: folder, services: services())
        let name = try await again.status().name
        XCTAssertEqual(name, "Ana")
        try await again.shutdown()
    }

    func testTheFirstScreenShowsWhatTheLibraryDecides() async throws {
        let (ana, ben) = try await paired()
        _ = try await ben.agreements().propose(terms: plain("We cook on Fridays."))
        let model = await TodayModel(ana)
        try await meet(ana, ben)
        for _ in 0..<300 where await model.state?.waiting.isEmpty ?? true {
            try await Task.sleep(nanoseconds: 100_000_000)
        }
        let id = try await ana.agreements().list()[0].id
        let waiting = await model.state?.waiting
        XCTAssertEqual(waiting, [id])
        let next = await model.state?.next.map(\.why)
        XCTAssertEqual(next, [.waitsForMe])
        _ = try await ana.openness().post(new: NewPost(kind: .plan, text: "I am home at six."))
        for _ in 0..<300 where await model.state?.shared.isEmpty ?? true {
            try await Task.sleep(nanoseconds: 100_000_000)
        }
        let shared = await model.state?.shared.map(\.text)
        XCTAssertEqual(shared, ["I am home at six."])
        // What was shared until now comes back.
        let stopped = try await model.stopAll()
        XCTAssertEqual(stopped.map(\.text), ["I am home at six."])
    }

    func testASharedFolderOfTheAppsOwnCarriesWhatIsNew() async throws {
        let (ana, ben) = try await paired()
        let folder = SharedFolder()
        _ = try await ana.agreements().propose(terms: plain("We talk."))
        let put = try await ana.visitMailbox(mailbox: folder).put
        let taken = try await ben.visitMailbox(mailbox: folder).taken
        XCTAssertTrue(put > 0 && taken > 0)
        let count = try await ben.agreements().list().count
        XCTAssertEqual(count, 1)
        // While the folder hangs, everything else goes on.
        folder.hang(true)
        async let visit = ana.visitMailbox(mailbox: folder)
        while !folder.hangs { try await Task.sleep(nanoseconds: 10_000_000) }
        _ = try await ana.agreements().propose(terms: plain("We rest."))
        folder.hang(false)
        _ = try await visit
        struct Bug: Error {}
        folder.fail(with: Bug())
        let bug = await failure { try await ana.visitMailbox(mailbox: folder) }
        guard case .Link(.mailbox, let said) = bug else { return XCTFail("\(String(describing: bug))") }
        XCTAssertTrue(try XCTUnwrap(said.cause).contains("Bug"))
        folder.fail(with: HostError.Failed(why: "the folder is gone"))
        let failed = await failure { try await ana.visitMailbox(mailbox: folder) }
        guard case .Link(.mailbox, _) = failed else { return XCTFail("\(String(describing: failed))") }
    }

    func testAfterShutdownNothingThatCannotThrowCrashes() async throws {
        let ana = try await phone("Ana")
        try await ana.shutdown()
        XCTAssertGreaterThan(ana.now(), Date(timeIntervalSince1970: 0))
        XCTAssertFalse(ana.zone().isEmpty || ana.today().isEmpty || feelings().isEmpty)
        XCTAssertTrue(ana.diagnostics().troubles.isEmpty)
        ana.networkChanged()
        ana.watchToday().cancel()
        ana.watchAgreements().cancel()
        _ = (ana.promises(), ana.openness(), ana.inner(), ana.checkIns(), ana.hearing(), ana.progress())
    }

    func testALanguagePackGivesHintsWhileOneWritesAndACardToWhoIsAsked() async throws {
        let pack = try XCTUnwrap(languagePack(lang: "en-GB"))
        let hint = try XCTUnwrap(
            pack.hints(text: "I am sorry you feel hurt since May.", purpose: .ownPart).first)
        XCTAssertEqual(hint.concern, .soundingSorry)
        XCTAssertEqual(hint.start, 5)
        XCTAssertFalse(pack.cards(deck: .opening).isEmpty)
        XCTAssertNil(pack.scaffold(deed: "hid it", feeling: " "))
        let (ana, ben) = try await paired()
        _ = try await ben.agreements().propose(terms: plain("We see no friends on Fridays."))
        try await meet(ana, ben)
        let hers = try await ana.agreements().list()[0].onTable[0].clauses[0]
        let his = try await ben.agreements().list()[0].onTable[0].clauses[0]
        XCTAssertTrue(try XCTUnwrap(pack.card(clause: hers)).contains("free to say no"))
        XCTAssertNil(pack.card(clause: his))
        XCTAssertNil(languagePack(lang: "de"))
        let refused = await failure { try LanguagePack.read(json: "{}") }
        guard case .Invalid = refused else { return XCTFail("\(String(describing: refused))") }
    }

    func testAFolderForASpaceIsThere() async throws {
        let parent = URL(fileURLWithPath: newFolder())
        let folder = try SpaceFolder.prepared(in: parent)
        _ = try SpaceFolder.prepared(in: parent)
        let ana = try await Space.create(
            folder: folder.path, name: "Ana", services: HostServices(secrets: MemorySecrets()))
        try await ana.shutdown()
    }
}
