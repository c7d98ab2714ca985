//! Agreements and one-sided offers.

use super::values::moment;
use crate::reference::Reference;
use amends::Who;
use amends::time::Moment;
use amends::{Adoption, AgreementKind, Category, TaperStep, TermsClause};
use clap::{Args, Subcommand};

/// Agreements.
#[derive(Debug, Subcommand)]
pub enum AgreementCommand {
    /// Keep a private draft, or list them. Nothing of it reaches your partner.
    Draft {
        /// The words.
        #[arg(long)]
        text: Option<String>,
        /// Change this draft instead of keeping a new one.
        #[arg(long, value_name = "DRAFT")]
        id: Option<Reference>,
        /// Throw this draft away.
        #[arg(long, value_name = "DRAFT", conflicts_with_all = ["text", "id"])]
        discard: Option<Reference>,
    },
    /// Open a private draft to your partner, so that both can type in it. What
    /// is typed there stays in the history.
    Open {
        /// The draft.
        draft: Reference,
        /// In this agreement instead of a new one.
        #[arg(long = "in", value_name = "ID")]
        agreement: Option<Reference>,
    },
    /// Type in the open working draft.
    Type {
        /// The agreement.
        id: Reference,
        /// The whole text as it should be.
        #[arg(long, conflicts_with_all = ["at", "delete", "insert"])]
        text: Option<String>,
        /// Where to change it, in characters (Unicode scalar values).
        #[arg(long, default_value_t = 0)]
        at: usize,
        /// How many characters to take out there.
        #[arg(long, default_value_t = 0)]
        delete: usize,
        /// What to put in there.
        #[arg(long, default_value = "")]
        insert: String,
    },
    /// Propose terms: a new agreement, or a counter or an amendment to ID.
    Propose(ProposeArgs),
    /// Show one agreement.
    Show {
        /// The agreement; the first characters of its id are enough.
        id: Reference,
    },
    /// List all agreements.
    List,
    /// Everything that was ever done with an agreement.
    History {
        /// The agreement.
        id: Reference,
    },
    /// Say yes to exactly the text that was shown.
    Consent {
        /// The agreement.
        id: Reference,
        /// Which text, where there are several: the first characters of its hash.
        #[arg(long, value_name = "HASH")]
        revision: Option<Reference>,
        /// The view that you read, as `agreement show` prints it. Without it
        /// the text is shown and you are asked.
        #[arg(long, value_name = "VIEW")]
        seen: Option<String>,
        /// Adopt a sentence that asks something of you, by its number: it binds you only then.
        /// It counts as sensitive (a day to take it back, 90 days at most) unless you say what
        /// it touches: `--adopt 1=general`. Of a sentence for both the same says that for you
        /// it is sensitive: `--adopt 2=money`.
        #[arg(long = "adopt", value_name = "NUMBER[=CATEGORY]", value_parser = adoption)]
        adopts: Vec<Adoption>,
    },
    /// Take back your proposal or your yes.
    Withdraw {
        /// The agreement.
        id: Reference,
        /// From which text; all that are open otherwise.
        #[arg(long, value_name = "HASH")]
        revision: Option<Reference>,
    },
    /// Say no to your partner's text. No reason is asked.
    Decline {
        /// The agreement.
        id: Reference,
        /// To which text; all of theirs that are open otherwise.
        #[arg(long, value_name = "HASH")]
        revision: Option<Reference>,
    },
    /// Pause your part.
    Suspend {
        /// The agreement.
        id: Reference,
    },
    /// Lift your pause.
    Resume {
        /// The agreement.
        id: Reference,
    },
    /// Propose the same once more, until later.
    Renew {
        /// The agreement.
        id: Reference,
        /// Until when (RFC 3339); as long as before otherwise.
        #[arg(long, value_name = "TIME", value_parser = moment)]
        expires: Option<Moment>,
    },
    /// End it, at once and for good. Nobody is asked.
    End {
        /// The agreement.
        id: Reference,
    },
}

/// What is proposed.
#[derive(Debug, Args)]
pub struct ProposeArgs {
    /// The agreement that this answers; a new one otherwise.
    pub id: Option<Reference>,
    /// What it is: an agreement about something, or a paper of both; --help lists them.
    #[arg(long, default_value = "communication", value_parser = kind, long_help = kinds())]
    pub kind: AgreementKind,
    /// A step on the way out of openness: `FROM=HOW-OFTEN`, as `2026-04-01T00:00:00Z=weekly`;
    /// `none` ends it. Say it again for more steps.
    #[arg(long = "taper", value_name = "FROM=HOW-OFTEN", value_parser = step)]
    pub taper: Vec<TaperStep>,
    /// What it is about: what was told, or a talk. A statement and a summary need it.
    #[arg(long, value_name = "TELLING")]
    pub about: Option<Reference>,
    /// A sentence: WHO[/CATEGORY][@HOW-OFTEN]: TEXT, where WHO is me, both, or ask: what
    /// you would like of your partner, which binds them only if they adopt it. Example: "me/whereabouts@daily: I say where I am after work."
    /// Without any, each line of the open working draft is one; there WHO is a
    /// name, as "Ben: I put my phone away."
    #[arg(long = "clause", value_name = "CLAUSE", value_parser = clause)]
    pub clauses: Vec<TermsClause>,
    /// From when (RFC 3339); at once otherwise.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub starts: Option<Moment>,
    /// Until when (RFC 3339).
    #[arg(long, value_name = "TIME", value_parser = moment, conflicts_with = "days")]
    pub expires: Option<Moment>,
    /// For how many days. Default: 180; 30 with a sensitive clause; 14 for an offer.
    #[arg(long)]
    pub days: Option<u16>,
    /// When to look at it again (RFC 3339).
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub review: Option<Moment>,
    /// Language of the words.
    #[arg(long, default_value = "en")]
    pub lang: String,
    /// Offer it one-sidedly: it binds only you and needs no answer.
    #[arg(long, conflicts_with = "id")]
    pub offer: bool,
    /// The view that this answers, as `agreement show` prints it.
    #[arg(long, value_name = "VIEW")]
    pub seen: Option<String>,
}

fn step(given: &str) -> Result<TaperStep, String> {
    let (from, cadence) = given.split_once('=').ok_or("expected FROM=HOW-OFTEN")?;
    Ok(TaperStep { from: moment(from)?, cadence: cadence.to_owned() })
}

fn adoption(given: &str) -> Result<Adoption, String> {
    let (clause, code) = match given.split_once('=') {
        Some((clause, code)) => (clause, Some(code)),
        None => (given, None),
    };
    let category = code.map(|code| {
        let known = || Category::KNOWN.iter().map(Category::code).collect::<Vec<_>>().join(", ");
        Category::from_code(code)
            .ok_or_else(|| format!("expected other:WORDS or one of: {}", known()))
    });
    Ok(Adoption { clause: clause.to_owned(), category: category.transpose()? })
}

/// What each kind is for, a line each.
fn kinds() -> String {
    use AgreementKind::{Amends, Intention, Report, Statement, Summary};
    let teaches = |kind: &AgreementKind| match kind {
        Intention => Some("that you both want to try; either may let go of it"),
        Statement => Some("what you both say happened, once both have told their side; --about"),
        Amends => Some("what one of you offers to make up for it, and asks what would help"),
        Summary => Some("what came out of a talk, in words that both agree to; --about the talk"),
        Report => Some("what a counsellor may be shown of your shared words"),
        _ => None,
    };
    let papers = AgreementKind::KNOWN.iter().filter_map(|kind| Some((kind, teaches(kind)?)));
    let papers: Vec<String> =
        papers.map(|(kind, says)| format!("- {}: {says}", kind.code())).collect();
    let plain = AgreementKind::KNOWN.iter().filter(|kind| teaches(kind).is_none());
    let plain: Vec<String> = plain.map(AgreementKind::code).collect();
    format!(
        "What it is. A paper of both:\n{}\nor an agreement about: {}, or other:WORDS",
        papers.join("\n"),
        plain.join(", ")
    )
}

fn kind(text: &str) -> Result<AgreementKind, String> {
    AgreementKind::from_code(text).ok_or_else(|| {
        let known: Vec<String> = AgreementKind::KNOWN.iter().map(AgreementKind::code).collect();
        format!("expected other:WORDS or one of: {}", known.join(", "))
    })
}

/// Reads a sentence in the form `WHO[/CATEGORY][@HOW-OFTEN]: TEXT`.
///
/// # Errors
/// What is wrong with it, and what was expected.
pub fn clause(text: &str) -> Result<TermsClause, String> {
    let (head, words) = text
        .split_once(':')
        .filter(|(head, _)| head.len() < 100)
        .ok_or("expected WHO: TEXT, for example \"both: We talk on Sunday evenings.\"")?;
    // `other:WORDS` holds a colon of its own.
    let (head, words) = match head.strip_suffix("/other") {
        Some(who) => {
            let (category, words) =
                words.split_once(':').ok_or("expected WHO/other:WORDS: TEXT")?;
            (format!("{who}/other:{category}"), words)
        }
        None => (head.to_owned(), words),
    };
    let (head, cadence) = match head.split_once('@') {
        Some((head, cadence)) => (head.to_owned(), Some(cadence.to_owned())),
        None => (head, None),
    };
    let (who, category) = head.split_once('/').unwrap_or((&head, "general"));
    let category = Category::from_code(category).ok_or_else(|| {
        let known: Vec<String> = Category::KNOWN.iter().map(Category::code).collect();
        format!("expected other:WORDS or one of these categories: {}", known.join(", "))
    })?;
    let binds = match who.trim() {
        "me" => Who::Me,
        "ask" => Who::Partner,
        "both" => Who::Both,
        other => return Err(format!("expected me, ask or both, not {other:?}")),
    };
    Ok(TermsClause { id: None, text: words.trim().to_owned(), binds, category, cadence })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn sentences_say_whom_they_bind() {
        let plain = clause("both: We talk: openly.").unwrap();
        assert_eq!((plain.binds, plain.text.as_str()), (Who::Both, "We talk: openly."));
        let full = clause("me/whereabouts@daily: I say where I am.").unwrap();
        assert_eq!((full.binds, full.category), (Who::Me, Category::Whereabouts));
        assert_eq!(full.cadence.as_deref(), Some("daily"));
        let other = clause("ask/other:pets: Feed the cat.").unwrap();
        assert_eq!(other.category, Category::Other("pets".into()));
        for bad in ["We talk.", "you: talk", "me/everything: x"] {
            assert!(clause(bad).is_err(), "{bad}");
        }
    }
}
