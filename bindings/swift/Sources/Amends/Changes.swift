@_exported import AmendsBindings

/// A view as it is, and again whenever it has changed.
///
/// Each loop over it listens for itself, and stops listening when it ends or its task is
/// cancelled. Who is slow sees the newest, never a backlog.
public struct Changes<Element: Sendable>: AsyncSequence, Sendable {
    struct Source: Sendable {
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
            // A cancelled task does not reach the library by itself.
            return try await withTaskCancellationHandler {
                try await source.next()
            } onCancel: {
                source.cancel()
            }
        }
    }
}

extension Space {
    /// The agreements.
    public var agreementChanges: Changes<[AgreementView]> {
        Changes { [self] in
            let changes = watchAgreements()
            return .init(next: { try await changes.next() }, cancel: { changes.cancel() })
        }
    }

    /// The promises of both.
    public var promiseChanges: Changes<[PromiseView]> {
        Changes { [self] in
            let changes = watchPromises()
            return .init(next: { try await changes.next() }, cancel: { changes.cancel() })
        }
    }

    /// What both tell of themselves.
    public var opennessChanges: Changes<[PostView]> {
        Changes { [self] in
            let changes = watchOpenness()
            return .init(next: { try await changes.next() }, cancel: { changes.cancel() })
        }
    }

    /// The check-ins.
    public var checkInChanges: Changes<[CheckInView]> {
        Changes { [self] in
            let changes = watchCheckIns()
            return .init(next: { try await changes.next() }, cancel: { changes.cancel() })
        }
    }

    /// Today: what is next, what I share, what waits.
    public var todayChanges: Changes<Today> {
        Changes { [self] in
            let changes = watchToday()
            return .init(next: { try await changes.next() }, cancel: { changes.cancel() })
        }
    }
}

extension Exchange {
    /// How far a long catch-up is. Of fewer than 1,000 entries nothing is said (R11).
    public var catchUpChanges: Changes<CatchUp> {
        Changes { [self] in
            let changes = catchUp()
            return .init(next: { await changes.next() }, cancel: { changes.cancel() })
        }
    }
}
