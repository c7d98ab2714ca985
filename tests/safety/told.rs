//! What is told of harm: kept, offered, answered, taken back, each from outside of the library.

use super::daily::{answers, post};
use super::rules::{both, refused};
use amends::RefusalCode;
use amends::time::{DAY, Moment};
use amends::{Category, Contact, Reply, TaperStep, Who};
use amends::{Form, ItemPart, ItemView, NewItem, Role, Section, Wish};
use amends::{Milestone, MilestoneKind, NewPost, PostKind, PostState, TemplateId, Terms};
use amends_tests::phones::{BEGIN, paired, plain, terms};

#[tokio::test(flavor = "multi_thread")]
async fn r31_while_one_wants_quiet_what_the_other_asks_is_held_back_and_looks_like_offline() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    ben.space.shared().offer(NewItem::words(Form::Question, "Where were you?")).await.unwrap();
    let hurt = NewItem { wish: Some(Wish::Listen), ..NewItem::words(Form::Hurt, "It hurts.") };
    ben.space.shared().offer(hurt).await.unwrap();
    let mut wishes = ana.space.wishes().await.unwrap();
    wishes.quiet_until = Some(BEGIN.plus(DAY));
    ana.space.set_wishes(wishes).await.unwrap();
    let before = ben.space.shared().list(None).await.unwrap();
    both(&phones).await;
    let forms = |items: Vec<ItemView>| items.iter().map(|item| item.form).collect::<Vec<_>>();
    assert_eq!(forms(ana.space.shared().list(None).await.unwrap()), [Form::Hurt]);
    assert_eq!(ben.space.shared().list(None).await.unwrap(), before, "nothing shows");
    ana.clock.set(BEGIN.plus(DAY));
    let after = forms(ana.space.shared().list(None).await.unwrap());
    assert_eq!(after, [Form::Question, Form::Hurt]);
}

/// Neither one that comes late, nor one that states an earlier time, nor one asked again is shown
/// in the quiet hours; nor before the digest; nor to who has space for themselves.
#[tokio::test(flavor = "multi_thread")]
async fn f33_r31_what_comes_in_the_quiet_hours_waits_for_their_end_whenever_it_was_written() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    let request = |number: usize| {
        let part = |section, words: String| ItemPart { section, texts: vec![words] };
        let parts = vec![
            part(Section::Needs, format!("Rest {number}.")),
            part(Section::Request, "An hour alone.".to_owned()),
        ];
        NewItem { parts, ..NewItem::words(Form::Need, "") }
    };
    let to = |at: Moment| phones.iter().for_each(|phone| phone.clock.set(at));
    let waits = async || {
        let told = ana.space.shared().list(None).await.unwrap();
        told.iter().filter(|item| item.waits_for_me).count()
    };
    let night = Moment::parse("2026-03-03T23:00:00Z").unwrap();
    let morning = Moment::parse("2026-03-04T07:00:00Z").unwrap();
    // Written in the evening, and there at night.
    let asked = NewItem::words(Form::Question, "Where were you?");
    let asked = ben.space.shared().offer(asked).await.unwrap();
    to(night);
    both(&phones).await;
    assert_eq!(waits().await, 0, "it came at night");
    to(morning);
    assert_eq!(waits().await, 1);
    let shown = ana.space.shared().show(asked.id).await.unwrap();
    ana.space.shared().answer(&shown, Reply::InPerson, None, None).await.unwrap();
    both(&phones).await;
    assert_eq!(waits().await, 0);
    // Asked again at night.
    to(night.plus(DAY));
    let shown = ben.space.shared().show(asked.id).await.unwrap();
    ben.space.shared().answer(&shown, Reply::Again, None, None).await.unwrap();
    both(&phones).await;
    assert_eq!(waits().await, 0, "it was asked again at night");
    to(morning.plus(DAY));
    assert_eq!(waits().await, 1);

    let mut wishes = ana.space.wishes().await.unwrap();
    wishes.digest = "18:00".parse().ok();
    ana.space.set_wishes(wishes).await.unwrap();
    let news = NewItem::words(Form::Reassurance, "Are we well?");
    ben.space.shared().offer(news).await.unwrap();
    both(&phones).await;
    assert_eq!(waits().await, 0, "both at six");
    to(morning.plus(DAY + 11 * 3_600));
    assert_eq!(waits().await, 2, "at six in the evening");

    // Told anew at night, it comes back in the morning.
    to(night.plus(2 * DAY));
    let other = NewItem::words(Form::Question, "Where were you really?");
    ben.space.shared().revise(asked.id, other).await.unwrap();
    both(&phones).await;
    assert_eq!(waits().await, 1);
    to(morning.plus(2 * DAY + 11 * 3_600));
    assert_eq!(waits().await, 2);
    // A time that lies ahead brings nothing into view, and what is held back takes no place.
    let mut wishes = ana.space.wishes().await.unwrap();
    wishes.digest = None;
    ana.space.set_wishes(wishes).await.unwrap();
    to(night.plus(3 * DAY));
    ben.clock.set(morning.plus(4 * DAY));
    let again = NewItem::words(Form::Reassurance, "Are we still well?");
    ben.space.shared().offer(again).await.unwrap();
    both(&phones).await;
    let seen = ana.space.shared().list(Some(Form::Reassurance)).await.unwrap();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].part(Section::Text), ["Are we well?"]);
    assert!(seen[0].waits_for_me, "the one before still stands");
    let shown = ana.space.shared().show(seen[0].id).await.unwrap();
    assert_eq!(shown, seen[0], "looked at by itself too");
    to(morning.plus(4 * DAY));
    assert_eq!(waits().await, 2, "one more took the place of the one before");

    ana.space.begin_space(None, Contact::None).await.unwrap();
    both(&phones).await;
    assert_eq!(waits().await, 0, "she has space for herself");
    let own = NewItem::words(Form::Question, "And you?");
    ana.space.shared().offer(own).await.unwrap();
    both(&phones).await;
    let told = ben.space.shared().list(Some(Form::Question)).await.unwrap();
    assert_eq!(told.iter().filter(|item| item.waits_for_me).count(), 1, "his lists are his");
    ana.space.end_space().await.unwrap();
    assert_eq!(waits().await, 2);
    // What a need asks for waits too, three at most, and lapses in silence.
    for number in 0..4 {
        ben.space.shared().offer(request(number)).await.unwrap();
    }
    both(&phones).await;
    let needs = ana.space.shared().list(Some(Form::Need)).await.unwrap();
    let waiting: Vec<bool> = needs.iter().map(|need| need.waits_for_me).collect();
    assert_eq!(waiting, [false, true, true, true]);
    to(morning.plus(4 * DAY + 14 * DAY));
    let needs = ana.space.shared().list(Some(Form::Need)).await.unwrap();
    assert!(needs.iter().all(|need| !need.waits_for_me));
}

#[tokio::test(flavor = "multi_thread")]
async fn r36_thanks_stay_with_the_words_they_were_for_and_a_confession_leaves_its_dates() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    let told = NewPost { kind: PostKind::Disclosure, ..post("I met him once.", 30) };
    let id = ana.space.openness().post(told).await.unwrap().id;
    both(&phones).await;
    ben.space.openness().thank(id).await.unwrap();
    both(&phones).await;
    ana.space.openness().correct(id, "I met him for a year.").await.unwrap();
    both(&phones).await;
    let shown = ben.space.openness().list().await.unwrap().remove(0);
    assert!(shown.thanked && !shown.corrections[0].thanked, "not for what came later");
    ben.space.openness().thank(id).await.unwrap();
    let shown = ben.space.openness().list().await.unwrap().remove(0);
    assert!(shown.corrections[0].thanked);
    both(&phones).await;
    ana.space.openness().withdraw(id).await.unwrap();
    ana.space.openness().post(post("I am at home.", 1)).await.unwrap();
    both(&phones).await;
    for phone in &phones {
        phone.clock.set(BEGIN.plus(500 * DAY));
        let told = phone.space.openness().disclosures().await.unwrap();
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].state, PostState::Withdrawn);
        assert_eq!((told[0].at, told[0].withdrawn_at), (BEGIN, Some(BEGIN)));
        assert_eq!((&told[0].text, told[0].corrections.len()), (&None, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f91_a_milestone_that_was_told_stays_told_and_none_comes_near_a_note_of_hurt() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    let named = NewItem {
        role: Some(Role::Hurt),
        parts: vec![
            ItemPart { section: Section::Kinds, texts: vec!["lie".to_owned()] },
            ItemPart { section: Section::Pattern, texts: vec!["single".to_owned()] },
        ],
        ..NewItem::words(Form::Breach, "")
    };
    let breach = ana.space.shared().offer(named).await.unwrap().id;
    both(&phones).await;
    let account = NewItem { about: Some(breach), ..NewItem::words(Form::Account, "As it was.") };
    ana.space.shared().offer(account.clone()).await.unwrap();
    let hers = ben.space.shared().offer(account).await.unwrap().id;
    let hurt = NewItem { wish: Some(Wish::Listen), ..NewItem::words(Form::Hurt, "It hurts.") };
    ana.space.shared().offer(hurt).await.unwrap();
    both(&phones).await;
    assert_eq!(ana.space.progress().milestones().await.unwrap(), vec![], "not now");
    ana.clock.set(BEGIN.plus(3 * DAY));
    let told = ana.space.progress().milestones().await.unwrap();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].kind, MilestoneKind::TwoAccounts);
    assert_eq!(told[0].at, BEGIN.plus(2 * DAY), "two days after the note");
    ben.space.shared().take_back(hers).await.unwrap();
    let statement = Terms { about: Some(breach.into()), ..plain("We see it so.") };
    let statement = Terms { kind: amends::AgreementKind::Statement, ..statement };
    ana.space.agreements().propose(statement).await.unwrap();
    ben.clock.set(BEGIN.plus(3 * DAY));
    both(&phones).await;
    let shown = ben.space.agreements().list().await.unwrap().remove(0);
    ben.space.agreements().consent(&shown, shown.on_table[0].hash, None).await.unwrap();
    both(&phones).await;
    ana.clock.set(BEGIN.plus(30 * DAY));
    let kinds = |told: Vec<Milestone>| told.iter().map(|one| one.kind).collect::<Vec<_>>();
    let both_told = [MilestoneKind::TwoAccounts, MilestoneKind::JointStatement];
    assert_eq!(kinds(ana.space.progress().milestones().await.unwrap()), both_told);
    ana.space.agreements().end(shown.id).await.unwrap();
    assert_eq!(kinds(ana.space.progress().milestones().await.unwrap()), both_told, "it stays told");
}

/// However long they rest between them, and whether anybody looks meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn f91_four_check_ins_by_both_are_told_though_years_lie_between_them() {
    let phones = paired().await;
    let [ana, _] = &phones;
    let told = async || ana.space.progress().milestones().await.unwrap();
    let days = [1, 9, 400, 410];
    for day in days {
        assert_eq!(told().await, [], "before the fourth, day {day}");
        for phone in &phones {
            phone.clock.set(BEGIN.plus(day * DAY));
            phone.space.check_ins().draft(TemplateId::Week, answers(2)).await.unwrap();
            phone.space.check_ins().seal(TemplateId::Week).await.unwrap();
        }
        both(&phones).await;
        both(&phones).await;
    }
    ana.clock.set(BEGIN.plus(900 * DAY));
    let first = told().await;
    assert_eq!(first.len(), 1);
    assert_eq!(first[0].kind, MilestoneKind::MonthOfCheckIns);
    let fourth = BEGIN.plus(410 * DAY);
    assert!(fourth <= first[0].at && first[0].at <= fourth.plus(7 * DAY), "{first:?}");
    assert_eq!(told().await, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn f06_who_names_a_breach_cannot_silence_the_other_by_taking_the_name_back() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    let named = NewItem {
        role: Some(Role::Acted),
        parts: vec![
            ItemPart { section: Section::Kinds, texts: vec!["lie".to_owned()] },
            ItemPart { section: Section::Pattern, texts: vec!["single".to_owned()] },
        ],
        ..NewItem::words(Form::Breach, "")
    };
    let breach = ben.space.shared().offer(named).await.unwrap().id;
    both(&phones).await;
    ben.space.shared().take_back(breach).await.unwrap();
    both(&phones).await;
    let account =
        |words: &str| NewItem { about: Some(breach), ..NewItem::words(Form::Account, words) };
    let told = ana.space.shared().offer(account("I found the letters.")).await.unwrap();
    let again =
        ana.space.shared().revise(told.id, account("I found eleven letters.")).await.unwrap();
    assert_eq!(again.tellings.len(), 2);
    let question = NewItem { about: Some(breach), ..NewItem::words(Form::Question, "Why?") };
    let gone = ana.space.shared().offer(question).await;
    assert_eq!(refused(gone), RefusalCode::NoLongerThere);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_to_oneself_is_offered_once_however_often_it_is_tried() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    let kept = NewItem { wish: None, ..NewItem::words(Form::Hurt, "It hurts.") };
    let draft = ana.space.shared().keep(None, kept.clone()).await.unwrap();
    assert_eq!(refused(ana.space.shared().offer_kept(draft.id).await), RefusalCode::PartMissing);
    let whole = NewItem { wish: Some(Wish::Nothing), ..kept };
    ana.space.shared().keep(Some(draft.id), whole.clone()).await.unwrap();
    both(&phones).await;
    assert_eq!(ben.space.shared().list(None).await.unwrap(), vec![], "nothing of it (R9)");
    ana.space.shared().offer_kept(draft.id).await.unwrap();
    assert_eq!(ana.space.shared().drafts().await.unwrap(), vec![]);
    assert_eq!(refused(ana.space.shared().offer_kept(draft.id).await), RefusalCode::NotFound);
    assert_eq!(ana.space.shared().list(None).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn f68_a_taper_makes_openness_less_and_then_nothing() {
    let [ana, ben] = paired().await;
    let phones = [ana, ben];
    let [ana, ben] = &phones;
    let step = |days: i64, cadence: &str| TaperStep {
        from: BEGIN.plus(days * DAY),
        cadence: cadence.to_owned(),
    };
    let terms = Terms {
        taper: vec![step(10, "weekly"), step(20, "none")],
        ..terms("I say where I am.", Who::Me, Category::Whereabouts)
    };
    let id = ana.space.agreements().propose(terms).await.unwrap().id;
    both(&phones).await;
    let shown = ben.space.agreements().show(id).await.unwrap();
    ben.space.agreements().consent(&shown, shown.on_table[0].hash, None).await.unwrap();
    both(&phones).await;
    for (days, now, shares) in [(2, None, 1), (10, Some("weekly"), 1), (20, Some("none"), 0)] {
        ana.clock.set(BEGIN.plus(days * DAY));
        let view = ana.space.agreements().show(id).await.unwrap();
        assert_eq!(view.current.as_ref().unwrap().clauses[0].now.as_deref(), now, "day {days}");
        assert_eq!(view.in_force(), shares == 1, "day {days}");
        assert_eq!(ana.space.what_i_share().await.unwrap().len(), shares, "day {days}");
    }
}
