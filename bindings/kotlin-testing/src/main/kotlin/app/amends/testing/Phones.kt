/** Two phones that are paired, for the tests and previews of an app. */
package app.amends.testing

import app.amends.diagnosticsChanges
import app.amends.ffi.HostServices
import app.amends.ffi.Pairing
import app.amends.ffi.SecretStore
import app.amends.ffi.Space
import app.amends.ffi.SyncOptions
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.ConcurrentHashMap
import kotlin.io.path.ExperimentalPathApi
import kotlin.io.path.deleteRecursively
import kotlin.time.Instant
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.mapNotNull

/** Secrets in memory: real enough for a test, and nothing for an app. */
class MemorySecrets : SecretStore {
    /** What is kept, by name. */
    val secrets = ConcurrentHashMap<String, ByteArray>()

    /** Thrown in place of every answer, to see what the app does then. */
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

/** One person's phone in a folder, with a clock to turn. */
class Phone(
    /** Its space. */
    val space: Space,
    /** Where its files are. */
    val folder: Path,
    /** Its keys. */
    val secrets: MemorySecrets,
    /** Its clock. */
    val clock: TurnedClock,
) {
    companion object {
        /** A new phone of a person who goes by [name], in [folder]. */
        suspend fun new(name: String, folder: Path, now: Instant = BEGIN): Phone {
            val (secrets, clock) = MemorySecrets() to TurnedClock(now)
            val space = Space.create(folder.toString(), name, HostServices(secrets, clock))
            return Phone(space, folder, secrets, clock)
        }
    }
}

/** When phones begin, where a test says nothing else: a Monday evening. */
val BEGIN: Instant = Instant.parse("2026-03-02T18:00:00Z")

/**
 * Ana's phone and Ben's, paired, with real files in a temporary folder and real sockets on this
 * machine. They are apart until they [meet], or are kept [together].
 */
class Phones private constructor(
    /** Ana's. */
    val ana: Phone,
    /** Ben's, who can be told what to do by a script: `phones.ben.space.agreements()…`. */
    val ben: Phone,
    private val folder: Path?,
) {
    companion object {
        /** Two phones that are paired; in a temporary folder that [close] removes, if none is given. */
        suspend fun paired(folder: Path? = null, now: Instant = BEGIN): Phones {
            val place = folder ?: Files.createTempDirectory("amends")
            val ana = Phone.new("Ana", place.resolve("ana"), now)
            val ben = Phone.new("Ben", place.resolve("ben"), now)
            pair(ana.space, ben.space)
            return Phones(ana, ben, place.takeIf { folder == null })
        }
    }

    /** Lets the two meet until both are in step. */
    suspend fun meet() = meet(ana.space, ben.space)

    /** Keeps the two in step until they are [apart]. */
    suspend fun together() = together(ana.space, ben.space)

    /** Ends that. */
    suspend fun apart() {
        ana.space.stopSync()
        ben.space.stopSync()
    }

    /** Turns both clocks ahead. */
    fun turn(by: kotlin.time.Duration) = listOf(ana, ben).forEach { it.clock.turn(by) }

    /** Shuts both down, and removes their files where they are in a folder of its own. */
    @OptIn(ExperimentalPathApi::class)
    suspend fun close() {
        for (phone in listOf(ana, ben)) {
            phone.space.shutdown()
            phone.space.close()
        }
        folder?.deleteRecursively()
    }
}

/** Two phones that are paired, for as long as [work] lasts. */
suspend fun <T> withPhones(folder: Path? = null, work: suspend Phones.() -> T): T {
    val phones = Phones.paired(folder)
    return try {
        phones.work()
    } finally {
        phones.close()
    }
}

/** Makes two phones a pair, over a socket of this machine. */
suspend fun pair(ana: Space, ben: Space) = pair(ana.pairShow("127.0.0.1:0"), ben)

/** The same where one phone shows its code already. */
suspend fun pair(show: Pairing, ben: Space) = coroutineScope {
    val join = ben.pairJoin(show.code()!!, show.address()!!)
    val asked = async { show.asked() }
    check(join.asked().code == asked.await().code) { "somebody stands in between" }
    show.answer(true)
    join.answer(true)
    val done = async { show.finished() }
    join.finished()
    done.await()
}

/** Where a phone listens, as soon as it does. */
private suspend fun listening(space: Space): String =
    space.diagnosticsChanges().mapNotNull { it.listening }.first()

/** One exchange until both are in step. */
suspend fun meet(ana: Space, ben: Space) = coroutineScope {
    val done = async { ana.syncOnce(SyncOptions(listen = "127.0.0.1:0"), withinSeconds = 30u) }
    ben.syncOnce(SyncOptions(peers = listOf(listening(ana))), withinSeconds = 30u)
    done.await()
}

/** Keeps two phones in step, until each of them stops. */
suspend fun together(ana: Space, ben: Space) {
    ana.stopSync()
    ben.stopSync()
    ana.startSync(SyncOptions(listen = "127.0.0.1:0"))
    ben.startSync(SyncOptions(peers = listOf(listening(ana))))
}
