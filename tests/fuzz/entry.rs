//! An entry of a log and its records, as they come from the other phone.

#![no_main]

use amends::internals::cbor::Value;
use amends::internals::domain::record::{Record, header};
use amends::id::{PairId, PersonId};
use amends::internals::log::{Entry, Follower};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut log = Follower::new(PairId([1; 16]), PersonId([2; 16]), 0);
    let before = log.clone();
    if log.follow(bytes, &|_, _| None).is_err() {
        assert_eq!(log, before, "what is refused changes nothing");
    }
    let Ok(entry) = Entry::decode(bytes) else { return };
    assert_eq!(entry.encode(), bytes);
    for record in entry.records {
        let Ok(value) = Value::decode(&record) else { continue };
        assert_eq!(value.encode(), record);
        if let Some(understood) = Record::from_value(&value) {
            assert!(header(&value).is_some());
            assert_eq!(understood.to_value(), value);
        }
    }
});
