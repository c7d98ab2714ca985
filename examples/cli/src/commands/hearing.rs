//! Talks and accounts.

use super::refusal;
use crate::args::account::AccountCommand;
use crate::args::talk::TalkCommand;
use crate::reference::{Reference, Things};
use crate::render;
use crate::terminal::{Failure, Terminal};
use amends::Space;
use amends::domain::hearing::{AccountView, TalkView};
use amends::domain::refusal::RefusalCode;
use serde_json::json;

const TALKS: Things = Things { shown_by: "talk list", missing: RefusalCode::NotFound };
const ACCOUNTS: Things = Things { shown_by: "account list", missing: RefusalCode::NotFound };

async fn find_talk(named: &Reference, space: &Space) -> Result<TalkView, Failure> {
    let talks = space.hearing().talks().await?;
    let id = named.among(talks.iter().map(|talk| talk.id), TALKS)?;
    talks.into_iter().find(|talk| talk.id == id).ok_or_else(|| refusal(RefusalCode::NotFound))
}

async fn find_account(named: &Reference, space: &Space) -> Result<AccountView, Failure> {
    let accounts = space.hearing().accounts().await?;
    let id = named.among(accounts.iter().map(|account| account.id), ACCOUNTS)?;
    let found = accounts.into_iter().find(|account| account.id == id);
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
        TalkCommand::Move { id, at } => {
            hearing.move_talk(find_talk(&id, space).await?.id, at).await?
        }
        TalkCommand::Accept { id } => hearing.accept_talk(&find_talk(&id, space).await?).await?,
        TalkCommand::Decline { id } => {
            hearing.decline_talk(find_talk(&id, space).await?.id).await?
        }
        TalkCommand::End { id } => hearing.end_talk(find_talk(&id, space).await?.id).await?,
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
                Some(named) => Some(find_account(&named, space).await?.id),
                None => None,
            };
            hearing.tell(id, &text).await?
        }
        AccountCommand::Ask { id, text } => {
            hearing.ask(find_account(&id, space).await?.id, &text).await?
        }
        AccountCommand::TakeBack { id, words } => {
            let account = find_account(&id, space).await?;
            let told = account.tellings.iter().map(|telling| telling.id);
            let asked = account.questions.iter().map(|question| question.id);
            let answered = account.questions.iter().filter_map(|question| question.answer_id);
            let words = words.among(told.chain(asked).chain(answered), ACCOUNTS)?;
            hearing.withdraw_words(account.id, words).await?
        }
        AccountCommand::Answer { id, question, text } => {
            let account = find_account(&id, space).await?;
            let asked = account.questions.iter().map(|question| question.id);
            hearing.answer(account.id, question.among(asked, ACCOUNTS)?, &text).await?
        }
    };
    terminal.ok(json!(view), &render::daily::accounts(std::slice::from_ref(&view)));
    Ok(())
}
