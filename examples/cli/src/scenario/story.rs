//! What a story says, and whether it goes as told.

use super::actor::{Actor, Kind, meet, pair};
use super::doing::Doing;
use crate::terminal::Failure;
use amends::time::Moment;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// How long two phones try to come in step, in seconds, where they should.
const PATIENCE: u32 = 20;
/// The same, where they should not.
const IMPATIENCE: u32 = 2;

/// A story.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Story {
    /// What it claims.
    pub title: String,
    /// The conflicts, rules and invariants that it shows.
    #[serde(default)]
    pub shows: Vec<String>,
    /// When it begins.
    pub start: Moment,
    /// Whether the two are paired when it begins.
    #[serde(default = "yes")]
    pub paired: bool,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

fn yes() -> bool {
    true
}

/// Whose phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Person {
    /// Ana's.
    Ana,
    /// Ben's.
    Ben,
    /// Both, one after the other.
    Both,
}

/// One step: an act, a meeting, time that passes, or what must be seen.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Step {
    /// For people who read the story.
    note: Option<String>,
    /// Whose phone.
    who: Option<Person>,
    /// What is done.
    does: Option<String>,
    /// The agreement or the draft that it is about, by a name of the story.
    name: Option<String>,
    /// Names the text that is proposed.
    #[serde(rename = "as")]
    label: Option<String>,
    /// The text that is answered, by its name.
    text: Option<String>,
    /// Sentences of a proposal.
    clauses: Vec<String>,
    /// More words of the command line.
    with: Vec<String>,
    /// The refusal or error that must come, by its code.
    refused: Option<String>,
    /// Remembers the view that is on the screen now; a later answer with
    /// `as_read` uses it.
    reads: Option<String>,
    /// Answers what was read, even if something came in since.
    as_read: bool,
    /// The two meet. `false` says that they cannot.
    meet: Option<bool>,
    /// Time passes: `30m`, `24h`, `7d`.
    wait: Option<String>,
    /// This phone's clock is wrong by so much from now on: `-24h`.
    clock: Option<String>,
    /// Keeps a copy of the phone's disk under this name.
    backs_up: Option<String>,
    /// Puts that copy back.
    restores: Option<String>,
    /// What the phone must show of the agreement `name`.
    sees: Option<Map<String, Value>>,
    /// The sentences that the phone says its person shares, in any order.
    shares: Option<BTreeSet<String>>,
    /// What the phone says is next, in order.
    next: Option<Vec<String>>,
    /// What the phone says of the pair.
    status: Option<Map<String, Value>>,
    /// How many agreements the phone lists.
    lists: Option<usize>,
    /// `true`: both phones, chaining both logs again from their first entry on, come to
    /// the same heads.
    equal_logs: bool,
    /// A command whose answer is looked at: `promise show`, `openness list`.
    looks: Option<String>,
    /// What stands in that answer, by JSON pointer; `/posts/#` is a length.
    finds: Map<String, Value>,
    /// Words that stand nowhere in that answer.
    lacks: Vec<String>,
    /// Gives names to ids that stand in that answer, by JSON pointer.
    names: BTreeMap<String, String>,
}

impl Step {
    /// What can be seen to be wrong before the story is played.
    fn check(&self) -> Result<(), String> {
        if let Some(does) = &self.does {
            Doing::parse(does)?;
        }
        if let Some(looks) = &self.looks
            && !matches!(Doing::parse(looks)?, Doing::Command { .. })
        {
            return Err(format!("{looks:?} is nothing that can be looked at"));
        }
        for name in self.backs_up.iter().chain(&self.restores) {
            let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
            if name.is_empty() || !name.chars().all(plain) {
                return Err(format!("{name:?} is no name of a copy: letters and digits are"));
            }
        }
        for length in self.wait.iter().chain(&self.clock) {
            seconds(length)?;
        }
        if self.looks.is_none() && !self.names.is_empty() {
            return Err("it names what stands in an answer, and looks at none".to_owned());
        }
        let personal = self.does.is_some()
            || self.reads.is_some()
            || self.clock.is_some()
            || self.backs_up.is_some()
            || self.restores.is_some()
            || self.sees.is_some()
            || self.shares.is_some()
            || self.next.is_some()
            || self.status.is_some()
            || self.lists.is_some()
            || self.looks.is_some();
        let common = self.meet.is_some() || self.wait.is_some() || self.equal_logs;
        match (personal, self.who, common) {
            (true, None, _) => Err("it does not say who".to_owned()),
            (false, Some(_), _) | (false, None, false) => Err("nothing happens".to_owned()),
            _ => Ok(()),
        }
    }
}

impl Story {
    /// Reads a story.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > 1_000_000 {
            return Err("a story is at most a megabyte long".to_owned());
        }
        let story: Story = serde_json::from_str(text).map_err(|error| error.to_string())?;
        for (at, step) in story.steps.iter().enumerate() {
            step.check().map_err(|why| format!("step {}: {why}", at + 1))?;
        }
        Ok(story)
    }
}

struct Stage {
    phones: [Actor; 2],
    now: Moment,
    clocks: [i64; 2],
    names: BTreeMap<String, String>,
    labels: BTreeMap<String, String>,
    hashes: BTreeSet<String>,
    read: BTreeMap<(usize, String), String>,
    folder: tempfile::TempDir,
}

/// Plays a story on two phones, Ana's and Ben's, and gives back how many steps it had.
///
/// # Errors
/// The step that went another way than told, and how.
pub async fn play(story: &Story, kinds: [Kind; 2]) -> Result<usize, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let [ana, ben] = kinds;
    let phone = |name: &str, kind| Actor { kind, home: folder.path().join(name) };
    let mut stage = Stage {
        phones: [phone("ana", ana), phone("ben", ben)],
        now: story.start,
        clocks: [0, 0],
        names: BTreeMap::new(),
        labels: BTreeMap::new(),
        hashes: BTreeSet::new(),
        read: BTreeMap::new(),
        folder,
    };
    let failed = |error: Failure| format!("before the first step: {}", error.text);
    stage.phones[0].act(&["init", "--name", "Ana"], stage.now).await.map_err(failed)?;
    stage.phones[1].act(&["init", "--name", "Ben"], stage.now).await.map_err(failed)?;
    if story.paired {
        pair(&stage.phones[0], &stage.phones[1], stage.now).await.map_err(failed)?;
    }
    for (at, step) in story.steps.iter().enumerate() {
        let told =
            |why| format!("step {} ({}): {why}", at + 1, step.note.as_deref().unwrap_or("no note"));
        stage.step(step).await.map_err(told)?;
        // What happens next happens later.
        stage.now = stage.now.plus(1);
    }
    stage.healthy().await?;
    Ok(story.steps.len())
}

fn seconds(text: &str) -> Result<i64, String> {
    let wrong = || format!("{text:?} is no length of time such as 30m, 24h, 7d");
    let (at, unit) = text.char_indices().next_back().ok_or_else(wrong)?;
    let unit = match unit {
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let number: i64 = text[..at].parse().map_err(|_| wrong())?;
    number.checked_mul(unit).ok_or_else(wrong)
}

impl Stage {
    fn time(&self, who: usize) -> Moment {
        self.now.plus(self.clocks[who])
    }

    /// Where copies of disks are kept, beside the homes, so that none can be called as one.
    fn copies(&self) -> PathBuf {
        self.folder.path().join("copies")
    }

    async fn run(&self, who: usize, args: &[&str]) -> Result<Value, Failure> {
        self.phones[who].act(args, self.time(who)).await
    }

    async fn step(&mut self, step: &Step) -> Result<(), String> {
        if let Some(wait) = &step.wait {
            self.now = self.now.plus(seconds(wait)?);
        }
        match step.meet {
            Some(true) => {
                let nows = [self.time(0), self.time(1)];
                let met = meet(&self.phones[0], &self.phones[1], nows, PATIENCE).await;
                met.map_err(|failure| format!("they did not meet: {}", failure.text))?;
            }
            Some(false) => {
                let nows = [self.time(0), self.time(1)];
                if meet(&self.phones[0], &self.phones[1], nows, IMPATIENCE).await.is_ok() {
                    return Err("they met, and should not".to_owned());
                }
            }
            None => {}
        }
        let people: &[usize] = match step.who {
            Some(Person::Ana) => &[0],
            Some(Person::Ben) => &[1],
            Some(Person::Both) => &[0, 1],
            None => &[],
        };
        for who in people {
            let name = if *who == 0 { "Ana" } else { "Ben" };
            self.personal(*who, step).await.map_err(|why| format!("{name}'s phone: {why}"))?;
        }
        if step.equal_logs { self.equal_logs().await } else { Ok(()) }
    }

    async fn equal_logs(&self) -> Result<(), String> {
        let mut heads = [BTreeSet::new(), BTreeSet::new()];
        for (who, heads) in heads.iter_mut().enumerate() {
            let shown = self.run(who, &["log", "verify"]).await.map_err(|failure| failure.text)?;
            let logs = shown["logs"].as_array().ok_or("log verify shows no logs")?;
            heads.extend(logs.iter().map(|log| log["checkpoint"].to_string()));
        }
        match heads[0] == heads[1] && !heads[0].is_empty() {
            true => Ok(()),
            false => Err(format!("the logs differ: Ana's {:?}, Ben's {:?}", heads[0], heads[1])),
        }
    }

    async fn personal(&mut self, who: usize, step: &Step) -> Result<(), String> {
        if let Some(clock) = &step.clock {
            self.clocks[who] = seconds(clock)?;
        }
        if let Some(name) = &step.backs_up {
            copy(&self.phones[who].home, &self.copies().join(name))?;
        }
        if let Some(name) = &step.restores {
            copy(&self.copies().join(name), &self.phones[who].home)?;
        }
        if let Some(name) = &step.reads {
            let view = self.show(who, name).await?;
            let token = view["view"].as_str().unwrap_or_default().to_owned();
            self.read.insert((who, name.clone()), token);
        }
        if let Some(does) = &step.does {
            self.act(who, does, step).await?;
        }
        self.check(who, step).await
    }

    async fn show(&self, who: usize, name: &str) -> Result<Value, String> {
        let id = self.names.get(name).ok_or_else(|| format!("nothing is called {name:?}"))?;
        let shown = self.run(who, &["agreement", "show", id]).await;
        shown.map_err(|failure| format!("{name} cannot be shown: {}", failure.text))
    }

    async fn act(&mut self, who: usize, does: &str, step: &Step) -> Result<(), String> {
        let args = match Doing::parse(does)? {
            Doing::Command { about } => self.command(does, *about, step)?,
            Doing::Word(line) => self.words(who, does, line.clone(), step).await?,
        };
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        match (self.run(who, &args).await, &step.refused) {
            (Ok(result), None) => self.remember(step, &result),
            (Ok(_), Some(code)) => Err(format!("{does} was done, and should be refused: {code}")),
            (Err(failure), Some(code)) if failure.code == *code => Ok(()),
            (Err(failure), _) => Err(format!("{does}: {} ({})", failure.text, failure.code)),
        }
    }

    /// A command as a story says it: its words, what it is about, and more words.
    fn command(&self, does: &str, about: bool, step: &Step) -> Result<Vec<String>, String> {
        let mut words: Vec<String> = does.split(' ').map(str::to_owned).collect();
        if let Some(name) = step.name.as_ref().filter(|_| about) {
            let id = self.names.get(name);
            words.push(id.cloned().ok_or_else(|| format!("nothing is called {name:?}"))?);
        }
        words.extend(self.more(step)?);
        Ok(words)
    }

    /// More words, in which `{name}` stands for an id.
    fn more(&self, step: &Step) -> Result<Vec<String>, String> {
        let more = step.with.iter().map(|word| {
            let Some(name) = word.strip_prefix('{').and_then(|word| word.strip_suffix('}')) else {
                return Ok(word.clone());
            };
            let id = self.names.get(name).cloned();
            id.ok_or_else(|| format!("nothing is called {name:?}"))
        });
        more.collect()
    }

    /// The command line of an act that begins with these words.
    async fn words(
        &self,
        who: usize,
        does: &str,
        mut words: Vec<String>,
        step: &Step,
    ) -> Result<Vec<String>, String> {
        let known = |name: &str| self.names.get(name).cloned();
        if let Some(name) = &step.name {
            match (does, known(name)) {
                ("propose" | "offer" | "draft", None) => {}
                ("open", _) => {
                    let draft = known(&format!("draft {name}"));
                    words.push(draft.ok_or_else(|| format!("there is no draft called {name:?}"))?);
                    if let Some(agreement) = known(name) {
                        words.extend(["--in".to_owned(), agreement]);
                    }
                }
                ("draft", Some(_)) => {}
                (_, Some(id)) => words.push(id),
                (_, None) => return Err(format!("nothing is called {name:?}")),
            }
        }
        for clause in &step.clauses {
            words.extend(["--clause".to_owned(), clause.clone()]);
        }
        if let Some(text) = &step.text {
            match does {
                "draft" | "type" => words.extend(["--text".to_owned(), text.clone()]),
                _ => {
                    let hash = self.labels.get(text);
                    let hash = hash.ok_or_else(|| format!("no text is called {text:?}"))?;
                    words.extend(["--revision".to_owned(), hash.clone()]);
                }
            }
        }
        let counter = does == "propose" && step.name.as_ref().is_some_and(|n| known(n).is_some());
        if does == "consent" || (counter && step.as_read) {
            let name = step.name.clone().unwrap_or_default();
            let seen = if step.as_read {
                self.read.get(&(who, name)).cloned().ok_or("nothing was read")?
            } else {
                self.show(who, &name).await?["view"].as_str().unwrap_or_default().to_owned()
            };
            words.extend(["--seen".to_owned(), seen]);
        }
        words.extend(self.more(step)?);
        Ok(words)
    }

    /// Keeps the ids that the story gives names to.
    fn remember(&mut self, step: &Step, result: &Value) -> Result<(), String> {
        let does = step.does.as_deref().unwrap_or_default();
        let id = result.get("id").and_then(Value::as_str);
        if let (Some(name), Some(id)) = (&step.name, id) {
            let name = if does == "draft" { format!("draft {name}") } else { name.clone() };
            self.names.entry(name).or_insert_with(|| id.to_owned());
        }
        let texts = ["on_table", "cooling", "current"].into_iter().flat_map(|key| {
            let value = &result[key];
            value.as_array().cloned().unwrap_or_else(|| vec![value.clone()])
        });
        let mut fresh: Vec<String> = texts
            .filter_map(|text| text["hash"].as_str().map(str::to_owned))
            .filter(|hash| self.hashes.insert(hash.clone()))
            .collect();
        match (&step.label, fresh.len()) {
            (Some(label), 1) => {
                self.labels.insert(label.clone(), fresh.remove(0));
                Ok(())
            }
            (Some(label), 0) => {
                // The same words again are the same text.
                let hash =
                    result["on_table"][0]["hash"].as_str().or(result["current"]["hash"].as_str());
                let hash = hash.ok_or_else(|| format!("there is no text to call {label:?}"))?;
                self.labels.insert(label.clone(), hash.to_owned());
                Ok(())
            }
            (Some(label), _) => Err(format!("there are several texts to call {label:?}")),
            (None, _) => Ok(()),
        }
    }

    async fn check(&mut self, who: usize, step: &Step) -> Result<(), String> {
        if let Some(expected) = &step.sees {
            let name = step.name.as_deref().ok_or("says nothing of which agreement is seen")?;
            let seen = summary(&self.show(who, name).await?);
            for (key, value) in expected {
                if seen.get(key).is_none() {
                    return Err(format!("a story cannot say {key:?} of an agreement"));
                }
                if seen.get(key) != Some(value) {
                    return Err(format!("{key} of {name} is {}, not {value}", seen[key]));
                }
            }
        }
        if let Some(looks) = &step.looks {
            self.look(who, looks, step).await?;
        }
        let here = &*self;
        let ask = |args: &'static [&'static str]| async move {
            here.run(who, args).await.map_err(|failure| failure.text)
        };
        if let Some(expected) = &step.shares {
            let shown = ask(&["share", "show"]).await?;
            let shared: BTreeSet<String> = texts(&shown["sharing"]).into_iter().collect();
            if shared != *expected {
                return Err(format!("it shares {shared:?}, not {expected:?}"));
            }
        }
        if let Some(expected) = &step.next {
            let shown = ask(&["next"]).await?;
            let next = shown["next"].as_array().cloned().unwrap_or_default();
            let next: Vec<String> =
                next.iter().filter_map(|item| item["why"].as_str().map(str::to_owned)).collect();
            if next != *expected {
                return Err(format!("next is {next:?}, not {expected:?}"));
            }
        }
        if let Some(expected) = &step.status {
            let shown = ask(&["status"]).await?;
            for (key, value) in expected {
                if shown.get(key) != Some(value) {
                    return Err(format!("status {key} is {}, not {value}", shown[key]));
                }
            }
        }
        if let Some(expected) = step.lists {
            let shown = ask(&["agreement", "list"]).await?;
            let count = shown["agreements"].as_array().map_or(0, Vec::len);
            if count != expected {
                return Err(format!("it lists {count} agreements, not {expected}"));
            }
        }
        Ok(())
    }

    async fn look(&mut self, who: usize, looks: &str, step: &Step) -> Result<(), String> {
        let with = if step.does.is_some() { &[][..] } else { &step.with[..] };
        let step_of = Step { name: step.name.clone(), with: with.to_vec(), ..Step::default() };
        let about = matches!(Doing::parse(looks)?, Doing::Command { about: true });
        let args = self.command(looks, about, &step_of)?;
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let shown = self.run(who, &args).await;
        let shown = shown.map_err(|failure| format!("{looks}: {}", failure.text))?;
        for (pointer, value) in &step.finds {
            let found = match pointer.strip_suffix("/#") {
                Some(list) => shown.pointer(list).and_then(Value::as_array).map(|l| json!(l.len())),
                None => shown.pointer(pointer).cloned(),
            };
            let found = found.unwrap_or(Value::Null);
            if found != *value {
                return Err(format!("{pointer} of {looks} is {found}, not {value}, in {shown}"));
            }
        }
        for (name, pointer) in &step.names {
            let id = shown.pointer(pointer).and_then(Value::as_str);
            let id = id.ok_or_else(|| format!("{pointer} of {looks} is no id, in {shown}"))?;
            self.names.insert(name.clone(), id.to_owned());
        }
        let text = shown.to_string();
        match step.lacks.iter().find(|words| text.contains(words.as_str())) {
            Some(words) => Err(format!("{looks} shows {words:?}")),
            None => Ok(()),
        }
    }

    /// `doctor` finds nothing on either phone.
    async fn healthy(&self) -> Result<(), String> {
        for (who, name) in ["Ana", "Ben"].into_iter().enumerate() {
            let checked = self.run(who, &["doctor"]).await;
            checked.map_err(|failure| format!("doctor on {name}'s phone: {}", failure.text))?;
        }
        Ok(())
    }
}

fn texts(items: &Value) -> Vec<String> {
    let items = items.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(|item| item["text"].as_str().map(str::to_owned)).collect()
}

/// What a story compares of an agreement's view.
fn summary(view: &Value) -> Value {
    let mut open: Vec<Vec<String>> = view["on_table"]
        .as_array()
        .map(|open| open.iter().map(|text| texts(&text["clauses"])).collect())
        .unwrap_or_default();
    open.sort();
    let agreed = |text: &Value| text["i_agreed"] == json!(true);
    json!({
        "state": view["state"],
        "text": texts(&view["current"]["clauses"]),
        "cooling": texts(&view["cooling"]["clauses"]),
        "on_table": open,
        "i_agreed": view["on_table"].as_array().is_some_and(|open| open.iter().any(agreed)),
        "both_agreed": view["current"]["you_both_agreed"] == json!(true),
        "waits_for_me": view["waits_for_me"],
        "waits_for_partner": view["waits_for_partner"],
        "suspended_by_me": view["suspended_by_me"],
        "suspended_by_partner": view["suspended_by_partner"],
        "review_due": view["review_due"],
        "expiring": view["expiring"],
        "renewable": view["renewable"],
        "notices": view["notices"],
        "draft": view["draft"]["text"],
        "offer_by": view["offer_by"],
    })
}

/// Copies a phone's disk; nothing runs on it meanwhile.
fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let run = || -> std::io::Result<()> {
        if to.exists() {
            std::fs::remove_dir_all(to)?;
        }
        std::fs::create_dir_all(to)?;
        for file in std::fs::read_dir(from)? {
            let file = file?;
            std::fs::copy(file.path(), to.join(file.file_name()))?;
        }
        Ok(())
    };
    run().map_err(|error| format!("the disk could not be copied: {error}"))
}
