//! Pairing and exchange.

use crate::args::{BundleCommand, PairCommand, RecoverCommand, SyncArgs};
use crate::render;
use crate::terminal::{Failure, Terminal, progress};
use amends::Space;
use amends::host::SystemEntropy;
use amends::{BundleOf, ExchangeOptions, Pairing};
use amends::{Code, Invitation};
use amends::{Discovery, Folder, Mailbox, Mdns};
use serde_json::json;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// How often troubles of this phone are looked for.
const TROUBLES: Duration = Duration::from_secs(1);

pub async fn pair(
    command: PairCommand,
    space: &Space,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let stays = matches!(command, PairCommand::Replace { .. });
    let mut pairing = match command {
        PairCommand::Show { listen, qr } => {
            let pairing = space.pair_show(listen).await?;
            show_code(&pairing, qr, terminal)?;
            pairing
        }
        PairCommand::Replace { listen, qr } => {
            let pairing = space.pair_replace(listen).await?;
            show_code(&pairing, qr, terminal)?;
            pairing
        }
        PairCommand::Join { code, peer } => join(&code, peer.as_deref(), space, terminal).await?,
    };
    let asked = pairing.asked().await?;
    let code = asked.code.to_string();
    let event = json!({
        "event": "compare", "partner": asked.name, "code": code, "replaces": asked.replaces,
    });
    let mut words = format!(
        "The other phone belongs to {}. Both phones must show this code:\n\n    {code}\n",
        asked.name
    );
    match (asked.replaces, stays) {
        (true, true) => words.push_str("\nIt takes the place of the phone that they had.\n"),
        (true, false) => words.push_str("\nThis phone takes the place of the one that you had.\n"),
        (false, _) => {}
    }
    terminal.ok(event, &words);
    let mut answer = terminal.ask("Is it the same on both? Type yes or no:").await?;
    let clear = |answer: &str| ["yes", "no", ""].contains(&answer);
    while !clear(&answer) {
        answer = terminal.ask("Please type yes or no:").await?;
    }
    pairing.answer(answer == "yes");
    let bar = progress(terminal, "waiting for the other person to confirm");
    pairing.finished().await?;
    bar.finish_and_clear();
    let event = json!({"event": "paired", "partner": asked.name});
    terminal.ok(event, &format!("Paired with {}.", asked.name));
    Ok(())
}

fn show_code(pairing: &Pairing, qr: bool, terminal: &mut Terminal) -> Result<(), Failure> {
    let code = pairing.code.as_ref().map(ToString::to_string).unwrap_or_default();
    let address = pairing.address.map(|address| address.to_string()).unwrap_or_default();
    let text = pairing.invitation.as_ref().map(Invitation::to_text).unwrap_or_default();
    let mut words = format!(
        "On the other phone, within two minutes (its address there may differ):\n\n    \
         amends pair join {code} --peer {address}\n"
    );
    if qr {
        let drawn = qrcode::QrCode::new(&text)
            .map_err(|error| Failure::storage(format!("no QR code could be drawn: {error}")))?;
        words.push_str(&drawn.render::<qrcode::render::unicode::Dense1x2>().build());
    }
    let event = json!({"event": "code", "code": code, "address": address, "qr": text});
    terminal.ok(event, &words);
    Ok(())
}

async fn join(
    code: &str,
    peer: Option<&str>,
    space: &Space,
    terminal: &mut Terminal,
) -> Result<Pairing, Failure> {
    if code.starts_with("AMENDS1:") {
        let invitation = Invitation::parse(code).map_err(amends::Error::from)?;
        return Ok(space.pair_scan(&invitation, peer).await?);
    }
    let code = Code::parse(code).map_err(amends::Error::from)?;
    let peer = peer.ok_or_else(|| {
        Failure::usage("say where the other phone listens: --peer HOST:PORT".to_owned())
    })?;
    terminal.say("Going to the other phone…");
    Ok(space.pair_join(&code, peer).await?)
}

pub async fn recover(
    command: Option<RecoverCommand>,
    space: &Space,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    match command {
        Some(RecoverCommand::Again { number }) => space.say_again(number).await?,
        Some(RecoverCommand::Drop { number }) => space.let_go(number).await?,
        None => {}
    }
    let aside = space.set_aside().await?;
    terminal.ok(json!({"set_aside": aside}), &render::set_aside(&aside));
    Ok(())
}

/// The addresses of this machine; a phone's system tells by itself when they change.
fn addresses() -> BTreeSet<IpAddr> {
    let all = if_addrs::get_if_addrs().unwrap_or_default();
    all.into_iter().filter(|interface| !interface.is_loopback()).map(|i| i.ip()).collect()
}

pub async fn bundle(
    command: BundleCommand,
    space: &Space,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    match command {
        BundleCommand::Write { file, all } => {
            let of = if all { BundleOf::Everything } else { BundleOf::News };
            let bar = progress(terminal, "writing");
            let summary = space.write_bundle(&file, of).await?;
            bar.finish_and_clear();
            let words = format!(
                "{} entries are in {}. Only your partner's phone can read it.",
                summary.entries,
                file.display()
            );
            terminal.ok(json!({"entries": summary.entries}), &words);
        }
        BundleCommand::Read { file } => {
            let bar = progress(terminal, "reading");
            let summary = space.read_bundle(&file).await?;
            bar.finish_and_clear();
            let mut words =
                format!("{} entries, {} of them new here.", summary.entries, summary.new);
            if summary.gap {
                words.push_str(
                    " Something is missing before them: ask for an earlier bundle, or for one \
                     that is written with --all.",
                );
            }
            terminal.ok(json!(summary), &words);
        }
    }
    Ok(())
}

pub async fn sync(args: SyncArgs, space: &Space, terminal: &mut Terminal) -> Result<(), Failure> {
    if args.hold || args.release {
        space.hold_sync(args.hold).await?;
        let words = if args.hold {
            "Exchange is held. To your partner it looks as if this phone were offline."
        } else {
            "Exchange goes on with the next sync."
        };
        terminal.ok(json!({"held": args.hold}), words);
        return Ok(());
    }
    let mailbox = args.mailbox.as_deref().map(|dir| Arc::new(Folder::new(dir)) as Arc<dyn Mailbox>);
    let nowhere = args.listen.is_none() && args.peer.is_empty() && !args.find;
    if let (Some(mailbox), false, true) = (&mailbox, args.watch, nowhere) {
        // Nobody is waited for: the folder is looked into once.
        let visit = space.visit_mailbox(mailbox.clone()).await?;
        let words = format!("{} entries put, {} taken.", visit.put, visit.taken);
        terminal.ok(json!({"event": "mailbox", "put": visit.put, "taken": visit.taken}), &words);
        return Ok(());
    }
    let find = args.find || (args.listen.is_none() && args.peer.is_empty());
    let discovery =
        find.then(|| Arc::new(Mdns::new(Arc::new(SystemEntropy))) as Arc<dyn Discovery>);
    // Whoever watches hears of what commands in other terminals write.
    let _home = args.watch.then(|| space.watch_home()).transpose()?;
    let once = (!args.watch).then(|| Duration::from_secs(args.timeout));
    let options =
        ExchangeOptions { listen: args.listen, peers: args.peer, discovery, mailbox, once };
    // Before the exchange begins, so that no change falls between.
    let mut views = space.subscribe();
    let mut exchange = space.exchange(options).await?;
    if let Some(address) = exchange.address() {
        let event = json!({"event": "listening", "address": address.to_string()});
        let looking = if find { ", and looking for the other phone" } else { "" };
        terminal.ok(event, &format!("Listening on {address}{looking}."));
    }
    let mut catch_up = exchange.catch_up();
    // One for the whole time: it also hears what is pressed while something is printed.
    let interrupted = tokio::signal::ctrl_c();
    tokio::pin!(interrupted);
    let mut looks = tokio::time::interval(TROUBLES);
    let mut troubles = Vec::new();
    let mut place = addresses();
    let bar = progress(terminal, if args.watch { "watching" } else { "exchanging" });
    loop {
        tokio::select! {
            outcome = exchange.finished() => {
                bar.finish_and_clear();
                outcome?;
                if !args.watch {
                    terminal.ok(json!({"event": "done"}), "Done.");
                }
                return Ok(());
            }
            interrupted = &mut interrupted => {
                interrupted?;
                exchange.stop();
                exchange.finished().await?;
                bar.finish_and_clear();
                return Ok(());
            }
            Ok(()) = catch_up.changed() => match *catch_up.borrow_and_update() {
                Some(far) => bar.set_message(format!("catching up: {} of {} entries", far.done, far.of)),
                None => bar.set_message(if args.watch { "watching" } else { "exchanging" }),
            },
            _ = looks.tick() => {
                let at = addresses();
                if at != place {
                    place = at;
                    space.network_changed();
                }
                let now = space.diagnostics().troubles;
                for trouble in now.iter().filter(|trouble| !troubles.contains(*trouble)) {
                    let event = json!({"event": "trouble", "trouble": trouble});
                    bar.suspend(|| terminal.ok(event, &format!("This phone: {}", trouble.what)));
                }
                troubles = now;
            }
            next = views.next(), if args.watch => {
                let Some(views) = next? else { return Ok(()) };
                let agreements: Vec<_> = views.iter().map(render::agreement_json).collect();
                let lines: Vec<String> = views.iter().map(render::agreement_line).collect();
                let event = json!({"event": "agreements", "agreements": agreements});
                let words = format!("Agreements:\n{}", lines.join("\n"));
                bar.suspend(|| terminal.ok(event, &words));
            }
        }
    }
}
