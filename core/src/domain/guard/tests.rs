#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
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
    for text in CUTS_OFF {
        assert!(!concerns(text, Purpose::Ask).contains(&Concern::CuttingOff), "{text}");
    }
    let shown =
        writing_hints("You are not allowed to see your family.", Purpose::Asked, &english());
    assert!(shown.len() > 1 && shown.iter().all(|hint| hint.say == english().asked()));
}

/// Sentences with which one person would take another's people, work, money, care, faith,
/// papers or ways. The pack was widened after it had missed 15 of them.
const CUTS_OFF: [&str; 56] = [
    "She stops seeing her friends for a while.",
    "You see your mother once a month at most.",
    "No contact with your brother.",
    "He blocks his sister's number.",
    "You don't answer calls from your family when I am home.",
    "She tells me before she meets any colleague.",
    "You leave the company party by eight.",
    "You quit the choir.",
    "No men in the house when I am away.",
    "She does not speak to other men.",
    "He does not write to women.",
    "You delete the contacts I show you.",
    "You are home by six every day.",
    "She does not leave the house without telling me.",
    "He asks me before he goes out.",
    "You come straight home from work.",
    "You drive only with me.",
    "I keep the car keys.",
    "She does not travel alone.",
    "You send me where you are every hour.",
    "She shares her location with me.",
    "You give me your phone in the evening.",
    "He tells me his passwords.",
    "You leave your job at the surgery.",
    "She works mornings only.",
    "You turn down the promotion.",
    "He does not start the language course.",
    "You give up evening school.",
    "Your wages go to my account.",
    "She hands over her salary.",
    "He shows me the receipts for everything.",
    "You get an allowance on Fridays.",
    "I keep your bank card.",
    "No spending above ten without asking.",
    "You close your own account.",
    "She asks before she buys anything.",
    "You go to the doctor only with me.",
    "He stops his therapy.",
    "She takes the medicine I choose.",
    "You stop taking the pill.",
    "No hospital without me.",
    "You do not go to church any more.",
    "She prays at home.",
    "He leaves the mosque group.",
    "I keep your passport.",
    "Her papers stay in my drawer.",
    "You sign the documents I give you.",
    "You do not talk to a lawyer.",
    "You never call the police on me.",
    "Nobody tells anyone about us.",
    "You do not talk with your therapist about me.",
    "She wears nothing short.",
    "You ask me what you wear.",
    "You must not go dancing.",
    "You need my permission for visits.",
    "You may not have visitors.",
];

/// The same, written after the pack was: what it does with sentences that it was not made from.
const UNSEEN: [&str; 20] = [
    "You end the friendship with Kim.",
    "She turns off her phone at parties.",
    "He reads me every message from his mother.",
    "You take the bus I choose.",
    "She calls in sick when I need her.",
    "You hand me your pay slip.",
    "No haircut without me.",
    "He does not sit next to women at work.",
    "You cancel the dentist.",
    "She keeps the curtains closed.",
    "You unfollow everybody from school.",
    "My sister drives you to work and back.",
    "He eats lunch alone.",
    "You do not learn to drive.",
    "She gives me the keys to her flat.",
    "You ask before you take money from the tin.",
    "No prayer group on Thursdays.",
    "He leaves the football team.",
    "You film the room when I call.",
    "She tells nobody that she is ill.",
];

/// Sentences that two people may well agree on.
const HARMLESS: [&str; 24] = [
    "We talk on Sunday evenings.",
    "I put my phone away at supper.",
    "I call you when I will be late.",
    "We take a break when voices are raised.",
    "I do the dishes on weekdays.",
    "We look at the calendar together on Mondays.",
    "I tell you before I change our plans.",
    "We each keep an evening for ourselves.",
    "I listen before I answer.",
    "We go for a walk on Saturdays.",
    "I read to the children on Tuesdays.",
    "We write down what we agree on.",
    "I say when I need a pause, and when I come back.",
    "We eat breakfast together.",
    "I thank you for one thing a day.",
    "We sleep before we decide.",
    "I bring the bins out.",
    "We speak with the counsellor in May.",
    "I tell you when something worries me.",
    "We begin talks with what went well.",
    "I knock before I come in.",
    "We plan one small thing ahead.",
    "I do not raise my voice.",
    "We do not discuss it after ten at night.",
];

/// R25: whoever is asked for such a clause is shown a card. A pack knows phrases, and no more:
/// these are the figures that RULES gives, and they are no better for sentences that it was not
/// made from.
#[test]
fn r25_of_56_known_sentences_that_cut_somebody_off_44_show_a_card_and_of_20_others_two() {
    let card = |text: &str| {
        let found = concerns(text, Purpose::Asked);
        found.contains(&Concern::CuttingOff) || found.contains(&Concern::Forbidding)
    };
    let shown = |all: &[&str]| all.iter().filter(|text| card(text)).count();
    assert_eq!((shown(&CUTS_OFF), shown(&UNSEEN)), (44, 2));
    assert_eq!(shown(&HARMLESS), 0);
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
