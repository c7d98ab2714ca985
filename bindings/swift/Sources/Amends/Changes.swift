@_exported import AmendsBindings

/// A view as it is, and again whenever it has changed.
///
/// Each loop over it listens for itself, and stops listening when it ends or its task is
/// cancelled. Who is slow sees the newest, never a backlog. It ends when the space is shut down;
/// one that begins only then throws `AmendsError.Closed`.
public struct Changes<Element: Sendable>: AsyncSequence, Sendable {
    struct Source: Sendable {
        /// A space that was let go would end what is listened to.
        let space: Space
        let next: @Sendable () async throws -> Element?
        let cancel: @Sendable () -> Void
    }

    let subscribe: @Sendable () -> Source

    /// Begins to listen; for a loop to call.
    public func makeAsyncIterator() -> Iterator {
        Iterator(source: subscribe())
    }

    /// Listens until it is let go.
    public final class Iterator: AsyncIteratorProtocol {
        private let source: Source

        init(source: Source) {
            self.source = source
        }

        deinit {
            source.cancel()
        }

        /// The next view; `nil` once the task is cancelled or the space is shut down.
        public func next() async throws -> Element? {
            let source = source
            do {
                return try await source.next()
            } catch is CancellationError {
                source.cancel()
                return nil
            }
        }
    }
}

extension Space {
    /// The agreements.
    public var agreementChanges: Changes<[AgreementView]> {
        Changes { [self] in
            let changes = watchAgreements()
            return .init(
                space: self, next: { try await changes.next() }, cancel: { changes.cancel() })
        }
    }

    /// The promises of both.
    public var promiseChanges: Changes<[PromiseView]> {
        Changes { [self] in
            let changes = watchPromises()
            return .init(
                space: self, next: { try await changes.next() }, cancel: { changes.cancel() })
        }
    }

    /// What both tell of themselves.
    public var opennessChanges: Changes<[PostView]> {
        Changes { [self] in
            let changes = watchOpenness()
            return .init(
                space: self, next: { try await changes.next() }, cancel: { changes.cancel() })
        }
    }

    /// The check-ins.
    public var checkInChanges: Changes<[CheckInView]> {
        Changes { [self] in
            let changes = watchCheckIns()
            return .init(
                space: self, next: { try await changes.next() }, cancel: { changes.cancel() })
        }
    }

    /// The talks.
    public var talkChanges: Changes<[TalkView]> {
        Changes { [self] in
            let changes = watchTalks()
            return .init(
                space: self, next: { try await changes.next() }, cancel: { changes.cancel() })
        }
    }

    /// What one tells and the other may answer: accounts, questions, needs, and all other forms.
    public var itemChanges: Changes<[ItemView]> {
        Changes { [self] in
            let changes = watchItems()
            return .init(
                space: self, next: { try await changes.next() }, cancel: { changes.cancel() })
        }
    }

    /// The notes that only I see, newest first.
    public var noteChanges: Changes<[Note]> {
        Changes { [self] in
            let changes = watchNotes()
            return .init(
                space: self, next: { try await changes.next() }, cancel: { changes.cancel() })
        }
    }

    /// All that I share or would share.
    public var shareChanges: Changes<[SharedItem]> {
        Changes { [self] in
            let changes = watchShares()
            return .init(
                space: self, next: { try await changes.next() }, cancel: { changes.cancel() })
        }
    }

    /// Who the two are and how things stand, pairing among it.
    public var statusChanges: Changes<Status> {
        Changes { [self] in
            let changes = watchStatus()
            return .init(
                space: self, next: { try await changes.next() }, cancel: { changes.cancel() })
        }
    }

    /// Today: what is next, what I share, what waits.
    public var todayChanges: Changes<Today> {
        Changes { [self] in
            let changes = watchToday()
            return .init(
                space: self, next: { try await changes.next() }, cancel: { changes.cancel() })
        }
    }

    /// Whether this phone exchanges, where it listens, how far a long catch-up is, and what troubles
    /// it. Of the partner's phone it says nothing.
    public var diagnosticsChanges: Changes<Diagnostics> {
        Changes { [self] in
            let changes = watchDiagnostics()
            return .init(
                space: self, next: { try await changes.next() }, cancel: { changes.cancel() })
        }
    }
}
