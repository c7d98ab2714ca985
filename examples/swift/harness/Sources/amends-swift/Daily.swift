import Amends
import Foundation

/// The value of an enum that is called so.
func called<E: CaseIterable>(_ text: String) throws -> E {
    guard let found = E.allCases.first(where: { code($0) == text.replacingOccurrences(of: "-", with: "_") })
    else { throw Failure.usage("expected one of \(E.allCases.map { code($0) }), not \(text)") }
    return found
}

/// `3=4`, `3=WORDS` or `3=4:WORDS`.
private func answered(_ text: String) throws -> (UInt8, Answer) {
    let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
    guard parts.count == 2, let item = UInt8(parts[0]) else {
        throw Failure.usage("an answer is 3=4, 3=WORDS or 3=4:WORDS")
    }
    let said = parts[1].split(separator: ":", maxSplits: 1).map(String.init)
    guard let scale = said.first.flatMap({ UInt8($0) }) else { return (item, Answer(words: parts[1])) }
    return (item, Answer(scale: scale, words: said.count > 1 ? said[1] : nil))
}

private func template(_ text: String?) -> TemplateId {
    guard let text, text != "week" else { return .week }
    return .own(OwnTemplateId(text))
}

/// `2026-W10`, `2026-03` or `2026-03-02`, as the command line writes a period.
private func name(_ period: Period) -> String {
    func two(_ number: Int8) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return switch period {
    case .day(let day): day
    case .week(let week): "\(week.year)-W\(two(week.week))"
    case .month(let year, let month): "\(year)-\(two(month))"
    }
}

private func note(_ words: inout Words) throws -> NewNote {
    let kind = try words.option("--kind") ?? "journal"
    let leaning: Inclination = try called(try words.option("--leaning") ?? "unsure")
    let seen: Seen = try called(try words.option("--seen") ?? "honesty")
    let feelings = try words.options("--feeling").map { text in
        let parts = text.split(separator: "=", maxSplits: 1)
        return Feeling(name: String(parts[0]), intensity: parts.count > 1 ? UInt8(parts[1]) : nil)
    }
    let tags = try words.options("--tag")
    let parts = words.rest()
    func part(_ at: Int) -> String { parts.indices.contains(at) ? parts[at] : "" }
    let content: NoteContent
    switch kind {
    case "journal": content = .journal(text: part(0))
    case "trigger": content = .trigger(cue: part(0), happened: part(1), helped: part(2))
    case "self-trust": content = .selfTrust(noticed: part(0), felt: part(1), did: part(2))
    case "observation": content = .observation(seen: seen, text: part(0))
    case "reflection":
        content = .reflection(situation: part(0), need: part(1), choice: part(2), alternative: part(3))
    case "goal":
        let steps = parts.dropFirst().map { GoalStep(text: $0, done: false) }
        content = .goal(area: part(0), steps: steps, review: nil, state: .active)
    case "leaning": content = .leaning(leaning: leaning, text: part(0))
    default: throw Failure.usage("there is no such note: \(kind)")
    }
    return NewNote(content: content, feelings: feelings, tags: tags)
}

/// Openness, the journal, check-ins, progress, reminders, limits and space.
extension Phone {
    private func until(_ words: inout Words) throws -> Date? {
        let days: Int? = try words.number("--days")
        return try words.moment("--until") ?? days.map { now.addingTimeInterval(TimeInterval($0) * 86_400) }
    }

    func openness(_ space: Space, _ words: inout Words) async throws {
        let openness = space.openness()
        let view: PostView
        switch try words.next("what to do") {
        case "list":
            try words.end()
            return say(["posts": json(try await openness.list())])
        case "post":
            let until = try until(&words)
            let want: Want? = try words.option("--want").map { try called($0) }
            let (amount, happened) = (try words.option("--amount"), try words.option("--happened"))
            let under: AgreementId? = try words.idOption("--under")
            let kind: PostKind = try called(try words.next("what kind"))
            view = try await openness.post(
                new: NewPost(
                    kind: kind, text: try words.next("the words"), until: until, want: want,
                    amount: amount, happened: happened, under: under))
        case "correct":
            view = try await openness.correct(
                id: try words.id("which post"), text: try words.next("the words"))
        case "withdraw": view = try await openness.withdraw(id: try words.id("which post"))
        case "thank": view = try await openness.thank(id: try words.id("which post"))
        case let verb: throw Failure.usage("there is no command openness \(verb) here")
        }
        try words.end()
        say(json(view))
    }

    func journal(_ space: Space, _ words: inout Words) async throws {
        let inner = space.inner()
        let answer: Json
        switch try words.next("what to do") {
        case "write": answer = json(try await inner.write(note: try note(&words)))
        case "show": answer = json(try await inner.show(id: try words.id("which note")))
        case "search":
            let query = words.rest().joined(separator: " ")
            answer = ["notes": json(try await inner.search(query: query))]
        case "remove":
            let id: NoteId = try words.id("which note")
            try await inner.remove(id: id)
            answer = ["removed": json(id)]
        case "copy-out":
            let kind: PostKind = try called(try words.option("--kind") ?? "feeling")
            let until = try until(&words)
            answer = json(
                try await inner.copyOut(
                    id: try words.id("which note"), words: try words.next("the words"), kind: kind,
                    until: until))
        case let verb: throw Failure.usage("there is no command journal \(verb) here")
        }
        try words.end()
        say(answer)
    }

    /// The period of the check-in that the screen shows.
    private func period(_ of: TemplateId, _ wanted: String?, _ checkIns: CheckIns) async throws -> Period {
        let shown = try await checkIns.list()
            .filter { $0.template == of && (wanted == nil || name($0.period) == wanted) }
            .max { name($0.period) < name($1.period) }
        guard let shown else { throw Failure.usage("there is no such check-in") }
        return shown.period
    }

    func checkIn(_ space: Space, _ words: inout Words) async throws {
        let checkIns = space.checkIns()
        let verb = try words.next("what to do")
        let of = template(try words.option("--template"))
        let wanted = try words.option("--period")
        let answer: Json
        switch verb {
        case "list": answer = ["check_ins": json(try await checkIns.list())]
        case "templates": answer = ["templates": json(try await checkIns.templates())]
        case "template":
            let cadence: CheckInCadence = try called(try words.option("--cadence") ?? "weekly")
            let items = try words.options("--item")
            answer = json(
                try await checkIns.makeTemplate(
                    title: try words.next("the title"), cadence: cadence, items: items))
        case "take-on":
            let id = template(try words.next("which template"))
            answer = json(try await checkIns.takeOn(template: id))
        case "let-go":
            let id = template(try words.next("which template"))
            answer = json(try await checkIns.letGo(template: id))
        case "drop-template":
            let id: OwnTemplateId = try words.id("which template")
            try await checkIns.dropTemplate(id: id)
            answer = ["dropped": json(id)]
        case "intend": answer = json(try await checkIns.intend(words: try words.next("the words")))
        case "intentions": answer = ["intentions": json(try await checkIns.intentions())]
        case "thank":
            try await checkIns.thank(id: try words.id("which intention"))
            answer = ["thanked": .bool(true)]
        case "withdraw":
            try await checkIns.withdraw(id: try words.id("which intention"))
            answer = ["withdrawn": .bool(true)]
        case "answer":
            // What was answered before stays, unless it is answered anew.
            let begun = try await checkIns.list().first { $0.template == of && $0.state == .draft }
            var answers = begun?.mine ?? [:]
            for text in words.rest() {
                let (item, answer) = try answered(text)
                answers[item] = answer
            }
            answer = json(try await checkIns.draft(template: of, answers: answers))
        case "seal": answer = json(try await checkIns.seal(template: of))
        case "skip": answer = json(try await checkIns.skip(template: of))
        case "cancel":
            let period = try await period(of, wanted, checkIns)
            answer = json(try await checkIns.cancel(template: of, period: period))
        case "take-back":
            let period = try await period(of, wanted, checkIns)
            answer = json(try await checkIns.takeBack(template: of, period: period))
        case "share-alone":
            let period = try await period(of, wanted, checkIns)
            answer = json(try await checkIns.shareAlone(template: of, period: period))
        case "keep-private":
            let period = try await period(of, wanted, checkIns)
            answer = json(try await checkIns.keepPrivate(template: of, period: period))
        default: throw Failure.usage("there is no command checkin \(verb) here")
        }
        try words.end()
        say(answer)
    }

    func progress(_ space: Space, _ words: inout Words) async throws {
        let progress = space.progress()
        let of: Who = words.flag("--partner") ? .partner : .me
        let weeks: UInt8 = try words.number("--weeks") ?? 6
        let template = template(try words.option("--template"))
        try words.end()
        say([
            "weeks": json(try await progress.followThrough(by: of, weeks: weeks)),
            "line": json(try await progress.patternLine(by: of, weeks: weeks)),
            "trends": json(try await progress.trends(template: template).filter { $0.of == of }),
            "milestones": json(try await progress.milestones()),
        ])
    }

    func remind(_ space: Space, _ words: inout Words) async throws {
        switch try words.next("list or wishes") {
        case "list":
            try words.end()
            say(["reminders": json(try await space.progress().reminders())])
        case "wishes":
            let before = try await space.wishes()
            let quiet = try words.option("--quiet")?.split(separator: "-").map(String.init)
            let until = try words.moment("--quiet-until") ?? before.quietUntil
            let given = try words.option("--digest")
            let digest = given == "none" ? nil : given ?? before.digest
            try words.end()
            let wishes = ReminderWishes(
                quietFrom: quiet?.first ?? before.quietFrom, quietTo: quiet?.last ?? before.quietTo,
                quietUntil: until, digest: digest, promiseLead: before.promiseLead, eveningNote: before.eveningNote,
                checkInWeekday: before.checkInWeekday, checkInTime: before.checkInTime,
                milestones: before.milestones)
            try await space.setWishes(wishes: wishes)
            say(json(wishes))
        case let verb: throw Failure.usage("there is no command remind \(verb) here")
        }
    }

    func limits(_ space: Space, _ words: inout Words) async throws {
        let limits: BothLimits
        switch try words.next("show or set") {
        case "show": limits = try await space.limits()
        case "set":
            let retention: UInt16? = try words.number("--retention")
            let off: [Feature] = try words.options("--off").map { try called($0) }
            limits = try await space.setLimits(retentionDays: retention, off: off)
        case let verb: throw Failure.usage("there is no command limits \(verb) here")
        }
        try words.end()
        say(json(limits))
    }

    func spaceFor(_ space: Space, _ words: inout Words) async throws {
        let taken: SpaceView?
        switch try words.next("show, begin or end") {
        case "show": taken = try await space.spaceNow()
        case "begin":
            let contact: Contact = try called(try words.option("--contact") ?? "logistics")
            taken = try await space.beginSpace(contact: contact, until: try words.moment("--until"))
        case "end": taken = try await space.endSpace()
        case let verb: throw Failure.usage("there is no command space \(verb) here")
        }
        try words.end()
        say(["space": json(taken)])
    }
}
