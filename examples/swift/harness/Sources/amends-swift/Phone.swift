import Amends
import Foundation

/// The keys as files of the home: enough for a harness, and nothing for an app.
private final class KeyFiles: SecretStore {
    private let home: String

    init(home: String) {
        self.home = home
    }

    private func file(_ name: String) -> URL {
        URL(fileURLWithPath: home).appendingPathComponent("\(name).key")
    }

    func read(name: String) throws -> Data? {
        let file = file(name)
        return FileManager.default.fileExists(atPath: file.path) ? try Data(contentsOf: file) : nil
    }

    func write(name: String, secret: Data) throws {
        try FileManager.default.createDirectory(
            atPath: home, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        try secret.write(to: file(name), options: .atomic)
    }

    func delete(name: String) throws {
        let file = file(name)
        if FileManager.default.fileExists(atPath: file.path) {
            try FileManager.default.removeItem(at: file)
        }
    }
}

/// A clock that stands still.
private final class FixedClock: HostClock {
    private let time: Date

    init(time: Date) {
        self.time = time
    }

    func now() throws -> Moment { time }
    func zone() throws -> String { "UTC" }
}

/// The views that were shown: who consents hands back what stood on the screen.
private actor Shown {
    static let views = Shown()
    private var views: [AgreementView] = []

    func remember(_ view: AgreementView) -> String {
        views.append(view)
        return "\(views.count - 1)"
    }

    func view(_ token: String) throws -> AgreementView {
        guard let at = Int(token), views.indices.contains(at) else {
            throw Failure.usage("no such view was shown: \(token)")
        }
        return views[at]
    }
}

/// The phone in `home` at the time `now`; what it says goes to `say`.
struct Phone: Sendable {
    let home: String
    let now: Date
    let say: @Sendable (Json) -> Void

    private var services: HostServices {
        HostServices(secrets: KeyFiles(home: home), clock: FixedClock(time: now))
    }

    /// Remembers a view as an app's screen does.
    func show(_ view: AgreementView) async -> Json {
        guard case .object(var fields) = json(view) else { return .null }
        fields["view"] = .string(await Shown.views.remember(view))
        return .object(fields)
    }

    /// The view that was on the screen.
    func seen(_ token: String) async throws -> AgreementView {
        try await Shown.views.view(token)
    }

    func run(_ words: Words) async throws {
        var words = words
        let group = try words.next("what to do")
        if group == "init" {
            guard let name = try words.option("--name") else { throw Failure.usage("say --name NAME") }
            try words.end()
            let space = try await Space.create(folder: home, name: name, services: services)
            try await space.shutdown()
            return say(["home": .string(home)])
        }
        let space = try await Space.open(folder: home, services: services)
        do {
            try await on(space, group, &words)
        } catch {
            try await space.shutdown()
            throw error
        }
        try await space.shutdown()
    }

    private func on(_ space: Space, _ group: String, _ words: inout Words) async throws {
        switch group {
        case "agreement": try await agreement(space, &words)
        case "promise": try await promise(space, &words)
        case "practice": try await practice(space, &words)
        case "openness": try await openness(space, &words)
        case "journal": try await journal(space, &words)
        case "checkin": try await checkIn(space, &words)
        case "progress": try await progress(space, &words)
        case "remind": try await remind(space, &words)
        case "limits": try await limits(space, &words)
        case "space": try await spaceFor(space, &words)
        case "talk": try await talk(space, &words)
        case "telling": try await telling(space, &words)
        case "pair": try await pair(space, &words)
        case "sync": try await sync(space, &words)
        default: try await general(space, group, &words)
        }
    }
}
