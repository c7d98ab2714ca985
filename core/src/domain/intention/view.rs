//! What one person sees of the intentions.

use super::fold::Intention;
use crate::domain::capability::Viewing;
use crate::domain::pair::Who;
use crate::domain::words::text_of;
use crate::id::{DocId, IntentionId, Position};
use jiff::civil::Date;
use serde::Serialize;

/// A daily intention as one person sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct IntentionView {
    /// Its id.
    pub id: IntentionId,
    /// Who said it.
    pub by: Who,
    /// The local day.
    pub day: Date,
    /// The words; `None` while they are not here.
    pub text: Option<String>,
    /// Whether the other said thank you.
    pub thanked: bool,
    /// For the library: hand it back as it is.
    #[serde(skip)]
    pub(crate) position: Position,
    /// For the library: hand it back as it is.
    #[serde(skip)]
    pub(crate) ledger: DocId,
}

/// Projects the intentions for one viewer at one moment.
pub(super) fn project(intentions: &[Intention], viewing: Viewing<'_>) -> Vec<IntentionView> {
    let show = |one: &Intention| IntentionView {
        id: one.id.item().into(),
        by: one.by.seen_by(viewing.side),
        day: one.day,
        text: (viewing.bodies)(one.id).and_then(|body| text_of(&body, "text")),
        thanked: one.thanked,
        position: one.id,
        ledger: one.ledger,
    };
    intentions.iter().filter(|one| viewing.now < one.until).map(show).collect()
}
