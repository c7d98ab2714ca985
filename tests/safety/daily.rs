//! The rules that the daily practice touches, from outside of the library.

use super::rules::{both, refused};
use amends::RefusalCode;
use amends::Who;
use amends::host::SystemEntropy;
use amends::internals::store::{KeyFile, Keys, PairDb, PairFile};
use amends::time::{DAY, Moment};
use amends::{Answer, Answers, TemplateId};
use amends::{Error, Space};
use amends::{HowItWent, NewPromise};
use amends::{NewNote, NoteContent as Content};
use amends::{NewPost, PostKind as Kind};
use amends_tests::phones::{self, BEGIN, Phone, meet, paired};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub fn post(text: &str, days: i64) -> NewPost {
    let until = Some(BEGIN.plus(days * DAY));
    NewPost {
        kind: Kind::Whereabouts,
        text: text.into(),
        until,
        want: None,
        amount: None,
        happened: None,
        under: None,
    }
}

pub fn promise(action: &str, hours: i64) -> NewPromise {
    phones::promise(action, BEGIN.plus(hours * 3_600))
}

/// Whether these words stand in any file of a phone, or in anything that its keys open.
pub fn anywhere(folder: &Path, words: &str) -> bool {
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap_or_default();
        if bytes.windows(words.len()).any(|window| window == words.as_bytes()) {
            return true;
        }
    }
    let path = folder.join("pair.db");
    let store = PairFile::store_id(&path).unwrap();
    let keys = Keys::load(&KeyFile::new(folder.join("keys")), &store).unwrap();
    let db = PairDb::open(&path, keys.pair.clone(), store, Arc::new(SystemEntropy)).unwrap();
    let holds = |bytes: &[u8]| bytes.windows(words.len()).any(|w| w == words.as_bytes());
    (0..2).any(|log| {
        let bodies = db.bodies(log).unwrap().into_iter();
        let mut bodies = bodies.filter_map(|(index, place)| db.body(log, index, place).unwrap());
        bodies.any(|body| holds(&body.bytes))
            || (0..200).map_while(|at| db.entry(log, at).ok()).any(|entry| holds(&entry.bytes))
    })
}

/// Gives the phone a moment to do its upkeep.
async fn rest() {
    tokio::time::sleep(Duration::from_millis(400)).await;
}

pub async fn step(phones: &[Phone; 2], at: Moment) {
    for phone in phones {
        phone.clock.set(at);
        drop(phone.space.status().await);
    }
    rest().await;
}

/// The sealed rows of all bodies of a phone, as they stand on the disk.
fn sealed(folder: &Path) -> Vec<Vec<u8>> {
    let file = rusqlite::Connection::open(folder.join("pair.db")).unwrap();
    let mut statement = file
        .prepare(
            "SELECT words FROM tail WHERE words IS NOT NULL UNION ALL SELECT sealed FROM words",
        )
        .unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Whether these bytes stand in a file of a phone, freed pages and WAL included.
fn in_files(folder: &Path, bytes: &[u8]) -> bool {
    ["pair.db", "pair.db-wal"].iter().any(|file| {
        let file = std::fs::read(folder.join(file)).unwrap_or_default();
        file.windows(bytes.len()).any(|window| window == bytes)
    })
}

/// Log invariant 6, while the app still runs: not even the sealed bytes stay.
#[tokio::test(flavor = "multi_thread")]
async fn r07_of_withdrawn_and_expired_words_not_even_the_sealed_bytes_stay_in_a_running_phone() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    let before: Vec<Vec<Vec<u8>>> =
        phones.iter().map(|phone| sealed(phone.folder.path())).collect();
    let one = ana.space.openness().post(post("taken back", 9)).await.unwrap();
    ana.space.openness().post(post("runs out", 2)).await.unwrap();
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    let new: Vec<Vec<Vec<u8>>> = phones
        .iter()
        .zip(&before)
        .map(|(phone, before)| {
            let all = sealed(phone.folder.path()).into_iter();
            all.filter(|row| !before.contains(row)).collect()
        })
        .collect();
    for (phone, rows) in phones.iter().zip(&new) {
        assert_eq!(rows.len(), 2);
        assert!(rows.iter().all(|row| in_files(phone.folder.path(), row)));
    }
    ana.space.openness().withdraw(one.id).await.unwrap();
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    for at in [2 * DAY, 2 * DAY + 120, 2 * DAY + 240] {
        step(&phones, BEGIN.plus(at)).await;
    }
    for (phone, rows) in phones.iter().zip(&new) {
        for row in rows {
            assert!(!in_files(phone.folder.path(), row), "{}", phone.folder.path().display());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r07_after_its_time_no_file_and_no_key_gives_a_post_back_even_to_one_who_was_away() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    let words = "the blue door in the harbour street";
    let later = "a second thing that stays longer";
    ana.space.openness().post(post(words, 2)).await.unwrap();
    ana.space.openness().post(post(later, 9)).await.unwrap();
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    assert!(anywhere(ana.folder.path(), words) && anywhere(ben.folder.path(), words));
    // One reading of the clock hides it; a later one deletes it.
    step(&phones, BEGIN.plus(2 * DAY)).await;
    for phone in &phones {
        let posts = phone.space.openness().list().await.unwrap();
        assert!(posts.iter().all(|post| post.text.as_deref() != Some(words)));
    }
    step(&phones, BEGIN.plus(2 * DAY + 120)).await;
    for phone in &phones {
        phone.space.shutdown().await;
        assert!(!anywhere(phone.folder.path(), words), "{}", phone.folder.path().display());
        assert!(anywhere(phone.folder.path(), later), "and nothing else is deleted");
        let again = phone.reopen().unwrap();
        assert_eq!(again.doctor().await.unwrap().findings, vec![], "the logs still verify");
        again.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r07_a_clock_that_jumped_ahead_by_mistake_hides_and_deletes_nothing() {
    let phones = paired().await;
    let words = "the blue door in the harbour street";
    phones[0].space.openness().post(post(words, 2)).await.unwrap();
    step(&phones, BEGIN.plus(30 * DAY)).await;
    assert_eq!(phones[0].space.openness().list().await.unwrap(), vec![]);
    step(&phones, BEGIN.plus(3_600)).await;
    let posts = phones[0].space.openness().list().await.unwrap();
    assert_eq!(posts[0].text.as_deref(), Some(words));
}

#[tokio::test(flavor = "multi_thread")]
async fn r15_withdrawn_words_go_on_both_phones_and_cannot_come_back() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    let words = "what I said in anger about your mother";
    let said = ana.space.openness().post(post(words, 9)).await.unwrap();
    let made = ana.space.promises().make(promise("I call you.", 1)).await.unwrap();
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    step(&phones, BEGIN.plus(7_200)).await;
    let excuse = "because of the thing with K. on Tuesday".to_owned();
    let words_of = Some(excuse.clone());
    let told =
        ana.space.promises().report(made.id, None, HowItWent::Missed, words_of).await.unwrap();
    let note = told.occurrences[0].report_words.clone().unwrap();
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    assert!(anywhere(ben.folder.path(), words) && anywhere(ben.folder.path(), &excuse));
    ana.space.openness().withdraw(said.id).await.unwrap();
    ana.space.promises().withdraw_words(made.id, note.id).await.unwrap();
    // Ben cannot take hers back, nor she his.
    let his = ben.space.promises().withdraw_words(made.id, note.id).await.unwrap_err();
    assert_eq!(his, RefusalCode::NotYourWords.into());
    for _ in 0..2 {
        assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    }
    let view = ben.space.promises().show(made.id).await.unwrap();
    let note = view.occurrences[0].report_words.clone().unwrap();
    assert_eq!((note.text, note.withdrawn), (None, true), "her report stays, her words do not");
    rest().await;
    for phone in &phones {
        phone.space.shutdown().await;
        assert!(!anywhere(phone.folder.path(), words));
        assert!(!anywhere(phone.folder.path(), &excuse));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn k14_a_vote_for_shorter_keeping_deletes_ones_own_older_words_on_both_phones() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    let words = "I listen before I answer, even about the money";
    ana.space.check_ins().intend(words).await.unwrap();
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    ana.space.set_limits(Some(30), Default::default()).await.unwrap();
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    step(&phones, BEGIN.plus(31 * DAY)).await;
    step(&phones, BEGIN.plus(31 * DAY + 120)).await;
    for phone in &phones {
        phone.space.shutdown().await;
        assert!(!anywhere(phone.folder.path(), words));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r08_stop_all_takes_back_every_post_at_once_without_any_network() {
    let [ana, _ben] = paired().await;
    for number in 0..70 {
        ana.space.openness().post(post(&format!("place {number}"), 9)).await.unwrap();
    }
    assert_eq!(ana.space.what_i_share().await.unwrap().len(), 70);
    assert_eq!(ana.space.stop_all().await.unwrap().len(), 70);
    assert_eq!(ana.space.what_i_share().await.unwrap(), vec![]);
}

#[tokio::test(flavor = "multi_thread")]
async fn r01_under_an_ended_agreement_nothing_can_be_posted() {
    use amends::Category;
    let [ana, _ben] = paired().await;
    let terms = amends_tests::phones::terms("I say where I am.", Who::Me, Category::Whereabouts);
    let offer = ana.space.agreements().offer(terms).await.unwrap();
    let under = |offer: &amends::AgreementView| NewPost {
        under: Some(offer.id),
        ..post("At the office.", 3)
    };
    ana.clock.set(BEGIN.plus(25 * 3_600));
    ana.space.openness().post(under(&offer)).await.unwrap();
    ana.space.agreements().end(offer.id).await.unwrap();
    let refused = ana.space.openness().post(under(&offer)).await.unwrap_err();
    assert_eq!(refused, RefusalCode::NotInForce.into());
}

/// Every name of a field and every text of a value.
pub fn strings(value: &serde_json::Value, names: &mut Vec<String>, words: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                names.push(name.clone());
                strings(value, names, words);
            }
        }
        serde_json::Value::Array(items) => {
            items.iter().for_each(|item| strings(item, names, words));
        }
        serde_json::Value::String(text) => words.push(text.clone()),
        _ => {}
    }
}

/// Everything that an app gets to see of the daily practice.
pub async fn all_views(space: &Space) -> serde_json::Value {
    let progress = space.progress();
    serde_json::json!([
        space.promises().list().await.unwrap(),
        space.openness().list().await.unwrap(),
        space.check_ins().list().await.unwrap(),
        space.check_ins().templates().await.unwrap(),
        space.check_ins().intentions().await.unwrap(),
        progress.today().await.unwrap(),
        progress.follow_through(Who::Me, 6).await.unwrap(),
        progress.follow_through(Who::Partner, 6).await.unwrap(),
        progress.pattern_line(Who::Me, 6).await.unwrap(),
        progress.trends(TemplateId::Week).await.unwrap(),
        progress.milestones().await.unwrap(),
        progress.reminders().await.unwrap(),
        space.limits().await.unwrap(),
        space.space_now().await.unwrap(),
        space.what_i_share().await.unwrap(),
        space.status().await.unwrap(),
    ])
}

pub fn answers(step: u8) -> Answers {
    Answers::from([(1, Answer { scale: Some(step), words: Some(format!("step {step}")) })])
}

async fn lived() -> [Phone; 2] {
    let phones = paired().await;
    let [ana, ben] = &phones;
    let made = ana.space.promises().make(promise("I call you from work.", 1)).await.unwrap();
    ana.space.openness().post(post("On the tram.", 5)).await.unwrap();
    ana.space.check_ins().intend("I listen.").await.unwrap();
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    step(&phones, BEGIN.plus(7_200)).await;
    ana.space
        .promises()
        .report(made.id, None, HowItWent::Kept { done: Some(BEGIN) }, None)
        .await
        .unwrap();
    for (phone, step) in phones.iter().zip([3, 1]) {
        phone.space.check_ins().draft(TemplateId::Week, answers(step)).await.unwrap();
        phone.space.check_ins().seal(TemplateId::Week).await.unwrap();
    }
    for _ in 0..2 {
        assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    }
    phones
}

#[tokio::test(flavor = "multi_thread")]
async fn r11_r16_r22_r23_no_presence_no_score_no_streak_no_attachment_in_any_view() {
    let phones = lived().await;
    let (mut names, mut words) = (Vec::new(), Vec::new());
    strings(&all_views(&phones[1].space).await, &mut names, &mut words);
    assert!(names.iter().any(|name| name == "partners"), "the check-in is open");
    let denied = [
        "seen_at",
        "last_seen",
        "read_at",
        "opened_at",
        "delivered",
        "received",
        "synced",
        "online",
        "typing",
        "connected",
        "score",
        "points",
        "streak",
        "rating",
        "level",
        "percent",
        "penalty",
        "reward",
        "stake",
        "rank",
        "total",
        "device",
        "location",
        "latitude",
        "gps",
        "attachment",
        "photo",
        "image",
        "file",
        "weight",
        "verified",
    ];
    for name in &names {
        assert!(
            !denied.iter().any(|word| name.contains(word)) || name == "reconnect",
            "a view has a field {name}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r09_r10_a_private_page_is_in_no_view_of_either_and_in_nothing_of_the_other_phone() {
    let phones = lived().await;
    let [ana, ben] = &phones;
    let before = all_views(&ana.space).await;
    let page = "nobody will ever read about the locksmith";
    let content = Content::Journal { text: page.into() };
    let note = NewNote { content, feelings: vec![], tags: vec![] };
    let kept = ana.space.inner().write(note).await.unwrap();
    assert_eq!(all_views(&ana.space).await, before, "not even a count on her own shared views");
    let lengths = ana.space.log_lengths().await.unwrap();
    ana.space.inner().search("locksmith").await.unwrap();
    ana.space.inner().remove(kept.id).await.unwrap();
    assert_eq!(ana.space.log_lengths().await.unwrap(), lengths);
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    ben.space.shutdown().await;
    assert!(!anywhere(ben.folder.path(), page));
}

#[tokio::test(flavor = "multi_thread")]
async fn r19_declining_ten_promises_leaves_the_same_as_declining_one_but_for_them() {
    let progress = |count: usize| async move {
        let phones = paired().await;
        let [ana, ben] = &phones;
        for number in 0..count {
            let words = format!("I write every hour, case {number}.");
            ana.space.promises().make(promise(&words, 30)).await.unwrap();
        }
        assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
        for view in ben.space.promises().list().await.unwrap() {
            ben.space.promises().decline(view.id).await.unwrap();
        }
        assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
        step(&phones, BEGIN.plus(9 * DAY)).await;
        let weeks = ana.space.progress().follow_through(Who::Me, 6).await.unwrap();
        let next = ana.space.progress().today().await.unwrap().next;
        serde_json::json!([weeks, next, ana.space.progress().reminders().await.unwrap()])
    };
    assert_eq!(progress(1).await, progress(10).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn r20_nothing_that_the_other_does_makes_a_reminder_and_texts_name_nobody() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    let before = ben.space.progress().reminders().await.unwrap();
    for number in 0..20 {
        let words = format!("Secret plan {number}.");
        ana.space.promises().make(promise(&words, 20 + number)).await.unwrap();
        ana.space.openness().post(post(&words, 3)).await.unwrap();
    }
    ana.space.agreements().propose(amends_tests::phones::plain("We talk.")).await.unwrap();
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    assert_eq!(ben.space.progress().reminders().await.unwrap(), before);
    let hers = ana.space.progress().reminders().await.unwrap();
    assert!(hers.len() < 10, "twenty promises are no pile: {}", hers.len());
    let (mut names, mut words) = (Vec::new(), Vec::new());
    strings(&serde_json::json!(hers), &mut names, &mut words);
    for word in words {
        assert!(!word.contains("Secret") && !word.contains("Ben") && !word.contains("Ana"));
    }
    for pair in hers.windows(2) {
        assert!(pair[1].at.since(pair[0].at) > 30 * 60);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r12_a_paired_phone_says_so_every_week_of_the_first_month() {
    let [ana, _ben] = paired().await;
    let mut told = std::collections::BTreeSet::new();
    for day in 0..31 {
        ana.clock.set(BEGIN.plus(day * DAY));
        for reminder in ana.space.progress().reminders().await.unwrap() {
            if reminder.topics.iter().any(|topic| format!("{topic:?}") == "Paired") {
                told.insert(reminder.at.since(BEGIN) / DAY);
            }
        }
    }
    let first: Vec<i64> = told.into_iter().take(4).collect();
    assert_eq!(first.len(), 4);
    assert!(first.windows(2).all(|two| two[1] - two[0] == 7), "{first:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn r14_leaving_ends_the_practice_and_keeps_what_is_mine() {
    let phones = lived().await;
    let ana = &phones[0].space;
    ana.leave(amends::Leaving::Silent).await.unwrap();
    let refused = [
        ana.promises().make(promise("I call.", 9)).await.err(),
        ana.openness().post(post("x", 3)).await.err(),
        ana.check_ins().intend("x").await.err(),
        ana.begin_space(None, amends::Contact::None).await.err(),
    ];
    for error in refused {
        assert_eq!(error, Some(Error::from(RefusalCode::PairLeft)));
    }
    assert_eq!(ana.promises().list().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn r17_both_see_the_same_of_each_other_s_promises() {
    let [ana, ben] = lived().await;
    let hers = serde_json::json!(ana.space.promises().list().await.unwrap()).to_string();
    let his = serde_json::json!(ben.space.promises().list().await.unwrap()).to_string();
    assert_eq!(hers.replace("\"by\":\"me\"", "\"by\":\"partner\""), his);
    let mine = ana.space.progress().follow_through(Who::Me, 6).await.unwrap();
    assert_eq!(mine, ben.space.progress().follow_through(Who::Partner, 6).await.unwrap());
}

/// Of the partner's questions as many are shown as one may have oneself: nobody is flooded.
#[tokio::test(flavor = "multi_thread")]
async fn f79_each_has_so_many_questions_of_their_own_and_may_drop_some() {
    const MOST: usize = 20;
    let phones = paired().await;
    let [ana, ben] = &phones;
    let check_ins = ana.space.check_ins();
    let make = async |number: usize| {
        let items = vec![format!("How was hour {number}?")];
        let cadence = amends::CheckInCadence::Daily;
        check_ins.make_template(&format!("Hour {number}"), cadence, items).await
    };
    for number in 0..MOST {
        make(number).await.unwrap();
    }
    assert_eq!(refused(make(99).await), RefusalCode::TooManyTemplates);
    both(&phones).await;
    let theirs = ben.space.check_ins().templates().await.unwrap();
    assert_eq!(theirs.iter().filter(|asked| asked.suggested).count(), MOST);
    // Whichever is dropped, what stands is shown.
    for which in [MOST, 1] {
        let dropped = ana.space.check_ins().templates().await.unwrap().remove(which);
        let amends::TemplateId::Own(doc) = dropped.id else { panic!("{dropped:?}") };
        check_ins.drop_template(doc).await.unwrap();
        make(99).await.unwrap();
        let own = ana.space.check_ins().templates().await.unwrap();
        assert_eq!(own.len(), 1 + MOST, "{which}");
    }
    both(&phones).await;
    let theirs = ben.space.check_ins().templates().await.unwrap();
    assert_eq!(theirs.iter().filter(|asked| asked.suggested).count(), MOST);
}

/// Questions that one has not taken on are never next, whatever the other does with them; and in
/// a space nothing of the other's is.
#[tokio::test(flavor = "multi_thread")]
async fn f79_the_others_questions_are_next_only_once_they_are_taken_on_and_not_in_a_space() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    let items = vec!["How was it?".to_owned()];
    let daily = amends::CheckInCadence::Daily;
    let made = ben.space.check_ins().make_template("Ours", daily, items).await.unwrap();
    let alone = Answers::from([(1, Answer { scale: Some(2), words: None })]);
    let period = ben.space.check_ins().draft(made.id, alone).await.unwrap().period;
    ben.space.check_ins().share_alone(made.id, period).await.unwrap();
    both(&phones).await;
    let next = async || -> Vec<_> {
        let next = ana.space.next_due().await.unwrap();
        next.into_iter().filter_map(|one| one.check_in).collect()
    };
    assert_eq!(next().await, []);
    ana.space.check_ins().take_on(made.id).await.unwrap();
    assert_eq!(next().await, [made.id]);
    ana.space.begin_space(None, amends::Contact::None).await.unwrap();
    assert_eq!(next().await, []);
    ana.space.end_space().await.unwrap();
    ana.space.check_ins().let_go(made.id).await.unwrap();
    assert_eq!(next().await, []);
}
