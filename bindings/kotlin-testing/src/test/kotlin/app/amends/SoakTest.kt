package app.amends

import app.amends.model.AmendsException
import app.amends.model.Due
import app.amends.model.NewNote
import app.amends.model.NewPromise
import app.amends.model.NoteContent
import app.amends.testing.withPhones
import java.nio.file.Path
import kotlin.io.path.Path
import kotlin.io.path.readLines
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/** An app's life: screens that are made anew, the background, lost networks, many callers. */
class SoakTest {
    @TempDir lateinit var folder: Path

    /** What this process holds beside Java's heap, in MB; nothing where the system says it not so. */
    private fun memory(): Long {
        System.gc()
        val line = runCatching { Path("/proc/self/status").readLines() }.getOrDefault(emptyList())
            .firstOrNull { it.startsWith("VmRSS") }
        val resident = (line?.filter(Char::isDigit)?.toLong() ?: 0) / 1024
        return (resident - Runtime.getRuntime().totalMemory() / 1_048_576).coerceAtLeast(0)
    }

    /** For as long as `AMENDS_SOAK` says, in seconds: 600 is the ten minutes of bindings/README.md. */
    @Test
    fun `an app's life loses nothing and its memory stays`() = runBlocking {
        val life = (System.getenv("AMENDS_SOAK")?.toLong() ?: 4).seconds
        withPhones(folder) {
            together()
            val began = TimeSource.Monotonic.markNow()
            var (rounds, before) = 0 to 0L
            while (began.elapsedNow() < life) {
                round(rounds++)
                // What is loaded once is loaded by then.
                if (before == 0L && began.elapsedNow() > life / 4) before = memory()
            }
            val after = memory()
            apart()
            meet()
            assertEquals(64 * rounds, ana.space.inner().search("").size, "a note was lost")
            val promised = listOf(ana, ben).map { it.space.promises().ids().size }
            assertEquals(listOf(rounds, rounds), promised, "a promise was lost")
            assertTrue(after - before < 96, "it grew from $before to $after MB in $rounds rounds")
            println("soak: $rounds rounds in $life, $before MB and then $after MB")
        }
    }

    private suspend fun app.amends.testing.Phones.round(number: Int) = coroutineScope {
        // A screen that is turned collects anew; its old one is gone in the middle of a view.
        val screens = List(4) {
            launch(Dispatchers.Default) { ana.space.todayChanges().collect { delay(1.milliseconds) } }
        }
        val due = Due.At(ben.space.now() + 1.hours)
        val made = ben.space.promises().make(NewPromise("I call you, $number.", due, "UTC"))
        withContext(Dispatchers.Default) {
            (0 until 64).map {
                async { ana.space.inner().write(NewNote(NoteContent.Journal("Page $it of $number."))) }
            }.awaitAll()
        }
        screens.forEach { it.cancelAndJoin() }
        when (number % 3) {
            0 -> {
                ana.space.suspend()
                val asleep = runCatching { ana.space.agreements().list() }.exceptionOrNull()
                assertTrue(asleep is AmendsException.Suspended, "$asleep")
                ana.space.resume()
            }
            1 -> ana.space.networkChanged()
            else -> Unit
        }
        // What is over counts no more among those that are open.
        ben.space.promises().retract(made.id)
    }
}
