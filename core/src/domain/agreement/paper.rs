//! What a consent document is for: each kind of it described once. Forks, cooling-off, ending
//! and history are the same for all (M2; RULES.md, consent).

use super::revision::{AgreementKind, Clause, Obligor, Revision};
use crate::domain::refusal::RefusalCode;
use crate::limits;

/// Whom the sentences of a kind bind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binds {
    /// Whom they name.
    AsWritten,
    /// Both: an intention of the two (F08).
    Both,
    /// One of the two, the same in every sentence: amends (F17).
    One,
    /// Nobody: they say what both see, and are written for both (F07, F36).
    Nobody,
}

/// All that is said of one kind of consent document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paper {
    /// Whom its sentences bind.
    pub binds: Binds,
    /// The longest that it may run without a sensitive sentence, in seconds.
    pub span: i64,
    /// How long it runs by default.
    pub usual: i64,
    /// It is nothing without what it is about.
    pub about: bool,
}

const AGREEMENT: Paper = Paper {
    binds: Binds::AsWritten,
    span: limits::AGREEMENT_SPAN,
    usual: limits::AGREEMENT_DEFAULT_SPAN,
    about: false,
};

impl AgreementKind {
    /// What is said of documents of this kind.
    pub(crate) fn paper(&self) -> Paper {
        let joint =
            Paper { binds: Binds::Nobody, span: limits::LIFE, usual: limits::LIFE, about: true };
        match self {
            AgreementKind::Intention => Paper { binds: Binds::Both, ..AGREEMENT },
            AgreementKind::Amends => Paper { binds: Binds::One, ..AGREEMENT },
            AgreementKind::Statement | AgreementKind::Summary => joint,
            AgreementKind::Report => {
                Paper { about: false, span: AGREEMENT.span, usual: AGREEMENT.usual, ..joint }
            }
            _ => AGREEMENT,
        }
    }
}

impl Paper {
    /// Whether a text can be one of this kind.
    ///
    /// # Errors
    /// `BindsOtherwise`; `SubjectInvalid` where what it is about is missing.
    pub fn takes(&self, revision: &Revision) -> Result<(), RefusalCode> {
        let all = |fits: &dyn Fn(&Clause) -> bool| revision.clauses.iter().all(fits);
        let first = revision.clauses.first().map(|clause| clause.obligor);
        let binds = match self.binds {
            Binds::AsWritten => true,
            Binds::Both => all(&|clause| clause.obligor == Obligor::Both),
            Binds::One => {
                all(&|clause| clause.obligor != Obligor::Both && Some(clause.obligor) == first)
            }
            // What both see has no beginning, no rhythm and no way out: those are of duties.
            Binds::Nobody => {
                let says = |clause: &Clause| {
                    let plain = clause.cadence.is_none() && !clause.category.sensitive();
                    clause.obligor == Obligor::Both && plain
                };
                all(&says) && revision.starts.is_none() && revision.taper.is_empty()
            }
        };
        match (binds, self.about && revision.about.is_none()) {
            (false, _) => Err(RefusalCode::BindsOtherwise),
            (true, true) => Err(RefusalCode::SubjectInvalid),
            (true, false) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::agreement::revision::Category;
    use crate::domain::testing::{ANA, BEN};
    use crate::id::DocId;
    use crate::time::Moment;

    fn text(kind: AgreementKind, about: bool, binds: &[Obligor]) -> Revision {
        let clause = |(at, obligor): (usize, &Obligor)| Clause {
            id: at.to_string(),
            text: "What we now understand.".into(),
            obligor: *obligor,
            category: Category::General,
            cadence: None,
        };
        Revision {
            kind,
            about: about.then_some(DocId([9; 16])),
            clauses: binds.iter().enumerate().map(clause).collect(),
            starts: None,
            expires_at: Moment(limits::AGREEMENT_SPAN),
            review_at: None,
            taper: Vec::new(),
            lang: "en".into(),
            parents: Vec::new(),
        }
    }

    #[test]
    fn k01_what_both_see_stays_and_what_binds_or_is_shown_to_others_runs_out() {
        use AgreementKind::{Amends, Communication, Intention, Report, Statement, Summary};
        let spans = |kind: AgreementKind| (kind.paper().span, kind.paper().usual);
        for kind in [Statement, Summary] {
            assert_eq!(spans(kind), (limits::LIFE, limits::LIFE));
        }
        for kind in [Communication, Intention, Amends, Report] {
            assert_eq!(spans(kind), (limits::AGREEMENT_SPAN, limits::AGREEMENT_DEFAULT_SPAN));
        }
    }

    #[test]
    fn f07_f08_f17_f36_each_kind_binds_as_it_says_and_no_other_way() {
        use AgreementKind::{Amends, Communication, Intention, Report, Statement, Summary};
        let (ana, ben, both) = (Obligor::Person(ANA), Obligor::Person(BEN), Obligor::Both);
        let takes = |kind: AgreementKind, about, binds: &[Obligor]| {
            kind.paper().takes(&text(kind, about, binds)).err()
        };
        let wrong = Some(RefusalCode::BindsOtherwise);
        for kind in [Statement, Summary] {
            assert_eq!(takes(kind.clone(), true, &[both, both]), None);
            assert_eq!(takes(kind.clone(), true, &[both, ana]), wrong, "nobody is bound by it");
            assert_eq!(takes(kind, false, &[both]), Some(RefusalCode::SubjectInvalid));
        }
        assert_eq!(takes(Report, false, &[both]), None);
        assert_eq!(takes(Report, false, &[both, ana]), wrong, "it lists, and binds nobody");
        assert_eq!(takes(Intention, false, &[both]), None);
        assert_eq!(takes(Intention, false, &[ben]), wrong, "one does not intend for the other");
        assert_eq!(takes(Amends, true, &[ana, ana]), None);
        assert_eq!(takes(Amends, true, &[ana, ben]), wrong);
        assert_eq!(takes(Amends, true, &[both]), wrong);
        assert_eq!(takes(Communication, false, &[ana, ben, both]), None);
        let mut hourly = text(Statement, true, &[both]);
        hourly.clauses[0].cadence = Some("hourly".into());
        assert_eq!(Statement.paper().takes(&hourly), Err(RefusalCode::BindsOtherwise));
        let mut whereabouts = text(Statement, true, &[both]);
        whereabouts.clauses[0].category = Category::Whereabouts;
        assert_eq!(Statement.paper().takes(&whereabouts), Err(RefusalCode::BindsOtherwise));
    }
}
