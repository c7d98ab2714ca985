//! Backups, and a home made of one.

use crate::args::backup::{BackupCommand, Opener};
use crate::phone::{Phone, apart};
use crate::render;
use crate::terminal::{Failure, Secret, Terminal, progress};
use amends::{BackupKey, BackupOpener, BackupSummary, Space};
use serde_json::json;
use std::path::Path;

const PASSPHRASE: Secret = Secret {
    variable: "AMENDS_BACKUP_PASSPHRASE",
    asked: "Passphrase of the backup: ",
    missing: "a backup opens with a passphrase: put it into AMENDS_BACKUP_PASSPHRASE",
};
const AGAIN: Secret = Secret { asked: "Once more: ", ..PASSPHRASE };

pub async fn run(
    command: BackupCommand,
    phone: &Phone,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    match command {
        BackupCommand::Write { file, without_private, recipient } => {
            let space = phone.open(terminal).await?;
            let written = write(&file, !without_private, recipient, &space, terminal).await;
            space.shutdown().await;
            written
        }
        BackupCommand::Check { file, opener } => {
            is_there(&file)?;
            let opener = opener_of(opener, terminal).await?;
            let bar = progress(terminal, "reading the backup to its end");
            let path = file.clone();
            let checked = apart(move || Space::check_backup(&path, &opener)).await;
            bar.finish_and_clear();
            let summary = checked?;
            say(&summary, "Whole.", terminal);
            Ok(())
        }
        BackupCommand::Restore { file, opener, passphrase } => {
            is_there(&file)?;
            let opener = opener_of(opener, terminal).await?;
            let bar = progress(terminal, "making a phone of the backup");
            let restored = phone.restore(&file, opener, passphrase, terminal).await;
            bar.finish_and_clear();
            let space = restored?;
            let status = space.status().await;
            space.shutdown().await;
            let status = status?;
            let home = phone.home.display().to_string();
            let words = format!("Made a phone of it in {home}.\n{}", render::status(&status));
            terminal.ok(json!({"home": home, "status": status}), &words);
            Ok(())
        }
    }
}

async fn write(
    file: &Path,
    private: bool,
    recipient: Option<String>,
    space: &Space,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let key = match recipient {
        Some(text) => BackupKey::Recipient { text },
        None => {
            let text = PASSPHRASE.get(terminal).await?;
            if PASSPHRASE.is_asked() && AGAIN.get(terminal).await? != text {
                return Err(Failure::usage("the two are not the same: nothing was written".into()));
            }
            BackupKey::Passphrase { text }
        }
    };
    let bar = progress(terminal, "writing, and reading back");
    let written = space.back_up(file, key, private).await;
    bar.finish_and_clear();
    let summary = written?;
    let mut first = format!("Written to {}, and read back.", file.display());
    if summary.left_out > 0 {
        first.push_str(&format!(
            "\n! {} things are damaged on this phone and not in it: amends doctor says what.",
            summary.left_out
        ));
    }
    say(&summary, &first, terminal);
    Ok(())
}

fn say(summary: &BackupSummary, first: &str, terminal: &mut Terminal) {
    let of = match &summary.partner {
        Some(partner) => format!("{}, paired with {partner}", summary.name),
        None => summary.name.clone(),
    };
    let private = match summary.private_items {
        Some(items) => format!("{items} private items"),
        None => "nothing private".to_owned(),
    };
    let words = format!(
        "{first}\nOf {}: {of}; {} entries of the two logs, {private}.",
        render::utc(summary.made),
        summary.entries
    );
    terminal.ok(json!(summary), &words);
}

/// Before anything is asked.
fn is_there(file: &Path) -> Result<(), Failure> {
    match file.is_file() {
        true => Ok(()),
        false => Err(Failure::usage(format!("there is no file {}", file.display()))),
    }
}

async fn opener_of(opener: Opener, terminal: &mut Terminal) -> Result<BackupOpener, Failure> {
    let Some(file) = opener.identity else {
        return Ok(BackupOpener::Passphrase { text: PASSPHRASE.get(terminal).await? });
    };
    is_there(&file)?;
    let lines = std::fs::read_to_string(&file)?;
    // age-keygen writes comments above it.
    let line = lines.lines().find(|line| line.starts_with("AGE-SECRET-KEY-"));
    let text = line
        .ok_or_else(|| Failure::usage(format!("{} holds no AGE-SECRET-KEY-1…", file.display())))?;
    Ok(BackupOpener::Identity { text: text.to_owned() })
}
