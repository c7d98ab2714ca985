//! Inner work: what one writes for oneself (F37 to F46).
//!
//! It lives in the vault and nowhere else: no record, no document and no session
//! has a type that could name it (R9, R10). What its author wants to share is
//! *copied out* as something new, with no link back.

use super::refusal::{Refusal, RefusalCode};
use crate::id::NoteId;
use crate::limits;
use crate::text;
use crate::time::Moment;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// What a note is about, in its own fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum), uniffi(name = "NoteContent"))]
pub enum Content {
    /// A page of the journal (F37).
    Journal {
        /// The words.
        text: String,
    },
    /// A trigger: a song, a place, a phone buzzing (F39).
    Trigger {
        /// What set it off.
        cue: String,
        /// What happened.
        happened: String,
        /// What helped.
        helped: String,
    },
    /// A note of self-trust (F40).
    SelfTrust {
        /// What I noticed.
        noticed: String,
        /// What I felt.
        felt: String,
        /// What I did for myself.
        did: String,
    },
    /// Something seen in what the other does, written by hand (F42).
    Observation {
        /// What was seen.
        seen: Seen,
        /// The words.
        text: String,
    },
    /// What led to a choice of mine (F10, F45).
    Reflection {
        /// The situation.
        situation: String,
        /// What I needed.
        need: String,
        /// What I chose.
        choice: String,
        /// What else there was.
        alternative: String,
    },
    /// A growth goal (F46).
    Goal {
        /// What I want to learn.
        area: String,
        /// The steps.
        steps: Vec<Step>,
        /// When I look at it again.
        review: Option<Moment>,
        /// How it stands.
        state: GoalState,
    },
    /// Where I lean (F43). Never inferred, never shown to anybody.
    Leaning {
        /// Where.
        leaning: Leaning,
        /// The words.
        text: String,
    },
}

/// What was seen in an observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Seen {
    /// Honesty.
    Honesty,
    /// Owning what was done.
    Ownership,
    /// Repair.
    Repair,
    /// Being there.
    Availability,
}

/// One step of a goal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record), uniffi(name = "GoalStep"))]
pub struct Step {
    /// The words.
    pub text: String,
    /// Whether it is done.
    pub done: bool,
}

/// How a goal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum GoalState {
    /// At work.
    Active,
    /// Resting.
    Paused,
    /// Done.
    Done,
    /// Let go.
    Dropped,
}

/// Where somebody leans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum), uniffi(name = "Inclination"))]
pub enum Leaning {
    /// To stay.
    Staying,
    /// Unsure.
    Unsure,
    /// To leave.
    Leaving,
}

/// A feeling, several at once if so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Feeling {
    /// Its name: one of those that `feelings` lists, or an own word.
    pub name: String,
    /// 1 to 5, if one likes.
    #[cfg_attr(feature = "uniffi", uniffi(default))]
    pub intensity: Option<u8>,
}

/// Feelings to choose from (F38; RULES.md, word lists); every other word is as good.
pub const FEELINGS: [&str; 38] = [
    "anger",
    "sadness",
    "withdrawal",
    "coldness",
    "fear",
    "anxiety",
    "on edge",
    "confusion",
    "doubt",
    "self-doubt",
    "grief",
    "overwhelm",
    "unsafe",
    "betrayal",
    "aloneness",
    "disrespect",
    "disappointment",
    "insecurity",
    "resentment",
    "hopelessness",
    "guilt",
    "shame",
    "remorse",
    "defensiveness",
    "impatience",
    "desperation",
    "discouragement",
    "frustration",
    "exhaustion",
    "numbness",
    "longing",
    "relief",
    "hope",
    "gratitude",
    "closeness",
    "love",
    "joy",
    "ease",
];

/// What its author writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct NewNote {
    /// What it is about.
    #[serde(flatten)]
    pub content: Content,
    /// What one felt.
    #[serde(default)]
    #[cfg_attr(feature = "uniffi", uniffi(default))]
    pub feelings: Vec<Feeling>,
    /// Words to find it by.
    #[serde(default)]
    #[cfg_attr(feature = "uniffi", uniffi(default))]
    pub tags: Vec<String>,
}

/// A note as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Note {
    /// Its id in the vault.
    pub id: NoteId,
    /// When it was written first.
    pub written: Moment,
    /// When it was changed last.
    pub changed: Option<Moment>,
    /// What it says.
    #[serde(flatten)]
    pub note: NewNote,
}

impl Content {
    /// The word for its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Content::Journal { .. } => "journal",
            Content::Trigger { .. } => "trigger",
            Content::SelfTrust { .. } => "self-trust",
            Content::Observation { .. } => "observation",
            Content::Reflection { .. } => "reflection",
            Content::Goal { .. } => "goal",
            Content::Leaning { .. } => "leaning",
        }
    }

    /// Every text of it, in order.
    pub fn texts(&self) -> Vec<&str> {
        match self {
            Content::Journal { text }
            | Content::Observation { text, .. }
            | Content::Leaning { text, .. } => vec![text],
            Content::Trigger { cue, happened, helped } => vec![cue, happened, helped],
            Content::SelfTrust { noticed, felt, did } => vec![noticed, felt, did],
            Content::Reflection { situation, need, choice, alternative } => {
                vec![situation, need, choice, alternative]
            }
            Content::Goal { area, steps, .. } => std::iter::once(area)
                .chain(steps.iter().map(|step| &step.text))
                .map(|s| &**s)
                .collect(),
        }
    }

    fn texts_mut(&mut self) -> Vec<&mut String> {
        match self {
            Content::Journal { text }
            | Content::Observation { text, .. }
            | Content::Leaning { text, .. } => vec![text],
            Content::Trigger { cue, happened, helped } => vec![cue, happened, helped],
            Content::SelfTrust { noticed, felt, did } => vec![noticed, felt, did],
            Content::Reflection { situation, need, choice, alternative } => {
                vec![situation, need, choice, alternative]
            }
            Content::Goal { area, steps, .. } => {
                std::iter::once(area).chain(steps.iter_mut().map(|step| &mut step.text)).collect()
            }
        }
    }
}

/// A note as it is written down: its texts in NFC and within their limits. The
/// first text of it must say something, the others may be empty.
///
/// # Errors
/// Those of a text; `AnswerInvalid` for an intensity beyond 5; `TextTooLong` for
/// too many feelings, tags or steps.
pub fn written(new: &NewNote) -> Result<NewNote, Refusal> {
    let mut note = new.clone();
    for (at, words) in note.content.texts_mut().into_iter().enumerate() {
        *words = if at == 0 { text::text(words)? } else { text::fragment(words)? };
    }
    let steps = match &note.content {
        Content::Goal { steps, .. } => steps.len(),
        _ => 0,
    };
    if note.feelings.len() > 20 || note.tags.len() > 20 || steps > 100 {
        return Err(RefusalCode::TextTooLong.into());
    }
    for feeling in &mut note.feelings {
        feeling.name = text::name(&feeling.name)?;
        if feeling.intensity.is_some_and(|step| !(1..=5).contains(&step)) {
            return Err(RefusalCode::AnswerInvalid.into());
        }
    }
    for tag in &mut note.tags {
        *tag = text::name(tag)?;
    }
    let all: usize = note.content.texts().iter().map(|words| words.chars().count()).sum();
    if all > 4 * limits::TEXT_SCALARS {
        return Err(RefusalCode::TextTooLong.into());
    }
    Ok(note)
}

/// Words as they are searched for: without case and accents.
fn folded(words: &str) -> String {
    if words.is_ascii() {
        return words.to_ascii_lowercase();
    }
    words
        .nfd()
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c))
        .collect::<String>()
        .to_lowercase()
        // Which of the two stands at the end of a word depends on what stands around it.
        .replace('ς', "σ")
}

/// What is searched for: words, each of which must stand somewhere in a note. Case and accents
/// do not matter.
pub struct Query {
    words: Vec<String>,
}

impl Query {
    /// The words of a text.
    pub fn new(text: &str) -> Self {
        Self { words: text.split_whitespace().map(folded).collect() }
    }

    /// Whether it may stand in a note, by the JSON that the note is kept as: most notes need not be
    /// read to be left out.
    pub fn may_stand_in(&self, json: &str) -> bool {
        let json = folded(json);
        // What JSON writes otherwise is looked for in the note itself.
        let as_it_is = |word: &&String| !word.contains(['"', '\\']);
        self.words.iter().filter(as_it_is).all(|word| json.contains(word))
    }
}

impl Note {
    /// Whether every word of a query stands somewhere in it.
    pub fn matches(&self, query: &Query) -> bool {
        let mut all: Vec<String> = self.note.content.texts().into_iter().map(folded).collect();
        all.extend(self.note.tags.iter().map(|tag| folded(tag)));
        all.extend(self.note.feelings.iter().map(|feeling| folded(&feeling.name)));
        all.push(self.note.content.kind().to_owned());
        query.words.iter().all(|word| all.iter().any(|text| text.contains(word)))
    }

    /// A part of one of its texts, to be copied out: the words themselves, which
    /// must stand in it exactly.
    ///
    /// # Errors
    /// `NotFound` where they do not, those of a text.
    pub fn excerpt(&self, words: &str) -> Result<String, Refusal> {
        let words = text::text(words)?;
        let found = self.note.content.texts().iter().any(|text| text.contains(&words));
        if found { Ok(words) } else { Err(RefusalCode::NotFound.into()) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn note(content: Content) -> Note {
        let feelings = vec![Feeling { name: "Rélief".into(), intensity: Some(2) }];
        let note = NewNote { content, feelings, tags: vec!["kitchen".into()] };
        Note { id: NoteId(crate::id::DocId([1; 16])), written: Moment(0), changed: None, note }
    }

    #[test]
    fn f37_notes_are_found_by_any_of_their_words_without_case_and_accents() {
        let page = note(Content::Journal { text: "Today the café felt safe.".into() });
        for query in ["CAFE", "safe café", "relief", "kitchen today", "journal", ""] {
            assert!(page.matches(&Query::new(query)), "{query}");
        }
        assert!(!page.matches(&Query::new("safe garden")));
    }

    #[test]
    fn f37_what_is_left_out_unread_would_not_have_matched() {
        let texts = [
            "She said \"no\" to C:\\home,\nand left\tat noon.",
            "Η ΟΔΟΣ. ΟΔΟΣ\nΣ b\tΣ",
            "Straße, naïve İstanbul e\u{301}",
            "plain words",
        ];
        for text in texts {
            let page = note(Content::Journal { text: text.into() });
            let json = serde_json::to_string(&page).unwrap();
            for (from, _) in text.char_indices() {
                for (to, _) in text.char_indices().filter(|(to, _)| from < *to) {
                    let query = Query::new(&text[from..to]);
                    assert!(
                        !page.matches(&query) || query.may_stand_in(&json),
                        "{}",
                        &text[from..to]
                    );
                }
            }
            assert!(!Query::new("garden").may_stand_in(&json));
        }
    }

    #[test]
    fn an_excerpt_is_exactly_what_stands_there() {
        let page = note(Content::Journal { text: "I was afraid. Then we laughed.".into() });
        assert_eq!(page.excerpt(" Then we laughed. ").unwrap(), "Then we laughed.");
        assert_eq!(page.excerpt("We cried.").unwrap_err().code, RefusalCode::NotFound);
    }

    #[test]
    fn notes_are_bounded_and_normalised() {
        let write = |note: &Note| written(&note.note);
        let page = note(Content::Journal { text: " Cafe\u{301} ".into() });
        let Content::Journal { text } = write(&page).unwrap().content else { panic!() };
        assert_eq!(text, "Café");
        assert!(write(&note(Content::Journal { text: " ".into() })).is_err());
        let mut strong = page.clone();
        strong.note.feelings[0].intensity = Some(6);
        assert_eq!(write(&strong).unwrap_err().code, RefusalCode::AnswerInvalid);
        let step = Step { text: "x".into(), done: false };
        let goal = Content::Goal {
            area: "patience".into(),
            steps: vec![step; 101],
            review: None,
            state: GoalState::Active,
        };
        assert!(write(&note(goal)).is_err());
    }

    #[test]
    fn a_note_holds_so_many_feelings_tags_steps_and_words_and_no_more() {
        let fits = |change: &dyn Fn(&mut NewNote)| {
            let mut page = note(Content::Journal { text: "Today.".into() }).note;
            change(&mut page);
            written(&page).map(|_| ()).map_err(|refused| refused.code)
        };
        let long = Err(RefusalCode::TextTooLong);
        let feeling = Feeling { name: "relief".into(), intensity: None };
        let feelings = |count| fits(&|page| page.feelings = vec![feeling.clone(); count]);
        assert_eq!((feelings(20), feelings(21)), (Ok(()), long));
        let tags = |count| fits(&|page| page.tags = vec!["kitchen".into(); count]);
        assert_eq!((tags(20), tags(21)), (Ok(()), long));
        let goal = |count: usize, words: usize| {
            let step = |at: usize| Step {
                text: "w".repeat(words / count + usize::from(at < words % count)),
                done: false,
            };
            let steps = (0..count).map(step).collect();
            let (area, review, state) = ("a".to_owned(), None, GoalState::Active);
            fits(&|page| {
                let (area, steps) = (area.clone(), Vec::clone(&steps));
                page.content = Content::Goal { area, steps, review, state };
            })
        };
        assert_eq!((goal(100, 100), goal(101, 101)), (Ok(()), long));
        let most = 4 * limits::TEXT_SCALARS - 1;
        assert_eq!((goal(50, most), goal(50, most + 1)), (Ok(()), long));
    }

    #[test]
    fn notes_read_back_from_what_is_kept() {
        let trigger = note(Content::Trigger {
            cue: "a phone buzzing".into(),
            happened: "cold hands".into(),
            helped: String::new(),
        });
        let kept = serde_json::to_string(&trigger).unwrap();
        assert_eq!(serde_json::from_str::<Note>(&kept).unwrap(), trigger);
    }
}
