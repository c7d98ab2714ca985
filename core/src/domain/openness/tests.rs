#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::domain::action::Action;
use crate::domain::agreement::{
    Act as Agreed, AgreementDocs, AgreementKind, Category, Clause, Obligor, Revision,
};
use crate::domain::ledger::{Month, ledger};
use crate::domain::pacing::Feature;
use crate::domain::refusal::RefusalCode as No;
use crate::domain::testing::{
    ANA, Around, BEGIN, BEN, PAIR, Written, decided_around, pair, words as said,
};
use crate::domain::words;
use crate::id::{DocId, PersonId};
use crate::limits;
use crate::time::DAY;

fn doc() -> DocId {
    ledger(PAIR, ANA, Month::of(BEGIN))
}

fn post(days: i64) -> Action {
    Action::Openness(Act::Post { kind: Kind::Day, until: BEGIN.plus(days * DAY), under: None })
}

fn shown(written: &Written, at: i64) -> Vec<PostView> {
    written.view::<Posts>(doc(), BEN, BEGIN.plus(at)).unwrap()
}

#[test]
fn r03_r07_a_post_of_91_days_counts_for_nothing_and_no_post_outlives_its_time() {
    let mut written = Written::default();
    let long = written.write(ANA, 0, doc(), post(91));
    written.say(long, said("for ever"));
    assert_eq!(shown(&written, 1), []);
    let fine = written.write(ANA, 0, doc(), post(90));
    written.say(fine, said("for a while"));
    assert_eq!(shown(&written, 1)[0].text.as_deref(), Some("for a while"));
    assert_eq!(shown(&written, 90 * DAY), [], "even with its body still here (I8)");
}

#[test]
fn r36_a_disclosure_that_ended_before_it_was_told_was_never_told() {
    let told = |until: i64| {
        let mut written = Written::default();
        let until = BEGIN.plus(until);
        let act = Act::Post { kind: Kind::Disclosure, until, under: None };
        written.write(ANA, 0, doc(), act.into());
        written.state::<Posts>(doc(), BEN).posts.len()
    };
    assert_eq!([told(0), told(-1), told(1)], [0, 0, 1]);
}

#[test]
fn a_post_counts_only_in_its_author_s_ledger_of_that_month() {
    let mut written = Written::default();
    written.write(BEN, 0, doc(), post(5));
    written.write(ANA, 40 * DAY, doc(), post(60));
    assert_eq!(shown(&written, 41 * DAY), []);
}

#[test]
fn k7_a_correction_or_a_withdrawal_of_the_other_s_words_is_set_aside() {
    let mut written = Written::default();
    let of = written.write(ANA, 0, doc(), post(5));
    written.say(of, said("with M."));
    let until = BEGIN.plus(5 * DAY);
    let correction = Action::Openness(Act::Correct { of, until });
    let theirs = written.write(BEN, 10, doc(), correction.clone());
    written.say(theirs, said("not M."));
    written.write(BEN, 11, doc(), Action::Words(words::Act::Withdraw { of }));
    let view = shown(&written, 20).remove(0);
    assert_eq!((view.state, view.corrections.len()), (PostState::Live, 0));
    let own = written.write(ANA, 12, doc(), correction);
    written.say(own, said("and T."));
    assert_eq!(shown(&written, 20)[0].corrections[0].text.as_deref(), Some("and T."));
    written.write(ANA, 13, doc(), Action::Words(words::Act::Withdraw { of }));
    let stub = shown(&written, 20).remove(0);
    assert_eq!((stub.state, stub.text), (PostState::Withdrawn, None));
}

#[test]
fn only_the_other_can_say_thank_you() {
    let mut written = Written::default();
    let of = written.write(ANA, 0, doc(), post(5));
    written.write(ANA, 1, doc(), Action::Words(words::Act::Thank { of }));
    assert!(!shown(&written, 20)[0].thanked);
    written.write(BEN, 1, doc(), Action::Words(words::Act::Thank { of }));
    assert!(shown(&written, 20)[0].thanked);
}

fn tells(until: Option<i64>) -> NewPost {
    let text = "At work.".to_owned();
    let until = until.map(|until| BEGIN.plus(until));
    let (want, amount, happened, under) = (None, None, None, None);
    NewPost { kind: Kind::Day, text, until, want, amount, happened, under }
}

fn told(command: Command, post: Option<&PostView>) -> Told {
    Told { post: post.map(|post| post.id), command, under: None }
}

/// What a command of one of them comes to, on what stands in Ana's ledger.
fn decides(written: &Written, who: PersonId, told: &Told, at: i64) -> Result<Vec<Draft>, No> {
    decides_around(&Around::default(), written, who, told, at)
}

fn decides_around(
    around: &Around,
    written: &Written,
    who: PersonId,
    told: &Told,
    at: i64,
) -> Result<Vec<Draft>, No> {
    let now = BEGIN.plus(at);
    let (state, view) =
        (written.state::<Posts>(doc(), who), written.view::<Posts>(doc(), who, now));
    let decided = decided_around::<Posts>(around, &pair(), &state, view.as_ref(), told, (who, now));
    decided.map_err(|refusal| refusal.code)
}

#[test]
fn r03_a_post_lives_as_long_as_its_kind_unless_its_author_says_and_ninety_days_at_most() {
    let until = |new: NewPost| {
        let told = told(Command::Post(new), None);
        decides(&Written::default(), ANA, &told, 0).map(|drafts| {
            assert_eq!((drafts.len(), drafts[0].target), (1, doc()));
            assert!(drafts[0].body.is_some());
            drafts[0].action.until().unwrap().since(BEGIN)
        })
    };
    for kind in Kind::ALL {
        assert_eq!(until(NewPost { kind: *kind, ..tells(None) }), Ok(kind.default_span()));
    }
    assert_eq!(until(tells(Some(1))), Ok(1));
    assert_eq!(until(tells(Some(0))), Err(No::LivesTooLong), "over before it is told");
    assert_eq!(until(tells(Some(90 * DAY))), Ok(90 * DAY));
    assert_eq!(until(tells(Some(90 * DAY + 1))), Err(No::LivesTooLong));
    let empty = NewPost { text: " ".into(), ..tells(None) };
    assert_eq!(until(empty), Err(No::TextEmpty));
}

#[test]
fn a_post_keeps_each_of_its_words() {
    let new = NewPost {
        kind: Kind::Money,
        amount: Some("40".into()),
        happened: Some("on Sunday".into()),
        want: Some(Want::Talk),
        ..tells(None)
    };
    let drafts = decides(&Written::default(), ANA, &told(Command::Post(new), None), 0).unwrap();
    let body = drafts[0].body.as_ref().unwrap();
    let word = |key| words::text_of(body, key);
    assert_eq!(word("text").as_deref(), Some("At work."));
    assert_eq!(word("amount").as_deref(), Some("40"));
    assert_eq!(word("happened").as_deref(), Some("on Sunday"));
    assert_eq!(word("want").as_deref(), Some(Want::Talk.code()));
}

#[test]
fn r01_what_is_told_under_an_agreement_needs_one_in_force_that_binds_who_tells_it() {
    let clause = |obligor, category| Clause {
        id: "1".into(),
        text: "I say where I am.".into(),
        obligor,
        category,
        cadence: None,
    };
    let agreed = |clause: Clause| {
        let revision = Revision {
            kind: AgreementKind::Conduct,
            about: None,
            clauses: vec![clause],
            starts: None,
            expires_at: BEGIN.plus(30 * DAY),
            review_at: None,
            taper: vec![],
            lang: "en".into(),
            parents: vec![],
        };
        let id = DocId([9; 16]);
        let mut written = Written::default();
        for who in [ANA, BEN] {
            let revision = revision.clone();
            written.write(who, 0, id, Agreed::Propose { revision }.into());
        }
        move |viewer, at| written.view::<AgreementDocs>(id, viewer, BEGIN.plus(at)).unwrap()
    };
    let under = |view: Option<AgreementView>, at: i64| {
        let new = NewPost { under: Some(DocId([9; 16]).into()), ..tells(Some(at + DAY)) };
        let told = Told { post: None, command: Command::Post(new), under: view };
        decides(&Written::default(), ANA, &told, at).map(drop)
    };
    let mine = agreed(clause(Obligor::Person(ANA), Category::Other("this".into())));
    assert_eq!(under(None, 0), Err(No::NotInForce));
    assert_eq!(under(Some(mine(ANA, DAY)), DAY), Ok(()));
    assert_eq!(under(Some(mine(ANA, 30 * DAY)), 30 * DAY), Err(No::NotInForce), "it is over");
    let his = agreed(clause(Obligor::Person(BEN), Category::Other("this".into())));
    assert_eq!(under(Some(his(ANA, DAY)), DAY), Err(No::NotInForce), "it does not bind her");
    let plain = agreed(clause(Obligor::Both, Category::General));
    assert_eq!(under(Some(plain(ANA, DAY)), DAY), Ok(()));
}

#[test]
fn k07_only_its_author_corrects_a_post_or_takes_it_back_and_only_the_other_says_thank_you() {
    let mut written = Written::default();
    let of = written.write(ANA, 0, doc(), post(5));
    written.say(of, said("with M."));
    let of_view = |written: &Written, who| {
        written.view::<Posts>(doc(), who, BEGIN.plus(20)).unwrap().remove(0)
    };
    let correct = || Command::Correct { text: "and T.".into() };
    let on = |written: &Written, who, command: Command| {
        let post = of_view(written, who);
        decides(written, who, &told(command, Some(&post)), 20)
    };
    for command in [correct(), Command::Withdraw] {
        assert_eq!(on(&written, BEN, command), Err(No::NotYourWords));
    }
    assert_eq!(on(&written, ANA, Command::Thank), Err(No::OwnWords));
    let drafts = on(&written, BEN, Command::Thank).unwrap();
    assert_eq!(drafts[0].action, Action::Words(words::Act::Thank { of }));
    let drafts = on(&written, ANA, correct()).unwrap();
    assert_eq!(drafts[0].action, Act::Correct { of, until: BEGIN.plus(5 * DAY) }.into());
    assert_eq!(words::text_of(drafts[0].body.as_ref().unwrap(), "text").unwrap(), "and T.");
    let mut corrected = written.clone();
    let correction = corrected.write(ANA, 9, doc(), drafts[0].action.clone());
    corrected.say(correction, said("and T."));
    let gone = |of| Action::Words(words::Act::Withdraw { of });
    let taken: Vec<Action> =
        on(&corrected, ANA, Command::Withdraw).unwrap().into_iter().map(|one| one.action).collect();
    assert_eq!(taken, [gone(of), gone(correction)], "with its corrections");
    let thanks = on(&corrected, BEN, Command::Thank).unwrap();
    let last = Action::Words(words::Act::Thank { of: correction });
    assert_eq!(thanks[0].action, last, "for what was told last");
    for at in 0..limits::CORRECTIONS as i64 {
        corrected.write(ANA, 10 + at, doc(), drafts[0].action.clone());
    }
    assert_eq!(on(&corrected, ANA, correct()), Err(No::CapReached));
    written.write(ANA, 9, doc(), gone(of));
    for command in [correct(), Command::Withdraw] {
        assert_eq!(on(&written, ANA, command), Err(No::NoLongerThere));
    }
    assert_eq!(on(&written, BEN, Command::Thank), Err(No::NoLongerThere));
    let nothing = told(Command::Withdraw, None);
    assert_eq!(decides(&written, ANA, &nothing, 20), Err(No::NotFound));
}

#[test]
fn k15_who_takes_no_part_posts_nothing_and_nobody_posts_without_end_or_after_a_leave() {
    let new = told(Command::Post(tells(None)), None);
    let mut written = Written::default();
    let around = |around: Around, written: &Written| {
        decides_around(&around, written, ANA, &new, 0).map(drop)
    };
    let off = Around { off: vec![Feature::Openness], ..Around::default() };
    assert_eq!(around(off.clone(), &written), Err(No::FeatureOff));
    let left = Around { left: true, ..Around::default() };
    assert_eq!(around(left, &written), Err(No::PairLeft));
    let other = Around { off: vec![Feature::Promises], ..Around::default() };
    assert_eq!(around(other, &written), Ok(()));
    for at in 1..limits::POSTS_PER_MONTH as i64 {
        written.write(ANA, at, doc(), post(5));
    }
    assert_eq!(around(Around::default(), &written), Ok(()), "the last that counts");
    written.write(ANA, 0, doc(), post(5));
    assert_eq!(around(Around::default(), &written), Err(No::CapReached));
    // What is there can be taken back all the same, and by who takes no part.
    let first = written.view::<Posts>(doc(), ANA, BEGIN.plus(9)).unwrap().remove(0);
    let back = told(Command::Withdraw, Some(&first));
    assert!(decides_around(&off, &written, ANA, &back, 9).is_ok());
}

/// One post of Ana's of a kind, for 30 days, as Ben sees it just then.
fn telling(kind: Kind) -> (Written, PostView) {
    let mut written = Written::default();
    let act = Act::Post { kind, until: BEGIN.plus(30 * DAY), under: None };
    let of = written.write(ANA, 0, doc(), act.into());
    let fields = [
        ("text", Some("I lied.".into())),
        ("amount", Some("40".into())),
        ("happened", Some("In May.".into())),
        ("want", Some("listen".into())),
    ];
    written.say(of, crate::cbor::Value::map(fields));
    let view = shown(&written, 1).remove(0);
    (written, view)
}

#[test]
fn r15_who_keeps_words_for_less_time_sees_them_for_less() {
    let (_, day) = telling(Kind::Day);
    let kept = |days, at: i64| day.clone().kept(days, BEGIN.plus(at));
    assert_eq!(kept(None, 30 * DAY - 1), Some(day.clone()));
    assert_eq!(kept(None, 30 * DAY), None);
    let shorter = PostView { until: BEGIN.plus(7 * DAY), ..day.clone() };
    assert_eq!(kept(Some(7), 7 * DAY - 1), Some(shorter));
    assert_eq!(kept(Some(7), 7 * DAY), None);
    assert_eq!(kept(Some(90), 29 * DAY).unwrap().until, day.until, "never for more");
}

#[test]
fn r36_of_what_was_told_as_harm_there_remains_that_and_when_it_was_told() {
    let (mut written, harm) = telling(Kind::Disclosure);
    assert_eq!(harm.want, Some(Want::Listen));
    let (of, until) = (harm.position, BEGIN.plus(30 * DAY));
    let correction = written.write(ANA, 2, doc(), Act::Correct { of, until }.into());
    written.say(correction, said("and T."));
    let harm = shown(&written, 3).remove(0);
    assert_eq!(harm.corrections.len(), 1);
    let gone = harm.clone().kept(Some(7), BEGIN.plus(7 * DAY)).unwrap();
    assert_eq!(
        (gone.state, gone.at, gone.until),
        (PostState::Expired, harm.at, BEGIN.plus(7 * DAY))
    );
    let words = (gone.want, gone.text, gone.amount, gone.happened, gone.corrections.len());
    assert_eq!(words, (None, None, None, None, 0));
    let late = shown(&written, 30 * DAY).remove(0);
    assert_eq!((late.state, late.text), (PostState::Expired, None));
    let of = harm.position;
    written.write(ANA, 10, doc(), Action::Words(words::Act::Withdraw { of }));
    let back = shown(&written, 20).remove(0).kept(Some(7), BEGIN.plus(7 * DAY)).unwrap();
    assert_eq!(back.state, PostState::Withdrawn, "that it was taken back is said as well");
}

#[test]
fn s55_what_was_taken_back_is_said_for_a_week_and_not_beyond_its_own_time() {
    let gone = |until: i64, at: i64| {
        let withdrawn_at = Some(BEGIN);
        let (_, view) = telling(Kind::Day);
        let view = PostView { withdrawn_at, until: BEGIN.plus(until), ..view };
        view.gone_lately(BEGIN.plus(at))
    };
    let week = limits::STUB;
    assert!(gone(30 * DAY, week - 1) && !gone(30 * DAY, week));
    assert!(gone(DAY, DAY - 1) && !gone(DAY, DAY), "it would have ended by then");
    assert!(!telling(Kind::Day).1.gone_lately(BEGIN), "it was not taken back");
    let (mut written, view) = telling(Kind::Day);
    let of = view.position;
    written.write(ANA, 0, doc(), Action::Words(words::Act::Withdraw { of }));
    assert_eq!((shown(&written, week - 1).len(), shown(&written, week).len()), (1, 0));
}

#[test]
fn what_a_ledger_of_posts_still_holds() {
    use crate::domain::capability::Capability;
    let (mut written, view) = telling(Kind::Day);
    let until = BEGIN.plus(30 * DAY);
    let of = view.position;
    let correction = written.write(ANA, 5, doc(), Action::Openness(Act::Correct { of, until }));
    let state = written.state::<Posts>(doc(), BEN);
    assert_eq!(Posts::words(&state, until.plus(-1)), [of, correction]);
    assert_eq!(Posts::words(&state, until), [], "its time is over");
    let posts = vec![view];
    let over = |at| Posts::over(Some(&posts), BEGIN, at);
    assert!(!over(until.plus(-1)) && over(until) && Posts::over(None, BEGIN, BEGIN));
    for want in [Want::Listen, Want::Talk, Want::Counsellor] {
        assert_eq!(Want::from_code(want.code()), Some(want));
    }
    let codes = [Want::Listen, Want::Talk, Want::Counsellor].map(Want::code);
    assert_eq!(codes, ["listen", "talk", "counsellor"]);
    let about = |post| Told { post, under: None, command: Command::Withdraw };
    assert!(Posts::looks(&about(Some(posts[0].id))) && !Posts::looks(&about(None)));
}
