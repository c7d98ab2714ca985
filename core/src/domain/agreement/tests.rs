//! The rules of agreements on records written by hand: what counts, and until when.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod counting;
mod deciding;
mod kept;
mod offers;
mod shown;

use super::*;
use crate::domain::agreement::AgreementState::*;
use crate::domain::pair::{PairState, Who};
use crate::domain::refusal::RefusalCode;
use crate::domain::testing::*;
use crate::id::{DocId, Past, PersonId, RevisionHash};
use crate::time::DAY;

pub(in crate::domain) const DOC: DocId = DocId([9; 16]);

/// An agreement as its records come in, each written having seen all others unless said apart.
#[derive(Clone, Default)]
pub(in crate::domain) struct Story(pub(in crate::domain) Written);

impl Story {
    pub(in crate::domain) fn writes(&mut self, who: PersonId, at: i64, act: Act) -> Position {
        self.0.write(who, at, DOC, act.into())
    }

    pub(in crate::domain) fn apart(&mut self, who: PersonId, at: i64, act: Act) -> Position {
        self.0.write_apart(who, at, DOC, act.into())
    }

    pub(in crate::domain) fn all(&mut self, acts: &[(PersonId, i64, Act)]) {
        for (who, at, act) in acts {
            self.writes(*who, *at, act.clone());
        }
    }

    pub(in crate::domain) fn folded(&self, viewer: PersonId) -> Folded {
        self.0.state::<AgreementDocs>(DOC, viewer)
    }

    pub(in crate::domain) fn seen(&self, viewer: PersonId, at: i64) -> AgreementView {
        let side = pair().side(viewer).unwrap();
        let state = PairState::default();
        view::project(&self.folded(viewer), &pair(), &state, side, BEGIN.plus(at))
    }

    pub(in crate::domain) fn state(&self, at: i64) -> AgreementState {
        self.seen(BEN, at).state
    }

    /// What a command of one of them comes to, on what they see.
    pub(in crate::domain) fn decides(
        &self,
        who: PersonId,
        at: i64,
        command: Command,
    ) -> Result<Vec<Act>, RefusalCode> {
        let folded = self.folded(who);
        let (pair, now) = (pair(), BEGIN.plus(at));
        let drafts = decided::<AgreementDocs>(&pair, &folded, None, &command, who, now);
        let act = |draft: Draft| match draft.action {
            crate::domain::action::Action::Agreement(act) => act,
            other => panic!("{other:?}"),
        };
        drafts.map(|all| all.into_iter().map(act).collect()).map_err(|refusal| refusal.code)
    }

    pub(in crate::domain) fn basis(&self) -> Past {
        self.folded(ANA).basis
    }
}

pub(in crate::domain) fn sentence(id: &str, obligor: Obligor, category: Category) -> Clause {
    let text = format!("Sentence {id}.");
    Clause { id: id.into(), text, obligor, category, cadence: None }
}

/// A plain sentence for both, for so many days.
pub(in crate::domain) fn plain(days: i64) -> Revision {
    Revision {
        kind: AgreementKind::Conduct,
        about: None,
        clauses: vec![sentence("1", Obligor::Both, Category::General)],
        starts: None,
        expires_at: BEGIN.plus(days * DAY),
        review_at: None,
        taper: vec![],
        lang: "en".into(),
        parents: vec![],
    }
}

/// What one of them alone does, of a category.
pub(in crate::domain) fn own(who: PersonId, category: Category, days: i64) -> Revision {
    Revision { clauses: vec![sentence("1", Obligor::Person(who), category)], ..plain(days) }
}

pub(in crate::domain) fn hash(revision: &Revision) -> RevisionHash {
    revision.hash(DOC)
}

pub(in crate::domain) fn propose(revision: &Revision) -> Act {
    Act::Propose { revision: revision.clone() }
}

pub(in crate::domain) fn offer(revision: &Revision) -> Act {
    Act::Offer { revision: revision.clone() }
}

pub(in crate::domain) fn yes(revision: &Revision) -> Act {
    Act::Consent { revision: hash(revision), adopts: vec![] }
}

pub(in crate::domain) fn no(revision: &Revision) -> Act {
    Act::Decline { revision: hash(revision) }
}

pub(in crate::domain) fn take_back(revision: &Revision) -> Act {
    Act::WithdrawProposal { revision: hash(revision) }
}

pub(in crate::domain) fn not_any_more(revision: &Revision) -> Act {
    Act::WithdrawConsent { revision: hash(revision), held: None }
}

/// Ana proposes it and Ben says yes, a minute later.
pub(in crate::domain) fn agreed(revision: &Revision) -> Story {
    let mut story = Story::default();
    story.writes(ANA, 0, propose(revision));
    story.writes(BEN, 60, yes(revision));
    story
}
