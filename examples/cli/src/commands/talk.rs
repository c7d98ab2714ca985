//! Talks that both plan.

use super::refusal;
use crate::args::talk::TalkCommand;
use crate::reference::{Reference, Things};
use crate::render;
use crate::terminal::{Failure, Terminal};
use amends::RefusalCode;
use amends::Space;
use amends::TalkView;
use serde_json::json;

const TALKS: Things = Things { shown_by: "talk list", missing: RefusalCode::NotFound };

async fn find_talk(named: &Reference, space: &Space) -> Result<TalkView, Failure> {
    let talks = space.hearing().talks().await?;
    let id = named.among(talks.iter().map(|talk| talk.id), TALKS)?;
    talks.into_iter().find(|talk| talk.id == id).ok_or_else(|| refusal(RefusalCode::NotFound))
}

pub async fn run(
    command: TalkCommand,
    space: &Space,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let hearing = space.hearing();
    let view = match command {
        TalkCommand::List => {
            let talks = hearing.talks().await?;
            terminal.ok(json!({"talks": talks}), &render::talk::talks(&talks));
            return Ok(());
        }
        TalkCommand::Propose { topic, at } => hearing.propose_talk(&topic, at).await?,
        TalkCommand::Move { id, at } => {
            hearing.move_talk(find_talk(&id, space).await?.id, at).await?
        }
        TalkCommand::Accept { id } => hearing.accept_talk(&find_talk(&id, space).await?).await?,
        TalkCommand::Decline { id } => {
            hearing.decline_talk(find_talk(&id, space).await?.id).await?
        }
        TalkCommand::End { id } => hearing.end_talk(find_talk(&id, space).await?.id).await?,
    };
    terminal.ok(json!(view), &render::talk::talks(std::slice::from_ref(&view)));
    Ok(())
}
