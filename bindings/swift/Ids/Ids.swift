// Ids, each of one kind: one is never taken for another. `bindings/generate` puts this beside the
// generated sources, which name them.

/// An id or a hash, as hexadecimal digits. Whoever makes one by hand is told by the first call
/// that takes it if it is none.
public protocol Id: Hashable, Codable, Sendable, CustomStringConvertible {
    /// The digits: 32 of an id, 64 of a hash.
    var value: String { get }
    init(_ value: String)
}

extension Id {
    public var description: String { value }

    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }
}

/// An agreement, an offer, or a working draft that both see.
public struct AgreementId: Id {
    public let value: String
    public init(_ value: String) { self.value = value }
}

/// A promise or practice.
public struct PromiseId: Id {
    public let value: String
    public init(_ value: String) { self.value = value }
}

/// A talk that both plan.
public struct TalkId: Id {
    public let value: String
    public init(_ value: String) { self.value = value }
}

/// Something that one tells and the other may answer: an account, a question, a need.
public struct ItemId: Id {
    public let value: String
    public init(_ value: String) { self.value = value }
}

/// A note that only its writer sees.
public struct NoteId: Id {
    public let value: String
    public init(_ value: String) { self.value = value }
}

/// A private draft of an agreement.
public struct AgreementDraftId: Id {
    public let value: String
    public init(_ value: String) { self.value = value }
}

/// A private draft of an item.
public struct ItemDraftId: Id {
    public let value: String
    public init(_ value: String) { self.value = value }
}

/// Questions for a check-in that one of the two made.
public struct OwnTemplateId: Id {
    public let value: String
    public init(_ value: String) { self.value = value }
}

/// A post: what one told of oneself.
public struct PostId: Id {
    public let value: String
    public init(_ value: String) { self.value = value }
}

/// An intention for a day.
public struct IntentionId: Id {
    public let value: String
    public init(_ value: String) { self.value = value }
}

/// Words that were added to something: a comment, an answer, a correction.
public struct WordsId: Id {
    public let value: String
    public init(_ value: String) { self.value = value }
}

/// A document, whatever it is.
public struct DocId: Id {
    public let value: String
    public init(_ value: String) { self.value = value }
}

/// One thing that somebody wrote, whatever it is.
public struct WrittenId: Id {
    public let value: String
    public init(_ value: String) { self.value = value }
}

/// One time at which a promise is due.
public struct OccurrenceId: Id {
    public let value: String
    public init(_ value: String) { self.value = value }
}

/// The exact text of a revision: what a yes is bound to.
public struct RevisionHash: Id {
    public let value: String
    public init(_ value: String) { self.value = value }
}

/// One generation of one person's log.
public struct LogId: Id {
    public let value: String
    public init(_ value: String) { self.value = value }
}

/// The head of a hash chain.
public struct Head: Id {
    public let value: String
    public init(_ value: String) { self.value = value }
}

extension AgreementId {
    /// As the id of a document: what an agreement is about may be of several kinds.
    public var document: DocId { DocId(value) }
}

extension PromiseId {
    /// As the id of a document: what an agreement is about may be of several kinds.
    public var document: DocId { DocId(value) }
}

extension TalkId {
    /// As the id of a document: what an agreement is about may be of several kinds.
    public var document: DocId { DocId(value) }
}

extension ItemId {
    /// As the id of a document: what an agreement is about may be of several kinds.
    public var document: DocId { DocId(value) }
}
