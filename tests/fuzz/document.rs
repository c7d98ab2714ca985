//! The path from an entry's records to their document: nothing panics, every record
//! comes back, and what is saved loads.

#![no_main]

use amends::internals::cbor::Value;
use amends::internals::document::{Document, Touch};
use amends::id::{LogId, Past};
use amends::internals::log::Entry;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(entry) = Entry::decode(bytes) else { return };
    let log = LogId([3; 16]);
    let mut document = Document::new().expect("the genesis derives");
    let mut past = Past::default();
    let mut records = 0;
    for (index, record) in (0u64..).zip(entry.records) {
        let Ok(value) = Value::decode(&record) else { continue };
        past.raise(log, index);
        let touch = Touch { log, index, past: past.clone(), records: vec![(0, value)] };
        document.apply(&touch).expect("whatever stands in a record, its document derives");
        records += 1;
    }
    assert_eq!(document.records().expect("they can be read").len(), records);
    let heads = document.heads();
    let bytes = document.save();
    let mut again = Document::load(&bytes).expect("what was saved loads");
    assert_eq!(again.heads(), heads);
});
