package app.amends

import app.amends.ffi.HostServices
import app.amends.ffi.Pairing
import app.amends.ffi.SecretStore
import app.amends.ffi.Space
import app.amends.ffi.SyncOptions
import app.amends.model.AgreementKind
import app.amends.model.AgreementView
import app.amends.model.AmendsException
import app.amends.model.Category
import app.amends.model.Due
import app.amends.model.NewPromise
import app.amends.model.RefusalCode
import app.amends.model.Terms
import app.amends.model.TermsClause
import app.amends.model.Who
import app.amends.testing.withPhones
import kotlin.time.Duration.Companion.hours
import org.junit.jupiter.api.Assertions.assertEquals

/** The code of README.md, so that it compiles. */
class GettingStarted(private val ask: suspend (String) -> Boolean, private val draw: (String) -> Unit) {
    suspend fun phone(folder: String, keystore: SecretStore): Space {
        // Opens what is there, or makes it the first time.
        val space = Space.openOrCreate(folder, name = "Ana", HostServices(secrets = keystore))
        return space
    }

    suspend fun shows(space: Space) {
        val pairing = space.pairShow(listen = "0.0.0.0:0")
        draw(pairing.qr()!!)
        compare(pairing)
    }

    suspend fun scans(space: Space, scanned: String) {
        compare(space.pairScan(scanned))
    }

    suspend fun compare(pairing: Pairing) {
        val asked = pairing.asked()
        pairing.answer(ask("Does ${asked.name}'s phone show ${asked.code}, too?"))
        pairing.finished()
    }

    suspend fun words(space: Space) {
        val sundays = TermsClause(text = "We talk on Sundays.", binds = Who.BOTH, category = Category.General)
        val terms = Terms(kind = AgreementKind.Communication, clauses = listOf(sundays), lang = "en")
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
        space.startSync(SyncOptions(listen = "0.0.0.0:4444", peers = listOf("192.168.0.7:4444")))
        // … for as long as the two are to stay in step; then
        space.stopSync()
    }

    suspend fun tested() {
        withPhones {
            ben.space.promises().make(NewPromise("I call you.", Due.At(ben.space.now() + 1.hours), "UTC"))
            meet()
            assertEquals("I call you.", ana.space.promises().list().single().action)
        }
    }

    private fun show(agreement: AgreementView) = println(agreement.state)
}
