import app.amends.ffi.HostServices
import app.amends.ffi.Space
import app.amends.ffi.SyncOptions
import app.amends.model.Due
import app.amends.model.NewPromise
import app.amends.promiseChanges
import app.amends.testing.MemorySecrets
import java.nio.file.Files
import kotlin.time.Duration.Companion.hours
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking

fun main() = runBlocking {
    val (ana, ben) = listOf("Ana", "Ben").map { name ->
        Space.openOrCreate(Files.createTempDirectory("amends").toString(), name, HostServices(MemorySecrets()))
    }
    val show = ana.pairShow("127.0.0.1:0")
    val join = ben.pairJoin(show.code()!!, show.address()!!)
    check(show.asked().code == join.asked().code)
    listOf(show, join).onEach { it.answer(true) }.forEach { it.finished() }
    ana.startSync(SyncOptions(listen = "127.0.0.1:0"))
    ben.startSync(SyncOptions(peers = listOf(ana.diagnostics().listening!!)))
    ana.promises().make(NewPromise("I call you when I leave.", Due.At(ana.now() + 1.hours), "Europe/Berlin"))
    println("Ben sees: ${ben.promiseChanges().first { it.isNotEmpty() }.single().action}")
    listOf(ana, ben).forEach { it.shutdown() }
}
