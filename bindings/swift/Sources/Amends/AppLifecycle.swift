#if canImport(UIKit) && canImport(Network)
import AmendsBindings
import Network
import UIKit

/// How an app on an iPhone lives, told to a space: suspended a while after the app has gone to
/// the background (the system is asked for the time), resumed when it is back, and told when
/// the network changes. It lives until ``stop()``.
///
/// Compiled on Apple's platforms only; the tests of this package reach ``Foreground``, not this.
@MainActor
public final class AppLifecycle {
    private let foreground: Foreground
    private let network = NWPathMonitor()
    private var observers: [any NSObjectProtocol] = []
    /// What the system gives to end in order.
    private var time = UIBackgroundTaskIdentifier.invalid

    /// Begins to listen.
    public init(_ space: Space) {
        foreground = Foreground(space)
        network.pathUpdateHandler = { _ in space.networkChanged() }
        network.start(queue: DispatchQueue(label: "app.amends.network"))
        on(UIApplication.willEnterForegroundNotification) { [foreground] in foreground.enter() }
        on(UIApplication.didEnterBackgroundNotification) { self.leave() }
    }

    private func leave() {
        endTime()
        time = UIApplication.shared.beginBackgroundTask { [weak self] in self?.endTime() }
        Task {
            await foreground.leave().value
            endTime()
        }
    }

    private func endTime() {
        guard time != .invalid else { return }
        UIApplication.shared.endBackgroundTask(time)
        time = .invalid
    }

    private func on(_ name: Notification.Name, _ work: @escaping @MainActor @Sendable () -> Void) {
        let observer = NotificationCenter.default.addObserver(
            forName: name, object: nil, queue: .main
        ) { _ in
            MainActor.assumeIsolated(work)
        }
        observers.append(observer)
    }

    /// Stops listening.
    public func stop() {
        network.cancel()
        observers.forEach(NotificationCenter.default.removeObserver)
        observers = []
    }
}
#endif
