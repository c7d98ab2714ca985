//! Every call refuses a document of another kind: nothing is answered from it, and nothing is
//! written into it.

use crate::daily::promise;
use amends::id::{AgreementId, DocId, OccurrenceId, WordsId, WrittenId};
use amends::time::DAY;
use amends::{
    Answers, CheckInCadence, Due, Error, Feature, Felt, Form, HowItWent, NewItem, NewPromise,
    NewTalk, Period, RefusalCode, Space, Splice, TemplateId, Terms,
};
use amends_tests::phones::{BEGIN, meet, paired, plain};
use std::future::Future;
use std::pin::Pin;

type Answer<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + 'a>>;
type Call = (&'static str, fn(&Space, DocId) -> Answer<'_>);

macro_rules! calls {
    ($($kind:literal: $space:ident, $id:ident => $($call:expr),* ;)*) => {
        vec![$($(($kind, (|$space: &Space, $id: DocId| -> Answer<'_> {
            let $id = $id.into();
            Box::pin(async move { $call.await.map(drop) })
        }) as fn(&Space, DocId) -> Answer<'_>),)*)*]
    };
}

/// Every call that names a document, by the kind that it is for. What answers something that
/// was shown takes its document from there.
fn calls() -> Vec<Call> {
    calls! {
        "agreement": space, id =>
            space.agreements().show(id), space.agreements().history(id),
            space.agreements().withdraw(id, None), space.agreements().decline(id, None),
            space.agreements().suspend(id), space.agreements().resume(id),
            space.agreements().end(id), space.agreements().page(1, Some(id)),
            space.agreements().splice(id, Splice { start: 0, delete: 0, insert: "x".into() }),
            opened_into(space, id),
            space.promises().make(NewPromise { link: Some(id), ..promise("I call.", 20) });
        "promise": space, id =>
            space.promises().show(id), space.promises().page(1, Some(id)),
            space.promises().pause(id, BEGIN, BEGIN.plus(DAY)),
            space.promises().retract(id), space.promises().decline(id),
            space.promises().heads_up(id, None, None, None),
            space.promises().release(id, None),
            space.promises().renegotiate(id, None, Due::At(BEGIN.plus(3 * DAY))),
            space.promises().report(id, None, HowItWent::Missed, None),
            space.promises().comment(id, Some(OccurrenceId([7; 16])), Felt::Confirmed, None),
            space.promises().repair(id, None, "I will set an alarm.".into(), None),
            space.promises().withdraw_words(id, WordsId(WrittenId([7; 16])));
        "talk": space, id =>
            space.hearing().move_talk(id, BEGIN.plus(2 * DAY)),
            space.hearing().start_talk(id), space.hearing().pause_talk(id, BEGIN.plus(DAY)),
            space.hearing().prepare(id, "x"), space.hearing().preparation(id),
            space.hearing().decline_talk(id), space.hearing().end_talk(id);
        "item": space, id =>
            space.shared().show(id), space.shared().revise(id, account("It was so.")),
            space.shared().take_back(id),
            space.shared().offer(NewItem { about: Some(id), ..account("It was so.") }),
            space.shared().withdraw_words(id, WordsId(WrittenId([7; 16])));
        "template": space, id =>
            space.check_ins().drop_template(id),
            space.check_ins().skip(TemplateId::Own(id)),
            space.check_ins().take_on(TemplateId::Own(id)),
            space.check_ins().let_go(TemplateId::Own(id)),
            space.check_ins().seal(TemplateId::Own(id)),
            space.check_ins().draft(TemplateId::Own(id), Answers::new()),
            space.check_ins().cancel(TemplateId::Own(id), today()),
            space.check_ins().share_alone(TemplateId::Own(id), today()),
            space.check_ins().keep_private(TemplateId::Own(id), today()),
            space.check_ins().take_back(TemplateId::Own(id), today()),
            space.progress().trends(TemplateId::Own(id));
    }
}

fn account(words: &str) -> NewItem {
    NewItem::words(Form::Account, words)
}

/// A private draft that is opened in this document.
async fn opened_into(space: &Space, id: AgreementId) -> Result<(), Error> {
    let draft = space.agreements().keep_draft(None, "Words.").await?;
    let opened = space.agreements().open_draft(draft.id, Some(id)).await;
    space.agreements().discard_draft(draft.id).await?;
    opened.map(drop)
}

fn today() -> Period {
    CheckInCadence::Daily.period(amends::time::local_date(BEGIN, "UTC"))
}

#[tokio::test(flavor = "multi_thread")]
async fn i04_every_call_refuses_a_document_of_another_kind_and_writes_nothing_into_it() {
    let [ana, ben] = paired().await;
    let terms: Terms = plain("We talk on Sundays.");
    let agreement = ana.space.agreements().propose(terms).await.unwrap().id;
    let made = ana.space.promises().make(promise("I call.", 20)).await.unwrap().id;
    let talk = ana
        .space
        .hearing()
        .propose_talk(NewTalk::about("The weekend", BEGIN.plus(DAY)))
        .await
        .unwrap()
        .id;
    let account = ana.space.shared().offer(account("I came home late.")).await.unwrap().id;
    let asked = vec!["How was today?".to_owned()];
    let template = ana.space.check_ins().make_template("Ours", CheckInCadence::Daily, asked).await;
    let TemplateId::Own(template) = template.unwrap().id else { panic!() };
    ana.space.openness().post(amends_tests::phones::post("I am at home.")).await.unwrap();
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    let mut documents = vec![
        ("agreement", DocId::from(agreement)),
        ("promise", DocId::from(made)),
        ("talk", DocId::from(talk)),
        ("item", DocId::from(account)),
        ("template", DocId::from(template)),
    ];
    documents.push(("nothing", DocId([7; 16])));
    // The pair's own document and both ledgers hold what no call names.
    for item in ana.space.log_items().await.unwrap() {
        for id in item.documents {
            if documents.iter().all(|(_, known)| *known != id) {
                documents.push(("none", id));
            }
        }
    }
    assert!(documents.len() >= 7, "{documents:?}");
    let mut taken = Vec::new();
    for phone in [&ana.space, &ben.space] {
        let before = phone.log_lengths().await.unwrap();
        for (of, id) in &documents {
            for (at, (kind, call)) in calls().into_iter().enumerate() {
                if kind == *of {
                    continue;
                }
                match call(phone, *id).await {
                    Err(Error::Refusal(refusal))
                        if matches!(
                            refusal.code,
                            RefusalCode::NotFound | RefusalCode::TemplateUnknown
                        ) => {}
                    other => taken.push(format!("{kind}, call {at}, on {of}: {other:?}")),
                }
            }
        }
        assert_eq!(phone.log_lengths().await.unwrap(), before, "nothing was written");
    }
    assert_eq!(taken, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn k15_what_is_switched_off_says_that_before_it_asks_for_answers() {
    let [ana, _ben] = paired().await;
    let off = [Feature::CheckIns].into();
    ana.space.set_limits(None, off).await.unwrap();
    let check_ins = ana.space.check_ins();
    for answered in [
        check_ins.share_alone(TemplateId::Week, today()).await,
        check_ins.seal(TemplateId::Week).await,
    ] {
        let Err(Error::Refusal(refusal)) = answered else { panic!("{answered:?}") };
        assert_eq!(refusal.code, RefusalCode::FeatureOff);
    }
}
