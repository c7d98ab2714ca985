//! Accounts that one tells and the other asks about (F22, F30).
//!
//! An account is told by one person and may be told again; earlier tellings stay (F22),
//! and a question says on which of them it was asked (K9). No answer is owed.

mod decide;
mod fold;
mod record;
mod view;

pub use decide::Command;
pub use fold::Account;
pub use record::Act;
pub use view::{AccountView, QuestionView, TellingView};

use super::capability::{Capability, Class, Context, Records, Viewing};
use super::pair::{Pair, Side};
use super::record::Draft;
use super::refusal::Refusal;
use crate::id::Position;
use crate::time::Moment;

/// Accounts, as a [`Capability`].
pub struct Accounts;

impl Capability for Accounts {
    type State = Option<Account>;
    type Command = Command;
    type View = AccountView;

    const CLASS: Class = Class::Account;

    fn fold(pair: &Pair, _side: Side, of: &Records<'_>, _more: &[Records<'_>]) -> Self::State {
        fold::fold(pair, of)
    }

    fn words(state: &Self::State, _now: Moment) -> Vec<Position> {
        state.iter().flat_map(Account::words).collect()
    }

    fn project(state: &Self::State, viewing: Viewing<'_>) -> Option<AccountView> {
        state.as_ref().map(|account| view::project(account, viewing))
    }

    fn looks(command: &Command) -> bool {
        !matches!(command, Command::Begin { .. })
    }

    fn begins(_state: &Self::State, command: &Command) -> bool {
        matches!(command, Command::Begin { .. })
    }

    fn decide(
        _state: &Self::State,
        view: Option<&AccountView>,
        command: &Command,
        context: Context<'_>,
    ) -> Result<Vec<Draft>, Refusal> {
        decide::decide(view, command, context)
    }
}

#[cfg(test)]
mod tests;
