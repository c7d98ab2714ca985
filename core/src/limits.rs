//! Every limit in one table, so that nothing that is stored or received is
//! without a bound (log invariant 7). Sizes are in bytes, times in seconds.

use crate::time::DAY;

/// Depth of nested arrays and maps in CBOR from outside.
pub const CBOR_DEPTH: usize = 8;

/// An entry of a log, encoded.
pub const ENTRY_BYTES: usize = 256 * 1024;
/// Records in one entry.
pub const ENTRY_RECORDS: usize = 64;
/// One record, encoded.
pub const RECORD_BYTES: usize = 128 * 1024;
/// A body, encoded.
pub const BODY_BYTES: usize = 64 * 1024;
/// Entries in one log; an index never reaches it.
pub const LOG_LENGTH: u64 = 1 << 40;
/// Generations of one person's log: one more for each replaced phone.
pub const LOG_GENERATIONS: u8 = 64;

/// A frame between two phones, before padding.
pub const FRAME_BYTES: usize = 1024 * 1024;
/// Entries are sent in runs of about this size.
pub const RUN_BYTES: usize = 256 * 1024;
/// Sent and not yet acknowledged, per link.
pub const UNACKNOWLEDGED_BYTES: usize = 4 * 1024 * 1024;
/// Frames are padded to a multiple of this.
pub const PADDING_STEP: usize = 64;

/// A text, in Unicode scalar values after NFC.
pub const TEXT_SCALARS: usize = 8_000;
/// A name, in Unicode scalar values after NFC.
pub const NAME_SCALARS: usize = 64;
/// A time zone name or a language tag.
pub const TAG_BYTES: usize = 64;

/// Clauses in one revision.
pub const REVISION_CLAUSES: usize = 32;
/// Parents of one revision.
pub const REVISION_PARENTS: usize = 16;
/// Taper steps in one revision.
pub const TAPER_STEPS: usize = 8;
/// Proposals that count, per author and document (in log order).
pub const PROPOSALS: usize = 200;
/// Consents that count, per author and document (in log order).
pub const CONSENTS: usize = 400;
/// Changes to working drafts that count, per author and document (in log order).
pub const SPLICES: usize = 500;
/// Working drafts that count, per author and document (in log order).
pub const DRAFTS: usize = 50;
/// Agreements, offers included, that one person may begin in one pair.
pub const AGREEMENTS: usize = 1_000;

/// The longest an agreement may run.
pub const AGREEMENT_SPAN: i64 = 365 * DAY;
/// The longest an agreement with a sensitive clause may run (R3).
pub const SENSITIVE_SPAN: i64 = 90 * DAY;
/// Default run of an agreement.
pub const AGREEMENT_DEFAULT_SPAN: i64 = 180 * DAY;
/// Default run of an agreement with a sensitive clause (R3).
pub const SENSITIVE_DEFAULT_SPAN: i64 = 30 * DAY;
/// Default run of a one-sided offer.
pub const OFFER_DEFAULT_SPAN: i64 = 14 * DAY;
/// Default distance of the review.
pub const REVIEW_DEFAULT: i64 = 90 * DAY;
/// A proposal lapses after this; silence is never consent.
pub const PROPOSAL_LAPSE: i64 = 30 * DAY;
/// Cooling-off of sensitive agreements and offers (R33).
pub const COOLING_OFF: i64 = DAY;
/// An agreement can be renewed from this long before it expires until this long after.
pub const RENEWAL_WINDOW: i64 = 14 * DAY;
/// An agreement is called "expiring" from this long before it expires.
pub const EXPIRING: i64 = 7 * DAY;
/// An ended agreement is called "ended recently" for this long.
pub const ENDED_RECENTLY: i64 = 14 * DAY;
/// A record stated this much earlier than something it had seen is `clock_suspect`.
pub const CLOCK_TOLERANCE: i64 = 10 * 60;
/// What "next due" shows at most.
pub const NEXT_DUE: usize = 3;

/// Pairing: a code or QR that nobody used expires after this.
pub const INVITATION_SECONDS: i64 = 120;
/// Pairing: the whole conversation.
pub const PAIRING_SECONDS: i64 = 600;
/// After an announced leave the link lives at most this long, to deliver it.
pub const LEAVE_DELIVERY: i64 = 7 * DAY;

/// A document is saved as a snapshot when this many changes came since the last.
pub const SNAPSHOT_CHANGES: usize = 500;
/// Sealed vault items are padded to a multiple of this.
pub const VAULT_STEP: usize = 1024;
/// Items in the vault.
pub const VAULT_ITEMS: usize = 100_000;
