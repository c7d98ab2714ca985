//! What one tells and the other may answer.

use crate::args::telling::{Telling, TellingCommand};
use crate::reference::{Reference, Things};
use crate::render;
use crate::terminal::{Failure, Terminal};
use amends::RefusalCode;
use amends::Space;
use amends::id::ItemDraftId;
use amends::{ItemView, NewItem};
use serde_json::json;

const TOLD: Things = Things { shown_by: "telling list", missing: RefusalCode::NotFound };
const KEPT: Things = Things { shown_by: "telling drafts", missing: RefusalCode::NotFound };

async fn find(named: &Reference, space: &Space) -> Result<ItemView, Failure> {
    let told = space.shared().list(None).await?;
    let id = named.among(told.iter().map(|item| item.id), TOLD)?;
    Ok(space.shared().show(id).await?)
}

async fn kept(named: &Reference, space: &Space) -> Result<ItemDraftId, Failure> {
    let drafts = space.shared().drafts().await?;
    named.among(drafts.iter().map(|draft| draft.id), KEPT)
}

async fn said(telling: &Telling, space: &Space) -> Result<NewItem, Failure> {
    let about = match &telling.about {
        Some(named) => Some(find(named, space).await?.id),
        None => None,
    };
    Ok(NewItem { about, ..telling.content.item(telling.form) })
}

pub async fn run(
    command: TellingCommand,
    space: &Space,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let shared = space.shared();
    let view = match command {
        TellingCommand::List { form } => {
            let told = shared.list(form).await?;
            terminal.ok(json!({"told": told}), &render::telling::told(&told));
            return Ok(());
        }
        TellingCommand::Breaches => {
            let breaches = shared.breaches().await?;
            terminal.ok(json!({"breaches": breaches}), &render::telling::breaches(&breaches));
            return Ok(());
        }
        TellingCommand::Drafts => {
            let drafts = shared.drafts().await?;
            terminal.ok(json!({"drafts": drafts}), &render::telling::drafts(&drafts));
            return Ok(());
        }
        TellingCommand::Keep { telling, id } => {
            let id = match &id {
                Some(named) => Some(kept(named, space).await?),
                None => None,
            };
            let draft = shared.keep(id, said(&telling, space).await?).await?;
            let text = render::telling::drafts(std::slice::from_ref(&draft));
            // Only while one writes for oneself, and only on the screen (R21).
            let hints = render::telling::hints(&draft);
            terminal.ok(json!(draft), &[text, hints].concat());
            return Ok(());
        }
        TellingCommand::Discard { draft } => {
            shared.discard(kept(&draft, space).await?).await?;
            terminal.ok(json!({}), "Thrown away.");
            return Ok(());
        }
        TellingCommand::TakeBack { id, words: None } => {
            shared.take_back(find(&id, space).await?.id).await?;
            terminal.ok(json!({}), "Taken back: its words are deleted on both phones.");
            return Ok(());
        }
        TellingCommand::TakeBack { id, words: Some(words) } => {
            let item = find(&id, space).await?;
            let told = item.tellings.iter().map(|telling| telling.id);
            let all = told.chain(item.answers.iter().map(|answer| answer.id));
            shared.withdraw_words(item.id, words.among(all, TOLD)?).await?
        }
        TellingCommand::Tell(telling) => shared.offer(said(&telling, space).await?).await?,
        TellingCommand::Anew { id, content } => {
            let item = find(&id, space).await?;
            let new = NewItem { about: item.about, ..content.item(item.form) };
            shared.revise(item.id, new).await?
        }
        TellingCommand::Answer { id, reply, text, until } => {
            shared.answer(&find(&id, space).await?, reply, text, until).await?
        }
        TellingCommand::Offer { draft } => shared.offer_kept(kept(&draft, space).await?).await?,
    };
    terminal.ok(json!(view), &render::telling::told(std::slice::from_ref(&view)));
    Ok(())
}
