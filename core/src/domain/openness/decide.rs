//! From a command to records, or a refusal.

use super::record::{Act, Kind, Want};
use super::view::{PostState, PostView};
use crate::cbor::Value;
use crate::domain::agreement::AgreementView;
use crate::domain::agreement::revision::Category;
use crate::domain::capability::Context;
use crate::domain::ledger::{Month, ledger};
use crate::domain::pacing::Feature;
use crate::domain::pair::Who;
use crate::domain::record::Draft;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::words::{thanks, withdrawal};
use crate::limits;
use crate::text;
use crate::time::Moment;

/// A post as its author gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct NewPost {
    /// What it tells.
    pub kind: Kind,
    /// The words, typed by hand; normalised to NFC.
    pub text: String,
    /// Until when it lives; by default 1 to 30 days, by its kind.
    #[cfg_attr(feature = "uniffi", uniffi(default))]
    pub until: Option<Moment>,
    /// What its author wishes.
    #[cfg_attr(feature = "uniffi", uniffi(default))]
    pub want: Option<Want>,
    /// An amount of money, in words.
    #[cfg_attr(feature = "uniffi", uniffi(default))]
    pub amount: Option<String>,
    /// When it happened, in words.
    #[cfg_attr(feature = "uniffi", uniffi(default))]
    pub happened: Option<String>,
    /// The agreement in which it was agreed to; it must be in force.
    #[cfg_attr(feature = "uniffi", uniffi(default))]
    pub under: Option<crate::id::AgreementId>,
}

/// What a person wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Tell something.
    Post(NewPost),
    /// Correct a post of my own.
    Correct {
        /// The correction.
        text: String,
    },
    /// Take it back: its words go on both phones.
    Withdraw,
    /// Say thank you.
    Thank,
}

fn word(words: Option<&String>) -> Result<Option<Value>, Refusal> {
    Ok(match words {
        Some(words) => Some(Value::from(text::text(words)?.as_str())),
        None => None,
    })
}

/// Decides a command. `told` is how many posts this month's ledger of mine holds, `post`
/// what the command is about (all but [`Command::Post`]), `under` the agreement that a new
/// one names.
///
/// # Errors
/// A [`Refusal`]; nothing is then to be written.
pub fn decide(
    told: usize,
    post: Option<&PostView>,
    under: Option<&AgreementView>,
    command: &Command,
    context: Context<'_>,
) -> Result<Vec<Draft>, Refusal> {
    context.together()?;
    if let Command::Post(new) = command {
        context.switched_on(Feature::Openness)?;
        if told >= limits::POSTS_PER_MONTH {
            return Err(RefusalCode::CapReached.into());
        }
        return tell(new, under, context);
    }
    let post = post.ok_or(RefusalCode::NotFound)?;
    let gone = post.state != PostState::Live;
    let mine = post.by == Who::Me;
    match command {
        Command::Post(_) => Ok(Vec::new()),
        Command::Correct { .. } | Command::Withdraw if !mine => {
            Err(RefusalCode::NotYourWords.into())
        }
        _ if gone => Err(RefusalCode::NoLongerThere.into()),
        Command::Correct { .. } if post.correction_positions.len() >= limits::CORRECTIONS => {
            Err(RefusalCode::CapReached.into())
        }
        Command::Correct { text } => {
            let act = Act::Correct { of: post.position, until: post.until };
            let body = Value::map([("text", word(Some(text))?)]);
            Ok(vec![Draft { target: post.ledger, action: act.into(), body: Some(body) }])
        }
        Command::Withdraw => Ok(withdraw(post)),
        Command::Thank if mine => Err(RefusalCode::OwnWords.into()),
        Command::Thank => Ok(vec![thanks(post.ledger, post.last_told())]),
    }
}

/// Takes a post back, its corrections with it.
pub(crate) fn withdraw(post: &PostView) -> Vec<Draft> {
    let all = std::iter::once(post.position).chain(post.correction_positions.iter().copied());
    all.map(|of| withdrawal(post.ledger, of)).collect()
}

fn tell(
    new: &NewPost,
    under: Option<&AgreementView>,
    context: Context<'_>,
) -> Result<Vec<Draft>, Refusal> {
    let now = context.now;
    let until = new.until.unwrap_or(now.plus(new.kind.default_span()));
    if until <= now || until > now.plus(limits::OPENNESS_SPAN) {
        return Err(RefusalCode::LivesTooLong.into());
    }
    if new.under.is_some() {
        // What is shared under an agreement needs one that holds and binds me (R1).
        let binds = under.filter(|view| view.in_force()).and_then(|view| view.current.as_ref());
        let mine = binds.is_some_and(|revision| {
            revision.clauses.iter().any(|clause| clause.binds == Who::Me)
                || revision.clauses.iter().all(|clause| clause.category == Category::General)
        });
        if !mine {
            return Err(RefusalCode::NotInForce.into());
        }
    }
    let body = Value::map([
        ("text", word(Some(&new.text))?),
        ("want", new.want.map(|want| want.code().into())),
        ("amount", word(new.amount.as_ref())?),
        ("happened", word(new.happened.as_ref())?),
    ]);
    let act = Act::Post { kind: new.kind, until, under: new.under.map(crate::id::DocId::from) };
    let target = ledger(context.pair.id, context.me, Month::of(now));
    Ok(vec![Draft { target, action: act.into(), body: Some(body) }])
}
