/** Ids, each of one kind: one is never taken for another. */
package app.amends.model

/** An id or a hash, as hexadecimal digits. Whoever makes one by hand is told by the first call that takes it if it is none. */
sealed interface Id {
    /** The digits: 32 of an id, 64 of a hash. */
    val value: String
}

/** An agreement, an offer, or a working draft that both see. */
@JvmInline
value class AgreementId(override val value: String) : Id {
    override fun toString(): String = value
}

/** A promise or practice. */
@JvmInline
value class PromiseId(override val value: String) : Id {
    override fun toString(): String = value
}

/** A talk that both plan. */
@JvmInline
value class TalkId(override val value: String) : Id {
    override fun toString(): String = value
}

/** Something that one tells and the other may answer: an account, a question, a need. */
@JvmInline
value class ItemId(override val value: String) : Id {
    override fun toString(): String = value
}

/** A note that only its writer sees. */
@JvmInline
value class NoteId(override val value: String) : Id {
    override fun toString(): String = value
}

/** A private draft of an agreement. */
@JvmInline
value class AgreementDraftId(override val value: String) : Id {
    override fun toString(): String = value
}

/** A private draft of an item. */
@JvmInline
value class ItemDraftId(override val value: String) : Id {
    override fun toString(): String = value
}

/** Questions for a check-in that one of the two made. */
@JvmInline
value class OwnTemplateId(override val value: String) : Id {
    override fun toString(): String = value
}

/** A post: what one told of oneself. */
@JvmInline
value class PostId(override val value: String) : Id {
    override fun toString(): String = value
}

/** An intention for a day. */
@JvmInline
value class IntentionId(override val value: String) : Id {
    override fun toString(): String = value
}

/** Words that were added to something: a comment, an answer, a correction. */
@JvmInline
value class WordsId(override val value: String) : Id {
    override fun toString(): String = value
}

/** A document, whatever it is. */
@JvmInline
value class DocId(override val value: String) : Id {
    override fun toString(): String = value
}

/** One thing that somebody wrote, whatever it is. */
@JvmInline
value class WrittenId(override val value: String) : Id {
    override fun toString(): String = value
}

/** One time at which a promise is due. */
@JvmInline
value class OccurrenceId(override val value: String) : Id {
    override fun toString(): String = value
}

/** The exact text of a revision: what a yes is bound to. */
@JvmInline
value class RevisionHash(override val value: String) : Id {
    override fun toString(): String = value
}

/** One generation of one person's log. */
@JvmInline
value class LogId(override val value: String) : Id {
    override fun toString(): String = value
}

/** The head of a hash chain. */
@JvmInline
value class Head(override val value: String) : Id {
    override fun toString(): String = value
}

/** As the id of a document: what an agreement is about may be of several kinds. */
val AgreementId.document: DocId
    get() = DocId(value)

/** As the id of a document. */
val PromiseId.document: DocId
    get() = DocId(value)

/** As the id of a document. */
val TalkId.document: DocId
    get() = DocId(value)

/** As the id of a document. */
val ItemId.document: DocId
    get() = DocId(value)
