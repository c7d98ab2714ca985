//! The capabilities of a space, each an object. What they offer is written once, in core:
//! there every public method of an exported block is one here, with its documentation
//! (see `amends_face`). Here stand only the types that their signatures name, in the form
//! that crosses.

use crate::runtime::Running;
use crate::space::Space;
use crate::views::{CheckInView, Reminder};
use amends::Adoption;
use amends::AgreementsNow;
use amends::Due;
use amends::Who;
use amends::foreign::AmendsError;
use amends::id::{
    AgreementDraftId, AgreementId, DocId, IntentionId, ItemDraftId, ItemId, NoteId, OccurrenceId,
    OwnTemplateId, PostId, PromiseId, RevisionHash, TalkId, WordsId,
};
use amends::time::Moment;
use amends::{AgreementView, Terms};
use amends::{Answers, CheckInCadence as Cadence, IntentionView, Period, Template, TemplateId};
use amends::{BreachView, Form, ItemDraft, ItemView, NewItem, Reply};
use amends::{Felt, Hint, HowItWent, NewPromise, PromiseView};
use amends::{HistoryItem, PrivateDraft, Today};
use amends::{Milestone, PatternPoint, Trend, WeekCounts};
use amends::{NewNote, Note};
use amends::{NewPost, PostKind as Kind, PostView};
use amends::{NewTalk, TalkView, Turn};
// As core's `foreign` has it: `DateTime` is another thing in other languages.
use jiff::civil::DateTime as LocalDateTime;
use std::sync::Arc;

macro_rules! faces {
    ($($(#[$doc:meta])* $object:ident: $face:ident by $calls:ident;)*) => {$(
        $(#[$doc])*
        #[derive(uniffi::Object)]
        pub struct $object(Arc<Running>);

        #[uniffi::export]
        impl Space {
            $(#[$doc])*
            pub fn $face(&self) -> Arc<$object> {
                Arc::new($object(self.0.clone()))
            }
        }

        amends::$calls!($object, |space| space.$face());
    )*};
}

faces! {
    /// What the two agree on: exact words, in force only when both said yes to them.
    Agreements: agreements by agreements_calls;
    /// Small promises and practices, and what became of them.
    Promises: promises by promises_calls;
    /// What one tells of oneself, by hand and for a while.
    Openness: openness by openness_calls;
    /// Notes that only their writer sees (R9, R10).
    Inner: inner by inner_calls;
    /// Check-ins that open for both at once, and daily intentions.
    CheckIns: check_ins by check_ins_calls;
    /// Talks at a time that suits both.
    Hearing: hearing by hearing_calls;
    /// What one tells and the other may answer.
    Shared: shared by shared_calls;
    /// What was done, in words and without a score (R16, R22).
    ProgressViews: progress by progress_calls;
}

/// The one moment that a local time in `zone` names: when a promise `Due.at` a local time
/// is due.
///
/// # Errors
/// `ZoneUnknown`; `TimeNeverOccurs` and `TimeOccursTwice` on a day on which the clocks
/// change.
#[uniffi::export]
pub fn exactly(local: LocalDateTime, zone: String) -> Result<Moment, AmendsError> {
    let at = amends::exactly(local, &zone);
    Ok(at.map_err(amends::Error::from)?)
}

/// The turns of a talk: each of `minutes`, in pairs, so that both have the same; as a timer
/// can show them (F24). Nothing measures who spoke.
#[uniffi::export]
pub fn turns(from: Moment, length: u16, minutes: u16, first: Who) -> Vec<Turn> {
    amends::turns(from, length, minutes, first)
}

/// Feelings to choose from; every other word is as good.
#[uniffi::export]
pub fn feelings() -> Vec<String> {
    amends::FEELINGS.map(str::to_owned).to_vec()
}
