//! What happened, told by one.

use super::refusal;
use crate::args::account::AccountCommand;
use crate::reference::{Reference, Things};
use crate::render;
use crate::terminal::{Failure, Terminal};
use amends::AccountView;
use amends::RefusalCode;
use amends::Space;
use serde_json::json;

const ACCOUNTS: Things = Things { shown_by: "account list", missing: RefusalCode::NotFound };

async fn find_account(named: &Reference, space: &Space) -> Result<AccountView, Failure> {
    let accounts = space.hearing().accounts().await?;
    let id = named.among(accounts.iter().map(|account| account.id), ACCOUNTS)?;
    let found = accounts.into_iter().find(|account| account.id == id);
    found.ok_or_else(|| refusal(RefusalCode::NotFound))
}

pub async fn run(
    command: AccountCommand,
    space: &Space,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let hearing = space.hearing();
    let view = match command {
        AccountCommand::List => {
            let accounts = hearing.accounts().await?;
            terminal.ok(json!({"accounts": accounts}), &render::account::accounts(&accounts));
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
    terminal.ok(json!(view), &render::account::accounts(std::slice::from_ref(&view)));
    Ok(())
}
