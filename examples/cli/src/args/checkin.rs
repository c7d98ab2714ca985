//! Check-ins and intentions.

use super::values::one_of;
use crate::reference::Reference;
use amends::{CheckInCadence as Cadence, Period};
use clap::{Args, Subcommand};

/// Check-ins.
#[derive(Debug, Subcommand)]
pub enum CheckinCommand {
    /// The check-ins that can be answered now, and the last ones.
    List,
    /// The questions.
    Templates,
    /// Make questions of your own. To your partner they are a suggestion until they take
    /// them on.
    Template {
        /// Their title.
        title: String,
        /// The questions.
        #[arg(long = "item", value_name = "QUESTION", required = true)]
        items: Vec<String>,
        /// How often: daily, weekly or monthly.
        #[arg(long, value_parser = cadence, default_value = "weekly")]
        cadence: Cadence,
    },
    /// Take questions of your own back.
    DropTemplate {
        /// The template.
        id: Reference,
    },
    /// Take on questions that your partner suggests: from then on they are in your list.
    TakeOn {
        /// The template.
        id: Reference,
    },
    /// Let go of questions of your partner's: they are a suggestion again. They do not learn
    /// of it.
    LetGo {
        /// The template.
        id: Reference,
    },
    /// Keep answers as a draft that only this phone has. Every question is free.
    Answer {
        /// Answers: NUMBER=STEP (0 not at all to 4 very much), NUMBER=WORDS, or
        /// NUMBER=STEP:WORDS.
        #[arg(required = true)]
        answers: Vec<String>,
        /// Which questions; the weekly ones otherwise.
        #[arg(long, default_value = "week")]
        template: Reference,
    },
    /// Seal the draft. It opens by itself once both of you have sealed.
    Seal {
        /// Which questions.
        #[arg(long, default_value = "week")]
        template: Reference,
    },
    /// Take the seal back, as long as it is not open.
    Cancel(PeriodArgs),
    /// Take back answers that your partner has seen: the words go on both phones.
    TakeBack(PeriodArgs),
    /// Share your answers without your partner's.
    ShareAlone(PeriodArgs),
    /// Keep your answers private.
    KeepPrivate(PeriodArgs),
    /// Skip this one. Your partner learns nothing of it.
    Skip {
        /// Which questions.
        #[arg(long, default_value = "week")]
        template: Reference,
    },
    /// Say what you intend today.
    Intend {
        /// The words.
        words: String,
    },
    /// The intentions of both of the last two weeks.
    Intentions,
    /// Say thank you for an intention of your partner's.
    Thank {
        /// The intention.
        id: Reference,
    },
    /// Take an intention of yours back.
    Withdraw {
        /// The intention.
        id: Reference,
    },
}

/// Which check-in.
#[derive(Debug, Args)]
pub struct PeriodArgs {
    /// Which questions.
    #[arg(long, default_value = "week")]
    pub template: Reference,
    /// Which period, `2026-W10`; the current one otherwise.
    #[arg(long, value_parser = period)]
    pub period: Option<Period>,
}

fn cadence(text: &str) -> Result<Cadence, String> {
    one_of(["daily", "weekly", "monthly"].into_iter(), Cadence::from_code(text))
}

fn period(text: &str) -> Result<Period, String> {
    text.parse().map_err(|()| "expected a period such as 2026-W10 or 2026-03-02".to_owned())
}
