import AmendsBindings
import Foundation

extension AmendsError {
    /// What it says, whichever its case.
    public var details: ErrorDetails {
        switch self {
        case .Refused(_, let details), .Storage(_, let details), .Link(_, let details),
            .Pairing(_, let details), .Invalid(_, let details), .Locked(let details),
            .KeysMissing(let details), .Suspended(let details), .Closed(let details),
            .NeedsUpdate(let details), .Internal(let details):
            details
        }
    }

    /// A text in English that may be shown as it is: what happened, and what to do next. It holds
    /// the library's own words only.
    public var userMessage: String { details.userMessage }

    /// A stable key, to find the text in another language: `refused.stale_view`, `storage.full`.
    public var key: String { details.key }
}

extension AmendsError: LocalizedError {
    public var errorDescription: String? { userMessage }
}

extension HostError: LocalizedError {
    public var errorDescription: String? {
        switch self {
        case .Locked(let why), .LocalNetworkDenied(let why), .Failed(let why): why
        }
    }
}
