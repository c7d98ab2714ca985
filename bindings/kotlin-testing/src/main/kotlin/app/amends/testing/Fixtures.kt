/** Values for tests and previews, each with defaults: a test says only what it is about. */
package app.amends.testing

import app.amends.model.AgreementId
import app.amends.model.AgreementKind
import app.amends.model.AgreementState
import app.amends.model.AgreementView
import app.amends.model.Category
import app.amends.model.PostId
import app.amends.model.PostKind
import app.amends.model.PostState
import app.amends.model.PostView
import app.amends.model.PromiseId
import app.amends.model.PromiseState
import app.amends.model.PromiseView
import app.amends.model.TalkId
import app.amends.model.TalkState
import app.amends.model.TalkView
import app.amends.model.Terms
import app.amends.model.TermsClause
import app.amends.model.DocId
import app.amends.model.Who
import kotlin.time.Duration.Companion.days
import kotlin.time.Instant

private const val ID = "0123456789abcdef0123456789abcdef"

/** Terms with one clause that binds both. */
fun plain(text: String) = Terms(
    kind = AgreementKind.Communication,
    clauses = listOf(TermsClause(text = text, binds = Who.BOTH, category = Category.General)),
    lang = "en",
)

/** A promise as a screen shows it. No phone knows it: a call that names it answers `NOT_FOUND`. */
fun promiseView(
    action: String? = "I call you when I leave.",
    id: PromiseId = PromiseId(ID),
    by: Who = Who.ME,
    state: PromiseState = PromiseState.OPEN,
    madeAt: Instant = BEGIN,
) = PromiseView(
    id = id, by = by, madeAt = madeAt, state = state, action = action, cue = null, response = null,
    note = null, practice = false, rule = null, zone = "UTC", link = null, occurrences = emptyList(),
    waitsForMe = false, position = "$ID/000000000000/00", basis = "",
)

/** An agreement as a screen shows it, likewise. */
fun agreementView(
    id: AgreementId = AgreementId(ID),
    state: AgreementState = AgreementState.ACTIVE,
    waitsForMe: Boolean = false,
) = AgreementView(
    id = id, state = state, offerBy = null, current = null, onTable = emptyList(), cooling = null,
    coolsUntil = null, suspendedByMe = false, suspendedByPartner = false, reviewDue = false,
    expiring = false, renewable = false, endedAt = null, waitsForMe = waitsForMe,
    waitsForPartner = false, draft = null, notices = emptyList(), myOpenYeses = emptyList(), basis = "",
)

/** A post as a screen shows it, likewise. */
fun postView(
    text: String? = "I am at the station.",
    id: PostId = PostId(ID),
    by: Who = Who.PARTNER,
    kind: PostKind = PostKind.WHEREABOUTS,
    at: Instant = BEGIN,
) = PostView(
    id = id, want = null, by = by, kind = kind, state = PostState.LIVE, at = at, until = at + 2.days,
    text = text, amount = null, happened = null, corrections = emptyList(), thanked = false,
    withdrawnAt = null, under = null, ledger = DocId(ID), position = "$ID/000000000000/00",
    correctionPositions = emptyList(),
)

/** A talk as a screen shows it, likewise. */
fun talkView(
    topic: String? = "The weekend",
    id: TalkId = TalkId(ID),
    begins: Instant = BEGIN + 1.days,
    by: Who = Who.PARTNER,
    waitsForMe: Boolean = true,
) = TalkView(
    id = id, state = TalkState.PROPOSED, topic = topic, begins = begins, minutes = null, place = null,
    rules = emptyList(), pausedBy = null, resumeAt = null, by = by, waitsForMe = waitsForMe,
    needsUpdate = false, window = "$ID/000000000000/00",
)
