//! What one shares.

use crate::args::share::ShareCommand;
use crate::render;
use crate::terminal::{Failure, Terminal};
use amends::Space;
use serde_json::json;

pub async fn run(
    command: ShareCommand,
    space: &Space,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    match command {
        ShareCommand::Show => {
            let items = space.what_i_share().await?;
            terminal.ok(json!({"sharing": items}), &render::share::shared(&items));
        }
        ShareCommand::StopAll => {
            let stopped = space.stop_all().await?;
            let left = space.what_i_share().await?;
            let words = format!("Stopped {}. {}", stopped.len(), render::share::shared(&left));
            terminal.ok(json!({"stopped": stopped, "sharing": left}), &words);
        }
    }
    Ok(())
}
