//! Questions of one's own: who may make and take back which, and what is read of them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::domain::capability::Begun;
use crate::domain::ledger::own_document;
use crate::domain::pair::Who;
use crate::domain::testing::*;
use crate::domain::words::Act as Taken;
use crate::id::PersonId;

const SALT: [u8; 16] = [5; 16];

fn doc() -> crate::id::DocId {
    own_document(PAIR, ANA, &SALT)
}

/// Questions of Ana's, asked weekly.
fn made(items: Vec<Value>) -> Written {
    let mut written = Written::default();
    let act = Act::Template { cadence: Cadence::Weekly, salt: SALT };
    let of = written.write(ANA, 0, doc(), act.into());
    let fields = [("title", Some("Evenings".into())), ("items", Some(Value::Array(items)))];
    written.with_body(of, Value::map(fields));
    written
}

fn one() -> Written {
    made(vec!["Did we talk?".into()])
}

fn taken_back() -> Written {
    let mut written = one();
    let of = written.held[0].id;
    written.write(ANA, 9, doc(), Taken::Withdraw { of }.into());
    written
}

fn seen(written: &Written, who: PersonId) -> Option<Template> {
    written.view::<Templates>(doc(), who, BEGIN)
}

fn make(questions: usize) -> Command {
    let items = vec!["Did we talk?".to_owned(); questions];
    Command::Make { title: "Evenings".into(), cadence: Cadence::Daily, items }
}

fn decides(
    around: &Around,
    written: &Written,
    who: PersonId,
    command: &Command,
) -> Result<usize, RefusalCode> {
    let (state, view) = (written.state::<Templates>(doc(), who), seen(written, who));
    let when = (who, BEGIN);
    let decided =
        decided_around::<Templates>(around, &pair(), &state, view.as_ref(), command, when);
    decided.map(|drafts| drafts.len()).map_err(|refusal| refusal.code)
}

#[test]
fn f79_a_template_is_seen_by_both_and_is_a_suggestion_to_the_other() {
    let [hers, his] = [ANA, BEN].map(|who| seen(&one(), who).unwrap());
    assert_eq!((hers.by, hers.suggested), (Who::Me, false));
    assert_eq!((his.by, his.suggested), (Who::Partner, true));
    assert_eq!(
        (his.title.as_str(), &his.items[..]),
        ("Evenings", &["Did we talk?".to_owned()][..])
    );
    assert_eq!(his.cadence, Cadence::Weekly);
    assert_eq!(seen(&taken_back(), BEN), None);
}

#[test]
fn a_template_with_no_question_too_many_or_words_that_do_not_count_is_not_shown() {
    let shown = |items: Vec<Value>| seen(&made(items), BEN).is_some();
    let most = limits::CHECK_IN_ITEMS;
    assert!(shown(vec!["Well?".into(); most]) && !shown(vec!["Well?".into(); most + 1]));
    assert!(
        !shown(vec![]) && !shown(vec!["Well?".into(), "".into()]) && !shown(vec![7_i64.into()])
    );
    let mut bare = one();
    bare.bodies.clear();
    assert_eq!(seen(&bare, BEN), None, "its words are not here yet");
}

#[test]
fn only_its_maker_s_record_makes_a_template() {
    let mut written = Written::default();
    let act = Act::Template { cadence: Cadence::Weekly, salt: SALT };
    written.write(BEN, 0, doc(), act.into());
    assert!(written.state::<Templates>(doc(), ANA).is_none());
}

#[test]
fn f79_making_questions_is_bounded_and_only_ones_own_are_taken_back() {
    let decides = |written: &Written, who, command: &Command| {
        decides(&Around::default(), written, who, command)
    };
    let nothing = Written::default();
    let most = limits::CHECK_IN_ITEMS;
    assert_eq!(decides(&nothing, ANA, &make(1)), Ok(1));
    assert_eq!(decides(&nothing, ANA, &make(most)), Ok(1));
    assert_eq!(decides(&nothing, ANA, &make(0)), Err(RefusalCode::AnswerInvalid));
    assert_eq!(decides(&nothing, ANA, &make(most + 1)), Err(RefusalCode::AnswerInvalid));
    assert_eq!(decides(&one(), ANA, &Command::Drop), Ok(1));
    assert_eq!(decides(&one(), BEN, &Command::Drop), Err(RefusalCode::NotYourWords));
    assert_eq!(decides(&taken_back(), ANA, &Command::Drop), Err(RefusalCode::TemplateUnknown));
    assert_eq!(decides(&nothing, ANA, &Command::Drop), Err(RefusalCode::TemplateUnknown));
}

#[test]
fn f79_twenty_stand_and_nothing_is_made_alone_or_by_who_takes_no_part() {
    let of = |around: &Around| decides(around, &Written::default(), ANA, &make(1));
    let begun = |open| Around { begun: Begun { open, ..Begun::default() }, ..Around::default() };
    assert_eq!(of(&begun(limits::TEMPLATES - 1)), Ok(1));
    assert_eq!(of(&begun(limits::TEMPLATES)), Err(RefusalCode::TooManyTemplates));
    assert_eq!(of(&Around { left: true, ..Around::default() }), Err(RefusalCode::PairLeft));
    let off = Around { off: vec![Feature::CheckIns], ..Around::default() };
    assert_eq!(of(&off), Err(RefusalCode::FeatureOff));
}

#[test]
fn a_template_counts_for_its_maker_and_its_words_are_looked_after_until_it_is_taken_back() {
    let side = |who| pair().side(who).unwrap();
    let state = |written: &Written| written.state::<Templates>(doc(), ANA);
    let open = |written: &Written, who| Templates::is_open(&state(written), side(who), BEGIN);
    assert!(open(&one(), ANA) && !open(&one(), BEN) && !open(&taken_back(), ANA));
    assert_eq!(Templates::words(&state(&one()), BEGIN), [one().held[0].id]);
    assert_eq!(Templates::words(&state(&taken_back()), BEGIN), []);
    assert!(Templates::looks(&Command::Drop) && !Templates::looks(&make(1)));
    assert!(Templates::begins(&None, &make(1)) && !Templates::begins(&None, &Command::Drop));
    let view = seen(&one(), ANA);
    assert!(!Templates::over(view.as_ref(), BEGIN, BEGIN) && Templates::over(None, BEGIN, BEGIN));
}
