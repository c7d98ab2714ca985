//! Secret stores on a file, for the harness and for desktops. Phones bring
//! their own: Keychain, Android Keystore.

use crate::cbor::Value;
use crate::file::write_whole;
use crate::host::{Entropy, SecretError, SecretStore, random};
use amends_seal::{DataKey, passphrase_key};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use zeroize::Zeroizing;

type Secrets = Vec<(String, Value)>;

fn failed(error: std::io::Error) -> SecretError {
    SecretError::Failed(match error.kind() {
        std::io::ErrorKind::StorageFull => {
            "the disk is full, and the key file is as it was: free some space and try again"
                .to_owned()
        }
        _ => format!(
            "the key file could not be read or written ({}): check the disk, then try again",
            super::database::in_words(&error)
        ),
    })
}

fn read_private(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, SecretError> {
    if !path.exists() {
        return Ok(None);
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path).map_err(failed)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(SecretError::Locked(format!(
                "others can read {} (mode {mode:o}): run chmod 600 on it",
                path.display()
            )));
        }
    }
    fs::read(path).map(|bytes| Some(Zeroizing::new(bytes))).map_err(failed)
}

/// Replaces the file in one step, durably, readable by its owner alone.
fn write_private(path: &Path, bytes: &[u8]) -> Result<(), SecretError> {
    write_whole(path, |to| to.write_all(bytes)).map_err(failed)
}

fn decode(bytes: &[u8]) -> Result<Secrets, SecretError> {
    match Value::decode(bytes) {
        Ok(Value::Map(secrets)) => Ok(secrets),
        _ => Err(SecretError::Failed("the key file is damaged".to_owned())),
    }
}

fn change(secrets: Secrets, name: String, secret: Option<Vec<u8>>) -> Zeroizing<Vec<u8>> {
    let kept = secrets.into_iter().filter(|(other, _)| *other != name);
    let mut secrets: Secrets = kept.collect();
    secrets.extend(secret.map(|secret| (name, Value::Bytes(secret))));
    Zeroizing::new(Value::Map(Vec::new()).with(secrets).encode())
}

fn find(secrets: Secrets, name: &str) -> Option<Vec<u8>> {
    secrets.into_iter().find(|(other, _)| other == name).and_then(|(_, value)| match value {
        Value::Bytes(bytes) => Some(bytes),
        _ => None,
    })
}

/// Secrets in a file that only its owner can read (mode 0600). They are not
/// encrypted: whoever reads the disk as this user reads them.
#[derive(Debug)]
pub struct KeyFile {
    path: PathBuf,
    lock: Mutex<()>,
}

impl KeyFile {
    /// The key file at `path`; it is made when the first secret is written.
    pub fn new(path: PathBuf) -> Self {
        Self { path, lock: Mutex::new(()) }
    }

    fn load(&self) -> Result<Secrets, SecretError> {
        read_private(&self.path)?.map_or(Ok(Vec::new()), |bytes| decode(&bytes))
    }

    fn store(&self, name: String, secret: Option<Vec<u8>>) -> Result<(), SecretError> {
        let _alone = self.lock.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        write_private(&self.path, &change(self.load()?, name, secret))
    }
}

impl SecretStore for KeyFile {
    fn read(&self, name: String) -> Result<Option<Vec<u8>>, SecretError> {
        Ok(find(self.load()?, &name))
    }
    fn write(&self, name: String, secret: Vec<u8>) -> Result<(), SecretError> {
        self.store(name, Some(secret))
    }
    fn delete(&self, name: String) -> Result<(), SecretError> {
        self.store(name, None)
    }
}

/// Secrets in a file sealed under a passphrase (Argon2id, 64 MiB). Without the
/// passphrase the file is worth as much as the passphrase is hard to guess.
pub struct PassphraseFile {
    path: PathBuf,
    passphrase: Zeroizing<String>,
    entropy: Arc<dyn Entropy>,
    /// The stretched key with its salt, so that one process stretches once.
    stretched: Mutex<Option<([u8; 16], DataKey)>>,
}

const PLACE: &[u8] = b"amends/passphrase-file/v1";

impl PassphraseFile {
    /// The file at `path`; it is made when the first secret is written.
    pub fn new(path: PathBuf, passphrase: String, entropy: Arc<dyn Entropy>) -> Self {
        Self { path, passphrase: Zeroizing::new(passphrase), entropy, stretched: Mutex::new(None) }
    }

    fn key(&self, salt: [u8; 16]) -> Result<DataKey, SecretError> {
        let mut stretched = self.stretched.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some((known, key)) = stretched.as_ref()
            && *known == salt
        {
            return Ok(key.clone());
        }
        let key = passphrase_key(&self.passphrase, &salt)
            .map_err(|error| SecretError::Failed(error.to_string()))?;
        *stretched = Some((salt, key.clone()));
        Ok(key)
    }

    fn load(&self) -> Result<(Option<[u8; 16]>, Secrets), SecretError> {
        let Some(bytes) = read_private(&self.path)? else { return Ok((None, Vec::new())) };
        let damaged = || SecretError::Failed("the key file is damaged".to_owned());
        let salt: [u8; 16] =
            bytes.get(..16).and_then(|salt| salt.try_into().ok()).ok_or_else(damaged)?;
        let opened = self.key(salt)?.open(PLACE, &bytes[16..]).map_err(|_| {
            SecretError::Locked("the passphrase is wrong, or the key file is damaged".to_owned())
        })?;
        Ok((Some(salt), decode(&opened)?))
    }

    fn store(&self, name: String, secret: Option<Vec<u8>>) -> Result<(), SecretError> {
        let (salt, secrets) = self.load()?;
        let draw = |_| SecretError::Failed("the system's source of randomness failed".to_owned());
        let salt = match salt {
            Some(salt) => salt,
            None => random(self.entropy.as_ref()).map_err(draw)?,
        };
        let nonce = random(self.entropy.as_ref()).map_err(draw)?;
        let sealed = self.key(salt)?.seal(PLACE, nonce, &change(secrets, name, secret));
        write_private(&self.path, &[&salt[..], &sealed].concat())
    }
}

impl SecretStore for PassphraseFile {
    fn read(&self, name: String) -> Result<Option<Vec<u8>>, SecretError> {
        Ok(find(self.load()?.1, &name))
    }
    fn write(&self, name: String, secret: Vec<u8>) -> Result<(), SecretError> {
        self.store(name, Some(secret))
    }
    fn delete(&self, name: String) -> Result<(), SecretError> {
        self.store(name, None)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::host::SystemEntropy;

    #[test]
    fn a_key_file_keeps_secrets_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let store = KeyFile::new(path.clone());
        assert_eq!(store.read("a".into()).unwrap(), None);
        store.write("a".into(), vec![1; 32]).unwrap();
        store.write("b".into(), vec![2; 32]).unwrap();
        store.delete("a".into()).unwrap();
        let again = KeyFile::new(path.clone());
        assert_eq!(again.read("a".into()).unwrap(), None);
        assert_eq!(again.read("b".into()).unwrap(), Some(vec![2; 32]));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            assert!(matches!(again.read("b".into()), Err(SecretError::Locked(_))));
        }
    }

    #[test]
    fn a_passphrase_file_opens_with_its_passphrase_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let open = |passphrase: &str| {
            PassphraseFile::new(path.clone(), passphrase.to_owned(), Arc::new(SystemEntropy))
        };
        open("right").write("a".into(), vec![1; 32]).unwrap();
        assert_eq!(open("right").read("a".into()).unwrap(), Some(vec![1; 32]));
        assert!(matches!(open("wrong").read("a".into()), Err(SecretError::Locked(_))));
        let bytes = fs::read(&path).unwrap();
        assert!(!bytes.windows(32).any(|window| window == [1; 32]), "sealed, not plain");
    }
}
