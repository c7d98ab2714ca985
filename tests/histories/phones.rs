//! The same over two real phones: sealed stores, sockets, Noise, offline
//! stretches by both. Whatever both did, after they meet both hold equal logs
//! and derive equal documents.

use amends::AgreementView;
use amends::Space;
use amends::Splice;
use amends_tests::phones::{Phone, meet, paired, plain};

/// A small repeatable generator; what it draws is no secret.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

/// One thing that somebody tries; a refusal is as good an outcome as any.
async fn act(space: &Space, dice: &mut Dice) {
    let agreements = space.agreements();
    let views = agreements.list().await.unwrap();
    let words = plain(&format!("Words {}.", dice.roll(1_000)));
    let some: Option<AgreementView> =
        (!views.is_empty()).then(|| views[dice.roll(views.len())].clone());
    let Some(view) = some.filter(|_| dice.roll(6) > 0) else {
        if dice.roll(3) == 0 {
            let draft = agreements.keep_draft(None, "We talk.").await.unwrap();
            agreements.open_draft(draft.id, None).await.unwrap();
        } else {
            agreements.propose(words).await.unwrap();
        }
        return;
    };
    let open = view.on_table.first().map(|text| text.hash);
    let _outcome = match dice.roll(12) {
        0..=3 => match open {
            Some(hash) => agreements.consent(&view, hash, None).await,
            None => agreements.counter(&view, words).await,
        },
        4 | 5 => agreements.counter(&view, words).await,
        6 => agreements.withdraw(view.id, None).await,
        7 => agreements.decline(view.id, None).await,
        8 => agreements.suspend(view.id).await,
        9 => agreements.resume(view.id).await,
        10 if dice.roll(8) == 0 => agreements.end(view.id).await,
        _ => {
            let length = view.draft.map_or(0, |draft| draft.text.chars().count());
            let (start, insert) = (dice.roll(length + 1), "é".to_owned());
            agreements.splice(view.id, Splice { start, delete: 0, insert }).await
        }
    };
}

async fn heads(phone: &Phone) -> Vec<(String, Vec<String>)> {
    let mut heads = Vec::new();
    for view in phone.space.agreements().list().await.unwrap() {
        let of = phone.space.document_heads(view.id.into()).await.unwrap();
        let draft = view.draft.map(|draft| draft.text);
        heads.push((format!("{} {:?} {draft:?}", view.id, view.state), of));
    }
    heads.sort();
    heads
}

async fn logs(phone: &Phone, own: bool) -> amends::Checkpoint {
    let logs = phone.space.verify_logs().await.unwrap();
    logs.iter().find(|log| log.own == own).unwrap().checkpoint
}

#[tokio::test(flavor = "multi_thread")]
async fn inv4_inv5_two_real_phones_hold_equal_logs_heads_and_states_after_they_meet() {
    for seed in 1..=4 {
        let mut dice = Dice(seed);
        let phones = paired().await;
        for _ in 0..10 {
            for _ in 0..dice.roll(14) {
                act(&phones[dice.roll(2)].space, &mut dice).await;
            }
            assert_eq!(meet(&phones[0].space, &phones[1].space).await, [Ok(()), Ok(())]);
            let found = [heads(&phones[0]).await, heads(&phones[1]).await];
            assert_eq!(found[0], found[1], "seed {seed}");
            assert_eq!(logs(&phones[0], true).await, logs(&phones[1], false).await);
            assert_eq!(logs(&phones[0], false).await, logs(&phones[1], true).await);
        }
        for phone in &phones {
            assert_eq!(phone.space.doctor().await.unwrap().findings, vec![], "seed {seed}");
            // Derived again from nothing, it is the same.
            let before = heads(phone).await;
            phone.space.rebuild().await.unwrap();
            assert_eq!(heads(phone).await, before, "seed {seed}");
        }
        assert!(heads(&phones[0]).await.len() > 3, "seed {seed}: too little happened");
    }
}
