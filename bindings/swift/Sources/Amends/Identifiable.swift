import AmendsBindings

// Everything that a list shows says which it is.

extension AgreementView: Identifiable {}
extension PromiseView: Identifiable {}
extension OccurrenceView: Identifiable {}
extension PostView: Identifiable {}
extension IntentionView: Identifiable {}
extension TalkView: Identifiable {}
extension ItemView: Identifiable {}
extension Note: Identifiable {}
extension PrivateDraft: Identifiable {}
extension ItemDraft: Identifiable {}
extension Template: Identifiable {}

extension CheckInView: Identifiable {
    /// Which questions, of which day, week or month.
    public struct ID: Hashable, Sendable {
        /// Which questions.
        public let template: TemplateId
        /// Of when.
        public let period: Period
    }

    public var id: ID { ID(template: template, period: period) }
}

extension SharedItem: Identifiable {
    /// Where it stands: an agreement and its clause, a post, or a practice.
    public struct ID: Hashable, Sendable {
        let agreement: AgreementId?
        let clause: String?
        let post: PostId?
        let practice: PromiseId?
    }

    public var id: ID { ID(agreement: agreement, clause: clause, post: post, practice: practice) }
}

extension NextDue: Identifiable {
    public var id: NextDue { self }
}

extension BreachView: Identifiable {
    public var id: ItemId { named.id }
}
