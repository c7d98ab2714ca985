package app.amends.android

import android.app.Application
import android.content.Context
import app.amends.ffi.HostServices
import app.amends.ffi.Space
import app.amends.ffi.SyncOptions
import kotlinx.coroutines.CoroutineScope

/** The code of README.md, so that it compiles. */
object GettingStarted {
    suspend fun phone(application: Application, context: Context, applicationScope: CoroutineScope): Space {
        // Opens what is there, or makes it the first time.
        val services = HostServices(secrets = KeystoreSecrets(context))
        val space = Space.openOrCreate(spaceFolder(context).path, name = "Ana", services)
        AppLifecycle(application, space, applicationScope).attach()
        return space
    }

    suspend fun inStep(context: Context, space: Space) {
        space.startSync(SyncOptions(discovery = NsdDiscovery(context)))
    }
}
