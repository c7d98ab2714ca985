//! From a command to records, or a refusal.

use super::fold::{Pacing, PairLimits};
use super::record::{Act, Contact};
use crate::domain::capability::Context;
use crate::domain::record::Draft;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::time::Moment;

/// What a person wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Set one's own vote.
    Limit(PairLimits),
    /// Take space.
    Begin {
        /// Until when; until its author ends it otherwise.
        until: Option<Moment>,
        /// What contact is fine.
        contact: Contact,
    },
    /// End one's own space early.
    End,
}

/// Decides a command. Space needs nobody, and neither does a limit.
pub(super) fn decide(
    pacing: &Pacing,
    command: &Command,
    context: Context<'_>,
) -> Result<Vec<Draft>, Refusal> {
    context.together()?;
    let target = context.pair.document();
    let draft = |act: Act| Draft { target, action: act.into(), body: None };
    match command {
        Command::Limit(PairLimits { retention_days: Some(0), .. }) => {
            Err(RefusalCode::DaysInvalid.into())
        }
        Command::Limit(vote) => {
            let off = vote.off.iter().copied().collect();
            Ok(vec![draft(Act::SetLimits { retention: vote.retention_days, off })])
        }
        Command::Begin { until: Some(until), .. } if *until <= context.now => {
            Err(RefusalCode::NotAhead.into())
        }
        Command::Begin { until, contact } => {
            Ok(vec![draft(Act::BeginSpace { until: *until, contact: *contact })])
        }
        Command::End => {
            let space = pacing.space(context.side, context.now);
            let mine = space.map(|space| space.positions).unwrap_or_default();
            if mine.is_empty() {
                return Err(RefusalCode::NoSpace.into());
            }
            Ok(mine.into_iter().map(|of| draft(Act::EndSpace { of })).collect())
        }
    }
}
