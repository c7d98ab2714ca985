package app.amends

import app.amends.ffi.HostClock
import app.amends.ffi.HostException
import app.amends.ffi.HostServices
import app.amends.ffi.LanguagePack
import app.amends.ffi.Space
import app.amends.ffi.SyncOptions
import app.amends.ffi.checkBackup
import app.amends.ffi.feelings
import app.amends.ffi.languagePack
import app.amends.model.AgreementId
import app.amends.model.AgreementState
import app.amends.model.AmendsException
import app.amends.model.ArgumentKind
import app.amends.model.BackupKey
import app.amends.model.BackupOpener
import app.amends.model.Concern
import app.amends.model.Deck
import app.amends.model.Due
import app.amends.model.LinkKind
import app.amends.model.NewNote
import app.amends.model.NewPost
import app.amends.model.NewPromise
import app.amends.model.NoteContent
import app.amends.model.Outcome
import app.amends.model.PairingKind
import app.amends.model.PairingState
import app.amends.model.PostKind
import app.amends.model.Purpose
import app.amends.model.RefusalCode
import app.amends.model.StorageKind
import app.amends.model.HowItWent
import app.amends.model.Why
import app.amends.testing.BEGIN
import app.amends.testing.MemorySecrets
import app.amends.testing.SharedFolder
import app.amends.testing.agreementView
import app.amends.testing.itemView
import app.amends.testing.meet
import app.amends.testing.note
import app.amends.testing.pair
import app.amends.testing.plain
import app.amends.testing.postView
import app.amends.testing.preview
import app.amends.testing.promiseView
import app.amends.testing.status
import app.amends.testing.talkView
import app.amends.testing.together
import app.amends.testing.withPhones
import java.nio.file.Path
import java.util.concurrent.CountDownLatch
import kotlin.io.path.Path
import kotlin.io.path.listDirectoryEntries
import kotlin.io.path.readText
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.filterNotNull
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.job
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.condition.EnabledOnOs
import org.junit.jupiter.api.condition.OS

class BindingsTest : PhonesTest() {
    @Test
    fun `two phones pair, agree on exact words and hold equal logs`() = story { ana, ben ->
        assertEquals(PairingState.PAIRED, ana.status().pairing)
        assertEquals("Ben", ana.status().partner)
        val proposed = ana.agreements().propose(plain("We talk on Sundays."))
        meet(ana, ben)
        val seen = ben.agreements().list().single()
        assertEquals("We talk on Sundays.", seen.onTable.single().clauses.single().text)
        ben.agreements().consent(seen, seen.onTable.single().hash)
        meet(ana, ben)
        assertEquals(AgreementState.ACTIVE, ana.agreements().show(proposed.id).state)
        val heads = listOf(ana, ben).map { phone -> phone.verifyLogs().map { it.checkpoint.head.value }.sorted() }
        assertEquals(heads[0], heads[1])
        ben.agreements().end(proposed.id)
        meet(ana, ben)
        assertEquals(AgreementState.ENDED, ana.agreements().show(proposed.id).state)
    }

    @Test
    fun `a refusal has a code to switch over and a text to show`() = story { ana, ben ->
        ana.agreements().propose(plain("We talk."))
        meet(ana, ben)
        val stale = ben.agreements().list().single()
        ben.agreements().consent(stale, stale.onTable.single().hash)
        val refused = fails<AmendsException.Refused> {
            ben.agreements().counter(stale, plain("We talk now and then."))
        }
        assertEquals(RefusalCode.STALE_VIEW, refused.code)
        assertTrue(refused.userMessage.contains("look at it again"), refused.userMessage)
    }

    @Test
    fun `a lost phone comes back from its backup and from the other phone`() = story { ana, ben ->
        val file = folder.resolve("ben.age").toString()
        val key = BackupKey.Passphrase("three honest words")
        val opener = BackupOpener.Passphrase("three honest words")
        val printed = listOf(key, opener, BackupOpener.Identity("three honest words"))
        assertTrue("honest" !in printed.toString(), printed.toString())
        val due = ana.now() + 1.hours
        ben.promises().make(NewPromise("I call you.", Due.At(due), "Europe/Berlin"))
        ben.inner().write(NewNote(NoteContent.Journal("I was afraid of saying it.")))
        val written = ben.backUp(file, key, withPrivate = true)
        assertEquals(written, checkBackup(file, opener))
        assertEquals(1uL, written.privateItems)
        ben.promises().make(NewPromise("I write to you.", Due.At(due), "Europe/Berlin"))
        meet(ana, ben)
        val home = folder.resolve("new").toString()
        val services = HostServices(MemorySecrets())
        val shut = fails<AmendsException.Refused> {
            Space.restore(home, file, BackupOpener.Passphrase("two honest words"), services)
        }
        assertEquals(RefusalCode.BACKUP_NOT_OPENED, shut.code)
        Space.restore(home, file, opener, services).use { back ->
            assertEquals(PairingState.RESTORED, back.status().pairing)
            assertEquals("I call you.", back.promises().list().single().action)
            assertEquals(1, back.inner().search("").size)
            val refused = fails<AmendsException.Refused> {
                back.promises().make(NewPromise("I come.", Due.At(due), "Europe/Berlin"))
            }
            assertEquals(RefusalCode.RESTORED, refused.code)
            pair(ana.pairReplace("127.0.0.1:0"), back)
            meet(ana, back)
            assertEquals(PairingState.PAIRED, back.status().pairing)
            val promised = back.promises().list().mapNotNull { it.action }
            assertEquals(listOf("I call you.", "I write to you."), promised.sorted())
        }
    }

    @Test
    fun `a promise is made, kept and told`() = story { ana, ben ->
        val due = ana.now() + 1.hours
        val promise = ana.promises().make(
            NewPromise("I call you.", Due.At(due), "Europe/Berlin"),
        )
        ana.promises().report(promise.id, HowItWent.Kept(), words = "As I said.")
        meet(ana, ben)
        val seen = ben.promises().list().single()
        assertEquals("I call you.", seen.action)
        assertEquals(Outcome.KEPT, seen.occurrences.single().outcome)
        // A promise is due on the minute.
        assertEquals(due.epochSeconds / 60, seen.occurrences.single().due.epochSeconds / 60)
        val hidden = fails<AmendsException.Refused> {
            ben.promises().report(promise.id, HowItWent.Missed)
        }
        assertTrue(hidden.userMessage.isNotEmpty())
    }

    /** Threads of the library's own in this process. */
    private fun threads() = Path("/proc/self/task").listDirectoryEntries()
        .count { runCatching { it.resolve("comm").readText() }.getOrDefault("").startsWith("amends") }

    @Test
    @EnabledOnOs(OS.LINUX)
    fun `a flow that is cancelled leaves nothing running`() = runBlocking {
        val before = threads()
        val (ana, ben) = phone(folder.resolve("ana"), "Ana") to phone(folder.resolve("ben"), "Ben")
        pair(ana, ben)
        val collecting = launch(Dispatchers.Default) { ana.promiseChanges().collect { delay(60.seconds) } }
        delay(200)
        assertTrue(threads() > before)
        collecting.cancelAndJoin()
        ana.agreements().use { it.propose(plain("We talk.")) }
        for (phone in listOf(ana, ben)) {
            phone.shutdown()
            phone.close()
        }
        // Its runtime ends with the last object that holds it.
        withTimeout(10.seconds) { while (threads() > before) delay(50) }
    }

    @Test
    fun `a write that has begun is done even if its caller goes away`() = story { ana, _ ->
        // It has begun when `launch` returns, and nobody waits for it any more.
        val writing = launch(start = CoroutineStart.UNDISPATCHED) {
            ana.agreements().propose(plain("We rest."))
        }
        writing.cancelAndJoin()
        while (ana.agreements().list().isEmpty()) delay(10)
        assertEquals(1, ana.agreements().list().size)
    }

    @Test
    fun `a write is done even if its space is closed meanwhile`() = runBlocking {
        val secrets = MemorySecrets()
        val (ana, ben) = phone(folder.resolve("ana"), "Ana", secrets) to phone(folder.resolve("ben"), "Ben")
        pair(ana, ben)
        val writing = launch(start = CoroutineStart.UNDISPATCHED) {
            ana.agreements().propose(plain("We rest."))
        }
        writing.cancel()
        ana.close()
        writing.join()
        ben.close()
        withTimeout(30.seconds) {
            do {
                delay(50)
                val count = Space.open(folder.resolve("ana").toString(), HostServices(secrets)).use {
                    it.agreements().list().size.also { _ -> it.shutdown() }
                }
            } while (count == 0)
        }
    }

    @Test
    fun `a subscription that nobody reads keeps nobody waiting`() = story { ana, _ ->
        ana.watchAgreements().use { idle ->
            repeat(50) { ana.agreements().propose(plain("We talk, $it.")) }
            assertEquals(50, idle.next()!!.size)
            idle.cancel()
            assertNull(idle.next())
        }
    }

    @Test
    fun `many coroutines at once lose nothing`() = story { ana, _ ->
        withContext(Dispatchers.Default) {
            (0 until 64).map { async { ana.agreements().propose(plain("We talk, $it.")) } }.awaitAll()
        }
        assertEquals(64, ana.agreements().list().size)
    }

    @Test
    fun `the first screen shows what the library decides`() = story { ana, ben ->
        ben.agreements().propose(plain("We cook on Fridays."))
        val scope = CoroutineScope(Dispatchers.Default)
        val model = TodayModel(ana, scope)
        assertTrue(model.state.filterNotNull().first().waiting.isEmpty())
        meet(ana, ben)
        val waiting = model.state.filterNotNull().first { it.waiting.isNotEmpty() }.waiting
        assertEquals(ana.agreements().list().single().id, waiting.single())
        assertEquals(listOf(Why.WAITS_FOR_ME), model.state.value!!.next.map { it.why })
        ana.openness().post(NewPost(PostKind.PLAN, "I am home at six."))
        model.state.filterNotNull().first { it.shared.isNotEmpty() }
        // What was shared until now comes back.
        assertEquals("I am home at six.", model.stopAll().single().text)
        assertNull(model.failure.value)
        scope.coroutineContext.job.cancelAndJoin()
    }

    @Test
    fun `after shutdown a call of every object says that it is closed`() = runBlocking {
        val ana = phone(folder.resolve("ana"), "Ana")
        val agreements = ana.agreements()
        ana.shutdown()
        val calls: List<suspend () -> Any> = listOf(
            { ana.status() },
            { agreements.list() },
            { agreements.propose(plain("We talk.")) },
            { ana.promises().list() },
            { ana.openness().list() },
            { ana.inner().search("") },
            { ana.checkIns().list() },
            { ana.hearing().talks() },
            { ana.progress().today() },
            { ana.stopAll() },
            { ana.resume() },
            { ana.pairShow("127.0.0.1:0") },
            { ana.startSync(SyncOptions(listen = "127.0.0.1:0")) },
        )
        for (call in calls) {
            // Every error has a text, also where its case is not looked at.
            val error: AmendsException = fails<AmendsException.Closed> { call() }
            assertTrue(error.userMessage.isNotEmpty())
        }
        agreements.close()
        ana.close()
    }

    @Test
    fun `what the app's own pieces throw becomes an error of the call`() = runBlocking {
        val secrets = MemorySecrets()
        phone(folder.resolve("ana"), "Ana", secrets).use { it.shutdown() }
        secrets.failing = ::locked
        val services = { HostServices(secrets) }
        fails<AmendsException.Locked> { Space.open(folder.resolve("ana").toString(), services()) }
        secrets.failing = { throw IllegalStateException("a bug of the app") }
        val failed = fails<AmendsException.Storage> {
            Space.open(folder.resolve("ana").toString(), services())
        }
        // Only the library's own words are shown; what the app's code says is for its log.
        assertTrue(!failed.userMessage.contains("Exception"), failed.userMessage)
        assertTrue(failed.details.cause!!.contains("a bug of the app"), failed.details.cause)
        assertEquals("storage.secrets", failed.key)
        assertEquals(failed.userMessage, failed.message)
        secrets.failing = null
        Space.open(folder.resolve("ana").toString(), services()).use {
            assertEquals("Ana", it.status().name)
            it.shutdown()
        }
    }

    @Test
    fun `a clock that blocks or throws stops nobody`() = runBlocking {
        val slow = object : HostClock {
            @Volatile var broken = false
            override fun now(): Instant {
                Thread.sleep(20)
                check(!broken) { "no time" }
                return Instant.parse("2026-03-02T18:00:00Z")
            }
            override fun zone() = "Europe/Berlin"
        }
        Space.create(folder.resolve("ana").toString(), "Ana", HostServices(MemorySecrets(), slow)).use {
            assertEquals(Instant.parse("2026-03-02T18:00:00Z"), it.now())
            slow.broken = true
            assertTrue(it.now() > Instant.parse("2026-03-02T18:00:00Z"))
            it.status()
            it.shutdown()
        }
    }

    @Test
    fun `bad arguments are refused in words`() = runBlocking {
        phone(folder.resolve("ana"), "Ana").use { ana ->
            val invalid = fails<AmendsException.Invalid> { ana.pairShow("nowhere") }
            assertTrue(invalid.userMessage.contains("0.0.0.0:0"))
            val mistyped = fails<AmendsException.Pairing> { ana.pairJoin("no code", "127.0.0.1:1") }
            assertEquals(PairingKind.CODE_MISTYPED, mistyped.kind)
            val noId = fails<AmendsException.Invalid> { ana.agreements().show(AgreementId("no id")) }
            assertEquals(ArgumentKind.ID, noId.argument)
            assertTrue(noId.userMessage.contains("32 hexadecimal digits"), noId.userMessage)
            // Half of a character, as a text that was cut may end.
            val half = fails<AmendsException.Invalid> { ana.agreements().propose(plain("We talk \uD83D")) }
            assertEquals("invalid.text", half.key)
            val relative = fails<AmendsException.Invalid> { Space.open("ana", HostServices(MemorySecrets())) }
            assertEquals(ArgumentKind.PATH, relative.argument)
            val beside = fails<AmendsException.Invalid> { ana.backUp("b.age", BackupKey.Passphrase("words"), false) }
            assertEquals(ArgumentKind.PATH, beside.argument)
            for (nowhere in listOf(SyncOptions(), SyncOptions(peers = listOf("192.168.0.7")))) {
                val address = fails<AmendsException.Invalid> { ana.startSync(nowhere) }
                assertEquals(ArgumentKind.ADDRESS, address.argument)
            }
            val far = object : HostClock {
                override fun now() = Instant.fromEpochMilliseconds(0) + (400_000 * 365).days
                override fun zone() = "UTC"
            }
            val clock = fails<AmendsException.Invalid> {
                Space.create(folder.resolve("far").toString(), "Ana", HostServices(MemorySecrets(), far))
            }
            assertEquals(ArgumentKind.CLOCK, clock.argument)
            val twice = fails<AmendsException.Storage> { phone(folder.resolve("ana"), "Ana") }
            assertEquals(StorageKind.EXISTS, twice.kind)
            ana.shutdown()
        }
    }

    @Test
    fun `a shared folder of the app's own carries what is new`() = story { ana, ben ->
        val folder = SharedFolder()
        ana.agreements().propose(plain("We talk."))
        assertTrue(ana.visitMailbox(folder).put > 0u)
        assertTrue(ben.visitMailbox(folder).taken > 0u)
        assertEquals(1, ben.agreements().list().size)
        assertTrue(folder.objects.values.none { "talk" in String(it, Charsets.ISO_8859_1) })
        // While the folder hangs, everything else goes on.
        folder.hanging = CountDownLatch(1)
        val visit = async(Dispatchers.Default) { ana.visitMailbox(folder) }
        while (!folder.entered) delay(10)
        ana.agreements().propose(plain("We rest."))
        folder.hanging!!.countDown()
        visit.await()
        folder.failing = { throw IllegalStateException("a bug of the app") }
        val bug = fails<AmendsException.Link> { ana.visitMailbox(folder) }
        assertTrue(bug.details.cause!!.contains("a bug of the app"), bug.details.cause)
        folder.failing = { throw HostException.Failed("the folder is gone") }
        val failed = fails<AmendsException.Link> { ana.visitMailbox(folder) }
        assertEquals(LinkKind.MAILBOX, failed.kind)
    }

    @Test
    fun `after shutdown nothing that cannot throw crashes`() = runBlocking {
        val ana = phone(folder.resolve("ana"), "Ana")
        ana.shutdown()
        assertTrue(ana.now() > Instant.fromEpochSeconds(0))
        assertTrue(ana.zone().isNotEmpty() && ana.today().year > 2000 && feelings().isNotEmpty())
        assertEquals(emptyList<Any>(), ana.diagnostics().troubles)
        ana.networkChanged()
        ana.watchToday().use { it.cancel() }
        ana.watchAgreements().use { it.cancel() }
        for (part in listOf(ana.agreements(), ana.promises(), ana.openness(), ana.inner(),
            ana.checkIns(), ana.hearing(), ana.progress())) part.close()
        ana.close()
    }

    @Test
    fun `a language pack gives hints while one writes and a card to who is asked`() = story { ana, ben ->
        languagePack("en-GB")!!.use { pack ->
            val hint = pack.hints("I am sorry you feel hurt since May.", Purpose.OWN_PART).first()
            assertEquals(Concern.SOUNDING_SORRY to 5, hint.concern to hint.start.toInt())
            assertTrue(pack.cards(Deck.OPENING).isNotEmpty())
            assertNull(pack.scaffold("hid it", " "))
            ben.agreements().propose(plain("We see no friends on Fridays."))
            meet(ana, ben)
            val hers = ana.agreements().list().single().onTable.single().clauses.single()
            val his = ben.agreements().list().single().onTable.single().clauses.single()
            assertTrue(pack.card(hers)!!.contains("free to say no"))
            assertNull(pack.card(his))
        }
        assertNull(languagePack("de"))
        assertTrue(fails<AmendsException.Invalid> { LanguagePack.read("{}") }.userMessage.contains("pack"))
    }

    @Test
    fun `two phones of a test are paired, meet, and have clocks to turn`() = runBlocking {
        GettingStarted(ask = { true }, draw = {}).tested()
        withPhones(folder) {
            turn(2.days)
            assertEquals(BEGIN + 2.days, ana.space.now())
            together()
            ana.space.agreements().propose(plain("We talk."))
            ben.space.agreementChanges().first { it.isNotEmpty() }
            apart()
            assertEquals(false, ben.space.diagnostics().exchanging)
        }
        val preview = Space.preview()
        val today = preview.todayChanges().first()
        assertEquals(1, today.agreements.inForce.size)
        assertEquals(1, today.agreements.waitingForMe.size)
        assertEquals("The weekend", preview.hearing().talks().single().topic)
        preview.shutdown()
        preview.close()
        assertEquals("I run.", promiseView("I run.").action)
        assertEquals(BEGIN + 1.days, promiseView().occurrences.single().due)
        assertEquals(itemView().at, note().written)
        assertEquals("Ben", status().partner)
        assertTrue(agreementView(waitsForMe = true).waitsForMe)
        assertEquals(postView().at, talkView().begins - 1.days)
    }

    @Test
    fun `the way of the getting started page pairs two phones`() = runBlocking {
        val code = CompletableDeferred<String>()
        val here = GettingStarted(ask = { true }, draw = { code.complete(it) })
        val phones = listOf("ana", "ben").map { here.phone(folder.resolve(it).toString(), MemorySecrets()) }
        val shows = launch(Dispatchers.Default) { here.shows(phones[0]) }
        here.scans(phones[1], code.await())
        shows.join()
        phones.forEach {
            assertEquals(PairingState.PAIRED, it.status().pairing)
            it.shutdown()
            it.close()
        }
    }
}
