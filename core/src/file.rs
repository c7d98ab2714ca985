//! A file that is written whole, or not at all.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Error, ErrorKind, Result, Write};
use std::path::Path;

/// Has `work` write a file, see [`write_checked`].
///
/// # Errors
/// What `work` says, or the disk.
pub(crate) fn write_whole<T, E: From<Error>>(
    path: &Path,
    work: impl FnOnce(&mut BufWriter<File>) -> std::result::Result<T, E>,
) -> std::result::Result<T, E> {
    write_checked(path, work, |_, written| Ok(written))
}

/// Has `work` write a file that its owner alone can read. Whoever looks finds what stood there
/// before until all of it is durable and `check` has looked at it where it lies, and all of it from
/// then on: where one of them fails, and where the power is cut, nothing has changed but for a
/// file whose name ends in `.part`.
///
/// # Errors
/// What `work` and `check` say, or the disk; of a folder that cannot be synced only after the new
/// file has its name.
pub(crate) fn write_checked<W, T, E: From<Error>>(
    path: &Path,
    work: impl FnOnce(&mut BufWriter<File>) -> std::result::Result<W, E>,
    check: impl FnOnce(&Path, W) -> std::result::Result<T, E>,
) -> std::result::Result<T, E> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = Path::new(&part);
    let written = write_beside(part, work).and_then(|written| check(part, written));
    let written = written.and_then(|checked| {
        std::fs::rename(part, path)?;
        Ok(checked)
    });
    match &written {
        Ok(_) => path.parent().map_or(Ok(()), sync_folder)?,
        Err(_) => {
            if let Err(error) = std::fs::remove_file(part) {
                tracing::debug!(%error, "there was no half of a file to be removed");
            }
        }
    }
    written
}

fn write_beside<T, E: From<Error>>(
    part: &Path,
    work: impl FnOnce(&mut BufWriter<File>) -> std::result::Result<T, E>,
) -> std::result::Result<T, E> {
    // Of one that was interrupted, or somebody's link: nothing is written through it.
    match std::fs::remove_file(part) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut to = BufWriter::new(options.open(part)?);
    let written = work(&mut to)?;
    to.flush()?;
    to.get_ref().sync_all()?;
    Ok(written)
}

/// What was made in a folder, or removed from it, is so after a loss of power too.
pub(crate) fn sync_folder(folder: &Path) -> Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn a_file_is_written_whole_or_stays_what_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("one.age");
        write_whole(&path, |to| to.write_all(b"first")).unwrap();
        let failed: Result<()> = write_whole(&path, |to| {
            to.write_all(b"half of the sec")?;
            Err(Error::other("no more"))
        });
        assert!(failed.is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
        let failed: Result<()> = write_checked(
            &path,
            |to| to.write_all(b"another"),
            |part, ()| {
                assert_eq!(std::fs::read(part)?, b"another");
                Err(Error::other("it is not what was written"))
            },
        );
        assert!(failed.is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing lies beside it");
        write_whole(&path, |to| to.write_all(b"second")).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"second");
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("one.age");
        write_whole(&path, |to| to.write_all(b"words")).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        // Whatever lies where it is written first.
        let part = folder.path().join("one.age.part");
        let victim = folder.path().join("victim");
        std::fs::write(&victim, "theirs").unwrap();
        std::os::unix::fs::symlink(&victim, &part).unwrap();
        write_whole(&path, |to| to.write_all(b"words")).unwrap();
        assert_eq!(std::fs::read(&victim).unwrap(), b"theirs");
        std::fs::write(&part, "half").unwrap();
        std::fs::set_permissions(&part, PermissionsExt::from_mode(0o666)).unwrap();
        write_whole(&path, |to| to.write_all(b"words")).unwrap();
        assert_eq!(mode(&path), 0o600);
        assert!(!std::fs::symlink_metadata(&path).unwrap().is_symlink());
    }
}
