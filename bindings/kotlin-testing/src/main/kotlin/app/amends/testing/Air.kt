/** What an app lends to find the other phone, in memory. */
package app.amends.testing

import app.amends.ffi.Beacon
import app.amends.ffi.Discovery
import app.amends.ffi.HostException
import app.amends.ffi.Mailbox
import app.amends.ffi.Sightings
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.CountDownLatch

/** What is announced in one place, and who hears of it; each start blocks for [pause] ms. */
class Air(private val pause: Long = 0) {
    /** Service and name of everything that was ever announced. */
    val announced = ConcurrentHashMap.newKeySet<String>()!!
    private val places = ConcurrentHashMap<String, String>()
    private val listeners = CopyOnWriteArrayList<Pair<List<String>, Sightings>>()

    private fun tell() {
        for ((wanted, sightings) in listeners) {
            places.filterKeys { it in wanted }.forEach { (name, place) -> sightings.seen(name, place) }
        }
    }

    /** The discovery of one phone. */
    fun finder() = object : Discovery {
        override fun start(beacon: Beacon, sightings: Sightings) {
            Thread.sleep(pause)
            announced += "${beacon.service} ${beacon.name}"
            places[beacon.name] = "127.0.0.1:${beacon.port}"
            listeners += beacon.wanted to sightings
            tell()
        }

        override fun stop() = Unit
    }
}

/** A folder that both phones reach, in memory. */
class SharedFolder : Mailbox {
    /** What lies in it, by name. */
    val objects = ConcurrentHashMap<String, ByteArray>()

    /** Thrown in place of every list. */
    @Volatile var failing: (() -> Nothing)? = null

    /** Who lists waits for it. */
    @Volatile var hanging: CountDownLatch? = null

    /** Whether somebody waits. */
    @Volatile var entered = false

    override fun list(): List<String> {
        entered = hanging != null
        hanging?.await()
        failing?.invoke()
        return objects.keys.toList()
    }

    override fun read(name: String): ByteArray =
        objects[name] ?: throw HostException.Failed("there is no $name")

    override fun write(name: String, bytes: ByteArray) {
        objects[name] = bytes
    }

    override fun remove(name: String) {
        objects.remove(name)
    }
}
