//! What is written for oneself.

use super::openness::until;
use crate::args::journal::{JournalCommand, LeaningArg, NoteArgs, NoteKind, SeenArg, StateArg};
use crate::reference::{Reference, Things};
use crate::render;
use crate::terminal::{Failure, Terminal};
use amends::RefusalCode;
use amends::Space;
use amends::id::NoteId;
use amends::{
    Feeling, GoalState, GoalStep as Step, Inclination as Leaning, NewNote, NoteContent as Content,
    Seen,
};
use serde_json::json;

const NOTES: Things = Things { shown_by: "journal search", missing: RefusalCode::NotFound };

/// A note from its parts. What is not given of one that is changed stays as it was.
fn note(args: NoteArgs, before: Option<&NewNote>) -> Result<NewNote, Failure> {
    let kind = match (args.kind, before.map(|note| kind_of(&note.content))) {
        (Some(wanted), Some(is)) if wanted != is => {
            let other = "this note is of another kind: write a new one".to_owned();
            return Err(Failure::usage(other));
        }
        (wanted, is) => wanted.or(is).unwrap_or(NoteKind::Journal),
    };
    let mut words = args.words.into_iter();
    let mut next = || words.next().unwrap_or_default();
    let content = match kind {
        NoteKind::Journal => Content::Journal { text: next() },
        NoteKind::Trigger => Content::Trigger { cue: next(), happened: next(), helped: next() },
        NoteKind::SelfTrust => Content::SelfTrust { noticed: next(), felt: next(), did: next() },
        NoteKind::Observation => Content::Observation {
            seen: match args.seen {
                SeenArg::Honesty => Seen::Honesty,
                SeenArg::Ownership => Seen::Ownership,
                SeenArg::Repair => Seen::Repair,
                SeenArg::Availability => Seen::Availability,
            },
            text: next(),
        },
        NoteKind::Reflection => Content::Reflection {
            situation: next(),
            need: next(),
            choice: next(),
            alternative: next(),
        },
        NoteKind::Goal => Content::Goal {
            area: next(),
            steps: words
                .by_ref()
                .enumerate()
                .map(|(at, text)| Step { text, done: args.done.contains(&(at + 1)) })
                .collect(),
            review: args.review,
            state: match args.state {
                StateArg::Active => GoalState::Active,
                StateArg::Paused => GoalState::Paused,
                StateArg::Done => GoalState::Done,
                StateArg::Dropped => GoalState::Dropped,
            },
        },
        NoteKind::Leaning => Content::Leaning {
            leaning: match args.leaning {
                LeaningArg::Staying => Leaning::Staying,
                LeaningArg::Unsure => Leaning::Unsure,
                LeaningArg::Leaving => Leaning::Leaving,
            },
            text: next(),
        },
    };
    if words.next().is_some() {
        return Err(Failure::usage("these are more words than such a note has parts".to_owned()));
    }
    let feeling = |text: &String| match text.split_once('=') {
        Some((name, step)) => {
            let wrong = || Failure::usage("an intensity is 1 to 5, as fear=3".to_owned());
            let intensity = Some(step.parse().map_err(|_| wrong())?);
            Ok(Feeling { name: name.to_owned(), intensity })
        }
        None => Ok(Feeling { name: text.clone(), intensity: None }),
    };
    let mut feelings: Vec<Feeling> =
        args.feelings.iter().map(feeling).collect::<Result<_, Failure>>()?;
    let (mut content, mut tags) = (content, args.tags);
    if let Some(before) = before {
        if feelings.is_empty() {
            feelings.clone_from(&before.feelings);
        }
        if tags.is_empty() {
            tags.clone_from(&before.tags);
        }
        if let (
            Content::Goal { steps, review, .. },
            Content::Goal { steps: had, review: was, .. },
        ) = (&mut content, &before.content)
        {
            if steps.is_empty() {
                steps.clone_from(had);
                for (at, step) in steps.iter_mut().enumerate() {
                    step.done |= args.done.contains(&(at + 1));
                }
            };
            *review = (*review).or(*was);
        }
    }
    Ok(NewNote { content, feelings, tags })
}

fn kind_of(content: &Content) -> NoteKind {
    match content {
        Content::Journal { .. } => NoteKind::Journal,
        Content::Trigger { .. } => NoteKind::Trigger,
        Content::SelfTrust { .. } => NoteKind::SelfTrust,
        Content::Observation { .. } => NoteKind::Observation,
        Content::Reflection { .. } => NoteKind::Reflection,
        Content::Goal { .. } => NoteKind::Goal,
        Content::Leaning { .. } => NoteKind::Leaning,
    }
}

async fn find_note(named: &Reference, space: &Space) -> Result<NoteId, Failure> {
    let notes = space.inner().search("").await?;
    named.among(notes.iter().map(|note| note.id), NOTES)
}

pub async fn run(
    command: JournalCommand,
    space: &Space,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    use JournalCommand::*;
    let inner = space.inner();
    let note = match command {
        Write(args) => inner.write(note(args, None)?).await?,
        Change { id, note: args } => {
            let id = find_note(&id, space).await?;
            let before = inner.show(id).await?;
            inner.change(id, note(args, Some(&before.note))?).await?
        }
        Show { id } => inner.show(find_note(&id, space).await?).await?,
        Search { query } => {
            let notes = inner.search(&query.join(" ")).await?;
            terminal.ok(json!({"notes": notes}), &render::journal::notes(&notes));
            return Ok(());
        }
        Remove { id } => {
            let id = find_note(&id, space).await?;
            inner.remove(id).await?;
            terminal.ok(json!({"removed": id}), "Removed.");
            return Ok(());
        }
        CopyOut { id, words, kind, days } => {
            let id = find_note(&id, space).await?;
            let post = inner.copy_out(id, &words, kind, until(days, space)).await?;
            terminal.ok(json!(post), &render::openness::posts(std::slice::from_ref(&post)));
            return Ok(());
        }
    };
    terminal.ok(json!(note), &render::journal::notes(std::slice::from_ref(&note)));
    Ok(())
}
