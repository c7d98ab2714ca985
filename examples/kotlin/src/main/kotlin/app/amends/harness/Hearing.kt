/** Talks. */
package app.amends.harness

import app.amends.ffi.Space
import app.amends.model.RefusalCode

suspend fun Phone.talk(space: Space, words: Words) {
    val hearing = space.hearing()
    val verb = words.next("what to do")
    val at = words.moment("--at")
    fun begins() = at ?: throw Failure.usage("say --at TIME")
    val view = when (verb) {
        "list" -> return say(json("talks" to hearing.talks())).also { words.end() }
        "propose" -> hearing.proposeTalk(words.next("what about"), begins())
        "move" -> hearing.moveTalk(words.next("which talk"), begins())
        "accept" -> {
            val id = words.next("which talk")
            val shown = hearing.talks().firstOrNull { it.id == id }
            hearing.acceptTalk(shown ?: throw refused(RefusalCode.NOT_FOUND))
        }
        "decline" -> hearing.declineTalk(words.next("which talk"))
        "end" -> hearing.endTalk(words.next("which talk"))
        else -> throw Failure.usage("there is no command talk $verb here")
    }
    words.end()
    say(json(view))
}
