/** Agreements and one-sided offers. */
package app.amends.harness

import app.amends.ffi.Space
import app.amends.model.Adoption
import app.amends.model.AgreementDraftId
import app.amends.model.AgreementId
import app.amends.model.AgreementKind
import app.amends.model.AgreementView
import app.amends.model.Category
import app.amends.model.DocId
import app.amends.model.RefusalCode
import app.amends.model.RevisionHash
import app.amends.model.RevisionView
import app.amends.model.Terms
import app.amends.model.TermsClause
import app.amends.model.Who
import kotlin.time.Duration.Companion.days

private val KINDS = listOf(
    AgreementKind.Communication, AgreementKind.Honesty, AgreementKind.Social,
    AgreementKind.Conduct, AgreementKind.ThirdPartyContact, AgreementKind.PhoneSocialMedia,
    AgreementKind.Whereabouts, AgreementKind.Calendar, AgreementKind.Money,
    AgreementKind.CheckInCadence, AgreementKind.Expectations, AgreementKind.Pace,
    AgreementKind.Space, AgreementKind.ContactInConflict, AgreementKind.Household,
    AgreementKind.Prevention, AgreementKind.Counselling, AgreementKind.WhatWeTellOthers,
    AgreementKind.ChildrenFamily, AgreementKind.Intention, AgreementKind.Statement,
    AgreementKind.Amends, AgreementKind.Summary, AgreementKind.Report,
)

private val CATEGORIES = listOf(
    Category.General, Category.Whereabouts, Category.PhoneSocialMedia, Category.Money,
    Category.ThirdPartyContact, Category.Calendar, Category.Health, Category.Faith,
    Category.Documents, Category.Movement,
)

private fun kind(text: String): AgreementKind = when {
    text.startsWith("other:") -> AgreementKind.Other(text.removePrefix("other:"))
    else -> KINDS.firstOrNull { code(it) == text } ?: throw Failure.usage("no such kind: $text")
}

private fun category(text: String): Category = when {
    text.startsWith("other:") -> Category.Other(text.removePrefix("other:"))
    else -> CATEGORIES.firstOrNull { code(it) == text } ?: throw Failure.usage("no such category: $text")
}

private val CLAUSE = Regex("""(\w+)(?:/((?:other:)?\w+))?(?:@([^:]*))?: *(.*)""", RegexOption.DOT_MATCHES_ALL)

/** Reads `WHO[/CATEGORY][@HOW-OFTEN]: TEXT`; `null` where it is not of this form. */
private fun clause(text: String, whom: (String) -> Who?): TermsClause? {
    val (who, category, cadence, sentence) = CLAUSE.matchEntire(text)?.destructured ?: return null
    return TermsClause(
        text = sentence.trim(),
        binds = whom(who) ?: return null,
        category = category(category.ifEmpty { "general" }),
        cadence = cadence.ifEmpty { null },
    )
}

private fun whom(who: String): Who? = when (who) {
    "me" -> Who.ME
    "ask" -> Who.PARTNER
    "both" -> Who.BOTH
    else -> null
}

/** Each line of the open working draft is a sentence; there the two are called by name. */
private suspend fun draftClauses(shown: AgreementView?, space: Space): List<TermsClause> {
    val text = shown?.draft?.text ?: throw Failure.usage("say what is proposed: --clause")
    val status = space.status()
    val named = { who: String ->
        mapOf(status.name to Who.ME, status.partner to Who.PARTNER, "both" to Who.BOTH)[who]
    }
    return text.lines().map { it.trim() }.filter { it.isNotEmpty() }
        .map { clause(it, named) ?: TermsClause(text = it, binds = Who.BOTH, category = Category.General) }
}

private fun texts(view: AgreementView): List<RevisionView> =
    view.onTable + listOfNotNull(view.cooling, view.current)

/** A sentence that stays word for word keeps its id. */
private fun keepId(clause: TermsClause, shown: AgreementView?): TermsClause {
    val known = shown?.let(::texts).orEmpty().flatMap { it.clauses }.firstOrNull {
        it.text == clause.text && it.binds == clause.binds &&
            it.category == clause.category && it.cadence == clause.cadence
    }
    return clause.copy(id = known?.id)
}

private suspend fun Phone.propose(space: Space, words: Words): AgreementView {
    val offer = words.flag("--offer")
    val seen = words.option("--seen")
    val given = words.options("--clause").map {
        clause(it, ::whom) ?: throw Failure.usage("a sentence is WHO[/CATEGORY][@HOW-OFTEN]: TEXT, not $it")
    }
    val about = words.option("--about")?.let(::DocId)
    val (kind, starts) = kind(words.option("--kind") ?: "communication") to words.moment("--starts")
    val days = words.number("--days")
    val expires = words.moment("--expires") ?: days?.let { (starts ?: now) + it.days }
    val review = words.moment("--review")
    val id = words.word()
    words.end()
    val shown = seen?.let(::seen) ?: id?.let { space.agreements().show(AgreementId(it)) }
    val clauses = given.ifEmpty { draftClauses(shown, space) }.map { keepId(it, shown) }
    val terms = Terms(
        kind = kind, about = about, clauses = clauses, starts = starts, expiresAt = expires, reviewAt = review,
        lang = "en",
    )
    return when {
        shown != null -> space.agreements().counter(shown, terms)
        offer -> space.agreements().offer(terms)
        else -> space.agreements().propose(terms)
    }
}

private suspend fun Phone.consent(space: Space, words: Words): AgreementView {
    val revision = words.option("--revision")?.let(::RevisionHash)
    val seen = words.option("--seen") ?: throw Failure.usage("say which view was read: --seen")
    val adopts = words.options("--adopt").map {
        Adoption(
            clause = it.substringBefore('='),
            category = if ('=' in it) category(it.substringAfter('=')) else null,
        )
    }
    words.next("which agreement")
    words.end()
    val shown = seen(seen)
    val hash = revision ?: shown.onTable.singleOrNull()?.hash ?: texts(shown).firstOrNull()?.hash
        ?: throw refused(RefusalCode.STALE_REVISION)
    return space.agreements().consent(shown, hash, adopts)
}

/** What the command line itself refuses. */
fun refused(code: RefusalCode): Failure = Failure("refusal", pascal(code), "refused by the harness")

suspend fun Phone.agreement(space: Space, words: Words) {
    val agreements = space.agreements()
    val view = when (val verb = words.next("what to do")) {
        "propose" -> propose(space, words)
        "consent" -> consent(space, words)
        "draft" -> {
            val text = words.option("--text") ?: throw Failure.usage("say --text")
            val draft = agreements.keepDraft(text, words.option("--id")?.let(::AgreementDraftId))
            words.end()
            return say(json(draft))
        }
        "list" -> {
            words.end()
            return say(json("agreements" to agreements.list().map(::show), "now" to agreements.now()))
        }
        "open" -> agreements.openDraft(
            agreement = words.option("--in")?.let(::AgreementId),
            draft = words.id("which draft", ::AgreementDraftId),
        )
        else -> {
            val revision = words.option("--revision")?.let(::RevisionHash)
            val expires = words.moment("--expires")
            val text = words.option("--text")
            val id = words.id("which agreement", ::AgreementId)
            when (verb) {
                "show" -> agreements.show(id)
                "type" -> agreements.typeText(agreements.show(id), text ?: "")
                "withdraw" -> agreements.withdraw(id, revision)
                "decline" -> agreements.decline(id, revision)
                "suspend" -> agreements.suspend(id)
                "resume" -> agreements.resume(id)
                "renew" -> agreements.renew(agreements.show(id), expires)
                "end" -> agreements.end(id)
                else -> throw Failure.usage("there is no command agreement $verb here")
            }
        }
    }
    words.end()
    say(show(view))
}
