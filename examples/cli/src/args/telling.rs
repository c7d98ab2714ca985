//! What one tells and the other may answer.

use super::values::moment;
use crate::reference::Reference;
use amends::time::Moment;
use amends::{Form, ItemPart, NewItem, Reply, Role, Section, Wish};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

/// Tellings.
#[derive(Debug, Subcommand)]
pub enum TellingCommand {
    /// Tell something. Your partner sees it when the phones next meet.
    Tell(Telling),
    /// Tell something of yours anew. What you told before stays beside it.
    Anew {
        /// Which.
        id: Reference,
        /// What it says.
        #[command(flatten)]
        content: Content,
    },
    /// Answer something. No answer is owed, and nobody sees whether you looked.
    Answer {
        /// What is answered.
        id: Reference,
        /// The answer. Which fits depends on what was told: hurt takes heard and talk, a question
        /// here, in_person, counsellor, not_now and declined.
        #[arg(value_parser = replies())]
        reply: Reply,
        /// In words, where the answer takes some.
        text: Option<String>,
        /// Not now: until when (RFC 3339).
        #[arg(long, value_name = "TIME", value_parser = moment)]
        until: Option<Moment>,
    },
    /// Take something of yours back. Its words go on both phones.
    TakeBack {
        /// What was told.
        id: Reference,
        /// The words of one telling or answer only, by the id beside them.
        #[arg(long)]
        words: Option<Reference>,
    },
    /// What was told, and what was answered.
    List {
        /// Of one form only.
        #[arg(value_parser = forms())]
        form: Option<Form>,
    },
    /// What was named as a breach, each with both accounts. Nothing here is ever
    /// "resolved".
    Breaches,
    /// Keep something to yourself until you choose to tell it. Your partner learns nothing
    /// of it.
    Keep {
        /// What it is and says so far.
        #[command(flatten)]
        telling: Telling,
        /// One that is kept already, to be written anew.
        #[arg(long)]
        id: Option<Reference>,
    },
    /// What you keep to yourself.
    Drafts,
    /// Tell what you kept to yourself.
    Offer {
        /// Which.
        draft: Reference,
    },
    /// Throw away what you kept to yourself, for good.
    Discard {
        /// Which.
        draft: Reference,
    },
}

/// What is told, and about what.
#[derive(Debug, Args)]
pub struct Telling {
    /// What it is.
    #[arg(value_parser = forms())]
    pub form: Form,
    /// What it is about: another telling.
    #[arg(long, value_name = "TELLING")]
    pub about: Option<Reference>,
    /// What it says.
    #[command(flatten)]
    pub content: Content,
}

/// What a telling says.
#[derive(Debug, Args)]
pub struct Content {
    /// The words, where it is one text.
    text: Option<String>,
    /// A part of it, as `SECTION=WORDS`; say it again for more than one.
    #[arg(long = "part", value_name = "SECTION=WORDS", value_parser = part)]
    parts: Vec<(Section, String)>,
    /// What you wish; your partner sees it before the words.
    #[arg(long, value_parser = coded(Wish::ALL, Wish::code, Wish::from_code))]
    wish: Option<Wish>,
    /// Your own part in a breach: acted, hurt or both.
    #[arg(long, value_parser = coded(Role::ALL, Role::code, Role::from_code))]
    role: Option<Role>,
}

impl Content {
    /// What is written, about nothing yet.
    pub fn item(&self, form: Form) -> NewItem {
        let mut parts: Vec<ItemPart> = Vec::new();
        let text = self.text.iter().map(|text| (Section::Text, text.clone()));
        for (section, words) in text.chain(self.parts.iter().cloned()) {
            match parts.iter_mut().find(|part| part.section == section) {
                Some(part) => part.texts.push(words),
                None => parts.push(ItemPart { section, texts: vec![words] }),
            }
        }
        NewItem { form, about: None, wish: self.wish, role: self.role, parts }
    }
}

fn part(given: &str) -> Result<(Section, String), String> {
    let known = || Section::ALL.iter().map(|one| one.code()).collect::<Vec<_>>().join(", ");
    let (section, words) = given.split_once('=').ok_or("expected SECTION=WORDS")?;
    let section = Section::from_code(section);
    Ok((section.ok_or_else(|| format!("expected one of: {}", known()))?, words.to_owned()))
}

/// A word of a closed list.
fn coded<T: Copy + Send + Sync + 'static>(
    all: &'static [T],
    code: fn(T) -> &'static str,
    read: fn(&str) -> Option<T>,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(all.iter().map(|one| code(*one)))
        .try_map(move |word| read(&word).ok_or("no such word"))
}

fn replies() -> impl TypedValueParser<Value = Reply> {
    coded(Reply::ALL, Reply::code, Reply::from_code)
}

fn forms() -> impl TypedValueParser<Value = Form> {
    let value = |form: &Form| PossibleValue::new(form.code()).help(teaches(*form));
    PossibleValuesParser::new(Form::ALL.iter().map(value))
        .try_map(|word| Form::from_code(&word).ok_or("no such form"))
}

/// What each is for, in a line.
fn teaches(form: Form) -> &'static str {
    match form {
        Form::Breach => {
            "that trust was broken: --part kinds=lie --part pattern=single --role acted"
        }
        Form::Account => "your own side of it: --part did=… --part left_undone=… --part effects=…",
        Form::Acknowledgement => {
            "own it without defence: --part what_i_did=… --part impact=… --part responsibility=…"
        }
        Form::Question => "ask; your partner may answer here, in person, later, or not",
        Form::Hurt => "say what hurts, and first what you wish for: --wish listen",
        Form::Need => "a feeling and a need: --part feelings=… --part needs=…",
        Form::Reassurance => "ask for reassurance; \"not now\" is an answer too",
        Form::SayBack => "say what you heard; your partner says whether you got it",
        Form::Topic => "something that may come up again, on good days too",
        Form::Term => "what a word means between you: --part term=…",
    }
}
