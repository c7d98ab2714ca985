#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod asked;
pub(in crate::domain) mod breaches;

use super::content::body;
use super::form::{About, Takes};
use super::*;
use crate::domain::capability::By;
use crate::domain::ledger::own_document;
use crate::domain::pair::Who;
use crate::domain::refusal::RefusalCode;
use crate::domain::testing::*;
use crate::domain::words::Act as Taken;
use crate::id::{ItemId, PersonId};
use crate::limits;
use crate::time::DAY;

const SALT: [u8; 16] = [5; 16];

fn doc() -> DocId {
    own_document(PAIR, ANA, &SALT)
}

fn until(form: Form, at: i64) -> Option<Moment> {
    form.described().keeps.map(|keeps| BEGIN.plus(at + keeps))
}

fn tell(form: Form, at: i64) -> crate::domain::action::Action {
    let about = matches!(form.described().about, About::Must(_)).then_some(DocId([4; 16]));
    Act::Tell { form, salt: SALT, about, on: None, until: until(form, at) }.into()
}

/// An item of Ana's, with a body.
fn told(form: Form) -> (Written, Position) {
    let mut written = Written::default();
    let first = written.write(ANA, 0, doc(), tell(form, 0));
    written.with_body(first, words("As it was."));
    (written, first)
}

fn answer(form: Form, of: Position, reply: Reply) -> crate::domain::action::Action {
    Act::Answer { form, of, reply, until: None }.into()
}

fn seen(written: &Written, viewer: PersonId, at: i64) -> Option<ItemView> {
    written.view::<Items>(doc(), viewer, BEGIN.plus(at))
}

#[test]
fn k9_what_was_told_is_told_anew_beside_it_and_never_by_the_other() {
    let (mut written, first) = told(Form::Account);
    let second = written.write(ANA, 10, doc(), tell(Form::Account, 10));
    written.with_body(second, words("As it really was."));
    let theirs = written.write(BEN, 12, doc(), tell(Form::Account, 12));
    written.with_body(theirs, words("It was different."));
    let view = seen(&written, BEN, 20).unwrap();
    assert_eq!(view.part(Section::Text), ["As it really was."]);
    assert_eq!(view.tellings.len(), 2, "nobody tells in another's name");
    assert_eq!(view.tellings[0].id, first.item().into());
}

/// Of every form every answer, by each of the two: it counts exactly where the form has it
/// and lets that person give it (I18).
#[test]
fn f01_f33_an_answer_counts_only_where_its_form_has_it_and_by_whom_it_is() {
    let mut counted = 0;
    for form in Form::ALL {
        for reply in Reply::ALL {
            for who in [ANA, BEN] {
                let (mut written, first) = told(*form);
                let given = written.write(who, 5, doc(), answer(*form, first, *reply));
                if reply.takes() == Takes::OnlyWords {
                    written.with_body(given, words("Since May."));
                }
                let view = seen(&written, BEN, 20).unwrap();
                let fits = match reply.by() {
                    By::Maker => who == ANA,
                    By::Other => who == BEN,
                    By::Each => true,
                };
                let expected = form.described().replies.contains(reply) && fits;
                assert_eq!(view.answers.len() == 1, expected, "{form:?} {reply:?} {who:?}");
                counted += usize::from(expected);
                // And from one's own side it is refused.
                let (alone, first) = told(*form);
                let state = alone.state::<Items>(doc(), who);
                let text = (reply.takes() == Takes::OnlyWords).then(|| "Since May.".to_owned());
                let command = Command::Answer { of: first, reply: *reply, text, until: None };
                let decided = decided::<Items>(&pair(), &state, None, &command, who, BEGIN);
                assert_eq!(decided.is_ok(), expected, "{form:?} {reply:?} {who:?}");
            }
        }
    }
    assert!(counted > 30, "{counted}");
}

#[test]
fn every_form_is_told_by_its_maker_only_and_with_its_own_time() {
    for form in Form::ALL {
        let mut written = Written::default();
        let theirs = written.write(BEN, 0, doc(), tell(*form, 0));
        written.with_body(theirs, words("In her name."));
        assert_eq!(seen(&written, BEN, 1), None, "{form:?}: the document is Ana's");
        let mut longer = Written::default();
        let until = until(*form, 0).map_or(BEGIN.plus(DAY), |until| until.plus(1));
        let act = match tell(*form, 0) {
            crate::domain::action::Action::Item(Act::Tell { form, salt, about, on, .. }) => {
                Act::Tell { form, salt, about, on, until: Some(until) }
            }
            other => panic!("{other:?}"),
        };
        let kept = longer.write(ANA, 0, doc(), act.into());
        longer.with_body(kept, words("For too long."));
        assert_eq!(seen(&longer, BEN, 1), None, "{form:?}: it would be kept too long");
    }
}

#[test]
fn tellings_of_harm_leave_a_stub_that_lasts_and_others_leave_one_for_a_week() {
    for form in Form::ALL {
        let (mut written, first) = told(*form);
        let given = form.described().replies.iter().find(|reply| reply.by() == By::Other);
        written.write(ANA, 100, doc(), Taken::Withdraw { of: first }.into());
        if let Some(reply) = given {
            let answer = written.write(BEN, 200, doc(), answer(*form, first, *reply));
            written.with_body_if(answer, reply.takes() == Takes::OnlyWords, words("What?"));
        }
        let view = seen(&written, BEN, 300).unwrap();
        assert_eq!(view.state, ItemState::TakenBack, "{form:?}");
        assert_eq!(view.taken_back, Some(BEGIN.plus(100)));
        assert!(view.parts.is_empty() && view.answers.is_empty(), "{form:?}: after it was gone");
        let later = seen(&written, BEN, 100 + limits::STUB);
        use Form::{Account, Acknowledgement, Breach, Question};
        let lasts = matches!(form, Breach | Account | Acknowledgement | Question);
        assert_eq!(later.is_some(), lasts, "{form:?}");
        let command = Command::Answer { of: first, reply: Reply::Heard, text: None, until: None };
        let state = written.state::<Items>(doc(), BEN);
        assert!(decided::<Items>(&pair(), &state, None, &command, BEN, BEGIN).is_err());
    }
}

#[test]
fn f21_an_explanation_stays_folded_until_the_other_asks_and_only_they_can() {
    let (mut written, first) = told(Form::Acknowledgement);
    let text = |words: &str| vec![words.to_owned()];
    let part = |section, words| ItemPart { section, texts: text(words) };
    let new = NewItem {
        form: Form::Acknowledgement,
        about: None,
        wish: None,
        role: None,
        parts: vec![
            part(Section::WhatIDid, "I hid the debt."),
            part(Section::Impact, "You could not trust a word of mine."),
            part(Section::Responsibility, "That was mine."),
            part(Section::Explanation, "I was ashamed."),
        ],
    };
    written.say(first, body(&new).unwrap());
    let explained = |view: &ItemView| !view.part(Section::Explanation).is_empty();
    assert!(explained(&seen(&written, ANA, 1).unwrap()), "its author sees it");
    let before = seen(&written, BEN, 1).unwrap();
    assert!(before.folded && !explained(&before) && before.parts.len() == 3);
    assert!(before.tellings.iter().all(|told| told.parts.len() == 3));
    written.write(ANA, 2, doc(), answer(Form::Acknowledgement, first, Reply::AskWhy));
    assert!(seen(&written, BEN, 3).unwrap().folded, "its author cannot release it");
    written.write(BEN, 4, doc(), answer(Form::Acknowledgement, first, Reply::AskWhy));
    let after = seen(&written, BEN, 5).unwrap();
    assert!(!after.folded && explained(&after));
}

#[test]
fn r20_what_was_owned_or_hurt_waits_for_nobody_and_what_asks_waits_until_it_is_answered() {
    for form in Form::ALL {
        let (mut written, first) = told(*form);
        // A need asks for something only where it says so.
        let asks = form.described().open.is_some() && form.described().asks.is_none();
        assert_eq!(seen(&written, BEN, 1).unwrap().waits_for_me, asks, "{form:?}");
        assert!(!seen(&written, ANA, 1).unwrap().waits_for_me);
        if asks {
            let until = Some(BEGIN.plus(DAY));
            let later = Act::Answer { form: *form, of: first, reply: Reply::NotNow, until };
            written.write(BEN, 2, doc(), later.into());
            assert!(!seen(&written, BEN, 3).unwrap().waits_for_me);
            assert!(seen(&written, BEN, DAY).unwrap().waits_for_me, "the time is over");
        }
    }
}

#[test]
fn r31_of_what_one_asks_the_newest_wait_and_a_reassurance_lapses_in_silence() {
    let questions: Vec<ItemView> = (0..5_u8)
        .map(|nth| {
            let (written, _) = told(Form::Question);
            let mut view = seen(&written, BEN, 1).unwrap();
            view.id = DocId([nth; 16]).into();
            view.at = BEGIN.plus(i64::from(nth));
            view
        })
        .collect();
    let states: Vec<bool> = beside(questions).iter().map(|item| item.waits_for_me).collect();
    assert_eq!(states, [false, false, true, true, true]);
    let (written, _) = told(Form::Reassurance);
    assert_eq!(seen(&written, BEN, 14 * DAY - 1).unwrap().state, ItemState::Standing);
    assert_eq!(seen(&written, BEN, 14 * DAY).unwrap().state, ItemState::Lapsed);
    assert_eq!(seen(&written, BEN, limits::HURT_RETENTION), None, "and is then gone");
}

#[test]
fn r36_an_answer_stands_beside_the_one_before_and_one_of_each_sort_stands() {
    let (mut written, first) = told(Form::Question);
    let may = written.write(BEN, 1, doc(), answer(Form::Question, first, Reply::Here));
    written.with_body(may, words("Since May."));
    let march = written.write(BEN, 2, doc(), answer(Form::Question, first, Reply::Here));
    written.with_body(march, words("Since March."));
    written.write(ANA, 3, doc(), answer(Form::Question, first, Reply::Enough));
    let view = seen(&written, ANA, 4).unwrap();
    let said: Vec<_> = view.answers.iter().map(|one| (one.text.as_deref(), one.stands)).collect();
    let expected = [(Some("Since May."), false), (Some("Since March."), true), (None, true)];
    assert_eq!(said, expected);
    assert_eq!(view.state, ItemState::EnoughForNow);
    written.write(ANA, 5, doc(), answer(Form::Question, first, Reply::Again));
    assert_eq!(seen(&written, ANA, 6).unwrap().state, ItemState::Standing);
}

#[test]
fn f12_what_is_not_whole_can_be_kept_but_not_offered() {
    let offered = |new: &NewItem| body(new).map(drop).map_err(|refusal| refusal.code);
    let hurt = NewItem::words(Form::Hurt, "I felt alone.");
    assert!(written(&hurt).is_ok());
    assert_eq!(offered(&hurt), Err(RefusalCode::PartMissing), "its wish comes first");
    assert_eq!(offered(&NewItem { wish: Some(Wish::Talk), ..hurt.clone() }), Ok(()));
    let twice = NewItem { parts: [&hurt.parts[..], &hurt.parts[..]].concat(), ..hurt.clone() };
    assert_eq!(offered(&twice), Err(RefusalCode::PartUnknown));
    let breach = |texts: &[&str]| NewItem {
        form: Form::Breach,
        role: Some(Role::Acted),
        parts: vec![
            ItemPart {
                section: Section::Kinds,
                texts: texts.iter().map(|text| (*text).to_owned()).collect(),
            },
            ItemPart { section: Section::Pattern, texts: vec!["single".to_owned()] },
        ],
        ..hurt.clone()
    };
    assert_eq!(offered(&breach(&["lie", "other:a look"])), Ok(()));
    for invalid in [&["worst"][..], &["other:"], &["other:\u{202e}"]] {
        assert_eq!(offered(&breach(invalid)), Err(RefusalCode::AnswerInvalid), "{invalid:?}");
    }
    assert_eq!(offered(&breach(&["lie"; 21])), Err(RefusalCode::TextTooLong));
    let nobody = NewItem { role: None, ..breach(&["lie"]) };
    assert_eq!(offered(&nobody), Err(RefusalCode::PartMissing), "a breach about nobody");
    let long = NewItem::words(Form::Question, &"é".repeat(8_001));
    assert_eq!(offered(&long), Err(RefusalCode::TextTooLong));
}

#[test]
fn what_a_newer_version_wrote_into_an_item_is_said_and_hides_nothing() {
    let (written, _) = told(Form::Account);
    let newer = [crate::domain::capability::NotUnderstood { kind: "account.sing".into() }];
    let basis = crate::id::Past::default();
    let (held, waiting) = (written.held.as_slice(), &[]);
    let records = Records { doc: doc(), held, newer: &newer, waiting, basis: &basis };
    let item = fold::fold(&pair(), &records).unwrap();
    assert!(item.needs_update && item.tellings.len() == 1);
    assert!(!seen(&written, BEN, 1).unwrap().needs_update);
}

#[test]
fn f21_asking_why_once_unfolds_what_was_told_by_then_and_nothing_later() {
    let explained = |why: &str| {
        let part = |section, words: &str| ItemPart { section, texts: vec![words.to_owned()] };
        let parts = vec![
            part(Section::WhatIDid, "I hid the debt."),
            part(Section::Impact, "You were alone with it."),
            part(Section::Responsibility, "That was mine."),
            part(Section::Explanation, why),
        ];
        let new = NewItem { parts, ..NewItem::words(Form::Acknowledgement, "") };
        body(&new).unwrap()
    };
    let (mut written, first) = told(Form::Acknowledgement);
    written.say(first, explained("I was ashamed."));
    written.write(BEN, 1, doc(), answer(Form::Acknowledgement, first, Reply::AskWhy));
    let second = written.write(ANA, 2, doc(), tell(Form::Acknowledgement, 2));
    written.with_body(second, explained("And I was drunk."));
    let view = seen(&written, BEN, 3).unwrap();
    assert!(view.folded && view.part(Section::Explanation).is_empty());
    assert_eq!(view.tellings[0].parts.len(), 4, "what was asked for stays open");
}

#[test]
fn what_is_left_stands_when_the_last_telling_is_taken_back() {
    let (mut written, _) = told(Form::Question);
    let second = written.write(ANA, 1, doc(), tell(Form::Question, 1));
    written.with_body(second, words("And since when?"));
    written.write(ANA, 2, doc(), Taken::Withdraw { of: second }.into());
    let view = seen(&written, BEN, 3).unwrap();
    assert_eq!(view.part(Section::Text), ["As it was."]);
    let state = written.state::<Items>(doc(), BEN);
    let (of, reply) = (view.position, Reply::Declined);
    let command = Command::Answer { of, reply, text: None, until: None };
    assert!(decided::<Items>(&pair(), &state, None, &command, BEN, BEGIN).is_ok());
}

#[test]
fn f30_a_question_that_its_asker_opens_again_waits_again() {
    let (mut written, first) = told(Form::Question);
    written.write(BEN, 1, doc(), answer(Form::Question, first, Reply::Declined));
    assert!(!seen(&written, BEN, 2).unwrap().waits_for_me);
    written.write_apart(ANA, 3, doc(), answer(Form::Question, first, Reply::Again));
    assert!(!seen(&written, BEN, 4).unwrap().waits_for_me, "not having heard the answer");
    written.write(ANA, 5, doc(), answer(Form::Question, first, Reply::Again));
    assert!(seen(&written, BEN, 6).unwrap().waits_for_me);
    written.write(BEN, 7, doc(), answer(Form::Question, first, Reply::InPerson));
    assert!(!seen(&written, BEN, 8).unwrap().waits_for_me);
}

#[test]
fn an_answer_has_words_and_a_time_only_where_it_takes_them_and_its_words_can_go() {
    let (mut written, first) = told(Form::Question);
    let bare = written.write(BEN, 1, doc(), answer(Form::Question, first, Reply::Here));
    let wordy = written.write(BEN, 2, doc(), answer(Form::Question, first, Reply::InPerson));
    written.with_body(wordy, words("At home."));
    let late = |days: i64| {
        let until = Some(BEGIN.plus(days * DAY));
        Act::Answer { form: Form::Question, of: first, reply: Reply::NotNow, until }
    };
    written.write(BEN, 3, doc(), late(500).into());
    assert!(seen(&written, ANA, 4).unwrap().answers.is_empty(), "{bare:?} says nothing");
    let here = written.write(BEN, 5, doc(), answer(Form::Question, first, Reply::Here));
    written.with_body(here, words("Since May."));
    written.write(BEN, 6, doc(), Taken::Withdraw { of: here }.into());
    let view = seen(&written, ANA, 7).unwrap();
    assert_eq!((view.answers[0].taken_back, &view.answers[0].text), (Some(BEGIN.plus(6)), &None));
}

#[test]
fn f25_nobody_says_back_their_own_words_and_nothing_is_about_what_does_not_fit() {
    let item = |form: Form, by: Who, id: u8, about: Option<u8>| {
        let (written, _) = told(form);
        let mut view = seen(&written, BEN, 1).unwrap();
        (view.id, view.by) = (DocId([id; 16]).into(), by);
        view.about = about.map(|about| DocId([about; 16]).into());
        view
    };
    let kept = |items: Vec<ItemView>| beside(items).len();
    let need = || item(Form::Need, Who::Partner, 1, None);
    assert_eq!(kept(vec![need(), item(Form::SayBack, Who::Me, 2, Some(1))]), 2);
    assert_eq!(kept(vec![need(), item(Form::SayBack, Who::Partner, 2, Some(1))]), 1);
    assert_eq!(kept(vec![item(Form::SayBack, Who::Me, 2, Some(9))]), 0, "about nothing");
    assert_eq!(kept(vec![need(), item(Form::Account, Who::Me, 2, Some(1))]), 1, "no breach");
}

fn telling(form: Form, salt: [u8; 16], about: Option<DocId>, on: Option<Position>) -> Act {
    Act::Tell { form, salt, about, on, until: until(form, 0) }
}

/// Whether one telling of Ana's, alone in the document of its salt, is an item.
fn counts(act: Act) -> bool {
    let Act::Tell { salt, .. } = act else { panic!("{act:?}") };
    let doc = own_document(PAIR, ANA, &salt);
    let mut written = Written::default();
    let first = written.write(ANA, 0, doc, act.into());
    written.with_body(first, words("As it was."));
    written.view::<Items>(doc, BEN, BEGIN.plus(1)).is_some()
}

#[test]
fn of_each_person_there_is_one_account_of_one_breach_whatever_their_app_writes() {
    let (breach, other) = (DocId([4; 16]), DocId([6; 16]));
    let salt = single_salt(Form::Account, breach);
    assert!(counts(telling(Form::Account, salt, Some(breach), None)));
    assert!(!counts(telling(Form::Account, SALT, Some(breach), None)), "a second one");
    assert!(!counts(telling(Form::Account, salt, Some(other), None)), "in the place of another");
    assert!(counts(telling(Form::Account, SALT, None, None)), "of no breach as many as one likes");
    assert_ne!(salt, single_salt(Form::Account, other));
    assert_ne!(salt, single_salt(Form::Acknowledgement, breach));
    for form in Form::ALL.iter().filter(|form| !form.described().single) {
        let Description { about: About::May(_) | About::Must(_), .. } = form.described() else {
            continue;
        };
        assert!(counts(telling(*form, SALT, Some(breach), None)), "{form:?}");
    }
}

#[test]
fn a_telling_is_about_what_its_form_lets_it_be_about_and_kept_for_a_time_that_is_one() {
    let (about, on) = (Some(DocId([4; 16])), Some(crate::domain::capability::EXAMPLE));
    for form in Form::ALL {
        let counts = |about, on| counts(telling(*form, SALT, about, on));
        match form.described().about {
            About::Nothing => {
                assert!(counts(None, None), "{form:?}");
                assert!(!counts(about, None) && !counts(None, on) && !counts(about, on));
            }
            About::May(_) => {
                assert!(counts(None, None) && !counts(None, on), "{form:?}");
                assert!(form.described().single || counts(about, on), "{form:?}");
            }
            About::Must(_) => assert!(!counts(None, None) && counts(about, on), "{form:?}"),
        }
        if form.described().keeps.is_some() {
            let about = matches!(form.described().about, About::Must(_)).then_some(DocId([4; 16]));
            let kept =
                |until| self::counts(Act::Tell { form: *form, salt: SALT, about, on: None, until });
            assert!(!kept(Some(BEGIN)) && !kept(None), "{form:?}");
            assert!(kept(Some(BEGIN.plus(2))), "{form:?}");
        }
    }
}

#[test]
fn what_begins_as_one_form_stays_that_form_and_about_that() {
    let (mut written, _) = told(Form::Question);
    let hurt = written.write(ANA, 0, doc(), tell(Form::Hurt, 0));
    written.with_body(hurt, words("It hurts."));
    let act = telling(Form::Question, SALT, Some(DocId([4; 16])), None);
    let elsewhere = written.write(ANA, 0, doc(), act.into());
    written.with_body(elsewhere, words("And this?"));
    let view = seen(&written, BEN, 1).unwrap();
    assert_eq!((view.form, view.tellings.len(), view.about), (Form::Question, 1, None));
}

#[test]
fn a_breach_rests_when_one_says_so_until_either_takes_it_up_again() {
    let (mut written, first) = told(Form::Breach);
    let rests = |written: &Written| {
        let view = seen(written, BEN, 20).unwrap();
        view.answers.iter().any(|one| one.stands && one.reply == Reply::Rest)
    };
    written.write(ANA, 1, doc(), answer(Form::Breach, first, Reply::Rest));
    assert!(rests(&written));
    written.write(BEN, 2, doc(), answer(Form::Breach, first, Reply::Reopen));
    assert!(!rests(&written), "who takes it up again takes it up for both");
    written.write(BEN, 3, doc(), answer(Form::Breach, first, Reply::Rest));
    assert!(rests(&written));
    let mut each = told(Form::Breach).0;
    each.write(ANA, 1, doc(), answer(Form::Breach, first, Reply::Archive));
    each.write(BEN, 2, doc(), answer(Form::Breach, first, Reply::Unarchive));
    let view = seen(&each, BEN, 20).unwrap();
    let stand = view.answers.iter().filter(|one| one.stands).count();
    assert_eq!(stand, 2, "whether it is put away each says for themselves");
}

#[test]
fn only_words_that_were_not_taken_back_are_looked_for() {
    let (mut written, first) = told(Form::Question);
    let here = written.write(BEN, 1, doc(), answer(Form::Question, first, Reply::Here));
    written.with_body(here, words("Since May."));
    let looked_for =
        |written: &Written| Items::words(&written.state::<Items>(doc(), BEN), BEGIN.plus(9));
    assert_eq!(looked_for(&written), [first, here]);
    written.write(BEN, 2, doc(), Taken::Withdraw { of: here }.into());
    assert_eq!(looked_for(&written), [first]);
}

fn decides(written: &Written, who: PersonId, command: &Command) -> Result<Vec<Draft>, RefusalCode> {
    let state = written.state::<Items>(doc(), who);
    let decided = decided::<Items>(&pair(), &state, None, command, who, BEGIN.plus(60));
    decided.map_err(|refusal| refusal.code)
}

fn said(form: Form) -> NewItem {
    let parts = |description: &Description| {
        let part = |part: &Part| ItemPart {
            section: part.section,
            texts: vec![match part.holds {
                Holds::Code(codes) | Holds::Codes(codes) => codes[0].to_owned(),
                Holds::Day => "2026-03-01".to_owned(),
                _ => "As it was.".to_owned(),
            }],
        };
        description.parts.iter().map(part).collect()
    };
    let description = form.described();
    NewItem {
        about: matches!(description.about, About::Must(_)).then_some(DocId([4; 16]).into()),
        wish: Some(Wish::Listen).filter(|_| form == Form::Hurt),
        role: Some(Role::Acted).filter(|_| form == Form::Breach),
        parts: parts(description),
        ..NewItem::words(form, "")
    }
}

#[test]
fn of_every_form_one_item_is_offered_once_told_anew_by_its_maker_and_taken_back_by_them() {
    for form in Form::ALL {
        let new = said(*form);
        let offer = Command::Offer { new: new.clone(), on: None };
        let drafts = decides(&Written::default(), ANA, &offer).unwrap();
        let crate::domain::action::Action::Item(Act::Tell { form: told, until, .. }) =
            drafts[0].action
        else {
            panic!("{drafts:?}")
        };
        let kept = form.described().keeps.map(|keeps| BEGIN.plus(60 + keeps));
        assert_eq!((told, until, drafts[0].body.is_some()), (*form, kept, true));
        let revise = Command::Revise { new: new.clone(), on: None };
        for command in [&revise, &Command::TakeBack] {
            let nothing = decides(&Written::default(), ANA, command);
            assert_eq!(nothing, Err(RefusalCode::NotFound));
        }
        let (mut written, first) = self::told(*form);
        assert_eq!(decides(&written, ANA, &offer), Err(RefusalCode::AlreadyTold));
        assert!(decides(&written, ANA, &revise).is_ok(), "{form:?}");
        for command in [&revise, &Command::TakeBack] {
            assert_eq!(decides(&written, BEN, command), Err(RefusalCode::NotYourWords));
        }
        let withdrawal = |of| crate::domain::action::Action::Words(Taken::Withdraw { of });
        let back = |written: &Written| {
            let drafts = decides(written, ANA, &Command::TakeBack)?;
            Ok(drafts.into_iter().map(|draft| draft.action).collect::<Vec<_>>())
        };
        assert_eq!(back(&written), Ok(vec![withdrawal(first)]));
        let second = written.write(ANA, 5, doc(), tell(*form, 5));
        written.with_body(second, words("Again."));
        assert_eq!(back(&written), Ok(vec![withdrawal(first), withdrawal(second)]));
        written.write(ANA, 6, doc(), withdrawal(first));
        assert_eq!(back(&written), Ok(vec![withdrawal(second)]), "what is left");
        written.write(ANA, 7, doc(), withdrawal(second));
        assert_eq!(back(&written), Err(RefusalCode::NoLongerThere));
        assert!(decides(&written, ANA, &offer).is_ok(), "what was taken back may be told again");
        let other = Form::ALL.iter().find(|other| *other != form).unwrap();
        let other = Command::Revise { new: said(*other), on: None };
        let (written, _) = self::told(*form);
        assert_eq!(decides(&written, ANA, &other), Err(RefusalCode::SubjectInvalid));
    }
}

#[test]
fn what_one_says_is_about_what_its_form_is_about() {
    for form in Form::ALL {
        let offered = |about: Option<DocId>| {
            let new = NewItem { about: about.map(ItemId::from), ..said(*form) };
            decides(&Written::default(), ANA, &Command::Offer { new, on: None }).err()
        };
        let (none, some) = (offered(None), offered(Some(DocId([4; 16]))));
        let wrong = Some(RefusalCode::SubjectInvalid);
        match form.described().about {
            About::Nothing => assert_eq!((none, some), (None, wrong), "{form:?}"),
            About::May(_) => assert_eq!((none, some), (None, None), "{form:?}"),
            About::Must(_) => assert_eq!((none, some), (wrong, None), "{form:?}"),
        }
    }
}

#[test]
fn bad_answers_are_refused_by_name() {
    let (written, first) = told(Form::Question);
    let say = |who, of, reply, text: Option<&str>, until: Option<i64>| {
        let (text, until) = (text.map(str::to_owned), until.map(|until| BEGIN.plus(60 + until)));
        decides(&written, who, &Command::Answer { of, reply, text, until }).err()
    };
    assert_eq!(say(BEN, first, Reply::Here, Some("Since May."), None), None);
    assert_eq!(say(BEN, first, Reply::Here, None, None), Some(RefusalCode::TextEmpty));
    assert_eq!(say(BEN, first, Reply::Here, Some(" "), None), Some(RefusalCode::TextEmpty));
    let unknown = Some(RefusalCode::ReplyUnknown);
    assert_eq!(say(BEN, first, Reply::Declined, Some("No."), None), unknown, "no words with a no");
    assert_eq!(say(BEN, first, Reply::Yes, None, None), unknown, "not of this form");
    assert_eq!(say(ANA, first, Reply::Declined, None, None), Some(RefusalCode::OwnWords));
    assert_eq!(say(BEN, first, Reply::Enough, None, None), Some(RefusalCode::NotYourWords));
    let stale = Position { index: 99, ..first };
    assert_eq!(say(BEN, stale, Reply::Declined, None, None), Some(RefusalCode::StaleView));
    let most = limits::PROMISE_SPAN;
    for (until, fits) in [(0, false), (1, true), (most, true), (most + 1, false)] {
        let refused = say(BEN, first, Reply::NotNow, None, Some(until));
        assert_eq!(refused.is_none(), fits, "{until}");
    }
    let timed = say(BEN, first, Reply::Declined, None, Some(9));
    assert_eq!(timed, Some(RefusalCode::AnswerHasNoEnd));
}

#[test]
fn tellings_and_answers_are_refused_at_their_cap() {
    let (mut written, first) = told(Form::Question);
    let no = Command::Answer { of: first, reply: Reply::Declined, text: None, until: None };
    for at in 1..limits::TALK_RECORDS as i64 {
        written.write(BEN, at, doc(), answer(Form::Question, first, Reply::Declined));
    }
    assert!(decides(&written, BEN, &no).is_ok());
    written.write(BEN, 0, doc(), answer(Form::Question, first, Reply::Declined));
    assert_eq!(decides(&written, BEN, &no).err(), Some(RefusalCode::CapReached));
    let enough = Command::Answer { of: first, reply: Reply::Enough, text: None, until: None };
    assert!(decides(&written, ANA, &enough).is_ok(), "his do not count for her");
    let (mut many, _) = told(Form::Question);
    let revise = Command::Revise { new: said(Form::Question), on: None };
    for at in 1..limits::TALK_RECORDS as i64 {
        assert!(at > 1 || decides(&many, ANA, &revise).is_ok());
        let again = many.write(ANA, at, doc(), tell(Form::Question, at));
        many.with_body(again, words("And?"));
    }
    assert_eq!(decides(&many, ANA, &revise).err(), Some(RefusalCode::CapReached));
}
