/** Why a command failed, in the words of the command line. */
package app.amends.harness

import app.amends.model.AmendsException
import app.amends.userMessage
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put

class Failure(val kind: String, val code: String, val text: String) : Exception(text) {
    fun json(): JsonObject = buildJsonObject {
        put("kind", kind)
        put("code", code)
        put("text", text)
    }

    companion object {
        fun usage(text: String) = Failure("usage", "Usage", text)

        /** What an app would switch over. */
        fun of(error: Exception): Failure = when (error) {
            is Failure -> error
            is AmendsException -> of(error, error.userMessage)
            else -> Failure("storage", "Io", error.toString())
        }

        private fun of(error: AmendsException, text: String): Failure = when (error) {
            is AmendsException.Refused -> Failure("refusal", pascal(error.code), text)
            is AmendsException.Locked -> Failure("locked", "Locked", text)
            is AmendsException.KeysMissing -> Failure("locked", "KeysMissing", text)
            is AmendsException.Suspended -> Failure("locked", "Suspended", text)
            is AmendsException.Closed -> Failure("storage", "Closed", text)
            is AmendsException.Storage -> Failure("storage", pascal(error.kind), text)
            is AmendsException.Link -> Failure("link", pascal(error.kind), text)
            is AmendsException.Pairing -> Failure("pairing", pascal(error.kind), text)
            is AmendsException.NeedsUpdate -> Failure("needs_update", "NeedsUpdate", text)
            is AmendsException.Invalid -> usage(text)
            is AmendsException.Internal -> Failure("storage", "Internal", text)
        }
    }
}
