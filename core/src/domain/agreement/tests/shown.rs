//! What is seen of an agreement, and when it asks for something.

use super::*;
use crate::limits;

#[test]
fn what_waits_for_whom_is_who_has_not_said_yes() {
    let mut story = Story::default();
    story.writes(ANA, 0, propose(&plain(90)));
    let waits = |who, at| {
        let view = story.seen(who, at);
        (view.waits_for_me, view.waits_for_partner, view.state)
    };
    assert_eq!((waits(ANA, 1), waits(BEN, 1)), ((false, true, Proposed), (true, false, Proposed)));
    let lapse = limits::PROPOSAL_LAPSE;
    assert!(waits(BEN, lapse - 1).0);
    assert_eq!(waits(BEN, lapse), (false, false, Lapsed));
    assert!(story.seen(BEN, lapse).on_table.is_empty());
    let [hers, his] = [ANA, BEN].map(|who| story.seen(who, 1));
    assert_eq!((hers.my_open_yeses.len(), his.my_open_yeses.len()), (1, 0));
    let text = &his.on_table[0];
    assert_eq!(
        (text.proposed_by, text.i_agreed, text.you_both_agreed, text.agreed_at),
        (Who::Partner, false, false, None)
    );
    assert_eq!(hers.on_table[0].proposed_by, Who::Me);
    assert_eq!(hers.on_table[0].agreed_at, None);
    let mut both = Story::default();
    both.apart(ANA, 7, propose(&plain(90)));
    both.apart(BEN, 0, propose(&plain(90)));
    let view = both.seen(ANA, 1);
    let text = view.current.unwrap();
    assert_eq!((view.state, text.proposed_by), (Active, Who::Both), "the same words are one text");
    assert!(text.i_agreed && text.you_both_agreed && view.my_open_yeses.is_empty());
    assert_eq!(text.agreed_at, Some(BEGIN.plus(7)), "the later yes of both");
}

#[test]
fn of_two_texts_the_one_that_lapsed_no_longer_stands_against_the_other() {
    let mut fork = Story::default();
    fork.apart(ANA, 0, propose(&plain(90)));
    fork.apart(BEN, 5 * DAY, propose(&plain(91)));
    let lapse = limits::PROPOSAL_LAPSE;
    assert_eq!(fork.state(lapse - 1), Forked);
    assert_eq!(fork.state(lapse), Proposed);
    assert_eq!(fork.state(lapse + 5 * DAY), Lapsed);
}

#[test]
fn what_holds_says_when_it_is_to_be_looked_at_ends_and_may_be_renewed() {
    let text = Revision { review_at: Some(BEGIN.plus(20 * DAY)), ..plain(60) };
    let story = agreed(&text);
    let due = |at| story.seen(BEN, at).review_due;
    assert!(!due(20 * DAY - 1) && due(20 * DAY) && due(59 * DAY) && !due(60 * DAY));
    let expiring = |at| story.seen(BEN, at).expiring;
    let soon = 60 * DAY - limits::EXPIRING;
    assert!(!expiring(soon - 1) && expiring(soon) && !expiring(60 * DAY));
    let renewable = |at| story.seen(BEN, at).renewable;
    let window = limits::RENEWAL_WINDOW;
    assert!(!renewable(60 * DAY - window - 1) && renewable(60 * DAY - window));
    assert!(renewable(60 * DAY + window) && !renewable(60 * DAY + window + 1));
    let mut paused = story.clone();
    paused.writes(ANA, 90, Act::Suspend);
    let view = paused.seen(BEN, soon.max(20 * DAY));
    assert!(view.review_due && view.expiring && view.suspended_by_partner && !view.suspended_by_me);
    // Who agreed after the day on which to look at it has looked at it.
    let mut late = Story::default();
    late.writes(ANA, 0, propose(&text));
    late.writes(BEN, 21 * DAY, yes(&text));
    assert!(!late.seen(BEN, 22 * DAY).review_due);
}

#[test]
fn what_begins_later_is_scheduled_and_what_cools_off_leaves_the_one_before() {
    let later = Revision { starts: Some(BEGIN.plus(9 * DAY)), ..plain(60) };
    let story = agreed(&later);
    assert_eq!((story.state(9 * DAY - 1), story.state(9 * DAY)), (Scheduled, Active));
    let money = own(ANA, Category::Money, 30);
    let mut story = agreed(&money);
    let view = story.seen(BEN, 60 + DAY - 1);
    assert_eq!((view.state, view.cools_until), (CoolingOff, Some(BEGIN.plus(60 + DAY))));
    assert!(view.current.is_none() && view.cooling.is_some());
    assert_eq!(story.state(60 + DAY), Active);
    let next = Revision { parents: vec![hash(&money)], ..own(ANA, Category::Money, 31) };
    story.writes(ANA, 9 * DAY, propose(&next));
    story.writes(BEN, 9 * DAY, yes(&next));
    let view = story.seen(BEN, 10 * DAY - 1);
    assert_eq!(view.state, Active);
    assert_eq!(view.current.unwrap().hash, hash(&money));
    assert_eq!(view.cooling.unwrap().hash, hash(&next));
    assert_eq!(story.seen(BEN, 10 * DAY).current.unwrap().hash, hash(&next));
    // What ended while it cooled off ends with the words that held.
    story.writes(ANA, 9 * DAY + 60, Act::End);
    let view = story.seen(BEN, 20 * DAY);
    assert_eq!(view.current.unwrap().hash, hash(&money));
    assert!(view.cooling.is_none() && view.cools_until.is_none());
}

#[test]
fn an_amendment_that_cools_off_while_the_old_text_expires_has_not_expired() {
    let money = own(ANA, Category::Money, 10);
    let mut story = agreed(&money);
    let next = Revision { parents: vec![hash(&money)], ..own(ANA, Category::Money, 40) };
    story.writes(ANA, 10 * DAY - 60, propose(&next));
    story.writes(BEN, 10 * DAY - 60, yes(&next));
    assert_eq!(story.state(10 * DAY - 1), Active);
    assert_eq!(story.state(10 * DAY), CoolingOff);
    assert_eq!(story.state(11 * DAY - 60), Active);
    assert_eq!(story.state(40 * DAY), Expired);
    // One that is itself over before it has cooled off.
    let mut short = agreed(&money);
    let ends = BEGIN.plus(10 * DAY + 60);
    let next = Revision { expires_at: ends, parents: vec![hash(&money)], ..money };
    short.writes(ANA, 10 * DAY - 60, propose(&next));
    short.writes(BEN, 10 * DAY - 60, yes(&next));
    assert_eq!((short.state(10 * DAY), short.state(10 * DAY + 60)), (CoolingOff, Expired));
}

#[test]
fn a_review_is_not_due_for_what_was_agreed_at_that_very_moment() {
    let text = Revision { review_at: Some(BEGIN.plus(60)), ..plain(60) };
    assert!(!agreed(&text).seen(BEN, DAY).review_due, "the yes came with the review");
    let later = Revision { review_at: Some(BEGIN.plus(61)), ..plain(60) };
    assert!(agreed(&later).seen(BEN, DAY).review_due);
}

#[test]
fn what_was_only_overtaken_is_no_draft_and_a_settled_text_needs_no_notice() {
    let seen = |folded: &Folded| {
        let side = pair().side(BEN).unwrap();
        view::project(folded, &pair(), &PairState::default(), side, BEGIN.plus(120))
    };
    let mut folded = agreed(&plain(30)).folded(BEN);
    let mut other = state::unanswered(hash(&plain(31)), &plain(31));
    other.overtaken = [true; 2];
    folded.revisions.push(other);
    assert_eq!(seen(&folded).notices, [], "a text holds");
    folded.revisions.remove(0);
    let view = seen(&folded);
    assert_eq!(view.notices, [Notice::TextChangedWhileAnswering]);
    assert_eq!(view.state, Withdrawn, "a text stood here");
    folded.revisions.clear();
    assert_eq!(seen(&folded).state, Drafting);
}

#[test]
fn f68_a_taper_changes_how_often_what_is_sensitive_is_kept_and_none_ends_it() {
    let step = |from: i64, cadence: &str| TaperStep {
        from: BEGIN.plus(from * DAY),
        cadence: cadence.into(),
    };
    let mut text = own(ANA, Category::Whereabouts, 60);
    text.clauses[0].cadence = Some("daily".into());
    text.clauses.push(sentence("2", Obligor::Both, Category::General));
    text.taper = vec![step(10, "weekly"), step(20, "monthly"), step(30, "none")];
    let story = agreed(&text);
    let now = |at: i64| story.seen(BEN, at).current.unwrap().clauses[0].now.clone();
    assert_eq!(now(10 * DAY - 1), None);
    assert_eq!(now(10 * DAY).as_deref(), Some("weekly"));
    assert_eq!(now(20 * DAY).as_deref(), Some("monthly"));
    let both = &story.seen(BEN, 20 * DAY).current.unwrap().clauses[1];
    assert_eq!(both.now, None, "what is not sensitive fades with nothing");
    assert_eq!((story.state(30 * DAY - 1), story.state(30 * DAY)), (Active, Expired));
}

#[test]
fn an_amendment_says_which_sentences_it_drops() {
    let mut first = plain(30);
    first.clauses.push(sentence("2", Obligor::Person(ANA), Category::General));
    let removes = |next: Revision| {
        let mut story = agreed(&first);
        story.writes(ANA, 90, propose(&Revision { parents: vec![hash(&first)], ..next }));
        let view = story.seen(BEN, 99);
        view.on_table[0].removes.iter().map(|clause| clause.text.clone()).collect::<Vec<_>>()
    };
    let both = Revision { expires_at: BEGIN.plus(31 * DAY), ..first.clone() };
    assert_eq!(removes(both.clone()), Vec::<String>::new());
    assert_eq!(removes(plain(31)), ["Sentence 2."], "one is left out in silence");
    let mut other = both.clone();
    other.clauses[0].text = "Something else.".into();
    assert_eq!(removes(other), ["Sentence 1."]);
    let mut binds = both;
    binds.clauses[0].obligor = Obligor::Person(ANA);
    assert_eq!(removes(binds), ["Sentence 1."], "it binds otherwise");
}

#[test]
fn a_yes_that_was_overtaken_is_told_once_to_who_gave_it() {
    // K22: Ben agrees to what Ana amends meanwhile.
    let (first, second) = (plain(30), plain(31));
    let mut story = Story::default();
    story.writes(ANA, 0, propose(&first));
    let seen = story.clone();
    story.writes(ANA, 60, propose(&second));
    let mut crossing = seen.clone();
    crossing.writes(BEN, 90, yes(&first));
    let late = crossing.0.held.last().unwrap().clone();
    story.0.held.push(late);
    let notices = |who| story.seen(who, 120).notices;
    assert_eq!(notices(BEN), [Notice::TextChangedWhileAnswering]);
    assert_eq!(notices(ANA), []);
}

#[test]
fn r32_until_it_is_reconfirmed_nothing_runs_on_ones_own_side() {
    let paused = |state: AgreementState| {
        let view = AgreementView { state, ..agreed(&plain(30)).seen(BEN, 90) };
        let view = view.until_reconfirmed();
        (view.state, view.suspended_by_me)
    };
    for runs in [Active, CoolingOff, Scheduled, Suspended] {
        assert_eq!(paused(runs), (Suspended, true));
    }
    for rests in [Proposed, Forked, Lapsed, Declined, Withdrawn, NotAgreed, Expired, Ended] {
        assert_eq!(paused(rests), (rests, false));
    }
}

#[test]
fn r08_what_runs_unpaused_is_what_a_clock_set_back_pauses() {
    let runs = |story: &Story, at: i64| {
        let side = pair().side(BEN).unwrap();
        story.folded(BEN).runs_unpaused(&pair(), side, BEGIN.plus(at))
    };
    let mut story = agreed(&plain(30));
    assert!(runs(&story, 90));
    let cooling = agreed(&own(ANA, Category::Money, 30));
    assert!(runs(&cooling, 90));
    let mut proposed = Story::default();
    proposed.writes(ANA, 0, propose(&plain(30)));
    assert!(!runs(&proposed, 90));
    let mut hers = story.clone();
    hers.writes(ANA, 90, Act::Suspend);
    assert!(runs(&hers, 99), "his part still runs");
    hers.writes(BEN, 91, Act::Suspend);
    assert!(!runs(&hers, 99));
    story.writes(ANA, 90, Act::End);
    assert!(!runs(&story, 99));
}

#[test]
fn i02_after_a_leave_every_agreement_has_ended_at_the_earlier_of_both() {
    let story = agreed(&plain(30));
    let side = pair().side(BEN).unwrap();
    let left = PairState { left_at: Some(BEGIN.plus(5 * DAY)) };
    let view = view::project(&story.folded(BEN), &pair(), &left, side, BEGIN.plus(6 * DAY));
    assert_eq!((view.state, view.ended_at), (Ended, Some(BEGIN.plus(5 * DAY))));
    let mut ended = story.clone();
    ended.writes(ANA, 3 * DAY, Act::End);
    let view = view::project(&ended.folded(BEN), &pair(), &left, side, BEGIN.plus(6 * DAY));
    assert_eq!(view.ended_at, Some(BEGIN.plus(3 * DAY)));
}

#[test]
fn what_a_newer_version_wrote_holds_nothing_but_a_draft_may_be_open() {
    let mut folded = agreed(&plain(30)).folded(BEN);
    let side = pair().side(BEN).unwrap();
    let with = |folded: &mut Folded, kind: &str| {
        let kind = kind.to_owned();
        folded.not_understood = vec![crate::domain::capability::NotUnderstood { kind }];
        let state = PairState::default();
        let view = view::project(folded, &pair(), &state, side, BEGIN.plus(90));
        (view.state, view.notices)
    };
    assert_eq!(with(&mut folded, "draft.splice"), (Active, vec![Notice::NeedsUpdate]));
    assert_eq!(with(&mut folded, "agreement.sing"), (NeedsUpdate, vec![Notice::NeedsUpdate]));
}

#[test]
fn agreements_are_grouped_by_what_they_ask() {
    let now = BEGIN.plus(90);
    let view = agreed(&plain(30)).seen(BEN, 90);
    let of = |view: AgreementView| {
        let groups = view::agreements_now(&[view], now);
        [
            groups.in_force,
            groups.waiting_for_me,
            groups.waiting_for_partner,
            groups.review_due,
            groups.expiring,
            groups.ended_recently,
        ]
        .map(|group| group.len())
    };
    assert_eq!(of(view.clone()), [1, 0, 0, 0, 0, 0]);
    let quiet = AgreementView { state: Ended, ..view };
    assert_eq!(of(AgreementView { waits_for_me: true, ..quiet.clone() }), [0, 1, 0, 0, 0, 0]);
    assert_eq!(of(AgreementView { waits_for_partner: true, ..quiet.clone() }), [0, 0, 1, 0, 0, 0]);
    assert_eq!(of(AgreementView { review_due: true, ..quiet.clone() }), [0, 0, 0, 1, 0, 0]);
    assert_eq!(of(AgreementView { expiring: true, ..quiet.clone() }), [0, 0, 0, 0, 1, 0]);
    let ended = |ago: i64| AgreementView { ended_at: Some(now.plus(-ago)), ..quiet.clone() };
    assert_eq!(of(ended(limits::ENDED_RECENTLY)), [0, 0, 0, 0, 0, 1]);
    assert_eq!(of(ended(limits::ENDED_RECENTLY + 1)), [0; 6]);
}

/// A phone that took another's place holds the yeses since after the end.
#[test]
fn t07_what_was_sensitive_and_ended_keeps_its_words_on_a_phone_that_came_later() {
    let money = own(ANA, Category::Money, 60);
    let mut story = agreed(&money);
    story.writes(ANA, 9 * DAY, Act::End);
    story.0.held.iter_mut().for_each(|held| held.received = BEGIN.plus(20 * DAY));
    let words = |story: &Story| story.seen(BEN, 21 * DAY).current.map(|text| text.hash);
    assert_eq!(words(&story), Some(hash(&money)));
    let mut early = agreed(&money);
    early.writes(ANA, 90, Act::End);
    assert_eq!(words(&early), None, "it never was in force");
    // What came late but before the end had not begun to hold here.
    let mut late = agreed(&money);
    late.writes(ANA, 9 * DAY, Act::End);
    late.0.held.iter_mut().for_each(|held| held.received = BEGIN.plus(9 * DAY - 60));
    assert_eq!(words(&late), None);
    // What has not ended still cools off from when it came.
    let mut standing = agreed(&money);
    standing.0.held.iter_mut().for_each(|held| held.received = BEGIN.plus(20 * DAY));
    assert_eq!((standing.state(21 * DAY - 1), standing.state(21 * DAY)), (CoolingOff, Active));
}

/// Who wrote a sentence stays its author in every text that holds it, whoever proposes that.
#[test]
fn r25_a_sentence_has_its_author_in_every_text() {
    let first = plain(30);
    let mut story = Story::default();
    story.writes(ANA, 0, propose(&first));
    let mut counter = Revision { parents: vec![hash(&first)], ..plain(31) };
    counter.clauses.push(sentence("2", Obligor::Both, Category::General));
    story.writes(BEN, 60, propose(&counter));
    let by = |who| {
        let view = story.seen(who, 90);
        view.on_table[0].clauses.iter().map(|clause| clause.by).collect::<Vec<_>>()
    };
    assert_eq!((by(ANA), by(BEN)), (vec![Who::Me, Who::Partner], vec![Who::Partner, Who::Me]));
    let [hers, his] = [ANA, BEN].map(|who| {
        let mut story = Story::default();
        story.writes(ANA, 0, propose(&first));
        story.seen(who, 1).on_table[0].clauses[0].by
    });
    assert_eq!((hers, his), (Who::Me, Who::Partner));
    let mut apart = Story::default();
    apart.apart(ANA, 0, propose(&first));
    apart.apart(BEN, 0, propose(&first));
    assert_eq!(apart.seen(ANA, 1).current.unwrap().clauses[0].by, Who::Both);
}
