//! What one of the two does or leaves undone reaches nothing that is the other's: declining
//! (I12, R19), writing (I9), counts (I13).

use super::daily::{post, promise};
use super::rules::both;
use amends::id::PromiseId;
use amends::time::DAY;
use amends::{Answer, Answers, NewNote, NoteContent, TemplateId, Who};
use amends::{CheckInCadence, Contact, Feature, Felt, Form, HowItWent, NewItem, NewTalk, Reply};
use amends_tests::phones::{BEGIN, Phone, paired, plain};
use serde_json::{Value, json};
use std::future::Future;
use std::pin::Pin;

type Done<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// What Ana asks of Ben, and how he declines it.
struct Declinable {
    what: &'static str,
    ask: fn(&Phone, usize) -> Done<'_>,
    decline: fn(&Phone) -> Done<'_>,
}

fn item(form: Form, number: usize) -> NewItem {
    match form {
        Form::Need => NewItem {
            parts: [("needs", "rest"), ("feelings", "tired")]
                .map(|(section, words)| amends::ItemPart {
                    section: amends::Section::from_code(section).unwrap(),
                    texts: vec![format!("{words} {number}")],
                })
                .to_vec(),
            ..NewItem::words(form, "")
        },
        _ => NewItem::words(form, &format!("This is number {number}.")),
    }
}

fn ask(phone: &Phone, form: Form, number: usize) -> Done<'_> {
    Box::pin(async move { drop(phone.space.shared().offer(item(form, number)).await.unwrap()) })
}

fn decline(phone: &Phone, form: Form) -> Done<'_> {
    Box::pin(async move {
        for told in phone.space.shared().list(Some(form)).await.unwrap() {
            // A need waits for nobody, and can be declined all the same.
            let asks = told.waits_for_me || (form == Form::Need && told.answers.is_empty());
            if told.by == Who::Partner && asks {
                phone.space.shared().answer(&told, Reply::Declined, None, None).await.unwrap();
            }
        }
    })
}

const DECLINABLE: [Declinable; 6] = [
    Declinable {
        what: "agreement",
        ask: |phone, number| {
            Box::pin(async move {
                let terms = plain(&format!("We talk on day {number}."));
                phone.space.agreements().propose(terms).await.unwrap();
            })
        },
        decline: |phone| {
            Box::pin(async move {
                for view in phone.space.agreements().list().await.unwrap() {
                    if view.waits_for_me {
                        phone.space.agreements().decline(view.id, None).await.unwrap();
                    }
                }
            })
        },
    },
    Declinable {
        what: "talk",
        ask: |phone, number| {
            Box::pin(async move {
                let topic = format!("Topic {number}");
                let begins = BEGIN.plus(DAY + number as i64 * 3_600);
                let talk = NewTalk { topic, begins, minutes: None, place: None, rules: vec![] };
                phone.space.hearing().propose_talk(talk).await.unwrap();
            })
        },
        decline: |phone| {
            Box::pin(async move {
                for talk in phone.space.hearing().talks().await.unwrap() {
                    if talk.waits_for_me {
                        phone.space.hearing().decline_talk(talk.id).await.unwrap();
                    }
                }
            })
        },
    },
    Declinable {
        what: "promise",
        ask: |phone, number| {
            Box::pin(async move {
                let new = promise(&format!("I call you about {number}."), 30 + number as i64);
                phone.space.promises().make(new).await.unwrap();
            })
        },
        decline: |phone| {
            Box::pin(async move {
                for one in phone.space.promises().list().await.unwrap() {
                    if one.by == Who::Partner && one.state == amends::PromiseState::Open {
                        phone.space.promises().decline(one.id).await.unwrap();
                    }
                }
            })
        },
    },
    Declinable {
        what: "question",
        ask: |phone, number| ask(phone, Form::Question, number),
        decline: |phone| decline(phone, Form::Question),
    },
    Declinable {
        what: "reassurance",
        ask: |phone, number| ask(phone, Form::Reassurance, number),
        decline: |phone| decline(phone, Form::Reassurance),
    },
    Declinable {
        what: "need",
        ask: |phone, number| ask(phone, Form::Need, number),
        decline: |phone| decline(phone, Form::Need),
    },
];

/// All that a person sees that is about no single item.
async fn overview(phone: &Phone) -> Value {
    let progress = phone.space.progress();
    let mut seen = json!({
        "status": phone.space.status().await.unwrap(),
        "sharing": phone.space.what_i_share().await.unwrap(),
        "limits": phone.space.limits().await.unwrap(),
        "space": phone.space.space_now().await.unwrap(),
        "milestones": progress.milestones().await.unwrap(),
        "trends": progress.trends(TemplateId::Week).await.unwrap(),
        "check_ins": phone.space.check_ins().list().await.unwrap(),
        "posts": phone.space.openness().list().await.unwrap(),
    });
    for (name, who) in [("mine", Who::Me), ("partners", Who::Partner)] {
        seen[name] = json!({
            "weeks": progress.follow_through(who, 4).await.unwrap(),
            "pattern": progress.pattern_line(who, 4).await.unwrap(),
        });
    }
    seen
}

/// I12, R19: whoever is told no a hundred times sees what one sees who was told so once, but for
/// the items themselves.
#[tokio::test(flavor = "multi_thread")]
async fn i12_r19_declining_again_and_again_shows_nowhere_but_on_what_was_declined() {
    for declinable in DECLINABLE {
        let mut seen = Vec::new();
        for times in [1, 6] {
            let phones = paired().await;
            let [ana, ben] = &phones;
            for number in 0..times {
                (declinable.ask)(ana, number).await;
                both(&phones).await;
                (declinable.decline)(ben).await;
                both(&phones).await;
            }
            let next = ana.space.next_due().await.unwrap();
            assert!(next.is_empty(), "{}: {next:?}", declinable.what);
            let mut overview = overview(ana).await;
            let items = ana.space.shared().list(None).await.unwrap();
            let said = items.iter().flat_map(|item| &item.answers).map(|one| one.reply);
            let said: Vec<Reply> = said.collect();
            let expected = if items.is_empty() { 0 } else { times };
            assert_eq!(said, vec![Reply::Declined; expected], "{}", declinable.what);
            // The first one looks as it does where it is the only one.
            let first = items.first().map(|item| (item.state, item.answers.len(), &item.parts));
            overview["first"] = json!(first);
            seen.push(overview);
        }
        let pair = |mut value: Value| {
            // Who is paired since when differs between two pairs, not between one no and six.
            value["status"].as_object_mut().unwrap().retain(|key, _| key == "notices");
            value
        };
        let [once, often] = [seen.remove(0), seen.remove(0)].map(pair);
        assert_eq!(once, often, "{}", declinable.what);
    }
}

/// What is Ana's alone: her wishes, her vote, her notes and drafts, what she takes part in, her
/// own reports and comments.
async fn hers(ana: &Phone, own: PromiseId, bens: PromiseId) -> Value {
    let said = |view: &amends::PromiseView, who: Who| {
        view.occurrences
            .iter()
            .map(move |one| match who {
                Who::Me => json!(one.reports),
                _ => json!([one.comment, one.comment_words]),
            })
            .collect::<Vec<_>>()
    };
    let promises = ana.space.promises();
    json!({
        "wishes": ana.space.wishes().await.unwrap(),
        "vote": ana.space.limits().await.unwrap().mine,
        "notes": ana.space.inner().search("").await.unwrap(),
        "drafts": ana.space.agreements().drafts().await.unwrap(),
        "kept": ana.space.shared().drafts().await.unwrap(),
        "reminders": ana.space.progress().reminders().await.unwrap(),
        "reports": said(&promises.show(own).await.unwrap(), Who::Me),
        "comments": said(&promises.show(bens).await.unwrap(), Who::Partner),
    })
}

/// I9, R20: whatever the partner writes, of every sort, changes nothing of mine.
#[tokio::test(flavor = "multi_thread")]
async fn i9_r20_all_that_the_partner_writes_changes_no_setting_reminder_note_or_word_of_mine() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    let own = ana.space.promises().make(promise("I call you at six.", 1)).await.unwrap().id;
    let bens = ben.space.promises().make(promise("I call you at seven.", 1)).await.unwrap().id;
    both(&phones).await;
    phones.iter().for_each(|phone| phone.clock.set(BEGIN.plus(2 * 3_600)));
    let kept = HowItWent::Kept { done: None };
    let words = || Some("As I said.".to_owned());
    ana.space.promises().report(own, None, kept, words()).await.unwrap();
    ben.space.promises().report(bens, None, HowItWent::Missed, None).await.unwrap();
    both(&phones).await;
    ana.space.promises().comment(bens, None, Felt::FeltLikeKept, words()).await.unwrap();
    let mut wishes = ana.space.wishes().await.unwrap();
    wishes.promise_lead = Some(900);
    ana.space.set_wishes(wishes).await.unwrap();
    ana.space.set_limits(Some(60), [Feature::Openness].into()).await.unwrap();
    let content = NoteContent::Journal { text: "Only mine.".into() };
    let note = NewNote { content, feelings: vec![], tags: vec![] };
    ana.space.inner().write(note).await.unwrap();
    ana.space.agreements().keep_draft(None, "Perhaps this.").await.unwrap();
    ana.space.shared().keep(None, item(Form::Hurt, 1)).await.unwrap();
    both(&phones).await;
    let before = hers(ana, own, bens).await;

    ben.space.set_limits(Some(1), Feature::ALL.into_iter().collect()).await.unwrap();
    ben.space.set_limits(None, [].into()).await.unwrap();
    ben.space.promises().comment(own, None, Felt::SawItDifferently, words()).await.unwrap();
    ben.space.promises().report(bens, None, HowItWent::Partly, words()).await.unwrap();
    let items = vec!["How was it?".to_owned()];
    let check_ins = ben.space.check_ins();
    let made = check_ins.make_template("Ours", CheckInCadence::Daily, items).await.unwrap();
    let answer = Answer { scale: Some(3), words: None };
    check_ins.draft(made.id, Answers::from([(1, answer)])).await.unwrap();
    check_ins.seal(made.id).await.unwrap();
    check_ins.intend("I listen.").await.unwrap();
    ben.space.openness().post(post("I am at the harbour.", 1)).await.unwrap();
    ben.space.agreements().propose(plain("We talk on Sundays.")).await.unwrap();
    for number in 0..3 {
        for form in [Form::Question, Form::Reassurance, Form::Need, Form::Topic] {
            ben.space.shared().offer(item(form, number)).await.unwrap();
        }
    }
    let begins = BEGIN.plus(20 * DAY);
    let talk = NewTalk { topic: "Us".into(), begins, minutes: None, place: None, rules: vec![] };
    ben.space.hearing().propose_talk(talk).await.unwrap();
    ben.space.begin_space(Some(BEGIN.plus(30 * DAY)), Contact::None).await.unwrap();
    ben.space.end_space().await.unwrap();
    ben.space.stop_all().await.unwrap();
    both(&phones).await;
    assert_eq!(hers(ana, own, bens).await, before);
    ben.space.leave(amends::Leaving::Announced).await.unwrap();
    both(&phones).await;
    let mut after = hers(ana, own, bens).await;
    // Nothing is reminded of after a leave: that is the pair's, and neither's setting.
    after["reminders"] = before["reminders"].clone();
    assert_eq!(after, before);
}

/// I13, R16: what is counted of one is counted of that one alone.
#[tokio::test(flavor = "multi_thread")]
async fn i13_r16_what_is_counted_of_one_does_not_move_with_what_the_other_does() {
    let mut seen: Vec<[Value; 2]> = Vec::new();
    for bens in [0, 5] {
        let phones = paired().await;
        let [ana, ben] = &phones;
        let mut made = [Vec::new(), Vec::new()];
        for (phone, (made, count)) in phones.iter().zip(made.iter_mut().zip([4, bens])) {
            for number in 0..count {
                let new = promise(&format!("I call you about {number}."), 1 + number);
                made.push(phone.space.promises().make(new).await.unwrap().id);
            }
        }
        let later = BEGIN.plus(5 * 3_600);
        phones.iter().for_each(|phone| phone.clock.set(later));
        for (phone, made) in phones.iter().zip(&made) {
            for (number, id) in made.iter().enumerate() {
                let kept = HowItWent::Kept { done: None };
                let told = if number % 2 == 0 { kept } else { HowItWent::Missed };
                phone.space.promises().report(*id, None, told, None).await.unwrap();
            }
        }
        both(&phones).await;
        let mine = ana.space.progress().follow_through(Who::Me, 4).await.unwrap();
        let theirs = ben.space.progress().follow_through(Who::Partner, 4).await.unwrap();
        assert_eq!(mine, theirs, "and both see the same of it (I7)");
        assert_eq!(mine.iter().map(|week| week.kept).sum::<u32>(), 2);
        seen.push([
            json!([mine, ana.space.progress().pattern_line(Who::Me, 4).await.unwrap()]),
            json!([theirs, ben.space.progress().pattern_line(Who::Partner, 4).await.unwrap()]),
        ]);
    }
    assert_eq!(seen[0], seen[1]);
}
