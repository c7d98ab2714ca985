//! Two people and what each has written and seen, without phones around them.

use amends::Adoption;
use amends::Refusal;
use amends::Who;
use amends::id::{DocId, LogId, PairId, Past, PersonId, Position, RevisionHash};
use amends::internals::domain::Pair;
use amends::internals::domain::action::Action;
use amends::internals::domain::agreement::{
    AgreementDocs, AgreementKind, Category, Clause, Command, Folded, Obligor, Revision, Terms,
    TermsClause,
};
use amends::internals::domain::record::{Held, Record};
use amends::internals::domain::testing::{decided, state};
use amends::internals::domain::{agreement, pair};
use amends::internals::log::log_id;
use amends::time::{DAY, Moment, Stated};
use proptest::prelude::*;
use std::sync::Arc;

pub const ANA: PersonId = PersonId([1; 16]);
pub const BEN: PersonId = PersonId([2; 16]);
pub const PEOPLE: [PersonId; 2] = [ANA, BEN];
pub const DOC: DocId = DocId([9; 16]);
const PAIR: PairId = PairId([7; 16]);

/// What one person tries to do, or what happens to both.
#[derive(Debug, Clone)]
pub enum Doing {
    Propose(usize),
    Consent(usize),
    Withdraw(Option<usize>),
    Decline,
    Suspend,
    Resume,
    Renew,
    End,
    Meet,
    Wait(i64),
    /// Ben's app writes this without asking any rule.
    Forge(usize, usize),
}

#[derive(Debug, Clone)]
pub struct Step {
    pub who: usize,
    pub doing: Doing,
}

pub fn steps(hostile: bool) -> impl Strategy<Value = Vec<Step>> {
    let doing = prop_oneof![
        6 => (0usize..6).prop_map(Doing::Propose),
        9 => (0usize..3).prop_map(Doing::Consent),
        2 => prop::option::of(0usize..3).prop_map(Doing::Withdraw),
        1 => Just(Doing::Decline),
        1 => Just(Doing::Suspend),
        1 => Just(Doing::Resume),
        1 => Just(Doing::Renew),
        1 => prop::bool::weighted(0.2).prop_map(|end| if end { Doing::End } else { Doing::Meet }),
        9 => Just(Doing::Meet),
        3 => (0i64..40).prop_map(Doing::Wait),
        3 => (0usize..12, 0usize..6).prop_map(move |(kind, number)| {
            if hostile { Doing::Forge(kind, number) } else { Doing::Meet }
        }),
    ];
    let step = (0usize..2, doing).prop_map(|(who, doing)| Step { who, doing });
    prop::collection::vec(step, 0..40)
}

#[derive(Clone)]
pub struct World {
    pub pair: Pair,
    pub now: Moment,
    pub records: Vec<Held>,
    people: [PersonId; 2],
    lengths: [u64; 2],
    /// How much of the other's log each has seen.
    seen: [u64; 2],
}

impl World {
    pub fn new() -> Self {
        Self {
            pair: Pair::new(PAIR, ANA, BEN).unwrap(),
            now: Moment(1_770_000_000),
            records: Vec::new(),
            people: PEOPLE,
            lengths: [0, 0],
            seen: [0, 0],
        }
    }

    fn log(&self, who: usize, generation: u8) -> LogId {
        log_id(PAIR, self.people[who], generation)
    }

    pub fn meet(&mut self) {
        self.seen = [self.lengths[1], self.lengths[0]];
    }

    /// A record as this person would hold it, next in the log of a generation.
    pub fn held(&self, who: usize, generation: u8, action: Action) -> Held {
        let log = self.log(who, generation);
        let index = if generation == 0 { self.lengths[who] } else { 0 };
        let mut past = Past::default();
        past.raise(log, index);
        past.raise(self.log(1 - who, 0), self.seen[who]);
        let at = Stated { moment: self.now, zone: "UTC".into() };
        Held {
            id: Position { log, index, place: 0 },
            past: Arc::new(past),
            author: self.people[who],
            record: Record { target: DOC, at, action, body: None },
            received: self.now,
        }
    }

    pub fn append(&mut self, who: usize, action: Action) {
        let held = self.held(who, 0, action);
        self.records.push(held);
        self.lengths[who] += 1;
    }

    /// What this person's phone holds.
    pub fn known_to(&self, who: usize) -> Vec<Held> {
        let theirs = self.log(1 - who, 0);
        let known = |held: &&Held| held.id.log != theirs || held.id.index < self.seen[who];
        self.records.iter().filter(known).cloned().collect()
    }

    /// The same, folded.
    pub fn seen_by(&self, who: usize) -> Folded {
        let records = self.known_to(who);
        state::<AgreementDocs>(&self.pair, DOC, self.people[who], &records)
    }

    pub fn consent(&mut self, who: usize, revision: RevisionHash) -> Result<(), Refusal> {
        let folded = self.seen_by(who);
        let adopts = self.asked(who, &folded, revision, None);
        self.command(who, Command::Consent { revision, adopts, basis: folded.basis })
    }

    /// All that this person is asked for in a text, adopted.
    fn asked(
        &self,
        who: usize,
        folded: &Folded,
        revision: RevisionHash,
        category: Option<Category>,
    ) -> Vec<Adoption> {
        let state = folded.revisions.iter().find(|state| state.hash == revision);
        let mine = |id: &&String| {
            let clauses = state.iter().flat_map(|state| &state.revision.clauses);
            let me = Obligor::Person(self.people[who]);
            clauses.into_iter().any(|clause| clause.id == **id && clause.obligor == me)
        };
        let asked = state.iter().flat_map(|state| &state.marks.asks).filter(mine);
        asked.map(|id| Adoption { clause: id.clone(), category: category.clone() }).collect()
    }

    fn command(&mut self, who: usize, command: Command) -> Result<(), Refusal> {
        let folded = self.seen_by(who);
        let (pair, me, now) = (self.pair, self.people[who], self.now);
        let drafts = decided::<AgreementDocs>(&pair, &folded, None, &command, me, now)?;
        drafts.into_iter().for_each(|draft| self.append(who, draft.action));
        Ok(())
    }

    pub fn step(&mut self, step: &Step) {
        self.now = self.now.plus(60);
        let who = step.who;
        let folded = self.seen_by(who);
        let basis = folded.basis.clone();
        let revision = |at: usize| {
            let count = folded.revisions.len();
            (count > 0).then(|| folded.revisions[count - 1 - at % count].hash)
        };
        let command = match &step.doing {
            Doing::Meet => return self.meet(),
            Doing::Wait(days) => {
                self.now = self.now.plus(days * DAY / 2);
                return;
            }
            Doing::Forge(kind, number) => return self.forge(*kind, *number),
            Doing::Propose(number) => Command::Propose { terms: terms(*number, self.now), basis },
            Doing::Consent(at) => match revision(*at) {
                Some(revision) => {
                    let category = (at % 2 == 0).then_some(Category::General);
                    let adopts = self.asked(who, &folded, revision, category);
                    Command::Consent { revision, adopts, basis }
                }
                None => return,
            },
            Doing::Withdraw(at) => Command::Withdraw { revision: at.and_then(revision) },
            Doing::Decline => Command::Decline { revision: None },
            Doing::Suspend => Command::Suspend,
            Doing::Resume => Command::Resume,
            Doing::Renew => Command::Renew { expires_at: None, basis },
            Doing::End => Command::End,
        };
        // Refusals are as good an outcome as any.
        let _refused = self.command(who, command);
    }

    /// Ben's app, which obeys no rule: texts that bind Ana, missing parents,
    /// yeses to anything, overlong runs, false dates.
    fn forge(&mut self, kind: usize, number: usize) {
        let known: Vec<RevisionHash> = state::<AgreementDocs>(&self.pair, DOC, ANA, &self.records)
            .revisions
            .iter()
            .map(|s| s.hash)
            .collect();
        let some = known.get(number % known.len().max(1)).copied();
        let revision = some.unwrap_or(RevisionHash([number as u8; 32]));
        let clause = |obligor, category| Clause {
            id: "1".into(),
            text: format!("You say where you are, {number}."),
            obligor,
            category,
            cadence: None,
        };
        let forged = |clause: Clause, days: i64| Revision {
            kind: AgreementKind::Conduct,
            about: None,
            clauses: vec![clause],
            starts: None,
            expires_at: self.now.plus(days * DAY),
            review_at: None,
            taper: vec![],
            lang: "en".into(),
            parents: if number.is_multiple_of(2) { vec![] } else { some.into_iter().collect() },
        };
        let on_ana = Obligor::Person(self.people[0]);
        let action = match kind {
            0 => Action::Agreement(agreement::Act::Propose {
                revision: forged(clause(on_ana, Category::Whereabouts), 20),
            }),
            1 => Action::Agreement(agreement::Act::Propose {
                revision: forged(clause(Obligor::Both, Category::Money), 20),
            }),
            2 => Action::Agreement(agreement::Act::Propose {
                revision: forged(clause(on_ana, Category::General), 20),
            }),
            3 => Action::Agreement(agreement::Act::Propose {
                revision: forged(clause(on_ana, Category::General), 999),
            }),
            4 => Action::Agreement(agreement::Act::Offer {
                revision: forged(clause(on_ana, Category::General), 20),
            }),
            5 => Action::Agreement(agreement::Act::Decline { revision }),
            6 => Action::Agreement(agreement::Act::WithdrawConsent {
                revision,
                held: Some(self.now),
            }),
            7 => Action::Agreement(agreement::Act::WithdrawProposal { revision }),
            8 => Action::Agreement(agreement::Act::Resume),
            9 => Action::Pair(pair::Act::Open),
            _ => Action::Agreement(agreement::Act::Consent { revision, adopts: Vec::new() }),
        };
        self.append(1, action);
    }

    /// A text of Ana's that both have seen.
    pub fn plain_proposal_by_ana(&mut self) -> RevisionHash {
        let basis = self.seen_by(0).basis;
        self.command(0, Command::Propose { terms: terms(1, self.now), basis }).unwrap();
        self.meet();
        self.seen_by(1).revisions[0].hash
    }

    /// Ana's own sensitive clause, to which both have said yes.
    pub fn sensitive_agreement(&mut self) -> RevisionHash {
        let terms = Terms { expires_at: Some(self.now.plus(60 * DAY)), ..terms(0, self.now) };
        let basis = self.seen_by(0).basis;
        self.command(0, Command::Propose { terms, basis }).unwrap();
        self.meet();
        let hash = self.seen_by(1).revisions[0].hash;
        self.consent(1, hash).unwrap();
        self.meet();
        hash
    }

    pub fn hostile_proposal(&mut self, number: usize) -> RevisionHash {
        let clause = Clause {
            id: "1".into(),
            text: format!("Text {number}."),
            obligor: Obligor::Both,
            category: Category::General,
            cadence: None,
        };
        let revision = Revision {
            kind: AgreementKind::Conduct,
            about: None,
            clauses: vec![clause],
            starts: None,
            expires_at: self.now.plus(20 * DAY),
            review_at: None,
            taper: vec![],
            lang: "en".into(),
            parents: vec![],
        };
        let hash = revision.hash(DOC);
        self.append(1, Action::Agreement(agreement::Act::Propose { revision }));
        self.meet();
        hash
    }

    /// The same history with the persons' ids exchanged.
    pub fn swapped(&self) -> Self {
        let mut hashes = Vec::new();
        let mut world = World { people: [BEN, ANA], records: Vec::new(), ..self.clone() };
        let person = |id: PersonId| if id == ANA { BEN } else { ANA };
        let log = |id: LogId| {
            if id == log_id(PAIR, ANA, 0) { log_id(PAIR, BEN, 0) } else { log_id(PAIR, ANA, 0) }
        };
        let exchange = |revision: &Revision, hashes: &[(RevisionHash, RevisionHash)]| {
            let mut revision = revision.clone();
            for clause in &mut revision.clauses {
                if let Obligor::Person(id) = clause.obligor {
                    clause.obligor = Obligor::Person(person(id));
                }
            }
            let of = |hash: &RevisionHash| {
                hashes.iter().find(|(old, _)| old == hash).map_or(*hash, |(_, new)| *new)
            };
            revision.parents = revision.parents.iter().map(of).collect();
            revision.parents.sort();
            revision
        };
        // Parents may be proposed in either log: two passes settle every hash.
        for _ in 0..self.records.len().min(40) {
            let before = hashes.len();
            for held in &self.records {
                if let Action::Agreement(agreement::Act::Propose { revision }) = &held.record.action
                {
                    let old = revision.hash(DOC);
                    let new = exchange(revision, &hashes).hash(DOC);
                    match hashes.iter_mut().find(|(known, _)| *known == old) {
                        Some(entry) => entry.1 = new,
                        None => hashes.push((old, new)),
                    }
                }
            }
            if hashes.len() == before && before == 0 {
                break;
            }
        }
        let of = |hash: &RevisionHash| {
            hashes.iter().find(|(old, _)| old == hash).map_or(*hash, |(_, new)| *new)
        };
        for held in &self.records {
            let mut held = held.clone();
            held.author = person(held.author);
            held.id.log = log(held.id.log);
            let past = held.past.0.iter().map(|(id, n)| (log(*id), *n)).collect();
            held.past = Arc::new(Past(past));
            held.record.action = match &held.record.action {
                Action::Agreement(agreement::Act::Propose { revision }) => {
                    Action::Agreement(agreement::Act::Propose {
                        revision: exchange(revision, &hashes),
                    })
                }
                Action::Agreement(agreement::Act::Consent { revision, adopts }) => {
                    let (revision, adopts) = (of(revision), adopts.clone());
                    Action::Agreement(agreement::Act::Consent { revision, adopts })
                }
                Action::Agreement(agreement::Act::WithdrawConsent { revision, held }) => {
                    Action::Agreement(agreement::Act::WithdrawConsent {
                        revision: of(revision),
                        held: *held,
                    })
                }
                Action::Agreement(agreement::Act::WithdrawProposal { revision }) => {
                    Action::Agreement(agreement::Act::WithdrawProposal { revision: of(revision) })
                }
                Action::Agreement(agreement::Act::Decline { revision }) => {
                    Action::Agreement(agreement::Act::Decline { revision: of(revision) })
                }
                other => other.clone(),
            };
            world.records.push(held);
        }
        world
    }
}

fn terms(number: usize, now: Moment) -> Terms {
    let sensitive = number.is_multiple_of(3);
    let clause = TermsClause {
        id: Some("1".into()),
        text: format!("Words {number}."),
        binds: if sensitive { Who::Me } else { Who::Both },
        category: if sensitive { Category::Whereabouts } else { Category::General },
        cadence: None,
    };
    Terms {
        kind: AgreementKind::Conduct,
        about: None,
        clauses: vec![clause],
        starts: None,
        expires_at: Some(now.plus(20 * DAY)),
        review_at: None,
        taper: vec![],
        lang: "en".into(),
    }
}
