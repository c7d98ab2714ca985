//! What one person sees of an agreement at one moment.

use super::revision::{AgreementKind, Category, Obligor, TaperStep};
use super::state::{Closing, Folded, Marks, OfferState, RevisionState};
use crate::domain::pair::PairState;
use crate::domain::pair::{Pair, Side, Who};
use crate::id::{AgreementId, DocId, Past, Position, RevisionHash};
use crate::limits;
use crate::time::Moment;
use serde::Serialize;

/// How an agreement stands. Derived, never stored (RULES.md, consent).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum AgreementState {
    /// Only a working draft is there.
    Drafting,
    /// One text waits for an answer.
    Proposed,
    /// Two texts were proposed without knowing of each other; no yes counts yet.
    Forked,
    /// Somebody said no to the last text. It may be proposed again.
    Declined,
    /// The last text was taken back, or the viewer took their yes to it back.
    Withdrawn,
    /// It did not come about (R33): nothing is said of whose yes was taken back.
    NotAgreed,
    /// Nobody answered for 30 days. Silence is never consent.
    Lapsed,
    /// Both agreed, and it takes effect when the day of cooling-off is over (R33).
    CoolingOff,
    /// Both agreed, and it starts later.
    Scheduled,
    /// In force.
    Active,
    /// Paused by one or both.
    Suspended,
    /// Its time is over.
    Expired,
    /// Ended, for good (R2).
    Ended,
    /// A newer version wrote something here that must be understood first: not in force.
    NeedsUpdate,
}

/// One sentence, with the persons as the viewer calls them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct ClauseView {
    /// Its id within the agreement.
    pub id: String,
    /// The exact words.
    pub text: String,
    /// Whom it binds.
    pub binds: Who,
    /// Who wrote it: who proposed exactly this sentence first, in this text or one before; both
    /// where they wrote the same apart.
    pub by: Who,
    /// What it touches.
    pub category: Category,
    /// Whether it is sensitive: by its category, by the agreement's kind, or because it binds
    /// one of the two who did not write it (R5).
    pub sensitive: bool,
    /// It is asked of who did not write it: it binds them only once their own yes adopts it (R5).
    pub ask: bool,
    /// How often, in words.
    pub cadence: Option<String>,
    /// How often at this time, where a step of the taper has made it less (F68).
    pub now: Option<String>,
}

/// One text, and who has agreed to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct RevisionView {
    /// What consent to it is bound to (R4).
    pub hash: RevisionHash,
    /// The sentences.
    pub clauses: Vec<ClauseView>,
    /// What kind of document it is.
    pub kind: AgreementKind,
    /// What it is about, where it is: a breach, an acknowledgement, a talk.
    pub about: Option<DocId>,
    /// Sentences of the text in force that this one, if both agreed, would drop.
    pub removes: Vec<ClauseView>,
    /// From when it holds.
    pub starts: Option<Moment>,
    /// Until when.
    pub expires_at: Moment,
    /// When the two look at it again.
    pub review_at: Option<Moment>,
    /// How it fades out.
    pub taper: Vec<TaperStep>,
    /// Language tag.
    pub lang: String,
    /// Who proposed it.
    pub proposed_by: Who,
    /// When.
    pub proposed_at: Moment,
    /// The viewer's yes counts.
    pub i_agreed: bool,
    /// This phone holds both effective consents.
    pub you_both_agreed: bool,
    /// When the later of both was given, as stated; `None` until this phone holds both.
    pub agreed_at: Option<Moment>,
}

/// A working draft that both may type in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct DraftView {
    /// Its id.
    pub id: Position,
    /// Who opened it.
    pub opened_by: Who,
    /// The text, as far as this phone has it; empty until a caller that holds
    /// the document fills it in.
    pub text: String,
}

/// Something to be told once, in plain words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum), uniffi(name = "AgreementNotice"))]
pub enum Notice {
    /// What looked agreed was not: the text changed while the viewer was answering.
    TextChangedWhileAnswering,
    /// A newer version wrote something here.
    NeedsUpdate,
    /// A stated time here does not fit what its author had seen. A local note,
    /// no accusation.
    ClockSuspect,
}

/// An agreement as one person sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct AgreementView {
    /// Its document.
    pub id: AgreementId,
    /// How it stands.
    pub state: AgreementState,
    /// Who made it, if it is a one-sided offer; it binds only them.
    pub offer_by: Option<Who>,
    /// The text that holds, cools off, is paused or has expired.
    pub current: Option<RevisionView>,
    /// The texts that wait for an answer: proposals, or amendments to `current`.
    pub on_table: Vec<RevisionView>,
    /// The text that both agreed to and that is still cooling off.
    pub cooling: Option<RevisionView>,
    /// Until when it cools off on this phone.
    pub cools_until: Option<Moment>,
    /// The viewer pauses it.
    pub suspended_by_me: bool,
    /// The partner pauses it.
    pub suspended_by_partner: bool,
    /// It is time to look at it again.
    pub review_due: bool,
    /// It expires within 7 days.
    pub expiring: bool,
    /// It can be renewed now.
    pub renewable: bool,
    /// When it ended. Who ended it is not said.
    pub ended_at: Option<Moment>,
    /// It waits for the viewer's yes or no.
    pub waits_for_me: bool,
    /// It waits for the partner's.
    pub waits_for_partner: bool,
    /// The open working draft.
    pub draft: Option<DraftView>,
    /// What to tell the viewer.
    pub notices: Vec<Notice>,
    /// The unratified texts to which the viewer's yes stands, so that the
    /// partner's yes, even one on its way, would ratify them.
    #[serde(skip)]
    pub my_open_yeses: Vec<RevisionView>,
    /// What this view was made from; a consent-like command carries it.
    #[serde(skip)]
    pub basis: Past,
}

impl AgreementView {
    /// What it is about, where it is: by the text that holds, or else by one that waits.
    pub fn about(&self) -> Option<DocId> {
        let text = self.current.as_ref().or(self.cooling.as_ref()).or(self.on_table.first());
        text.and_then(|text| text.about)
    }

    /// A short name of exactly what this view was made from: equal for equal
    /// states of the document, on both phones.
    pub fn token(&self) -> String {
        use sha2::{Digest, Sha256};
        let mut digest = Sha256::new().chain_update(b"amends/view/v1").chain_update(self.id.0.0);
        for (log, length) in &self.basis.0 {
            digest.update(log.0);
            digest.update(length.to_be_bytes());
        }
        digest.finalize()[..6].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The same, with everything in force waiting for this person's
    /// reconfirmation: after a restore, or while the clock is set back (R32).
    pub fn until_reconfirmed(mut self) -> Self {
        use AgreementState::{Active, CoolingOff, Scheduled, Suspended};
        if matches!(self.state, Active | CoolingOff | Scheduled | Suspended) {
            self.state = Suspended;
            self.suspended_by_me = true;
        }
        self
    }

    /// Whether anything is in force.
    pub fn in_force(&self) -> bool {
        self.state == AgreementState::Active
    }
}

/// Finds the ratified revision that holds at `now` and the one that still cools
/// off: during the cooling-off of an amendment the one before it stays.
fn current_and_cooling(
    revisions: &[RevisionState],
    cools_until: impl Fn(&RevisionState) -> Option<Moment>,
    now: Moment,
) -> (Option<&RevisionState>, Option<&RevisionState>) {
    let mut cooling: Option<&RevisionState> = None;
    let mut skip: Vec<usize> = Vec::new();
    loop {
        let left = || {
            let ratified = revisions.iter().enumerate().filter(|(_, state)| state.ratified);
            ratified.filter(|(index, _)| !skip.contains(index))
        };
        let newest = left()
            .find(|(index, _)| !left().any(|(_, other)| other.ancestors.contains(index)))
            .map(|(index, _)| index);
        let Some(newest) = newest else { return (None, cooling) };
        let state = &revisions[newest];
        if cools_until(state).is_none_or(|until| now >= until) {
            return (Some(state), cooling);
        }
        cooling = cooling.or(Some(state));
        skip.push(newest);
    }
}

/// Projects the state for one viewer at one moment. Deterministic in its
/// arguments (I16); advancing `now` alone never activates anything but what both
/// agreed to and has cooled off, or was offered and has (I15).
pub fn project(
    folded: &Folded,
    pair: &Pair,
    pair_state: &PairState,
    me: Side,
    now: Moment,
) -> AgreementView {
    let show = |state: &RevisionState| revision_view(state, pair, me);
    let ended_at = [folded.ended_at, pair_state.left_at].into_iter().flatten().min();
    let open: Vec<&RevisionState> =
        folded.revisions.iter().filter(|state| state.on_table).collect();
    let answerable: Vec<&RevisionState> =
        open.iter().filter(|state| now < state.lapses_at()).copied().collect();
    // What has ended keeps the words that it ended with.
    let (current, cooling) = match ended_at {
        Some(ended) => {
            let until = |state: &RevisionState| state.cools_until_before(ended);
            current_and_cooling(&folded.revisions, until, ended.min(now))
        }
        None => current_and_cooling(&folded.revisions, RevisionState::cools_until, now),
    };
    let suspended = folded.suspended[0] || folded.suspended[1];
    let newer = folded.not_understood.iter().any(|record| !super::is_draft(&record.kind));

    let state = if ended_at.is_some() {
        AgreementState::Ended
    } else if newer {
        AgreementState::NeedsUpdate
    } else if let Some(offer) = folded.offer.as_ref().filter(|_| folded.revisions.is_empty()) {
        offer_state(offer, suspended, now)
    } else if let Some(current) = current {
        let revision = &current.revision;
        match running_state(revision.starts, revision.ends_at(), suspended, now) {
            // What both agreed to instead is still to take effect.
            AgreementState::Expired if cooling.is_some_and(|next| !next.is_over(now)) => {
                AgreementState::CoolingOff
            }
            state => state,
        }
    } else if cooling.is_some() {
        AgreementState::CoolingOff
    } else {
        match (answerable.len(), open.len()) {
            (0, 0) => closed_state(folded, me),
            (0, _) => AgreementState::Lapsed,
            // A text that lapsed no longer stands against the other one.
            (1, _) => AgreementState::Proposed,
            _ => AgreementState::Forked,
        }
    };
    let mut view = AgreementView {
        id: folded.doc.into(),
        state,
        offer_by: None,
        current: current.map(show),
        on_table: answerable.iter().map(|state| show(state)).collect(),
        cooling: cooling.map(show),
        cools_until: cooling.and_then(RevisionState::cools_until),
        suspended_by_me: folded.suspended[me],
        suspended_by_partner: folded.suspended[me.other()],
        review_due: false,
        expiring: false,
        renewable: false,
        ended_at,
        waits_for_me: answerable.iter().any(|state| state.agreed[me].is_none()),
        waits_for_partner: answerable.iter().any(|state| state.agreed[me.other()].is_none()),
        draft: folded.drafts.iter().rev().find(|draft| !draft.closed).map(|draft| DraftView {
            id: draft.id,
            opened_by: draft.opened_by.seen_by(me),
            text: String::new(),
        }),
        notices: notices(folded, me),
        my_open_yeses: folded
            .revisions
            .iter()
            .filter(|s| s.agreed[me].is_some() && !s.ratified && s.closed.is_none())
            .map(&show)
            .collect(),
        basis: folded.basis.clone(),
    };
    if let Some((text, shown)) = current.zip(view.current.as_mut()) {
        let sensitive = shown.clauses.iter_mut().filter(|clause| clause.sensitive);
        sensitive.for_each(|clause| {
            clause.now = text.revision.tapered(now).map(str::to_owned);
        });
    }
    if let Some(current) = &view.current {
        view.on_table.iter_mut().for_each(|open| open.removes = dropped(current, open));
    }
    if let Some(offer) = folded.offer.as_ref().filter(|_| folded.revisions.is_empty()) {
        show_offer(&mut view, offer, pair, me, now);
    }
    let over = matches!(state, AgreementState::Ended | AgreementState::NeedsUpdate);
    if state == AgreementState::Ended {
        view.my_open_yeses.clear();
    }
    if over {
        view.on_table.clear();
        if state == AgreementState::Ended {
            view.cooling = None;
            view.cools_until = None;
        }
        view.waits_for_me = false;
        view.waits_for_partner = false;
        view.draft = view.draft.filter(|_| state == AgreementState::NeedsUpdate);
    } else if let Some(current) = current {
        let expires_at = current.revision.ends_at();
        let agreed_at = current.agreed_at();
        let running = state == AgreementState::Active || state == AgreementState::Suspended;
        view.review_due = running
            && current
                .revision
                .review_at
                .is_some_and(|review| now >= review && agreed_at.is_none_or(|at| at < review));
        view.expiring = running && expires_at.since(now) <= limits::EXPIRING;
        view.renewable = expires_at.since(now) <= limits::RENEWAL_WINDOW
            && now.since(expires_at) <= limits::RENEWAL_WINDOW;
    }
    view
}

/// The sentences in force that an amendment drops, or says otherwise.
fn dropped(current: &RevisionView, open: &RevisionView) -> Vec<ClauseView> {
    let kept = |clause: &&ClauseView| {
        let same = |other: &ClauseView| other.text == clause.text && other.binds == clause.binds;
        open.clauses.iter().any(same)
    };
    current.clauses.iter().filter(|clause| !kept(clause)).cloned().collect()
}

impl Folded {
    /// Whether something here is in force, or about to be, and this person does not pause it.
    pub(crate) fn runs_unpaused(&self, pair: &Pair, me: Side, now: Moment) -> bool {
        let view = project(self, pair, &PairState::default(), me, now);
        let in_force = view.current.is_some() || view.cooling.is_some();
        in_force && view.ended_at.is_none() && !view.suspended_by_me
    }
}

fn running_state(
    starts: Option<Moment>,
    expires_at: Moment,
    suspended: bool,
    now: Moment,
) -> AgreementState {
    if now >= expires_at {
        AgreementState::Expired
    } else if suspended {
        AgreementState::Suspended
    } else if starts.is_some_and(|starts| now < starts) {
        AgreementState::Scheduled
    } else {
        AgreementState::Active
    }
}

fn offer_state(offer: &OfferState, suspended: bool, now: Moment) -> AgreementState {
    match offer.closed {
        Some((_, Closing::Declined)) => AgreementState::Declined,
        Some((_, Closing::Withdrawn | Closing::CooledOff(_))) => AgreementState::Withdrawn,
        None if now < offer.held.plus(limits::COOLING_OFF) => AgreementState::CoolingOff,
        None => running_state(offer.revision.starts, offer.revision.ends_at(), suspended, now),
    }
}

fn closed_state(folded: &Folded, me: Side) -> AgreementState {
    let shown = |closing| match closing {
        Closing::Declined => AgreementState::Declined,
        Closing::CooledOff(by) if !by[me] => AgreementState::NotAgreed,
        Closing::Withdrawn | Closing::CooledOff(_) => AgreementState::Withdrawn,
    };
    // Of texts that were closed in one second the one of which least is said: an order of their
    // ids would show the two different things (I7).
    let told = |state| match state {
        AgreementState::NotAgreed => 0,
        AgreementState::Withdrawn => 1,
        _ => 2,
    };
    let closed = folded.revisions.iter().filter_map(|state| state.closed);
    let last = closed
        .map(|(at, closing)| (at, shown(closing)))
        .max_by_key(|(at, state)| (*at, std::cmp::Reverse(told(*state))));
    match last {
        Some((_, state)) => state,
        None if folded.revisions.is_empty() => AgreementState::Drafting,
        None => AgreementState::Withdrawn,
    }
}

fn notices(folded: &Folded, me: Side) -> Vec<Notice> {
    let overtaken = folded.revisions.iter().any(|state| state.overtaken[me]);
    let settled = folded.revisions.iter().any(|state| state.ratified && !state.overtaken[me]);
    let list = [
        (overtaken && !settled, Notice::TextChangedWhileAnswering),
        (!folded.not_understood.is_empty(), Notice::NeedsUpdate),
        (folded.clock_suspect != [false; 2], Notice::ClockSuspect),
    ];
    list.into_iter().filter(|(tell, _)| *tell).map(|(_, notice)| notice).collect()
}

fn show_offer(view: &mut AgreementView, offer: &OfferState, pair: &Pair, me: Side, now: Moment) {
    let state = RevisionState {
        hash: offer.hash,
        revision: offer.revision.clone(),
        proposed_by: Side::BOTH.map(|side| side == offer.by),
        proposed_at: offer.held,
        agreed: [None; 2],
        ratified: false,
        ancestors: Vec::new(),
        on_table: false,
        closed: offer.closed,
        overtaken: [false; 2],
        marks: Marks::default(),
    };
    let mut shown = revision_view(&state, pair, me);
    shown.i_agreed = offer.by == me;
    view.offer_by = Some(offer.by.seen_by(me));
    if view.state == AgreementState::CoolingOff {
        view.cooling = Some(shown);
        view.cools_until = Some(offer.held.plus(limits::COOLING_OFF));
    } else {
        view.expiring = view.state == AgreementState::Active
            && offer.revision.ends_at().since(now) <= limits::EXPIRING;
        view.current = Some(shown);
    }
}

fn revision_view(state: &RevisionState, pair: &Pair, me: Side) -> RevisionView {
    let revision = &state.revision;
    let clauses = revision.clauses.iter().map(|clause| ClauseView {
        id: clause.id.clone(),
        text: clause.text.clone(),
        binds: match clause.obligor {
            Obligor::Both => Who::Both,
            Obligor::Person(person) if pair.side(person) == Some(me) => Who::Me,
            Obligor::Person(_) => Who::Partner,
        },
        by: Who::of(*state.marks.written.get(&clause.id).unwrap_or(&state.proposed_by), me),
        category: clause.category.clone(),
        sensitive: state.clause_sensitive(clause),
        ask: state.marks.asks.contains(&clause.id),
        cadence: clause.cadence.clone(),
        now: None,
    });
    RevisionView {
        hash: state.hash,
        clauses: clauses.collect(),
        kind: revision.kind.clone(),
        about: revision.about,
        removes: Vec::new(),
        starts: revision.starts,
        expires_at: revision.expires_at,
        review_at: revision.review_at,
        taper: revision.taper.clone(),
        lang: revision.lang.clone(),
        proposed_by: Who::of(state.proposed_by, me),
        proposed_at: state.proposed_at,
        i_agreed: state.agreed[me].is_some(),
        you_both_agreed: state.agreed_at().is_some(),
        agreed_at: state.agreed_at(),
    }
}

/// The agreements of a pair, sorted by what they ask of the viewer ("agreements
/// now" of RULES.md, derived views). One agreement may stand in several groups.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct AgreementsNow {
    /// In force.
    pub in_force: Vec<AgreementId>,
    /// Waiting for the viewer's yes or no.
    pub waiting_for_me: Vec<AgreementId>,
    /// Waiting for the partner's. It never escalates.
    pub waiting_for_partner: Vec<AgreementId>,
    /// Time to look at them again.
    pub review_due: Vec<AgreementId>,
    /// Expiring within 7 days.
    pub expiring: Vec<AgreementId>,
    /// Ended in the last 14 days.
    pub ended_recently: Vec<AgreementId>,
}

/// Groups agreements by what they ask of the viewer.
pub fn agreements_now(views: &[AgreementView], now: Moment) -> AgreementsNow {
    let ids = |test: &dyn Fn(&AgreementView) -> bool| {
        views.iter().filter(|view| test(view)).map(|view| view.id).collect()
    };
    AgreementsNow {
        in_force: ids(&AgreementView::in_force),
        waiting_for_me: ids(&|view| view.waits_for_me),
        waiting_for_partner: ids(&|view| view.waits_for_partner),
        review_due: ids(&|view| view.review_due),
        expiring: ids(&|view| view.expiring),
        ended_recently: ids(&|view| {
            view.ended_at.is_some_and(|ended| now.since(ended) <= limits::ENDED_RECENTLY)
        }),
    }
}
