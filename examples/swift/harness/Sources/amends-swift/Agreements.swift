import Amends
import Foundation

private let kinds: [AgreementKind] = [
    .communication, .honesty, .social, .conduct, .thirdPartyContact, .phoneSocialMedia,
    .whereabouts, .calendar, .money, .checkInCadence, .expectations, .pace, .space,
    .contactInConflict, .household, .prevention, .counselling, .whatWeTellOthers, .childrenFamily, .intention, .statement, .amends,
    .summary, .report,
]

private let categories: [Amends.Category] = [
    .general, .whereabouts, .phoneSocialMedia, .money, .thirdPartyContact, .calendar, .health,
    .faith, .documents, .movement,
]

private func kind(_ text: String) throws -> AgreementKind {
    if text.hasPrefix("other:") { return .other(String(text.dropFirst(6))) }
    guard let kind = kinds.first(where: { code($0) == text }) else {
        throw Failure.usage("no such kind: \(text)")
    }
    return kind
}

private func category(_ text: String) throws -> Amends.Category {
    if text.hasPrefix("other:") { return .other(String(text.dropFirst(6))) }
    guard let category = categories.first(where: { code($0) == text }) else {
        throw Failure.usage("no such category: \(text)")
    }
    return category
}

/// Reads `WHO[/CATEGORY][@HOW-OFTEN]: TEXT`; `nil` where it is not of this form.
private func clause(_ text: String, whom: (String) -> Who?) throws -> TermsClause? {
    let form = #/(?s)(\w+)(?:/((?:other:)?\w+))?(?:@([^:]*))?: *(.*)/#
    guard let found = text.wholeMatch(of: form), let binds = whom(String(found.1)) else { return nil }
    return TermsClause(
        text: found.4.trimmingCharacters(in: .whitespaces), binds: binds,
        category: try category(String(found.2 ?? "general")), cadence: found.3.map(String.init))
}

private func whom(_ who: String) -> Who? {
    ["me": Who.me, "ask": .partner, "both": .both][who]
}

/// Each line of the open working draft is a sentence; there the two are called by name.
private func draftClauses(_ shown: AgreementView?, _ space: Space) async throws -> [TermsClause] {
    guard let text = shown?.draft?.text else { throw Failure.usage("say what is proposed: --clause") }
    let status = try await space.status()
    let named = { (who: String) -> Who? in
        who == status.name ? .me : who == status.partner ? .partner : who == "both" ? .both : nil
    }
    return try text.split(separator: "\n")
        .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        .map { try clause($0, whom: named) ?? TermsClause(text: $0, binds: .both, category: .general) }
}

private func texts(_ view: AgreementView) -> [RevisionView] {
    view.onTable + [view.cooling, view.current].compactMap { $0 }
}

/// A sentence that stays word for word keeps its id.
private func keepId(_ clause: TermsClause, _ shown: AgreementView?) -> TermsClause {
    let known = shown.map(texts)?.flatMap(\.clauses).first {
        $0.text == clause.text && $0.binds == clause.binds && $0.category == clause.category
            && $0.cadence == clause.cadence
    }
    return TermsClause(
        id: known?.id, text: clause.text, binds: clause.binds, category: clause.category,
        cadence: clause.cadence)
}

/// Agreements and one-sided offers.
extension Phone {
    private func propose(_ space: Space, _ words: inout Words) async throws -> AgreementView {
        let offer = words.flag("--offer")
        let seenView = try words.option("--seen")
        let given = try words.options("--clause").map { text in
            guard let clause = try clause(text, whom: whom) else {
                throw Failure.usage("a sentence is WHO[/CATEGORY][@HOW-OFTEN]: TEXT, not \(text)")
            }
            return clause
        }
        let about: DocId? = try words.idOption("--about")
        let kind = try kind(try words.option("--kind") ?? "communication")
        let starts = try words.moment("--starts")
        let days: Int? = try words.number("--days")
        let lasting = days.map { (starts ?? now).addingTimeInterval(TimeInterval($0) * 86_400) }
        let expires = try words.moment("--expires") ?? lasting
        let review = try words.moment("--review")
        let id = words.word()
        try words.end()
        var shown: AgreementView?
        if let seenView {
            shown = try await seen(seenView)
        } else if let id {
            shown = try await space.agreements().show(id: AgreementId(id))
        }
        let clauses = given.isEmpty ? try await draftClauses(shown, space) : given
        let terms = Terms(
            kind: kind, about: about, clauses: clauses.map { keepId($0, shown) }, starts: starts,
            expiresAt: expires, reviewAt: review, lang: "en")
        if let shown { return try await space.agreements().counter(shown: shown, terms: terms) }
        return offer
            ? try await space.agreements().offer(terms: terms)
            : try await space.agreements().propose(terms: terms)
    }

    private func consent(_ space: Space, _ words: inout Words) async throws -> AgreementView {
        let revision: RevisionHash? = try words.idOption("--revision")
        guard let token = try words.option("--seen") else {
            throw Failure.usage("say which view was read: --seen")
        }
        let adopts = try words.options("--adopt").map { given in
            let pair = given.split(separator: "=", maxSplits: 1).map(String.init)
            return Adoption(
                clause: pair[0], category: pair.count > 1 ? try category(pair[1]) : nil)
        }
        _ = try words.next("which agreement")
        try words.end()
        let shown = try await seen(token)
        let only = shown.onTable.count == 1 ? shown.onTable.first : texts(shown).first
        guard let hash = revision ?? only?.hash else { throw Failure.refused(.staleRevision) }
        return try await space.agreements().consent(shown: shown, revision: hash, adopts: adopts)
    }

    func agreement(_ space: Space, _ words: inout Words) async throws {
        let agreements = space.agreements()
        let verb = try words.next("what to do")
        let view: AgreementView
        switch verb {
        case "propose": view = try await propose(space, &words)
        case "consent": view = try await consent(space, &words)
        case "draft":
            guard let text = try words.option("--text") else { throw Failure.usage("say --text") }
            let draft = try await agreements.keepDraft(text: text, id: try words.idOption("--id"))
            try words.end()
            return say(json(draft))
        case "list":
            try words.end()
            var views: [Json] = []
            for view in try await agreements.list() { views.append(await show(view)) }
            return say(["agreements": .array(views), "now": json(try await agreements.now())])
        case "open":
            let agreement: AgreementId? = try words.idOption("--in")
            view = try await agreements.openDraft(
                draft: try words.id("which draft"), agreement: agreement)
        default:
            let revision: RevisionHash? = try words.idOption("--revision")
            let expires = try words.moment("--expires")
            let text = try words.option("--text")
            let id: AgreementId = try words.id("which agreement")
            switch verb {
            case "show": view = try await agreements.show(id: id)
            case "type":
                let shown = try await agreements.show(id: id)
                view = try await agreements.typeText(shown: shown, text: text ?? "")
            case "withdraw": view = try await agreements.withdraw(id: id, revision: revision)
            case "decline": view = try await agreements.decline(id: id, revision: revision)
            case "suspend": view = try await agreements.suspend(id: id)
            case "resume": view = try await agreements.resume(id: id)
            case "renew":
                let shown = try await agreements.show(id: id)
                view = try await agreements.renew(shown: shown, expiresAt: expires)
            case "end": view = try await agreements.end(id: id)
            default: throw Failure.usage("there is no command agreement \(verb) here")
            }
        }
        try words.end()
        say(await show(view))
    }
}
