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
    /// Why it cannot be read just now.
    public private(set) var failure: (any Error)?
    /// Called whenever the state has changed.
    public var onChange: ((TodayState) -> Void)?

    private let space: Space
    private var listening: Task<Void, Never>?

    public init(_ space: Space) {
        self.space = space
        listening = Task { [weak self] in
            while !Task.isCancelled {
                do {
                    for try await today in space.todayChanges {
                        self?.show(TodayState(today))
                    }
                    return
                } catch {
                    self?.failure = error
                    if case AmendsError.Closed = error { return }
                    // Suspended, or a full disk: it is looked again.
                    try? await Task.sleep(nanoseconds: 1_000_000_000)
                }
            }
        }
    }

    deinit {
        listening?.cancel()
    }

    private func show(_ state: TodayState) {
        self.state = state
        failure = nil
        onChange?(state)
    }

    /// Ends at once all that binds me to share. It needs nobody's yes.
    public func stopAll() async throws -> [SharedItem] {
        try await space.stopAll()
    }
}
