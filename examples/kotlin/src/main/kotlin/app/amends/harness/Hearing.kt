/** Talks. */
package app.amends.harness

import app.amends.ffi.Space
import app.amends.ffi.turns
import app.amends.model.NewTalk
import app.amends.model.RefusalCode
import app.amends.model.TalkId

suspend fun Phone.talk(space: Space, words: Words) {
    val hearing = space.hearing()
    val verb = words.next("what to do")
    val at = words.moment("--at")
    val until = words.moment("--until")
    val minutes = words.number("--minutes")
    val place = words.option("--place")
    val rules = words.options("--rule")
    fun begins() = at ?: throw Failure.usage("say --at TIME")
    val view = when (verb) {
        "list" -> return say(json("talks" to hearing.talks())).also { words.end() }
        "propose" -> hearing.proposeTalk(
            NewTalk(
                topic = words.next("what about"), begins = begins(), minutes = minutes?.toUShort(),
                place = place, rules = rules,
            ),
        )
        "start" -> hearing.startTalk(words.id("which talk", ::TalkId))
        "pause" -> hearing.pauseTalk(words.id("which talk", ::TalkId), until ?: throw Failure.usage("say --until TIME"))
        "prepare" -> {
            val id = words.id("which talk", ::TalkId)
            words.word()?.let { hearing.prepare(id, it) }
            return say(json("noted" to hearing.preparation(id))).also { words.end() }
        }
        "turns" -> {
            val id = words.id("which talk", ::TalkId)
            val talk = hearing.talks().firstOrNull { it.id == id } ?: throw refused(RefusalCode.NOT_FOUND)
            val turns = turns(talk.begins, talk.minutes ?: 60u, (minutes ?: 10).toUShort(), talk.by)
            return say(json("turns" to turns)).also { words.end() }
        }
        "move" -> hearing.moveTalk(words.id("which talk", ::TalkId), begins())
        "accept" -> {
            val id = words.id("which talk", ::TalkId)
            val shown = hearing.talks().firstOrNull { it.id == id }
            hearing.acceptTalk(shown ?: throw refused(RefusalCode.NOT_FOUND))
        }
        "decline" -> hearing.declineTalk(words.id("which talk", ::TalkId))
        "end" -> hearing.endTalk(words.id("which talk", ::TalkId))
        else -> throw Failure.usage("there is no command talk $verb here")
    }
    words.end()
    say(json(view))
}
