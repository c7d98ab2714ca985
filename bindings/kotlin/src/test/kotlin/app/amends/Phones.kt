package app.amends

import app.amends.ffi.Beacon
import app.amends.ffi.Discovery
import app.amends.ffi.ExchangeSettings
import app.amends.ffi.HostException
import app.amends.ffi.HostServices
import app.amends.ffi.Mailbox
import app.amends.ffi.Pairing
import app.amends.ffi.SecretStore
import app.amends.ffi.Sightings
import app.amends.ffi.Space
import app.amends.model.AgreementKind
import app.amends.model.Category
import app.amends.model.Terms
import app.amends.model.TermsClause
import app.amends.model.Who
import java.nio.file.Path
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.CountDownLatch
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope

/** Secrets in memory: real enough for a test, and nothing for an app. */
class MemorySecrets : SecretStore {
    val secrets = ConcurrentHashMap<String, ByteArray>()
    @Volatile var failing: (() -> Nothing)? = null

    override fun read(name: String): ByteArray? {
        failing?.invoke()
        return secrets[name]
    }

    override fun write(name: String, secret: ByteArray) {
        failing?.invoke()
        secrets[name] = secret
    }

    override fun delete(name: String) {
        secrets.remove(name)
    }
}

fun locked(): Nothing = throw HostException.Locked("the phone is locked")

suspend fun phone(folder: Path, name: String, secrets: SecretStore = MemorySecrets()): Space =
    Space.create(folder.toString(), name, HostServices(secrets))

/** Makes two phones a pair, over a socket of this machine. */
suspend fun pair(ana: Space, ben: Space) = ana.pairShow("127.0.0.1:0").use { pair(it, ben) }

/** The same where one phone shows its code already. */
suspend fun pair(show: Pairing, ben: Space) = coroutineScope {
    ben.pairJoin(show.code()!!, show.address()!!).use { join ->
        val asked = async { show.asked() }
        check(join.asked().code == asked.await().code)
        show.answer(true)
        join.answer(true)
        val done = async { show.finished() }
        join.finished()
        done.await()
    }
}

fun settings(
    listen: String? = null,
    peers: List<String> = emptyList(),
    onceWithinSeconds: UInt? = null,
) = ExchangeSettings(listen, peers, onceWithinSeconds = onceWithinSeconds)

/** One exchange until both are in step. */
suspend fun meet(ana: Space, ben: Space) = coroutineScope {
    ana.exchange(settings(listen = "127.0.0.1:0", onceWithinSeconds = 30u)).use { listening ->
        ben.exchange(settings(peers = listOf(listening.address()!!), onceWithinSeconds = 30u)).use {
            val done = async { listening.finished() }
            it.finished()
            done.await()
        }
    }
}

/** Terms with one clause that binds both. */
fun plain(text: String) = Terms(
    kind = AgreementKind.Communication,
    clauses = listOf(TermsClause(text = text, binds = Who.BOTH, category = Category.General)),
    lang = "en",
)

/** What is announced in one place, and who hears of it: a discovery that blocks for [pause] ms. */
class Air(private val pause: Long) {
    val announced = ConcurrentHashMap.newKeySet<String>()!!
    private val places = ConcurrentHashMap<String, String>()
    private val listeners = CopyOnWriteArrayList<Pair<List<String>, Sightings>>()

    private fun tell() {
        for ((wanted, sightings) in listeners) {
            places.filterKeys { it in wanted }.forEach { (name, place) -> sightings.seen(name, place) }
        }
    }

    fun finder() = object : Discovery {
        override fun start(beacon: Beacon, sightings: Sightings) {
            Thread.sleep(pause)
            announced += "${beacon.service} ${beacon.name}"
            places[beacon.name] = "127.0.0.1:${beacon.port}"
            listeners += beacon.wanted to sightings
            tell()
        }

        override fun stop() = Unit
    }
}

/** A folder that both phones reach, in memory. */
class SharedFolder : Mailbox {
    val objects = ConcurrentHashMap<String, ByteArray>()
    @Volatile var failing: (() -> Nothing)? = null
    @Volatile var hanging: CountDownLatch? = null
    @Volatile var entered = false

    override fun list(): List<String> {
        entered = hanging != null
        hanging?.await()
        failing?.invoke()
        return objects.keys.toList()
    }

    override fun read(name: String): ByteArray =
        objects[name] ?: throw HostException.Failed("there is no $name")

    override fun write(name: String, bytes: ByteArray) {
        objects[name] = bytes
    }

    override fun remove(name: String) {
        objects.remove(name)
    }
}
