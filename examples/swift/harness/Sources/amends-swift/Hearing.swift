import Amends
import Foundation

/// Talks.
extension Phone {
    func talk(_ space: Space, _ words: inout Words) async throws {
        let hearing = space.hearing()
        let verb = try words.next("what to do")
        let at = try words.moment("--at")
        let until = try words.moment("--until")
        let minutes: UInt16? = try words.number("--minutes")
        let place = try words.option("--place")
        let rules = try words.options("--rule")
        let begins = {
            guard let at else { throw Failure.usage("say --at TIME") }
            return at
        }
        let view: TalkView
        switch verb {
        case "list":
            try words.end()
            return say(["talks": json(try await hearing.talks())])
        case "propose":
            view = try await hearing.proposeTalk(
                new: NewTalk(
                    topic: try words.next("what about"), begins: try begins(), minutes: minutes,
                    place: place, rules: rules))
        case "start": view = try await hearing.startTalk(id: try words.id("which talk"))
        case "pause":
            guard let until else { throw Failure.usage("say --until TIME") }
            view = try await hearing.pauseTalk(
                id: try words.id("which talk"), resumeAt: until)
        case "prepare":
            let id: TalkId = try words.id("which talk")
            if let text = words.word() { try await hearing.prepare(id: id, text: text) }
            try words.end()
            return say(["noted": json(try await hearing.preparation(id: id))])
        case "turns":
            let id: TalkId = try words.id("which talk")
            try words.end()
            guard let talk = try await hearing.talks().first(where: { $0.id == id }) else {
                throw Failure.refused(.notFound)
            }
            let turns = turns(
                from: talk.begins, length: talk.minutes ?? 60, minutes: minutes ?? 10,
                first: talk.by)
            return say(["turns": json(turns)])
        case "move":
            view = try await hearing.moveTalk(id: try words.id("which talk"), begins: try begins())
        case "accept":
            let id: TalkId = try words.id("which talk")
            guard let shown = try await hearing.talks().first(where: { $0.id == id }) else {
                throw Failure.refused(.notFound)
            }
            view = try await hearing.acceptTalk(shown: shown)
        case "decline": view = try await hearing.declineTalk(id: try words.id("which talk"))
        case "end": view = try await hearing.endTalk(id: try words.id("which talk"))
        default: throw Failure.usage("there is no command talk \(verb) here")
        }
        try words.end()
        say(json(view))
    }
}
