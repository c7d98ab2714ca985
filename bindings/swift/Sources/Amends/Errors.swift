import AmendsBindings
import Foundation

extension AmendsError {
    /// A text in English that may be shown as it is: what happened, and what to do next. An
    /// app in another language switches over the case, and of a refusal over its code.
    public var userMessage: String {
        switch self {
        case .Refused(_, let text), .Storage(_, let text), .Link(_, let text), .Pairing(_, let text):
            text
        case .Locked(let text), .Closed(let text), .NeedsUpdate(let text), .Invalid(let text),
            .Internal(let text):
            text
        }
    }
}

extension AmendsError: LocalizedError {
    public var errorDescription: String? { userMessage }
}

extension HostError: LocalizedError {
    public var errorDescription: String? {
        switch self {
        case .Locked(let why), .Failed(let why): why
        }
    }
}
