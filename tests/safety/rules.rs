//! Rules that a user meets in the daily practice and in the spine, each from
//! outside of the library.

use super::daily::{answers, post, promise, step};
use amends::Adoption;
use amends::Category;
use amends::Contact;
use amends::Due;
use amends::Error;
use amends::HowItWent;
use amends::RefusalCode;
use amends::TemplateId;
use amends::Terms;
use amends::Who;
use amends::time::DAY;
use amends::{AgreementState, NewPromise, Stopping};
use amends::{Form, ItemState, ItemView, NewItem, NewTalk, Reply, Section};
use amends_tests::phones::{BEGIN, Phone, meet, paired, plain, terms};

pub async fn both(phones: &[Phone; 2]) {
    let [ana, ben] = phones;
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
}

pub fn refused<T: std::fmt::Debug>(result: Result<T, Error>) -> RefusalCode {
    match result {
        Err(Error::Refusal(refusal)) => refusal.code,
        other => panic!("{other:?} is no refusal"),
    }
}

/// An agreement of both that is in force.
async fn agreed(phones: &[Phone; 2], text: &str) -> amends::id::AgreementId {
    let [ana, ben] = phones;
    let proposed = ana.space.agreements().propose(plain(text)).await.unwrap();
    both(phones).await;
    let shown = ben.space.agreements().show(proposed.id).await.unwrap();
    ben.space.agreements().consent(&shown, shown.on_table[0].hash, None).await.unwrap();
    both(phones).await;
    assert!(ana.space.agreements().show(proposed.id).await.unwrap().in_force());
    proposed.id
}

#[tokio::test(flavor = "multi_thread")]
async fn r02_nothing_brings_back_what_has_ended() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    let id = agreed(&phones, "We talk on Sundays.").await;
    let shown = ben.space.agreements().show(id).await.unwrap();
    // Ana ends it while Ben, who has not heard, proposes other words and a pause.
    ana.space.agreements().end(id).await.unwrap();
    ben.space.agreements().counter(&shown, plain("We talk on Mondays.")).await.unwrap();
    ben.space.agreements().suspend(id).await.unwrap();
    ben.space.agreements().resume(id).await.unwrap();
    both(&phones).await;
    for phone in &phones {
        let view = phone.space.agreements().show(id).await.unwrap();
        assert!(!view.in_force() && view.ended_at.is_some());
        let again = phone.space.agreements().resume(id).await;
        assert!(again.is_err());
        let anew = phone.space.agreements().counter(&view, plain("Again.")).await;
        assert_eq!(refused(anew), RefusalCode::AlreadyEnded);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r03_nothing_renews_itself_and_openness_lasts_90_days_at_most() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    let id = agreed(&phones, "We talk on Sundays.").await;
    let ends = ana.space.agreements().show(id).await.unwrap().current.unwrap().expires_at;
    for phone in &phones {
        phone.clock.set(ends);
        assert!(!phone.space.agreements().show(id).await.unwrap().in_force());
    }
    // One who renews alone has no more than a proposal.
    for phone in &phones {
        phone.clock.set(ends.plus(-DAY));
    }
    let shown = ana.space.agreements().show(id).await.unwrap();
    ana.space.agreements().renew(&shown, Some(ends.plus(30 * DAY))).await.unwrap();
    both(&phones).await;
    for phone in &phones {
        phone.clock.set(ends.plus(60));
        assert!(!phone.space.agreements().show(id).await.unwrap().in_force());
    }
    let now = ben.space.now();
    let mut long = terms("I say where I am.", Who::Me, Category::Whereabouts);
    long.expires_at = Some(now.plus(91 * DAY));
    assert_eq!(refused(ben.space.agreements().offer(long).await), RefusalCode::RunsTooLong);
    let long = amends::NewPost { until: Some(now.plus(91 * DAY)), ..post("x", 1) };
    assert_eq!(refused(ben.space.openness().post(long).await), RefusalCode::LivesTooLong);
}

#[tokio::test(flavor = "multi_thread")]
async fn r04_a_yes_is_a_yes_to_the_exact_words_that_were_shown() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    let proposed = ana.space.agreements().propose(plain("We talk on Sundays.")).await.unwrap();
    both(&phones).await;
    let shown = ben.space.agreements().show(proposed.id).await.unwrap();
    let mine = ana.space.agreements().show(proposed.id).await.unwrap();
    ana.space.agreements().counter(&mine, plain("We talk on Sunday.")).await.unwrap();
    both(&phones).await;
    // One letter less: Ben's screen is old by now.
    let yes = ben.space.agreements().consent(&shown, shown.on_table[0].hash, None).await;
    assert_eq!(refused(yes), RefusalCode::StaleView);
    let mut hash = shown.on_table[0].hash;
    hash.0[0] ^= 1;
    let now = ben.space.agreements().show(proposed.id).await.unwrap();
    let other = ben.space.agreements().consent(&now, hash, None).await;
    assert_eq!(refused(other), RefusalCode::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn r04_a_yes_to_a_new_time_is_a_yes_to_the_time_that_was_shown() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    let made = ana.space.promises().make(promise("I call you.", 24)).await.unwrap();
    let ask = |hours: i64| Due::At(BEGIN.plus(hours * 3_600));
    ana.space.promises().renegotiate(made.id, None, ask(30)).await.unwrap();
    both(&phones).await;
    let shown = ben.space.promises().show(made.id).await.unwrap();
    ana.space.promises().renegotiate(made.id, None, ask(300)).await.unwrap();
    both(&phones).await;
    let yes = ben.space.promises().answer(&shown, None, true).await;
    assert_eq!(refused(yes), RefusalCode::StaleView);
    let shown = ben.space.promises().show(made.id).await.unwrap();
    ben.space.promises().answer(&shown, None, true).await.unwrap();
    // The same with the window of a talk.
    let talk =
        ana.space.hearing().propose_talk(NewTalk::about("Us.", BEGIN.plus(DAY))).await.unwrap();
    both(&phones).await;
    let shown = ben.space.hearing().talks().await.unwrap().remove(0);
    ana.space.hearing().move_talk(talk.id, BEGIN.plus(9 * DAY)).await.unwrap();
    both(&phones).await;
    assert_eq!(refused(ben.space.hearing().accept_talk(&shown).await), RefusalCode::StaleView);
}

#[tokio::test(flavor = "multi_thread")]
async fn r05_nobody_writes_the_other_s_openness() {
    let [ana, _ben] = paired().await;
    for category in [Category::Whereabouts, Category::Money, Category::ThirdPartyContact] {
        let theirs = terms("You say where you are.", Who::Partner, category.clone());
        let written = ana.space.agreements().propose(theirs).await;
        assert_eq!(refused(written), RefusalCode::NotYourClause);
        let both = terms("We say where we are.", Who::Both, category);
        assert!(ana.space.agreements().propose(both).await.is_err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r12_the_other_cannot_silence_the_note_that_this_phone_is_paired() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    // Ben takes space without an end, and his clock runs wild.
    ben.clock.set(BEGIN.plus(9_000 * DAY));
    ben.space.begin_space(None, Contact::None).await.unwrap();
    ben.clock.set(BEGIN);
    both(&phones).await;
    let notes = ana.space.progress().reminders().await.unwrap();
    assert!(notes.iter().any(|note| note.text_key == "reminder-paired"), "{notes:?}");
    ana.space.progress().milestones().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn f47_a_new_text_says_which_sentences_of_the_one_in_force_it_drops() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    let mut two = terms("I put my phone away at dinner.", Who::Me, Category::General);
    two.clauses.extend(plain("We eat together on Sundays.").clauses);
    ana.space.agreements().propose(two).await.unwrap();
    both(&phones).await;
    let shown = ben.space.agreements().list().await.unwrap().remove(0);
    let hash = shown.on_table[0].hash;
    let agreed = ben.space.agreements().consent(&shown, hash, None).await.unwrap();
    assert!(agreed.current.as_ref().unwrap().removes.is_empty());
    let fewer = plain("We eat together on Sundays.");
    let amended = ben.space.agreements().counter(&agreed, fewer).await.unwrap();
    let dropped = &amended.on_table[0].removes;
    assert_eq!(dropped.len(), 1);
    assert_eq!(dropped[0].text, "I put my phone away at dinner.");
}

#[tokio::test(flavor = "multi_thread")]
async fn r31_at_most_three_questions_wait_and_a_fourth_takes_the_oldest_one_s_place() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    for question in ["first?", "second?", "third?", "fourth?"] {
        ben.space.shared().offer(NewItem::words(Form::Question, question)).await.unwrap();
    }
    both(&phones).await;
    let waiting = |items: Vec<ItemView>| -> Vec<String> {
        let asks = items.iter().filter(|item| item.state == ItemState::Standing);
        let asks = asks.filter(|item| item.answers.is_empty());
        asks.flat_map(|item| item.part(Section::Text)).cloned().collect()
    };
    for phone in &phones {
        let items = phone.space.shared().list(Some(Form::Question)).await.unwrap();
        assert_eq!(waiting(items), ["second?", "third?", "fourth?"]);
    }
    // An answer makes room again.
    let items = ana.space.shared().list(None).await.unwrap();
    let second = items.iter().find(|item| item.waits_for_me).unwrap();
    let because = Some("Because.".to_owned());
    ana.space.shared().answer(second, Reply::Here, because, None).await.unwrap();
    both(&phones).await;
    ben.space.shared().offer(NewItem::words(Form::Question, "fifth?")).await.unwrap();
    let items = ben.space.shared().list(None).await.unwrap();
    assert_eq!(waiting(items), ["third?", "fourth?", "fifth?"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn r36_what_the_other_saw_stays_to_be_found() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    let proposed = ana.space.agreements().propose(plain("We talk on Sundays.")).await.unwrap();
    both(&phones).await;
    let shown = ben.space.agreements().show(proposed.id).await.unwrap();
    ben.space.agreements().counter(&shown, plain("We talk on Mondays.")).await.unwrap();
    both(&phones).await;
    for phone in &phones {
        let history = phone.space.agreements().history(proposed.id).await.unwrap();
        let texts: Vec<&str> = history.iter().flat_map(|item| &item.texts).map(|t| &**t).collect();
        assert_eq!(texts, ["We talk on Sundays.", "We talk on Mondays."]);
    }
    // A correction stands beside what it corrects.
    let told = ana.space.openness().post(post("Home at six.", 3)).await.unwrap();
    both(&phones).await;
    ana.space.openness().correct(told.id, "It was seven.").await.unwrap();
    both(&phones).await;
    let seen = ben.space.openness().list().await.unwrap().remove(0);
    assert_eq!(seen.text.as_deref(), Some("Home at six."));
    assert_eq!(seen.corrections[0].text.as_deref(), Some("It was seven."));
}

#[tokio::test(flavor = "multi_thread")]
async fn r37_a_pair_has_no_room_for_a_third() {
    let [ana, _ben] = paired().await;
    let carla = Phone::new("Carla", None);
    let shown = ana.space.pair_show("127.0.0.1:0".parse().unwrap()).await;
    assert_eq!(refused(shown.map(|_| ())), RefusalCode::AlreadyPaired);
    let mut show = carla.space.pair_show("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let (code, address) = (show.code.clone().unwrap(), show.address.unwrap().to_string());
    let joined = ana.space.pair_join(&code, &address).await;
    assert_eq!(refused(joined.map(|_| ())), RefusalCode::AlreadyPaired);
    show.answer(false);
}

#[tokio::test(flavor = "multi_thread")]
async fn r36_a_comment_that_was_read_stays_beside_the_next_until_its_author_takes_it_back() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    let made = ana.space.promises().make(promise("I call you.", 1)).await.unwrap();
    step(&phones, BEGIN.plus(2 * 3_600)).await;
    ana.space.promises().report(made.id, None, HowItWent::Missed, None).await.unwrap();
    both(&phones).await;
    let told = |words: &str| Some(words.to_owned());
    let (felt, promises) = (amends::Felt::FeltLikeKept, ben.space.promises());
    promises.comment(made.id, None, felt, told("the harbour was loud")).await.unwrap();
    both(&phones).await;
    promises.comment(made.id, None, felt, told("you called late")).await.unwrap();
    both(&phones).await;
    let seen = ana.space.promises().show(made.id).await.unwrap();
    let words = |nth: usize| seen.occurrences[0].comments[nth].words.clone().unwrap();
    assert_eq!(words(0).text.as_deref(), Some("the harbour was loud"));
    assert_eq!(words(1).text.as_deref(), Some("you called late"));
    promises.withdraw_words(made.id, words(0).id).await.unwrap();
    both(&phones).await;
    for phone in &phones {
        phone.space.shutdown().await;
        assert!(!super::daily::anywhere(phone.folder.path(), "the harbour was loud"));
        assert!(super::daily::anywhere(phone.folder.path(), "you called late"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r36_the_words_of_an_earlier_report_stay_until_their_author_takes_them_back() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    let made = ana.space.promises().make(promise("I call you.", 1)).await.unwrap();
    step(&phones, BEGIN.plus(2 * 3_600)).await;
    let told = |words: &str| Some(words.to_owned());
    let promises = ana.space.promises();
    promises.report(made.id, None, HowItWent::Missed, told("the harbour was loud")).await.unwrap();
    promises.report(made.id, None, HowItWent::Partly, told("I called late")).await.unwrap();
    both(&phones).await;
    let seen = ben.space.promises().show(made.id).await.unwrap();
    let first = seen.occurrences[0].reports[0].words.clone().unwrap();
    assert_eq!(first.text.as_deref(), Some("the harbour was loud"));
    promises.withdraw_words(made.id, first.id).await.unwrap();
    both(&phones).await;
    for phone in &phones {
        phone.space.shutdown().await;
        assert!(!super::daily::anywhere(phone.folder.path(), "the harbour was loud"));
        assert!(super::daily::anywhere(phone.folder.path(), "I called late"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_whether_the_other_has_sealed() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    both(&phones).await;
    ben.space.check_ins().intend("I listen.").await.unwrap();
    both(&phones).await;
    let before = (super::daily::all_views(&ana.space).await, kinds(ana).await);
    ben.space.check_ins().draft(TemplateId::Week, answers(2)).await.unwrap();
    ben.space.check_ins().seal(TemplateId::Week).await.unwrap();
    both(&phones).await;
    assert_eq!(super::daily::all_views(&ana.space).await, before.0);
    assert_eq!(kinds(ana).await, before.1, "the log's listing names no seal");
}

/// The kinds of what the partner wrote, each once.
async fn kinds(phone: &Phone) -> std::collections::BTreeSet<String> {
    let items = phone.space.log_items().await.unwrap();
    items.into_iter().filter(|item| !item.own).flat_map(|item| item.kinds).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn r08_all_that_binds_me_is_listed_sensitive_first_and_stopping_pauses_what_is_not() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    let chores = plain("We cook in turns.");
    ana.space.agreements().propose(chores).await.unwrap();
    ana.space.agreements().propose(terms("Ben cooks.", Who::Me, Category::General)).await.unwrap();
    both(&phones).await;
    for shown in ben.space.agreements().list().await.unwrap() {
        let hash = shown.on_table[0].hash;
        ben.space.agreements().consent(&shown, hash, None).await.unwrap();
    }
    both(&phones).await;
    let daily = Due::Every {
        start: amends::time::local_date(BEGIN, "UTC"),
        time: None,
        rule: "FREQ=DAILY;COUNT=30".parse().unwrap(),
    };
    let practice = NewPromise { due: daily, ..promise("I say good night.", 24) };
    let practice = ana.space.promises().make(practice).await.unwrap().id;
    ana.space.openness().post(post("I am at home.", 2)).await.unwrap();
    let listed = ana.space.what_i_share().await.unwrap();
    let stops: Vec<_> = listed.iter().map(|item| item.stops_by).collect();
    assert_eq!(stops[0], Stopping::Withdraw, "the post is sensitive and stands first");
    assert_eq!(listed.len(), 4, "{listed:?}");
    assert_eq!(stops.iter().filter(|stops| **stops == Stopping::Pause).count(), 2);
    assert_eq!(listed.iter().filter(|item| item.practice == Some(practice)).count(), 1);
    assert_eq!(ben.space.what_i_share().await.unwrap().len(), 1, "what is for both");
    assert_eq!(ana.space.stop_all().await.unwrap(), listed, "it does what it said");
    assert_eq!(ana.space.what_i_share().await.unwrap(), vec![]);
    for view in ana.space.agreements().list().await.unwrap() {
        assert_eq!(view.state, AgreementState::Suspended);
        assert!(view.suspended_by_me);
        let resumed = ana.space.agreements().resume(view.id).await.unwrap();
        assert!(resumed.in_force(), "what was paused can go on");
    }
    assert_eq!(ana.space.promises().show(practice).await.unwrap().next(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn r05_who_adopts_says_what_it_is_to_them_and_who_shares_a_sentence_may_make_it_stricter() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    let asked = terms("Ana waters the plants.", Who::Partner, Category::General);
    let id = ben.space.agreements().propose(asked).await.unwrap().id;
    both(&phones).await;
    let shown = ana.space.agreements().show(id).await.unwrap();
    let adopts = |clause: &str, category| {
        Some(vec![Adoption { clause: clause.to_owned(), category: Some(category) }])
    };
    let hash = shown.on_table[0].hash;
    let nothing =
        ana.space.agreements().consent(&shown, hash, adopts("7", Category::General)).await;
    assert_eq!(refused(nothing), RefusalCode::AskNotAdopted);
    let plain_to_me = adopts("1", Category::General);
    let yes = ana.space.agreements().consent(&shown, hash, plain_to_me).await.unwrap();
    assert!(yes.in_force(), "nothing sensitive to her: it holds at once");
    // A sentence for both is money to Ana: it cools off, and she finds it in her list.
    let mut budget = plain("We say what we spend.");
    budget.expires_at = Some(BEGIN.plus(60 * DAY));
    let id = ben.space.agreements().propose(budget).await.unwrap().id;
    both(&phones).await;
    let shown = ana.space.agreements().show(id).await.unwrap();
    let hash = shown.on_table[0].hash;
    let lax = ana.space.agreements().consent(&shown, hash, adopts("1", Category::General)).await;
    assert_eq!(refused(lax), RefusalCode::NotYourClause, "nobody makes it less for the other");
    let yes = ana.space.agreements().consent(&shown, hash, adopts("1", Category::Money)).await;
    assert!(!yes.unwrap().in_force(), "it cools off for both");
    both(&phones).await;
    assert!(!ben.space.agreements().show(id).await.unwrap().in_force());
    // What runs longer than that may is not agreed to so.
    let id = ben.space.agreements().propose(plain("We say where we go.")).await.unwrap().id;
    both(&phones).await;
    let shown = ana.space.agreements().show(id).await.unwrap();
    let hash = shown.on_table[0].hash;
    let yes =
        ana.space.agreements().consent(&shown, hash, adopts("1", Category::Whereabouts)).await;
    assert_eq!(refused(yes), RefusalCode::RunsTooLong);
}

#[tokio::test(flavor = "multi_thread")]
async fn r05_what_one_is_asked_for_is_sensitive_whatever_label_the_asker_chose() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    let asked = terms("Ana sends me where she is every hour.", Who::Partner, Category::General);
    let mut long = asked.clone();
    long.expires_at = Some(BEGIN.plus(180 * DAY));
    let long = ben.space.agreements().propose(long).await;
    assert_eq!(refused(long), RefusalCode::RunsTooLong);
    let id = ben.space.agreements().propose(asked).await.unwrap().id;
    both(&phones).await;
    let shown = ana.space.agreements().show(id).await.unwrap();
    let clause = &shown.on_table[0].clauses[0];
    assert!(clause.sensitive && clause.ask);
    let hash = shown.on_table[0].hash;
    let alone = ana.space.agreements().consent(&shown, hash, None).await;
    assert_eq!(refused(alone), RefusalCode::AskNotAdopted, "a yes to the text adopts nothing");
    let adopts = Some(vec![Adoption { clause: clause.id.clone(), category: None }]);
    let yes = ana.space.agreements().consent(&shown, hash, adopts).await.unwrap();
    assert!(!yes.in_force(), "her yes cools off for a day (R33)");
    let shared = ana.space.what_i_share().await.unwrap();
    assert_eq!(shared.len(), 1);
    assert!(shared[0].until <= BEGIN.plus(90 * DAY));
    ana.clock.set(BEGIN.plus(2 * DAY));
    assert!(ana.space.agreements().show(id).await.unwrap().in_force());
    assert_eq!(ana.space.stop_all().await.unwrap().len(), 1);
    assert!(!ana.space.agreements().show(id).await.unwrap().in_force());
    both(&phones).await;
    // What she writes of herself is what its label says.
    let own = terms("I call you in the evening.", Who::Me, Category::General);
    let id = ana.space.agreements().propose(own).await.unwrap().id;
    both(&phones).await;
    let shown = ben.space.agreements().show(id).await.unwrap();
    assert!(!shown.on_table[0].clauses[0].sensitive);
    let yes = ben.space.agreements().consent(&shown, shown.on_table[0].hash, None).await.unwrap();
    assert!(yes.in_force());
}

#[tokio::test(flavor = "multi_thread")]
async fn r05_what_was_adopted_as_sensitive_stays_so_when_it_is_proposed_anew() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    let asked = terms("Ana sends me where she is every hour.", Who::Partner, Category::General);
    let id = ben.space.agreements().propose(asked).await.unwrap().id;
    both(&phones).await;
    let shown = ana.space.agreements().show(id).await.unwrap();
    let adopts = Some(vec![Adoption { clause: "1".into(), category: None }]);
    let hash = shown.on_table[0].hash;
    ana.space.agreements().consent(&shown, hash, adopts).await.unwrap();
    both(&phones).await;
    for phone in &phones {
        phone.clock.set(BEGIN.plus(2 * DAY));
    }
    // Now she writes it herself: it is no ask any more, and as sensitive to her as before.
    let shown = ana.space.agreements().show(id).await.unwrap();
    let own = terms("Ana sends me where she is every hour.", Who::Me, Category::General);
    let mut own = Terms { clauses: own.clauses, ..own };
    own.clauses[0].id = Some("1".into());
    let long = Terms { expires_at: Some(BEGIN.plus(180 * DAY)), ..own.clone() };
    let long = ana.space.agreements().counter(&shown, long).await;
    assert_eq!(refused(long), RefusalCode::RunsTooLong);
    own.expires_at = Some(BEGIN.plus(60 * DAY));
    ana.space.agreements().counter(&shown, own).await.unwrap();
    both(&phones).await;
    let shown = ben.space.agreements().show(id).await.unwrap();
    let hash = shown.on_table[0].hash;
    assert!(shown.on_table[0].clauses[0].sensitive);
    let yes = ben.space.agreements().consent(&shown, hash, None).await.unwrap();
    assert_eq!(yes.cooling.map(|text| text.hash), Some(hash), "it cools off again");
}
