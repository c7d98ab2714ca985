/** Errors with a text to show. */
package app.amends

import app.amends.model.AmendsException

/**
 * A text in English that may be shown as it is: what happened, and what to do next. An app in
 * another language switches over the case, and of a refusal over its `code`.
 */
val AmendsException.userMessage: String
    get() = when (this) {
        is AmendsException.Refused -> userMessage
        is AmendsException.Locked -> userMessage
        is AmendsException.Closed -> userMessage
        is AmendsException.Storage -> userMessage
        is AmendsException.Link -> userMessage
        is AmendsException.Pairing -> userMessage
        is AmendsException.NeedsUpdate -> userMessage
        is AmendsException.Invalid -> userMessage
        is AmendsException.Internal -> userMessage
    }
