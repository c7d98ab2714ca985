/** A phone, or any number of them, over the Kotlin bindings: a line in, lines out. */
package app.amends.harness

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.put
import java.io.FileDescriptor
import java.io.FileOutputStream
import java.io.PrintStream
import kotlin.io.path.Path
import kotlin.system.exitProcess
import kotlin.time.Instant

private const val HELP = """The harness of Amends in Kotlin: phones for the stories in tests/scenarios.

    examples/kotlin/amends build     builds the library, the bindings and this
    examples/kotlin/amends serve     plays phones

`serve` reads a JSON object a line and answers in lines, until its input ends:

    {"call": 1, "home": "/tmp/ana", "now": "2026-03-02T18:00:00Z", "args": ["init", "--name", "Ana"]}
    {"call": 1, "ok": {"home": "/tmp/ana"}}
    {"call": 1, "done": true}

The words of `args` are those of the command line `amends`. A whole story:

    cargo run -- scenario run tests/scenarios/FILE --ana examples/kotlin/amends"""

/** Writes whole lines, from any thread; in UTF-8, whatever the system's own is. */
private val out = PrintStream(FileOutputStream(FileDescriptor.out), false, Charsets.UTF_8)

private fun answer(call: Long, name: String, value: JsonElement) {
    val line = buildJsonObject {
        put("call", call)
        put(name, value)
    }.toString()
    synchronized(out) {
        out.print(line + "\n")
        out.flush()
    }
}

/** One command for one phone. */
private class Asked(line: String) {
    private val fields = Json.parseToJsonElement(line).jsonObject
    private fun text(name: String) = fields.getValue(name).jsonPrimitive.content

    val call = text("call").toLong()
    val home = Path(text("home"))
    val now = Instant.parse(text("now"))
    val words = Words(fields.getValue("args").jsonArray.map { it.jsonPrimitive.content })
}

private suspend fun answer(asked: Asked) {
    try {
        Phone(asked.home, asked.now) { answer(asked.call, "ok", it) }.run(asked.words)
        answer(asked.call, "done", JsonPrimitive(true))
    } catch (error: Exception) {
        answer(asked.call, "error", Failure.of(error).json())
    }
}

fun main(args: Array<String>) {
    if (args.toList() != listOf("serve")) {
        System.err.println(HELP)
        exitProcess(if (args.any { it == "--help" }) 0 else 2)
    }
    runBlocking {
        System.`in`.bufferedReader(Charsets.UTF_8).forEachLine { line ->
            val asked = try {
                Asked(line)
            } catch (error: Exception) {
                // Whoever asked would wait for ever.
                System.err.println("this is no call: $line ($error)")
                exitProcess(2)
            }
            launch(Dispatchers.Default) { answer(asked) }
        }
    }
}
