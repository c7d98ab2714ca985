package app.amends.android

import android.app.Application
import android.content.Context
import app.amends.ffi.Exchange
import app.amends.ffi.ExchangeSettings
import app.amends.ffi.HostServices
import app.amends.ffi.Space
import app.amends.model.AmendsException
import app.amends.model.StorageKind
import kotlinx.coroutines.CoroutineScope

/** The code of README.md, so that it compiles. */
object GettingStarted {
    suspend fun phone(application: Application, context: Context, applicationScope: CoroutineScope): Space {
        // Opens what is there; the first time there is nothing yet.
        val (folder, services) = spaceFolder(context).path to HostServices(secrets = KeystoreSecrets(context))
        val space = try {
            Space.open(folder, services)
        } catch (missing: AmendsException.Storage) {
            if (missing.kind != StorageKind.MISSING) throw missing
            Space.create(folder, name = "Ana", services)
        }
        AppLifecycle(application, space, applicationScope).attach()
        return space
    }

    suspend fun inStep(context: Context, space: Space): Exchange {
        val exchange = space.exchange(ExchangeSettings(discovery = NsdDiscovery(context)))
        return exchange
    }
}
