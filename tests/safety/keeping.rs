//! R15, K14: whose words a vote for shorter keeping reaches.

use super::daily::post;
use super::rules::both;
use amends::PostView;
use amends::time::DAY;
use amends_tests::phones::{BEGIN, Phone, paired};

async fn texts(phone: &Phone) -> Vec<Option<String>> {
    let posts = phone.space.openness().list().await.unwrap();
    posts.into_iter().map(|post: PostView| post.text).collect()
}

/// How many entries with words a phone still holds, their names at pairing among them.
async fn words_held(phone: &Phone) -> usize {
    let file = phone.folder.path().join("pair.db");
    let files = rusqlite::Connection::open(file).unwrap();
    files
        .query_row("SELECT count(*) FROM tail WHERE length(words) > 70", [], |row| row.get(0))
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn r15_a_vote_for_shorter_keeping_never_reaches_the_other_s_words_on_their_phone() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    let names = words_held(ana).await;
    ana.space.openness().post(post("Ana's day.", 20)).await.unwrap();
    ben.space.openness().post(post("Ben's day.", 20)).await.unwrap();
    ben.space.set_limits(Some(1), Default::default()).await.unwrap();
    both(&phones).await;
    for phone in &phones {
        assert_eq!(texts(phone).await.len(), 2);
        // Two readings of the clock, a while apart, confirm that a time is over.
        for after in [2 * DAY, 2 * DAY + 3_600, 3 * DAY] {
            phone.clock.set(BEGIN.plus(after));
            phone.space.status().await.unwrap();
        }
    }
    assert_eq!(texts(ana).await, [Some("Ana's day.".to_owned())]);
    assert_eq!(texts(ben).await, Vec::<Option<String>>::new());
    assert_eq!((words_held(ana).await, words_held(ben).await), (names + 1, names));
    // What is over is not shared any more, and what lives is.
    assert_eq!(ben.space.what_i_share().await.unwrap(), vec![]);
    assert_eq!(ana.space.what_i_share().await.unwrap().len(), 1);
}
