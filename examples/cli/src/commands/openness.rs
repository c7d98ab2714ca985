//! What is told of oneself.

use super::agreement;
use crate::args::openness::OpennessCommand;
use crate::reference::{Reference, Things};
use crate::render;
use crate::terminal::{Failure, Terminal};
use amends::NewPost;
use amends::RefusalCode;
use amends::Space;
use amends::id::PostId;
use amends::time::{DAY, Moment};
use serde_json::json;

const POSTS: Things = Things { shown_by: "openness list", missing: RefusalCode::NoLongerThere };

pub fn until(days: Option<u16>, space: &Space) -> Option<Moment> {
    days.map(|days| space.now().plus(i64::from(days) * DAY))
}

async fn find_post(named: &Reference, space: &Space) -> Result<PostId, Failure> {
    let posts = space.openness().list().await?;
    named.among(posts.iter().map(|post| post.id), POSTS)
}

pub async fn run(
    command: OpennessCommand,
    space: &Space,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    use OpennessCommand::*;
    let openness = space.openness();
    let view = match command {
        List => {
            let posts = openness.list().await?;
            terminal.ok(json!({"posts": posts}), &render::openness::posts(&posts));
            return Ok(());
        }
        Post { kind, text, until: moment, days, want, amount, happened, under } => {
            let under = match under {
                Some(id) => Some(agreement::find(&id, space).await?.id),
                None => None,
            };
            let until = moment.or_else(|| until(days, space));
            let post = NewPost { kind, text, until, want, amount, happened, under };
            openness.post(post).await?
        }
        Correct { id, text } => openness.correct(find_post(&id, space).await?, &text).await?,
        Withdraw { id } => openness.withdraw(find_post(&id, space).await?).await?,
        Thank { id } => openness.thank(find_post(&id, space).await?).await?,
    };
    terminal.ok(json!(view), &render::openness::posts(std::slice::from_ref(&view)));
    Ok(())
}
