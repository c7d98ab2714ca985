/** Views that change, as flows. */
package app.amends

import app.amends.ffi.CheckInView
import app.amends.ffi.Space
import app.amends.model.AgreementView
import app.amends.model.Diagnostics
import app.amends.model.ItemView
import app.amends.model.Note
import app.amends.model.PostView
import app.amends.model.PromiseView
import app.amends.model.SharedItem
import app.amends.model.Status
import app.amends.model.TalkView
import app.amends.model.Today
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow

/**
 * A view as it is, and again whenever it has changed. Each collection listens for itself,
 * and stops listening when it is cancelled. Who collects slowly sees the newest, never a
 * backlog. It ends when the space is shut down or closed; one that is collected only after a
 * shutdown fails with [app.amends.model.AmendsException.Closed].
 */
private fun <S : AutoCloseable, T> changes(
    subscribe: () -> S,
    next: suspend (S) -> T?,
    cancel: (S) -> Unit,
): Flow<T> = flow {
    val subscription = subscribe()
    try {
        while (true) emit(next(subscription) ?: break)
    } finally {
        cancel(subscription)
        subscription.close()
    }
}

/** The agreements. */
fun Space.agreementChanges(): Flow<List<AgreementView>> =
    changes({ watchAgreements() }, { it.next() }, { it.cancel() })

/** The promises of both. */
fun Space.promiseChanges(): Flow<List<PromiseView>> =
    changes({ watchPromises() }, { it.next() }, { it.cancel() })

/** What both tell of themselves. */
fun Space.opennessChanges(): Flow<List<PostView>> =
    changes({ watchOpenness() }, { it.next() }, { it.cancel() })

/** The check-ins. */
fun Space.checkInChanges(): Flow<List<CheckInView>> =
    changes({ watchCheckIns() }, { it.next() }, { it.cancel() })

/** The talks. */
fun Space.talkChanges(): Flow<List<TalkView>> =
    changes({ watchTalks() }, { it.next() }, { it.cancel() })

/** What one tells and the other may answer: accounts, questions, needs, and all other forms. */
fun Space.itemChanges(): Flow<List<ItemView>> =
    changes({ watchItems() }, { it.next() }, { it.cancel() })

/** The notes that only I see, newest first. */
fun Space.noteChanges(): Flow<List<Note>> =
    changes({ watchNotes() }, { it.next() }, { it.cancel() })

/** All that I share or would share. */
fun Space.shareChanges(): Flow<List<SharedItem>> =
    changes({ watchShares() }, { it.next() }, { it.cancel() })

/** Who the two are and how things stand, pairing among it. */
fun Space.statusChanges(): Flow<Status> =
    changes({ watchStatus() }, { it.next() }, { it.cancel() })

/** Today: what is next, what I share, what waits. */
fun Space.todayChanges(): Flow<Today> =
    changes({ watchToday() }, { it.next() }, { it.cancel() })

/**
 * Whether this phone exchanges, where it listens, how far a long catch-up is, and what troubles it.
 * Of the partner's phone it says nothing.
 */
fun Space.diagnosticsChanges(): Flow<Diagnostics> =
    changes({ watchDiagnostics() }, { it.next() }, { it.cancel() })
