//! Writes the Swift and Kotlin sources from the compiled library, and puts into them what
//! UniFFI leaves to be asked for: `bindings/generate` calls it.

mod changes;
mod words;

use changes::{KOTLIN, SWIFT};
use std::path::{Path, PathBuf};
use std::{env, fs, io, process};
use words::{Language, Words};

fn main() {
    uniffi::uniffi_bindgen_main();
    let words: Vec<String> = env::args().collect();
    let after = |word: &str| {
        words.iter().position(|one| one == word).and_then(|at| words.get(at + 1)).cloned()
    };
    if let (Some(language), Some(out)) = (after("--language"), after("--out-dir"))
        && let Err(error) = changed(&language, Path::new(&out))
    {
        drop(io::Write::write_all(&mut io::stderr(), format!("{error}\n").as_bytes()));
        process::exit(1);
    }
}

/// Makes the changes in every source that was written, and puts its documentation into the
/// words of its language.
fn changed(language: &str, out: &Path) -> io::Result<()> {
    let (language, changes) = match language {
        "kotlin" => (Language::Kotlin, KOTLIN),
        _ => (Language::Swift, SWIFT),
    };
    let files = sources(out)?;
    let texts = files.iter().map(fs::read_to_string).collect::<io::Result<Vec<_>>>()?;
    let words = Words::of(language, &texts);
    for (file, text) in files.iter().zip(&texts) {
        let mut text = words.told(text);
        for change in changes {
            text = change
                .made_in(&text)
                .map_err(|what| io::Error::other(format!("{}: {what}", file.display())))?;
        }
        fs::write(file, text)?;
    }
    Ok(())
}

fn sources(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut sources = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.extension().and_then(|ending| ending.to_str()) {
            _ if path.is_dir() => sources.extend(self::sources(&path)?),
            Some("kt" | "swift") => sources.push(path),
            _ => {}
        }
    }
    Ok(sources)
}
