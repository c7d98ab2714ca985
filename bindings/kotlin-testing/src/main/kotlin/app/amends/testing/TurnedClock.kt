/** A clock that a test turns. */
package app.amends.testing

import app.amends.ffi.HostClock
import java.util.concurrent.atomic.AtomicReference
import kotlin.time.Duration
import kotlin.time.Instant

/** A clock that stands still until it is turned. */
class TurnedClock(now: Instant, private val zone: String = "UTC") : HostClock {
    private val at = AtomicReference(now)

    override fun now(): Instant = at.get()

    override fun zone(): String = zone

    /** Turns it ahead, or back. */
    fun turn(by: Duration) {
        at.updateAndGet { it + by }
    }
}
