//! Promises.

use super::{agreement, refusal};
use crate::args::promise::{MakeArgs, PromiseCommand, PromiseWords, SingleDue, ToldArg};
use crate::reference::{Reference, Things};
use crate::render;
use crate::terminal::{Failure, Terminal};
use amends::RefusalCode;
use amends::Space;
use amends::id::OccurrenceId;
use amends::{Due, exactly};
use amends::{HowItWent, NewPromise, OccurrenceView, PromiseView};
use jiff::civil::DateTime;
use serde_json::json;

const PROMISES: Things = Things { shown_by: "promise list --all", missing: RefusalCode::NotFound };

const WORDS: Things = Things { shown_by: "promise show ID", missing: RefusalCode::NotFound };

/// The promise that is named. What is long over counts too: characters that name one of
/// today must not have named another one last year.
pub async fn find(named: &Reference, space: &Space) -> Result<PromiseView, Failure> {
    let id = named.among(space.promises().ids().await?, PROMISES)?;
    Ok(space.promises().show(id).await?)
}

/// Every promise that ever was, the oldest first.
async fn all(space: &Space) -> Result<Vec<PromiseView>, Failure> {
    let mut views = space.promises().page(u32::MAX, None).await?;
    views.reverse();
    Ok(views)
}

/// The occurrence that is due at this local time.
fn due(view: &PromiseView, text: Option<String>) -> Result<Option<OccurrenceId>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let found = view.occurrences.iter().find(|one| one.local == text);
    Ok(Some(found.ok_or_else(|| refusal(RefusalCode::NoSuchOccurrence))?.id))
}

fn zone(words: &PromiseWords, space: &Space) -> String {
    words.zone.clone().unwrap_or_else(|| space.zone())
}

fn at_local(local: DateTime, zone: &str) -> Result<Due, Failure> {
    Ok(Due::At(exactly(local, zone).map_err(amends::Error::from)?))
}

fn single(new: &SingleDue, zone: &str) -> Result<Due, Failure> {
    match (new.at, new.local, new.on) {
        (Some(at), _, _) => Ok(Due::At(at)),
        (_, Some(local), _) => at_local(local, zone),
        (_, _, Some(on)) => Ok(Due::On(on)),
        _ => Err(Failure::usage("say when: --at, --local or --on".to_owned())),
    }
}

pub async fn make(
    action: String,
    due: Due,
    words: &PromiseWords,
    space: &Space,
    terminal: &mut Terminal,
) -> Result<PromiseView, Failure> {
    let link = match &words.agreement {
        Some(id) => Some(agreement::find(id, space).await?.id),
        None => None,
    };
    let new = NewPromise {
        action,
        due,
        zone: zone(words, space),
        grace: words.grace.map(|minutes| minutes.saturating_mul(60)),
        cue: words.cue.clone(),
        response: words.then.clone(),
        note: words.note.clone(),
        link,
    };
    for hint in space.promises().hints(&new).await? {
        terminal.say(render::promise::hint(hint));
    }
    Ok(space.promises().make(new).await?)
}

fn once(args: &MakeArgs, space: &Space) -> Result<Due, Failure> {
    let zone = zone(args.words(), space);
    if let (Some(from), Some(to)) = (args.from, args.to) {
        return Ok(Due::Within { from, to });
    }
    single(&SingleDue { at: args.at, local: args.local, on: args.on }, &zone)
}

pub async fn run(
    command: PromiseCommand,
    space: &Space,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    use PromiseCommand::*;
    let promises = space.promises();
    let view = match command {
        List { all } => {
            let views = if all { self::all(space).await? } else { promises.list().await? };
            terminal.ok(json!({"promises": views}), &render::promise::promises(&views));
            return Ok(());
        }
        Make(args) => {
            let due = once(&args, space)?;
            make(args.action.clone(), due, args.words(), space, terminal).await?
        }
        Show { id } => find(&id, space).await?,
        HeadsUp { id, due: text, expected, say } => {
            let view = find(&id, space).await?;
            promises.heads_up(view.id, due(&view, text)?, expected, say).await?
        }
        Renegotiate { id, due: text, new } => {
            let view = find(&id, space).await?;
            let new = single(&new, &view.zone)?;
            promises.renegotiate(view.id, due(&view, text)?, new).await?
        }
        Accept { id, due: text } => {
            let view = find(&id, space).await?;
            promises.answer(&view, due(&view, text)?, true).await?
        }
        KeepOld { id, due: text } => {
            let view = find(&id, space).await?;
            promises.answer(&view, due(&view, text)?, false).await?
        }
        Release { id, due: text } => {
            let view = find(&id, space).await?;
            promises.release(view.id, due(&view, text)?).await?
        }
        Report { id, told, due: text, at, say } => {
            let view = find(&id, space).await?;
            let told = match told {
                ToldArg::Kept => HowItWent::Kept { done: at },
                ToldArg::Partly => HowItWent::Partly,
                ToldArg::Missed => HowItWent::Missed,
            };
            promises.report(view.id, due(&view, text)?, told, say).await?
        }
        Comment { id, felt, due: text, say } => {
            let view = find(&id, space).await?;
            promises.comment(view.id, due(&view, text)?, felt, say).await?
        }
        Repair { id, say, due: text, promise } => {
            let view = find(&id, space).await?;
            let new = match promise {
                Some(named) => Some(find(&named, space).await?.id),
                None => None,
            };
            promises.repair(view.id, due(&view, text)?, say, new).await?
        }
        Retract { id } => promises.retract(find(&id, space).await?.id).await?,
        Decline { id } => promises.decline(find(&id, space).await?.id).await?,
        WithdrawWords { id, note } => {
            let view = find(&id, space).await?;
            let notes = view.occurrences.iter().flat_map(OccurrenceView::notes);
            let note = note.among(notes.map(|note| note.id), WORDS)?;
            promises.withdraw_words(view.id, note).await?
        }
    };
    terminal.ok(json!(view), &render::promise::promise(&view));
    Ok(())
}
