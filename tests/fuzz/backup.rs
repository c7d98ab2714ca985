//! A part of a backup: what is read encodes to the same bytes.

#![no_main]

use amends::internals::backup::Part;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Some(part) = Part::decode(bytes) {
        assert_eq!(part.encode().as_slice(), bytes);
    }
});
