/** How an app on Android lives, told to a space. */
package app.amends.android

import android.app.Activity
import android.app.Application
import android.content.Context
import android.net.ConnectivityManager
import android.net.LinkProperties
import android.net.Network
import android.os.Bundle
import app.amends.Foreground
import app.amends.ffi.Space
import kotlinx.coroutines.CoroutineScope
import java.io.File

/** The folder for a space: of this app alone, and where no backup looks. */
fun spaceFolder(context: Context, name: String = "amends"): File =
    File(context.noBackupFilesDir, name)

/**
 * Suspends the space a while after the app's last screen has gone, resumes it with the next,
 * and tells it when the network changes, from [attach] to [detach]. Detach it before the space
 * is closed.
 */
class AppLifecycle(
    private val application: Application,
    private val space: Space,
    scope: CoroutineScope,
) : Application.ActivityLifecycleCallbacks {
    private val foreground = Foreground(space, scope)
    private val connectivity =
        application.getSystemService(Context.CONNECTIVITY_SERVICE) as ConnectivityManager
    /** What was seen to start: attached late, it has not seen every start. */
    private val started = mutableSetOf<Activity>()

    /** Begins to listen, on the main thread. */
    fun attach() {
        application.registerActivityLifecycleCallbacks(this)
        connectivity.registerDefaultNetworkCallback(network)
    }

    /** Listens no more. */
    fun detach() {
        application.unregisterActivityLifecycleCallbacks(this)
        connectivity.unregisterNetworkCallback(network)
    }

    private val network = object : ConnectivityManager.NetworkCallback() {
        override fun onAvailable(network: Network) = changed()
        override fun onLinkPropertiesChanged(network: Network, properties: LinkProperties) = changed()
        override fun onLost(network: Network) = changed()

        private fun changed() {
            // A last word of the system may come after the space was closed.
            runCatching { space.networkChanged() }
        }
    }

    override fun onActivityStarted(activity: Activity) {
        started += activity
        foreground.enter()
    }

    override fun onActivityStopped(activity: Activity) {
        started -= activity
        if (started.isEmpty()) foreground.leave()
    }

    override fun onActivityCreated(activity: Activity, state: Bundle?) = Unit
    override fun onActivityResumed(activity: Activity) = Unit
    override fun onActivityPaused(activity: Activity) = Unit
    override fun onActivitySaveInstanceState(activity: Activity, state: Bundle) = Unit
    override fun onActivityDestroyed(activity: Activity) = Unit
}
