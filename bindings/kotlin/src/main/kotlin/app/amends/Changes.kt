/** Views that change, as flows. */
package app.amends

import app.amends.ffi.Exchange
import app.amends.ffi.Space
import app.amends.model.AgreementView
import app.amends.model.CatchUp
import app.amends.model.PostView
import app.amends.model.PromiseView
import app.amends.model.Today
import app.amends.ffi.CheckInView
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow

/**
 * A view as it is, and again whenever it has changed. Each collection listens for itself,
 * and stops listening when it is cancelled. Who collects slowly sees the newest, never a
 * backlog.
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

/** Today: what is next, what I share, what waits. */
fun Space.todayChanges(): Flow<Today> =
    changes({ watchToday() }, { it.next() }, { it.cancel() })

/** How far a long catch-up is. Of fewer than 1,000 entries nothing is said (R11). */
fun Exchange.catchUpChanges(): Flow<CatchUp> =
    changes({ catchUp() }, { it.next() }, { it.cancel() })
