//! Check-ins and intentions.

use super::refusal;
use crate::args::checkin::{CheckinCommand, PeriodArgs};
use crate::reference::{Reference, Things};
use crate::render;
use crate::terminal::{Failure, Terminal};
use amends::RefusalCode;
use amends::Space;
use amends::id::IntentionId;
use amends::{Answer, Answers, CheckInState, Period, TemplateId};
use serde_json::json;

const TEMPLATES: Things =
    Things { shown_by: "checkin templates", missing: RefusalCode::TemplateUnknown };

const INTENTIONS: Things =
    Things { shown_by: "checkin intentions", missing: RefusalCode::NoLongerThere };

pub async fn find_template(named: &Reference, space: &Space) -> Result<TemplateId, Failure> {
    let templates = space.check_ins().templates().await?;
    named.among(templates.iter().map(|template| template.id), TEMPLATES)
}

async fn find_intention(named: &Reference, space: &Space) -> Result<IntentionId, Failure> {
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

pub async fn run(
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
            let words = render::checkin::check_ins(&views, &templates);
            terminal.ok(json!({"check_ins": views}), &words);
            return Ok(());
        }
        Templates => {
            let words = render::checkin::templates(&templates);
            terminal.ok(json!({"templates": templates}), &words);
            return Ok(());
        }
        Template { title, items, cadence } => {
            let made = check_ins.make_template(&title, cadence, items).await?;
            let words = render::checkin::templates(std::slice::from_ref(&made));
            terminal.ok(json!(made), &words);
            return Ok(());
        }
        TakeOn { id } => {
            let taken = check_ins.take_on(find_template(&id, space).await?).await?;
            let words = render::checkin::templates(std::slice::from_ref(&taken));
            terminal.ok(json!(taken), &words);
            return Ok(());
        }
        LetGo { id } => {
            let let_go = check_ins.let_go(find_template(&id, space).await?).await?;
            let words = render::checkin::templates(std::slice::from_ref(&let_go));
            terminal.ok(json!(let_go), &words);
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
            terminal.ok(json!(one), &render::checkin::intentions(std::slice::from_ref(&one)));
            return Ok(());
        }
        Intentions => {
            let all = check_ins.intentions().await?;
            terminal.ok(json!({"intentions": all}), &render::checkin::intentions(&all));
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
        TakeBack(args) => {
            let (template, period) = which(args, space).await?;
            check_ins.take_back(template, period).await?
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
    let words = render::checkin::check_ins(std::slice::from_ref(&view), &templates);
    terminal.ok(json!(view), &words);
    Ok(())
}
