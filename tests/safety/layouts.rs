//! Homes as earlier layouts left them (`tests/homes/N`, by the number of the layout): Ana's and
//! Ben's, made by the version of its day, with what Ana's phone showed at its last moment. Their
//! keys open nothing else.

use super::daily::all_views;
use super::rules::both;
use amends::Space;
use amends::host::FixedClock;
use amends::time::Moment;
use amends_tests::phones::{Phone, copy_of, host};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// When they were closed.
const CLOSED: Moment = Moment(1_772_481_600);

fn homes() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("homes/4")
}

/// A copy of a home, opened by `change` beforehand.
fn opened(name: &str, change: impl FnOnce(&Path)) -> Phone {
    let folder = copy_of(&homes().join(name));
    // A checkout knows nothing of who may read them.
    let keys = folder.path().join("keys");
    std::fs::set_permissions(keys, PermissionsExt::from_mode(0o600)).unwrap();
    change(folder.path());
    let clock = Arc::new(FixedClock::new(CLOSED));
    let space = Space::open(folder.path(), host(folder.path(), clock.clone(), None)).unwrap();
    Phone { space, clock, folder }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_of_an_earlier_layout_shows_what_it_showed_and_goes_on() {
    let phones = ["ana", "ben"].map(|name| opened(name, |_| {}));
    let [ana, ben] = &phones;
    let shown = std::fs::read_to_string(homes().join("views.json")).unwrap();
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(all_views(&ana.space).await, shown);
    for phone in &phones {
        assert_eq!(phone.space.doctor().await.unwrap().findings, vec![]);
    }
    let before = ben.space.openness().list().await.unwrap().len();
    both(&phones).await;
    assert_eq!(ben.space.openness().list().await.unwrap().len(), before + 1, "told meanwhile");
    ana.space.shutdown().await;
    let again = ana.reopen().unwrap();
    assert_eq!(again.doctor().await.unwrap().findings, vec![]);
    assert_eq!(again.openness().list().await.unwrap().len(), before + 1);
    again.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_of_the_first_layout_is_brought_up_to_date_when_it_is_opened() {
    let ben = opened("ben", |_| {});
    let first = opened("ben", |folder| {
        let connection = rusqlite::Connection::open(folder.join("pair.db")).unwrap();
        connection
            .execute_batch(
                "DROP TABLE live; DROP TABLE missing; DROP TABLE expiring; DROP TABLE outbox;
                 DROP TABLE segment; DROP TABLE touch_run; DROP TABLE arrived; DROP TABLE aside;
                 DROP TABLE unsettled; DROP TABLE settled; DROP TABLE year;
                 DELETE FROM snapshot;
                 PRAGMA user_version = 1;",
            )
            .unwrap();
    });
    assert_eq!(all_views(&first.space).await, all_views(&ben.space).await);
    assert_eq!(first.space.doctor().await.unwrap().findings, vec![]);
}
