/** Openness, the journal, check-ins, progress, reminders, limits and space. */
package app.amends.harness

import app.amends.ffi.Space
import app.amends.model.CheckInState
import app.amends.model.AgreementId
import app.amends.model.Answer
import app.amends.model.CheckInCadence
import app.amends.model.Contact
import app.amends.model.Feature
import app.amends.model.Feeling
import app.amends.model.GoalState
import app.amends.model.GoalStep
import app.amends.model.Inclination
import app.amends.model.IntentionId
import app.amends.model.NewNote
import app.amends.model.NewPost
import app.amends.model.NoteContent
import app.amends.model.NoteId
import app.amends.model.OwnTemplateId
import app.amends.model.Period
import app.amends.model.PostId
import app.amends.model.PostKind
import app.amends.model.Seen
import app.amends.model.TemplateId
import app.amends.model.Want
import app.amends.model.Who
import java.time.LocalTime
import kotlin.time.Duration.Companion.days

/** The value of an enum that is called so. */
inline fun <reified E : Enum<E>> called(text: String): E =
    enumValues<E>().firstOrNull { it.name == text.uppercase().replace('-', '_') }
        ?: throw Failure.usage("expected one of ${enumValues<E>().map { snake(it.name) }}, not $text")

private fun Words.until(phone: Phone) = moment("--until") ?: number("--days")?.let { phone.now + it.days }

suspend fun Phone.openness(space: Space, words: Words) {
    val openness = space.openness()
    val view = when (val verb = words.next("what to do")) {
        "list" -> return say(json("posts" to openness.list())).also { words.end() }
        "post" -> {
            val until = words.until(this)
            val want = words.option("--want")?.let { called<Want>(it) }
            val (amount, happened) = listOf("--amount", "--happened").map(words::option)
            val under = words.option("--under")?.let(::AgreementId)
            val kind = called<PostKind>(words.next("what kind"))
            openness.post(NewPost(kind, words.next("the words"), until, want, amount, happened, under))
        }
        "correct" -> openness.correct(words.id("which post", ::PostId), words.next("the words"))
        "withdraw" -> openness.withdraw(words.id("which post", ::PostId))
        "thank" -> openness.thank(words.id("which post", ::PostId))
        else -> throw Failure.usage("there is no command openness $verb here")
    }
    words.end()
    say(json(view))
}

private fun Words.note(): NewNote {
    val kind = option("--kind") ?: "journal"
    val leaning = called<Inclination>(option("--leaning") ?: "unsure")
    val seen = called<Seen>(option("--seen") ?: "honesty")
    val feelings = options("--feeling").map {
        val (name, step) = it.split('=', limit = 2) + ""
        Feeling(name, step.toUByteOrNull())
    }
    val tags = options("--tag")
    val parts = rest()
    fun part(at: Int) = parts.getOrElse(at) { "" }
    val content = when (kind) {
        "journal" -> NoteContent.Journal(part(0))
        "trigger" -> NoteContent.Trigger(part(0), part(1), part(2))
        "self-trust" -> NoteContent.SelfTrust(part(0), part(1), part(2))
        "observation" -> NoteContent.Observation(seen, part(0))
        "reflection" -> NoteContent.Reflection(part(0), part(1), part(2), part(3))
        "goal" -> NoteContent.Goal(part(0), parts.drop(1).map { GoalStep(it, false) }, null, GoalState.ACTIVE)
        "leaning" -> NoteContent.Leaning(leaning, part(0))
        else -> throw Failure.usage("there is no such note: $kind")
    }
    return NewNote(content, feelings, tags)
}

suspend fun Phone.journal(space: Space, words: Words) {
    val inner = space.inner()
    val answer = when (val verb = words.next("what to do")) {
        "write" -> json(inner.write(words.note()))
        "show" -> json(inner.show(words.id("which note", ::NoteId)))
        "search" -> json("notes" to inner.search(words.rest().joinToString(" ")))
        "remove" -> words.id("which note", ::NoteId).let {
            inner.remove(it)
            json("removed" to it)
        }
        "copy-out" -> {
            val kind = called<PostKind>(words.option("--kind") ?: "feeling")
            val until = words.until(this)
            json(inner.copyOut(words.id("which note", ::NoteId), words.next("the words"), kind, until))
        }
        else -> throw Failure.usage("there is no command journal $verb here")
    }
    words.end()
    say(answer)
}

private fun template(text: String?): TemplateId = when (text) {
    null, "week" -> TemplateId.Week
    else -> TemplateId.Own(OwnTemplateId(text))
}

/** `3=4`, `3=WORDS` or `3=4:WORDS`. */
private fun answer(text: String): Pair<UByte, Answer> {
    val (item, said) = text.split('=', limit = 2) + ""
    val number = item.toUByteOrNull() ?: throw Failure.usage("an answer is 3=4, 3=WORDS or 3=4:WORDS")
    val (scale, words) = said.split(':', limit = 2) + listOf(null)
    return number to when (val step = scale?.toUByteOrNull()) {
        null -> Answer(words = said)
        else -> Answer(step, words)
    }
}

/** `2026-W10`, `2026-03` or `2026-03-02`, as the command line writes a period. */
private fun text(period: Period): String = when (period) {
    is Period.Day -> period.v1.toString()
    is Period.Week -> "%04d-W%02d".format(period.v1.year, period.v1.week)
    is Period.Month -> "%04d-%02d".format(period.year, period.month)
}

suspend fun Phone.checkIn(space: Space, words: Words) {
    val checkIns = space.checkIns()
    val verb = words.next("what to do")
    val of = template(words.option("--template"))
    val wanted = words.option("--period")
    // The period is the one of the check-in that the screen shows.
    suspend fun period(): Period = checkIns.list()
        .filter { it.template == of && (wanted == null || text(it.period) == wanted) }
        .maxByOrNull { text(it.period) }?.period
        ?: throw Failure.usage("there is no such check-in")
    val answer = when (verb) {
        "list" -> json("check_ins" to checkIns.list())
        "templates" -> json("templates" to checkIns.templates())
        "template" -> {
            val cadence = called<CheckInCadence>(words.option("--cadence") ?: "weekly")
            val items = words.options("--item")
            json(checkIns.makeTemplate(words.next("the title"), cadence, items))
        }
        "take-on" -> json(checkIns.takeOn(template(words.next("which template"))))
        "let-go" -> json(checkIns.letGo(template(words.next("which template"))))
        "drop-template" -> words.id("which template", ::OwnTemplateId).let {
            checkIns.dropTemplate(it)
            json("dropped" to it)
        }
        "intend" -> json(checkIns.intend(words.next("the words")))
        "intentions" -> json("intentions" to checkIns.intentions())
        "thank" -> {
            checkIns.thank(words.id("which intention", ::IntentionId))
            json("thanked" to true)
        }
        "withdraw" -> {
            checkIns.withdraw(words.id("which intention", ::IntentionId))
            json("withdrawn" to true)
        }
        "answer" -> {
            // What was answered before stays, unless it is answered anew.
            val begun = checkIns.list().firstOrNull { it.template == of && it.state == CheckInState.DRAFT }
            json(checkIns.draft(of, begun?.mine.orEmpty() + words.rest().map(::answer)))
        }
        "seal" -> json(checkIns.seal(of))
        "skip" -> json(checkIns.skip(of))
        "cancel" -> json(checkIns.cancel(of, period()))
        "take-back" -> json(checkIns.takeBack(of, period()))
        "share-alone" -> json(checkIns.shareAlone(of, period()))
        "keep-private" -> json(checkIns.keepPrivate(of, period()))
        else -> throw Failure.usage("there is no command checkin $verb here")
    }
    words.end()
    say(answer)
}

suspend fun Phone.progress(space: Space, words: Words) {
    val progress = space.progress()
    val of = if (words.flag("--partner")) Who.PARTNER else Who.ME
    val weeks = (words.number("--weeks") ?: 6).toUByte()
    val template = template(words.option("--template"))
    words.end()
    say(
        json(
            "weeks" to progress.followThrough(of, weeks),
            "line" to progress.patternLine(of, weeks),
            "trends" to progress.trends(template).filter { it.of == of },
            "milestones" to progress.milestones(),
        ),
    )
}

suspend fun Phone.remind(space: Space, words: Words) {
    when (val verb = words.next("list or wishes")) {
        "list" -> {
            words.end()
            say(json("reminders" to space.progress().reminders()))
        }
        "wishes" -> {
            val before = space.wishes()
            val (from, to) = words.option("--quiet")?.split('-')?.map(LocalTime::parse)
                ?: listOf(before.quietFrom, before.quietTo)
            val until = words.moment("--quiet-until") ?: before.quietUntil
            val given = words.option("--digest")
            val digest = if (given == "none") null else given?.let(LocalTime::parse) ?: before.digest
            words.end()
            val wishes = before.copy(quietFrom = from, quietTo = to, quietUntil = until, digest = digest)
            space.setWishes(wishes)
            say(json(wishes))
        }
        else -> throw Failure.usage("there is no command remind $verb here")
    }
}

suspend fun Phone.limits(space: Space, words: Words) {
    val limits = when (val verb = words.next("show or set")) {
        "show" -> space.limits()
        "set" -> {
            val retention = words.number("--retention")?.toUShort()
            space.setLimits(retention, words.options("--off").map { called<Feature>(it) })
        }
        else -> throw Failure.usage("there is no command limits $verb here")
    }
    words.end()
    say(json(limits))
}

suspend fun Phone.spaceFor(space: Space, words: Words) {
    val taken = when (val verb = words.next("show, begin or end")) {
        "show" -> space.spaceNow()
        "begin" -> {
            val contact = called<Contact>(words.option("--contact") ?: "logistics")
            space.beginSpace(contact, words.moment("--until"))
        }
        "end" -> space.endSpace()
        else -> throw Failure.usage("there is no command space $verb here")
    }
    words.end()
    say(json("space" to taken))
}
