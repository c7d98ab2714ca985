import Amends
import Foundation

/// A phone, or any number of them, over the Swift bindings: a line in, lines out.
@main
struct Harness {
    static let help = """
        The harness of Amends in Swift: phones for the stories in tests/scenarios.

            examples/swift/amends build     builds the library, the bindings and this
            examples/swift/amends serve     plays phones

        `serve` reads a JSON object a line and answers in lines, until its input ends:

            {"call": 1, "home": "/tmp/ana", "now": "2026-03-02T18:00:00Z", "args": ["init", "--name", "Ana"]}
            {"call": 1, "ok": {"home": "/tmp/ana"}}
            {"call": 1, "done": true}

        The words of `args` are those of the command line `amends`. A whole story:

            cargo run -- scenario run tests/scenarios/FILE --ana examples/swift/amends
        """

    // It waits for input there, and takes no thread from the calls.
    @MainActor
    static func main() async {
        let words = CommandLine.arguments.dropFirst()
        guard Array(words) == ["serve"] else {
            FileHandle.standardError.write(Data((help + "\n").utf8))
            exit(words.contains("--help") ? 0 : 2)
        }
        await withTaskGroup(of: Void.self) { calls in
            while let line = readLine() {
                guard let asked = try? JSONDecoder().decode(Asked.self, from: Data(line.utf8)) else {
                    // Whoever asked would wait for ever.
                    FileHandle.standardError.write(Data("this is no call: \(line)\n".utf8))
                    exit(2)
                }
                calls.addTask { await answer(asked) }
            }
        }
    }

    private static func answer(_ asked: Asked) async {
        let call = asked.call
        do {
            let phone = Phone(home: asked.home, now: try moment(asked.now)) {
                Output.line(["call": .number(call), "ok": $0])
            }
            try await phone.run(Words(asked.args))
            Output.line(["call": .number(call), "done": .bool(true)])
        } catch {
            Output.line(["call": .number(call), "error": Failure.of(error).json])
        }
    }
}

/// One command for one phone.
private struct Asked: Decodable, Sendable {
    let call: Int
    let home: String
    let now: String
    let args: [String]
}

/// Writes whole lines, from any thread.
private enum Output {
    private static let lock = NSLock()

    static func line(_ fields: [String: Json]) {
        let text = Json.object(fields).text + "\n"
        lock.withLock { FileHandle.standardOutput.write(Data(text.utf8)) }
    }
}
