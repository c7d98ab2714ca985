//! What of one person's asks waits, what answers it, and what a whole item holds.

use super::*;
use crate::domain::capability::{Act as _, Capability};
use crate::domain::shared::view::Subject;

/// Questions of Ana's, one for each of what befell it, in their order, as one of them sees them
/// beside each other: whether each waits, and how it stands.
fn beside_each_other(viewer: PersonId, befell: &[Option<Reply>]) -> Vec<(bool, ItemState)> {
    let views = (0_u8..).zip(befell).map(|(nth, reply)| {
        let (mut written, first) = told(Form::Question);
        match reply {
            Some(Reply::NotNow) => {
                let until = Some(BEGIN.plus(DAY));
                let form = Form::Question;
                let later = Act::Answer { form, of: first, reply: Reply::NotNow, until };
                written.write(BEN, 2, doc(), later.into());
            }
            // Stands here for taking it back.
            Some(Reply::Rest) => {
                written.write(ANA, 2, doc(), Taken::Withdraw { of: first }.into());
            }
            Some(reply) => {
                written.write(BEN, 2, doc(), answer(Form::Question, first, *reply));
            }
            None => {}
        }
        let view = seen(&written, viewer, 6).unwrap();
        ItemView { id: DocId([nth; 16]).into(), at: BEGIN.plus(i64::from(nth)), ..view }
    });
    beside(views.collect()).iter().map(|item| (item.waits_for_me, item.state)).collect()
}

#[test]
fn r31_only_what_waits_for_an_answer_takes_a_place_among_what_waits() {
    use ItemState::{Replaced, Standing, TakenBack};
    let declined = Some(Reply::Declined);
    let befell = [None, declined, declined, None, None, Some(Reply::NotNow), Some(Reply::Rest)];
    let his = [
        (false, Replaced),
        (false, Standing),
        (false, Standing),
        (true, Standing),
        (true, Standing),
        (false, Standing),
        (false, TakenBack),
    ];
    assert_eq!(beside_each_other(BEN, &befell), his, "of four that wait, the oldest gives way");
    let hers = beside_each_other(ANA, &befell);
    let states = |seen: &[(bool, ItemState)]| seen.iter().map(|one| one.1).collect::<Vec<_>>();
    assert_eq!(states(&hers), states(&his), "she sees the same of it");
    assert!(hers.iter().all(|one| !one.0), "and it waits for him");
    let fewer = [None, Some(Reply::Declined), None, Some(Reply::NotNow), Some(Reply::Rest)];
    assert!(beside_each_other(BEN, &fewer).iter().all(|one| one.1 != Replaced));
}

#[test]
fn f32_a_need_waits_only_where_it_asks_for_something() {
    let need = |nth: u8, asks: bool| {
        let (mut written, first) = told(Form::Need);
        let texts = |text: &str| crate::cbor::Value::Array(vec![text.into()]);
        let request = asks.then(|| "An evening a week.".into());
        let fields = [("needs", Some(texts("Quiet."))), ("request", request)];
        written.with_body(first, crate::cbor::Value::map(fields));
        let view = seen(&written, BEN, 1).unwrap();
        assert_eq!(view.waits_for_me, asks);
        let last = seen(&written, BEN, 14 * DAY - 1).unwrap().state;
        assert_eq!(last, ItemState::Standing);
        let late = seen(&written, BEN, 14 * DAY).unwrap().state;
        let lapses = if asks { ItemState::Lapsed } else { ItemState::Standing };
        assert_eq!(late, lapses, "what asks nothing lapses in no silence");
        ItemView { id: DocId([nth; 16]).into(), at: BEGIN.plus(i64::from(nth)), ..view }
    };
    let all = vec![need(0, true), need(1, false), need(2, true), need(3, true)];
    assert!(beside(all).iter().all(|item| item.state == ItemState::Standing));
    let four = vec![need(0, true), need(1, true), need(2, true), need(3, true)];
    let states: Vec<ItemState> = beside(four).iter().map(|item| item.state).collect();
    assert_eq!((states[0], states[1]), (ItemState::Replaced, ItemState::Standing));
}

#[test]
fn k9_what_was_said_of_an_earlier_telling_says_so() {
    let (mut question, first) = told(Form::Question);
    let given = question.write(BEN, 1, doc(), answer(Form::Question, first, Reply::Declined));
    assert!(!seen(&question, ANA, 2).unwrap().answers[0].on_earlier);
    let second = question.write(ANA, 3, doc(), tell(Form::Question, 3));
    question.with_body(second, words("And since when?"));
    let view = seen(&question, ANA, 4).unwrap();
    assert!(view.answers[0].on_earlier, "{given:?}");

    let account = seen(&told(Form::Account).0, BEN, 1).unwrap();
    let about = |on| {
        let salt = [6; 16];
        let act = telling(Form::Question, salt, Some(account.id.into()), Some(on));
        let own = own_document(PAIR, ANA, &salt);
        let mut written = Written::default();
        let of = written.write(ANA, 5, own, act.into());
        written.with_body(of, words("Why?"));
        let asked = written.view::<Items>(own, BEN, BEGIN.plus(6)).unwrap();
        beside(vec![account.clone(), asked]).remove(1).on_earlier
    };
    assert!(!about(account.position));
    assert!(about(Position { index: 7, ..account.position }));
}

#[test]
fn what_was_taken_back_can_be_written_about_no_more_but_for_each_ones_own_account() {
    let (mut named, first) = told(Form::Breach);
    let subject = |written: &Written| Subject::of(&seen(written, BEN, 9).unwrap());
    let here = subject(&named);
    named.write(ANA, 5, doc(), Taken::Withdraw { of: first }.into());
    let gone = subject(&named);
    assert_eq!((here.takes(Form::Question), here.takes(Form::Account)), (Ok(()), Ok(())));
    assert_eq!(gone.takes(Form::Question), Err(RefusalCode::NoLongerThere));
    assert_eq!(gone.takes(Form::Account), Ok(()), "nobody is silenced by it");
    assert_eq!(here.takes(Form::SayBack), Err(RefusalCode::SubjectInvalid));
}

#[test]
fn a_document_begins_with_its_item_and_is_over_when_nothing_is_seen_of_it() {
    let empty = Written::default().state::<Items>(doc(), ANA);
    let (written, _) = told(Form::Question);
    let state = written.state::<Items>(doc(), ANA);
    assert!(
        Items::begins(&empty, &Command::TakeBack) && !Items::begins(&state, &Command::TakeBack)
    );
    let view = seen(&written, ANA, 1);
    assert!(!Items::over(view.as_ref(), BEGIN, BEGIN) && Items::over(None, BEGIN, BEGIN));
}

#[test]
fn f33_what_may_wait_and_its_opening_again_count_from_when_they_came() {
    let act = |action| match action {
        crate::domain::action::Action::Item(act) => act,
        other => panic!("{other:?}"),
    };
    let counts = |action| act(action).counts_from_receipt();
    assert!(counts(tell(Form::Question, 0)) && counts(tell(Form::Need, 0)));
    assert!(!counts(tell(Form::Account, 0)));
    let of = Position { log: log_of(ANA), index: 0, place: 0 };
    assert!(counts(answer(Form::Question, of, Reply::Again)));
    assert!(!counts(answer(Form::Question, of, Reply::Declined)));

    let (mut written, first) = told(Form::Question);
    let came = |written: &Written| written.state::<Items>(doc(), BEN).item.unwrap().came();
    written.held[0].received = BEGIN.plus(7);
    assert_eq!(came(&written), BEGIN.plus(7), "whatever it states");
    written.write(BEN, 8, doc(), answer(Form::Question, first, Reply::Declined));
    written.write(ANA, 9, doc(), answer(Form::Question, first, Reply::Again));
    written.held[2].received = BEGIN.plus(30);
    assert_eq!(came(&written), BEGIN.plus(30), "since it was opened again");
}

#[test]
fn an_answer_to_what_was_taken_back_of_several_tellings_is_refused() {
    let (mut written, first) = told(Form::Question);
    let second = written.write(ANA, 1, doc(), tell(Form::Question, 1));
    written.with_body(second, words("And since when?"));
    written.write(ANA, 2, doc(), Taken::Withdraw { of: first }.into());
    let reply = |of| Command::Answer { of, reply: Reply::Declined, text: None, until: None };
    assert_eq!(decides(&written, BEN, &reply(first)), Err(RefusalCode::NoLongerThere));
    assert!(decides(&written, BEN, &reply(second)).is_ok());
}

#[test]
fn a_telling_that_is_to_be_kept_for_no_time_does_not_count() {
    let until = |seconds: i64| {
        let (form, until) = (Form::Hurt, Some(BEGIN.plus(seconds)));
        let mut written = Written::default();
        let act = Act::Tell { form, salt: SALT, about: None, on: None, until };
        let of = written.write(ANA, 0, doc(), act.into());
        written.with_body(of, words("I felt alone."));
        written
    };
    let counts = |seconds| until(seconds).state::<Items>(doc(), BEN).item.is_some();
    assert!(!counts(0) && counts(1));
    let view = seen(&until(9), BEN, 8).unwrap();
    assert_eq!(view.part(Section::Text), ["I felt alone."], "until then its words are here");
}

#[test]
fn the_texts_of_an_item_fit_into_it_together() {
    let account = |lengths: &[usize]| NewItem {
        parts: vec![ItemPart {
            section: Section::Did,
            texts: lengths.iter().map(|length| "w".repeat(*length)).collect(),
        }],
        ..NewItem::words(Form::Account, "")
    };
    let fits = |new: &NewItem| written(new).map(drop).map_err(|refusal| refusal.code);
    let half = limits::ITEM_SCALARS / 2;
    assert_eq!(fits(&account(&[half, half])), Ok(()));
    assert_eq!(fits(&account(&[half, half, 1])), Err(RefusalCode::TextTooLong));
    // Those of several parts are added up.
    let mut both = account(&[half, half - 1]);
    both.parts.push(ItemPart { section: Section::Effects, texts: vec!["w".into()] });
    assert_eq!(fits(&both), Ok(()));
    both.parts[1].texts[0].push('w');
    assert_eq!(fits(&both), Err(RefusalCode::TextTooLong));
}

#[test]
fn a_wish_and_a_role_are_said_only_where_a_form_has_them_and_names_are_short() {
    let fits = |new: &NewItem| written(new).map(drop).map_err(|refusal| refusal.code);
    let question = NewItem::words(Form::Question, "Since when?");
    let no = Err(RefusalCode::PartUnknown);
    assert_eq!(fits(&question), Ok(()));
    assert_eq!(fits(&NewItem { wish: Some(Wish::Talk), ..question.clone() }), no);
    assert_eq!(fits(&NewItem { role: Some(Role::Hurt), ..question.clone() }), no);
    let feels = |name: &str| NewItem {
        parts: vec![
            ItemPart { section: Section::Text, texts: vec!["I felt alone.".into()] },
            ItemPart { section: Section::Feelings, texts: vec![name.into()] },
        ],
        wish: Some(Wish::Listen),
        ..NewItem::words(Form::Hurt, "")
    };
    let most = "w".repeat(limits::NAME_SCALARS);
    assert_eq!(fits(&feels(&most)), Ok(()));
    assert!(fits(&feels(&format!("{most}w"))).is_err());
    assert_eq!(written(&feels(" Cafe\u{301} ")).unwrap().parts[1].texts, ["Café"]);
    // One text stands as it is, several as a list, and of an item with no part there is none.
    let whole = body(&feels("alone")).unwrap();
    assert!(whole.get("text").unwrap().text().is_some());
    assert!(whole.get("feelings").unwrap().array().is_some());
    let empty = NewItem { parts: vec![], ..NewItem::words(Form::Account, "") };
    assert_eq!(body(&empty).unwrap_err().code, RefusalCode::PartMissing);
}

#[test]
fn r36_an_answer_of_another_sort_takes_nothing_of_the_first_back_and_some_have_words() {
    let form = Form::Acknowledgement;
    let (mut written, first) = told(form);
    for (at, reply) in (1..).zip([Reply::Received, Reply::AskWhy, Reply::Partly]) {
        written.write(BEN, at, doc(), answer(form, first, reply));
    }
    let stands = |written: &Written| {
        let view = seen(written, ANA, 9).unwrap();
        view.answers.iter().map(|one| one.stands).collect::<Vec<_>>()
    };
    assert_eq!(stands(&written), [true, true, true]);
    written.write(BEN, 8, doc(), answer(form, first, Reply::Yes));
    assert_eq!(stands(&written), [true, true, false, true], "partly was said before yes");
    let says = |reply| {
        let text = Some("The part about the bank.".to_owned());
        decides(&written, BEN, &Command::Answer { of: first, reply, text, until: None }).map(drop)
    };
    for reply in [Reply::Partly, Reply::NotYet] {
        assert_eq!(says(reply), Ok(()), "{reply:?}");
    }
    assert_eq!(says(Reply::Yes), Err(RefusalCode::ReplyUnknown));
}
