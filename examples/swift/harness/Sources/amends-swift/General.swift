import Amends

/// What is common to all of a phone: who, what is shared, what is next, the logs.
extension Phone {
    func general(_ space: Space, _ group: String, _ words: inout Words) async throws {
        let answer: Json
        switch group {
        case "status":
            answer = json(try await space.status())
        case "next":
            answer = ["next": json(try await space.nextDue())]
        case "share":
            switch try words.next("show or stop-all") {
            case "show":
                answer = ["sharing": json(try await space.whatIShare())]
            case "stop-all":
                let stopped = try await space.stopAll()
                answer = ["stopped": json(stopped), "sharing": json(try await space.whatIShare())]
            default: throw Failure.usage("say show or stop-all")
            }
        case "log":
            guard try words.next("verify") == "verify" else { throw Failure.usage("say verify") }
            answer = ["logs": json(try await space.verifyLogs())]
        case "doctor":
            let report = try await space.doctor()
            guard report.findings.isEmpty else {
                let text = report.findings.map(\.what).joined(separator: "; ")
                throw Failure(kind: "storage", code: "Damaged", text: text)
            }
            answer = json(report)
        case "leave":
            guard words.flag("--yes") else { throw Failure.usage("this cannot be undone: say --yes") }
            try await space.leave(how: words.flag("--silent") ? .silent : .announced)
            answer = ["left": .bool(true)]
        default:
            throw Failure.usage("there is no command \(group) here")
        }
        try words.end()
        say(answer)
    }

    func pair(_ space: Space, _ words: inout Words) async throws {
        let pairing: Pairing
        switch try words.next("show or join") {
        case "show":
            pairing = try await space.pairShow(listen: try words.option("--listen") ?? "0.0.0.0:0")
            say([
                "event": .string("code"), "code": json(pairing.code()),
                "address": json(pairing.address()), "qr": json(pairing.qr()),
            ])
        case "join":
            guard let peer = try words.option("--peer") else { throw Failure.usage("say --peer HOST:PORT") }
            pairing = try await space.pairJoin(code: try words.next("the code"), peer: peer)
        default: throw Failure.usage("say show or join")
        }
        try words.end()
        let asked = try await pairing.asked()
        say(["event": .string("compare"), "partner": .string(asked.name), "code": .string(asked.code)])
        // The people of a story always find the same digits.
        pairing.answer(equal: true)
        try await pairing.finished()
        say(["event": .string("paired"), "partner": .string(asked.name)])
    }

    func sync(_ space: Space, _ words: inout Words) async throws {
        for (flag, hold) in [("--hold", true), ("--release", false)] where words.flag(flag) {
            try words.end()
            try await space.holdSync(hold: hold)
            return say(["held": .bool(hold)])
        }
        guard words.flag("--once") else { throw Failure.usage("say --once") }
        let options = SyncOptions(
            listen: try words.option("--listen"), peers: try words.options("--peer"))
        let within: UInt32 = try words.number("--timeout") ?? 60
        try words.end()
        let listening = Task { [say] in
            for try await now in space.diagnosticsChanges {
                guard let address = now.listening else { continue }
                return say(["event": .string("listening"), "address": .string(address)])
            }
        }
        defer { listening.cancel() }
        try await space.syncOnce(options: options, withinSeconds: within)
        say(["event": .string("done")])
    }
}
