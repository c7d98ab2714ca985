package app.amends

import app.amends.ffi.Beacon
import app.amends.ffi.Discovery
import app.amends.ffi.HostException
import app.amends.ffi.HostServices
import app.amends.ffi.Sightings
import app.amends.ffi.Space
import app.amends.ffi.SyncOptions
import app.amends.model.AmendsException
import app.amends.model.Form
import app.amends.model.ItemPart
import app.amends.model.NewItem
import app.amends.model.LinkKind
import app.amends.model.NewNote
import app.amends.model.NewPost
import app.amends.model.NewTalk
import app.amends.model.NoteContent
import app.amends.model.PairingKind
import app.amends.model.PairingState
import app.amends.model.PostKind
import app.amends.model.Section
import app.amends.model.StorageKind
import app.amends.model.Trouble
import app.amends.model.TroubleOf
import app.amends.testing.Air
import app.amends.testing.MemorySecrets
import app.amends.testing.pair
import app.amends.testing.plain
import app.amends.testing.together
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.job
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** What runs for longer than a call: exchanges, pairings, flows, sleep. */
class RunningTest : PhonesTest() {
    @Test
    fun `a change of the other phone reaches a flow`() = story { ana, ben ->
        together(ana, ben)
        val seen = async(Dispatchers.Default) { ben.opennessChanges().first { it.isNotEmpty() } }
        ana.openness().post(NewPost(PostKind.WHEREABOUTS, "At the station."))
        assertEquals("At the station.", seen.await().single().text)
    }

    @Test
    fun `an exchange belongs to its space, and no object has to be kept for it`() = runBlocking {
        val (ana, ben) = phone(folder.resolve("ana"), "Ana") to phone(folder.resolve("ben"), "Ben")
        pair(ana, ben)
        together(ana, ben)
        // Twice is once.
        ana.startSync(SyncOptions(listen = "127.0.0.1:0"))
        ana.close()
        System.gc()
        ben.agreements().propose(plain("We talk."))
        // Who opens the folder again finds it as it was left: exchanging.
        val again = Space.open(folder.resolve("ana").toString(), HostServices(MemorySecrets()))
        assertTrue(again.diagnostics().exchanging)
        withTimeout(30.seconds) { again.agreementChanges().first { it.isNotEmpty() } }
        again.stopSync()
        again.stopSync()
        assertEquals(false, again.diagnosticsChanges().first().exchanging)
        // It may begin anew.
        together(again, ben)
        again.agreements().propose(plain("We rest."))
        withTimeout(30.seconds) { ben.agreementChanges().first { it.size == 2 } }
        for (phone in listOf(again, ben)) {
            phone.shutdown()
            phone.close()
        }
    }

    @Test
    fun `an exchange ends with its space`() = story { ana, ben ->
        together(ana, ben)
        ana.agreements().propose(plain("We talk."))
        assertEquals(1, ben.agreementChanges().first { it.isNotEmpty() }.size)
        ana.shutdown()
        fails<AmendsException.Closed> { ana.startSync(SyncOptions(listen = "127.0.0.1:0")) }
        while (ana.diagnostics().exchanging) delay(20)
    }

    @Test
    fun `a pairing goes on though its object was closed, and is found again`() = runBlocking {
        val (ana, ben) = phone(folder.resolve("ana"), "Ana") to phone(folder.resolve("ben"), "Ben")
        val (code, address) = ana.pairShow("127.0.0.1:0").use { it.code()!! to it.address()!! }
        val join = ben.pairJoin(code, address)
        val show = ana.pairing()!!
        val asked = async { show.asked() }
        assertEquals(join.asked().code, asked.await().code)
        show.answer(true)
        join.answer(true)
        show.finished()
        join.finished()
        while (ana.pairing() != null) delay(10)
        assertEquals(PairingState.PAIRED, ana.statusChanges().first().pairing)
        for (phone in listOf(ana, ben)) {
            phone.shutdown()
            phone.close()
        }
    }

    @Test
    fun `a pairing that is begun anew, or cancelled, ends the one before`() = runBlocking {
        val ana = phone(folder.resolve("ana"), "Ana")
        val first = ana.pairShow("127.0.0.1:0")
        val second = ana.pairShow("127.0.0.1:0")
        val cancelled = fails<AmendsException.Pairing> { first.finished() }
        assertEquals(PairingKind.CANCELLED, cancelled.kind)
        second.cancel()
        fails<AmendsException.Pairing> { second.asked() }
        ana.shutdown()
        ana.close()
    }

    @Test
    fun `a yes can be taken back until the other has said it too`() = runBlocking {
        val (ana, ben) = phone(folder.resolve("ana"), "Ana") to phone(folder.resolve("ben"), "Ben")
        val show = ana.pairShow("127.0.0.1:0")
        val join = ben.pairJoin(show.code()!!, show.address()!!)
        val asked = async { show.asked() }
        join.asked()
        asked.await()
        show.answer(true)
        show.cancel()
        fails<AmendsException.Pairing> { show.finished() }
        join.answer(true)
        fails<AmendsException> { join.finished() }
        assertEquals(PairingState.UNPAIRED, ana.status().pairing)
        for (phone in listOf(ana, ben)) {
            phone.shutdown()
            phone.close()
        }
    }

    @Test
    fun `a pairing ends with its space, and makes room on its port`() = runBlocking {
        val ana = phone(folder.resolve("ana"), "Ana")
        val address = ana.pairShow("127.0.0.1:0").address()!!
        // Begun anew on the same port, as a screen that was made anew does.
        val again = ana.pairShow(address)
        assertEquals(address, again.address())
        val waiting = async(Dispatchers.Default) { fails<AmendsException.Closed> { again.asked() } }
        delay(100)
        ana.shutdown()
        withTimeout(10.seconds) { waiting.await() }
        ana.close()
    }

    @Test
    fun `a space that is shut down is not what is opened`() = story { _, _ ->
        val secrets = MemorySecrets()
        val cleo = phone(folder.resolve("cleo"), "Cleo", secrets)
        val ending = async(Dispatchers.Default) { cleo.shutdown() }
        val again = Space.openOrCreate(folder.resolve("cleo").toString(), "Other", HostServices(secrets))
        ending.await()
        if (runCatching { again.status() }.isFailure) {
            // It was opened before the end had begun.
            Space.open(folder.resolve("cleo").toString(), HostServices(secrets)).use {
                assertEquals("Cleo", it.status().name)
                it.shutdown()
            }
        } else {
            assertEquals("Cleo", again.status().name)
            again.shutdown()
        }
    }

    @Test
    fun `who waits for both to be in step is told that it was stopped`() = story { ana, _ ->
        val once = async(Dispatchers.Default) {
            fails<AmendsException.Link> { ana.syncOnce(SyncOptions(listen = "127.0.0.1:0"), 30u) }
        }
        ana.diagnosticsChanges().first { it.listening != null }
        ana.stopSync()
        assertEquals(LinkKind.LOST, once.await().kind)
        assertEquals(false, ana.diagnostics().exchanging)
    }

    @Test
    fun `two objects of one folder are one space`() = runBlocking {
        val home = folder.resolve("ana")
        val ana = phone(home, "Ana")
        val other = Space.open(home.resolve("../ana").toString(), HostServices(MemorySecrets()))
        val seen = async(Dispatchers.Default) { other.noteChanges().first { it.isNotEmpty() } }
        ana.inner().write(NewNote(NoteContent.Journal("For me alone.")))
        assertEquals(1, seen.await().size)
        ana.eraseLocal()
        // Nothing is acknowledged that is kept nowhere.
        fails<AmendsException.Closed> { other.inner().write(NewNote(NoteContent.Journal("Gone."))) }
        val missing = fails<AmendsException.Storage> {
            Space.open(home.toString(), HostServices(MemorySecrets()))
        }
        assertEquals(StorageKind.MISSING, missing.kind)
        ana.close()
        other.close()
    }

    @Test
    fun `everything that a shell shows can be observed, the first view at once`() = story { ana, ben ->
        assertEquals("Ben", ana.statusChanges().first().partner)
        assertEquals(false, ana.diagnosticsChanges().first().exchanging)
        val flows = listOf(
            ana.agreementChanges(), ana.promiseChanges(), ana.opennessChanges(), ana.checkInChanges(),
            ana.talkChanges(), ana.itemChanges(), ana.noteChanges(), ana.shareChanges(),
        )
        // The check-in of this week is there from the first.
        for (flow in flows) assertTrue(flow.first().size <= 1)
        assertTrue(ana.todayChanges().first().shared.isEmpty())
        val talks = async(Dispatchers.Default) { ben.talkChanges().first { it.isNotEmpty() } }
        val items = async(Dispatchers.Default) { ben.itemChanges().first { it.isNotEmpty() } }
        val shares = async(Dispatchers.Default) { ana.shareChanges().first { it.isNotEmpty() } }
        together(ana, ben)
        ana.hearing().proposeTalk(NewTalk("The week.", ana.now() + 30.hours))
        ana.shared().offer(
            NewItem(Form.ACCOUNT, parts = listOf(ItemPart(Section.TEXT, listOf("I came home late.")))),
        )
        ana.openness().post(NewPost(PostKind.PLAN, "I am home at six."))
        assertEquals("The week.", talks.await().single().topic)
        assertEquals(Form.ACCOUNT, items.await().single().form)
        assertEquals("I am home at six.", shares.await().single().text)
    }

    @Test
    fun `closing a space wakes who waits on its flows`() = runBlocking {
        val ana = phone(folder.resolve("ana"), "Ana")
        val views = async(Dispatchers.Default) { ana.agreementChanges().toList() }
        delay(200)
        ana.close()
        withTimeout(10.seconds) { assertEquals(1, views.await().size) }
        fails<AmendsException.Closed> { ana.status() }
        assertEquals("closed", fails<AmendsException.Closed> { ana.agreements() }.key)
    }

    @Test
    fun `a call that was refused before it was made holds nothing`() = runBlocking {
        val ana = phone(folder.resolve("ana"), "Ana")
        fails<AmendsException.Invalid> { ana.pairScan("half a character: \uD83D") }
        val views = async(Dispatchers.Default) { ana.agreementChanges().toList() }
        delay(200)
        // Were it held, its files would stay open, and the flow would wait on.
        ana.close()
        withTimeout(10.seconds) { assertEquals(1, views.await().size) }
    }

    @Test
    fun `a flow that is collected after shutdown fails with an error of ours`() = runBlocking {
        val ana = phone(folder.resolve("ana"), "Ana")
        ana.shutdown()
        fails<AmendsException.Closed> { ana.todayChanges().first() }
        fails<AmendsException.Closed> { ana.statusChanges().first() }
        fails<AmendsException.Closed> { ana.diagnosticsChanges().first() }
        ana.close()
    }

    @Test
    fun `while it is suspended every call says so, and it goes on afterwards`() = story { ana, ben ->
        together(ana, ben)
        ana.suspend()
        val asleep = fails<AmendsException.Suspended> { ana.agreements().list() }
        assertTrue(asleep.userMessage.contains("resume"), asleep.userMessage)
        assertTrue(ana.diagnostics().exchanging)
        ben.agreements().propose(plain("We talk."))
        ana.resume()
        assertEquals(1, ana.agreementChanges().first { it.isNotEmpty() }.size)
    }

    @Test
    fun `two phones find each other by the app's own discovery, however slow it is`() = story { ana, ben ->
        val air = Air(pause = 300)
        ana.agreements().propose(plain("We talk."))
        listOf(ana, ben).map { async { it.syncOnce(SyncOptions(discovery = air.finder()), 30u) } }.awaitAll()
        assertEquals("Ana", ben.status().partner)
        assertEquals(1, ben.agreements().list().size)
        assertTrue(air.announced.size >= 2, "${air.announced}")
        // No name of a person is in the air.
        assertTrue(air.announced.none { "Ana" in it || "Ben" in it }, "${air.announced}")
    }

    @Test
    fun `a discovery that fails is a trouble that the app can show`() = story { ana, _ ->
        val broken = object : Discovery {
            @Volatile var error: HostException = HostException.Failed("the radio is off")
            override fun start(beacon: Beacon, sightings: Sightings): Unit = throw error
            override fun stop() = Unit
        }
        suspend fun trouble(): Trouble {
            ana.startSync(SyncOptions(listen = "127.0.0.1:0", discovery = broken))
            return ana.diagnosticsChanges().first { it.troubles.isNotEmpty() }.troubles.last()
                .also { ana.stopSync() }
        }
        val failed = trouble()
        assertEquals(TroubleOf.DISCOVERY, failed.of)
        assertTrue(failed.what.contains("the radio is off"), failed.what)
        // What the person can allow is told apart.
        broken.error = HostException.LocalNetworkDenied("the person said no")
        assertEquals(TroubleOf.LOCAL_NETWORK_DENIED, trouble().of)
    }

    @Test
    fun `a space sleeps once its app is away, and wakes when it is back`() = story { ana, _ ->
        val scope = CoroutineScope(Dispatchers.Default)
        val foreground = Foreground(ana, scope, linger = 300.milliseconds)
        foreground.leave()
        delay(50)
        foreground.enter()
        // A glance at another app has closed nothing.
        delay(500)
        ana.agreements().list()
        foreground.leave()
        delay(350)
        while (runCatching { ana.agreements().list() }.exceptionOrNull() !is AmendsException.Suspended) {
            delay(20)
        }
        foreground.enter()
        while (runCatching { ana.agreements().list() }.isFailure) delay(20)
        scope.coroutineContext.job.cancelAndJoin()
    }
}
