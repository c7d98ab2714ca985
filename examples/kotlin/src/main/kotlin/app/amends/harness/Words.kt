/** The words of a command line, taken one after the other. */
package app.amends.harness

import kotlin.time.Instant

class Words(words: List<String>) {
    private val left = words.toMutableList()

    /** The value after this option, if it is there. */
    fun option(name: String): String? {
        val at = left.indexOf(name)
        if (at < 0) return null
        left.removeAt(at)
        if (at >= left.size) throw Failure.usage("$name wants a value")
        return left.removeAt(at)
    }

    /** The values of an option that may come several times. */
    fun options(name: String): List<String> = generateSequence { option(name) }.toList()

    /** Whether this flag is there. */
    fun flag(name: String): Boolean = left.remove(name)

    /** A moment after this option, if it is there. */
    fun moment(name: String): Instant? = option(name)?.let {
        Instant.parseOrNull(it) ?: throw Failure.usage("$name wants a time such as 2026-03-02T18:30:00Z")
    }

    /** A number after this option, if it is there. */
    fun number(name: String): Int? = option(name)?.let {
        it.toIntOrNull() ?: throw Failure.usage("$name wants a number")
    }

    /** The next word. Options come before it. */
    fun next(what: String): String = word() ?: throw Failure.usage("say $what")

    /** The next word, as an id. */
    fun <I> id(what: String, of: (String) -> I): I = of(next(what))

    /** The next word, if there is one. */
    fun word(): String? = left.removeFirstOrNull()

    /** All words that are left. */
    fun rest(): List<String> = left.toList().also { left.clear() }

    /** Nothing is left that was not understood. */
    fun end() {
        if (left.isNotEmpty()) throw Failure.usage("these words say nothing here: $left")
    }
}
