//! What is changed in the generated sources, each with its reason. UniFFI is pinned to one
//! version; where another one writes something else, generating fails and names the change.

/// One change of a generated source.
pub struct Change {
    /// Why it is made.
    why: &'static str,
    /// What stands there.
    from: &'static str,
    /// What is to stand there.
    to: &'static str,
    /// A source in which it need not be made: one that has none of this.
    only_with: &'static str,
    /// Wherever it stands, and not once.
    every: bool,
}

impl Change {
    /// The source after it.
    pub fn made_in(&self, source: &str) -> Result<String, String> {
        if !source.contains(self.only_with) {
            return Ok(source.to_owned());
        }
        match source.matches(self.from).count() {
            times if times == 1 || (self.every && times > 1) => {
                Ok(source.replace(self.from, self.to))
            }
            times => Err(format!("not as expected, {times} times: {}", self.why)),
        }
    }
}

/// A secret is not printed with the value that holds it.
macro_rules! silent {
    ($value:literal) => {
        Change {
            why: "a secret is not printed with what holds it",
            every: true,
            only_with: concat!($value, "()"),
            from: concat!("kotlin.String) : ", $value, "()\n        \n    {\n"),
            to: concat!(
                "kotlin.String) : ",
                $value,
                "()\n        \n    {\n        override fun toString() = \"",
                $value,
                "(…)\"\n"
            ),
        }
    };
}

/// In Kotlin.
pub const KOTLIN: &[Change] = &[
    silent!("BackupKey"),
    silent!("BackupOpener"),
    Change {
        why: "what an error says is its text, without what the app's own code threw",
        every: true,
        only_with: "sealed class AmendsException",
        from: "get() = \"details=${ `details` }\"",
        to: "get() = `details`.`userMessage`",
    },
    Change {
        why: "what an error says is its text, without what the app's own code threw",
        every: true,
        only_with: "sealed class AmendsException",
        from: "get() = \"code=${ `code` }, details=${ `details` }\"",
        to: "get() = `details`.`userMessage`",
    },
    Change {
        why: "what an error says is its text, without what the app's own code threw",
        every: true,
        only_with: "sealed class AmendsException",
        from: "get() = \"kind=${ `kind` }, details=${ `details` }\"",
        to: "get() = `details`.`userMessage`",
    },
    Change {
        why: "what an error says is its text, without what the app's own code threw",
        every: true,
        only_with: "sealed class AmendsException",
        from: "get() = \"argument=${ `argument` }, details=${ `details` }\"",
        to: "get() = `details`.`userMessage`",
    },
    Change {
        why: "the documentation is read in this language",
        every: true,
        only_with: "# Errors",
        from: "# Errors",
        to: "**Throws**",
    },
    Change {
        why: "the version of the interface is checked before the first call",
        every: false,
        only_with: "app.amends.model.uniffiEnsureInitialized()",
        from: "        app.amends.model.uniffiEnsureInitialized()\n",
        to: "        app.amends.model.uniffiEnsureInitialized()
        IntegrityCheckingUniffiLib.ensureInitialized()\n",
    },
    Change {
        why: "a text that is no Unicode is an error of ours, before the call",
        every: false,
        only_with: "fun toUtf8(value: String)",
        from: "        return Charsets.UTF_8.newEncoder().run {
            onMalformedInput(CodingErrorAction.REPORT)
            encode(CharBuffer.wrap(value))
        }
",
        to: "        return try {
            Charsets.UTF_8.newEncoder().run {
                onMalformedInput(CodingErrorAction.REPORT)
                encode(CharBuffer.wrap(value))
            }
        } catch (malformed: java.nio.charset.CharacterCodingException) {
            throw app.amends.model.AmendsException.Invalid(
                app.amends.model.ArgumentKind.TEXT,
                app.amends.model.ErrorDetails(
                    key = \"invalid.text\",
                    userMessage = \"this text holds half a character: take it out, or write it again\",
                    cause = malformed.toString(),
                ),
            ).apply { initCause(malformed) }
        }
",
    },
    Change {
        why: "a call that was refused before it was made gives back what it held",
        every: true,
        only_with: "fun <R> callWithHandle(",
        from: "            return block(this.uniffiCloneHandle())
        } finally {
",
        to: "            val handle = this.uniffiCloneHandle()
            try {
                return block(handle)
            } catch (malformed: app.amends.model.AmendsException.Invalid) {
                // What the library itself refuses has no other exception as its cause.
                if (malformed.cause is java.nio.charset.CharacterCodingException) uniffiGiveBack(handle)
                throw malformed
            }
        } finally {
",
    },
    Change {
        why: "a call that was refused before it was made gives back what it held",
        every: true,
        only_with: "fun <R> callWithHandle(",
        from: "    // Use a static inner class instead of a closure so as not to accidentally
",
        to: "    internal fun uniffiGiveBack(handle: Long) = UniffiCleanAction(handle).run()

    // Use a static inner class instead of a closure so as not to accidentally
",
    },
    Change {
        why: "who calls what was closed is told so as by every other call",
        every: true,
        only_with: "object has already been destroyed",
        from: "                throw IllegalStateException(\"${this.javaClass.simpleName} object has already been destroyed\")
",
        to: "                throw app.amends.model.AmendsException.Closed(
                    app.amends.model.ErrorDetails(
                        key = \"closed\",
                        userMessage = \"this was closed: open it again\",
                        cause = \"the ${this.javaClass.simpleName} object was closed\",
                    ),
                )
",
    },
];

/// In Swift.
pub const SWIFT: &[Change] = &[
    Change {
        why: "the documentation is read in this language",
        every: true,
        only_with: "# Errors",
        from: "# Errors",
        to: "**Throws**",
    },
    Change {
        why: "a call that waits ends when its task is cancelled",
        every: false,
        only_with: "func uniffiRustCallAsync",
        from: "    var pollResult: Int8;
    repeat {
        pollResult = await withUnsafeContinuation {
            pollFunc(
                rustFuture,
                { handle, pollResult in
                    uniffiFutureContinuationCallback(handle: handle, pollResult: pollResult)
                },
                uniffiContinuationHandleMap.insert(obj: $0)
            )
        }
    } while pollResult != UNIFFI_RUST_FUTURE_POLL_READY
",
        to: "    let waiting = UniffiWaiting()
    var pollResult: Int8;
    repeat {
        pollResult = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                pollFunc(
                    rustFuture,
                    { handle, pollResult in
                        uniffiFutureContinuationCallback(handle: handle, pollResult: pollResult)
                    },
                    waiting.begin(continuation)
                )
                waiting.begun()
            }
        } onCancel: {
            waiting.cancel()
        }
        if pollResult == UNIFFI_RUST_FUTURE_CANCELLED { throw CancellationError() }
    } while pollResult != UNIFFI_RUST_FUTURE_POLL_READY
",
    },
    Change {
        why: "what waits is known to who cancels it",
        every: false,
        only_with: "func uniffiRustCallAsync",
        from: "fileprivate func uniffiRustCallAsync<F, T>(\n",
        to: "private let UNIFFI_RUST_FUTURE_CANCELLED: Int8 = 2

// What a call waits for, so that its task can be cancelled meanwhile: what it has begun in the
// library is done all the same.
private final class UniffiWaiting: @unchecked Sendable {
    private let lock = NSLock()
    private var cancelled = false
    private var isBegun = false
    private var handle: UInt64?

    func begin(_ continuation: UnsafeContinuation<Int8, Never>) -> UInt64 {
        let begun = uniffiContinuationHandleMap.insert(obj: continuation)
        change {
            handle = begun
            isBegun = false
        }
        return begun
    }

    // What was called is begun, also by a task that is cancelled already.
    func begun() {
        change { isBegun = true }
    }

    func cancel() {
        change { cancelled = true }
    }

    private func change(_ change: () -> Void) {
        lock.lock()
        change()
        let ended = cancelled && isBegun ? handle : nil
        if ended != nil { handle = nil }
        lock.unlock()
        // Not under the lock: what goes on may come here again.
        if let ended, let continuation = try? uniffiContinuationHandleMap.remove(handle: ended) {
            continuation.resume(returning: UNIFFI_RUST_FUTURE_CANCELLED)
        }
    }
}

fileprivate func uniffiRustCallAsync<F, T>(\n",
    },
    Change {
        why: "who was cancelled is told nothing any more",
        every: false,
        only_with: "func uniffiRustCallAsync",
        from: "    } else {
        print(\"uniffiFutureContinuationCallback invalid handle\")
    }
",
        to: "    }\n",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_that_is_not_as_expected_is_told_with_what_would_be_missing() {
        let change = Change { why: "it counts", every: false, from: "a", to: "b", only_with: "x" };
        assert_eq!(change.made_in("x a"), Ok("x b".into()));
        assert_eq!(change.made_in("a a"), Ok("a a".into()), "not here");
        assert_eq!(change.made_in("x"), Err("not as expected, 0 times: it counts".into()));
        assert_eq!(change.made_in("x a a"), Err("not as expected, 2 times: it counts".into()));
        let every = Change { every: true, ..change };
        assert_eq!(every.made_in("x a a"), Ok("x b b".into()));
    }
}
