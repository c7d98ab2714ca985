//! What is seen of a breach: what was named, both accounts, whether it rests (F01–F11).
//! Nothing of it is ever "resolved": no state says so.

use super::form::{Form, Reply, Role, Sort};
use super::view::{ItemState, ItemView};
use crate::domain::agreement::AgreementKind;
use crate::domain::agreement::AgreementView;
use crate::domain::pacing::Silence;
use crate::domain::pair::Who;
use crate::id::AgreementId;
use serde::Serialize;

/// How a breach stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum BreachState {
    /// One has named it.
    Named,
    /// Both have told their account of it.
    TwoAccounts,
    /// Both agree to the words of a statement about it.
    JointStatement,
    /// At least one says that they see it differently: this may last, and has its dignity (F07).
    SeenDifferently,
    /// Both have put it away.
    Archived,
}

/// What can be done where the same harm happened again (F11): offered to both alike, in this
/// order, and nothing of it follows by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum NextStep {
    /// Propose a talk.
    Talk,
    /// Pause what binds oneself, each agreement or all of it.
    PauseAgreements,
    /// Take it to somebody who helps both.
    Counsellor,
    /// Leave.
    Leave,
}

impl NextStep {
    /// Every one, in the order in which they are offered.
    pub const ALL: [NextStep; 4] =
        [NextStep::Talk, NextStep::PauseAgreements, NextStep::Counsellor, NextStep::Leave];
}

/// A breach as one person sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct BreachView {
    /// What was named, and what was answered to it.
    pub named: ItemView,
    /// How it stands.
    pub state: BreachState,
    /// It rests: nothing asks for it. Either takes it up again at any time.
    pub resting: bool,
    /// The viewer's own part in it, as they say themselves (F09).
    pub my_part: Option<Role>,
    /// The partner's part in it, as they say themselves.
    pub partners_part: Option<Role>,
    /// The accounts of it, at most one of each person's.
    pub accounts: Vec<ItemView>,
    /// What was acknowledged of it.
    pub acknowledgements: Vec<ItemView>,
    /// The statement of both about it that is in force (F07).
    pub statement: Option<AgreementId>,
    /// What can be done next, where it follows another breach and does not rest (F11).
    pub next_steps: Vec<NextStep>,
}

/// The breaches among some items, newest first, each with what belongs to it. After a leave no
/// step is offered, and while one of the two has space no talk.
pub fn breaches(
    items: &[ItemView],
    agreements: &[AgreementView],
    silence: Silence,
) -> Vec<BreachView> {
    let named = items.iter().filter(|item| item.form == Form::Breach);
    let statement = |named: &ItemView| {
        let states = |view: &&AgreementView| {
            let text = view.current.as_ref().filter(|_| view.in_force());
            text.is_some_and(|text| {
                text.kind == AgreementKind::Statement && text.about == Some(named.id.into())
            })
        };
        agreements.iter().find(states).map(|view| view.id)
    };
    let open: Vec<NextStep> = match silence {
        Silence { left: true, .. } => Vec::new(),
        Silence { space: true, .. } => NextStep::ALL[1..].to_vec(),
        Silence { .. } => NextStep::ALL.to_vec(),
    };
    let each = |named: &ItemView| breach(named, items, statement(named), &open);
    let mut breaches: Vec<BreachView> = named.map(each).collect();
    breaches.sort_by_key(|breach| std::cmp::Reverse(breach.named.order()));
    breaches
}

fn breach(
    named: &ItemView,
    items: &[ItemView],
    statement: Option<AgreementId>,
    open: &[NextStep],
) -> BreachView {
    let of = |form: Form| -> Vec<ItemView> {
        let of = |item: &&ItemView| item.form == form && item.about == Some(named.id);
        items.iter().filter(of).cloned().collect()
    };
    let accounts = of(Form::Account);
    let told = |who: Who| {
        let lives = |account: &ItemView| account.state != ItemState::TakenBack;
        accounts.iter().any(|account| account.by == who && lives(account))
    };
    let each = |sort: Sort, reply: Reply| {
        [Who::Me, Who::Partner].map(|who| named.says(who, sort) == Some(reply))
    };
    let part = |who: Who| match named.by == who {
        true => named.role,
        false => match named.says(who, Sort::Part) {
            Some(Reply::Acted) => Some(Role::Acted),
            Some(Reply::WasHurt) => Some(Role::Hurt),
            Some(Reply::BothParts) => Some(Role::Both),
            _ => None,
        },
    };
    let state = if each(Sort::Archive, Reply::Archive) == [true; 2] {
        BreachState::Archived
    } else if each(Sort::Seeing, Reply::Differently).contains(&true) {
        BreachState::SeenDifferently
    } else if statement.is_some() {
        BreachState::JointStatement
    } else if told(Who::Me) && told(Who::Partner) {
        BreachState::TwoAccounts
    } else {
        BreachState::Named
    };
    // Of both together one word stands, see `fold`.
    let resting = each(Sort::Rest, Reply::Rest).contains(&true);
    let there = named.state != ItemState::TakenBack && state != BreachState::Archived;
    let again = named.about.is_some() && there && !resting;
    BreachView {
        state,
        resting,
        next_steps: if again { open.to_vec() } else { Vec::new() },
        my_part: part(Who::Me),
        partners_part: part(Who::Partner),
        acknowledgements: of(Form::Acknowledgement),
        statement,
        accounts,
        named: named.clone(),
    }
}
