/** A phone, or any number of them, over the Kotlin bindings: a line in, lines out. */
package app.amends.harness

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.put
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

/** Writes whole lines, from any thread. */
private val out = System.out

private fun answer(call: Long, name: String, value: JsonElement) {
    val line = buildJsonObject {
        put("call", call)
        put(name, value)
    }.toString()
    synchronized(out) {
        out.println(line)
        out.flush()
    }
}

private fun CoroutineScope.begin(line: String) {
    val asked = Json.parseToJsonElement(line).jsonObject
    fun text(name: String) = asked.getValue(name).jsonPrimitive.content
    val call = text("call").toLong()
    val words = asked.getValue("args").jsonArray.map { it.jsonPrimitive.content }
    val phone = Phone(Path(text("home")), Instant.parse(text("now"))) { answer(call, "ok", it) }
    launch(Dispatchers.Default) {
        try {
            phone.run(Words(words))
            answer(call, "done", JsonPrimitive(true))
        } catch (error: Exception) {
            answer(call, "error", Failure.of(error).json())
        }
    }
}

fun main(args: Array<String>) {
    if (args.toList() != listOf("serve")) {
        System.err.println(HELP)
        exitProcess(if (args.any { it == "--help" }) 0 else 2)
    }
    runBlocking {
        generateSequence(::readLine).forEach { begin(it) }
    }
}
