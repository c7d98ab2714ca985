/** When a space sleeps and wakes with its app. */
package app.amends

import app.amends.ffi.Space
import app.amends.model.AmendsException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.collectLatest
import kotlinx.coroutines.flow.drop
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/**
 * Suspends [space] once the app has been away for [linger], and resumes it when it is back. A
 * glance at another app closes nothing. Lives as long as [scope]; may be called from any
 * thread.
 */
class Foreground(private val space: Space, scope: CoroutineScope, linger: Duration = 5.seconds) {
    private val here = MutableStateFlow(true)

    init {
        scope.launch {
            here.drop(1).collectLatest { here ->
                if (!here) delay(linger)
                // Begun, it is waited for: a return in the middle must come after it.
                withContext(NonCancellable) { follow(here) }
            }
        }
    }

    private suspend fun follow(here: Boolean) {
        try {
            if (here) space.resume() else space.suspend()
        } catch (_: AmendsException) {
            // It was shut down or closed, or its disk says no: the next call says so to the person.
        }
    }

    /** The app is in the foreground. */
    fun enter() {
        here.value = true
    }

    /** The app has gone to the background. */
    fun leave() {
        here.value = false
    }
}
