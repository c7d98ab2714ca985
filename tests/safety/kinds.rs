//! Every call refuses a document of another kind: nothing is answered from it, and nothing is
//! written into it.

use crate::daily::promise;
use amends::id::{DocId, ItemId, OccurrenceId};
use amends::time::DAY;
use amends::{CheckInCadence, Error, Felt, RefusalCode, Space, TemplateId, Terms, Told};
use amends_tests::phones::{BEGIN, meet, paired, plain};
use std::future::Future;
use std::pin::Pin;

type Answer<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + 'a>>;
type Call = (&'static str, fn(&Space, DocId) -> Answer<'_>);

macro_rules! calls {
    ($($kind:literal: $space:ident, $id:ident => $($call:expr),* ;)*) => {
        vec![$($(($kind, (|$space: &Space, $id: DocId| -> Answer<'_> {
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
            space.agreements().end(id);
        "promise": space, id =>
            space.promises().show(id),
            space.promises().pause(id, BEGIN, BEGIN.plus(DAY)),
            space.promises().retract(id), space.promises().decline(id),
            space.promises().heads_up(id, None, None, None),
            space.promises().release(id, None),
            space.promises().report(id, None, Told::Missed, None),
            space.promises().comment(id, Some(OccurrenceId([7; 16])), Felt::Confirmed, None),
            space.promises().repair(id, None, "I will set an alarm.".into(), None),
            space.promises().withdraw_words(id, ItemId([7; 16]));
        "talk": space, id =>
            space.hearing().move_talk(id, BEGIN.plus(2 * DAY)),
            space.hearing().decline_talk(id), space.hearing().end_talk(id);
        "account": space, id =>
            space.hearing().tell(Some(id), "It was so."), space.hearing().ask(id, "When?"),
            space.hearing().answer(id, ItemId([7; 16]), "At six."),
            space.hearing().withdraw_words(id, ItemId([7; 16]));
        "template": space, id =>
            space.check_ins().drop_template(id),
            space.check_ins().skip(TemplateId::Own(id)),
            space.check_ins().seal(TemplateId::Own(id));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn i04_every_call_refuses_a_document_of_another_kind_and_writes_nothing_into_it() {
    let [ana, ben] = paired().await;
    let terms: Terms = plain("We talk on Sundays.");
    let agreement = ana.space.agreements().propose(terms).await.unwrap().id;
    let made = ana.space.promises().make(promise("I call.", 20)).await.unwrap().id;
    let talk = ana.space.hearing().propose_talk("The weekend", BEGIN.plus(DAY)).await.unwrap().id;
    let account = ana.space.hearing().tell(None, "I came home late.").await.unwrap().id;
    let asked = vec!["How was today?".to_owned()];
    let template = ana.space.check_ins().make_template("Ours", CheckInCadence::Daily, asked).await;
    let TemplateId::Own(template) = template.unwrap().id else { panic!() };
    ana.space.openness().post(amends_tests::phones::post("I am at home.")).await.unwrap();
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    let mut documents = vec![
        ("agreement", agreement),
        ("promise", made),
        ("talk", talk),
        ("account", account),
        ("template", template),
    ];
    // The pair's own document and both ledgers hold what no call names.
    for item in ana.space.log_items().await.unwrap() {
        for id in item.documents {
            if documents.iter().all(|(_, known)| *known != id) {
                documents.push(("none", id));
            }
        }
    }
    assert!(documents.len() >= 7, "{documents:?}");
    for phone in [&ana.space, &ben.space] {
        let before = phone.log_lengths().await.unwrap();
        for (of, id) in &documents {
            for (kind, call) in calls() {
                if kind == *of {
                    continue;
                }
                match call(phone, *id).await {
                    Err(Error::Refusal(refusal))
                        if matches!(
                            refusal.code,
                            RefusalCode::NotFound | RefusalCode::TemplateUnknown
                        ) => {}
                    other => panic!("a call for a {kind} on a document of kind {of}: {other:?}"),
                }
            }
        }
        assert_eq!(phone.log_lengths().await.unwrap(), before, "nothing was written");
    }
}
