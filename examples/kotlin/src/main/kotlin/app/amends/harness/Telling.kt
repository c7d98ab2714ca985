/** What one tells and the other may answer. */
package app.amends.harness

import app.amends.ffi.Space
import app.amends.model.Form
import app.amends.model.ItemDraftId
import app.amends.model.ItemId
import app.amends.model.ItemPart
import app.amends.model.NewItem
import app.amends.model.Reply
import app.amends.model.Role
import app.amends.model.Section
import app.amends.model.Wish
import app.amends.model.WordsId

/** What is said after the form: `[TEXT] [--part SECTION=WORDS]… [--about ID] [--wish W] [--role R]`. */
private class Content(words: Words) {
    val about = words.option("--about")?.let(::ItemId)
    val wish = words.option("--wish")?.let { called<Wish>(it) }
    val role = words.option("--role")?.let { called<Role>(it) }
    val parts = words.options("--part").map { it.substringBefore('=') to it.substringAfter('=') }

    fun item(form: Form, text: String?, about: ItemId?): NewItem {
        val said = listOfNotNull(text?.let { Section.TEXT to it }) +
            parts.map { (section, words) -> called<Section>(section) to words }
        val sections = said.groupBy({ it.first }, { it.second })
        return NewItem(
            form = form, about = about, wish = wish, role = role,
            parts = sections.map { (section, texts) -> ItemPart(section, texts) },
        )
    }
}

suspend fun Phone.telling(space: Space, words: Words) {
    val shared = space.shared()
    val verb = words.next("what to do")
    val content = Content(words)
    val until = words.moment("--until")
    val named = words.option("--id")?.let(::ItemDraftId)
    val only = words.option("--words")?.let(::WordsId)
    fun form() = called<Form>(words.next("what it is"))
    val view: Any = when (verb) {
        "list" -> {
            val form = words.word()?.let { called<Form>(it) }
            return say(json("told" to shared.list(form))).also { words.end() }
        }
        "breaches" -> return say(json("breaches" to shared.breaches())).also { words.end() }
        "drafts" -> return say(json("drafts" to shared.drafts())).also { words.end() }
        "tell" -> shared.offer(content.item(form(), words.word(), content.about))
        "keep" -> shared.keep(content.item(form(), words.word(), content.about), named)
        "anew" -> {
            val shown = shared.show(words.id("which telling", ::ItemId))
            shared.revise(shown.id, content.item(shown.form, words.word(), shown.about))
        }
        "answer" -> {
            val shown = shared.show(words.id("which telling", ::ItemId))
            shared.answer(shown, called<Reply>(words.next("what to answer")), words.word(), until)
        }
        "take-back" -> {
            val id = words.id("which telling", ::ItemId)
            if (only == null) {
                shared.takeBack(id)
                return say(json()).also { words.end() }
            }
            shared.withdrawWords(id, only)
        }
        "offer" -> shared.offerKept(words.id("which draft", ::ItemDraftId))
        "discard" -> {
            shared.discard(words.id("which draft", ::ItemDraftId))
            return say(json()).also { words.end() }
        }
        else -> throw Failure.usage("there is no command telling $verb here")
    }
    words.end()
    say(json(view))
}
