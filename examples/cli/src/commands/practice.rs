//! Practices: promises that recur.

use super::promise::{find, make};
use super::refusal;
use crate::args::practice::PracticeCommand;
use crate::render;
use crate::terminal::{Failure, Terminal};
use amends::Due;
use amends::RefusalCode;
use amends::Space;
use amends::time::DAY;
use serde_json::json;

pub async fn run(
    command: PracticeCommand,
    space: &Space,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let view = match command {
        PracticeCommand::Make { action, rule, time, start, words } => {
            let rule = rule.parse().map_err(|code: RefusalCode| refusal(code))?;
            let start = start.unwrap_or_else(|| space.today());
            make(action, Due::Every { start, time, rule }, &words, space, terminal).await?
        }
        PracticeCommand::List => {
            let mut views = space.promises().list().await?;
            views.retain(|view| view.practice);
            terminal.ok(json!({"practices": views}), &render::promise::promises(&views));
            return Ok(());
        }
        PracticeCommand::Pause { id, from, until } => {
            let from = from.unwrap_or_else(|| space.now());
            match id {
                Some(id) => {
                    let view = find(&id, space).await?;
                    space.promises().pause(view.id, from, until).await?
                }
                None => {
                    let paused = space.promises().pause_all(from, until).await?;
                    let days = until.since(from) / DAY;
                    let words = format!("Paused {paused} for {days} days.");
                    terminal.ok(json!({"paused": paused}), &words);
                    return Ok(());
                }
            }
        }
    };
    terminal.ok(json!(view), &render::promise::promise(&view));
    Ok(())
}
