/** A screen's worth of state, to show that a shell needs no rules of its own. */
package app.amends

import app.amends.ffi.Space
import app.amends.model.DocId
import app.amends.model.NextDue
import app.amends.model.SharedItem
import app.amends.model.Today
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.stateIn

/** What the first screen shows. */
data class TodayState(
    /** What is next, the most urgent first. */
    val next: List<NextDue>,
    /** All that I share now or would share (R8). */
    val shared: List<SharedItem>,
    /** Agreements that wait for my answer. */
    val waiting: List<DocId>,
) {
    internal constructor(today: Today) :
        this(today.next, today.shared, today.agreements.waitingForMe)
}

/**
 * The state of the first screen for as long as [scope] lives; `null` until it is first
 * read. What it shows is decided by the library alone.
 */
class TodayModel(private val space: Space, scope: CoroutineScope) {
    private val states: Flow<TodayState> = space.todayChanges().map(::TodayState)

    /** What the screen shows. */
    val state: StateFlow<TodayState?> = states.stateIn(scope, SharingStarted.Eagerly, null)

    /** Ends at once all that binds me to share. It needs nobody's yes. */
    suspend fun stopAll(): List<SharedItem> = space.stopAll()
}
