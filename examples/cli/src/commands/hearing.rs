//! Talks and accounts.

use super::refusal;
use crate::args::daily::{AccountCommand, TalkCommand};
use crate::render;
use crate::terminal::{Failure, Terminal};
use amends::RefusalCode;
use amends::Space;
use amends::id::DocId;
use serde_json::json;

async fn find_talk(prefix: &str, space: &Space) -> Result<DocId, Failure> {
    let talks = space.hearing().talks().await?;
    let found = render::pick(prefix, talks.iter().map(|talk| talk.id));
    found.ok_or_else(|| refusal(RefusalCode::NotFound))
}

async fn find_account(prefix: &str, space: &Space) -> Result<DocId, Failure> {
    let accounts = space.hearing().accounts().await?;
    let found = render::pick(prefix, accounts.iter().map(|account| account.id));
    found.ok_or_else(|| refusal(RefusalCode::NotFound))
}

pub async fn talk(
    command: TalkCommand,
    space: &Space,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let hearing = space.hearing();
    let view = match command {
        TalkCommand::List => {
            let talks = hearing.talks().await?;
            terminal.ok(json!({"talks": talks}), &render::daily::talks(&talks));
            return Ok(());
        }
        TalkCommand::Propose { topic, at } => hearing.propose_talk(&topic, at).await?,
        TalkCommand::Move { id, at } => hearing.move_talk(find_talk(&id, space).await?, at).await?,
        TalkCommand::Accept { id } => {
            let id = find_talk(&id, space).await?;
            let shown = hearing.talks().await?.into_iter().find(|talk| talk.id == id);
            let shown = shown.ok_or_else(|| refusal(RefusalCode::NotFound))?;
            hearing.accept_talk(&shown).await?
        }
        TalkCommand::Decline { id } => hearing.decline_talk(find_talk(&id, space).await?).await?,
        TalkCommand::End { id } => hearing.end_talk(find_talk(&id, space).await?).await?,
    };
    terminal.ok(json!(view), &render::daily::talks(std::slice::from_ref(&view)));
    Ok(())
}

pub async fn account(
    command: AccountCommand,
    space: &Space,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let hearing = space.hearing();
    let view = match command {
        AccountCommand::List => {
            let accounts = hearing.accounts().await?;
            terminal.ok(json!({"accounts": accounts}), &render::daily::accounts(&accounts));
            return Ok(());
        }
        AccountCommand::Tell { text, id } => {
            let id = match id {
                Some(prefix) => Some(find_account(&prefix, space).await?),
                None => None,
            };
            hearing.tell(id, &text).await?
        }
        AccountCommand::Ask { id, text } => {
            hearing.ask(find_account(&id, space).await?, &text).await?
        }
        AccountCommand::TakeBack { id, words } => {
            let id = find_account(&id, space).await?;
            let accounts = hearing.accounts().await?;
            let said = accounts.iter().filter(|account| account.id == id).flat_map(|account| {
                let told = account.tellings.iter().map(|telling| telling.id);
                let asked = account.questions.iter().map(|question| question.id);
                let answered = account.questions.iter().filter_map(|question| question.answer_id);
                told.chain(asked).chain(answered)
            });
            let words = render::pick(&words, said);
            hearing.withdraw_words(id, words.ok_or_else(|| refusal(RefusalCode::NotFound))?).await?
        }
        AccountCommand::Answer { id, question, text } => {
            let id = find_account(&id, space).await?;
            let accounts = hearing.accounts().await?;
            let questions = accounts.iter().flat_map(|account| &account.questions);
            let question = render::pick(&question, questions.map(|question| question.id));
            let question = question.ok_or_else(|| refusal(RefusalCode::NotFound))?;
            hearing.answer(id, question, &text).await?
        }
    };
    terminal.ok(json!(view), &render::daily::accounts(std::slice::from_ref(&view)));
    Ok(())
}
