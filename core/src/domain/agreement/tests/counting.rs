//! Which records count, what they come to, and how a text leaves the table.

use super::*;
use crate::limits;

fn marks(revision: &Revision, clause: &str, category: Option<Category>) -> Act {
    let adopts = vec![Adoption { clause: clause.into(), category }];
    Act::Consent { revision: hash(revision), adopts }
}

/// What Ana asks of Ben.
fn ask(days: i64) -> Revision {
    own(BEN, Category::General, days)
}

#[test]
fn r04_a_yes_counts_for_exactly_the_text_that_was_proposed() {
    let story = agreed(&plain(30));
    let folded = story.folded(BEN);
    assert!(folded.revisions[0].ratified);
    assert_eq!((story.state(60), story.state(30 * DAY)), (Active, Expired));
    let mut other = Story::default();
    other.writes(ANA, 0, propose(&plain(30)));
    other.writes(BEN, 60, yes(&plain(31)));
    assert_eq!(other.state(120), Proposed);
    let mut before = Story::default();
    before.apart(BEN, 0, yes(&plain(30)));
    before.apart(ANA, 60, propose(&plain(30)));
    assert_eq!(before.state(120), Proposed, "a yes to what was not there yet");
}

#[test]
fn r01_r02_the_earliest_end_is_when_it_ended_and_nothing_brings_it_back() {
    let mut story = agreed(&plain(30));
    story.apart(ANA, 900, Act::End);
    story.apart(BEN, 600, Act::End);
    story.writes(ANA, 1_000, propose(&plain(40)));
    story.writes(BEN, 1_100, yes(&plain(40)));
    story.writes(BEN, 1_200, Act::Resume);
    for who in [ANA, BEN] {
        let view = story.seen(who, 2_000);
        assert_eq!((view.state, view.ended_at), (Ended, Some(BEGIN.plus(600))));
        assert!(view.on_table.is_empty() && view.my_open_yeses.is_empty() && !view.waits_for_me);
    }
}

#[test]
fn only_so_many_proposals_and_consents_of_one_log_count() {
    let mut story = Story::default();
    for day in 0..=limits::PROPOSALS as i64 {
        story.writes(ANA, day, propose(&plain(10 + day)));
    }
    let folded = story.folded(BEN);
    assert_eq!(folded.revisions.len(), limits::PROPOSALS);
    let counts = folded.counts.values().next().unwrap();
    assert_eq!((counts.proposals, counts.person), (limits::PROPOSALS, pair().side(ANA).unwrap()));
    let mut story = Story::default();
    let text = plain(30);
    story.writes(ANA, 0, propose(&text));
    for round in 0..=limits::CONSENTS as i64 {
        story.writes(BEN, 2 * round + 1, yes(&text));
        story.writes(BEN, 2 * round + 2, not_any_more(&text));
    }
    let side = pair().side(BEN).unwrap();
    let folded = story.folded(BEN);
    let theirs = folded.counts.values().find(|counts| counts.person == side).unwrap();
    assert_eq!(theirs.consents, limits::CONSENTS);
}

#[test]
fn r03_what_is_sensitive_by_label_or_by_being_asked_runs_ninety_days_at_most() {
    let counts = |text: &Revision| {
        let mut story = Story::default();
        story.writes(ANA, 0, propose(text));
        !story.folded(BEN).revisions.is_empty()
    };
    assert!(counts(&own(ANA, Category::Money, 90)) && !counts(&own(ANA, Category::Money, 91)));
    assert!(counts(&ask(90)) && !counts(&ask(91)));
    assert!(counts(&own(ANA, Category::General, 91)), "what is her own, and plain");
    assert!(counts(&plain(91)));
    assert!(!counts(&own(BEN, Category::Money, 30)), "nobody writes that for the other");
}

#[test]
fn r05_an_ask_holds_once_it_is_adopted_and_cools_off_unless_its_adopter_says_plain() {
    let text = ask(30);
    let mut story = Story::default();
    story.writes(ANA, 0, propose(&text));
    story.writes(BEN, 60, yes(&text));
    assert_eq!(story.state(2 * DAY), Proposed, "a yes that adopts nothing");
    let mut sensitive = story.clone();
    sensitive.writes(BEN, 120, marks(&text, "1", None));
    assert_eq!(sensitive.seen(BEN, 120 + DAY - 1).state, CoolingOff);
    assert_eq!(sensitive.seen(BEN, 120 + DAY).state, Active);
    let folded = sensitive.folded(BEN);
    assert_eq!(folded.revisions[0].marks.asks, ["1"]);
    assert_eq!(folded.strict, text.clauses);
    story.writes(BEN, 120, marks(&text, "1", Some(Category::General)));
    assert_eq!(story.state(120), Active);
    assert!(story.folded(BEN).strict.is_empty());
}

/// What one of the two has called sensitive stays so in the next text that holds it.
#[test]
fn r05_what_was_called_sensitive_once_is_sensitive_in_every_text_that_holds_it() {
    let first = plain(30);
    let mut story = Story::default();
    story.writes(ANA, 0, propose(&first));
    story.writes(BEN, 60, marks(&first, "1", None));
    let next = |days| Revision { parents: vec![hash(&first)], ..plain(days) };
    assert_eq!(story.state(DAY), CoolingOff);
    assert_eq!(story.state(DAY + 60), Active);
    let later = 2 * DAY;
    let mut longer = story.clone();
    longer.writes(ANA, later, propose(&next(93)));
    assert_eq!(longer.folded(BEN).revisions.len(), 1, "91 days, and it is sensitive to him");
    story.writes(ANA, later, propose(&next(92)));
    story.writes(BEN, later + 60, yes(&next(92)));
    let view = story.seen(ANA, later + 60);
    assert!(view.cooling.unwrap().clauses[0].sensitive);
    assert_eq!(view.cools_until, Some(BEGIN.plus(later + 60 + DAY)));
    assert_eq!(view.current.unwrap().hash, hash(&first), "the one before stays meanwhile");
}

#[test]
fn a_yes_to_what_was_declined_taken_back_or_lapsed_counts_only_after_it_is_proposed_again() {
    let text = plain(90);
    let after = |acts: &[(PersonId, i64, Act)]| {
        let mut story = Story::default();
        story.writes(ANA, 0, propose(&text));
        story.all(acts);
        story.folded(BEN).revisions[0].ratified
    };
    let lapse = limits::PROPOSAL_LAPSE;
    assert!(after(&[(BEN, lapse, yes(&text))]), "on the last second");
    assert!(!after(&[(BEN, lapse + 1, yes(&text))]));
    assert!(after(&[(ANA, lapse, propose(&text)), (BEN, lapse + 1, yes(&text))]));
    assert!(!after(&[(BEN, 60, no(&text)), (BEN, 90, yes(&text))]));
    assert!(after(&[(BEN, 60, no(&text)), (ANA, 80, propose(&text)), (BEN, 90, yes(&text))]));
    assert!(!after(&[(ANA, 60, take_back(&text)), (BEN, 90, yes(&text))]));
    let again = [(ANA, 60, take_back(&text)), (ANA, 80, propose(&text)), (BEN, 90, yes(&text))];
    assert!(after(&again));
    // A yes to what was gone does not begin to count when it is proposed once more.
    for gone in [(BEN, 60, no(&text)), (ANA, 60, take_back(&text))] {
        assert!(!after(&[gone, (BEN, 70, yes(&text)), (ANA, 80, propose(&text))]));
    }
    // Nor is one to a text that lapsed an answer to another that stands.
    let mut lapsed = Story::default();
    lapsed.writes(ANA, 0, propose(&text));
    lapsed.writes(ANA, lapse, propose(&plain(91)));
    lapsed.writes(BEN, lapse + 1, yes(&text));
    assert_eq!(lapsed.folded(BEN).counts.values().map(|count| count.consents).sum::<usize>(), 0);
    // What the other takes back of what they never proposed closes nothing.
    assert!(after(&[(BEN, 60, take_back(&text)), (BEN, 90, yes(&text))]));
}

#[test]
fn r33_while_it_cools_off_either_takes_their_yes_back_and_later_nobody_does() {
    let text = own(ANA, Category::Whereabouts, 30);
    let ended = |who, at| {
        let mut story = agreed(&text);
        story.writes(who, at, not_any_more(&text));
        [story.seen(ANA, 2 * DAY).state, story.seen(BEN, 2 * DAY).state]
    };
    assert_eq!(ended(BEN, 60 + DAY - 1), [NotAgreed, Withdrawn]);
    assert_eq!(ended(ANA, 60 + DAY - 1), [Withdrawn, NotAgreed]);
    assert_eq!(ended(BEN, 60 + DAY), [Active; 2], "only pausing or ending is left");
    let mut plain = agreed(&super::plain(30));
    plain.writes(BEN, 90, not_any_more(&super::plain(30)));
    assert_eq!(plain.state(120), Active, "nothing cools off there");
}

/// An order of ids would show the two different things.
#[test]
fn i07_r33_what_is_told_of_two_closed_in_one_second_does_not_depend_on_the_order_of_ids() {
    let text = own(ANA, Category::Whereabouts, 30);
    let both = |first, second| {
        let mut story = agreed(&text);
        story.apart(first, 90, not_any_more(&text));
        story.apart(second, 90, not_any_more(&text));
        [story.seen(ANA, 99).state, story.seen(BEN, 99).state]
    };
    assert_eq!(both(ANA, BEN), [Withdrawn; 2], "each took their own yes back");
    assert_eq!(both(BEN, ANA), [Withdrawn; 2]);

    // Another text that its proposer took back in the same second.
    let mut story = agreed(&text);
    story.writes(ANA, 90, not_any_more(&text));
    let closed = |viewer: PersonId, other_first: bool, how: state::Closing| {
        let mut folded = story.folded(viewer);
        let mut other = state::unanswered(hash(&plain(30)), &plain(30));
        other.closed = Some((BEGIN.plus(90), how));
        folded.revisions.insert(if other_first { 0 } else { 1 }, other);
        let side = pair().side(viewer).unwrap();
        let now = BEGIN.plus(99);
        view::project(&folded, &pair(), &PairState::default(), side, now).state
    };
    use state::Closing;
    for other_first in [false, true] {
        let seen = |viewer, how| closed(viewer, other_first, how);
        assert_eq!(seen(BEN, Closing::Withdrawn), NotAgreed, "nothing is told of whose yes it was");
        assert_eq!(seen(ANA, Closing::Withdrawn), Withdrawn);
        assert_eq!(seen(ANA, Closing::Declined), Withdrawn);
        assert_eq!(seen(BEN, Closing::Declined), NotAgreed);
    }
}

/// A phone that held both yeses late says so, and 30 days at most.
#[test]
fn r33_cooling_off_counts_from_when_the_one_who_takes_back_held_both() {
    let text = own(ANA, Category::Whereabouts, 60);
    let state = |held: i64, at: i64| {
        let mut story = agreed(&text);
        let held = Some(BEGIN.plus(held));
        story.writes(BEN, at, Act::WithdrawConsent { revision: hash(&text), held });
        story.seen(ANA, at).state
    };
    assert_eq!(state(3 * DAY, 4 * DAY - 1), NotAgreed);
    assert_eq!(state(3 * DAY, 4 * DAY), Active);
    assert_eq!(state(-9 * DAY, DAY + 59), NotAgreed, "not before both had said yes");
    let most = 60 + limits::PROPOSAL_LAPSE + DAY;
    assert_eq!(state(50 * DAY, most - 1), NotAgreed);
    assert_eq!(state(50 * DAY, most), Active);
}

/// Who states an earlier time than they stated before takes back no sooner than that.
#[test]
fn r33_nobody_takes_back_in_time_by_a_clock_set_back() {
    let text = own(ANA, Category::Whereabouts, 60);
    let mut story = agreed(&text);
    story.writes(BEN, 3 * DAY, propose(&Revision { parents: vec![hash(&text)], ..plain(60) }));
    story.writes(BEN, 90, not_any_more(&text));
    assert!(story.folded(ANA).revisions[0].ratified);
    // What the other stated does not hold one back.
    let mut story = agreed(&text);
    story.writes(ANA, 3 * DAY, propose(&Revision { parents: vec![hash(&text)], ..plain(60) }));
    story.writes(BEN, 90, not_any_more(&text));
    assert!(!story.folded(ANA).revisions[0].ratified);
}

#[test]
fn k03_a_text_leaves_the_table_when_its_proposer_goes_on_or_it_is_gone_beyond() {
    let (first, second) = (plain(30), plain(31));
    let mut story = Story::default();
    story.writes(ANA, 0, propose(&first));
    story.writes(ANA, 60, propose(&second));
    let table = |story: &Story| -> Vec<RevisionHash> {
        story.seen(BEN, 120).on_table.iter().map(|text| text.hash).collect()
    };
    assert_eq!(table(&story), [hash(&second)], "her one choice is the later one");
    let mut fork = Story::default();
    fork.apart(ANA, 0, propose(&first));
    fork.apart(BEN, 0, propose(&second));
    assert_eq!((table(&fork).len(), fork.state(120)), (2, Forked));
    let mut parents = vec![hash(&first), hash(&second)];
    parents.sort();
    let both = Revision { parents, ..plain(32) };
    fork.writes(ANA, 60, propose(&both));
    assert_eq!(table(&fork), [hash(&both)], "it goes beyond both");
    // A text that does not go beyond what holds is not to be answered.
    let mut beside = agreed(&first);
    beside.writes(ANA, 90, propose(&second));
    assert!(table(&beside).is_empty());
    beside.writes(ANA, 95, propose(&Revision { parents: vec![hash(&first)], ..plain(33) }));
    assert_eq!(table(&beside).len(), 1);
}

#[test]
fn r19_what_was_declined_or_taken_back_says_so_until_it_is_proposed_again() {
    let text = plain(30);
    let state = |acts: &[(PersonId, i64, Act)]| {
        let mut story = Story::default();
        story.writes(ANA, 0, propose(&text));
        story.all(acts);
        story.state(900)
    };
    assert_eq!(state(&[]), Proposed);
    assert_eq!(state(&[(BEN, 60, no(&text))]), Declined);
    assert_eq!(state(&[(ANA, 60, take_back(&text))]), Withdrawn);
    assert_eq!(state(&[(BEN, 60, take_back(&text))]), Proposed, "not his to take back");
    assert_eq!(state(&[(BEN, 60, no(&text)), (ANA, 90, propose(&text))]), Proposed);
    assert_eq!(state(&[(ANA, 60, take_back(&text)), (ANA, 90, propose(&text))]), Proposed);
    assert_eq!(state(&[(BEN, 60, no(&text)), (ANA, 90, take_back(&text))]), Withdrawn);
    assert_eq!(state(&[(ANA, 60, take_back(&text)), (BEN, 90, no(&text))]), Declined);
}

#[test]
fn k05_a_pause_is_lifted_by_who_paused_having_seen_it() {
    let mut story = agreed(&plain(30));
    story.writes(BEN, 60, Act::Suspend);
    let paused = |story: &Story| story.folded(ANA).suspended;
    assert_eq!(paused(&story), [false, true]);
    story.writes(ANA, 70, Act::Resume);
    assert_eq!(paused(&story), [false, true], "not hers to lift");
    assert_eq!(story.state(80), Suspended);
    story.writes(BEN, 90, Act::Resume);
    assert_eq!(paused(&story), [false; 2]);
    story.writes(ANA, 95, Act::Suspend);
    assert_eq!((paused(&story), story.state(99)), ([true, false], Suspended));
}

#[test]
fn a_working_draft_is_open_until_somebody_proposes_having_seen_it_and_so_many_count() {
    let open = |text: &str| Act::OpenDraft { text: text.into() };
    let mut story = Story::default();
    story.writes(ANA, 0, open("We"));
    assert!(story.folded(BEN).open_draft().is_some());
    assert_eq!(story.state(1), Drafting);
    let mut apart = story.clone();
    apart.apart(BEN, 5, propose(&plain(30)));
    assert!(apart.folded(BEN).open_draft().is_some(), "proposed without having seen it");
    story.writes(BEN, 5, propose(&plain(30)));
    assert!(story.folded(BEN).open_draft().is_none());
    let mut many = Story::default();
    for at in 0..=limits::DRAFTS as i64 {
        many.writes(ANA, at, open("We"));
    }
    many.writes(ANA, 99, open("\u{202e}"));
    assert_eq!(many.folded(BEN).drafts.len(), limits::DRAFTS);
    let draft = many.folded(BEN).drafts[0].id;
    let splice = Act::Splice { draft, start: 0, delete: 0, insert: "x".into() };
    many.writes(BEN, 100, splice);
    let counts = many.folded(BEN).counts;
    assert_eq!(counts.values().map(|count| count.splices).sum::<usize>(), 1);
}

#[test]
fn a_stated_time_well_before_what_was_seen_is_noted_and_enters_nothing_else() {
    let suspect = |at: i64| {
        let mut story = Story::default();
        story.writes(ANA, 0, propose(&plain(30)));
        story.writes(BEN, at, yes(&plain(30)));
        story.folded(ANA).clock_suspect
    };
    let most = limits::CLOCK_TOLERANCE;
    assert_eq!(suspect(-most), [false; 2]);
    assert_eq!(suspect(-most - 1), [false, true]);
    let mut apart = Story::default();
    apart.apart(ANA, 0, propose(&plain(30)));
    apart.apart(BEN, -DAY, propose(&plain(31)));
    assert_eq!(apart.folded(ANA).clock_suspect, [false; 2], "he had not seen hers");
}

/// While a recovered log waits for what it had seen, one's own end and pause count all the same.
#[test]
fn what_waits_ends_and_pauses_and_does_nothing_else() {
    let story = agreed(&plain(30));
    let waiting = |acts: &[Act]| {
        let record = |act: &Act| crate::domain::record::Record {
            target: DOC,
            at: crate::time::Stated { moment: BEGIN.plus(90), zone: "UTC".into() },
            action: act.clone().into(),
            body: None,
        };
        let mut folded = story.folded(BEN);
        let waiting: Vec<_> = acts.iter().map(record).collect();
        folded.take_waiting(pair().side(BEN).unwrap(), &waiting);
        (folded.ended_at, folded.suspended)
    };
    assert_eq!(waiting(&[Act::Suspend]), (None, [false, true]));
    assert_eq!(waiting(&[Act::End]), (Some(BEGIN.plus(90)), [false; 2]));
    assert_eq!(waiting(&[Act::Resume, propose(&plain(31))]), (None, [false; 2]));
    let mut none = Story::default().folded(BEN);
    assert!(!none.something() && !none.listed());
    none.take_waiting(pair().side(BEN).unwrap(), &[]);
    assert_eq!(none.begun, None);
}

/// However often one says no to one's own yes, the last of it counts.
#[test]
fn k19_a_yes_taken_back_counts_however_many_were_taken_back_before() {
    let text = own(ANA, Category::Money, 30);
    let mut story = Story::default();
    story.writes(ANA, 0, propose(&text));
    for at in 1..20 {
        story.writes(BEN, at, not_any_more(&text));
    }
    let agreed = |story: &Story| story.folded(ANA).revisions[0].ratified;
    story.writes(BEN, 30, yes(&text));
    assert!(agreed(&story));
    story.writes(BEN, 40, not_any_more(&text));
    assert!(!agreed(&story), "it still cools off");
}

/// What was said of the sentences of one text makes no other cool off.
#[test]
fn r33_a_text_cools_off_by_what_was_said_of_its_own_sentences() {
    let first = plain(30);
    let mut story = agreed(&first);
    let other = Clause { text: "Something else.".into(), ..first.clauses[0].clone() };
    let next = Revision { clauses: vec![other], parents: vec![hash(&first)], ..plain(40) };
    story.writes(ANA, 90, propose(&next));
    story.writes(BEN, 95, marks(&next, "1", None));
    story.writes(BEN, 99, not_any_more(&first));
    let folded = story.folded(ANA);
    let of = |text: &Revision| folded.revisions.iter().find(|state| state.hash == hash(text));
    assert!(of(&first).unwrap().ratified, "it never cooled off, and is not taken back");
}

/// A yes to what asks something, taken back before the other's, is told as not agreed.
#[test]
fn r33_what_asks_something_is_told_as_not_agreed_when_its_proposer_steps_back() {
    let text = ask(30);
    let mut story = Story::default();
    story.writes(ANA, 0, propose(&text));
    story.writes(ANA, 60, not_any_more(&text));
    assert_eq!([story.seen(ANA, 90).state, story.seen(BEN, 90).state], [Withdrawn, NotAgreed]);
}

/// Saying yes once more moves nothing.
#[test]
fn r33_cooling_off_counts_from_each_ones_first_yes() {
    let text = own(ANA, Category::Money, 60);
    let mut story = agreed(&text);
    story.writes(BEN, 5 * DAY, yes(&text));
    story.writes(ANA, 6 * DAY, propose(&text));
    let until = |story: &Story| story.folded(BEN).revisions[0].cools_until();
    assert_eq!(until(&story), Some(BEGIN.plus(60 + DAY)));
    // By a clock set back the second may be the earlier one.
    let mut back = Story::default();
    back.writes(ANA, 0, propose(&text));
    back.writes(BEN, 5 * DAY, yes(&text));
    back.writes(BEN, 60, yes(&text));
    assert_eq!(until(&back), Some(BEGIN.plus(60 + DAY)));
}

/// What one took back before they had heard of the other's same words waits for them again.
#[test]
fn k1b_the_same_words_of_both_stand_where_one_of_the_two_took_theirs_back() {
    let text = plain(30);
    let mut story = Story::default();
    story.apart(ANA, 0, propose(&text));
    story.apart(BEN, 5, propose(&text));
    story.apart(ANA, 9, take_back(&text));
    let view = story.seen(ANA, 60);
    assert_eq!((view.state, view.on_table.len(), view.waits_for_me), (Proposed, 1, true));
}

/// Told of a yes that did not come to hold is who gave it, if nobody stepped back from that text.
#[test]
fn k22_what_was_taken_back_of_another_text_hides_no_yes_that_was_overtaken() {
    let (first, second) = (plain(30), plain(31));
    let told = |taken: &Revision| {
        let mut story = Story::default();
        story.writes(ANA, 0, propose(&first));
        let mut crossing = story.clone();
        story.writes(ANA, 60, propose(&second));
        crossing.writes(BEN, 90, yes(&first));
        story.0.held.push(crossing.0.held.last().unwrap().clone());
        story.writes(ANA, 95, not_any_more(taken));
        !story.seen(BEN, 120).notices.is_empty()
    };
    assert_eq!((told(&second), told(&first)), (true, false));
}

#[test]
fn of_one_entry_what_stands_first_was_before_and_of_two_entries_what_was_seen() {
    use crate::domain::agreement::causal::before;
    let mut story = Story::default();
    story.writes(ANA, 0, Act::Suspend);
    story.writes(ANA, 1, Act::Resume);
    story.apart(BEN, 2, Act::Suspend);
    let [first, next, other] = &story.0.held[..] else { panic!() };
    assert!(before(first, next) && !before(next, first));
    assert!(!before(first, other) && !before(other, first), "apart");
    let mut second = first.clone();
    second.id.place = 1;
    assert!(before(first, &second) && !before(&second, first) && !before(first, first));
    let mut elsewhere = other.clone();
    elsewhere.id.place = 1;
    assert!(!before(first, &elsewhere), "another log");
}
