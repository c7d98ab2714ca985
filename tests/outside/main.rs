//! What seals, marks and agrees on keys here, against the Wycheproof vectors: the edge cases that
//! broke other implementations (https://github.com/C2SP/wycheproof).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use amends_seal::{DataKey, hmac_sha256};
use snow::params::DHChoice;
use snow::resolvers::{CryptoResolver, DefaultResolver};
use wycheproof::{aead, hkdf, mac, xdh};

/// What stands before the ciphertext of a sealed value.
const VERSION: u8 = 1;

#[test]
fn a_sealed_value_opens_where_wycheproof_says_so_and_nowhere_else() {
    let set = aead::TestSet::load(aead::TestName::XChaCha20Poly1305).unwrap();
    let mut seen = [0, 0];
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let (Ok(key), Ok(nonce)) =
            (<[u8; 32]>::try_from(&**test.key), <[u8; 24]>::try_from(&**test.nonce))
        else {
            // A nonce of another length cannot be said here at all.
            assert!(test.result.must_fail());
            continue;
        };
        let key = DataKey::from_bytes(key);
        let sealed = [&[VERSION], &nonce[..], &test.ct, &test.tag].concat();
        match test.result.must_fail() {
            true => assert!(key.open(&test.aad, &sealed).is_err(), "{}", test.tc_id),
            false => {
                assert_eq!(key.open(&test.aad, &sealed).unwrap().as_slice(), &**test.pt);
                assert_eq!(key.seal(&test.aad, nonce, &test.pt), sealed, "{}", test.tc_id);
            }
        }
        seen[usize::from(test.result.must_fail())] += 1;
    }
    assert!(seen[0] > 100 && seen[1] > 50, "{seen:?}");
}

#[test]
fn a_mark_is_hmac_sha_256_as_wycheproof_has_it() {
    let set = mac::TestSet::load(mac::TestName::HmacSha256).unwrap();
    let mut seen = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let (half, rest) = test.msg.split_at(test.msg.len() / 2);
        let mark = hmac_sha256(&test.key, &[half, rest]);
        assert_eq!(mark.starts_with(&test.tag), !test.result.must_fail(), "{}", test.tc_id);
        seen += 1;
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn keys_are_agreed_on_as_wycheproof_has_it_twists_and_low_orders_included() {
    let set = xdh::TestSet::load(xdh::TestName::X25519).unwrap();
    let mut seen = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let mut dh = DefaultResolver.resolve_dh(&DHChoice::Curve25519).unwrap();
        dh.set(&test.private_key);
        let mut shared = [0; 32];
        dh.dh(&test.public_key, &mut shared).unwrap();
        assert_eq!(shared, **test.shared_secret, "{}", test.tc_id);
        seen += 1;
    }
    assert!(seen > 500, "{seen}");
}

#[test]
fn secrets_are_derived_by_hkdf_as_wycheproof_has_it() {
    let set = hkdf::TestSet::load(hkdf::TestName::HkdfSha256).unwrap();
    let mut seen = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let derive = ::hkdf::Hkdf::<sha2::Sha256>::new(Some(&test.salt), &test.ikm);
        let mut derived = vec![0; test.size];
        let done = derive.expand(&test.info, &mut derived);
        match test.result.must_fail() {
            true => assert!(done.is_err(), "{}", test.tc_id),
            false => assert_eq!(derived, **test.okm, "{}", test.tc_id),
        }
        seen += 1;
    }
    assert!(seen > 50, "{seen}");
}
