//! The Noise handshakes, and the transport after them; no socket here.
//!
//! Pairing is `Noise_XXpsk0_25519_ChaChaPoly_BLAKE2s`, every later link
//! `Noise_KKpsk0_25519_ChaChaPoly_BLAKE2s` (Noise specification, revision 34).
//! Bundles, which go one way, are `Noise_Kpsk0` messages. One suite, no negotiation. With `psk0` a stranger's first message already
//! fails. The threats: whoever listens on the network learns sizes and times,
//! not words; whoever stands between can delay or cut, not change.

use super::LinkError;
use crate::host::Entropy;
use crate::id::PairId;
use snow::params::{CipherChoice, DHChoice, HashChoice, NoiseParams};
use snow::resolvers::{CryptoResolver, DefaultResolver};
use snow::types::{Cipher, Dh, Hash, Random};
use std::sync::Arc;

const PAIR_PATTERN: &str = "Noise_XXpsk0_25519_ChaChaPoly_BLAKE2s";
const LINK_PATTERN: &str = "Noise_KKpsk0_25519_ChaChaPoly_BLAKE2s";
const BUNDLE_PATTERN: &str = "Noise_Kpsk0_25519_ChaChaPoly_BLAKE2s";

/// The largest message that Noise allows.
pub const MESSAGE: usize = 65_535;
/// What encryption adds to a message.
pub const TAG: usize = 16;

struct HostRandom(Arc<dyn Entropy>);

impl Random for HostRandom {
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), snow::Error> {
        self.0.fill(bytes).map_err(|_| snow::Error::Rng)
    }
}

/// The default suite, with the host's randomness.
struct HostResolver(Arc<dyn Entropy>);

impl CryptoResolver for HostResolver {
    fn resolve_rng(&self) -> Option<Box<dyn Random>> {
        Some(Box::new(HostRandom(self.0.clone())))
    }
    fn resolve_dh(&self, choice: &DHChoice) -> Option<Box<dyn Dh>> {
        DefaultResolver.resolve_dh(choice)
    }
    fn resolve_hash(&self, choice: &HashChoice) -> Option<Box<dyn Hash>> {
        DefaultResolver.resolve_hash(choice)
    }
    fn resolve_cipher(&self, choice: &CipherChoice) -> Option<Box<dyn Cipher>> {
        DefaultResolver.resolve_cipher(choice)
    }
}

fn broken(error: snow::Error) -> LinkError {
    LinkError::Protocol(error.to_string())
}

/// The public key of a private one (X25519).
pub fn public_key(private: &[u8; 32]) -> [u8; 32] {
    let mut key = [0; 32];
    if let Some(mut dh) = DefaultResolver.resolve_dh(&DHChoice::Curve25519) {
        dh.set(private);
        key.copy_from_slice(dh.pubkey());
    }
    key
}

/// Which handshake, with what.
pub enum Handshake<'a> {
    /// To pair, with the one-time secret of the code.
    Pair {
        /// The one-time secret.
        secret: &'a [u8; 32],
    },
    /// To link, with what pairing gave.
    Link {
        /// The other phone's static key.
        partner_key: &'a [u8; 32],
        /// The pair's secret.
        secret: &'a [u8; 32],
        /// The pair.
        pair: PairId,
        /// The key epoch.
        epoch: u64,
    },
    /// To write or read a bundle: one way, with what pairing gave.
    Bundle {
        /// The other phone's static key.
        partner_key: &'a [u8; 32],
        /// The pair's secret.
        secret: &'a [u8; 32],
        /// The pair.
        pair: PairId,
        /// The key epoch.
        epoch: u64,
    },
}

/// A handshake under way, and then the transport.
pub enum Noise {
    /// The handshake is not done.
    Shaking(Box<snow::HandshakeState>),
    /// Messages can be sent.
    Transport(Box<snow::TransportState>),
}

impl Noise {
    /// A handshake of this phone, whose private static key is `private`.
    ///
    /// # Errors
    /// [`LinkError::Protocol`], for keys that are none.
    pub fn new(
        handshake: &Handshake<'_>,
        private: &[u8; 32],
        initiator: bool,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, LinkError> {
        let (pattern, secret, prologue) = match handshake {
            Handshake::Pair { secret } => (PAIR_PATTERN, *secret, b"amends/pair/v1".to_vec()),
            Handshake::Link { secret, pair, epoch, .. } => {
                let prologue = [&b"amends/link/v1"[..], &pair.0, &epoch.to_be_bytes()].concat();
                (LINK_PATTERN, *secret, prologue)
            }
            Handshake::Bundle { secret, pair, epoch, .. } => {
                let prologue = [&b"amends/bundle/v1"[..], &pair.0, &epoch.to_be_bytes()].concat();
                (BUNDLE_PATTERN, *secret, prologue)
            }
        };
        let params: NoiseParams = pattern.parse().map_err(broken)?;
        let builder = snow::Builder::with_resolver(params, Box::new(HostResolver(entropy)));
        let mut builder = builder.local_private_key(private).map_err(broken)?;
        builder = builder.psk(0, secret).map_err(broken)?.prologue(&prologue).map_err(broken)?;
        if let Handshake::Link { partner_key, .. } | Handshake::Bundle { partner_key, .. } =
            handshake
        {
            builder = builder.remote_public_key(*partner_key).map_err(broken)?;
        }
        let state = if initiator { builder.build_initiator() } else { builder.build_responder() };
        Ok(Noise::Shaking(Box::new(state.map_err(broken)?)))
    }

    /// Whether it is this phone's turn to send a handshake message.
    pub fn my_turn(&self) -> bool {
        matches!(self, Noise::Shaking(state) if state.is_my_turn())
    }

    /// Whether the handshake is done.
    pub fn done(&self) -> bool {
        match self {
            Noise::Shaking(state) => state.is_handshake_finished(),
            Noise::Transport(_) => true,
        }
    }

    /// Encrypts one message (during the handshake: writes its next one).
    ///
    /// # Errors
    /// [`LinkError::Protocol`].
    pub fn write(&mut self, plaintext: &[u8]) -> Result<Vec<u8>, LinkError> {
        let mut message = vec![0; MESSAGE.min(plaintext.len() + 256)];
        let length = match self {
            Noise::Shaking(state) => state.write_message(plaintext, &mut message),
            Noise::Transport(state) => state.write_message(plaintext, &mut message),
        };
        message.truncate(length.map_err(broken)?);
        Ok(message)
    }

    /// Decrypts one message.
    ///
    /// # Errors
    /// [`LinkError::Stranger`] for whatever does not decrypt.
    pub fn read(&mut self, message: &[u8]) -> Result<Vec<u8>, LinkError> {
        let mut plaintext = vec![0; message.len()];
        let length = match self {
            Noise::Shaking(state) => state.read_message(message, &mut plaintext),
            Noise::Transport(state) => state.read_message(message, &mut plaintext),
        };
        plaintext.truncate(length.map_err(|_| LinkError::Stranger)?);
        Ok(plaintext)
    }

    /// After the handshake: its hash, and the other side's static key.
    ///
    /// # Errors
    /// [`LinkError::Protocol`] if it is not done.
    pub fn finish(self) -> Result<(Self, [u8; 32], [u8; 32]), LinkError> {
        let Noise::Shaking(state) = self else {
            return Err(LinkError::Protocol("the handshake was finished before".to_owned()));
        };
        let unfinished = || LinkError::Protocol("the handshake is not finished".to_owned());
        let hash = state.get_handshake_hash().try_into().map_err(|_| unfinished())?;
        let key = state.get_remote_static().and_then(|key| key.try_into().ok());
        let key = key.ok_or_else(unfinished)?;
        let transport = state.into_transport_mode().map_err(broken)?;
        Ok((Noise::Transport(Box::new(transport)), hash, key))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::host::EntropyError;
    use std::sync::Mutex;

    /// Gives these bytes, as the ephemeral keys of a vector.
    struct Fixed(Mutex<Vec<u8>>);

    impl Entropy for Fixed {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
            bytes.copy_from_slice(&self.0.lock().unwrap()[..bytes.len()]);
            Ok(())
        }
    }

    fn hex(text: &str) -> Vec<u8> {
        let digits = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
        (0..text.len()).step_by(2).map(digits).collect()
    }

    const PROLOGUE: &str = "4a6f686e2047616c74";
    const PSK: &str = "54686973206973206d7920417573747269616e20706572737065637469766521";
    const STATICS: [&str; 2] = [
        "e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1",
        "4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893",
    ];
    const EPHEMERALS: [&str; 2] = [
        "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a",
        "bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b",
    ];

    fn side(pattern: &str, who: usize) -> Noise {
        let key = |who: usize| -> [u8; 32] { hex(STATICS[who]).try_into().unwrap() };
        let entropy = Arc::new(Fixed(Mutex::new(hex(EPHEMERALS[who]))));
        let psk: [u8; 32] = hex(PSK).try_into().unwrap();
        let (prologue, partner) = (hex(PROLOGUE), public_key(&key(1 - who)));
        let own = key(who);
        let resolver = Box::new(HostResolver(entropy));
        let builder = snow::Builder::with_resolver(pattern.parse().unwrap(), resolver);
        let builder = builder.local_private_key(&own).unwrap().psk(0, &psk).unwrap();
        let builder = builder.prologue(&prologue).unwrap().remote_public_key(&partner).unwrap();
        let state = if who == 0 { builder.build_initiator() } else { builder.build_responder() };
        Noise::Shaking(Box::new(state.unwrap()))
    }

    /// The vectors of cacophony (github.com/haskell-cryptography/cacophony), which the
    /// crate `snow` carries; XXpsk0 is not among them and is held against an
    /// implementation in another language (tests/interop).
    #[test]
    fn both_patterns_give_the_bytes_of_the_published_vectors() {
        let link = [
            (
                "4c756477696720766f6e204d69736573",
                "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c794416088e45dd5bcdb9\
                 bee7037e09be96e5c9750d48aded34648f0663750995e4fa",
            ),
            (
                "4d757272617920526f746862617264",
                "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843fcf5c1d990871f22\
                 4ffe090498a03bd50db64dcf448db09194f5a93e1aa73b",
            ),
            ("462e20412e20486179656b", "4703888dd8d47d781af6a5c61ba22562e2f657883f13d29817d1b6"),
        ];
        let bundle = [
            (
                "4c756477696720766f6e204d69736573",
                "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c79443b0588c609a0bd9a\
                 0fb1d3d84bc37d74f73c8129a00a76a49227b64fdac65b59",
            ),
            (
                "4d757272617920526f746862617264",
                "1696d649da9b1097e75bdba3769aa2861bad1de0ed782b7be6dd2b0ef56960",
            ),
            ("462e20412e20486179656b", "e3a19dbc2d8e912e4e79ebbf4df96e06b6a98de3ef59abbf3be526"),
        ];
        for (pattern, messages, turns) in
            [(LINK_PATTERN, link, [0, 1, 0]), (BUNDLE_PATTERN, bundle, [0, 0, 0])]
        {
            let mut sides = [Some(side(pattern, 0)), Some(side(pattern, 1))];
            for ((payload, wire), who) in messages.into_iter().zip(turns) {
                let (payload, wire) = (hex(payload), hex(wire));
                assert_eq!(sides[who].as_mut().unwrap().write(&payload).unwrap(), wire);
                assert_eq!(sides[1 - who].as_mut().unwrap().read(&wire).unwrap(), payload);
                for side in &mut sides {
                    let done = side.as_ref().is_some_and(Noise::done);
                    if done && matches!(side, Some(Noise::Shaking(_))) {
                        *side = Some(side.take().unwrap().finish().unwrap().0);
                    }
                }
            }
        }
    }
}
