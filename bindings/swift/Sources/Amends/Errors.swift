import AmendsBindings
import Foundation

extension AmendsError {
    /// A text that may be shown as it is: what happened, and what to do next.
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
