/** A space with something in it, for previews. */
package app.amends.testing

import app.amends.ffi.Space
import app.amends.model.Due
import app.amends.model.NewNote
import app.amends.model.NewPost
import app.amends.model.NewPromise
import app.amends.model.NewTalk
import app.amends.model.NoteContent
import app.amends.model.PostKind
import kotlin.time.Duration.Companion.days

/**
 * Ana's space, paired with Ben's, always with the same words: an agreement in force, one that waits
 * for her, a promise and a post of Ben's, a talk that he proposes, and a note of her own. Its files are
 * temporary; shut it down when the preview ends.
 */
suspend fun Space.Companion.preview(): Space {
    val phones = Phones.paired()
    val (ana, ben) = phones.ana.space to phones.ben.space
    ana.agreements().propose(plain("We talk on Sundays."))
    phones.meet()
    val seen = ben.agreements().list().single()
    ben.agreements().consent(seen, seen.onTable.single().hash)
    ben.agreements().propose(plain("We cook on Fridays."))
    ben.promises().make(NewPromise("I call you when I leave.", Due.At(BEGIN + 1.days), "UTC"))
    ben.openness().post(NewPost(PostKind.PLAN, "I am home at six."))
    ben.hearing().proposeTalk(NewTalk("The weekend", BEGIN + 2.days))
    ana.inner().write(NewNote(NoteContent.Journal("I slept well.")))
    phones.meet()
    ben.shutdown()
    ben.close()
    return ana
}
