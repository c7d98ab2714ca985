//! Test vectors for a second implementation of `core/PROTOCOL.md`. The files
//! are checked against the code; `AMENDS_WRITE_VECTORS=1` writes them anew, for
//! a deliberate change of the protocol.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use amends::host::SeededEntropy;
use amends::id::{DocId, Head, PairId, PersonId, Position};
use amends::internals::cbor::Value;
use amends::internals::document::{Document, Touch};
use amends::internals::domain::action::Action;
use amends::internals::domain::agreement::{
    AgreementKind, Category, Clause, Obligor, Revision, TaperStep,
};
use amends::internals::domain::record::Record;
use amends::internals::domain::{agreement, pair, shared, talk};
use amends::internals::log::{Checkpoint, Follower, body, genesis_head, log_id, own_tag};
use amends::internals::pairing::{Code, Conversation, Invitation, Message, Role};
use amends::internals::sync::{BodyAt, Frame, Run};
use amends::time::{Moment, Stated};
use amends::{Adoption, Form, Reply};
use serde_json::{Value as Json, json};
use std::path::Path;

mod homes;

const PAIR: PairId = PairId([0x11; 16]);
const ANA: PersonId = PersonId([0xa1; 16]);
const BEN: PersonId = PersonId([0xb2; 16]);
const DOC: DocId = DocId([0xd0; 16]);
const BEGIN: i64 = 1_772_474_400;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn check(name: &str, vectors: Json) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(name);
    let text = serde_json::to_string_pretty(&vectors).unwrap() + "\n";
    if std::env::var_os("AMENDS_WRITE_VECTORS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    assert!(kept == text, "{name} differs: a second implementation would break");
}

fn named(name: &str) -> Vec<u8> {
    body::encode([0x77; 16], Value::map([("name", Some(name.into()))]))
}

fn record(action: Action) -> Record {
    let at = Stated { moment: Moment(BEGIN), zone: "Europe/Berlin".into() };
    let body = (action == Action::Pair(pair::Act::Open)).then(|| body::commitment(&named("Ana")));
    Record { target: DOC, at, action, body }
}

fn revision() -> Revision {
    let clause = |id: &str, text: &str, obligor, category, cadence: Option<&str>| Clause {
        id: id.into(),
        text: text.into(),
        obligor,
        category,
        cadence: cadence.map(str::to_owned),
    };
    Revision {
        kind: AgreementKind::Communication,
        about: None,
        clauses: vec![
            clause("1", "We talk on Sunday evenings.", Obligor::Both, Category::General, None),
            clause(
                "2",
                "I say where I am.",
                Obligor::Person(ANA),
                Category::Whereabouts,
                Some("daily"),
            ),
        ],
        starts: None,
        expires_at: Moment(BEGIN + 30 * 86_400),
        review_at: Some(Moment(BEGIN + 14 * 86_400)),
        taper: vec![TaperStep { from: Moment(BEGIN + 20 * 86_400), cadence: "weekly".into() }],
        lang: "en".into(),
        parents: vec![],
    }
}

/// What both see: it binds nobody.
fn statement() -> Revision {
    let mut statement = revision();
    statement.kind = AgreementKind::Statement;
    statement.clauses.truncate(1);
    statement.clauses[0] = Clause {
        obligor: Obligor::Both,
        category: Category::General,
        cadence: None,
        ..statement.clauses[0].clone()
    };
    Revision { starts: None, taper: Vec::new(), ..statement }
}

/// One that can count: every clause binds its author.
fn offer() -> Revision {
    let mut offer = revision();
    offer.clauses.remove(0);
    offer
}

fn actions() -> Vec<Action> {
    let revision_hash = revision().hash(DOC);
    let draft = Position { log: log_id(PAIR, ANA, 0), index: 2, place: 0 };
    vec![
        Action::Pair(pair::Act::Open),
        Action::Pair(pair::Act::Leave),
        Action::Agreement(agreement::Act::Propose { revision: revision() }),
        Action::Agreement(agreement::Act::Offer { revision: offer() }),
        Action::Agreement(agreement::Act::Consent { revision: revision_hash, adopts: Vec::new() }),
        Action::Agreement(agreement::Act::Consent {
            revision: revision_hash,
            adopts: vec![
                Adoption { clause: "1".into(), category: None },
                Adoption { clause: "2".into(), category: Some(Category::Money) },
            ],
        }),
        Action::Agreement(agreement::Act::Propose {
            revision: Revision { about: Some(DocId([0x44; 16])), ..statement() },
        }),
        Action::Talk(talk::Act::Propose {
            begins: Moment(BEGIN + 3_600),
            minutes: Some(45),
            salt: Some([0x55; 16]),
        }),
        Action::Talk(talk::Act::Start),
        Action::Talk(talk::Act::Pause { to: Moment(BEGIN + 5_400) }),
        Action::Item(shared::Act::Tell {
            form: Form::Hurt,
            salt: [0x55; 16],
            about: None,
            on: None,
            until: Some(Moment(BEGIN + 180 * 86_400)),
        }),
        Action::Item(shared::Act::Tell {
            form: Form::Account,
            salt: shared::single_salt(Form::Account, DocId([0x44; 16])),
            about: Some(DocId([0x44; 16])),
            on: Some(draft),
            until: None,
        }),
        Action::Item(shared::Act::Answer {
            form: Form::Question,
            of: draft,
            reply: Reply::NotNow,
            until: Some(Moment(BEGIN + 86_400)),
        }),
        Action::Agreement(agreement::Act::WithdrawConsent {
            revision: revision_hash,
            held: Some(Moment(BEGIN + 60)),
        }),
        Action::Agreement(agreement::Act::WithdrawProposal { revision: revision_hash }),
        Action::Agreement(agreement::Act::Decline { revision: revision_hash }),
        Action::Agreement(agreement::Act::Suspend),
        Action::Agreement(agreement::Act::Resume),
        Action::Agreement(agreement::Act::End),
        Action::Agreement(agreement::Act::OpenDraft { text: "We talk.".into() }),
        Action::Agreement(agreement::Act::Splice {
            draft,
            start: 7,
            delete: 0,
            insert: " calmly".into(),
        }),
    ]
}

/// Ids and commitments of the daily practice.
#[test]
fn the_daily_practice() {
    use amends::Due;
    use amends::internals::domain::checkin::seal::{Bound, answers_to_value};
    use amends::internals::domain::checkin::{Answer, Answers, Opening, Period, TemplateId};
    use amends::internals::domain::ledger::{Month, ledger, own_document};
    let promise = own_document(PAIR, ANA, &[0x55; 16]);
    let due = Due::Every {
        start: "2026-03-27".parse().unwrap(),
        time: Some("18:30:00".parse().unwrap()),
        rule: "FREQ=WEEKLY;BYDAY=MO,FR;COUNT=3".parse().unwrap(),
    };
    let occurrences: Vec<Json> = due
        .occurrences(promise, "Europe/Berlin", None)
        .unwrap()
        .iter()
        .map(|one| json!({"id": one.id, "local": one.local, "due": one.due.0, "deadline": one.deadline.0}))
        .collect();
    let period: Period = "2026-W10".parse().unwrap();
    let answers = Answers::from([
        (1, Answer { scale: Some(3), words: None }),
        (6, Answer { scale: Some(1), words: Some("More.".into()) }),
    ]);
    let bound = Bound {
        pair: PAIR,
        person: ANA,
        log: log_id(PAIR, ANA, 0),
        template: TemplateId::Week,
        period,
    };
    let opening = Opening { nonce: [0x66; 32], answers: answers.clone() };
    let item = Position { log: log_id(PAIR, ANA, 0), index: 2, place: 1 };
    check(
        "practice.json",
        json!({
            "pair": PAIR,
            "person": ANA,
            "salt": hex(&[0x55; 16]),
            "own_document": promise,
            "ledger_2026_03": ledger(PAIR, ANA, Month { year: 2026, month: 3 }),
            "due": hex(&due.to_value().encode()),
            "zone": "Europe/Berlin",
            "occurrences": occurrences,
            "item": {"position": item.to_string(), "id": item.item()},
            "check_in": {
                "template": "week",
                "period": "2026-W10",
                "answers": hex(&answers_to_value(&answers).encode()),
                "nonce": hex(&opening.nonce),
                "commitment": opening.commitment(&bound),
            },
        }),
    );
}

#[test]
fn records_and_revisions() {
    let records: Vec<Json> = actions()
        .into_iter()
        .map(|action| {
            let kind = action.kind();
            json!({"kind": kind, "cbor": hex(&record(action).to_value().encode())})
        })
        .collect();
    let revision = revision();
    check(
        "records.json",
        json!({
            "document": DOC,
            "records": records,
            "revision": {
                "cbor": hex(&revision.to_value().encode()),
                "hash": revision.hash(DOC),
            },
        }),
    );
}

#[test]
fn logs_heads_pins_and_bodies() {
    let logs = [log_id(PAIR, ANA, 0), log_id(PAIR, BEN, 0)];
    let key = [0x5c; 32];
    let name = named("Ana");
    let commitment = body::commitment(&name);
    let mut followers = [Follower::new(PAIR, ANA, 0), Follower::new(PAIR, BEN, 0)];
    let mut heads: Vec<Checkpoint> = followers.iter().map(Follower::checkpoint).collect();
    let mut entries = Vec::new();
    let writes: [(usize, Vec<Record>); 4] = [
        (0, vec![record(Action::Pair(pair::Act::Open))]),
        (1, vec![record(Action::Pair(pair::Act::Open))]),
        (0, vec![record(Action::Agreement(agreement::Act::Propose { revision: revision() }))]),
        (
            1,
            vec![
                record(Action::Agreement(agreement::Act::Consent {
                    revision: revision().hash(DOC),
                    adopts: Vec::new(),
                })),
                record(Action::Agreement(agreement::Act::Suspend)),
            ],
        ),
    ];
    for (who, records) in writes {
        let held = followers[1 - who].checkpoint();
        let records = records.iter().map(|record| record.to_value().encode()).collect();
        let bytes = followers[who].next_entry(&[held], records).encode();
        let known = heads.clone();
        let head_at = |log, length| {
            known.iter().find(|at| at.log == log && at.length == length).map(|at| at.head)
        };
        let followed = followers[who].follow(&bytes, &head_at).unwrap();
        heads.push(followers[who].checkpoint());
        entries.push(json!({
            "log": logs[who],
            "index": followed.entry.index,
            "entry": hex(&bytes),
            "head": followed.head,
            "own_tag": hex(&own_tag(&key, followed.head)),
        }));
    }
    check(
        "logs.json",
        json!({
            "pair": PAIR,
            "persons": [ANA, BEN],
            "logs": logs,
            "generation_1": log_id(PAIR, ANA, 1),
            "genesis_heads": logs.map(|log| genesis_head(PAIR, log)),
            "own_log_key": hex(&key),
            "body": {"cbor": hex(&name), "commitment": commitment},
            "entries": entries,
        }),
    );
}

#[test]
fn frames() {
    let log = log_id(PAIR, ANA, 0);
    let at = Checkpoint { log, length: 3, head: Head([0xee; 32]) };
    let body = BodyAt { index: 0, place: 0, bytes: vec![1, 2, 3] };
    let run = Run {
        log,
        first: 0,
        entries: vec![vec![0xa0]],
        tags: vec![[0x7a; 16]],
        bodies: vec![body.clone()],
        head: at.head,
    };
    let frames = [
        ("hello", Frame::Hello { epoch: [9; 8], logs: vec![at.into()] }),
        ("head-at", Frame::HeadAt(at)),
        ("want", Frame::Want { log, first: 2 }),
        ("entries", Frame::Entries(run)),
        ("want-bodies", Frame::WantBodies { log, bodies: vec![(0, 0)] }),
        ("bodies", Frame::Bodies { log, bodies: vec![body] }),
        ("ack", Frame::Ack(at)),
        ("ping", Frame::Ping),
        ("pong", Frame::Pong),
        ("bye", Frame::Bye),
    ];
    let frames: Vec<Json> = frames
        .into_iter()
        .map(|(name, frame)| json!({"frame": name, "cbor": hex(&frame.encode())}))
        .collect();
    check("frames.json", json!({"frames": frames}));
}

#[test]
fn pairing() {
    let code = Code::new(&SeededEntropy::new(7)).unwrap();
    let invitation = Invitation {
        key: [0x21; 32],
        secret: [0x22; 32],
        hints: vec!["192.0.2.7:4000".parse().unwrap()],
        expires_at: Moment(BEGIN + 120),
    };
    let handshake = [0x33; 32];
    let side = |role, name: &str, fill: u8| {
        Conversation::new(role, handshake, [0x44; 32], name.into(), [fill; 80], Moment(BEGIN))
    };
    let mut sides = [side(Role::Joined, "Ana", 1), side(Role::Showed, "Ben", 2)];
    let mut messages = Vec::new();
    let mut left: Vec<(usize, amends::internals::pairing::Action)> = Vec::new();
    for (who, conversation) in sides.iter().enumerate() {
        left.extend(conversation.start().into_iter().map(|action| (who, action)));
    }
    let (mut short, mut material) = (None, None);
    let mut asked = 0;
    while !left.is_empty() {
        let (who, action) = left.remove(0);
        match action {
            amends::internals::pairing::Action::Send(message) => {
                messages.push(json!({"from": who, "cbor": hex(&message.encode())}));
                let message = Message::decode(&message.encode()).unwrap();
                left.extend(sides[1 - who].receive(message).into_iter().map(|a| (1 - who, a)));
            }
            amends::internals::pairing::Action::Ask { code, .. } => {
                short = Some(code);
                asked += 1;
                if asked == 2 {
                    for (who, side) in sides.iter_mut().enumerate() {
                        left.extend(side.answer(true).into_iter().map(|action| (who, action)));
                    }
                }
            }
            amends::internals::pairing::Action::Done(done) => material = Some(done),
            amends::internals::pairing::Action::Failed(error) => panic!("{error}"),
        }
    }
    let material = material.unwrap();
    check(
        "pairing.json",
        json!({
            "code": {"text": code.to_string(), "psk": hex(&code.secret())},
            "qr": {
                "text": invitation.to_text(),
                "key": hex(&invitation.key),
                "psk": hex(&invitation.secret),
                "hints": ["192.0.2.7:4000"],
                "until": BEGIN + 120,
            },
            "conversation": {
                "handshake_hash": hex(&handshake),
                "random_joined": hex(&[1; 80]),
                "random_showed": hex(&[2; 80]),
                "messages": messages,
                "short_code": short,
                "pair": material.pair,
                "secret": hex(&material.secret),
            },
        }),
    );
}

#[test]
fn documents() {
    let logs = [log_id(PAIR, ANA, 0), log_id(PAIR, BEN, 0)];
    let draft = Position { log: logs[0], index: 1, place: 0 };
    let splice = |start, insert: &str| {
        Action::Agreement(agreement::Act::Splice { draft, start, delete: 0, insert: insert.into() })
    };
    let delete = Action::Agreement(agreement::Act::Splice {
        draft,
        start: 0,
        delete: 5,
        insert: String::new(),
    });
    let touches: [(usize, u64, u64, Action); 5] = [
        (0, 1, 1, Action::Agreement(agreement::Act::OpenDraft { text: "We talk.".into() })),
        (0, 2, 1, splice(7, " calmly")),
        (1, 1, 2, splice(0, "Now: ")),
        (1, 2, 3, Action::Agreement(agreement::Act::End)),
        // It deletes only: an empty text is a text here.
        (0, 3, 3, delete),
    ];
    let mut document = Document::new().unwrap();
    let mut told = Vec::new();
    for (who, index, seen, action) in touches {
        let mut past = amends::id::Past::default();
        past.raise(logs[who], index);
        past.raise(logs[1 - who], seen);
        let value = record(action).to_value();
        told.push(json!({
            "log": logs[who], "index": index, "seen_of_the_other": seen,
            "record": hex(&value.encode()),
        }));
        let touch = Touch { log: logs[who], index, past, records: vec![(0, value)] };
        document.apply(&touch).unwrap();
    }
    check(
        "documents.json",
        json!({
            "logs": logs,
            "touches": told,
            "draft_text": document.text(draft),
            "heads": document.heads(),
        }),
    );
}

/// Both handshakes with fixed keys, and a first frame each way.
#[test]
fn links() {
    use amends::internals::net::{Handshake, Noise, public_key};
    use std::sync::Arc;
    let privates = [[0x51; 32], [0x52; 32]];
    let keys = privates.map(|private| public_key(&private));
    let secret = [0x53; 32];
    let mut told = Vec::new();
    for pairing in [true, false] {
        let side = |who: usize| {
            let handshake = if pairing {
                Handshake::Pair { secret: &secret }
            } else {
                let partner_key = &keys[1 - who];
                Handshake::Link { partner_key, secret: &secret, pair: PAIR, epoch: 0 }
            };
            let entropy = Arc::new(SeededEntropy::new(who as u64));
            Noise::new(&handshake, &privates[who], who == 0, entropy).unwrap()
        };
        let mut sides = [side(0), side(1)];
        let mut messages = Vec::new();
        let mut who = 0;
        while !(sides[0].done() && sides[1].done()) {
            let message = sides[who].write(&[]).unwrap();
            sides[1 - who].read(&message).unwrap();
            messages.push(hex(&message));
            who = 1 - who;
        }
        let finished = sides.map(|side| side.finish().unwrap());
        let hash = finished[0].1;
        assert_eq!(hash, finished[1].1);
        let frame = Frame::Ping.encode();
        let mut plain = (frame.len() as u32).to_be_bytes().to_vec();
        plain.extend(&frame);
        plain.resize(64, 0);
        let mut first = Vec::new();
        for (mut noise, _, _) in finished {
            let message = noise.write(&plain).unwrap();
            first.push(hex(&[&(message.len() as u16).to_be_bytes()[..], &message].concat()));
        }
        told.push(json!({
            "pattern": if pairing { "XXpsk0" } else { "KKpsk0" },
            "messages": messages,
            "handshake_hash": hex(&hash),
            "ping_by_initiator_and_by_responder_on_the_wire": first,
        }));
    }
    let ephemerals: Vec<String> = [0_u64, 1]
        .into_iter()
        .map(|seed| {
            let mut key = [0; 32];
            amends::host::Entropy::fill(&SeededEntropy::new(seed), &mut key).unwrap();
            hex(&key)
        })
        .collect();
    check(
        "links.json",
        json!({
            "private_keys": privates.map(|key| hex(&key)),
            "public_keys": keys.map(|key| hex(&key)),
            "psk": hex(&secret),
            "pair": PAIR,
            "ephemeral_private_keys": ephemerals,
            "padded_ping": hex(&{
                let frame = Frame::Ping.encode();
                let mut plain = (frame.len() as u32).to_be_bytes().to_vec();
                plain.extend(&frame);
                plain.resize(64, 0);
                plain
            }),
            "handshakes": told,
        }),
    );
}
