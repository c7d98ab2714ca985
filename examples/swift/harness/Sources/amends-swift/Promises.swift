import Amends
import Foundation

/// What is due once: at a moment, at a local time, on a day.
private struct When {
    let at: Date?
    let local: String?
    let on: String?

    init(_ words: inout Words) throws {
        at = try words.moment("--at")
        local = try words.option("--local")
        on = try words.option("--on")
    }

    func due(_ zone: String) throws -> Due? {
        if let at { return .at(at) }
        if let local { return .at(try exactly(local: local, zone: zone)) }
        return on.map { .on($0) }
    }
}

private let felts: [String: Felt] = [
    "confirmed": .confirmed, "felt-like-kept": .feltLikeKept, "differently": .sawItDifferently,
]

/// The time of a promise that the words name by its local time.
private func occurrence(_ view: PromiseView, _ local: String?) throws -> OccurrenceId? {
    guard let local else { return nil }
    guard let one = view.occurrences.first(where: { $0.local == local }) else {
        throw Failure.refused(.noSuchOccurrence)
    }
    return one.id
}

/// The words beside a promise that are called so, by their whole id.
private func noted(_ view: PromiseView, _ id: String) throws -> WordsId {
    let ids = view.occurrences
        .flatMap { one in
            one.reports.map(\.words) + (one.headsUps + one.comments + one.repairs).map(\.words)
        }
        .compactMap { $0?.id }
    guard let found = ids.first(where: { $0.value == id }) else { throw Failure.refused(.notFound) }
    return found
}

private func newPromise(
    _ space: Space, _ words: inout Words, due: (String) throws -> Due?
) throws -> NewPromise {
    let zone = try words.option("--zone") ?? space.zone()
    guard let at = try due(zone) else { throw Failure.usage("say when: --at, --local or --on") }
    let (cue, response) = (try words.option("--if"), try words.option("--then"))
    let note = try words.option("--note")
    let link: AgreementId? = try words.idOption("--agreement")
    let action = try words.next("what is promised")
    try words.end()
    return NewPromise(
        action: action, due: at, zone: zone, cue: cue, response: response, note: note, link: link)
}

/// Promises and practices.
extension Phone {
    func promise(_ space: Space, _ words: inout Words) async throws {
        let promises = space.promises()
        let verb = try words.next("what to do")
        if verb == "list" {
            let all = words.flag("--all")
            try words.end()
            let views = all ? try await promises.page(limit: .max).reversed() : try await promises.list()
            return say(["promises": json(views)])
        }
        // `report … --at` says when it was kept; elsewhere it is when it is due.
        let kept = verb == "report" ? try words.moment("--at") : nil
        let when = try When(&words)
        if verb == "make" {
            let new = try newPromise(space, &words, due: when.due)
            return say(json(try await promises.make(new: new)))
        }
        let (local, said) = (try words.option("--due"), try words.option("--say"))
        let expected = try words.moment("--expected")
        let repairing: PromiseId? = try words.idOption("--promise")
        let shown = try await promises.show(id: try words.id("which promise"))
        let (id, one) = (shown.id, try occurrence(shown, local))
        let view: PromiseView
        switch verb {
        case "show": view = shown
        case "heads-up":
            view = try await promises.headsUp(
                id: id, occurrence: one, expected: expected, words: said)
        case "renegotiate":
            guard let due = try when.due(shown.zone) else {
                throw Failure.usage("say --at, --local or --on")
            }
            view = try await promises.renegotiate(id: id, due: due, occurrence: one)
        case "accept": view = try await promises.answer(shown: shown, accept: true, occurrence: one)
        case "keep-old":
            view = try await promises.answer(shown: shown, accept: false, occurrence: one)
        case "release": view = try await promises.release(id: id, occurrence: one)
        case "report":
            let told: HowItWent
            switch try words.next("kept, partly or missed") {
            case "kept": told = .kept(done: kept)
            case "partly": told = .partly
            case "missed": told = .missed
            case let how: throw Failure.usage("say kept, partly or missed, not \(how)")
            }
            view = try await promises.report(id: id, told: told, occurrence: one, words: said)
        case "comment":
            guard let felt = felts[try words.next("how it felt")] else {
                throw Failure.usage("say one of \(felts.keys.sorted())")
            }
            view = try await promises.comment(id: id, felt: felt, occurrence: one, words: said)
        case "repair":
            guard let said else { throw Failure.usage("say --say") }
            view = try await promises.repair(
                id: id, words: said, occurrence: one, promise: repairing)
        case "retract": view = try await promises.retract(id: id)
        case "decline": view = try await promises.decline(id: id)
        case "withdraw-words":
            let note = try noted(shown, try words.next("which words"))
            view = try await promises.withdrawWords(id: id, note: note)
        default: throw Failure.usage("there is no command promise \(verb) here")
        }
        try words.end()
        say(json(view))
    }

    func practice(_ space: Space, _ words: inout Words) async throws {
        let promises = space.promises()
        switch try words.next("make or pause") {
        case "make":
            guard let rule = try words.option("--rule") else { throw Failure.usage("say --rule") }
            let time = try words.option("--time")
            let start = try words.option("--start") ?? space.today()
            let new = try newPromise(space, &words) { _ in .every(start: start, time: time, rule: rule) }
            say(json(try await promises.make(new: new)))
        case "pause":
            let from = try words.moment("--from") ?? now
            guard let until = try words.moment("--until") else { throw Failure.usage("say --until") }
            let id = words.word()
            try words.end()
            guard let id else {
                return say(["paused": json(try await promises.pauseAll(from: from, until: until))])
            }
            say(json(try await promises.pause(id: PromiseId(id), from: from, until: until)))
        case let verb: throw Failure.usage("there is no command practice \(verb) here")
        }
    }
}
