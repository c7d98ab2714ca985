import Amends
import Foundation

/// What is announced in one place, and who hears of it.
public final class Air: @unchecked Sendable {
    private let lock = NSLock()
    private let pause: TimeInterval
    private var names: [String] = []
    private var places: [String: String] = [:]
    private var listeners: [(wanted: [String], sightings: Sightings)] = []

    /// Each start blocks for `pause` seconds.
    public init(pause: TimeInterval = 0) {
        self.pause = pause
    }

    /// Service and name of everything that was ever announced.
    public var announced: [String] { lock.withLock { names } }

    fileprivate func join(_ beacon: Beacon, _ sightings: Sightings) {
        Thread.sleep(forTimeInterval: pause)
        let (places, listeners) = lock.withLock {
            names.append("\(beacon.service) \(beacon.name)")
            self.places[beacon.name] = "127.0.0.1:\(beacon.port)"
            self.listeners.append((beacon.wanted, sightings))
            return (self.places, self.listeners)
        }
        for (wanted, sightings) in listeners {
            for (name, place) in places where wanted.contains(name) {
                sightings.seen(name: name, address: place)
            }
        }
    }
}

/// A discovery that blocks for a while.
public final class Finder: Discovery {
    private let air: Air

    public init(_ air: Air) {
        self.air = air
    }

    public func start(beacon: Beacon, sightings: Sightings) throws {
        air.join(beacon, sightings)
    }

    public func stop() throws {}
}

/// A folder that both phones reach, in memory.
public final class SharedFolder: Mailbox, @unchecked Sendable {
    private let lock = NSLock()
    private var objects: [String: Data] = [:]
    private var failing: Error?
    private var hanging = false
    private var entered = false

    public init() {}

    /// What is thrown in place of every list.
    public func fail(with error: Error) {
        lock.withLock { failing = error }
    }

    /// From now on it answers nothing, or answers again.
    public func hang(_ hang: Bool) {
        lock.withLock { hanging = hang }
    }

    /// Whether somebody waits for it.
    public var hangs: Bool { lock.withLock { hanging && entered } }

    public func list() throws -> [String] {
        lock.withLock { entered = true }
        while lock.withLock({ hanging }) { Thread.sleep(forTimeInterval: 0.01) }
        return try lock.withLock {
            if let failing { throw failing }
            return Array(objects.keys)
        }
    }

    public func read(name: String) throws -> Data {
        guard let found = lock.withLock({ objects[name] }) else {
            throw HostError.Failed(why: "there is no \(name)")
        }
        return found
    }

    public func write(name: String, bytes: Data) throws {
        lock.withLock { objects[name] = bytes }
    }

    public func remove(name: String) throws {
        _ = lock.withLock { objects.removeValue(forKey: name) }
    }
}
