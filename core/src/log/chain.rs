//! The hashes that chain a log.

use crate::id::{Head, LogId, PairId, PersonId};
use sha2::{Digest, Sha256};

/// The id of generation `generation` (0…63) of a person's log.
pub fn log_id(pair: PairId, person: PersonId, generation: u8) -> LogId {
    let digest = Sha256::new()
        .chain_update(b"amends/log-id/v1")
        .chain_update(pair.0)
        .chain_update(person.0)
        .chain_update([generation])
        .finalize();
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    LogId(id)
}

/// The head of a log without entries.
pub fn genesis_head(pair: PairId, log: LogId) -> Head {
    let digest =
        Sha256::new().chain_update(b"amends/log/v1").chain_update(pair.0).chain_update(log.0);
    Head(digest.finalize().into())
}

/// The head after the entry with these bytes.
pub fn next_head(head: Head, entry: &[u8]) -> Head {
    let digest =
        Sha256::new().chain_update(b"amends/entry/v1").chain_update(head.0).chain_update(entry);
    Head(digest.finalize().into())
}

/// The author's own mark on a head: it lets them, and nobody else, recognise
/// their own past entries when the partner's phone gives them back. The partner
/// can neither make nor check it, and it proves nothing to a third person.
pub fn own_tag(key: &[u8; 32], head: Head) -> [u8; 16] {
    let mut tag = [0; 16];
    tag.copy_from_slice(&amends_seal::hmac_sha256(key, &[&head.0])[..16]);
    tag
}

/// Whether `tag` is the author's own mark on `head`, in constant time.
pub fn own_tag_matches(key: &[u8; 32], head: Head, tag: &[u8; 16]) -> bool {
    own_tag(key, head).iter().zip(tag).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}
