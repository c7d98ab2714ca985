//! Terms as their writer gives them.

use super::revision::{AgreementKind, Category, TaperStep};
use crate::domain::pair::Who;
use crate::id::DocId;
use crate::time::Moment;

/// A sentence as its writer gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct TermsClause {
    /// To keep a clause of an earlier revision, its id; a new one gets the next number.
    #[cfg_attr(feature = "uniffi", uniffi(default))]
    pub id: Option<String>,
    /// The words; normalised to NFC.
    pub text: String,
    /// Whom it binds.
    pub binds: Who,
    /// What it touches.
    pub category: Category,
    /// How often, in words.
    #[cfg_attr(feature = "uniffi", uniffi(default))]
    pub cadence: Option<String>,
}

/// Terms as their writer gives them; what is left out gets the default.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Terms {
    /// What it is about.
    pub kind: AgreementKind,
    /// What it is about, where it is.
    #[cfg_attr(feature = "uniffi", uniffi(default))]
    pub about: Option<DocId>,
    /// 1 to 32 sentences.
    pub clauses: Vec<TermsClause>,
    /// From when; at once by default.
    #[cfg_attr(feature = "uniffi", uniffi(default))]
    pub starts: Option<Moment>,
    /// Until when. By default 180 days on; 30 with a sensitive clause or one that asks
    /// something of the other alone, 14 for an offer.
    #[cfg_attr(feature = "uniffi", uniffi(default))]
    pub expires_at: Option<Moment>,
    /// When to look at it again; by default 90 days on, if it runs longer than that.
    #[cfg_attr(feature = "uniffi", uniffi(default))]
    pub review_at: Option<Moment>,
    /// How it fades out.
    #[cfg_attr(feature = "uniffi", uniffi(default))]
    pub taper: Vec<TaperStep>,
    /// BCP 47 language tag.
    pub lang: String,
}
