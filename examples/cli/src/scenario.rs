//! Stories told in JSON, played on two phones.
//!
//! A story says whose phone does what when, when the two meet, and what each
//! must then see. Between meetings they are apart. The same story runs with both
//! phones in this process, with every act as a process of its own, or with phones in
//! other languages; in every way each act goes through the command line, the library and the disk, and each
//! meeting over a socket. At the end `doctor` must find nothing on either phone.
//! The format is described in `tests/scenarios/README.md`.

mod actor;
mod doing;
mod harness;
mod story;

pub use actor::{Actor, Kind, meet, pair};
pub use harness::Harness;
pub use story::{Story, play};

use crate::terminal::{Failure, Terminal};
use serde_json::json;
use std::path::Path;

/// Plays the story in a file.
///
/// # Errors
/// Usage for a file that is no story; a refusal naming the step that went
/// another way than told.
pub async fn run_file(
    file: &Path,
    [ana, ben]: [Kind; 2],
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
    let story = Story::parse(&text)
        .map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
    terminal.say(&story.title);
    let steps = play(&story, [ana, ben]).await.map_err(|text| Failure {
        kind: "refusal",
        code: "StoryDiffers".to_owned(),
        text,
    })?;
    terminal.ok(json!({"title": story.title, "steps": steps}), &format!("{steps} steps, as told."));
    Ok(())
}
