//! Agreements: joint terms that hold because both said yes to the exact same
//! words, and one-sided offers that bind only who makes them (G5; RULES.md, consent).
//!
//! - [`revision`]: the exact terms, and the hash that consent binds to;
//! - [`fold`]: from the records of one document to its state;
//! - [`view`]: what one person sees of it at one moment;
//! - [`decide`]: from a command to records, or a refusal.

pub mod decide;
pub mod fold;
pub mod revision;
pub mod view;

pub use decide::{Command, Terms, TermsClause, decide};
pub use fold::{Folded, fold};
pub use revision::{AgreementKind, Category, Clause, Obligor, Revision, TaperStep};
pub use view::{AgreementState, AgreementView, project};
