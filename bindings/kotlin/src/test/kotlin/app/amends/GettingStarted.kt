package app.amends

import app.amends.ffi.ExchangeSettings
import app.amends.ffi.HostServices
import app.amends.ffi.SecretStore
import app.amends.ffi.Space
import app.amends.model.AgreementView
import app.amends.model.AmendsException
import app.amends.model.RefusalCode
import app.amends.model.Terms
import kotlinx.coroutines.flow.collect

/** The code of README.md, so that it compiles. */
object GettingStarted {
    suspend fun phone(folder: String, keystore: SecretStore): Space {
        // The first time the app is opened; from then on Space.open.
        val space = Space.create(folder, name = "Ana", HostServices(secrets = keystore))
        return space
    }

    suspend fun pairing(space: Space, ask: suspend (name: String, digits: String) -> Boolean) {
        space.pairShow(listen = "0.0.0.0:0").use { pairing ->
            println("Type ${pairing.code()} on the other phone, or scan ${pairing.qr()}")
            val asked = pairing.asked()
            pairing.answer(ask(asked.name, asked.code))
            pairing.finished()
        }
    }

    suspend fun words(space: Space, terms: Terms) {
        space.agreements().propose(terms)
        space.agreementChanges().collect { agreements -> agreements.forEach(::show) }
    }

    suspend fun yes(space: Space, shown: AgreementView) {
        try {
            space.agreements().consent(shown, shown.onTable.first().hash)
        } catch (refused: AmendsException.Refused) {
            when (refused.code) {
                RefusalCode.STALE_VIEW -> println("It has changed: please read it again.")
                else -> println(refused.userMessage)
            }
        }
    }

    suspend fun inStep(space: Space) {
        val exchange = space.exchange(ExchangeSettings(peers = listOf("192.168.0.7:4444")))
        // … as long as the app is in the foreground; then
        exchange.stop()
        exchange.finished()
    }

    private fun show(agreement: AgreementView) = println(agreement.state)
}
