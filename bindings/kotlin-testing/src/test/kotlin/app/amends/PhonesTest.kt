package app.amends

import app.amends.ffi.HostException
import app.amends.ffi.HostServices
import app.amends.ffi.Space
import app.amends.testing.MemorySecrets
import app.amends.testing.pair
import java.nio.file.Path
import kotlin.io.path.Path
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.io.TempDir

fun locked(): Nothing = throw HostException.Locked("the phone is locked")

/** A phone by the system's clock. */
suspend fun phone(folder: Path, name: String, secrets: MemorySecrets = MemorySecrets()): Space =
    Space.create(folder.toString(), name, HostServices(secrets))

/** Two phones in a folder, and calls that must fail. */
abstract class PhonesTest {
    @TempDir lateinit var folder: Path

    protected inline fun <reified E : Throwable> fails(work: () -> Unit): E {
        try {
            work()
        } catch (error: Throwable) {
            return error as? E ?: throw error
        }
        throw AssertionError("nothing was thrown")
    }

    protected fun story(work: suspend CoroutineScope.(ana: Space, ben: Space) -> Unit) = runBlocking {
        phone(folder.resolve("ana"), "Ana").use { ana ->
            phone(folder.resolve("ben"), "Ben").use { ben ->
                pair(ana, ben)
                withTimeout(60.seconds) { work(ana, ben) }
                ana.shutdown()
                ben.shutdown()
            }
        }
    }
}
