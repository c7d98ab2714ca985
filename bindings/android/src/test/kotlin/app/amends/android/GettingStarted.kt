package app.amends.android

import android.app.Application
import android.content.Context
import app.amends.ffi.Exchange
import app.amends.ffi.ExchangeSettings
import app.amends.ffi.HostServices
import app.amends.ffi.Space
import kotlinx.coroutines.CoroutineScope

/** The code of README.md, so that it compiles. */
object GettingStarted {
    suspend fun phone(application: Application, context: Context, applicationScope: CoroutineScope): Exchange {
        val space = Space.create(
            spaceFolder(context).path, name = "Ana", HostServices(secrets = KeystoreSecrets(context)))
        AppLifecycle(application, space, applicationScope).attach()
        val exchange = space.exchange(ExchangeSettings(discovery = NsdDiscovery(context)))
        return exchange
    }
}
