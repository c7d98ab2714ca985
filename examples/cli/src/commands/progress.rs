//! How it goes.

use super::checkin::find_template;
use crate::args::progress::ProgressArgs;
use crate::render;
use crate::terminal::{Failure, Terminal};
use amends::Space;
use amends::Who;
use serde_json::json;

pub async fn run(
    args: ProgressArgs,
    space: &Space,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let progress = space.progress();
    let of = if args.partner { Who::Partner } else { Who::Me };
    let weeks = progress.follow_through(of, args.weeks).await?;
    let line = progress.pattern_line(of, args.weeks).await?;
    let mut trends = progress.trends(find_template(&args.template, space).await?).await?;
    trends.retain(|trend| trend.of == of);
    let milestones = progress.milestones().await?;
    let words = render::progress::progress(&weeks, &line, &trends, &milestones);
    terminal.ok(
        json!({"weeks": weeks, "line": line, "trends": trends, "milestones": milestones}),
        &words,
    );
    Ok(())
}
