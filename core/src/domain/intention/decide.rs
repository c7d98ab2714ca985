//! From a command to records, or a refusal.

use super::record::Act;
use super::view::IntentionView;
use crate::domain::capability::Context;
use crate::domain::ledger::{Month, ledger};
use crate::domain::pacing::Feature;
use crate::domain::pair::Who;
use crate::domain::record::{Draft, said};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::words::{thanks, withdrawal};
use crate::id::WrittenId;
use crate::limits;
use jiff::civil::Date;

/// What a person wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Say what one intends today; it replaces what was said before.
    Say {
        /// The words.
        text: String,
        /// The local day.
        today: Date,
    },
    /// Say thank you for one of the other's.
    Thank {
        /// Which.
        id: WrittenId,
    },
    /// Take one's own back.
    Withdraw {
        /// Which.
        id: WrittenId,
    },
}

/// Decides a command on the intentions that stand.
pub(super) fn decide(
    all: &[IntentionView],
    command: &Command,
    context: Context<'_>,
) -> Result<Vec<Draft>, Refusal> {
    context.together()?;
    let named = |id: &WrittenId| {
        let found = all.iter().find(|one| one.id.0 == *id);
        found.ok_or(RefusalCode::NoLongerThere)
    };
    match command {
        Command::Say { text, today } => {
            context.switched_on(Feature::CheckIns)?;
            let until = context.now.plus(limits::CHECK_IN_RETENTION);
            let target = ledger(context.pair.id, context.me, Month::of_date(*today));
            let action = Act::Say { day: *today, until }.into();
            let first = Draft { target, action, body: Some(said(text)?) };
            // What is said anew replaces what was said before: those words go.
            let before = all.iter().filter(|one| one.by == Who::Me && one.day == *today);
            let gone = before.map(|one| withdrawal(one.ledger, one.position));
            Ok([first].into_iter().chain(gone).collect())
        }
        Command::Thank { id } => match named(id)? {
            one if one.by == Who::Me => Err(RefusalCode::OwnWords.into()),
            one => Ok(vec![thanks(one.ledger, one.position)]),
        },
        Command::Withdraw { id } => match named(id)? {
            one if one.by != Who::Me => Err(RefusalCode::NotYourWords.into()),
            one => Ok(vec![withdrawal(one.ledger, one.position)]),
        },
    }
}
