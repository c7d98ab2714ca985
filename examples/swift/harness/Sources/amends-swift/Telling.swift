import Amends
import Foundation

/// What is said after the form: `[TEXT] [--part SECTION=WORDS]… [--about ID] [--wish W] [--role R]`.
private struct Content {
    let about: ItemId?
    let wish: Wish?
    let role: Role?
    let parts: [(Section, String)]

    init(_ words: inout Words) throws {
        about = try words.idOption("--about")
        wish = try words.option("--wish").map { try called($0) }
        role = try words.option("--role").map { try called($0) }
        parts = try words.options("--part").map { given in
            let pair = given.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else { throw Failure.usage("say --part SECTION=WORDS") }
            return (try called(String(pair[0])), String(pair[1]))
        }
    }

    func item(_ form: Form, _ text: String?, about: ItemId?) -> NewItem {
        var said: [ItemPart] = text.map { [ItemPart(section: .text, texts: [$0])] } ?? []
        for (section, words) in parts {
            if let at = said.firstIndex(where: { $0.section == section }) {
                said[at] = ItemPart(section: section, texts: said[at].texts + [words])
            } else {
                said.append(ItemPart(section: section, texts: [words]))
            }
        }
        return NewItem(form: form, about: about, wish: wish, role: role, parts: said)
    }
}

/// What one tells and the other may answer.
extension Phone {
    func telling(_ space: Space, _ words: inout Words) async throws {
        let shared = space.shared()
        let verb = try words.next("what to do")
        let content = try Content(&words)
        let until = try words.moment("--until")
        let named: ItemDraftId? = try words.idOption("--id")
        let only: WordsId? = try words.idOption("--words")
        let view: ItemView
        switch verb {
        case "list":
            let form: Form? = try words.word().map { try called($0) }
            try words.end()
            return say(["told": json(try await shared.list(form: form))])
        case "breaches":
            try words.end()
            return say(["breaches": json(try await shared.breaches())])
        case "drafts":
            try words.end()
            return say(["drafts": json(try await shared.drafts())])
        case "keep":
            let form: Form = try called(try words.next("what it is"))
            let new = content.item(form, words.word(), about: content.about)
            try words.end()
            return say(json(try await shared.keep(new: new, id: named)))
        case "tell":
            let form: Form = try called(try words.next("what it is"))
            view = try await shared.offer(
                new: content.item(form, words.word(), about: content.about))
        case "anew":
            let shown = try await shared.show(id: try words.id("which telling"))
            let new = content.item(shown.form, words.word(), about: shown.about)
            view = try await shared.revise(id: shown.id, new: new)
        case "answer":
            let shown = try await shared.show(id: try words.id("which telling"))
            let reply: Reply = try called(try words.next("what to answer"))
            view = try await shared.answer(
                shown: shown, reply: reply, text: words.word(), until: until)
        case "take-back":
            let id: ItemId = try words.id("which telling")
            guard let only else {
                try words.end()
                try await shared.takeBack(id: id)
                return say([:])
            }
            view = try await shared.withdrawWords(id: id, words: only)
        case "offer": view = try await shared.offerKept(id: try words.id("which draft"))
        case "discard":
            let id: ItemDraftId = try words.id("which draft")
            try words.end()
            try await shared.discard(id: id)
            return say([:])
        default: throw Failure.usage("there is no command telling \(verb) here")
        }
        try words.end()
        say(json(view))
    }
}
