//! What each command does.

mod agreement;
mod backup;
mod checkin;
mod journal;
mod limits;
mod network;
mod openness;
mod practice;
mod progress;
mod promise;
mod remind;
mod share;
mod space;
mod talk;
mod telling;
mod write;

use crate::args::{Capability, Cli, Command, LogCommand, ScenarioCommand};
use crate::phone::Phone;
use crate::reference::Things;
use crate::scenario::{Harness, Kind};
use crate::terminal::{Failure, Terminal, progress};
use crate::{demo, render, scenario};
use amends::RefusalCode;
use amends::Space;
use amends::{Leaving, PairingState};
use clap::CommandFactory;
use serde_json::json;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

/// Does what the command line says.
///
/// # Errors
/// What the process then fails with.
pub async fn run(cli: Cli, terminal: &mut Terminal) -> Result<(), Failure> {
    let phone = || Phone::new(cli.home.clone());
    match cli.command {
        Command::Write(command) => write::run(command, terminal),
        Command::Demo { fast } => demo::run(fast, terminal).await,
        Command::Scenario(ScenarioCommand::Run { file, processes, ana, ben }) => {
            let here =
                if processes { Kind::Processes(std::env::current_exe()?) } else { Kind::Here };
            let phone = |program: Option<PathBuf>| match program {
                Some(program) => Ok(Kind::Harness(Harness::start(&program)?)),
                None => Ok::<_, Failure>(here.clone()),
            };
            scenario::run_file(&file, [phone(ana)?, phone(ben)?], terminal).await
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "amends", &mut script);
            let script = String::from_utf8_lossy(&script).into_owned();
            terminal.ok(json!(script), &script);
            Ok(())
        }
        Command::Manual => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut page)?;
            let page = String::from_utf8_lossy(&page).into_owned();
            terminal.ok(json!(page), &page);
            Ok(())
        }
        command => on_phone(command, &phone()?, terminal).await,
    }
}

/// Does what one phone can do.
///
/// # Errors
/// What the command then fails with.
pub async fn on_phone(
    command: Command,
    phone: &Phone,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    if let Command::Init { name, passphrase } = &command {
        let space = phone.create(name, *passphrase, terminal).await?;
        let home = phone.home.display().to_string();
        terminal.ok(json!({"home": home}), &format!("Made a phone for {name} in {home}."));
        space.shutdown().await;
        return Ok(());
    }
    if let Command::Erase { yes } = &command {
        return erase(*yes, phone, terminal).await;
    }
    if let Command::Backup(command) = command {
        return backup::run(command, phone, terminal).await;
    }
    let space = phone.open(terminal).await?;
    let outcome = on_space(command, &space, terminal).await;
    space.shutdown().await;
    outcome
}

async fn on_space(command: Command, space: &Space, terminal: &mut Terminal) -> Result<(), Failure> {
    match command {
        Command::Pair(command) => network::pair(command, space, terminal).await,
        Command::Recover { command } => network::recover(command, space, terminal).await,
        Command::Bundle(command) => network::bundle(command, space, terminal).await,
        Command::Sync(args) => network::sync(args, space, terminal).await,
        Command::Agreement(command) => agreement::run(command, space, terminal).await,
        Command::Status => {
            let status = space.status().await?;
            terminal.ok(json!(status), &render::status(&status));
            Ok(())
        }
        Command::Capability(capability) => on_capability(capability, space, terminal).await,
        Command::Log(command) => log(command, space, terminal).await,
        Command::Doctor { rebuild } => doctor(rebuild, space, terminal).await,
        Command::Leave { silent, yes } => leave(silent, yes, space, terminal).await,
        Command::Init { .. }
        | Command::Erase { .. }
        | Command::Backup(_)
        | Command::Demo { .. }
        | Command::Write(_)
        | Command::Scenario(_)
        | Command::Completions { .. }
        | Command::Manual => Err(Failure::usage("this is not for one phone's home".to_owned())),
    }
}

async fn on_capability(
    capability: Capability,
    space: &Space,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    match capability {
        Capability::Share(command) => share::run(command, space, terminal).await,
        Capability::Promise(command) => promise::run(command, space, terminal).await,
        Capability::Practice(command) => practice::run(command, space, terminal).await,
        Capability::Openness(command) => openness::run(command, space, terminal).await,
        Capability::Journal(command) => journal::run(command, space, terminal).await,
        Capability::Checkin(command) => checkin::run(command, space, terminal).await,
        Capability::Talk(command) => talk::run(command, space, terminal).await,
        Capability::Telling(command) => telling::run(command, space, terminal).await,
        Capability::Progress(args) => progress::run(args, space, terminal).await,
        Capability::Remind(command) => remind::run(command, space, terminal).await,
        Capability::Limits(command) => limits::run(command, space, terminal).await,
        Capability::Space(command) => space::run(command, space, terminal).await,
        Capability::Next => {
            let next = space.next_due().await?;
            terminal.ok(json!({"next": next}), &render::next(&next));
            Ok(())
        }
    }
}

fn refusal(code: RefusalCode) -> Failure {
    amends::Error::from(code).into()
}

const DOCUMENTS: Things = Things { shown_by: "log show --json", missing: RefusalCode::NotFound };

async fn log(command: LogCommand, space: &Space, terminal: &mut Terminal) -> Result<(), Failure> {
    match command {
        LogCommand::Show => {
            let items = space.log_items().await?;
            let line = |item: &amends::LogItem| {
                let whose = if item.own { "mine" } else { "theirs" };
                let head = render::short(item.head);
                format!("{whose:<6} {:>5}  {head}  {}", item.index, item.kinds.join(", "))
            };
            let words: Vec<String> = items.iter().map(line).collect();
            terminal.ok(json!({"entries": items}), &words.join("\n"));
        }
        LogCommand::Verify => {
            let bar = progress(terminal, "chaining both logs again");
            let logs = space.verify_logs().await?;
            bar.finish_and_clear();
            terminal.ok(json!({"logs": logs}), &render::logs(&logs));
        }
        LogCommand::Export { id, file } => {
            let items = space.log_items().await?;
            let documents: BTreeSet<_> =
                items.into_iter().flat_map(|item| item.documents).collect();
            let id = id.among(documents, DOCUMENTS)?;
            let document = space.export_document(id).await?;
            let mut to = std::fs::File::create_new(&file)?;
            to.write_all(&document.bytes)?;
            to.sync_all()?;
            let words = format!("{} records are in {}.", document.records.len(), file.display());
            let event = json!({
                "id": id, "heads": document.heads, "records": document.records,
            });
            terminal.ok(event, &words);
        }
    }
    Ok(())
}

async fn doctor(rebuild: bool, space: &Space, terminal: &mut Terminal) -> Result<(), Failure> {
    let bar = progress(terminal, "checking everything from scratch");
    if rebuild {
        space.rebuild().await?;
    }
    let report = space.doctor().await?;
    bar.finish_and_clear();
    if report.findings.is_empty() {
        terminal.ok(json!(report), &render::doctor(&report));
        return Ok(());
    }
    if let Terminal::Process { json: true } = terminal {
        let text = report.findings.iter().map(|f| f.what.as_str()).collect::<Vec<_>>().join("; ");
        return Err(Failure { kind: "storage", code: "Damaged".to_owned(), text });
    }
    Err(Failure { kind: "storage", code: "Damaged".to_owned(), text: render::doctor(&report) })
}

async fn sure(what: &str, yes: bool, terminal: &mut Terminal) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if matches!(terminal, Terminal::Process { json: true }) {
        return Err(Failure::usage("this cannot be undone: say --yes".to_owned()));
    }
    terminal.say(what);
    match terminal.ask("Type yes to go on:").await?.as_str() {
        "yes" => Ok(()),
        _ => Err(Failure::usage("nothing was done".to_owned())),
    }
}

async fn leave(
    silent: bool,
    yes: bool,
    space: &Space,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let what = if silent {
        "You leave this pair for good. Nothing more is sent: to your partner it looks\n\
         as if this phone were offline. Your copy stays here until you erase it."
    } else {
        "You leave this pair for good. Your partner's phone will say that the pair has\n\
         ended, once the two meet within 7 days. Your copy stays here until you erase it."
    };
    sure(what, yes, terminal).await?;
    let restored = space.status().await?.pairing == PairingState::Restored;
    space.leave(if silent { Leaving::Silent } else { Leaving::Announced }).await?;
    let words = if restored && !silent {
        "You have left. This phone was made of a backup and cannot say so to the other one."
    } else if silent {
        "You have left."
    } else {
        "You have left. Say so to the other phone with: amends sync"
    };
    terminal.ok(json!({"left": true}), words);
    Ok(())
}

async fn erase(yes: bool, phone: &Phone, terminal: &mut Terminal) -> Result<(), Failure> {
    let what = "This erases everything on this phone: first the keys, then the files. It cannot\n\
                be undone. Your partner's copy stays with them. What backups or snapshots of\n\
                this disk hold is out of reach, and worthless without the keys.";
    sure(what, yes, terminal).await?;
    match phone.open(terminal).await {
        Ok(space) => {
            space.erase_local().await?;
            phone.remove_keys()?;
        }
        // An erase that was interrupted before has come to its end by this; and what is damaged
        // goes as well. What is only locked, or busy, stays.
        Err(failure) if ["Missing", "Damaged"].contains(&failure.code.as_str()) => {
            if !phone.erase_what_is_left()? {
                return Err(failure);
            }
        }
        Err(failure) => return Err(failure),
    }
    terminal.ok(json!({"erased": true}), "Erased.");
    Ok(())
}
