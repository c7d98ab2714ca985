//! From a command to records, or a refusal.

use super::content::{NewItem, body};
use super::fold::Item;
use super::form::{About, Reply, Takes};
use super::record::Act;
use crate::domain::capability::Context;
use crate::domain::record::{Draft, said};
use crate::domain::refusal::{Refusal, RefusalCode, ahead};
use crate::domain::words::withdrawal;
use crate::id::{DocId, Position};
use crate::limits;
use crate::time::Moment;

/// What a person wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Offer an item.
    Offer {
        /// What it says.
        new: NewItem,
        /// The telling of what it is about that its author has before their eyes.
        on: Option<Position>,
    },
    /// Tell it anew, beside what was told.
    Revise {
        /// What it says.
        new: NewItem,
        /// The telling of what it is about that its author has before their eyes.
        on: Option<Position>,
    },
    /// Answer it.
    Answer {
        /// The telling that is answered.
        of: Position,
        /// What is answered.
        reply: Reply,
        /// In words.
        text: Option<String>,
        /// Until when.
        until: Option<Moment>,
    },
    /// Take it back: the words of every telling.
    TakeBack,
}

/// Decides a command on the item that stands, or on a new one.
pub(super) fn decide(
    target: DocId,
    item: Option<&Item>,
    command: &Command,
    context: Context<'_>,
) -> Result<Vec<Draft>, Refusal> {
    context.together()?;
    let Some(item) = item else {
        return match command {
            Command::Offer { new, on } => tell(target, context.salt, new, *on, context),
            _ => Err(RefusalCode::NotFound.into()),
        };
    };
    let mine = item.maker == context.side;
    match command {
        // Of some there is one about one thing: it is told anew, never twice. What was taken
        // back may be told again.
        Command::Offer { .. } if item.taken_back().is_none() => {
            Err(RefusalCode::AlreadyTold.into())
        }
        Command::Offer { new, on } | Command::Revise { new, on } => {
            if !mine {
                return Err(RefusalCode::NotYourWords.into());
            }
            if item.tellings.len() >= limits::TALK_RECORDS {
                return Err(RefusalCode::CapReached.into());
            }
            if new.form != item.form || new.about.map(DocId::from) != item.about {
                return Err(RefusalCode::SubjectInvalid.into());
            }
            tell(target, item.salt.0, new, *on, context)
        }
        Command::Answer { of, reply, text, until } => {
            answer(target, item, (*of, *reply), text.as_deref(), *until, context)
        }
        Command::TakeBack if !mine => Err(RefusalCode::NotYourWords.into()),
        Command::TakeBack if item.taken_back().is_some() => Err(RefusalCode::NoLongerThere.into()),
        Command::TakeBack => {
            let left = item.tellings.iter().filter(|told| !item.gone.contains_key(&told.id));
            Ok(left.map(|told| withdrawal(target, told.id)).collect())
        }
    }
}

fn tell(
    target: DocId,
    salt: [u8; 16],
    new: &NewItem,
    on: Option<Position>,
    context: Context<'_>,
) -> Result<Vec<Draft>, Refusal> {
    let described = new.form.described();
    let fits = match described.about {
        About::Nothing => new.about.is_none(),
        About::May(_) => true,
        About::Must(_) => new.about.is_some(),
    };
    if !fits {
        return Err(RefusalCode::SubjectInvalid.into());
    }
    let body = body(new)?;
    let until = described.keeps.map(|keeps| context.now.plus(keeps));
    let act = Act::Tell { form: new.form, salt, about: new.about.map(DocId::from), on, until };
    Ok(vec![Draft { target, action: act.into(), body: Some(body) }])
}

fn answer(
    target: DocId,
    item: &Item,
    (of, reply): (Position, Reply),
    text: Option<&str>,
    until: Option<Moment>,
    context: Context<'_>,
) -> Result<Vec<Draft>, Refusal> {
    let mine = item.maker == context.side;
    if !item.form.described().replies.contains(&reply) {
        return Err(RefusalCode::ReplyUnknown.into());
    }
    if !reply.by().lets(mine) {
        return Err(if mine { RefusalCode::OwnWords } else { RefusalCode::NotYourWords }.into());
    }
    if item.taken_back().is_some() || item.gone.contains_key(&of) {
        return Err(RefusalCode::NoLongerThere.into());
    }
    if !item.tellings.iter().any(|told| told.id == of) {
        return Err(RefusalCode::StaleView.into());
    }
    let words = match (reply.takes(), text) {
        (Takes::OnlyWords, None) => return Err(RefusalCode::TextEmpty.into()),
        (Takes::OnlyWords | Takes::Words, Some(text)) => Some(said(text)?),
        (_, Some(_)) => return Err(RefusalCode::ReplyUnknown.into()),
        (_, None) => None,
    };
    let takes = reply.takes() == Takes::Until;
    match until {
        Some(_) if !takes => return Err(RefusalCode::AnswerHasNoEnd.into()),
        Some(until) => ahead(context.now, until, limits::PROMISE_SPAN)?,
        None => {}
    }
    let mine = item.answers.iter().filter(|one| one.by == context.side).count();
    if mine >= limits::TALK_RECORDS {
        return Err(RefusalCode::CapReached.into());
    }
    let act = Act::Answer { form: item.form, of, reply, until };
    Ok(vec![Draft { target, action: act.into(), body: words }])
}
