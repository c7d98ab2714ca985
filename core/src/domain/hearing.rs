//! Talks that both plan, and accounts that one tells and the other asks about.
//!
//! A talk has one window at a time. Either may move it; a yes counts for the
//! window that it names, so a yes that crosses a move is not a yes to the new
//! time (K17). An account is told by one person and may be told again; earlier
//! tellings stay (F22), and a question says on which of them it was asked (K9).

use super::context::Context;
use super::ledger::own_document;
use super::pair::{Pair, Who};
use super::record::{Action, Draft, Held, Words, moment, salt};
use super::refusal::{Refusal, RefusalCode};
use super::words::{Bodies, in_order, standing, text_of, withdrawn};
use crate::cbor::Value;
use crate::id::{DocId, ItemId, PersonId, Position, Salt};
use crate::limits;
use crate::text;
use crate::time::Moment;
use serde::Serialize;

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Proposes a talk, or another window for it. The words are in the body: a
    /// topic the first time.
    ProposeTalk {
        /// When it begins.
        begins: Moment,
        /// What its document's id is made from; the first time only.
        salt: Option<[u8; 16]>,
    },
    /// Says yes to a window.
    AcceptTalk {
        /// Which.
        of: Position,
    },
    /// Says no to the talk. No reason (R19).
    DeclineTalk,
    /// Ends the talk.
    EndTalk,
    /// Tells an account, or tells it anew. The words are in the body.
    Tell {
        /// What its document's id is made from.
        salt: [u8; 16],
    },
    /// Asks a question about an account as it was told then.
    Ask {
        /// The telling that the question is about.
        on: Position,
    },
    /// Answers a question. The words are in the body.
    Answer {
        /// Which.
        of: Position,
    },
}

impl Act {
    /// The kind as it stands in the record.
    pub fn kind(&self) -> &'static str {
        match self {
            Act::ProposeTalk { .. } => "talk.propose",
            Act::AcceptTalk { .. } => "talk.accept",
            Act::DeclineTalk => "talk.decline",
            Act::EndTalk => "talk.end",
            Act::Tell { .. } => "account.tell",
            Act::Ask { .. } => "account.ask",
            Act::Answer { .. } => "account.answer",
        }
    }

    /// Whether its words stand apart, in a body.
    pub fn words(&self) -> Words {
        match self {
            Act::ProposeTalk { .. } => Words::Sometimes,
            Act::Tell { .. } | Act::Ask { .. } | Act::Answer { .. } => Words::Always,
            _ => Words::Never,
        }
    }

    /// Its fields, as CBOR.
    pub fn fields(&self) -> Vec<(&'static str, Value)> {
        match self {
            Act::ProposeTalk { begins, salt } => {
                let mut fields = vec![("begins", Value::Int(begins.0))];
                fields.extend(salt.map(|salt| ("salt", salt.as_slice().into())));
                fields
            }
            Act::Tell { salt } => vec![("salt", salt.as_slice().into())],
            Act::AcceptTalk { of } | Act::Answer { of } => vec![("of", of.to_value())],
            Act::Ask { on } => vec![("on", on.to_value())],
            Act::DeclineTalk | Act::EndTalk => Vec::new(),
        }
    }

    /// From the kind and the record; `None` where it is not understood.
    pub fn read(kind: &str, value: &Value) -> Option<Self> {
        let position = |key: &str| Position::from_value(value.get(key)?);
        Some(match kind {
            "talk.propose" => Act::ProposeTalk {
                begins: moment(value, "begins")?,
                salt: match value.get("salt") {
                    Some(_) => Some(salt(value)?),
                    None => None,
                },
            },
            "talk.accept" => Act::AcceptTalk { of: position("of")? },
            "talk.decline" => Act::DeclineTalk,
            "talk.end" => Act::EndTalk,
            "account.tell" => Act::Tell { salt: salt(value)? },
            "account.ask" => Act::Ask { on: position("on")? },
            "account.answer" => Act::Answer { of: position("of")? },
            _ => return None,
        })
    }
}

/// How a talk stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum TalkState {
    /// A window waits for a yes.
    Proposed,
    /// Another window was proposed, and waits for a yes.
    Moved,
    /// Both said yes to this window.
    Accepted,
    /// Somebody said no.
    Declined,
    /// The window passed without a yes.
    Lapsed,
    /// Ended.
    Ended,
}

/// A talk as one person sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct TalkView {
    /// Its document.
    pub id: DocId,
    /// How it stands.
    pub state: TalkState,
    /// What it is about; `None` while the words are not here.
    pub topic: Option<String>,
    /// When it begins.
    pub begins: Moment,
    /// Who proposed this window.
    pub by: Who,
    /// It waits for the viewer's yes or no.
    pub waits_for_me: bool,
    /// For the library: hand it back as it is.
    #[serde(skip)]
    pub(crate) window: Position,
}

fn by(pair: &Pair, viewer: PersonId, author: PersonId) -> Who {
    if pair.index(viewer) == pair.index(author) { Who::Me } else { Who::Partner }
}

/// Projects the talk in a document for one viewer; `None` where there is none.
pub fn talk(
    pair: &Pair,
    doc: DocId,
    records: &[Held],
    viewer: PersonId,
    now: Moment,
    bodies: &Bodies<'_>,
) -> Option<TalkView> {
    let records = in_order(records);
    let of = |wanted: fn(&Act) -> bool| -> Vec<&Held> {
        // One who writes much must not crowd out what the other says; a no and an
        // end are never crowded out.
        let mut counts = [0_usize; 2];
        let counts = |held: &&&Held| match &held.record.action {
            Action::Hearing(act @ (Act::DeclineTalk | Act::EndTalk)) => wanted(act),
            Action::Hearing(act) if wanted(act) => pair.index(held.author).is_some_and(|by| {
                counts[by] += 1;
                counts[by] <= limits::TALK_RECORDS
            }),
            _ => false,
        };
        records.iter().filter(counts).copied().collect()
    };
    let windows = of(|act| matches!(act, Act::ProposeTalk { .. }));
    // The talk is made by the one whose salt its document has.
    let makes = |held: &&&Held| match held.record.action {
        Action::Hearing(Act::ProposeTalk { salt: Some(salt), .. }) => {
            own_document(pair.id, held.author, &salt) == doc
        }
        _ => false,
    };
    let first = *windows.iter().find(makes)?;
    // Across both persons: the last that nobody had seen more after, by stated time.
    let window = standing(&windows)?;
    let Action::Hearing(Act::ProposeTalk { begins, .. }) = window.record.action else {
        return None;
    };
    let accepts = of(|act| matches!(act, Act::AcceptTalk { .. }));
    let accepted = accepts.iter().any(|held| {
        let named = matches!(held.record.action, Action::Hearing(Act::AcceptTalk { of }) if of == window.id);
        named && held.author != window.author
    });
    // A no to an earlier window does not outlive a new one.
    let declined = of(|act| matches!(act, Act::DeclineTalk));
    let declined = declined.iter().any(|held| !window.past.contains(held.id));
    let ended = !of(|act| matches!(act, Act::EndTalk)).is_empty();
    let state = match (ended, declined, accepted) {
        (true, ..) => TalkState::Ended,
        (_, true, _) => TalkState::Declined,
        (.., true) => TalkState::Accepted,
        _ if now >= begins => TalkState::Lapsed,
        _ if windows.len() > 1 => TalkState::Moved,
        _ => TalkState::Proposed,
    };
    let waits = matches!(state, TalkState::Proposed | TalkState::Moved);
    Some(TalkView {
        id: doc,
        state,
        topic: bodies(first.id).and_then(|body| text_of(&body, "text")),
        begins,
        by: by(pair, viewer, window.author),
        waits_for_me: waits && window.author != viewer,
        window: window.id,
    })
}

/// One telling of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct TellingView {
    /// Its id.
    pub id: ItemId,
    /// When it was told.
    pub at: Moment,
    /// The words; `None` where they were taken back, or are not here yet.
    pub text: Option<String>,
    /// For the library: hand it back as it is.
    #[serde(skip)]
    pub(crate) position: Position,
}

/// A question about an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct QuestionView {
    /// Its id.
    pub id: ItemId,
    /// When it was asked.
    pub at: Moment,
    /// The words.
    pub text: Option<String>,
    /// It was asked on an earlier telling than the one that stands.
    pub on_earlier: bool,
    /// Whether it was answered.
    pub answered: bool,
    /// The answer, if its words are here. None is owed (F30).
    pub answer: Option<String>,
    /// The answer's id.
    pub answer_id: Option<ItemId>,
    /// For the library: hand it back as it is.
    #[serde(skip)]
    pub(crate) position: Position,
}

impl QuestionView {
    /// Whether it waits for an answer.
    pub fn waits(&self) -> bool {
        self.text.is_some() && !self.answered
    }
}

/// An account as one person sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct AccountView {
    /// Its document.
    pub id: DocId,
    /// Who tells it.
    pub by: Who,
    /// The telling that stands.
    pub text: Option<String>,
    /// Every telling, oldest first: a later one never replaces what was read.
    pub tellings: Vec<TellingView>,
    /// The other's questions, oldest first.
    pub questions: Vec<QuestionView>,
    /// For the library: hand it back as it is.
    #[serde(skip)]
    pub(crate) salt: Salt,
}

/// Projects the account in a document for one viewer; `None` where there is none.
pub fn account(
    pair: &Pair,
    doc: DocId,
    records: &[Held],
    viewer: PersonId,
    bodies: &Bodies<'_>,
) -> Option<AccountView> {
    let records = in_order(records);
    let gone = withdrawn(&records);
    let act = |held: &Held| match &held.record.action {
        Action::Hearing(act) => Some(act.clone()),
        _ => None,
    };
    let read = |position: Position| {
        let body = if gone.contains_key(&position) { None } else { bodies(position) };
        body.and_then(|body| text_of(&body, "text"))
    };
    // The account is the one's whose salt its document has.
    let tells = |held: &Held| match act(held) {
        Some(Act::Tell { salt }) => own_document(pair.id, held.author, &salt) == doc,
        _ => false,
    };
    let teller = records.iter().find(|held| tells(held))?.author;
    let told = |held: &&&Held| tells(held) && held.author == teller;
    let tellings: Vec<&Held> =
        records.iter().filter(told).take(limits::TALK_RECORDS).copied().collect();
    let current = standing(&tellings)?;
    let answers: Vec<(Position, &Held)> = records
        .iter()
        .filter(|held| held.author == teller)
        .filter_map(|held| match act(held) {
            Some(Act::Answer { of }) => Some((of, *held)),
            _ => None,
        })
        .collect();
    let question = |held: &&Held| {
        let Some(Act::Ask { on }) = act(held) else { return None };
        let known = tellings.iter().any(|telling| telling.id == on);
        if held.author == teller || !known {
            return None;
        }
        let of_this: Vec<&Held> =
            answers.iter().filter(|(of, _)| *of == held.id).map(|(_, answer)| *answer).collect();
        Some(QuestionView {
            id: held.id.item(),
            at: held.record.at.moment,
            text: read(held.id),
            on_earlier: on != current.id,
            answered: !of_this.is_empty(),
            answer: standing(&of_this).and_then(|answer| read(answer.id)),
            answer_id: standing(&of_this).map(|answer| answer.id.item()),
            position: held.id,
        })
    };
    let mut questions: Vec<QuestionView> =
        records.iter().filter_map(question).take(limits::TALK_RECORDS).collect();
    // Whatever the asker's app does, only the newest wait (R31).
    let open: Vec<usize> = (0..questions.len()).filter(|at| questions[*at].waits()).collect();
    for at in &open[..open.len().saturating_sub(limits::QUESTIONS_OPEN)] {
        questions[*at].text = None;
    }
    let telling = |held: &&Held| TellingView {
        id: held.id.item(),
        at: held.record.at.moment,
        text: read(held.id),
        position: held.id,
    };
    Some(AccountView {
        id: doc,
        by: by(pair, viewer, teller),
        text: read(current.id),
        tellings: tellings.iter().map(telling).collect(),
        questions,
        salt: match act(current) {
            Some(Act::Tell { salt }) => Salt(salt),
            _ => return None,
        },
    })
}

/// What a person wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Propose a talk about this.
    Propose {
        /// What about.
        topic: String,
        /// When it begins.
        begins: Moment,
    },
    /// Propose another window.
    Move {
        /// When it begins.
        begins: Moment,
    },
    /// Say yes to the window that was shown.
    Accept {
        /// Where it was proposed.
        window: Position,
    },
    /// Say no.
    Decline,
    /// End it.
    End,
    /// Tell an account, or tell it anew.
    Tell {
        /// The words.
        text: String,
    },
    /// Ask about the telling that was shown.
    Ask {
        /// The words.
        text: String,
    },
    /// Answer a question.
    Answer {
        /// Which.
        question: ItemId,
        /// The words.
        text: String,
    },
}

/// Decides a command on the talk or account that was shown, or on a new one whose
/// document is made from `salt`.
///
/// # Errors
/// A [`Refusal`]; nothing is then to be written.
pub fn decide(
    doc: DocId,
    salt: [u8; 16],
    talk: Option<&TalkView>,
    account: Option<&AccountView>,
    command: &Command,
    context: Context<'_>,
) -> Result<Vec<Draft>, Refusal> {
    if context.pair_state.left_at.is_some() {
        return Err(RefusalCode::PairLeft.into());
    }
    let body = |words: &str| -> Result<Option<Value>, Refusal> {
        Ok(Some(Value::map([("text", Some(text::text(words)?.as_str().into()))])))
    };
    let ahead = |begins: Moment| {
        let fits = begins > context.now && begins <= context.now.plus(limits::PROMISE_SPAN);
        if fits { Ok(()) } else { Err(RefusalCode::TimeInvalid) }
    };
    let open = |talk: Option<&TalkView>| match talk.map(|talk| talk.state) {
        None => Err(RefusalCode::NotFound),
        Some(TalkState::Ended) => Err(RefusalCode::AlreadyEnded),
        Some(_) => Ok(()),
    };
    let mut replaced = None;
    let (act, body) = match command {
        Command::Propose { topic, begins } => {
            ahead(*begins)?;
            (Act::ProposeTalk { begins: *begins, salt: Some(salt) }, body(topic)?)
        }
        Command::Move { begins } => {
            open(talk)?;
            ahead(*begins)?;
            (Act::ProposeTalk { begins: *begins, salt: None }, None)
        }
        Command::Accept { window } => {
            open(talk)?;
            if talk.is_some_and(|talk| talk.window != *window) {
                return Err(RefusalCode::StaleView.into());
            }
            let waiting = talk.filter(|talk| talk.waits_for_me);
            (Act::AcceptTalk { of: waiting.ok_or(RefusalCode::NothingToAnswer)?.window }, None)
        }
        Command::Decline => {
            open(talk)?;
            (Act::DeclineTalk, None)
        }
        Command::End => {
            open(talk)?;
            (Act::EndTalk, None)
        }
        Command::Tell { text } => {
            if account.is_some_and(|account| account.by != Who::Me) {
                return Err(RefusalCode::NotYourWords.into());
            }
            (Act::Tell { salt: account.map_or(salt, |account| account.salt.0) }, body(text)?)
        }
        Command::Ask { text } => {
            let account = account.ok_or(RefusalCode::NotFound)?;
            if account.by == Who::Me {
                return Err(RefusalCode::OwnWords.into());
            }
            let shown = account.tellings.last().ok_or(RefusalCode::NotFound)?;
            // One more than may wait takes the place of the oldest (R31).
            let mut waiting = account.questions.iter().filter(|one| one.waits());
            if waiting.clone().count() >= limits::QUESTIONS_OPEN {
                replaced = waiting.next().map(|one| one.position);
            }
            (Act::Ask { on: shown.position }, body(text)?)
        }
        Command::Answer { question, text } => {
            let account = account.ok_or(RefusalCode::NotFound)?;
            if account.by != Who::Me {
                return Err(RefusalCode::NotYourWords.into());
            }
            let asked = account.questions.iter().find(|one| one.id == *question);
            (Act::Answer { of: asked.ok_or(RefusalCode::NotFound)?.position }, body(text)?)
        }
    };
    let withdrawal = replaced.map(|of| Action::WithdrawWords { of });
    let withdrawal = withdrawal.map(|action| Draft { target: doc, action, body: None });
    let draft = Draft { target: doc, action: Action::Hearing(act), body };
    Ok([draft].into_iter().chain(withdrawal).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::domain::testing::*;
    use crate::time::DAY;

    const SALT: [u8; 16] = [5; 16];

    fn doc() -> DocId {
        own_document(PAIR, ANA, &SALT)
    }

    fn seen(written: &Written, viewer: PersonId) -> TalkView {
        let read = |position| written.bodies.get(&position).cloned();
        talk(&pair(), doc(), &written.held, viewer, BEGIN.plus(60), &read).unwrap()
    }

    fn window(days: i64) -> Action {
        Action::Hearing(Act::ProposeTalk { begins: BEGIN.plus(days * DAY), salt: Some(SALT) })
    }

    #[test]
    fn k17_a_yes_that_crosses_a_move_is_no_yes_to_the_new_time() {
        let mut written = Written::default();
        let of = written.write(ANA, 0, doc(), window(1));
        let mut yes = Written::default();
        yes.write(ANA, 0, doc(), window(1));
        let mut with_move = written;
        let moved = with_move.write(ANA, 10, doc(), window(2));
        // Ben had seen the first window only.
        yes.write(BEN, 11, doc(), Action::Hearing(Act::AcceptTalk { of }));
        with_move.held.push(yes.held.last().unwrap().clone());
        let view = seen(&with_move, BEN);
        assert_eq!((view.state, view.waits_for_me), (TalkState::Moved, true));
        with_move.held.reverse();
        assert_eq!(seen(&with_move, BEN).state, TalkState::Moved, "in every order");
        let mut later = with_move.held.last().unwrap().clone();
        later.id.index += 7;
        later.author = BEN;
        later.record.action = Action::Hearing(Act::AcceptTalk { of: moved });
        with_move.held.push(later);
        assert_eq!(seen(&with_move, ANA).state, TalkState::Accepted);
    }

    #[test]
    fn k9_a_question_on_an_earlier_telling_says_so_and_both_stay() {
        let mut written = Written::default();
        let first = written.write(ANA, 0, doc(), Action::Hearing(Act::Tell { salt: SALT }));
        written.say(first, words("I came home late."));
        let second = written.write(ANA, 10, doc(), Action::Hearing(Act::Tell { salt: SALT }));
        written.say(second, words("I came home late, and I lied about it."));
        let asked = written.write_apart(BEN, 11, doc(), Action::Hearing(Act::Ask { on: first }));
        written.say(asked, words("How late?"));
        let theirs = written.write(BEN, 12, doc(), Action::Hearing(Act::Tell { salt: SALT }));
        written.say(theirs, words("It was different."));
        let read = |position| written.bodies.get(&position).cloned();
        let view = account(&pair(), doc(), &written.held, BEN, &read).unwrap();
        assert_eq!(view.text.as_deref(), Some("I came home late, and I lied about it."));
        assert_eq!(view.tellings.len(), 2, "nobody tells in another's name");
        assert!(view.questions[0].on_earlier);
        assert_eq!(view.questions[0].text.as_deref(), Some("How late?"));
    }
}
