//! The forms that a shared item can have, each described once: its parts, the wish shown
//! before the words, what may be answered and by whom, how long its words are kept, and what
//! is left of it when they are taken back. All that is done with an item follows from here.

use crate::domain::capability::By;
use crate::domain::words::Stub;
use crate::limits;
use crate::time::{DAY, Moment};
use serde::{Deserialize, Serialize};

/// A closed list of words with stable codes.
macro_rules! closed {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $code:literal,)* }) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
        pub enum $name { $($(#[$doc])* #[serde(rename = $code)] $variant,)* }

        impl $name {
            /// All of them.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// The word in records, and wherever a word is written.
            pub const fn code(self) -> &'static str {
                match self { $($name::$variant => $code,)* }
            }

            /// From the word; `None` for one that is not known here.
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.code() == code)
            }
        }
    };
}

closed! {
    /// What an item is. The code is the family of its records.
    Form {
        /// That trust was broken: what kind of thing it was, and one's own role (F01–F03, F09).
        Breach = "breach",
        /// One's own account of it: one's part, and what it did to one (F04, F06).
        Account = "account",
        /// Owning it, in sections (F12–F16, F18, F21).
        Acknowledgement = "acknowledgement",
        /// A question to the other (F30).
        Question = "question",
        /// Pain, with what one wishes for (F31).
        Hurt = "hurt",
        /// A feeling, a need, and perhaps a request (F32).
        Need = "need",
        /// Asking for reassurance (F33).
        Reassurance = "reassurance",
        /// What one heard, said back (F25).
        SayBack = "say_back",
        /// A topic, which never closes (F29).
        Topic = "topic",
        /// What a word means between the two (F35).
        Term = "term",
    }
}

closed! {
    /// A part of an item's words.
    Section {
        /// The words, where there is one text.
        Text = "text",
        /// What kinds of breach it was (F02).
        Kinds = "kinds",
        /// Once, repeated, gradual, ongoing (F03).
        Pattern = "pattern",
        /// From when, as a day.
        From = "from",
        /// Until when, as a day.
        To = "to",
        /// Small examples of something gradual (F03).
        Examples = "examples",
        /// Reliability, care, honesty: what it touches.
        Touches = "touches",
        /// What I did.
        Did = "did",
        /// What I left undone.
        LeftUndone = "left_undone",
        /// What it did to me.
        Effects = "effects",
        /// What one feels.
        Feelings = "feelings",
        /// What one needs.
        Needs = "needs",
        /// What one asks for.
        Request = "request",
        /// What I did, in an acknowledgement.
        WhatIDid = "what_i_did",
        /// What I understand that it did to you.
        Impact = "impact",
        /// That it was mine.
        Responsibility = "responsibility",
        /// What I regret.
        Remorse = "remorse",
        /// What I change.
        Change = "change",
        /// Why it came to it: folded until the other asks for it (C2, F21).
        Explanation = "explanation",
        /// Asking to be forgiven: no answer is expected, and there is none (C1, F18).
        Forgiveness = "forgiveness",
        /// Asking whether one has understood what it did: yes, partly and not yet answer it (F13).
        Understood = "understood",
        /// The word that is explained.
        Term = "term",
    }
}

closed! {
    /// What the author wishes; to be shown before the words (F31).
    Wish {
        /// Just listen.
        Listen = "listen",
        /// Talk about it.
        Talk = "talk",
        /// Nothing.
        Nothing = "nothing",
    }
}

closed! {
    /// One's part in a breach; per breach, never of a person (F09).
    Role {
        /// I acted.
        Acted = "acted",
        /// I was hurt.
        Hurt = "hurt",
        /// Both.
        Both = "both",
    }
}

closed! {
    /// What can be answered to an item: which of them fits depends on its form.
    Reply {
        /// "I hear you."
        Heard = "heard",
        /// I would like to talk about it.
        Talk = "talk",
        /// I have received it.
        Received = "received",
        /// I am not ready.
        NotReady = "not_ready",
        /// I have no words yet.
        NoWords = "no_words",
        /// Asks for the explanation, which unfolds by it (F21).
        AskWhy = "ask_why",
        /// Answers, in words.
        Here = "here",
        /// In person.
        InPerson = "in_person",
        /// With the counsellor.
        Counsellor = "counsellor",
        /// Not now; until when can be said.
        NotNow = "not_now",
        /// No. Costs nothing (R19).
        Declined = "declined",
        /// The asker: enough for now.
        Enough = "enough",
        /// The asker: it is open again.
        Again = "again",
        /// That is what I said.
        Yes = "yes",
        /// Partly.
        Partly = "partly",
        /// Not yet.
        NotYet = "not_yet",
        /// Let it rest: prompts stop.
        Rest = "rest",
        /// Take it up again.
        Reopen = "reopen",
        /// As far as I am concerned it can be put away.
        Archive = "archive",
        /// I want to have it at hand again.
        Unarchive = "unarchive",
        /// We see it differently: a state that may last (F07).
        Differently = "differently",
        /// I do not see it differently any more.
        Together = "together",
        /// My part: I acted.
        Acted = "acted",
        /// My part: I was hurt.
        WasHurt = "was_hurt",
        /// My part: both.
        BothParts = "both_parts",
    }
}

/// What a person's answers of one sort come to: of each sort, their latest stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// The reply.
    Reply,
    /// Whether the explanation was asked for.
    Why,
    /// Whether the other was understood.
    Understood,
    /// What the asker says of their own question.
    Asker,
    /// Whether it rests.
    Rest,
    /// Whether it is put away; by both.
    Archive,
    /// Whether it is seen differently.
    Seeing,
    /// One's part in it.
    Part,
}

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// The reply alone.
    Nothing,
    /// It may have words.
    Words,
    /// It is nothing without words.
    OnlyWords,
    /// It may say until when.
    Until,
}

impl Reply {
    /// Of which sort it is.
    pub fn sort(self) -> Sort {
        match self {
            Reply::AskWhy => Sort::Why,
            Reply::Yes | Reply::Partly | Reply::NotYet => Sort::Understood,
            Reply::Enough | Reply::Again => Sort::Asker,
            Reply::Rest | Reply::Reopen => Sort::Rest,
            Reply::Archive | Reply::Unarchive => Sort::Archive,
            Reply::Differently | Reply::Together => Sort::Seeing,
            Reply::Acted | Reply::WasHurt | Reply::BothParts => Sort::Part,
            _ => Sort::Reply,
        }
    }

    /// How it is written.
    pub fn takes(self) -> Takes {
        match self {
            Reply::Here => Takes::OnlyWords,
            Reply::Partly | Reply::NotYet => Takes::Words,
            Reply::NotNow => Takes::Until,
            _ => Takes::Nothing,
        }
    }

    /// Who may say it.
    pub fn by(self) -> By {
        match self.sort() {
            Sort::Asker => By::Maker,
            Sort::Rest | Sort::Archive | Sort::Seeing => By::Each,
            _ => By::Other,
        }
    }
}

/// Whether an answer that is given at a time may say that it is so until then.
pub fn may_last(at: Moment, until: Moment) -> bool {
    at < until && until.since(at) <= limits::PROMISE_SPAN
}

/// What a part holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// One text.
    Text,
    /// Some texts.
    Texts,
    /// A word or several of one's own choice, each as short as a name.
    Names,
    /// Some words of a list, or `other:` and one's own.
    Codes(&'static [&'static str]),
    /// One word of a list.
    Code(&'static [&'static str]),
    /// A day.
    Day,
}

impl Holds {
    /// Whether it is one text, never a list of them.
    pub fn one(self) -> bool {
        matches!(self, Holds::Text | Holds::Code(_) | Holds::Day)
    }
}

/// One part of a form.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// Which.
    pub section: Section,
    /// What it holds.
    pub holds: Holds,
    /// It must be there before the item can be offered.
    pub required: bool,
}

const fn part(section: Section, holds: Holds) -> Part {
    Part { section, holds, required: false }
}

const fn must(section: Section, holds: Holds) -> Part {
    Part { section, holds, required: true }
}

/// What an item may, or must, be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// Nothing.
    Nothing,
    /// It may be about items of these forms.
    May(&'static [Form]),
    /// It must be about one of these.
    Must(&'static [Form]),
}

/// All that is said of one form.
#[derive(Debug, Clone, Copy)]
pub struct Description {
    /// Its record that tells it, or tells it anew.
    pub tell: &'static str,
    /// Its record that answers it.
    pub answer: &'static str,
    /// Its parts.
    pub parts: &'static [Part],
    /// Its author says a wish first.
    pub wish: bool,
    /// Its author says their own part in it.
    pub role: bool,
    /// What it is about.
    pub about: About,
    /// Of each person, there is one of these about one item.
    pub single: bool,
    /// What can be answered.
    pub replies: &'static [Reply],
    /// For how long its words are kept, in seconds; for as long as the pair lasts where
    /// nothing is said.
    pub keeps: Option<i64>,
    /// What is left when it is taken back (RULES.md, words and bodies).
    pub stub: Stub,
    /// Of one person, so many wait at once; one more takes the place of the oldest (R31).
    pub open: Option<usize>,
    /// It asks for something only where it has this part; otherwise always, if it may wait.
    pub asks: Option<Section>,
    /// After so many seconds it waits no more, silently.
    pub lapses: Option<i64>,
}

const WORDS: &[Part] = &[must(Section::Text, Holds::Text)];

const fn described(tell: &'static str, answer: &'static str) -> Description {
    Description {
        tell,
        answer,
        parts: WORDS,
        wish: false,
        role: false,
        about: About::Nothing,
        single: false,
        replies: &[],
        keeps: None,
        stub: Stub::Week,
        open: None,
        asks: None,
        lapses: None,
    }
}

/// The kinds of breach that have a word of their own (F02; RULES.md, word lists).
pub const BREACHES: &[&str] = &[
    "lie",
    "hiding",
    "half_truth",
    "secret",
    "physical_infidelity",
    "emotional_infidelity",
    "broken_promise",
    "repeated_broken_promises",
    "emotional_absence",
    "neglect",
    "not_there_in_need",
    "hidden_debt",
    "secret_purchase",
    "money_secrecy",
    "crossed_stated_boundary",
    "crossed_unspoken_boundary",
    "words_unlike_deeds",
    "inconsistent_conduct",
    "speaking_badly",
    "not_standing_up",
    "unrepaired_misunderstandings",
    "recurrence",
    "not_classified",
];

const BREACH: Description = Description {
    parts: &[
        must(Section::Kinds, Holds::Codes(BREACHES)),
        must(Section::Pattern, Holds::Code(&["single", "repeated", "gradual", "ongoing"])),
        part(Section::From, Holds::Day),
        part(Section::To, Holds::Day),
        part(Section::Text, Holds::Text),
        part(Section::Examples, Holds::Texts),
        part(Section::Touches, Holds::Codes(&["reliability", "care", "honesty"])),
    ],
    role: true,
    about: About::May(&[Form::Breach]),
    replies: &[
        Reply::Acted,
        Reply::WasHurt,
        Reply::BothParts,
        Reply::Differently,
        Reply::Together,
        Reply::Rest,
        Reply::Reopen,
        Reply::Archive,
        Reply::Unarchive,
    ],
    stub: Stub::Lasting,
    ..described("breach.tell", "breach.answer")
};

const ACCOUNT: Description = Description {
    parts: &[
        part(Section::Text, Holds::Text),
        part(Section::Did, Holds::Texts),
        part(Section::LeftUndone, Holds::Texts),
        part(Section::Feelings, Holds::Names),
        part(Section::Effects, Holds::Text),
        part(Section::Needs, Holds::Texts),
    ],
    about: About::May(&[Form::Breach]),
    single: true,
    stub: Stub::Lasting,
    ..described("account.tell", "account.answer")
};

const ACKNOWLEDGEMENT: Description = Description {
    parts: &[
        must(Section::WhatIDid, Holds::Text),
        must(Section::Impact, Holds::Text),
        must(Section::Responsibility, Holds::Text),
        part(Section::Remorse, Holds::Text),
        part(Section::Change, Holds::Text),
        part(Section::Explanation, Holds::Text),
        part(Section::Forgiveness, Holds::Text),
        part(Section::Understood, Holds::Code(&["asked"])),
    ],
    about: About::May(&[Form::Breach]),
    replies: &[
        Reply::Received,
        Reply::Talk,
        Reply::NotReady,
        Reply::NoWords,
        Reply::Yes,
        Reply::Partly,
        Reply::NotYet,
        Reply::AskWhy,
    ],
    stub: Stub::Lasting,
    ..described("acknowledgement.tell", "acknowledgement.answer")
};

const QUESTION: Description = Description {
    about: About::May(&[Form::Breach, Form::Account, Form::Acknowledgement, Form::Topic]),
    replies: &[
        Reply::Here,
        Reply::InPerson,
        Reply::Counsellor,
        Reply::NotNow,
        Reply::Declined,
        Reply::Enough,
        Reply::Again,
    ],
    stub: Stub::Lasting,
    open: Some(limits::QUESTIONS_OPEN),
    ..described("question.tell", "question.answer")
};

const HURT: Description = Description {
    parts: &[must(Section::Text, Holds::Text), part(Section::Feelings, Holds::Names)],
    wish: true,
    about: About::May(&[Form::Breach]),
    replies: &[Reply::Heard, Reply::Talk],
    keeps: Some(limits::HURT_RETENTION),
    ..described("hurt.tell", "hurt.answer")
};

const NEED: Description = Description {
    parts: &[
        must(Section::Needs, Holds::Texts),
        part(Section::Feelings, Holds::Names),
        part(Section::Request, Holds::Text),
    ],
    replies: &[Reply::Heard, Reply::Talk, Reply::NotNow, Reply::Declined],
    open: Some(limits::REQUESTS_OPEN),
    asks: Some(Section::Request),
    lapses: Some(14 * DAY),
    ..described("need.tell", "need.answer")
};

const REASSURANCE: Description = Description {
    replies: &[Reply::Here, Reply::NotNow, Reply::Declined],
    open: Some(1),
    lapses: Some(14 * DAY),
    keeps: Some(limits::HURT_RETENTION),
    ..described("reassurance.tell", "reassurance.answer")
};

const SAY_BACK: Description = Description {
    about: About::Must(&[Form::Hurt, Form::Account, Form::Need, Form::Topic]),
    replies: &[Reply::Yes, Reply::Partly, Reply::NotYet],
    ..described("say_back.tell", "say_back.answer")
};

const TOPIC: Description = described("topic.tell", "topic.answer");

const TERM: Description = Description {
    parts: &[must(Section::Term, Holds::Names), must(Section::Text, Holds::Text)],
    ..described("term.tell", "term.answer")
};

impl Form {
    /// All that is said of it.
    pub const fn described(self) -> &'static Description {
        match self {
            Form::Breach => &BREACH,
            Form::Account => &ACCOUNT,
            Form::Acknowledgement => &ACKNOWLEDGEMENT,
            Form::Question => &QUESTION,
            Form::Hurt => &HURT,
            Form::Need => &NEED,
            Form::Reassurance => &REASSURANCE,
            Form::SayBack => &SAY_BACK,
            Form::Topic => &TOPIC,
            Form::Term => &TERM,
        }
    }
}
