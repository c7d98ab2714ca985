import Amends
import Foundation

/// Secrets in memory: real enough for a test, and nothing for an app.
public final class MemorySecrets: SecretStore, @unchecked Sendable {
    private let lock = NSLock()
    private var secrets: [String: Data] = [:]
    private var failing: Error?

    public init() {}

    /// What is thrown in place of every answer, to see what the app does then.
    public func fail(with error: Error?) {
        lock.withLock { failing = error }
    }

    public func read(name: String) throws -> Data? {
        try lock.withLock {
            if let failing { throw failing }
            return secrets[name]
        }
    }

    public func write(name: String, secret: Data) throws {
        try lock.withLock {
            if let failing { throw failing }
            secrets[name] = secret
        }
    }

    public func delete(name: String) throws {
        _ = lock.withLock { secrets.removeValue(forKey: name) }
    }
}

/// A clock that stands still until it is turned.
public final class TurnedClock: HostClock, @unchecked Sendable {
    private let lock = NSLock()
    private var at: Date
    private let name: String

    public init(_ now: Date, zone: String = "UTC") {
        at = now
        name = zone
    }

    public func now() throws -> Moment { lock.withLock { at } }
    public func zone() throws -> String { name }

    /// Turns it ahead by so many seconds, or back.
    public func turn(by seconds: TimeInterval) {
        lock.withLock { at += seconds }
    }
}

/// A place for a space that nobody has used.
public func newFolder() -> String {
    FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
}

/// One person's phone, with a clock to turn.
public struct Phone: Sendable {
    /// Its space.
    public let space: Space
    /// Where its files are.
    public let folder: String
    /// Its keys.
    public let secrets: MemorySecrets
    /// Its clock.
    public let clock: TurnedClock

    /// When phones begin, where a test says nothing else: a Monday evening.
    public static let begin = Date(timeIntervalSince1970: 1_772_474_400)

    /// A new phone of a person who goes by `name`.
    public static func new(_ name: String, now: Date = begin) async throws -> Phone {
        let (folder, secrets, clock) = (newFolder(), MemorySecrets(), TurnedClock(now))
        let space = try await Space.create(
            folder: folder, name: name, services: HostServices(secrets: secrets, clock: clock))
        return Phone(space: space, folder: folder, secrets: secrets, clock: clock)
    }
}

/// Ana's phone and Ben's, paired, with real files in temporary folders and real sockets on this
/// machine. They are apart until they ``meet()``, or are kept ``together()``.
public struct Phones: Sendable {
    /// Ana's.
    public let ana: Phone
    /// Ben's, who can be told what to do by a script.
    public let ben: Phone

    /// Two phones that are paired.
    public static func paired(now: Date = Phone.begin) async throws -> Phones {
        let phones = Phones(ana: try await .new("Ana", now: now), ben: try await .new("Ben", now: now))
        try await pair(phones.ana.space, phones.ben.space)
        return phones
    }

    /// Lets the two meet until both are in step.
    public func meet() async throws {
        try await AmendsTesting.meet(ana.space, ben.space)
    }

    /// Keeps the two in step until they are ``apart()``.
    public func together() async throws {
        try await AmendsTesting.together(ana.space, ben.space)
    }

    /// Ends that.
    public func apart() async throws {
        try await ana.space.stopSync()
        try await ben.space.stopSync()
    }

    /// Turns both clocks ahead by so many seconds.
    public func turn(by seconds: TimeInterval) {
        ana.clock.turn(by: seconds)
        ben.clock.turn(by: seconds)
    }

    /// Shuts both down, and removes their files.
    public func close() async throws {
        for phone in [ana, ben] {
            try await phone.space.shutdown()
            try FileManager.default.removeItem(atPath: phone.folder)
        }
    }
}

/// Makes two phones a pair, over a socket of this machine.
public func pair(_ ana: Space, _ ben: Space) async throws {
    try await pair(showing: ana.pairShow(listen: "127.0.0.1:0"), ben)
}

/// Somebody stands in between: the two phones show other digits.
public struct OtherDigits: Error {}

/// The same where one phone shows its code already.
public func pair(showing show: Pairing, _ ben: Space) async throws {
    let join = try await ben.pairJoin(code: show.code() ?? "", peer: show.address() ?? "")
    async let shown = show.asked()
    let joined = try await join.asked()
    guard try await shown.code == joined.code else { throw OtherDigits() }
    show.answer(equal: true)
    join.answer(equal: true)
    async let done: Void = show.finished()
    try await join.finished()
    try await done
}

/// Where a phone listens, as soon as it does.
private func listening(_ space: Space) async throws -> String {
    for try await now in space.diagnosticsChanges {
        if let address = now.listening { return address }
    }
    throw CancellationError()
}

/// One exchange until both are in step.
public func meet(_ ana: Space, _ ben: Space) async throws {
    async let done: Void = ana.syncOnce(
        options: SyncOptions(listen: "127.0.0.1:0"), withinSeconds: 30)
    try await ben.syncOnce(options: SyncOptions(peers: [listening(ana)]), withinSeconds: 30)
    try await done
}

/// Keeps two phones in step, until each of them stops.
public func together(_ ana: Space, _ ben: Space) async throws {
    try await ana.stopSync()
    try await ben.stopSync()
    try await ana.startSync(options: SyncOptions(listen: "127.0.0.1:0"))
    try await ben.startSync(options: SyncOptions(peers: [listening(ana)]))
}
