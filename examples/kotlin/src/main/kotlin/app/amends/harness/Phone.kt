/** One command on one phone. */
package app.amends.harness

import app.amends.ffi.HostClock
import app.amends.ffi.HostServices
import app.amends.ffi.SecretStore
import app.amends.ffi.Space
import app.amends.model.AgreementView
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.jsonObject
import java.nio.file.Path
import java.nio.file.attribute.PosixFilePermissions
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicLong
import kotlin.io.path.createDirectories
import kotlin.io.path.deleteIfExists
import kotlin.io.path.exists
import kotlin.io.path.readBytes
import kotlin.io.path.writeBytes
import kotlin.time.Instant

private val ownerOnly = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))

/** The keys as files of the home: enough for a harness, and nothing for an app. */
private class KeyFiles(private val home: Path) : SecretStore {
    private fun file(name: String): Path = home.resolve("$name.key")

    override fun read(name: String): ByteArray? =
        file(name).takeIf { it.exists() }?.readBytes()

    override fun write(name: String, secret: ByteArray) {
        home.createDirectories(ownerOnly)
        file(name).writeBytes(secret)
    }

    override fun delete(name: String) {
        file(name).deleteIfExists()
    }
}

/** A clock that stands still. */
private class FixedClock(private val now: Instant) : HostClock {
    override fun now(): Instant = now
    override fun zone(): String = "UTC"
}

/** The views that were shown: who consents hands back what stood on the screen. */
private val shown = ConcurrentHashMap<String, AgreementView>()
private val views = AtomicLong()

/** The phone in [home] at the time [now]; what it says goes to [say]. */
class Phone(val home: Path, val now: Instant, val say: (JsonElement) -> Unit) {
    private fun services() = HostServices(KeyFiles(home), FixedClock(now))

    /** Remembers a view as an app's screen does. */
    fun show(view: AgreementView): JsonElement {
        val token = views.incrementAndGet().toString()
        shown[token] = view
        return JsonObject(json(view).jsonObject + ("view" to JsonPrimitive(token)))
    }

    /** The view that was on the screen. */
    fun seen(token: String): AgreementView =
        shown[token] ?: throw Failure.usage("no such view was shown: $token")

    suspend fun run(words: Words) {
        val group = words.next("what to do")
        if (group == "init") {
            val name = words.option("--name") ?: throw Failure.usage("say --name NAME")
            words.end()
            Space.create(home.toString(), name, services()).use { it.shutdown() }
            return say(json("home" to home.toString()))
        }
        Space.open(home.toString(), services()).use { space ->
            try {
                on(space, group, words)
            } finally {
                space.shutdown()
            }
        }
    }

    private suspend fun on(space: Space, group: String, words: Words) {
        when (group) {
            "agreement" -> agreement(space, words)
            "promise" -> promise(space, words)
            "practice" -> practice(space, words)
            "openness" -> openness(space, words)
            "journal" -> journal(space, words)
            "checkin" -> checkIn(space, words)
            "progress" -> progress(space, words)
            "remind" -> remind(space, words)
            "limits" -> limits(space, words)
            "space" -> spaceFor(space, words)
            "talk" -> talk(space, words)
            "telling" -> telling(space, words)
            "pair" -> pair(space, words)
            "sync" -> sync(space, words)
            else -> general(space, group, words)
        }
    }
}
