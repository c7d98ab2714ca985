//! Agreements and one-sided offers.

use super::refusal;
use crate::args::agreement::{AgreementCommand, ProposeArgs, clause};
use crate::reference::{Reference, Things};
use crate::render;
use crate::terminal::{Failure, Terminal};
use amends::Adoption;
use amends::RefusalCode;
use amends::Space;
use amends::Splice;
use amends::Who;
use amends::id::{AgreementDraftId, DocId, RevisionHash};
use amends::time::DAY;
use amends::{AgreementView, RevisionView};
use amends::{HistoryItem, Status};
use amends::{Terms, TermsClause};
use serde_json::json;

pub async fn run(
    command: AgreementCommand,
    space: &Space,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    use AgreementCommand::*;
    let agreements = space.agreements();
    let view = match command {
        Draft { text, id, discard } => return draft(text, id, discard, space, terminal).await,
        List => return list(space, terminal).await,
        History { id } => return history(&id, space, terminal).await,
        Consent { id, revision, seen, adopts } => {
            return consent(&id, revision, seen, adopts, space, terminal).await;
        }
        Open { draft, agreement } => {
            let draft = find_draft(&draft, space).await?;
            let agreement = match agreement {
                Some(id) => Some(find(&id, space).await?.id),
                None => None,
            };
            agreements.open_draft(draft, agreement).await?
        }
        Type { id, text, at, delete, insert } => {
            let shown = find(&id, space).await?;
            match text {
                Some(text) => agreements.type_text(&shown, &text).await?,
                None => agreements.splice(shown.id, Splice { start: at, delete, insert }).await?,
            }
        }
        Propose(args) => propose(args, space).await?,
        Show { id } => find(&id, space).await?,
        Withdraw { id, revision } => {
            let shown = find(&id, space).await?;
            agreements.withdraw(shown.id, text_of(&shown, revision)?).await?
        }
        Decline { id, revision } => {
            let shown = find(&id, space).await?;
            agreements.decline(shown.id, text_of(&shown, revision)?).await?
        }
        Suspend { id } => agreements.suspend(find(&id, space).await?.id).await?,
        Resume { id } => agreements.resume(find(&id, space).await?.id).await?,
        Renew { id, expires } => agreements.renew(&find(&id, space).await?, expires).await?,
        End { id } => agreements.end(find(&id, space).await?.id).await?,
    };
    terminal.ok(render::agreement_json(&view), &render::agreement(&view));
    Ok(())
}

const AGREEMENTS: Things = Things { shown_by: "agreement list", missing: RefusalCode::NotFound };
const DRAFTS: Things = Things { shown_by: "agreement draft", missing: RefusalCode::NotFound };
const TEXTS: Things = Things { shown_by: "agreement show ID", missing: RefusalCode::StaleRevision };

/// The agreement that is named.
pub async fn find(named: &Reference, space: &Space) -> Result<AgreementView, Failure> {
    let views = space.agreements().list().await?;
    let id = named.among(views.iter().map(|view| view.id), AGREEMENTS)?;
    views.into_iter().find(|view| view.id == id).ok_or(refusal(RefusalCode::NotFound))
}

async fn find_draft(named: &Reference, space: &Space) -> Result<AgreementDraftId, Failure> {
    let drafts = space.agreements().drafts().await?;
    named.among(drafts.iter().map(|draft| draft.id), DRAFTS)
}

fn texts(view: &AgreementView) -> impl Iterator<Item = &RevisionView> {
    view.on_table.iter().chain(&view.cooling).chain(&view.current)
}

fn text_of(
    view: &AgreementView,
    named: Option<Reference>,
) -> Result<Option<RevisionHash>, Failure> {
    named.map(|named| named.among(texts(view).map(|text| text.hash), TEXTS)).transpose()
}

async fn consent(
    id: &Reference,
    revision: Option<Reference>,
    seen: Option<String>,
    adopts: Vec<Adoption>,
    space: &Space,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let shown = find(id, space).await?;
    let open: Vec<RevisionHash> = shown.on_table.iter().map(|text| text.hash).collect();
    let revision = match (text_of(&shown, revision)?, &open[..]) {
        (Some(revision), _) => revision,
        (None, [only]) => *only,
        (None, []) => {
            // What was agreed or closed before answers with its own reason.
            texts(&shown).next().map(|text| text.hash).ok_or(refusal(RefusalCode::StaleRevision))?
        }
        (None, _) => {
            return Err(Failure::usage(
                "there are several texts: name one with --revision and the first characters of its hash"
                    .to_owned(),
            ));
        }
    };
    match seen {
        Some(seen) if seen == shown.token() => {}
        Some(_) => return Err(refusal(RefusalCode::StaleView)),
        None if terminal.interactive() => {
            terminal.say(&render::agreement(&shown));
            let answer = terminal.ask("Do you agree to exactly these words? Type yes:").await?;
            if answer != "yes" {
                return Err(Failure::usage("nothing was done".to_owned()));
            }
        }
        None => {
            return Err(Failure::usage(
                "say which view you read: `amends agreement show ID` prints it, then --seen VIEW"
                    .to_owned(),
            ));
        }
    }
    let view = space.agreements().consent(&shown, revision, Some(adopts)).await?;
    terminal.ok(render::agreement_json(&view), &render::agreement(&view));
    Ok(())
}

async fn propose(args: ProposeArgs, space: &Space) -> Result<AgreementView, Failure> {
    let shown = match &args.id {
        Some(id) => Some(find(id, space).await?),
        None => None,
    };
    if let (Some(seen), Some(shown)) = (&args.seen, &shown)
        && *seen != shown.token()
    {
        return Err(refusal(RefusalCode::StaleView));
    }
    let mut clauses = args.clauses;
    if clauses.is_empty() {
        clauses = from_draft(shown.as_ref(), &space.status().await?)?;
    }
    keep_ids(&mut clauses, shown.as_ref());
    let now = space.now();
    let starts = args.starts;
    let expires_at =
        args.expires.or(args.days.map(|days| starts.unwrap_or(now).plus(i64::from(days) * DAY)));
    let about = match &args.about {
        Some(named) => Some(subject(named, space).await?),
        None => None,
    };
    let terms = Terms {
        kind: args.kind,
        about,
        clauses,
        starts,
        expires_at,
        review_at: args.review,
        taper: args.taper,
        lang: args.lang,
    };
    let agreements = space.agreements();
    Ok(match (shown, args.offer) {
        (Some(shown), _) => agreements.counter(&shown, terms).await?,
        (None, true) => agreements.offer(terms).await?,
        (None, false) => agreements.propose(terms).await?,
    })
}

const SUBJECTS: Things = Things { shown_by: "telling list", missing: RefusalCode::NotFound };

/// Something that was told, or a talk.
async fn subject(named: &Reference, space: &Space) -> Result<DocId, Failure> {
    let told = space.shared().list(None).await?.into_iter().map(|item| DocId::from(item.id));
    let talks = space.hearing().talks().await?.into_iter().map(|talk| talk.id.into());
    named.among(told.chain(talks), SUBJECTS)
}

/// Each line of the open working draft is a sentence. Both type there, so it
/// names whom it binds: "me" would change its meaning with who proposes.
fn from_draft(shown: Option<&AgreementView>, status: &Status) -> Result<Vec<TermsClause>, Failure> {
    let draft = shown.and_then(|view| view.draft.as_ref()).ok_or_else(|| {
        Failure::usage(
            "say what is proposed: --clause \"both: We talk on Sunday evenings.\"".to_owned(),
        )
    })?;
    let lines = draft.text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| draft_line(line, status)).collect()
}

fn draft_line(line: &str, status: &Status) -> Result<TermsClause, Failure> {
    let names = [(Some(&status.name), "me"), (status.partner.as_ref(), "partner")];
    let who: String = line.chars().take_while(|c| !matches!(c, ':' | '/' | '@')).collect();
    if matches!(who.as_str(), "me" | "partner") {
        return Err(Failure::usage(format!(
            "both of you type in a working draft: write the name instead of {who:?} in {line:?}"
        )));
    }
    let named = names.iter().find(|(name, _)| name.is_some_and(|name| *name == who));
    let line = match named {
        Some((_, word)) => format!("{word}{}", &line[who.len()..]),
        None => line.to_owned(),
    };
    // A line that does not say whom it binds binds both.
    let both = TermsClause {
        id: None,
        text: line.clone(),
        binds: Who::Both,
        category: amends::Category::General,
        cadence: None,
    };
    Ok(clause(&line).unwrap_or(both))
}

/// A sentence that stays word for word keeps its id.
fn keep_ids(clauses: &mut [TermsClause], shown: Option<&AgreementView>) {
    let Some(shown) = shown else { return };
    for clause in clauses {
        let known = texts(shown).flat_map(|text| &text.clauses).find(|known| {
            known.text == clause.text
                && known.binds == clause.binds
                && known.category == clause.category
                && known.cadence == clause.cadence
        });
        clause.id = known.map(|known| known.id.clone());
    }
}

async fn draft(
    text: Option<String>,
    id: Option<Reference>,
    discard: Option<Reference>,
    space: &Space,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let agreements = space.agreements();
    if let Some(named) = discard {
        agreements.discard_draft(find_draft(&named, space).await?).await?;
        terminal.ok(json!({"discarded": true}), "Thrown away.");
        return Ok(());
    }
    let Some(text) = text else {
        let drafts = agreements.drafts().await?;
        let line = |d: &amends::PrivateDraft| {
            format!("{}\n{}", render::short(d.id), render::wrap(&d.text, "    "))
        };
        let words: Vec<String> = drafts.iter().map(line).collect();
        terminal.ok(json!({"drafts": drafts}), &words.join("\n"));
        return Ok(());
    };
    let id = match id {
        Some(named) => Some(find_draft(&named, space).await?),
        None => None,
    };
    let draft = agreements.keep_draft(id, &text).await?;
    let words = format!("Kept as draft {}. Only you can see it.", render::short(draft.id));
    terminal.ok(json!(draft), &words);
    Ok(())
}

async fn list(space: &Space, terminal: &mut Terminal) -> Result<(), Failure> {
    let views = space.agreements().list().await?;
    let now = space.agreements().now().await?;
    let lines: Vec<String> = views.iter().map(render::agreement_line).collect();
    let words =
        if lines.is_empty() { "There are no agreements yet.".to_owned() } else { lines.join("\n") };
    let agreements: Vec<_> = views.iter().map(render::agreement_json).collect();
    terminal.ok(json!({"agreements": agreements, "now": now}), &words);
    Ok(())
}

async fn history(id: &Reference, space: &Space, terminal: &mut Terminal) -> Result<(), Failure> {
    let shown = find(id, space).await?;
    let items = space.agreements().history(shown.id).await?;
    let line = |item: &HistoryItem| {
        let by = match item.by {
            Some(Who::Me) => "I",
            Some(_) => "my partner",
            None => "",
        };
        let hash = item.revision.map(|hash| format!(" [{}]", render::short(hash)));
        let what = item.what.split_once('.').map_or(item.what.as_str(), |(_, what)| what);
        let head = format!("{}  {by} {what}{}", render::utc(item.at), hash.unwrap_or_default());
        let texts: Vec<String> = item.texts.iter().map(|text| render::wrap(text, "    ")).collect();
        [vec![head], texts].concat().join("\n")
    };
    let words: Vec<String> = items.iter().map(line).collect();
    terminal.ok(json!({"history": items}), &words.join("\n"));
    Ok(())
}
