//! However much the partner begins, what views look at stays as little.

use super::*;
use crate::domain::agreement::{self, AgreementDocs};
use crate::domain::capability::Class;
use crate::domain::record::Draft;
use crate::limits::LIVE_DOCUMENTS;
use std::ops::Range;

fn doc(number: u64) -> DocId {
    DocId(*[&number.to_be_bytes()[..], &[7; 8]].concat().first_chunk().unwrap())
}

impl Phone {
    /// Touches documents, each of which is begun by it where nothing had touched it.
    fn touches(&mut self, docs: Range<u64>) {
        let action = || agreement::Act::Suspend.into();
        let drafts = docs.map(|at| Draft { target: doc(at), action: action(), body: None });
        let drafts = drafts.collect();
        self.engine.write(|engine, home| engine.append_all(home, drafts)).unwrap();
    }

    fn looked_at(&mut self) -> Vec<DocId> {
        self.engine.read_arrived().unwrap();
        self.engine.live_documents(&[Class::Agreement], usize::MAX).unwrap()
    }
}

#[test]
fn what_the_partner_begins_crowds_out_nothing_but_what_they_began_and_nobody_else_touched() {
    let [mut ana, mut ben] = Phone::pair();
    let last = LIVE_DOCUMENTS as u64 + 500;
    ben.touches(0..10);
    ana.hears(&mut ben);
    ana.touches(3..4);
    ana.touches(90_000..90_001);
    for from in (10..last).step_by(100) {
        ben.touches(from..(from + 100).min(last));
        ana.hears(&mut ben);
    }
    let stands = |ana: &mut Phone, most: usize| {
        let live = ana.looked_at();
        assert!(live.len() <= most, "{}", live.len());
        assert!([3, 90_000, last - 1, last - 900].iter().all(|at| live.contains(&doc(*at))));
        assert!(!live.contains(&doc(0)));
    };
    stands(&mut ana, LIVE_DOCUMENTS + 256 + 100 + 2);
    // Nothing of it is lost: it is shown where all are.
    let all = ana.engine.ids::<AgreementDocs>().unwrap();
    assert_eq!(all.len() as u64, last + 1);
    assert_eq!(ana.engine.doctor().unwrap().findings, []);
    ana.engine.rebuild().unwrap();
    stands(&mut ana, LIVE_DOCUMENTS + 2);
    // Nor do old ones come back for long, however often they are touched.
    for _ in 0..2 {
        ben.touches(4..last);
        ana.hears(&mut ben);
    }
    let live = ana.looked_at().len();
    assert!(live <= LIVE_DOCUMENTS + 256 + 2, "{live}");
    assert_eq!(ana.engine.doctor().unwrap().findings, []);
}
