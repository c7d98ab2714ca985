//! R32: a clock that was set back by more than a day pauses what is in force, whatever is
//! written then, and before it is.

use amends::time::DAY;
use amends::{Answer, Answers, Leaving, TemplateId};
use amends_tests::phones::{BEGIN, Phone, meet, paired, plain};

const THURSDAY: i64 = 3 * DAY;

fn at(phones: &[Phone; 2], seconds: i64) {
    phones.iter().for_each(|phone| phone.clock.set(BEGIN.plus(seconds)));
}

/// A pair with an agreement in force, on a Thursday; Ana's answers are sealed.
async fn sealed() -> [Phone; 2] {
    let phones = paired().await;
    let [ana, ben] = &phones;
    let made = ana.space.agreements().propose(plain("We talk on Sundays.")).await.unwrap();
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    let shown = ben.space.agreements().show(made.id).await.unwrap();
    ben.space.agreements().consent(&shown, shown.on_table[0].hash, None).await.unwrap();
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    at(&phones, THURSDAY);
    seal(ana).await;
    phones
}

async fn seal(phone: &Phone) {
    let answers = Answers::from([(1, Answer { scale: Some(3), words: None })]);
    phone.space.check_ins().draft(TemplateId::Week, answers).await.unwrap();
    phone.space.check_ins().seal(TemplateId::Week).await.unwrap();
}

/// What Ana's phone wrote since, in order.
async fn written_since(ana: &Phone, own: u64) -> Vec<String> {
    let items = ana.space.log_items().await.unwrap();
    let new = items.into_iter().filter(|item| item.own && item.index >= own);
    new.flat_map(|item| item.kinds).collect()
}

async fn period(phone: &Phone) -> amends::Period {
    phone.space.check_ins().list().await.unwrap()[0].period
}

#[tokio::test(flavor = "multi_thread")]
async fn r32_leaving_with_a_clock_set_back_pauses_first() {
    let phones = sealed().await;
    let (own, _) = phones[0].space.log_lengths().await.unwrap();
    at(&phones, THURSDAY - 2 * DAY);
    phones[0].space.leave(Leaving::Announced).await.unwrap();
    assert_eq!(written_since(&phones[0], own).await, ["agreement.suspend", "pair.leave"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn r32_taking_a_seal_back_with_a_clock_set_back_pauses_first() {
    let phones = sealed().await;
    let (own, _) = phones[0].space.log_lengths().await.unwrap();
    let period = period(&phones[0]).await;
    at(&phones, THURSDAY - 2 * DAY);
    phones[0].space.check_ins().cancel(TemplateId::Week, period).await.unwrap();
    assert_eq!(written_since(&phones[0], own).await, ["agreement.suspend", "checkin.cancel"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn r32_keeping_answers_private_with_a_clock_set_back_pauses_first() {
    let phones = sealed().await;
    let (own, _) = phones[0].space.log_lengths().await.unwrap();
    let period = period(&phones[0]).await;
    at(&phones, THURSDAY - 2 * DAY);
    phones[0].space.check_ins().keep_private(TemplateId::Week, period).await.unwrap();
    assert_eq!(written_since(&phones[0], own).await, ["agreement.suspend", "checkin.cancel"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn r32_opening_a_seal_with_a_clock_set_back_pauses_first() {
    let phones = sealed().await;
    seal(&phones[1]).await;
    let (own, _) = phones[0].space.log_lengths().await.unwrap();
    at(&phones, THURSDAY - 2 * DAY);
    assert_eq!(meet(&phones[0].space, &phones[1].space).await, [Ok(()), Ok(())]);
    let written = written_since(&phones[0], own).await;
    assert_eq!(written, ["agreement.suspend", "checkin.open"]);
}
