import Amends

/// Why a command failed, in the words of the command line.
struct Failure: Error {
    let kind: String
    let code: String
    let text: String

    static func usage(_ text: String) -> Failure {
        Failure(kind: "usage", code: "Usage", text: text)
    }

    /// What the command line itself refuses.
    static func refused(_ code: RefusalCode) -> Failure {
        Failure(kind: "refusal", code: pascal(code), text: "refused by the harness")
    }

    var json: Json {
        ["kind": .string(kind), "code": .string(code), "text": .string(text)]
    }

    /// What an app would switch over.
    static func of(_ error: any Error) -> Failure {
        guard let error = error as? AmendsError else {
            return error as? Failure ?? Failure(kind: "storage", code: "Io", text: "\(error)")
        }
        let text = error.userMessage
        return switch error {
        case .Refused(let code, _): Failure(kind: "refusal", code: pascal(code), text: text)
        case .Locked: Failure(kind: "locked", code: "Locked", text: text)
        case .KeysMissing: Failure(kind: "locked", code: "KeysMissing", text: text)
        case .Suspended: Failure(kind: "locked", code: "Suspended", text: text)
        case .Closed: Failure(kind: "storage", code: "Closed", text: text)
        case .NeedsUpdate: Failure(kind: "needs_update", code: "NeedsUpdate", text: text)
        case .Storage(let kind, _): Failure(kind: "storage", code: pascal(kind), text: text)
        case .Link(let kind, _): Failure(kind: "link", code: pascal(kind), text: text)
        case .Pairing(let kind, _): Failure(kind: "pairing", code: pascal(kind), text: text)
        case .Invalid: .usage(text)
        case .Internal: Failure(kind: "storage", code: "Internal", text: text)
        }
    }
}
