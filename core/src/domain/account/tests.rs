#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::domain::ledger::own_document;
use crate::domain::testing::*;

const SALT: [u8; 16] = [5; 16];

#[test]
fn k9_a_question_on_an_earlier_telling_says_so_and_both_stay() {
    let doc = own_document(PAIR, ANA, &SALT);
    let mut written = Written::default();
    let first = written.write(ANA, 0, doc, Act::Tell { salt: SALT }.into());
    written.say(first, words("I came home late."));
    let second = written.write(ANA, 10, doc, Act::Tell { salt: SALT }.into());
    written.say(second, words("I came home late, and I lied about it."));
    let asked = written.write_apart(BEN, 11, doc, Act::Ask { on: first }.into());
    written.say(asked, words("How late?"));
    let theirs = written.write(BEN, 12, doc, Act::Tell { salt: SALT }.into());
    written.say(theirs, words("It was different."));
    let view = written.view::<Accounts>(doc, BEN, BEGIN).unwrap();
    assert_eq!(view.text.as_deref(), Some("I came home late, and I lied about it."));
    assert_eq!(view.tellings.len(), 2, "nobody tells in another's name");
    assert!(view.questions[0].on_earlier);
    assert_eq!(view.questions[0].text.as_deref(), Some("How late?"));
}
