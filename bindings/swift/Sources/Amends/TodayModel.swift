import AmendsBindings

/// What the first screen shows.
public struct TodayState: Equatable, Sendable {
    /// What is next, the most urgent first.
    public let next: [NextDue]
    /// All that I share now or would share (R8).
    public let shared: [SharedItem]
    /// Agreements that wait for my answer.
    public let waiting: [AgreementId]

    init(_ today: Today) {
        next = today.next
        shared = today.shared
        waiting = today.agreements.waitingForMe
    }
}

/// The state of the first screen, to show that a shell needs no rules of its own: what it
/// shows is decided by the library alone. For SwiftUI it is an `ObservableObject`; elsewhere
/// ``onChange`` tells.
@MainActor
public final class TodayModel {
    /// What the screen shows; `nil` until it is first read.
    public private(set) var state: TodayState?
    /// Why it cannot be read just now.
    public private(set) var failure: (any Error)?
    /// Called whenever the state or the failure has changed.
    public var onChange: (() -> Void)?

    private let space: Space
    private var listening: Task<Void, Never>?

    /// Listens to the space for as long as the model lives.
    public init(_ space: Space) {
        self.space = space
        listening = Task { [weak self] in
            while !Task.isCancelled {
                do {
                    for try await today in space.todayChanges {
                        self?.show(TodayState(today), nil)
                    }
                    return
                } catch {
                    self?.show(self?.state, error)
                    if case AmendsError.Closed = error { return }
                    // A full disk, say: it is looked again.
                    try? await Task.sleep(nanoseconds: 1_000_000_000)
                }
            }
        }
    }

    deinit {
        listening?.cancel()
    }

    private func show(_ state: TodayState?, _ failure: (any Error)?) {
        #if canImport(Combine)
        objectWillChange.send()
        #endif
        self.state = state
        self.failure = failure
        onChange?()
    }

    /// Ends at once all that binds me to share. It needs nobody's yes.
    public func stopAll() async throws -> [SharedItem] {
        try await space.stopAll()
    }
}

#if canImport(Combine)
import Combine

extension TodayModel: ObservableObject {}
#endif
