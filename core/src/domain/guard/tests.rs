#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::domain::agreement::{Category, ClauseView};
use crate::domain::pair::Who;
use crate::limits;
use std::collections::BTreeSet;

fn english() -> Pack {
    Pack::of("en-GB").unwrap()
}

fn concerns(text: &str, purpose: Purpose) -> BTreeSet<Concern> {
    writing_hints(text, purpose, &english()).into_iter().map(|hint| hint.concern).collect()
}

/// F05, F15: each pattern that the phrase bank names is noticed where one owns one's part.
#[test]
fn f05_f15_words_that_belittle_set_conditions_or_shift_blame_are_noticed() {
    use Concern::*;
    let cases = [
        ("It was just one evening in May and I told you about it.", Minimising),
        ("You are overreacting, I came home at nine.", Minimising),
        ("I apologise if it hurt you on Sunday.", Conditional),
        ("On Monday I said I\u{2019}m sorry you feel left out.", SoundingSorry),
        ("I lied in March but you never ask me anything.", Blaming),
        ("I was under pressure in March, the bank called me.", Excusing),
        ("In those weeks mistakes were made, and I saw it.", NobodyDidIt),
        ("I told you in May. How long will this go on?", Rushing),
        ("I came back on Friday. If you loved me it would do.", Pressing),
    ];
    for (text, concern) in cases {
        assert!(concerns(text, Purpose::OwnPart).contains(&concern), "{text}");
    }
    let clear = [
        "I hid the second account from you from March to June, and I lied when you asked.",
        "On Sunday I promised to call at six. I did not call, and I had seen your message.",
        "I told my brother in May what you had told only me.",
    ];
    for text in clear {
        assert_eq!(concerns(text, Purpose::OwnPart), BTreeSet::new(), "{text}");
    }
}

#[test]
fn f06_what_it_did_to_me_gets_no_hints_in_whatever_tone() {
    let angry = "You always lie, it was your fault, you must never do it again, prove it to me.";
    assert_eq!(concerns(angry, Purpose::Impact), BTreeSet::new());
    assert!(!concerns(angry, Purpose::OwnPart).is_empty());
}

#[test]
fn f14_a_text_that_names_no_deed_or_no_time_is_told_so_and_an_unfilled_scaffold_is_none() {
    use Concern::{AskWhen, AskWho};
    assert_eq!(concerns("I lied to you.", Purpose::OwnPart), [AskWhen].into());
    assert_eq!(concerns("Some things were bad.", Purpose::OwnPart), [AskWho, AskWhen].into());
    assert_eq!(concerns("I lied to you on Monday.", Purpose::OwnPart), [].into());
    let place = "I lied at home, on the phone, for nothing in return.";
    assert_eq!(concerns(place, Purpose::OwnPart), [AskWhen].into(), "no time is named");
    assert_eq!(concerns("", Purpose::OwnPart), [].into());
    let filled = english().scaffold("hid the letters.", "with the bill").unwrap();
    assert_eq!(concerns(&filled, Purpose::OwnPart), [AskWhen].into(), "{filled}");
    assert_eq!(english().scaffold("", "with the bill"), None);
}

#[test]
fn a_hint_says_which_words_it_means_and_no_phrase_goes_across_a_sentence() {
    let text = "«Ünß» I\u{2019}m sorry you feel hurt, on Sunday.";
    let hint = writing_hints(text, Purpose::OwnPart, &english()).remove(0);
    let words: String =
        text.chars().skip(hint.start as usize).take((hint.end - hint.start) as usize).collect();
    assert_eq!(words, "sorry you feel");
    assert_eq!(concerns("I am sorry. You feel it on Sunday.", Purpose::OwnPart), [].into());
    assert_eq!(
        concerns("I blow this up: blowing it all out of proportion in May.", Purpose::OwnPart),
        [Concern::Minimising].into()
    );
    assert_eq!(
        concerns("I am blowing it all so very far out of proportion in May.", Purpose::OwnPart),
        [].into()
    );
}

#[test]
fn f49_f71_a_limit_that_forbids_and_a_promise_that_nobody_can_check_are_told() {
    let forbids = "You are not allowed to go there.";
    assert_eq!(concerns(forbids, Purpose::Limit), [Concern::Forbidding].into());
    assert_eq!(concerns("When voices are raised I leave the room.", Purpose::Limit), [].into());
    assert_eq!(concerns("I'll do better.", Purpose::Promise), [Concern::Vague].into());
    assert_eq!(concerns("I call you at six.", Purpose::Promise), [].into());
}

/// A limit that protects, and what somebody tells who was made to do it, are not put right.
#[test]
fn what_somebody_who_is_afraid_would_write_is_not_corrected() {
    for limit in [
        "I won't let you hit me.",
        "You must not hit me.",
        "If you shout at me I will leave the room.",
        "Stop it, or I will leave.",
    ] {
        assert_eq!(concerns(limit, Purpose::Limit), BTreeSet::new(), "{limit}");
    }
    for told in [
        "On Monday I signed it. You made me, and I had no choice.",
        "I hit back on Sunday, after you pushed me.",
        "I promised to call on Friday, but I did not.",
        "In May I told you only a part of it.",
    ] {
        assert_eq!(concerns(told, Purpose::OwnPart), BTreeSet::new(), "{told}");
    }
}

/// R25: the card is for who is asked. Who writes the sentence learns nothing of it, and could
/// put it otherwise.
#[test]
fn r25_who_asks_is_never_shown_what_who_is_asked_is_shown() {
    for text in cuts_off() {
        assert!(!concerns(text, Purpose::Ask).contains(&Concern::CuttingOff), "{text}");
    }
    let shown =
        writing_hints("You are not allowed to see your family.", Purpose::Asked, &english());
    assert!(shown.len() > 1 && shown.iter().all(|hint| hint.say == english().asked()));
}

/// Sentences with which one person would take another's people, work, money, care, faith,
/// papers or ways, and such as two people may well agree on. From the first file of each the
/// pack was made; of the second its writer knew nothing.
fn corpus(text: &'static str) -> Vec<&'static str> {
    text.lines().collect()
}

fn cuts_off() -> Vec<&'static str> {
    corpus(include_str!("corpus/cuts-off.txt"))
}

fn clause(text: &str, binds: Who, by: Who, category: Category) -> ClauseView {
    let (id, text) = ("1".to_owned(), text.to_owned());
    let (sensitive, ask) = (false, false);
    ClauseView { id, text, binds, by, category, sensitive, ask, cadence: None, now: None }
}

/// R25: whoever is asked for such a clause is shown a card. A pack knows words, and no more:
/// these are the figures that RULES gives, and they are lower for sentences that it was not
/// made from, as false alarms are higher.
#[test]
fn r25_how_many_sentences_that_cut_somebody_off_show_a_card_and_how_many_that_do_not() {
    let shown = |all: Vec<&str>| {
        let card = |text: &&&str| !concerns(text, Purpose::Asked).is_empty();
        (all.iter().filter(card).count(), all.len())
    };
    let figures = [
        shown(cuts_off()),
        shown(corpus(include_str!("corpus/cuts-off-unseen.txt"))),
        shown(corpus(include_str!("corpus/harmless.txt"))),
        shown(corpus(include_str!("corpus/harmless-unseen.txt"))),
    ];
    assert_eq!(figures, [(106, 116), (28, 40), (14, 64), (14, 40)]);
}

/// What is missed by words is told all the same that one is free to say no.
#[test]
fn r25_the_card_is_for_who_would_be_bound_and_did_not_write_it() {
    let pack = english();
    let card = |text: &str, binds, category, by| {
        pack.card(&clause(text, binds, by, category)).map(str::to_owned)
    };
    let (asked, free) = (Some(pack.asked().to_owned()), Some(pack.free().to_owned()));
    let cuts = "You stop seeing your sister.";
    let missed = "You laugh when I laugh.";
    use Category::{Faith, General};
    for binds in [Who::Me, Who::Both] {
        assert_eq!(card(cuts, binds, General, Who::Partner), asked);
        assert_eq!(card(missed, binds, General, Who::Partner), free, "missed by its words");
        assert_eq!(card(missed, binds, Faith, Who::Partner), asked, "by what it touches");
        for by in [Who::Me, Who::Both] {
            assert_eq!(card(cuts, binds, General, by), None, "she wrote it too");
        }
    }
    for by in [Who::Me, Who::Both, Who::Partner] {
        assert_eq!(card(cuts, Who::Partner, General, by), None, "it binds him");
    }
}

#[test]
fn a_language_without_a_pack_has_no_hints_and_a_pack_of_the_hosts_is_bounded_and_checked() {
    assert!(Pack::of("de").is_none() && Pack::of("").is_none());
    assert_eq!(english().lang(), "en");
    let other = |change: &str, to: &str| {
        let json = include_str!("en.json").replace(change, to);
        Pack::read(&json).map(|pack| pack.lang().to_owned())
    };
    assert_eq!(other("\"lang\": \"en\"", "\"lang\": \"en-x-own\""), Ok("en-x-own".to_owned()));
    assert_eq!(other("\"no big deal\"", "\"* deal\""), Err(PackError::Phrase("* deal".into())));
    assert_eq!(other("\"no big deal\"", "\" \""), Err(PackError::Phrase(" ".into())));
    assert!(matches!(other("\"lang\"", "\"tongue\""), Err(PackError::Form(_))));
    let long = " ".repeat(crate::limits::PACK_BYTES + 1);
    assert_eq!(Pack::read(&long).err(), Some(PackError::TooLong));
}

#[test]
fn f26_f28_english_has_cards_in_every_deck_and_phrases_for_every_concern() {
    for deck in Deck::ALL {
        assert!(english().cards(deck).len() >= 3, "{deck:?}");
    }
    let purposes =
        [Purpose::OwnPart, Purpose::Promise, Purpose::Limit, Purpose::Ask, Purpose::Asked];
    for concern in purposes.iter().flat_map(|purpose| purpose.concerns()) {
        assert!(english().phrases(*concern).is_some(), "{concern:?}");
    }
}

#[test]
fn what_a_pack_says_is_what_is_said() {
    let written: serde_json::Value = serde_json::from_str(include_str!("en.json")).unwrap();
    let pack = english();
    let said = [
        ("asked", pack.asked()),
        ("free", pack.free()),
        ("ask_who", pack.ask_who()),
        ("ask_when", pack.ask_when()),
    ];
    for (key, words) in said {
        assert_eq!(Some(words), written[key].as_str(), "{key}");
        assert!(words.len() > 10);
    }
}

#[test]
fn a_pack_has_so_many_bytes_and_no_more() {
    let english = include_str!("en.json");
    let padded = |bytes: usize| format!("{english}{}", " ".repeat(bytes - english.len()));
    assert!(Pack::read(&padded(limits::PACK_BYTES)).is_ok());
    assert!(matches!(Pack::read(&padded(limits::PACK_BYTES + 1)), Err(PackError::TooLong)));
}
