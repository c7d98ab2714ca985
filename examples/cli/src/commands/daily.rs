//! Openness, the journal, check-ins, progress, reminders, limits and space.

use super::{agreement, refusal};
use crate::args::checkin::{CheckinCommand, PeriodArgs};
use crate::args::journal::{JournalCommand, LeaningArg, NoteArgs, NoteKind, SeenArg, StateArg};
use crate::args::limits::LimitsCommand;
use crate::args::openness::OpennessCommand;
use crate::args::progress::ProgressArgs;
use crate::args::remind::{RemindCommand, weekly};
use crate::args::space::SpaceCommand;
use crate::reference::{Reference, Things};
use crate::render;
use crate::terminal::{Failure, Terminal};
use amends::Space;
use amends::domain::checkin::{Answer, Answers, CheckInState, Period, TemplateId};
use amends::domain::inner::{Content, Feeling, GoalState, Leaning, NewNote, Seen, Step};
use amends::domain::openness::NewPost;
use amends::domain::pair::Who;
use amends::domain::refusal::RefusalCode;
use amends::id::{DocId, ItemId};
use amends::time::{DAY, Moment};
use serde_json::json;

fn until(days: Option<u16>, space: &Space) -> Option<Moment> {
    days.map(|days| space.now().plus(i64::from(days) * DAY))
}

const POSTS: Things = Things { shown_by: "openness list", missing: RefusalCode::NoLongerThere };
const NOTES: Things = Things { shown_by: "journal search", missing: RefusalCode::NotFound };
const TEMPLATES: Things =
    Things { shown_by: "checkin templates", missing: RefusalCode::TemplateUnknown };
const INTENTIONS: Things =
    Things { shown_by: "checkin intentions", missing: RefusalCode::NoLongerThere };

async fn find_post(named: &Reference, space: &Space) -> Result<ItemId, Failure> {
    let posts = space.openness().list().await?;
    named.among(posts.iter().map(|post| post.id), POSTS)
}

pub async fn openness(
    command: OpennessCommand,
    space: &Space,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    use OpennessCommand::*;
    let openness = space.openness();
    let view = match command {
        List => {
            let posts = openness.list().await?;
            terminal.ok(json!({"posts": posts}), &render::daily::posts(&posts));
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
    terminal.ok(json!(view), &render::daily::posts(std::slice::from_ref(&view)));
    Ok(())
}

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

async fn find_note(named: &Reference, space: &Space) -> Result<DocId, Failure> {
    let notes = space.inner().search("").await?;
    named.among(notes.iter().map(|note| note.id), NOTES)
}

pub async fn journal(
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
            terminal.ok(json!({"notes": notes}), &render::daily::notes(&notes));
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
            terminal.ok(json!(post), &render::daily::posts(std::slice::from_ref(&post)));
            return Ok(());
        }
    };
    terminal.ok(json!(note), &render::daily::notes(std::slice::from_ref(&note)));
    Ok(())
}

async fn find_template(named: &Reference, space: &Space) -> Result<TemplateId, Failure> {
    let templates = space.check_ins().templates().await?;
    named.among(templates.iter().map(|template| template.id), TEMPLATES)
}

async fn find_intention(named: &Reference, space: &Space) -> Result<ItemId, Failure> {
    let intentions = space.check_ins().intentions().await?;
    named.among(intentions.iter().map(|one| one.id), INTENTIONS)
}

fn answers(texts: &[String]) -> Result<Answers, Failure> {
    let wrong = || Failure::usage("an answer is 3=4, 3=WORDS or 3=4:WORDS".to_owned());
    let mut answers = Answers::new();
    for text in texts {
        let (item, answer) = text.split_once('=').ok_or_else(wrong)?;
        let item = item.parse().map_err(|_| wrong())?;
        let (scale, words) = match (answer.parse::<u8>(), answer.split_once(':')) {
            (Ok(scale), _) => (Some(scale), None),
            (_, Some((scale, words))) if scale.parse::<u8>().is_ok() => {
                (scale.parse().ok(), Some(words.to_owned()))
            }
            _ => (None, Some(answer.to_owned())),
        };
        answers.insert(item, Answer { scale, words });
    }
    Ok(answers)
}

async fn which(args: PeriodArgs, space: &Space) -> Result<(TemplateId, Period), Failure> {
    let template = find_template(&args.template, space).await?;
    let period = match args.period {
        Some(period) => period,
        None => {
            let all = space.check_ins().templates().await?;
            let asked = all.iter().find(|asked| asked.id == template);
            let asked = asked.ok_or_else(|| refusal(RefusalCode::TemplateUnknown))?;
            asked.cadence.period(space.today())
        }
    };
    Ok((template, period))
}

pub async fn checkin(
    command: CheckinCommand,
    space: &Space,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    use CheckinCommand::*;
    let check_ins = space.check_ins();
    let templates = check_ins.templates().await?;
    let view = match command {
        List => {
            let views = check_ins.list().await?;
            let words = render::daily::check_ins(&views, &templates);
            terminal.ok(json!({"check_ins": views}), &words);
            return Ok(());
        }
        Templates => {
            let words = render::daily::templates(&templates);
            terminal.ok(json!({"templates": templates}), &words);
            return Ok(());
        }
        Template { title, items, cadence } => {
            let made = check_ins.make_template(&title, cadence, items).await?;
            let words = render::daily::templates(std::slice::from_ref(&made));
            terminal.ok(json!(made), &words);
            return Ok(());
        }
        DropTemplate { id } => {
            let TemplateId::Own(id) = find_template(&id, space).await? else {
                return Err(refusal(RefusalCode::NotYourWords));
            };
            check_ins.drop_template(id).await?;
            terminal.ok(json!({"dropped": id}), "Taken back.");
            return Ok(());
        }
        Intend { words } => {
            let one = check_ins.intend(&words).await?;
            terminal.ok(json!(one), &render::daily::intentions(std::slice::from_ref(&one)));
            return Ok(());
        }
        Intentions => {
            let all = check_ins.intentions().await?;
            terminal.ok(json!({"intentions": all}), &render::daily::intentions(&all));
            return Ok(());
        }
        Thank { id } => {
            check_ins.thank(find_intention(&id, space).await?).await?;
            terminal.ok(json!({"thanked": true}), "You said thank you.");
            return Ok(());
        }
        Withdraw { id } => {
            check_ins.withdraw(find_intention(&id, space).await?).await?;
            terminal.ok(json!({"withdrawn": true}), "Taken back.");
            return Ok(());
        }
        Answer { answers: texts, template } => {
            let template = find_template(&template, space).await?;
            // What was answered before stays, unless it is answered anew.
            let views = check_ins.list().await?;
            let begun = views
                .into_iter()
                .find(|view| view.template == template && view.state == CheckInState::Draft);
            let mut all = begun.and_then(|view| view.mine).unwrap_or_default();
            all.extend(answers(&texts)?);
            check_ins.draft(template, all).await?
        }
        Seal { template } => check_ins.seal(find_template(&template, space).await?).await?,
        Skip { template } => check_ins.skip(find_template(&template, space).await?).await?,
        Cancel(args) => {
            let (template, period) = which(args, space).await?;
            check_ins.cancel(template, period).await?
        }
        ShareAlone(args) => {
            let (template, period) = which(args, space).await?;
            check_ins.share_alone(template, period).await?
        }
        KeepPrivate(args) => {
            let (template, period) = which(args, space).await?;
            check_ins.keep_private(template, period).await?
        }
    };
    let words = render::daily::check_ins(std::slice::from_ref(&view), &templates);
    terminal.ok(json!(view), &words);
    Ok(())
}

pub async fn progress(
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
    let words = render::daily::progress(&weeks, &line, &trends, &milestones);
    terminal.ok(
        json!({"weeks": weeks, "line": line, "trends": trends, "milestones": milestones}),
        &words,
    );
    Ok(())
}

pub async fn remind(
    command: RemindCommand,
    space: &Space,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let RemindCommand::Wishes { quiet, quiet_until, lead, evening, check_in, milestones } = command
    else {
        let reminders = space.progress().reminders().await?;
        let words = render::daily::reminders(&reminders, &space.zone());
        terminal.ok(json!({"reminders": reminders}), &words);
        return Ok(());
    };
    let before = space.wishes().await?;
    let mut wishes = before.clone();
    if let Some((from, to)) = quiet {
        (wishes.quiet_from, wishes.quiet_to) = (from, to);
    }
    if let Some(text) = quiet_until {
        wishes.quiet_until = match text.as_str() {
            "none" => None,
            text => Some(Moment::parse(text).ok_or_else(|| {
                Failure::usage("expected a time such as 2026-03-02T18:30:00+01:00".to_owned())
            })?),
        };
    }
    if let Some(minutes) = lead {
        wishes.promise_lead = (minutes > 0).then_some(minutes.saturating_mul(60));
    }
    if let Some(text) = check_in {
        wishes.check_in = match text.as_str() {
            "none" => None,
            text => Some(weekly(text).map_err(Failure::usage)?),
        };
    }
    wishes.evening_note = evening.unwrap_or(wishes.evening_note);
    wishes.milestones = milestones.unwrap_or(wishes.milestones);
    if wishes != before {
        space.set_wishes(wishes.clone()).await?;
    }
    terminal.ok(json!(wishes), &render::daily::wishes(&wishes));
    Ok(())
}

pub async fn limits(
    command: LimitsCommand,
    space: &Space,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let (holds, mine) = match command {
        LimitsCommand::Show => space.limits().await?,
        LimitsCommand::Set { retention, off } => {
            space.set_limits(retention, off.into_iter().collect()).await?
        }
    };
    terminal.ok(json!({"holds": holds, "mine": mine}), &render::daily::limits(&holds));
    Ok(())
}

pub async fn space_of(
    command: SpaceCommand,
    space: &Space,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let now = match command {
        SpaceCommand::Show => space.space_now().await?,
        SpaceCommand::Begin { until, contact } => space.begin_space(until, contact).await?,
        SpaceCommand::End => space.end_space().await?,
    };
    terminal.ok(json!({"space": now}), &render::daily::space(now.as_ref()));
    Ok(())
}
