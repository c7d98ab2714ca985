import Amends
import Foundation

/// Talks.
extension Phone {
    func talk(_ space: Space, _ words: inout Words) async throws {
        let hearing = space.hearing()
        let verb = try words.next("what to do")
        let at = try words.moment("--at")
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
                topic: try words.next("what about"), begins: try begins())
        case "move":
            view = try await hearing.moveTalk(id: try words.next("which talk"), begins: try begins())
        case "accept":
            let id = try words.next("which talk")
            guard let shown = try await hearing.talks().first(where: { $0.id == id }) else {
                throw Failure.refused(.notFound)
            }
            view = try await hearing.acceptTalk(shown: shown)
        case "decline": view = try await hearing.declineTalk(id: try words.next("which talk"))
        case "end": view = try await hearing.endTalk(id: try words.next("which talk"))
        default: throw Failure.usage("there is no command talk \(verb) here")
        }
        try words.end()
        say(json(view))
    }
}
