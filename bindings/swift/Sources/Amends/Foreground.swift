import AmendsBindings
import Foundation

/// Suspends a space once the app has been away for a while, and resumes it when it is back.
/// A glance at another app closes nothing.
@MainActor
public final class Foreground {
    private let space: Space
    private let linger: TimeInterval
    private var here = true
    private var suspended = false
    private var following: Task<Void, Never>?
    private var lingering: Task<Void, Never>?

    /// `linger` is how many seconds the app may be away before its files and sockets are
    /// closed.
    public init(_ space: Space, linger: TimeInterval = 5) {
        self.space = space
        self.linger = linger
    }

    /// The app is in the foreground. What comes back ends once the space may be used.
    @discardableResult
    public func enter() -> Task<Void, Never> {
        here = true
        lingering?.cancel()
        return Task { await follow() }
    }

    /// The app has gone to the background. What comes back ends once the space is closed, or
    /// the app is back.
    @discardableResult
    public func leave() -> Task<Void, Never> {
        here = false
        lingering?.cancel()
        let task = Task {
            do { try await Task.sleep(nanoseconds: UInt64(linger * 1_000_000_000)) } catch { return }
            await follow()
        }
        lingering = task
        return task
    }

    /// One after the other: a return in the middle of closing comes after it.
    private func follow() async {
        let before = following
        let next = Task {
            await before?.value
            await settle()
        }
        following = next
        await next.value
    }

    private func settle() async {
        // It may change while this waits: what is done is what was wanted when it began.
        let wanted = here
        guard wanted == suspended else { return }
        // What fails (it was shut down, the disk says no) is told by the next call.
        do {
            if wanted { try await space.resume() } else { try await space.suspend() }
            suspended = !wanted
        } catch {}
    }
}
