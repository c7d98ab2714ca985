import Amends
import Foundation

// Values for tests and previews, each with defaults: a test says only what it is about. No phone
// knows them: a call that names one answers `notFound`.

private let digits = "0123456789abcdef0123456789abcdef"
private let nowhere = digits + "/000000000000/00"

extension Id {
    /// An id that no phone knows.
    public static var fixture: Self { Self(digits) }
}

/// Terms with one clause that binds both.
public func plain(_ text: String) -> Terms {
    Terms(
        kind: .communication,
        clauses: [TermsClause(text: text, binds: .both, category: .general)], lang: "en")
}

extension PromiseView {
    /// A promise as a screen shows it.
    public static func fixture(
        action: String? = "I call you when I leave.", id: PromiseId = .fixture,
        by: Who = .me, state: PromiseState = .open, madeAt: Date = Phone.begin,
        occurrences: [OccurrenceView] = [.fixture()], waitsForMe: Bool = false
    ) -> PromiseView {
        PromiseView(
            id: id, by: by, madeAt: madeAt, state: state, action: action, cue: nil, response: nil,
            note: nil, practice: false, rule: nil, zone: "UTC", link: nil,
            occurrences: occurrences, waitsForMe: waitsForMe, position: nowhere, basis: "")
    }
}

extension OccurrenceView {
    /// One time at which a promise is due.
    public static func fixture(
        due: Date = Phone.begin.addingTimeInterval(86_400), outcome: Outcome = .upcoming,
        id: OccurrenceId = .fixture
    ) -> OccurrenceView {
        OccurrenceView(
            id: id, local: String(due.formatted(.iso8601).dropLast()),
            week: IsoWeek(year: 2026, week: 10), due: due,
            deadline: due.addingTimeInterval(1_800), outcome: outcome, repaired: false,
            movedFrom: nil, expected: nil, asked: nil, saidAhead: nil, report: nil, reports: [],
            comment: nil, headsUps: [], comments: [], repairs: [], headsUpWords: nil,
            reportWords: nil, commentWords: nil, repairWords: nil)
    }
}

extension ItemView {
    /// What was told.
    public static func fixture(
        text: String = "I came home late.", form: Form = .account, id: ItemId = .fixture,
        by: Who = .partner, at: Date = Phone.begin
    ) -> ItemView {
        ItemView(
            id: id, form: form, wish: nil, by: by, state: .standing, at: at, until: nil,
            takenBack: nil, role: nil, about: nil, onEarlier: false,
            parts: [ItemPart(section: .text, texts: [text])], folded: false, tellings: [],
            answers: [], waitsForMe: false, needsUpdate: false, position: nowhere, begun: nowhere,
            on: nil)
    }
}

extension Note {
    /// A note that only its writer sees.
    public static func fixture(
        text: String = "I slept well.", id: NoteId = .fixture, written: Date = Phone.begin
    ) -> Note {
        Note(id: id, written: written, changed: nil, note: NewNote(content: .journal(text: text)))
    }
}

extension Status {
    /// Who the two are.
    public static func fixture(
        name: String = "Ana", partner: String? = "Ben", pairing: PairingState = .paired
    ) -> Status {
        Status(
            name: name, pairing: pairing, partner: partner, leftAt: nil, held: false, notices: [])
    }
}

extension AgreementView {
    /// An agreement as a screen shows it.
    public static func fixture(
        id: AgreementId = .fixture, state: AgreementState = .active,
        waitsForMe: Bool = false
    ) -> AgreementView {
        AgreementView(
            id: id, state: state, offerBy: nil, current: nil, onTable: [], cooling: nil,
            coolsUntil: nil, suspendedByMe: false, suspendedByPartner: false, reviewDue: false,
            expiring: false, renewable: false, endedAt: nil, waitsForMe: waitsForMe,
            waitsForPartner: false, draft: nil, notices: [], myOpenYeses: [], basis: "")
    }
}

extension PostView {
    /// A post as a screen shows it.
    public static func fixture(
        text: String? = "I am at the station.", id: PostId = .fixture, by: Who = .partner,
        kind: PostKind = .whereabouts, at: Date = Phone.begin
    ) -> PostView {
        PostView(
            id: id, want: nil, by: by, kind: kind, state: .live, at: at,
            until: at.addingTimeInterval(172_800), text: text, amount: nil, happened: nil,
            corrections: [], thanked: false, withdrawnAt: nil, under: nil, ledger: DocId(digits),
            position: nowhere, correctionPositions: [])
    }
}

extension TalkView {
    /// A talk as a screen shows it.
    public static func fixture(
        topic: String? = "The weekend", id: TalkId = .fixture,
        begins: Date = Phone.begin.addingTimeInterval(86_400), by: Who = .partner,
        waitsForMe: Bool = true
    ) -> TalkView {
        TalkView(
            id: id, state: .proposed, topic: topic, begins: begins, minutes: nil, place: nil,
            rules: [], pausedBy: nil, resumeAt: nil, by: by, waitsForMe: waitsForMe,
            needsUpdate: false, window: nowhere)
    }
}
