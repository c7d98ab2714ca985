import Amends
import Foundation

extension Space {
    /// Ana's space, paired with Ben's, always with the same words: an agreement in force, one that
    /// waits for her, a promise and a post of Ben's, a talk that he proposes, and a note of her own.
    /// Its files are temporary; shut it down when the preview ends.
    public static func preview() async throws -> Space {
        let phones = try await Phones.paired()
        let (ana, ben) = (phones.ana.space, phones.ben.space)
        let day: TimeInterval = 86_400
        _ = try await ana.agreements().propose(terms: plain("We talk on Sundays."))
        try await phones.meet()
        let seen = try await ben.agreements().list()[0]
        _ = try await ben.agreements().consent(shown: seen, revision: seen.onTable[0].hash)
        _ = try await ben.agreements().propose(terms: plain("We cook on Fridays."))
        _ = try await ben.promises().make(
            new: NewPromise(
                action: "I call you when I leave.", due: .at(Phone.begin + day), zone: "UTC"))
        _ = try await ben.openness().post(new: NewPost(kind: .plan, text: "I am home at six."))
        _ = try await ben.hearing().proposeTalk(
            new: NewTalk(topic: "The weekend", begins: Phone.begin + 2 * day))
        _ = try await ana.inner().write(note: NewNote(content: .journal(text: "I slept well.")))
        try await phones.meet()
        try await ben.shutdown()
        return ana
    }
}
