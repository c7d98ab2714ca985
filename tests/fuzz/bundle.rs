//! A file that claims to be a bundle: its head, and its frames.

#![no_main]

use amends::host::SystemEntropy;
use amends::id::PairId;
use amends::internals::net::{Handshake, Noise, Opener, bundle_epoch, public_key};
use libfuzzer_sys::fuzz_target;
use std::sync::Arc;

fuzz_target!(|bytes: &[u8]| {
    let mut from = bytes;
    let Ok(epoch) = bundle_epoch(&mut from) else { return };
    let handshake = Handshake::Bundle {
        partner_key: &public_key(&[1; 32]),
        secret: &[2; 32],
        pair: PairId([3; 16]),
        epoch,
    };
    let noise = Noise::new(&handshake, &[4; 32], false, Arc::new(SystemEntropy));
    let Ok(mut opener) = noise.and_then(|noise| Opener::new(noise, from)) else { return };
    while let Ok(Some(_)) = opener.frame() {}
});
