//! From a command to records, or a refusal.

use super::authorship::{Adoption, adopted};
use super::record::Act;
use super::revision::{Clause, Obligor, Revision, TaperStep};
use super::state::{Counts, Folded, RevisionState};
use super::terms::Terms;
use super::view::{AgreementState, AgreementView, project};
use crate::domain::capability::{Begun, Context};
use crate::domain::pair::{Side, Who};
use crate::domain::record::Draft;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::id::{Past, Position, RevisionHash};
use crate::limits;
use crate::text::{self, Splice};
use crate::time::Moment;

/// What a person wants done with one agreement. The consent-like ones carry the
/// `basis` of the view that they were made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Propose terms: new, as a counter, or as an amendment of what holds.
    Propose {
        /// The terms.
        terms: Terms,
        /// What was shown.
        basis: Past,
    },
    /// Offer something that binds only me.
    Offer {
        /// The terms.
        terms: Terms,
    },
    /// Say yes to exactly this text.
    Consent {
        /// Which.
        revision: RevisionHash,
        /// What is asked of me there and I adopt, and what is sensitive for me (R5).
        adopts: Vec<Adoption>,
        /// What was shown.
        basis: Past,
    },
    /// Propose the same once more, until later.
    Renew {
        /// Until when; by default as long as it ran before.
        expires_at: Option<Moment>,
        /// What was shown.
        basis: Past,
    },
    /// Take back my proposal or my yes.
    Withdraw {
        /// To which; left out, to all that are open.
        revision: Option<RevisionHash>,
    },
    /// Say no to the partner's proposal or offer.
    Decline {
        /// To which; left out, to all of theirs that are open.
        revision: Option<RevisionHash>,
    },
    /// Pause my part.
    Suspend,
    /// Lift my pause.
    Resume,
    /// End it, for good.
    End,
    /// Open a working draft to the partner.
    OpenDraft {
        /// What it starts from.
        text: String,
    },
    /// Change the text of the open working draft.
    Type {
        /// The changes, each at the text after the one before it.
        splices: Vec<Splice>,
        /// The text's length before them, in Unicode scalar values.
        length: usize,
    },
}

/// Decides a command on one agreement: what to write, or why not.
///
/// `End`, `Suspend`, `Withdraw` and `Decline` are never refused for a stale
/// view, a cap, a newer version's record or doubts about a log (log invariant 8).
///
/// # Errors
/// A [`Refusal`]; nothing is then to be written.
pub fn decide(
    folded: &Folded,
    command: &Command,
    context: Context<'_>,
) -> Result<Vec<Draft>, Refusal> {
    let acts = acts(folded, command, context)?;
    let Begun { ever, open } = context.begun;
    if folded.begun.is_none() && (ever >= limits::AGREEMENTS || open >= limits::LIVE_DOCUMENTS) {
        return refuse(RefusalCode::TooManyAgreements);
    }
    if acts.len() > limits::ENTRY_RECORDS {
        return refuse(RefusalCode::CapReached);
    }
    let draft = |act: Act| Draft { target: folded.doc, action: act.into(), body: None };
    Ok(acts.into_iter().map(draft).collect())
}

fn acts(folded: &Folded, command: &Command, context: Context<'_>) -> Result<Vec<Act>, Refusal> {
    // Decided on what both wrote, not on what waits for this person's own yes (R32).
    let view = project(folded, context.pair, context.pair_state, context.side, context.now);
    let me = context.side;
    let decision = Decision { folded, view: &view, me, context };
    context.together()?;
    match command {
        Command::End => decision.end(),
        Command::Suspend => decision.suspend(),
        Command::Resume => decision.resume(),
        Command::Withdraw { revision } => decision.withdraw(*revision),
        Command::Decline { revision } => decision.decline(*revision),
        Command::Propose { terms, basis } => decision.propose(terms, basis),
        Command::Offer { terms } => decision.offer(terms),
        Command::Consent { revision, adopts, basis } => decision.consent(*revision, adopts, basis),
        Command::Renew { expires_at, basis } => decision.renew(*expires_at, basis),
        Command::OpenDraft { text } => decision.open_draft(text),
        Command::Type { splices, length } => decision.type_text(splices, *length),
    }
}

struct Decision<'a> {
    folded: &'a Folded,
    view: &'a AgreementView,
    me: Side,
    context: Context<'a>,
}

fn refuse<T>(code: RefusalCode) -> Result<T, Refusal> {
    Err(code.into())
}

impl Decision<'_> {
    fn exists(&self) -> Result<(), Refusal> {
        if self.folded.begun.is_none() { refuse(RefusalCode::NotFound) } else { Ok(()) }
    }

    fn open(&self) -> Result<(), Refusal> {
        match self.view.state {
            AgreementState::Ended => refuse(RefusalCode::AlreadyEnded),
            _ => self.exists(),
        }
    }

    /// The checks before anything that binds: nothing unknown, nothing moved.
    fn current(&self, basis: &Past) -> Result<(), Refusal> {
        if !self.folded.not_understood.is_empty() {
            return refuse(RefusalCode::NeedsUpdate);
        }
        if self.folded.basis != *basis {
            return refuse(RefusalCode::StaleView);
        }
        Ok(())
    }

    fn end(&self) -> Result<Vec<Act>, Refusal> {
        self.open()?;
        Ok(vec![Act::End])
    }

    fn suspend(&self) -> Result<Vec<Act>, Refusal> {
        self.open()?;
        if self.folded.suspended[self.me] {
            return refuse(RefusalCode::AlreadySuspended);
        }
        match self.view.state {
            AgreementState::Active
            | AgreementState::Suspended
            | AgreementState::CoolingOff
            | AgreementState::Scheduled
            | AgreementState::NeedsUpdate => Ok(vec![Act::Suspend]),
            _ => refuse(RefusalCode::NotInForce),
        }
    }

    fn resume(&self) -> Result<Vec<Act>, Refusal> {
        self.open()?;
        if !self.folded.suspended[self.me] {
            return refuse(RefusalCode::NotSuspended);
        }
        Ok(vec![Act::Resume])
    }

    fn withdraw(&self, which: Option<RevisionHash>) -> Result<Vec<Act>, Refusal> {
        self.open()?;
        if let Some(offer) = &self.folded.offer
            && which.is_none_or(|hash| hash == offer.hash)
        {
            return match (offer.by == self.me, offer.closed) {
                (false, _) => refuse(RefusalCode::NothingToWithdraw),
                (true, Some(_)) => refuse(RefusalCode::StaleRevision),
                (true, None) => Ok(vec![Act::WithdrawProposal { revision: offer.hash }]),
            };
        }
        let mut actions = Vec::new();
        let mut ratified = false;
        for state in self.folded.revisions.iter().filter(|s| which.is_none_or(|h| h == s.hash)) {
            match self.withdraw_from(state) {
                Some(action) => actions.push(action),
                None => ratified |= state.ratified,
            }
        }
        match (actions.is_empty(), ratified, which) {
            (false, ..) => Ok(actions),
            (true, true, _) => refuse(RefusalCode::AlreadyRatified),
            (true, false, Some(hash)) if !self.folded.revisions.iter().any(|s| s.hash == hash) => {
                refuse(RefusalCode::NotFound)
            }
            _ => refuse(RefusalCode::NothingToWithdraw),
        }
    }

    /// What takes me out of this revision, if anything can.
    fn withdraw_from(&self, state: &RevisionState) -> Option<Act> {
        let (now, revision) = (self.context.now, state.hash);
        if state.ratified {
            let until = state.cools_until().filter(|until| now < *until)?;
            let held = until.plus(-limits::COOLING_OFF);
            return Some(Act::WithdrawConsent { revision, held: Some(held) });
        }
        if state.on_table && state.proposed_by[self.me] {
            return Some(Act::WithdrawProposal { revision });
        }
        state.agreed[self.me]?;
        Some(Act::WithdrawConsent { revision, held: None })
    }

    fn decline(&self, which: Option<RevisionHash>) -> Result<Vec<Act>, Refusal> {
        self.open()?;
        if let Some(offer) = &self.folded.offer
            && which.is_none_or(|hash| hash == offer.hash)
        {
            return match (offer.by == self.me, offer.closed) {
                (true, _) => refuse(RefusalCode::OwnProposal),
                (false, Some(_)) => refuse(RefusalCode::StaleRevision),
                (false, None) => Ok(vec![Act::Decline { revision: offer.hash }]),
            };
        }
        let theirs = |state: &&RevisionState| state.proposed_by[self.me.other()];
        let named: Vec<&RevisionState> = self
            .folded
            .revisions
            .iter()
            .filter(|state| which.map_or(state.on_table, |hash| hash == state.hash))
            .collect();
        let actions: Vec<Act> = named
            .iter()
            .copied()
            .filter(theirs)
            .filter(|state| state.on_table)
            .map(|state| Act::Decline { revision: state.hash })
            .collect();
        if !actions.is_empty() {
            return Ok(actions);
        }
        match named.first() {
            Some(state) if state.ratified => refuse(RefusalCode::AlreadyRatified),
            Some(state) if !theirs(state) => refuse(RefusalCode::OwnProposal),
            Some(_) => refuse(RefusalCode::StaleRevision),
            None if which.is_some() => refuse(RefusalCode::NotFound),
            None => refuse(RefusalCode::StaleRevision),
        }
    }

    fn consent(
        &self,
        revision: RevisionHash,
        adopts: &[Adoption],
        basis: &Past,
    ) -> Result<Vec<Act>, Refusal> {
        self.open()?;
        self.current(basis)?;
        let Some(state) = self.folded.revisions.iter().find(|state| state.hash == revision) else {
            return refuse(RefusalCode::NotFound);
        };
        if state.agreed[self.me].is_some() {
            return refuse(RefusalCode::AlreadyAgreed);
        }
        let now = self.context.now;
        if !state.on_table || now >= state.lapses_at() || now >= state.revision.expires_at {
            return refuse(RefusalCode::StaleRevision);
        }
        // Its author may have stated a later time than it was: what I agree to
        // may not run longer from my own yes than its kind allows (R3).
        if !state.revision.well_formed(self.context.pair, now.min(state.proposed_at)) {
            return refuse(RefusalCode::RunsTooLong);
        }
        if self.own_counts().consents >= limits::CONSENTS {
            return refuse(RefusalCode::CapReached);
        }
        let mut adopts = adopts.to_vec();
        adopts.sort_by(|a, b| a.clause.cmp(&b.clause));
        adopts.dedup_by(|a, b| a.clause == b.clause);
        adopted(&state.revision, &state.marks.asks, &adopts, self.context.me, now)?;
        Ok(vec![Act::Consent { revision, adopts }])
    }

    fn propose(&self, terms: &Terms, basis: &Past) -> Result<Vec<Act>, Refusal> {
        if self.view.state == AgreementState::Ended {
            return refuse(RefusalCode::AlreadyEnded);
        }
        if self.folded.offer.is_some() {
            return refuse(RefusalCode::StaleRevision);
        }
        self.current(basis)?;
        let revision = self.revision(terms, self.parents(), terms.kind.paper().usual)?;
        self.may_propose(&revision)?;
        Ok(vec![Act::Propose { revision }])
    }

    fn renew(&self, expires_at: Option<Moment>, basis: &Past) -> Result<Vec<Act>, Refusal> {
        self.open()?;
        self.current(basis)?;
        let now = self.context.now;
        let Some(current) = self.view.current.as_ref().and_then(|view| {
            self.folded.revisions.iter().find(|state| state.hash == view.hash && state.ratified)
        }) else {
            return refuse(RefusalCode::NotInForce);
        };
        if !self.view.renewable {
            return refuse(RefusalCode::OutsideRenewal);
        }
        let old = &current.revision;
        let ran = old.expires_at.since(old.starts.unwrap_or(current.proposed_at));
        let expires_at =
            expires_at.unwrap_or(old.expires_at.max(now).plus(ran.min(self.span_cap(old))));
        let cap = now.plus(self.span_cap(old));
        let revision = Revision {
            expires_at: expires_at.min(cap),
            parents: vec![current.hash],
            ..old.clone()
        };
        if expires_at <= old.expires_at {
            return refuse(RefusalCode::DatesOutOfOrder);
        }
        self.may_propose(&revision)?;
        Ok(vec![Act::Propose { revision }])
    }

    fn offer(&self, terms: &Terms) -> Result<Vec<Act>, Refusal> {
        if self.folded.begun.is_some() {
            return refuse(RefusalCode::SameText);
        }
        if terms.clauses.iter().any(|clause| clause.binds != Who::Me) {
            return refuse(RefusalCode::OfferBindsOthers);
        }
        let revision = self.revision(terms, Vec::new(), limits::OFFER_DEFAULT_SPAN)?;
        let starts = revision.starts.unwrap_or(self.context.now);
        if revision.expires_at.since(starts) > limits::SENSITIVE_SPAN {
            return refuse(RefusalCode::RunsTooLong);
        }
        Ok(vec![Act::Offer { revision }])
    }

    fn open_draft(&self, words: &str) -> Result<Vec<Act>, Refusal> {
        if self.view.state == AgreementState::Ended {
            return refuse(RefusalCode::AlreadyEnded);
        }
        if self.view.draft.is_some() {
            return refuse(RefusalCode::DraftOpen);
        }
        if self.folded.offer.is_some() {
            return refuse(RefusalCode::StaleRevision);
        }
        if self.own_counts().drafts >= limits::DRAFTS {
            return refuse(RefusalCode::CapReached);
        }
        Ok(vec![Act::OpenDraft { text: text::fragment(words)? }])
    }

    fn type_text(&self, splices: &[Splice], mut length: usize) -> Result<Vec<Act>, Refusal> {
        self.open()?;
        let Some(draft) = &self.view.draft else { return refuse(RefusalCode::DraftClosed) };
        if self.own_counts().splices + splices.len() > limits::SPLICES {
            return refuse(RefusalCode::CapReached);
        }
        let mut actions = Vec::new();
        for splice in splices {
            let insert = text::fragment(&splice.insert)?;
            if splice.start.saturating_add(splice.delete) > length {
                return refuse(RefusalCode::OutsideText);
            }
            length = length - splice.delete + insert.chars().count();
            if length > limits::TEXT_SCALARS {
                return refuse(RefusalCode::TextTooLong);
            }
            actions.push(splice_action(draft.id, splice, insert));
        }
        Ok(actions)
    }

    fn own_counts(&self) -> Counts {
        let mine = self.folded.counts.values().filter(|counts| counts.person == self.me);
        mine.copied()
            .max_by_key(|c| c.proposals + c.consents)
            .unwrap_or_else(|| Counts::of(self.me))
    }

    /// Whatever is open or holds: a new text goes beyond all of it.
    fn parents(&self) -> Vec<RevisionHash> {
        let newest = super::fold::newest_ratified(&self.folded.revisions);
        let mut parents: Vec<RevisionHash> = self
            .folded
            .revisions
            .iter()
            .enumerate()
            .filter(|(index, state)| state.on_table || newest.contains(index))
            .map(|(_, state)| state.hash)
            .collect();
        parents.sort();
        parents.truncate(limits::REVISION_PARENTS);
        parents
    }

    /// Whether a clause binds the other alone, who has not written it (R5).
    fn is_ask(&self, clause: &Clause) -> bool {
        let theirs = |state: &RevisionState| {
            state.proposed_by[self.me.other()] && state.revision.clauses.contains(clause)
        };
        matches!(clause.obligor, Obligor::Person(person) if person != self.context.me)
            && !self.folded.revisions.iter().any(theirs)
    }

    /// Whether cooling-off and the 90-day cap hold for the whole of it.
    fn sensitive(&self, revision: &Revision) -> bool {
        let strict = |clause: &Clause| self.is_ask(clause) || self.folded.strict.contains(clause);
        revision.sensitive() || revision.clauses.iter().any(strict)
    }

    fn span_cap(&self, revision: &Revision) -> i64 {
        match self.sensitive(revision) {
            true => limits::SENSITIVE_SPAN,
            false => revision.kind.paper().span,
        }
    }

    fn may_propose(&self, revision: &Revision) -> Result<(), Refusal> {
        let (pair, now) = (self.context.pair, self.context.now);
        let hash = revision.hash(self.folded.doc);
        if revision.span_from(now) > self.span_cap(revision) {
            return refuse(RefusalCode::RunsTooLong);
        }
        if !revision.well_formed(pair, now) {
            return refuse(RefusalCode::DatesOutOfOrder);
        }
        for clause in revision.clauses.iter().filter(|c| revision.clause_sensitive(c)) {
            match clause.obligor {
                Obligor::Both => return refuse(RefusalCode::BothInSensitive),
                Obligor::Person(_) if self.is_ask(clause) => {
                    return refuse(RefusalCode::NotYourClause);
                }
                Obligor::Person(_) => {}
            }
        }
        let same = self.folded.revisions.iter().find(|state| state.hash == hash);
        if same.is_some_and(|state| state.on_table || state.ratified) {
            return refuse(RefusalCode::SameText);
        }
        if self.own_counts().proposals >= limits::PROPOSALS {
            return refuse(RefusalCode::CapReached);
        }
        Ok(())
    }

    fn revision(
        &self,
        terms: &Terms,
        parents: Vec<RevisionHash>,
        default_span: i64,
    ) -> Result<Revision, Refusal> {
        let now = self.context.now;
        if terms.clauses.is_empty() || terms.clauses.len() > limits::REVISION_CLAUSES {
            return refuse(RefusalCode::ClauseCount);
        }
        if !text::tag_counts(&terms.lang) {
            return refuse(RefusalCode::TagInvalid);
        }
        let clauses = self.clauses(terms)?;
        let taper = terms
            .taper
            .iter()
            .map(|step| Ok(TaperStep { from: step.from, cadence: text::name(&step.cadence)? }));
        let mut revision = Revision {
            kind: terms.kind.clone(),
            about: terms.about,
            clauses,
            starts: terms.starts,
            expires_at: now,
            review_at: None,
            taper: taper.collect::<Result<_, Refusal>>()?,
            lang: terms.lang.clone(),
            parents,
        };
        let paper = revision.kind.paper();
        paper.takes(&revision)?;
        let starts = terms.starts.unwrap_or(now).max(now);
        let sensitive = self.sensitive(&revision);
        let span =
            if sensitive { default_span.min(limits::SENSITIVE_DEFAULT_SPAN) } else { default_span };
        revision.expires_at = terms.expires_at.unwrap_or(starts.plus(span));
        let review = starts.plus(limits::REVIEW_DEFAULT);
        revision.review_at = terms.review_at.or((review < revision.expires_at).then_some(review));
        if revision.span_from(now) > self.span_cap(&revision) {
            return refuse(RefusalCode::RunsTooLong);
        }
        let passed = revision.review_at.is_some_and(|review| review <= now)
            || revision.taper.iter().any(|step| step.from <= now);
        if passed {
            return refuse(RefusalCode::DatesOutOfOrder);
        }
        if !revision.well_formed(self.context.pair, now) {
            let ids = || revision.clauses.iter().map(|clause| &clause.id);
            let twice = ids().enumerate().any(|(at, id)| ids().take(at).any(|other| other == id));
            return refuse(if twice {
                RefusalCode::ClauseTwice
            } else {
                RefusalCode::DatesOutOfOrder
            });
        }
        Ok(revision)
    }

    fn clauses(&self, terms: &Terms) -> Result<Vec<Clause>, Refusal> {
        let person = |binds| match binds {
            Who::Me => Obligor::Person(self.context.me),
            Who::Partner => Obligor::Person(self.context.pair.other(self.context.me)),
            Who::Both => Obligor::Both,
        };
        // Numbers go on where this agreement's clauses left off, so that an id
        // never changes its meaning; two people who begin alike number alike.
        let used = self.folded.revisions.iter().flat_map(|state| &state.revision.clauses);
        let mut next = used.filter_map(|clause| clause.id.parse::<u32>().ok()).max().unwrap_or(0);
        let given = terms.clauses.iter().filter_map(|c| c.id.as_ref()?.parse::<u32>().ok());
        next = given.fold(next, u32::max);
        terms
            .clauses
            .iter()
            .map(|clause| {
                let id = clause.id.clone().unwrap_or_else(|| {
                    next = next.saturating_add(1);
                    next.to_string()
                });
                Ok(Clause {
                    id,
                    text: text::text(&clause.text)?,
                    obligor: person(clause.binds),
                    category: clause.category.clone(),
                    cadence: clause.cadence.as_deref().map(text::name).transpose()?,
                })
            })
            .collect()
    }
}

fn splice_action(draft: Position, splice: &Splice, insert: String) -> Act {
    let (start, delete) = (splice.start as u64, splice.delete as u64);
    Act::Splice { draft, start, delete, insert }
}
