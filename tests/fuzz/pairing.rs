//! What is typed, scanned and said while two phones pair.

#![no_main]

use amends::internals::pairing::{Code, Conversation, Invitation, Message, Role};
use amends::time::Moment;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        if let Ok(code) = Code::parse(text) {
            let again = Code::parse(&code.to_string()).expect("what is shown can be typed");
            assert_eq!(again.secret(), code.secret());
        }
        if let Ok(invitation) = Invitation::parse(text) {
            assert!(Invitation::parse(&invitation.to_text()).is_ok());
        }
    }
    let Ok(message) = Message::decode(bytes) else { return };
    assert_eq!(message.encode(), bytes);
    for role in [Role::Joined, Role::Showed] {
        let name = "Ana".to_owned();
        let mut side = Conversation::new(role, [1; 32], [2; 32], name, [3; 80], Moment(0));
        side.start();
        side.receive(Message::Commit([4; 32]));
        side.receive(message.clone());
        side.answer(true);
        side.receive(message.clone());
    }
});
