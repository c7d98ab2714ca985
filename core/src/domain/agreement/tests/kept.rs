//! What a phone keeps looking at, what its history says, and what a text may be at most.

use super::*;
use crate::cbor::Value;
use crate::domain::agreement::history::{NOT_AGREED, history};
use crate::domain::agreement::revision::TaperStep;
use crate::domain::capability::{Act as _, Capability, Records};
use crate::limits;

fn told(story: &Story, viewer: PersonId) -> Vec<(Option<Who>, String, bool, usize)> {
    let basis = story.basis();
    let held = &story.0.held;
    let of = Records { doc: DOC, held, newer: &[], waiting: &[], basis: &basis };
    let items = history(&pair(), pair().side(viewer).unwrap(), &of);
    let item = |item: HistoryItem| (item.by, item.what, item.revision.is_some(), item.texts.len());
    items.into_iter().map(item).collect()
}

#[test]
fn r33_history_names_nobody_who_ended_and_shows_the_other_no_more_than_not_agreed() {
    let mut story = agreed(&plain(30));
    story.writes(BEN, 90, not_any_more(&plain(30)));
    story.writes(ANA, 95, Act::Suspend);
    story.writes(BEN, 99, Act::End);
    let item = |by, what: &str, of, texts| (by, what.to_owned(), of, texts);
    let (me, other) = (Some(Who::Me), Some(Who::Partner));
    let hers = [
        item(me, "agreement.propose", true, 1),
        item(other, "agreement.consent", true, 0),
        item(None, NOT_AGREED, true, 0),
        item(me, "agreement.suspend", false, 0),
        item(None, "agreement.end", false, 0),
    ];
    assert_eq!(told(&story, ANA), hers);
    let his = told(&story, BEN);
    assert_eq!(his[2], item(me, "agreement.withdraw-consent", true, 0), "one's own is one's own");
    assert_eq!(his[4].0, None);
}

#[test]
fn an_agreement_is_over_when_it_has_ended_and_its_text_would_have() {
    let over = |story: &Story, at: i64, before: i64| {
        AgreementDocs::over(Some(&story.seen(BEN, at)), BEGIN.plus(before), BEGIN)
    };
    let active = agreed(&plain(30));
    assert!(!over(&active, DAY, 90 * DAY));
    assert!(over(&active, 31 * DAY, 30 * DAY) && !over(&active, 31 * DAY, 30 * DAY - 1));
    let mut proposed = Story::default();
    proposed.writes(ANA, 0, propose(&plain(30)));
    assert!(!over(&proposed, DAY, 90 * DAY));
    proposed.writes(BEN, 90, no(&plain(30)));
    assert!(over(&proposed, DAY, 0), "nothing of it ever held");
    assert!(AgreementDocs::over(None, BEGIN, BEGIN));
}

#[test]
fn an_agreement_begins_once_and_is_listed_for_words_that_stood_or_an_end() {
    let begins = |story: &Story| AgreementDocs::begins(&story.folded(ANA), &Command::End);
    assert!(begins(&Story::default()) && !begins(&agreed(&plain(30))));
    let of = |who, act| {
        let mut story = Story::default();
        story.writes(who, 0, act);
        let folded = story.folded(ANA);
        (folded.listed(), folded.something(), AgreementDocs::draft(&folded).is_some())
    };
    assert_eq!(of(ANA, propose(&plain(30))), (true, true, false));
    assert_eq!(of(ANA, offer(&own(ANA, Category::Money, 30))), (true, true, false));
    assert_eq!(of(ANA, Act::OpenDraft { text: "We".into() }), (true, true, true));
    assert_eq!(of(ANA, Act::End), (true, true, false));
    assert_eq!(of(ANA, Act::Suspend), (false, true, false), "of nothing");
    assert!(!Story::default().folded(ANA).listed());
}

#[test]
fn a_draft_says_who_opened_it_and_a_view_what_it_was_made_from() {
    let mut story = Story::default();
    story.writes(ANA, 0, Act::OpenDraft { text: "We".into() });
    let [hers, his] = [ANA, BEN].map(|who| story.seen(who, 1));
    assert_eq!(hers.draft.as_ref().unwrap().opened_by, Who::Me);
    assert_eq!(his.draft.as_ref().unwrap().opened_by, Who::Partner);
    assert_eq!(hers.token(), his.token(), "both see the same state");
    assert_eq!(hers.token().len(), 12);
    story.writes(BEN, 1, Act::Suspend);
    assert_ne!(story.seen(ANA, 2).token(), hers.token());
    story.writes(ANA, 2, Act::End);
    assert!(story.seen(ANA, 3).draft.is_none(), "it ended with the rest");
}

#[test]
fn what_an_agreement_is_about_is_said_by_what_holds_or_what_waits() {
    let about = DocId([3; 16]);
    let text = Revision { kind: AgreementKind::Statement, about: Some(about), ..plain(30) };
    let mut story = Story::default();
    story.writes(ANA, 0, propose(&text));
    assert_eq!(story.seen(BEN, 1).about(), Some(about));
    assert_eq!(agreed(&text).seen(BEN, 90).about(), Some(about));
    assert_eq!(agreed(&plain(30)).seen(BEN, 90).about(), None);
}

#[test]
fn records_say_which_words_they_hold_and_what_counts_from_when_it_came() {
    let mut text = plain(30);
    text.clauses.push(sentence("2", Obligor::Both, Category::General));
    let both = vec!["Sentence 1.".to_owned(), "Sentence 2.".to_owned()];
    assert_eq!(propose(&text).texts(), both);
    assert_eq!(offer(&text).texts(), both);
    assert_eq!(Act::OpenDraft { text: "We".into() }.texts(), ["We"]);
    let draft = Position { log: log_of(ANA), index: 0, place: 0 };
    let splice = Act::Splice { draft, start: 0, delete: 1, insert: "I".into() };
    assert_eq!(splice.texts(), ["I"]);
    assert_eq!(Act::End.texts(), [] as [String; 0]);
    for act in [propose(&text), offer(&text), yes(&text)] {
        assert!(act.counts_from_receipt());
    }
    for act in [Act::End, Act::Suspend, no(&text), take_back(&text), not_any_more(&text)] {
        assert!(!act.counts_from_receipt(), "{act:?}");
    }
}

#[test]
fn a_text_that_a_partner_sends_has_so_many_sentences_steps_and_parents_at_most() {
    let reads = |revision: &Revision| {
        let value = revision.to_value();
        assert_eq!(Value::decode(&value.encode()).unwrap(), value);
        Revision::from_value(&value).as_ref() == Some(revision)
    };
    let clauses = |count: usize| {
        let one = |at: usize| sentence(&at.to_string(), Obligor::Both, Category::General);
        Revision { clauses: (0..count).map(one).collect(), ..plain(30) }
    };
    let most = limits::REVISION_CLAUSES;
    assert!(reads(&clauses(most)) && !reads(&clauses(most + 1)));
    let step = |at: usize| TaperStep { from: BEGIN.plus(at as i64 + 1), cadence: "weekly".into() };
    let taper = |count| Revision { taper: (0..count).map(step).collect(), ..plain(30) };
    let most = limits::TAPER_STEPS;
    assert!(reads(&taper(most)) && !reads(&taper(most + 1)));
    let parents = |count: usize| {
        let one = |at: usize| RevisionHash([at as u8; 32]);
        Revision { parents: (0..count).map(one).collect(), ..plain(30) }
    };
    let most = limits::REVISION_PARENTS;
    assert!(reads(&parents(most)) && !reads(&parents(most + 1)));
}

#[test]
fn f68_a_taper_has_steps_in_order_within_its_time_in_few_words() {
    let fine = |steps: &[(i64, &str)]| {
        let step = |(from, words): &(i64, &str)| TaperStep {
            from: BEGIN.plus(*from),
            cadence: (*words).to_owned(),
        };
        let taper = steps.iter().map(step).collect();
        Revision { taper, ..plain(30) }.well_formed(&pair(), BEGIN)
    };
    assert!(fine(&[(5, "weekly"), (6, "none")]));
    assert!(!fine(&[(6, "weekly"), (5, "none")]) && !fine(&[(5, "weekly"), (5, "none")]));
    assert!(fine(&[(30 * DAY - 1, "weekly")]) && !fine(&[(30 * DAY, "weekly")]));
    assert!(!fine(&[(5, "")]));
    let most = "w".repeat(limits::NAME_SCALARS);
    assert!(fine(&[(5, &most)]) && !fine(&[(5, &format!("{most}w"))]));
    let clause = |cadence: &str| {
        let cadence = Some(cadence.to_owned());
        let clause = Clause { cadence, ..sentence("1", Obligor::Both, Category::General) };
        Revision { clauses: vec![clause], ..plain(30) }.well_formed(&pair(), BEGIN)
    };
    assert!(clause(&most) && !clause(&format!("{most}w")) && !clause(""));
}

#[test]
fn parents_stand_in_order_and_once_each() {
    let fine = |parents: &[u8]| {
        let parents = parents.iter().map(|byte| RevisionHash([*byte; 32])).collect();
        Revision { parents, ..plain(30) }.well_formed(&pair(), BEGIN)
    };
    assert!(fine(&[1, 2]) && !fine(&[2, 1]) && !fine(&[1, 1]));
}
