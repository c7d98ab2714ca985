//! Talks that both plan.

use super::refusal;
use crate::args::talk::TalkCommand;
use crate::reference::{Reference, Things};
use crate::render;
use crate::terminal::{Failure, Terminal};
use amends::RefusalCode;
use amends::Space;
use amends::{NewTalk, TalkView, turns};
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
        TalkCommand::Propose { topic, at, minutes, place, rules } => {
            hearing.propose_talk(NewTalk { topic, begins: at, minutes, place, rules }).await?
        }
        TalkCommand::Start { id } => hearing.start_talk(find_talk(&id, space).await?.id).await?,
        TalkCommand::Pause { id, until } => {
            hearing.pause_talk(find_talk(&id, space).await?.id, until).await?
        }
        TalkCommand::Prepare { id, text } => {
            let id = find_talk(&id, space).await?.id;
            if let Some(text) = &text {
                hearing.prepare(id, text).await?;
            }
            let noted = hearing.preparation(id).await?;
            terminal.ok(json!({"noted": noted}), &render::talk::noted(&noted));
            return Ok(());
        }
        TalkCommand::Turns { id, minutes } => {
            let talk = find_talk(&id, space).await?;
            let length = talk.minutes.unwrap_or(60);
            let turns = turns(talk.begins, length, minutes, talk.by);
            terminal.ok(json!({"turns": turns}), &render::talk::turns(&turns));
            return Ok(());
        }
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
