//! How long words are kept, and what one takes no part in.

use crate::args::limits::LimitsCommand;
use crate::render;
use crate::terminal::{Failure, Terminal};
use amends::Space;
use serde_json::json;

pub async fn run(
    command: LimitsCommand,
    space: &Space,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let limits = match command {
        LimitsCommand::Show => space.limits().await?,
        LimitsCommand::Set { retention, off } => {
            space.set_limits(retention, off.into_iter().collect()).await?
        }
    };
    terminal.ok(json!(limits), &render::limits::limits(&limits));
    Ok(())
}
