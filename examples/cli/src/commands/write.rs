//! Help while writing: needs no phone, and leaves nothing on one (R21).

use crate::args::write::WriteCommand;
use crate::render;
use crate::terminal::{Failure, Terminal};
use amends::{Pack, writing_hints};
use serde_json::json;

pub fn run(command: WriteCommand, terminal: &mut Terminal) -> Result<(), Failure> {
    let pack = Pack::of("en").ok_or_else(|| Failure::usage("no language pack".to_owned()))?;
    match command {
        WriteCommand::Hints { text, purpose } => {
            let hints = writing_hints(&text, purpose, &pack);
            let words = render::write::hints(&text, &hints);
            terminal.ok(json!({"hints": hints}), &words);
        }
        WriteCommand::Cards { deck } => {
            let cards = pack.cards(deck);
            terminal.ok(json!({"cards": cards}), &render::write::cards(cards));
        }
        WriteCommand::Own { deed, feeling } => {
            let sentence = pack.scaffold(&deed, &feeling);
            let unfilled = || Failure::usage("say both: the deed and the feeling".to_owned());
            let sentence = sentence.ok_or_else(unfilled)?;
            terminal.ok(json!({"sentence": sentence}), &sentence);
        }
    }
    Ok(())
}
