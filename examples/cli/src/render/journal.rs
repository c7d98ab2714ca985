//! What is written for oneself.

use super::{short, utc, wrap};
use amends::Note;

/// Notes of the journal.
pub fn notes(notes: &[Note]) -> String {
    if notes.is_empty() {
        return "There are no such notes.".to_owned();
    }
    let one = |note: &Note| {
        let content = &note.note.content;
        let when = utc(note.written);
        let mut lines = vec![format!("{}  {}, {when}", short(note.id), content.kind())];
        let texts = content.texts().into_iter().filter(|text| !text.is_empty());
        lines.extend(texts.map(|text| wrap(text, "    ")));
        let feeling = |feeling: &amends::Feeling| match feeling.intensity {
            Some(step) => format!("{} {step}/5", feeling.name),
            None => feeling.name.clone(),
        };
        if !note.note.feelings.is_empty() {
            let all: Vec<String> = note.note.feelings.iter().map(feeling).collect();
            lines.push(wrap(&format!("felt: {}", all.join(", ")), "    "));
        }
        lines.join("\n")
    };
    notes.iter().map(one).collect::<Vec<_>>().join("\n")
}
