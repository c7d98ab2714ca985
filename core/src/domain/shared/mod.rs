//! Shared items: one person's words that the other may answer (G1–G3; RULES.md, what is told
//! and answered).
//!
//! There is one kind of document for all of them. A form ([`Form`]) is a description, and
//! nothing else: what it consists of, what may be answered by whom, how long it is kept.
//! An item is written in private first, offered when its author chooses, told anew beside
//! what was seen, and taken back at any time.
//!
//! - `form`: the forms, each described once;
//! - `content`: from what is written to a body, and back to its parts;
//! - `record`: the two records that every form has;
//! - `fold`, `decide`, `view`: as in every capability;
//! - `breach`: what is seen of a breach, its accounts and its statement together.

mod breach;
mod content;
mod decide;
mod fold;
mod form;
mod record;
mod view;

pub use breach::{BreachState, BreachView, NextStep, breaches};
pub use content::{ItemDraft, ItemPart, NewItem, written};
pub use decide::Command;
pub use fold::{Item, single_salt};
pub use form::{About, Description, Form, Holds, Part, Reply, Role, Section, Takes, Wish};
pub use record::Act;
pub use view::{AnswerView, ItemState, ItemView, Subject, VersionView, beside, beside_without};

use super::capability::{Capability, Class, Context, Records, Viewing};
use super::pair::{Pair, Side};
use super::record::Draft;
use super::refusal::Refusal;
use crate::id::{DocId, Position};
use crate::time::Moment;

/// What one document holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its id.
    pub id: DocId,
    /// The item in it, if there is one.
    pub item: Option<Item>,
}

/// Shared items, as a [`Capability`].
pub struct Items;

impl Capability for Items {
    type State = Document;
    type Command = Command;
    type View = ItemView;

    const CLASS: Class = Class::Item;

    fn fold(pair: &Pair, _side: Side, of: &Records<'_>, _more: &[Records<'_>]) -> Document {
        Document { id: of.doc, item: fold::fold(pair, of) }
    }

    fn words(state: &Document, _now: Moment) -> Vec<Position> {
        state.item.iter().flat_map(Item::words).collect()
    }

    fn project(state: &Document, viewing: Viewing<'_>) -> Option<ItemView> {
        state.item.as_ref().and_then(|item| view::project(item, viewing))
    }

    fn begins(state: &Document, _command: &Command) -> bool {
        state.item.is_none()
    }

    fn decide(
        state: &Document,
        _view: Option<&ItemView>,
        command: &Command,
        context: Context<'_>,
    ) -> Result<Vec<Draft>, Refusal> {
        decide::decide(state.id, state.item.as_ref(), command, context)
    }

    /// What ends with its time is over then; a breach, an account, a topic never is.
    fn over(view: Option<&ItemView>, _before: Moment, _now: Moment) -> bool {
        view.is_none()
    }
}

#[cfg(test)]
pub(in crate::domain) mod tests;
