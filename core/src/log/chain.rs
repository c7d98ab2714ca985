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

#[cfg(test)]
mod tests {
    use super::*;

    /// HMAC-SHA-256 of 32 bytes of 2 under a key of 32 bytes of 1, as another implementation
    /// computes it (Python's `hmac`).
    const TAG: [u8; 16] = [
        0x73, 0x21, 0x40, 0x6e, 0x0c, 0x88, 0x0f, 0xd9, 0x25, 0x97, 0x89, 0x8b, 0xeb, 0x39, 0x3a,
        0xf2,
    ];

    #[test]
    fn only_its_author_s_key_makes_and_knows_the_mark_on_a_head() {
        let (key, head) = ([1; 32], Head([2; 32]));
        assert_eq!(own_tag(&key, head), TAG);
        assert!(own_tag_matches(&key, head, &TAG));
        assert!(!own_tag_matches(&[3; 32], head, &TAG));
        assert!(!own_tag_matches(&key, Head([3; 32]), &TAG));
        for at in 0..16 {
            for bit in 0..8 {
                let mut other = TAG;
                other[at] ^= 1 << bit;
                assert!(!own_tag_matches(&key, head, &other), "byte {at}, bit {bit}");
            }
        }
        // Differences that would cancel each other out.
        let mut two = TAG;
        two[0] ^= 1;
        two[1] ^= 1;
        assert!(!own_tag_matches(&key, head, &two));
    }
}
