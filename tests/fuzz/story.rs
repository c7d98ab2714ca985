//! A scenario, as somebody may hand one to the harness.

#![no_main]

use amends_cli::scenario::Story;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        drop(Story::parse(text));
    }
});
