/** Promises and practices. */
package app.amends.harness

import app.amends.ffi.Space
import app.amends.ffi.exactly
import app.amends.model.AgreementId
import app.amends.model.Due
import app.amends.model.Felt
import app.amends.model.NewPromise
import app.amends.model.OccurrenceId
import app.amends.model.PromiseId
import app.amends.model.PromiseView
import app.amends.model.RefusalCode
import app.amends.model.HowItWent
import app.amends.model.WordsId
import java.time.LocalDate
import java.time.LocalDateTime
import java.time.LocalTime

/** What is due once: at a moment, at a local time, on a day. */
private class When(words: Words) {
    private val at = words.moment("--at")
    private val local = words.option("--local")
    private val on = words.option("--on")

    fun due(zone: String): Due? = at?.let { Due.At(it) }
        ?: local?.let { Due.At(exactly(LocalDateTime.parse(it), zone)) }
        ?: on?.let { Due.On(LocalDate.parse(it)) }
}

private val FELT = mapOf(
    "confirmed" to Felt.CONFIRMED,
    "felt-like-kept" to Felt.FELT_LIKE_KEPT,
    "differently" to Felt.SAW_IT_DIFFERENTLY,
)

/** The time of a promise that the words name by its local time. */
private fun occurrence(view: PromiseView, local: String?): OccurrenceId? = local?.let {
    view.occurrences.firstOrNull { one -> one.local == it }?.id
        ?: throw refused(RefusalCode.NO_SUCH_OCCURRENCE)
}

/** The words beside a promise that are called so, by their whole id. */
private fun noted(view: PromiseView, id: String): WordsId = view.occurrences
    .flatMap { one -> one.reports.map { it.words } + (one.headsUps + one.comments + one.repairs).map { it.words } }
    .mapNotNull { it?.id }
    .firstOrNull { it.value == id }
    ?: throw refused(RefusalCode.NOT_FOUND)

private fun Words.newPromise(space: Space, due: (String) -> Due?): NewPromise {
    val zone = option("--zone") ?: space.zone()
    val at = due(zone) ?: throw Failure.usage("say when: --at, --local or --on")
    val (cue, response, note) = listOf("--if", "--then", "--note").map(::option)
    val link = option("--agreement")?.let(::AgreementId)
    return NewPromise(
        action = next("what is promised"), due = at, zone = zone, cue = cue, response = response,
        note = note, link = link,
    ).also { end() }
}

suspend fun Phone.promise(space: Space, words: Words) {
    val promises = space.promises()
    val verb = words.next("what to do")
    when (verb) {
        "list" -> {
            val all = words.flag("--all")
            words.end()
            return say(json("promises" to if (all) promises.page(UInt.MAX_VALUE).reversed() else promises.list()))
        }
        "make" -> return say(json(promises.make(words.newPromise(space, When(words)::due))))
    }
    val (local, said) = words.option("--due") to words.option("--say")
    val expected = words.moment("--expected")
    val repairing = words.option("--promise")?.let(::PromiseId)
    // `report … --at` says when it was kept; `renegotiate … --at` the new time.
    val kept = if (verb == "report") words.moment("--at") else null
    val moved = When(words)
    val shown = promises.show(words.id("which promise", ::PromiseId))
    val one = occurrence(shown, local)
    val id = shown.id
    val view = when (verb) {
        "show" -> shown
        "heads-up" -> promises.headsUp(id, one, expected, said)
        "renegotiate" -> {
            val new = moved.due(shown.zone) ?: throw Failure.usage("say --at, --local or --on")
            promises.renegotiate(id, new, one)
        }
        "accept" -> promises.answer(shown, true, one)
        "keep-old" -> promises.answer(shown, false, one)
        "release" -> promises.release(id, one)
        "report" -> {
            val told = when (val how = words.next("kept, partly or missed")) {
                "kept" -> HowItWent.Kept(kept)
                "partly" -> HowItWent.Partly
                "missed" -> HowItWent.Missed
                else -> throw Failure.usage("say kept, partly or missed, not $how")
            }
            promises.report(id, told, one, said)
        }
        "comment" -> {
            val felt = FELT[words.next("how it felt")] ?: throw Failure.usage("say one of ${FELT.keys}")
            promises.comment(id, felt, one, said)
        }
        "repair" -> promises.repair(id, said ?: throw Failure.usage("say --say"), one, repairing)
        "retract" -> promises.retract(id)
        "decline" -> promises.decline(id)
        "withdraw-words" -> promises.withdrawWords(id, noted(shown, words.next("which words")))
        else -> throw Failure.usage("there is no command promise $verb here")
    }
    words.end()
    say(json(view))
}

suspend fun Phone.practice(space: Space, words: Words) {
    val promises = space.promises()
    val view = when (val verb = words.next("make or pause")) {
        "make" -> {
            val rule = words.option("--rule") ?: throw Failure.usage("say --rule")
            val time = words.option("--time")?.let(LocalTime::parse)
            val start = words.option("--start")?.let(LocalDate::parse)
            promises.make(words.newPromise(space) { Due.Every(start ?: space.today(), time, rule) })
        }
        "pause" -> {
            val from = words.moment("--from") ?: now
            val until = words.moment("--until") ?: throw Failure.usage("say --until")
            val id = words.word()
            words.end()
            if (id == null) return say(json("paused" to promises.pauseAll(from, until)))
            promises.pause(PromiseId(id), from, until)
        }
        else -> throw Failure.usage("there is no command practice $verb here")
    }
    say(json(view))
}
