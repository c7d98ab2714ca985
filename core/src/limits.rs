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
pub const RUN_BYTES: usize = 384 * 1024;
/// So many entries are sent in one frame at most.
pub const RUN_ENTRIES_SENT: usize = 2_048;
/// So many are taken.
pub const RUN_ENTRIES_TAKEN: usize = 4_096;
/// About so much of a log goes into one object of a mailbox.
pub const BUNDLE_BYTES: usize = 4 * 1024 * 1024;
/// Sent and not yet acknowledged, per link.
pub const UNACKNOWLEDGED_BYTES: usize = 1024 * 1024;
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
pub const AGREEMENTS: u64 = 10_000;
/// Promises that one person may begin in one pair.
pub const PROMISES: u64 = 100_000;
/// Questions of one person that wait for an answer (R31).
pub const QUESTIONS_OPEN: usize = 3;
/// Needs of one person that ask for something and wait for an answer (R31).
pub const REQUESTS_OPEN: usize = 3;
/// How far back views look, whatever was stated: a hundred years.
pub const LIFE: i64 = 36_525 * DAY;
/// Documents of one person that views look at, of each class.
pub const LIVE_DOCUMENTS: usize = 1_000;

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
pub const SNAPSHOT_CHANGES: usize = 64;
/// Sealed vault items are padded to a multiple of this.
pub const VAULT_STEP: usize = 1024;
/// Items in the vault.
pub const VAULT_ITEMS: usize = 100_000;

/// A recurrence rule, as text.
pub const RULE_BYTES: usize = 256;
/// A recurrence rule ends within so many days: nothing renews itself (R3).
pub const RULE_DAYS: i64 = 366;
/// Good will after a promised moment, by default.
pub const GRACE: i64 = 30 * 60;
/// The longest good will that a promise may ask for.
pub const GRACE_MAX: u32 = DAY as u32;
/// A promise is due within this time.
pub const PROMISE_SPAN: i64 = 400 * DAY;
/// For so long after it was due a promise waits for its author's word.
pub const REPORT_WINDOW: i64 = 7 * DAY;
/// So many open promises at once are usually enough; more are a hint, never refused.
pub const PROMISES_SOFT: usize = 5;
/// Open promises that one person may have.
pub const PROMISES_OPEN: usize = 100;
/// Records that count, per author and promise (in log order); retracting and
/// declining are never capped.
pub const PROMISE_RECORDS: usize = 4_000;
/// Pauses that count, per promise.
pub const PROMISE_PAUSES: usize = 100;
/// How often one due may be moved.
pub const RENEGOTIATIONS: usize = 12;
/// What is settled is looked at for so long after it was last touched; what is
/// older is read when asked for.
pub const RECENT: i64 = 13 * 7 * DAY;

/// The longest that an openness post lives (R3, R7).
pub const OPENNESS_SPAN: i64 = 90 * DAY;
/// Posts of one person that count, per month (in log order).
pub const POSTS_PER_MONTH: usize = 1_000;
/// Corrections of one post that count (in log order).
pub const CORRECTIONS: usize = 20;
/// A stub says for so long that something was taken back.
pub const STUB: i64 = 7 * DAY;
/// Words of check-ins and daily intentions are kept for so long.
pub const CHECK_IN_RETENTION: i64 = 365 * DAY;
/// A seal that nobody matched waits for so long after its period before its
/// answers are kept private by default.
pub const SEAL_WAITS: i64 = 7 * DAY;
/// Questions of one check-in.
pub const CHECK_IN_ITEMS: usize = 20;
/// Templates of check-ins that one person has at a time; of each, the newest are shown.
pub const TEMPLATES: usize = 20;
/// Check-in records of one person that count, per month (in log order).
pub const CHECK_INS_PER_MONTH: usize = 500;
/// A sweep takes expiry for real only if a reading of the clock at least so much
/// earlier said the same.
pub const EXPIRY_CONFIRMED: i64 = 60;
/// Spaces of one person that count (in log order).
pub const SPACES: usize = 500;
/// The longest that a pause of a talk may be asked for: who wants longer moves it (F27).
pub const TALK_PAUSE: i64 = DAY;
/// The longest that a talk is meant to be, in minutes.
pub const TALK_MINUTES: u16 = 1_440;
/// Ground rules of one talk.
pub const TALK_RULES: usize = 20;
/// Words of hurt notes, and of what asks for reassurance, are kept for so long.
pub const HURT_RETENTION: i64 = 180 * DAY;
/// Texts of one part of a shared item.
pub const ITEM_TEXTS: usize = 20;
/// All that one telling of a shared item says, in Unicode scalar values.
pub const ITEM_SCALARS: usize = 15_000;
/// Records of each sort that count, per talk or shared item.
pub const TALK_RECORDS: usize = 500;
/// A language pack, as JSON.
pub const PACK_BYTES: usize = 256 * 1024;
/// Entries of a log that are kept as one row; one is unsealed to read any of them.
pub const SEGMENT_ENTRIES: usize = 256;
