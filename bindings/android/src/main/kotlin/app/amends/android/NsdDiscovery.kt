/** Finding the other phone on the local network, on Android. */
package app.amends.android

import android.content.Context
import android.net.nsd.NsdManager
import android.net.nsd.NsdServiceInfo
import android.os.Handler
import android.os.Looper
import app.amends.ffi.Beacon
import app.amends.ffi.Discovery
import app.amends.ffi.HostException
import app.amends.ffi.Sightings
import java.net.Inet6Address
import java.net.InetAddress

/**
 * Announces this phone and looks for the other one by the system's own service discovery. The
 * name of the instance says nothing and changes every day; the host name that it leads to is the
 * system's.
 */
class NsdDiscovery(context: Context) : Discovery {
    private val nsd = context.applicationContext.getSystemService(Context.NSD_SERVICE) as NsdManager
    private var search: Search? = null

    @Synchronized
    override fun start(beacon: Beacon, sightings: Sightings) {
        search?.end()
        search = Search(nsd, beacon, sightings)
        try {
            search?.begin()
        } catch (denied: SecurityException) {
            stop()
            throw HostException.LocalNetworkDenied(denied.toString())
        }
    }

    @Synchronized
    override fun stop() {
        search?.end()
        search = null
    }
}

/** How often an instance is resolved again, and how long that waits. */
private const val TRIES = 5
private const val PAUSE_MILLIS = 2_000L

private fun address(host: InetAddress, port: Int): String = when {
    // A link-local address says by a number on which link it is.
    host is Inet6Address && host.scopeId != 0 ->
        "[${host.hostAddress!!.substringBefore('%')}%${host.scopeId}]:$port"
    host is Inet6Address -> "[${host.hostAddress}]:$port"
    else -> "${host.hostAddress}:$port"
}

/** One announcement and one search, from `start` to the next or to `stop`. */
private class Search(
    private val nsd: NsdManager,
    private val beacon: Beacon,
    private val sightings: Sightings,
) {
    /** Found and not resolved yet: the system resolves one at a time. */
    private val waiting = ArrayDeque<NsdServiceInfo>()
    private var resolving = false
    private val failed = mutableMapOf<String, Int>()
    private val later = Handler(Looper.getMainLooper())
    private var ended = false
    private val undo = mutableListOf<() -> Unit>()

    fun begin() {
        val announced = NsdServiceInfo().apply {
            serviceName = beacon.name
            serviceType = beacon.service
            port = beacon.port.toInt()
        }
        nsd.registerService(announced, NsdManager.PROTOCOL_DNS_SD, registration)
        nsd.discoverServices(beacon.service, NsdManager.PROTOCOL_DNS_SD, discovery)
    }

    /** Both end by themselves once they have begun; what is not begun yet ends then. */
    @Synchronized
    fun end() {
        ended = true
        undo.forEach { it() }
        undo.clear()
        waiting.clear()
        later.removeCallbacksAndMessages(null)
        sightings.close()
    }

    @Synchronized
    private fun begun(end: () -> Unit) {
        if (ended) end() else undo += end
    }

    @Synchronized
    private fun tell(news: Sightings.() -> Unit) {
        if (!ended) sightings.news()
    }

    private val registration = object : NsdManager.RegistrationListener {
        override fun onServiceRegistered(info: NsdServiceInfo) {
            begun { nsd.unregisterService(this) }
            if (info.serviceName != beacon.name) {
                tell { trouble("the system announces this phone under another name") }
            }
        }

        override fun onRegistrationFailed(info: NsdServiceInfo, code: Int) =
            tell { trouble("announcing failed (Android's code $code)") }

        override fun onServiceUnregistered(info: NsdServiceInfo) = Unit

        override fun onUnregistrationFailed(info: NsdServiceInfo, code: Int) = Unit
    }

    private val discovery = object : NsdManager.DiscoveryListener {
        override fun onDiscoveryStarted(type: String) = begun { nsd.stopServiceDiscovery(this) }

        override fun onServiceFound(info: NsdServiceInfo) {
            if (info.serviceName in beacon.wanted) resolve(info)
        }

        override fun onServiceLost(info: NsdServiceInfo) = tell { gone(info.serviceName) }

        override fun onStartDiscoveryFailed(type: String, code: Int) =
            tell { trouble("looking failed (Android's code $code)") }

        override fun onDiscoveryStopped(type: String) = Unit

        override fun onStopDiscoveryFailed(type: String, code: Int) = Unit
    }

    @Synchronized
    private fun resolve(info: NsdServiceInfo) {
        waiting += info
        next()
    }

    @Synchronized
    private fun resolved() {
        resolving = false
        next()
    }

    /** It is told once of each instance: what could not be resolved is tried some times more. */
    @Synchronized
    private fun again(info: NsdServiceInfo) {
        val tries = failed.merge(info.serviceName, 1, Int::plus)!!
        if (tries <= TRIES) later.postDelayed({ resolve(info) }, PAUSE_MILLIS)
    }

    private fun next() {
        if (resolving || ended) return
        val info = waiting.removeFirstOrNull() ?: return
        resolving = true
        nsd.resolveService(info, object : NsdManager.ResolveListener {
            override fun onServiceResolved(info: NsdServiceInfo) {
                tell { seen(info.serviceName, address(info.host, info.port)) }
                resolved()
            }

            override fun onResolveFailed(info: NsdServiceInfo, code: Int) {
                again(info)
                resolved()
            }
        })
    }
}
