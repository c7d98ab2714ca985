//! Space, for a while.

use crate::args::space::SpaceCommand;
use crate::render;
use crate::terminal::{Failure, Terminal};
use amends::Space;
use serde_json::json;

pub async fn run(
    command: SpaceCommand,
    space: &Space,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let now = match command {
        SpaceCommand::Show => space.space_now().await?,
        SpaceCommand::Begin { until, contact } => space.begin_space(until, contact).await?,
        SpaceCommand::End => space.end_space().await?,
    };
    terminal.ok(json!({"space": now}), &render::space::space(now.as_ref()));
    Ok(())
}
