/** What is common to all of a phone: who, what is shared, what is next, the logs. */
package app.amends.harness

import app.amends.diagnosticsChanges
import app.amends.ffi.Pairing
import app.amends.ffi.Space
import app.amends.ffi.SyncOptions
import app.amends.model.Leaving
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.mapNotNull
import kotlinx.coroutines.launch

suspend fun Phone.general(space: Space, group: String, words: Words) {
    val answer = when (group) {
        "status" -> json(space.status())
        "next" -> json("next" to space.nextDue())
        "share" -> when (words.next("show or stop-all")) {
            "show" -> json("sharing" to space.whatIShare())
            "stop-all" -> json("stopped" to space.stopAll(), "sharing" to space.whatIShare())
            else -> throw Failure.usage("say show or stop-all")
        }
        "log" -> when (words.next("verify")) {
            "verify" -> json("logs" to space.verifyLogs())
            else -> throw Failure.usage("say verify")
        }
        "doctor" -> {
            val report = space.doctor()
            if (report.findings.isNotEmpty()) {
                throw Failure("storage", "Damaged", report.findings.joinToString("; ") { it.what })
            }
            json(report)
        }
        "leave" -> {
            if (!words.flag("--yes")) throw Failure.usage("this cannot be undone: say --yes")
            space.leave(if (words.flag("--silent")) Leaving.SILENT else Leaving.ANNOUNCED)
            json("left" to true)
        }
        else -> throw Failure.usage("there is no command $group here")
    }
    words.end()
    say(answer)
}

suspend fun Phone.pair(space: Space, words: Words) {
    val pairing: Pairing = when (words.next("show or join")) {
        "show" -> space.pairShow(words.option("--listen") ?: "0.0.0.0:0").also {
            say(json("event" to "code", "code" to it.code(), "address" to it.address(), "qr" to it.qr()))
        }
        "join" -> {
            val peer = words.option("--peer") ?: throw Failure.usage("say --peer HOST:PORT")
            space.pairJoin(words.next("the code"), peer)
        }
        else -> throw Failure.usage("say show or join")
    }
    words.end()
    pairing.use {
        val asked = it.asked()
        say(json("event" to "compare", "partner" to asked.name, "code" to asked.code))
        // The people of a story always find the same digits.
        it.answer(true)
        it.finished()
        say(json("event" to "paired", "partner" to asked.name))
    }
}

suspend fun Phone.sync(space: Space, words: Words) {
    for ((flag, hold) in listOf("--hold" to true, "--release" to false)) {
        if (words.flag(flag)) {
            words.end()
            space.holdSync(hold)
            return say(json("held" to hold))
        }
    }
    if (!words.flag("--once")) throw Failure.usage("say --once")
    val options = SyncOptions(listen = words.option("--listen"), peers = words.options("--peer"))
    val within = (words.number("--timeout") ?: 60).toUInt()
    words.end()
    coroutineScope {
        val listening = launch {
            val address = space.diagnosticsChanges().mapNotNull { it.listening }.first()
            say(json("event" to "listening", "address" to address))
        }
        space.syncOnce(options, within)
        listening.cancel()
    }
    say(json("event" to "done"))
}
