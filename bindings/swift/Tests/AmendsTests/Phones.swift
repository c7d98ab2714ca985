import Amends
import Foundation

/// Secrets in memory: real enough for a test, and nothing for an app.
final class MemorySecrets: SecretStore, @unchecked Sendable {
    private let lock = NSLock()
    private var secrets: [String: Data] = [:]
    private var failing: Error?

    func fail(with error: Error?) {
        lock.withLock { failing = error }
    }

    func read(name: String) throws -> Data? {
        try lock.withLock {
            if let failing { throw failing }
            return secrets[name]
        }
    }

    func write(name: String, secret: Data) throws {
        try lock.withLock {
            if let failing { throw failing }
            secrets[name] = secret
        }
    }

    func delete(name: String) throws {
        _ = lock.withLock { secrets.removeValue(forKey: name) }
    }
}

func newFolder() -> String {
    FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
}

func phone(_ name: String, secrets: SecretStore = MemorySecrets()) async throws -> Space {
    try await Space.create(
        folder: newFolder(), name: name, services: HostServices(secrets: secrets))
}

/// Makes two phones a pair, over a socket of this machine.
func pair(_ ana: Space, _ ben: Space) async throws {
    try await pair(showing: ana.pairShow(listen: "127.0.0.1:0"), ben)
}

/// The same where one phone shows its code already.
func pair(showing show: Pairing, _ ben: Space) async throws {
    let join = try await ben.pairJoin(code: show.code()!, peer: show.address()!)
    async let shown = show.asked()
    let joined = try await join.asked()
    guard try await shown.code == joined.code else { fatalError("somebody stands in between") }
    show.answer(equal: true)
    join.answer(equal: true)
    async let done: Void = show.finished()
    try await join.finished()
    try await done
}

func paired() async throws -> (Space, Space) {
    let (ana, ben) = (try await phone("Ana"), try await phone("Ben"))
    try await pair(ana, ben)
    return (ana, ben)
}

/// One exchange until both are in step.
func meet(_ ana: Space, _ ben: Space) async throws {
    let listening = try await ana.exchange(
        settings: ExchangeSettings(listen: "127.0.0.1:0", onceWithinSeconds: 30))
    let dialling = try await ben.exchange(
        settings: ExchangeSettings(peers: [listening.address()!], onceWithinSeconds: 30))
    async let done: Void = listening.finished()
    try await dialling.finished()
    try await done
}

/// Terms with one clause that binds both.
func plain(_ text: String) -> Terms {
    Terms(
        kind: .communication,
        clauses: [TermsClause(text: text, binds: .both, category: .general)], lang: "en")
}

/// What is announced in one place, and who hears of it.
final class Air: @unchecked Sendable {
    private let lock = NSLock()
    private let pause: TimeInterval
    private var names: [String] = []
    private var places: [String: String] = [:]
    private var listeners: [(wanted: [String], sightings: Sightings)] = []

    init(pause: TimeInterval) {
        self.pause = pause
    }

    var announced: [String] { lock.withLock { names } }

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
final class Finder: Discovery {
    private let air: Air

    init(_ air: Air) {
        self.air = air
    }

    func start(beacon: Beacon, sightings: Sightings) throws {
        air.join(beacon, sightings)
    }

    func stop() throws {}
}

/// A folder that both phones reach, in memory.
final class SharedFolder: Mailbox, @unchecked Sendable {
    private let lock = NSLock()
    private var objects: [String: Data] = [:]
    private var failing: Error?
    private var hanging = false
    private var entered = false

    func fail(with error: Error) {
        lock.withLock { failing = error }
    }

    /// From now on it answers nothing, or answers again.
    func hang(_ hang: Bool) {
        lock.withLock { hanging = hang }
    }

    /// Whether somebody waits for it.
    var hangs: Bool { lock.withLock { hanging && entered } }

    func list() throws -> [String] {
        lock.withLock { entered = true }
        while lock.withLock({ hanging }) { Thread.sleep(forTimeInterval: 0.01) }
        return try lock.withLock {
            if let failing { throw failing }
            return Array(objects.keys)
        }
    }

    func read(name: String) throws -> Data {
        guard let found = lock.withLock({ objects[name] }) else {
            throw HostError.Failed(why: "there is no \(name)")
        }
        return found
    }

    func write(name: String, bytes: Data) throws {
        lock.withLock { objects[name] = bytes }
    }

    func remove(name: String) throws {
        _ = lock.withLock { objects.removeValue(forKey: name) }
    }
}
