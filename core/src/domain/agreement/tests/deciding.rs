//! What may be done with an agreement, and why not.

use super::*;
use crate::domain::agreement::Command::*;
use crate::domain::refusal::RefusalCode as No;
use crate::limits;
use crate::text::Splice;

fn terms(binds: Who, category: Category, days: Option<i64>) -> Terms {
    let text = "We talk.".to_owned();
    Terms {
        kind: AgreementKind::Conduct,
        about: None,
        clauses: vec![TermsClause { id: None, text, binds, category, cadence: None }],
        starts: None,
        expires_at: days.map(|days| BEGIN.plus(days * DAY)),
        review_at: None,
        taper: vec![],
        lang: "en".into(),
    }
}

fn both() -> Terms {
    terms(Who::Both, Category::General, None)
}

fn proposing(terms: &Terms) -> Result<Revision, No> {
    let story = Story::default();
    let command = Propose { terms: terms.clone(), basis: story.basis() };
    story.decides(ANA, 0, command).map(|mut acts| match acts.remove(0) {
        Act::Propose { revision } => revision,
        other => panic!("{other:?}"),
    })
}

fn saying_yes(story: &Story, at: i64, text: &Revision) -> Result<Vec<Act>, No> {
    let (revision, basis) = (hash(text), story.basis());
    story.decides(BEN, at, Consent { revision, adopts: vec![], basis })
}

#[test]
fn r01_whoever_ends_or_pauses_is_refused_only_where_there_is_nothing_to_end_or_pause() {
    let story = agreed(&plain(30));
    for who in [ANA, BEN] {
        assert_eq!(story.decides(who, 90, End), Ok(vec![Act::End]));
        assert_eq!(story.decides(who, 90, Suspend), Ok(vec![Act::Suspend]));
        assert_eq!(story.decides(who, 90, Resume), Err(No::NotSuspended));
    }
    assert_eq!(Story::default().decides(ANA, 0, End), Err(No::NotFound));
    assert_eq!(Story::default().decides(ANA, 0, Suspend), Err(No::NotFound));
    let mut proposed = Story::default();
    proposed.writes(ANA, 0, propose(&plain(30)));
    assert_eq!(proposed.decides(ANA, 9, Suspend), Err(No::NotInForce));
    assert_eq!(proposed.decides(BEN, 9, End), Ok(vec![Act::End]), "a proposal too");
    let mut paused = story.clone();
    paused.writes(BEN, 90, Act::Suspend);
    assert_eq!(paused.decides(BEN, 99, Suspend), Err(No::AlreadySuspended));
    assert_eq!(paused.decides(ANA, 99, Suspend), Ok(vec![Act::Suspend]), "each their own part");
    assert_eq!(paused.decides(ANA, 99, Resume), Err(No::NotSuspended));
    assert_eq!(paused.decides(BEN, 99, Resume), Ok(vec![Act::Resume]));
    assert_eq!(paused.decides(BEN, 99, End), Ok(vec![Act::End]));
    assert_eq!(story.decides(BEN, 30 * DAY, Suspend), Err(No::NotInForce), "it is over");
    let cooling = agreed(&own(ANA, Category::Money, 30));
    assert_eq!(cooling.decides(ANA, 90, Suspend), Ok(vec![Act::Suspend]));
    let later = Revision { starts: Some(BEGIN.plus(9 * DAY)), ..plain(30) };
    let later = agreed(&later);
    assert_eq!(later.state(90), Scheduled);
    assert_eq!(later.decides(ANA, 90, Suspend), Ok(vec![Act::Suspend]));
    let mut over = story.clone();
    over.writes(ANA, 90, Act::End);
    let basis = over.basis();
    for command in [
        End,
        Suspend,
        Resume,
        Withdraw { revision: None },
        Decline { revision: None },
        Propose { terms: both(), basis: basis.clone() },
        Consent { revision: hash(&plain(30)), adopts: vec![], basis: basis.clone() },
        Renew { expires_at: None, basis },
        OpenDraft { text: "We".into() },
        Type { splices: vec![], length: 0 },
    ] {
        assert_eq!(over.decides(BEN, 99, command), Err(No::AlreadyEnded));
    }
}

#[test]
fn r04_a_yes_is_to_what_was_shown_and_is_still_there() {
    let text = plain(90);
    let mut story = Story::default();
    story.writes(ANA, 0, propose(&text));
    let said = vec![Act::Consent { revision: hash(&text), adopts: vec![] }];
    assert_eq!(saying_yes(&story, 60, &text), Ok(said.clone()));
    let basis = Past::default();
    let stale = Consent { revision: hash(&text), adopts: vec![], basis };
    assert_eq!(story.decides(BEN, 60, stale), Err(No::StaleView));
    assert_eq!(saying_yes(&story, 60, &plain(31)), Err(No::NotFound));
    let lapse = limits::PROPOSAL_LAPSE;
    assert_eq!(saying_yes(&story, lapse - 1, &text), Ok(said));
    assert_eq!(saying_yes(&story, lapse, &text), Err(No::StaleRevision));
    let mut short = Story::default();
    short.writes(ANA, 0, propose(&plain(5)));
    assert!(saying_yes(&short, 5 * DAY - 1, &plain(5)).is_ok());
    assert_eq!(saying_yes(&short, 5 * DAY, &plain(5)), Err(No::StaleRevision));
    let mut declined = story.clone();
    declined.writes(BEN, 60, no(&text));
    assert_eq!(saying_yes(&declined, 90, &text), Err(No::StaleRevision));
    let mut twice = story.clone();
    twice.writes(BEN, 60, yes(&text));
    assert_eq!(saying_yes(&twice, 90, &text), Err(No::AlreadyAgreed));
}

/// R3: who stated a later time than it was gains no day by it.
#[test]
fn r03_what_one_agrees_to_runs_no_longer_from_ones_own_yes_than_its_kind_may() {
    let most = limits::AGREEMENT_SPAN / DAY;
    let text = plain(most + 5);
    let mut ahead = Story::default();
    ahead.writes(ANA, 5 * DAY, propose(&text));
    assert_eq!(saying_yes(&ahead, 0, &text), Err(No::RunsTooLong));
    assert!(saying_yes(&ahead, 5 * DAY, &text).is_ok());
}

#[test]
fn r05_a_yes_adopts_what_it_is_asked_and_says_each_once() {
    let text = own(BEN, Category::General, 30);
    let mut story = Story::default();
    story.writes(ANA, 0, propose(&text));
    let say = |adopts: &[Adoption]| {
        let (adopts, basis) = (adopts.to_vec(), story.basis());
        story.decides(BEN, 60, Consent { revision: hash(&text), adopts, basis })
    };
    let one = Adoption { clause: "1".into(), category: None };
    let said = Act::Consent { revision: hash(&text), adopts: vec![one.clone()] };
    assert_eq!(say(std::slice::from_ref(&one)), Ok(vec![said.clone()]));
    assert_eq!(say(&[one.clone(), one]), Ok(vec![said]), "said twice is said once");
    assert_eq!(say(&[]), Err(No::AskNotAdopted));
}

#[test]
fn r19_who_declines_names_what_the_other_proposed_and_is_open() {
    let (text, other) = (plain(30), plain(31));
    let mut story = Story::default();
    story.writes(ANA, 0, propose(&text));
    let decline = |story: &Story, who, of: Option<&Revision>| {
        story.decides(who, 90, Decline { revision: of.map(hash) })
    };
    assert_eq!(decline(&story, BEN, None), Ok(vec![no(&text)]));
    assert_eq!(decline(&story, BEN, Some(&text)), Ok(vec![no(&text)]));
    assert_eq!(decline(&story, BEN, Some(&other)), Err(No::NotFound));
    assert_eq!(decline(&story, ANA, Some(&text)), Err(No::OwnProposal));
    assert_eq!(decline(&story, ANA, None), Err(No::OwnProposal));
    let mut agreed = story.clone();
    agreed.writes(BEN, 60, yes(&text));
    assert_eq!(decline(&agreed, BEN, Some(&text)), Err(No::AlreadyRatified));
    assert_eq!(decline(&agreed, BEN, None), Err(No::StaleRevision));
    let mut gone = story.clone();
    gone.writes(ANA, 60, take_back(&text));
    assert_eq!(decline(&gone, BEN, Some(&text)), Err(No::StaleRevision));
    let mut fork = story.clone();
    fork.apart(BEN, 0, propose(&other));
    assert_eq!(decline(&fork, BEN, None), Ok(vec![no(&text)]), "only hers");
    let mine = own(ANA, Category::General, 30);
    let mut offered = Story::default();
    offered.writes(ANA, 0, offer(&mine));
    assert_eq!(decline(&offered, BEN, None), Ok(vec![no(&mine)]));
    assert_eq!(decline(&offered, BEN, Some(&mine)), Ok(vec![no(&mine)]));
    assert_eq!(decline(&offered, BEN, Some(&other)), Err(No::NotFound));
    assert_eq!(decline(&offered, ANA, None), Err(No::OwnProposal));
    offered.writes(BEN, 60, no(&mine));
    assert_eq!(decline(&offered, BEN, None), Err(No::StaleRevision));
}

#[test]
fn what_is_ones_own_and_open_can_be_taken_back() {
    let text = plain(30);
    let mut story = Story::default();
    story.writes(ANA, 0, propose(&text));
    let withdraw = |story: &Story, who, at, of: Option<&Revision>| {
        story.decides(who, at, Withdraw { revision: of.map(hash) })
    };
    assert_eq!(withdraw(&story, ANA, 9, None), Ok(vec![take_back(&text)]));
    assert_eq!(withdraw(&story, ANA, 9, Some(&text)), Ok(vec![take_back(&text)]));
    assert_eq!(withdraw(&story, ANA, 9, Some(&plain(31))), Err(No::NotFound));
    assert_eq!(withdraw(&story, BEN, 9, None), Err(No::NothingToWithdraw));
    assert_eq!(withdraw(&story, BEN, 9, Some(&text)), Err(No::NothingToWithdraw));
    let done = agreed(&text);
    assert_eq!(withdraw(&done, BEN, 90, None), Err(No::AlreadyRatified));
    // A yes of one's own to a fork that waits for the other.
    let mut fork = Story::default();
    fork.apart(ANA, 0, propose(&text));
    fork.apart(BEN, 0, propose(&plain(31)));
    fork.writes(BEN, 60, yes(&text));
    let his = vec![not_any_more(&text), take_back(&plain(31))];
    assert_eq!(withdraw(&fork, BEN, 90, None), Ok(his), "all that is open of his");
    assert_eq!(withdraw(&fork, BEN, 90, Some(&text)), Ok(vec![not_any_more(&text)]));
    // While it cools off, with when this phone held both.
    let secret = own(ANA, Category::Whereabouts, 30);
    let cooling = agreed(&secret);
    let held = Some(BEGIN.plus(60));
    let back = vec![Act::WithdrawConsent { revision: hash(&secret), held }];
    for who in [ANA, BEN] {
        assert_eq!(withdraw(&cooling, who, 60 + DAY - 1, None), Ok(back.clone()));
        assert_eq!(withdraw(&cooling, who, 60 + DAY, None), Err(No::AlreadyRatified));
    }
    let mut offered = Story::default();
    offered.writes(ANA, 0, offer(&secret));
    assert_eq!(withdraw(&offered, ANA, 9 * DAY, None), Ok(vec![take_back(&secret)]));
    assert_eq!(withdraw(&offered, BEN, 9, None), Err(No::NothingToWithdraw));
    assert_eq!(withdraw(&offered, ANA, 9, Some(&text)), Err(No::NotFound));
    offered.writes(ANA, 10, take_back(&secret));
    assert_eq!(withdraw(&offered, ANA, 99, None), Err(No::StaleRevision));
}

#[test]
fn r03_terms_run_as_long_as_they_say_within_what_their_kind_may() {
    let days = |terms: &Terms| proposing(terms).map(|text| text.expires_at.since(BEGIN) / DAY);
    assert_eq!(days(&both()), Ok(180));
    let ask = |days| terms(Who::Partner, Category::General, days);
    let money = |days| terms(Who::Me, Category::Money, days);
    assert_eq!((days(&ask(None)), days(&money(None))), (Ok(30), Ok(30)));
    for within in [ask(Some(90)), money(Some(90))] {
        assert_eq!(days(&within), Ok(90));
    }
    for beyond in [ask(Some(91)), money(Some(91)), terms(Who::Both, Category::General, Some(366))] {
        assert_eq!(days(&beyond), Err(No::RunsTooLong));
    }
    assert_eq!(days(&terms(Who::Both, Category::General, Some(0))), Err(No::DatesOutOfOrder));
    let review = |at: Option<i64>| {
        let review_at = at.map(|at| BEGIN.plus(at));
        proposing(&Terms { review_at, ..both() }).map(|text| text.review_at)
    };
    assert_eq!(review(None), Ok(Some(BEGIN.plus(90 * DAY))), "by itself");
    assert_eq!(review(Some(1)), Ok(Some(BEGIN.plus(1))));
    assert_eq!(review(Some(0)), Err(No::DatesOutOfOrder));
    let short = terms(Who::Both, Category::General, Some(90));
    assert_eq!(proposing(&short).map(|text| text.review_at), Ok(None), "it ends before");
    let taper = |from: i64| {
        let taper = vec![TaperStep { from: BEGIN.plus(from), cadence: "weekly".into() }];
        proposing(&Terms { taper, ..both() }).map(|text| text.taper.len())
    };
    assert_eq!((taper(1), taper(0)), (Ok(1), Err(No::DatesOutOfOrder)));
}

#[test]
fn r05_terms_say_of_the_other_only_what_can_be_asked() {
    let refused = |terms: Terms| proposing(&terms).err();
    assert_eq!(refused(terms(Who::Partner, Category::General, None)), None);
    assert_eq!(refused(terms(Who::Partner, Category::Money, None)), Some(No::NotYourClause));
    assert_eq!(refused(terms(Who::Both, Category::Money, None)), Some(No::BothInSensitive));
    assert_eq!(refused(terms(Who::Me, Category::Money, None)), None);
    // What he wrote himself can be said again by her.
    let his = own(BEN, Category::Money, 30);
    let mut story = Story::default();
    story.writes(BEN, 0, propose(&his));
    let again = TermsClause {
        id: Some("1".into()),
        text: "Sentence 1.".into(),
        ..terms(Who::Partner, Category::Money, None).clauses.remove(0)
    };
    let counter = Terms { clauses: vec![again], ..terms(Who::Me, Category::Money, Some(20)) };
    let acts = story.decides(ANA, 60, Propose { terms: counter, basis: story.basis() }).unwrap();
    let Act::Propose { revision } = &acts[0] else { panic!("{acts:?}") };
    assert_eq!(revision.parents, [hash(&his)], "it goes beyond what is open");
}

#[test]
fn terms_have_sentences_each_with_its_own_number_and_a_language() {
    let of = |count: usize| Terms { clauses: vec![both().clauses.remove(0); count], ..both() };
    let refused = |terms: Terms| proposing(&terms).err();
    assert_eq!(refused(of(0)), Some(No::ClauseCount));
    assert_eq!(refused(of(limits::REVISION_CLAUSES)), None);
    assert_eq!(refused(of(limits::REVISION_CLAUSES + 1)), Some(No::ClauseCount));
    assert_eq!(refused(Terms { lang: "!".into(), ..both() }), Some(No::TagInvalid));
    let ids = |terms: Terms| -> Result<Vec<String>, No> {
        proposing(&terms).map(|text| text.clauses.into_iter().map(|one| one.id).collect())
    };
    let mut some = of(3);
    some.clauses[0].id = Some("7".into());
    assert_eq!(ids(some.clone()).unwrap(), ["7", "8", "9"]);
    some.clauses[1].id = Some("7".into());
    assert_eq!(ids(some).err(), Some(No::ClauseTwice));
    let story = agreed(&plain(30));
    let command = Propose { terms: both(), basis: story.basis() };
    let acts = story.decides(ANA, 90, command).unwrap();
    let Act::Propose { revision } = &acts[0] else { panic!("{acts:?}") };
    assert_eq!(revision.clauses[0].id, "2", "a number never changes its meaning");
    assert_eq!(revision.parents, [hash(&plain(30))]);
}

#[test]
fn the_same_text_is_not_proposed_twice_while_it_stands() {
    let first = proposing(&both()).unwrap();
    let again = |story: &Story| {
        let id = Some("1".to_owned());
        let clauses = vec![TermsClause { id, ..both().clauses.remove(0) }];
        let (expires_at, review_at) = (Some(first.expires_at), first.review_at);
        let terms = Terms { clauses, expires_at, review_at, ..both() };
        story.decides(ANA, 9, Propose { terms, basis: story.basis() })
    };
    let mut story = Story::default();
    story.writes(ANA, 0, propose(&first));
    story.writes(ANA, 1, take_back(&first));
    assert_eq!(again(&story), Ok(vec![propose(&first)]), "what was taken back may be said again");
    let story = agreed(&plain(30));
    let renew = |story: &Story| {
        let expires_at = Some(BEGIN.plus(50 * DAY));
        story.decides(ANA, 20 * DAY, Renew { expires_at, basis: story.basis() })
    };
    let Ok(acts) = renew(&story) else { panic!("it can be renewed") };
    let Act::Propose { revision } = acts[0].clone() else { panic!("{acts:?}") };
    let mut proposed = story.clone();
    proposed.writes(ANA, 20 * DAY, propose(&revision));
    assert_eq!(renew(&proposed), Err(No::SameText), "on the table");
    proposed.writes(BEN, 20 * DAY, yes(&revision));
    let mut undone = proposed.clone();
    undone.writes(ANA, 20 * DAY, Act::Suspend);
    for story in [&proposed, &undone] {
        // What holds now is the renewed one, which is not near its end.
        assert_eq!(renew(story), Err(No::OutsideRenewal));
    }
}

#[test]
fn r03_renewing_is_proposing_the_same_until_later_near_its_end() {
    let story = agreed(&plain(30));
    let renew = |story: &Story, at: i64, until: Option<i64>| {
        let expires_at = until.map(|until| BEGIN.plus(until * DAY));
        let acts = story.decides(BEN, at, Renew { expires_at, basis: story.basis() })?;
        let Act::Propose { revision } = &acts[0] else { panic!("{acts:?}") };
        assert_eq!(revision.parents, [hash(&plain(30))]);
        Ok(revision.expires_at.since(BEGIN) / DAY)
    };
    let window = limits::RENEWAL_WINDOW;
    assert_eq!(renew(&story, 30 * DAY - window - 1, None), Err(No::OutsideRenewal));
    assert_eq!(renew(&story, 30 * DAY - window, None), Ok(60), "as long as before");
    assert_eq!(renew(&story, 30 * DAY + window, None), Ok(74), "from now, where it is over");
    assert_eq!(renew(&story, 30 * DAY + window + 1, None), Err(No::OutsideRenewal));
    assert_eq!(renew(&story, 20 * DAY, Some(30)), Err(No::DatesOutOfOrder));
    assert_eq!(renew(&story, 20 * DAY, Some(31)), Ok(31));
    assert_eq!(renew(&story, 20 * DAY, Some(2_000)), Ok(20 + 365), "as long as it may");
    let mut proposed = Story::default();
    proposed.writes(ANA, 0, propose(&plain(30)));
    assert_eq!(renew(&proposed, 20 * DAY, None), Err(No::NotInForce));
    // What holds is renewed, and not what held before it.
    let mut amended = agreed(&plain(25));
    let next = Revision { parents: vec![hash(&plain(25))], ..plain(30) };
    amended.writes(ANA, DAY, propose(&next));
    amended.writes(BEN, DAY, yes(&next));
    let basis = amended.basis();
    let acts = amended.decides(BEN, 25 * DAY, Renew { expires_at: None, basis }).unwrap();
    let Act::Propose { revision } = &acts[0] else { panic!("{acts:?}") };
    assert_eq!(revision.parents, [hash(&next)]);
    let later = Revision { starts: Some(BEGIN.plus(20 * DAY)), ..plain(30) };
    let story = agreed(&later);
    let acts = story.decides(BEN, 25 * DAY, Renew { expires_at: None, basis: story.basis() });
    let Act::Propose { revision } = &acts.unwrap()[0] else { panic!("a proposal") };
    assert_eq!(revision.expires_at, BEGIN.plus(40 * DAY), "it ran ten days");
}

#[test]
fn r05_what_one_called_sensitive_is_renewed_for_ninety_days_at_most() {
    let text = plain(30);
    let mut story = Story::default();
    story.writes(ANA, 0, propose(&text));
    let adopts = vec![Adoption { clause: "1".into(), category: None }];
    story.writes(BEN, 60, Act::Consent { revision: hash(&text), adopts });
    let expires_at = Some(BEGIN.plus(300 * DAY));
    let renew = Renew { expires_at, basis: story.basis() };
    let acts = story.decides(ANA, 20 * DAY, renew).unwrap();
    let Act::Propose { revision } = &acts[0] else { panic!("{acts:?}") };
    assert_eq!(revision.expires_at, BEGIN.plus(110 * DAY));
}

/// What binds me alone is no ask, however new it is.
#[test]
fn r05_what_i_take_upon_myself_may_run_as_long_as_what_both_do() {
    for binds in [Who::Me, Who::Both] {
        let longest = terms(binds, Category::General, Some(360));
        assert_eq!(proposing(&longest).map(|text| text.sensitive()), Ok(false));
    }
    let asked = terms(Who::Partner, Category::General, Some(91));
    assert_eq!(proposing(&asked), Err(No::RunsTooLong));
    // It stays an ask, whatever the other has proposed, and though I have asked before.
    let mut before = Story::default();
    before.writes(BEN, 0, propose(&plain(30)));
    let text = proposing(&terms(Who::Partner, Category::General, Some(30))).unwrap();
    before.writes(ANA, 1, propose(&text));
    let command = Propose { terms: asked, basis: before.basis() };
    assert_eq!(before.decides(ANA, 2, command), Err(No::RunsTooLong));
}

/// A person may have several logs, of which the fullest counts.
#[test]
fn who_has_proposed_too_often_in_one_log_proposes_no_more_in_another() {
    let story = agreed(&plain(30));
    let mut folded = story.folded(ANA);
    let side = pair().side(ANA).unwrap();
    let counts =
        |proposals, consents| state::Counts { proposals, consents, ..state::Counts::of(side) };
    let earlier = crate::id::LogId([7; 16]);
    folded.counts.insert(log_of(ANA), counts(1, 1));
    folded.counts.insert(earlier, counts(limits::PROPOSALS, 0));
    let command = Propose { terms: both(), basis: story.basis() };
    let now = BEGIN.plus(90);
    let refused = decided::<AgreementDocs>(&pair(), &folded, None, &command, ANA, now);
    assert_eq!(refused.map_err(|refusal| refusal.code), Err(No::CapReached));
    folded.counts.insert(earlier, counts(limits::PROPOSALS - 1, 0));
    assert!(decided::<AgreementDocs>(&pair(), &folded, None, &command, ANA, now).is_ok());
}

#[test]
fn an_offer_begins_a_document_and_binds_only_who_makes_it() {
    let offers = |story: &Story, terms: Terms| story.decides(ANA, 0, Offer { terms });
    let mine = |days| terms(Who::Me, Category::Whereabouts, days);
    let made = offers(&Story::default(), mine(None)).unwrap();
    let Act::Offer { revision } = &made[0] else { panic!("{made:?}") };
    assert_eq!(revision.expires_at, BEGIN.plus(14 * DAY));
    assert!(offers(&Story::default(), mine(Some(90))).is_ok());
    assert_eq!(offers(&Story::default(), mine(Some(91))), Err(No::RunsTooLong));
    let plain = |days| terms(Who::Me, Category::General, Some(days));
    assert!(offers(&Story::default(), plain(90)).is_ok());
    assert_eq!(offers(&Story::default(), plain(91)), Err(No::RunsTooLong));
    for binds in [Who::Partner, Who::Both] {
        let other = terms(binds, Category::General, None);
        assert_eq!(offers(&Story::default(), other), Err(No::OfferBindsOthers));
    }
    assert_eq!(offers(&agreed(&super::plain(30)), mine(None)), Err(No::SameText));
    let mut offered = Story::default();
    offered.writes(ANA, 0, offer(revision));
    let propose = Propose { terms: both(), basis: offered.basis() };
    assert_eq!(offered.decides(BEN, 9, propose), Err(No::StaleRevision));
    let draft = OpenDraft { text: "We".into() };
    assert_eq!(offered.decides(BEN, 9, draft), Err(No::StaleRevision));
}

#[test]
fn a_draft_is_typed_within_its_text_while_it_is_open() {
    let mut story = Story::default();
    story.writes(ANA, 0, Act::OpenDraft { text: "We talk".into() });
    let typed = |story: &Story, splices: &[(usize, usize, &str)], length: usize| {
        let splice = |(start, delete, insert): &(usize, usize, &str)| Splice {
            start: *start,
            delete: *delete,
            insert: (*insert).to_owned(),
        };
        let splices = splices.iter().map(splice).collect();
        story.decides(BEN, 9, Type { splices, length }).map(|acts| acts.len())
    };
    assert_eq!(typed(&story, &[(7, 0, " daily"), (0, 2, "They")], 7), Ok(2));
    assert_eq!(typed(&story, &[(0, 7, "")], 7), Ok(1));
    assert_eq!(typed(&story, &[(1, 7, "")], 7), Err(No::OutsideText));
    assert_eq!(typed(&story, &[(8, 0, "x")], 7), Err(No::OutsideText));
    assert_eq!(typed(&story, &[(0, 3, ""), (0, 5, "")], 7), Err(No::OutsideText));
    assert_eq!(typed(&story, &[(0, 3, "abcd"), (8, 0, "")], 7), Ok(2), "longer by one");
    let most = limits::TEXT_SCALARS;
    assert_eq!(typed(&story, &[(0, 0, "x")], most - 1), Ok(1));
    assert_eq!(typed(&story, &[(0, 0, "x")], most), Err(No::TextTooLong));
    let again = OpenDraft { text: "We".into() };
    assert_eq!(story.decides(BEN, 9, again.clone()), Err(No::DraftOpen));
    story.writes(ANA, 10, propose(&plain(30)));
    assert_eq!(typed(&story, &[(0, 0, "x")], 7), Err(No::DraftClosed));
    assert!(story.decides(BEN, 20, again).is_ok(), "another one");
}

#[test]
fn caps_are_refused_before_they_are_passed() {
    let mut many = Story::default();
    for at in 0..limits::PROPOSALS as i64 {
        many.writes(ANA, at, propose(&plain(10 + at)));
    }
    let propose_one = Propose { terms: both(), basis: many.basis() };
    assert_eq!(many.decides(ANA, 900, propose_one.clone()), Err(No::CapReached));
    assert!(many.decides(BEN, 900, propose_one).is_ok(), "hers do not count for him");
    let mut drafts = Story::default();
    for at in 0..limits::DRAFTS as i64 {
        drafts.writes(ANA, at, Act::OpenDraft { text: "We".into() });
    }
    drafts.writes(BEN, 900, propose(&plain(30)));
    let open = OpenDraft { text: "We".into() };
    assert_eq!(drafts.decides(ANA, 901, open.clone()), Err(No::CapReached));
    assert!(drafts.decides(BEN, 901, open).is_ok());
}

#[test]
fn what_a_newer_version_wrote_refuses_a_yes_and_never_an_end() {
    let story = agreed(&plain(30));
    let mut folded = story.folded(BEN);
    let kind = "agreement.sing".to_owned();
    folded.not_understood = vec![crate::domain::capability::NotUnderstood { kind }];
    let decides = |command: Command| {
        decided::<AgreementDocs>(&pair(), &folded, None, &command, BEN, BEGIN.plus(90))
            .map(drop)
            .map_err(|refusal| refusal.code)
    };
    let basis = story.basis();
    assert_eq!(decides(End), Ok(()));
    assert_eq!(decides(Suspend), Ok(()));
    assert_eq!(decides(Propose { terms: both(), basis: basis.clone() }), Err(No::NeedsUpdate));
    assert_eq!(decides(Renew { expires_at: None, basis }), Err(No::NeedsUpdate));
}

#[test]
fn typing_goes_into_one_entry_and_each_has_so_many_changes_of_a_draft() {
    let story = |typed: usize| {
        let mut story = Story::default();
        let draft = story.writes(ANA, 0, Act::OpenDraft { text: "We talk".into() });
        for at in 0..typed {
            let splice = Act::Splice { draft, start: 0, delete: 0, insert: String::new() };
            story.writes(BEN, at as i64, splice);
        }
        story
    };
    let types = |story: &Story, count: usize| {
        let splice = Splice { start: 0, delete: 0, insert: String::new() };
        let command = Type { splices: vec![splice; count], length: 7 };
        story.decides(BEN, 900, command).map(|acts| acts.len())
    };
    let entry = limits::ENTRY_RECORDS;
    assert_eq!(types(&story(0), entry), Ok(entry));
    assert_eq!(types(&story(0), entry + 1), Err(No::CapReached));
    let before = limits::SPLICES - 4;
    assert_eq!(types(&story(before), 4), Ok(4));
    assert_eq!(types(&story(before), 5), Err(No::CapReached));
}

#[test]
fn so_many_agreements_are_begun_and_so_many_stand_open() {
    use crate::domain::capability::Begun;
    let begins = |ever, open| {
        let around = Around { begun: Begun { ever, open }, ..Around::default() };
        let story = Story::default();
        let (folded, command) =
            (story.folded(ANA), Propose { terms: both(), basis: story.basis() });
        let when = (ANA, BEGIN);
        let decided =
            decided_around::<AgreementDocs>(&around, &pair(), &folded, None, &command, when);
        decided.map(drop).map_err(|refusal| refusal.code)
    };
    let (ever, open) = (limits::AGREEMENTS, limits::LIVE_DOCUMENTS);
    assert_eq!(begins(ever - 1, open - 1), Ok(()));
    assert_eq!(begins(ever, 0), Err(No::TooManyAgreements));
    assert_eq!(begins(0, open), Err(No::TooManyAgreements));
}

#[test]
fn sentences_with_one_name_are_told_apart_from_dates_out_of_order() {
    let proposes = |ids: [&str; 2], days: i64| {
        let mut terms = terms(Who::Both, Category::General, Some(days));
        let clause = terms.clauses.remove(0);
        let named = |id: &str| TermsClause { id: Some(id.to_owned()), ..clause.clone() };
        terms.clauses = ids.map(named).to_vec();
        proposing(&terms).map(drop)
    };
    assert_eq!(proposes(["1", "2"], 30), Ok(()));
    assert_eq!(proposes(["1", "1"], 30), Err(No::ClauseTwice));
    assert_eq!(proposes(["1", "2"], -1), Err(No::DatesOutOfOrder));
}
