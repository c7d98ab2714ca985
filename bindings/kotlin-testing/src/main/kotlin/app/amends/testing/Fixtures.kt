/** Values for tests and previews, each with defaults: a test says only what it is about. */
package app.amends.testing

import app.amends.model.AgreementId
import app.amends.model.AgreementKind
import app.amends.model.AgreementState
import app.amends.model.AgreementView
import app.amends.model.Category
import app.amends.model.DocId
import app.amends.model.Form
import app.amends.model.IsoWeek
import app.amends.model.ItemId
import app.amends.model.ItemPart
import app.amends.model.ItemState
import app.amends.model.ItemView
import app.amends.model.NewNote
import app.amends.model.Note
import app.amends.model.NoteContent
import app.amends.model.NoteId
import app.amends.model.OccurrenceId
import app.amends.model.OccurrenceView
import app.amends.model.Outcome
import app.amends.model.PairingState
import app.amends.model.PostId
import app.amends.model.PostKind
import app.amends.model.PostState
import app.amends.model.PostView
import app.amends.model.PromiseId
import app.amends.model.PromiseState
import app.amends.model.PromiseView
import app.amends.model.Section
import app.amends.model.Status
import app.amends.model.TalkId
import app.amends.model.TalkState
import app.amends.model.TalkView
import app.amends.model.Terms
import app.amends.model.TermsClause
import app.amends.model.Who
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.minutes
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
    occurrences: List<OccurrenceView> = listOf(occurrenceView()),
    waitsForMe: Boolean = false,
) = PromiseView(
    id = id, by = by, madeAt = madeAt, state = state, action = action, cue = null, response = null,
    note = null, practice = false, rule = null, zone = "UTC", link = null, occurrences = occurrences,
    waitsForMe = waitsForMe, position = "$ID/000000000000/00", basis = "",
)

/** One time at which a promise is due, likewise. */
fun occurrenceView(
    due: Instant = BEGIN + 1.days,
    outcome: Outcome = Outcome.UPCOMING,
    id: OccurrenceId = OccurrenceId(ID),
) = OccurrenceView(
    id = id, local = due.toString().removeSuffix("Z"), week = IsoWeek(2026, 10), due = due,
    deadline = due + 30.minutes, outcome = outcome, repaired = false, movedFrom = null, expected = null,
    asked = null, saidAhead = null, report = null, reports = emptyList(), comment = null,
    headsUps = emptyList(), comments = emptyList(), repairs = emptyList(), headsUpWords = null,
    reportWords = null, commentWords = null, repairWords = null,
)

/** What was told, likewise. */
fun itemView(
    text: String = "I came home late.",
    form: Form = Form.ACCOUNT,
    id: ItemId = ItemId(ID),
    by: Who = Who.PARTNER,
    at: Instant = BEGIN,
) = ItemView(
    id = id, form = form, wish = null, by = by, state = ItemState.STANDING, at = at, until = null,
    takenBack = null, role = null, about = null, onEarlier = false,
    parts = listOf(ItemPart(Section.TEXT, listOf(text))), folded = false, tellings = emptyList(),
    answers = emptyList(), waitsForMe = false, needsUpdate = false, position = "$ID/000000000000/00",
    begun = "$ID/000000000000/00", on = null,
)

/** A note, likewise. */
fun note(text: String = "I slept well.", id: NoteId = NoteId(ID), written: Instant = BEGIN) =
    Note(id = id, written = written, changed = null, note = NewNote(NoteContent.Journal(text)))

/** Who the two are, likewise. */
fun status(
    name: String = "Ana",
    partner: String? = "Ben",
    pairing: PairingState = PairingState.PAIRED,
) = Status(name = name, pairing = pairing, partner = partner, leftAt = null, held = false, notices = emptyList())

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
