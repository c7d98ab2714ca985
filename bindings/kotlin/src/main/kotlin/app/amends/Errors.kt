/** Errors with a text to show, and a key for those in another language. */
package app.amends

import app.amends.model.AmendsException
import app.amends.model.ErrorDetails

/** What it says, whichever its case. */
val AmendsException.details: ErrorDetails
    get() = when (this) {
        is AmendsException.Refused -> details
        is AmendsException.Locked -> details
        is AmendsException.KeysMissing -> details
        is AmendsException.Suspended -> details
        is AmendsException.Closed -> details
        is AmendsException.Storage -> details
        is AmendsException.Link -> details
        is AmendsException.Pairing -> details
        is AmendsException.NeedsUpdate -> details
        is AmendsException.Invalid -> details
        is AmendsException.Internal -> details
    }

/**
 * A text in English that may be shown as it is: what happened, and what to do next. It holds the
 * library's own words only.
 */
val AmendsException.userMessage: String get() = details.userMessage

/** A stable key, to find the text in another language: `refused.stale_view`, `storage.full`. */
val AmendsException.key: String get() = details.key
