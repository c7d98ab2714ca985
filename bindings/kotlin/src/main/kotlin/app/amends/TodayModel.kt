/** A screen's worth of state, to show that a shell needs no rules of its own. */
package app.amends

import app.amends.ffi.Space
import app.amends.model.AgreementId
import app.amends.model.AmendsException
import app.amends.model.NextDue
import app.amends.model.SharedItem
import app.amends.model.Today
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.catch
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.flow.retryWhen
import kotlinx.coroutines.flow.stateIn

/** What the first screen shows. */
data class TodayState(
    /** What is next, the most urgent first. */
    val next: List<NextDue>,
    /** All that I share now or would share (R8). */
    val shared: List<SharedItem>,
    /** Agreements that wait for my answer. */
    val waiting: List<AgreementId>,
) {
    internal constructor(today: Today) :
        this(today.next, today.shared, today.agreements.waitingForMe)
}

/**
 * The state of the first screen for as long as [scope] lives; `null` until it is first
 * read. What it shows is decided by the library alone.
 */
class TodayModel(private val space: Space, scope: CoroutineScope) {
    private val failures = MutableStateFlow<AmendsException?>(null)

    private val states: Flow<TodayState> = space.todayChanges()
        .map(::TodayState)
        .onEach { failures.value = null }
        .retryWhen { cause, _ ->
            // A full disk, say: it is looked again, until the scope ends.
            (cause is AmendsException && cause !is AmendsException.Closed).also {
                failures.value = cause as? AmendsException
                if (it) delay(1.seconds)
            }
        }
        .catch { }

    /** Why it cannot be read just now. */
    val failure: StateFlow<AmendsException?> = failures.asStateFlow()

    /** What the screen shows. */
    val state: StateFlow<TodayState?> = states.stateIn(scope, SharingStarted.Eagerly, null)

    /** Ends at once all that binds me to share. It needs nobody's yes. */
    suspend fun stopAll(): List<SharedItem> = space.stopAll()
}
