import AmendsBindings

/// What the first screen shows.
public struct TodayState: Equatable, Sendable {
    /// What is next, the most urgent first.
    public let next: [NextDue]
    /// All that I share now or would share (R8).
    public let shared: [SharedItem]
    /// Agreements that wait for my answer.
    public let waiting: [DocId]

    init(_ today: Today) {
        next = today.next
        shared = today.shared
        waiting = today.agreements.waitingForMe
    }
}

/// The state of the first screen, to show that a shell needs no rules of its own: what it
/// shows is decided by the library alone. An app's view observes ``onChange``.
@MainActor
public final class TodayModel {
    /// What the screen shows; `nil` until it is first read.
    public private(set) var state: TodayState?
    /// Called whenever the state has changed.
    public var onChange: ((TodayState) -> Void)?

    private let space: Space
    private var listening: Task<Void, Error>?

    public init(_ space: Space) {
        self.space = space
        listening = Task { [weak self] in
            for try await today in space.todayChanges {
                self?.show(TodayState(today))
            }
        }
    }

    deinit {
        listening?.cancel()
    }

    private func show(_ state: TodayState) {
        self.state = state
        onChange?(state)
    }

    /// Ends at once all that binds me to share. It needs nobody's yes.
    public func stopAll() async throws -> [SharedItem] {
        try await space.stopAll()
    }
}
