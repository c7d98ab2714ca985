//! A twelve-week story of Ana and Ben, on two real phones: two homes, every act
//! a process of its own, every meeting over a socket on this machine. What they
//! do between the agreements stands in [`days`], how it begins in [`heart`].

mod days;
mod heart;

use crate::scenario::{Actor, Kind, meet, pair};
use crate::terminal::{Failure, Terminal};
use amends::time::{DAY, Moment};
use serde_json::{Value, json};
use std::time::Duration;

const ANA: usize = 0;
const BEN: usize = 1;
const NAMES: [&str; 2] = ["Ana", "Ben"];
/// Time to read a scene; nothing waits for it but the reader.
const READING: Duration = Duration::from_millis(900);

const HOUR: i64 = 3_600;

struct Demo<'a> {
    phones: [Actor; 2],
    begin: Moment,
    now: Moment,
    fast: bool,
    terminal: &'a mut Terminal,
    scenes: usize,
}

/// Plays the story; at the end both phones must hold the same truth.
///
/// # Errors
/// What an act failed with; nothing of the story is left on the disk.
pub async fn run(fast: bool, terminal: &mut Terminal) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let binary = std::env::current_exe()?;
    let phone = |name: &str| Actor {
        kind: Kind::Processes(binary.clone()),
        home: folder.path().join(name),
    };
    let begin = Moment::parse("2026-03-02T18:00:00Z").unwrap_or_default();
    let phones = [phone("ana"), phone("ben")];
    let mut demo = Demo { phones, begin, now: begin, fast, terminal, scenes: 0 };
    demo.opening().await?;
    let breach = demo.named().await?;
    demo.owned(&breach).await?;
    demo.talked(&breach).await?;
    let talk = demo.first_words().await?;
    let place = demo.openness().await?;
    let call = demo.promise().await?;
    demo.told(&place).await?;
    demo.apart(&talk).await?;
    demo.check_in().await?;
    demo.miss(&call).await?;
    demo.crossing().await?;
    demo.hard_week(&talk).await?;
    demo.ending(&place).await?;
    demo.looking_back(&call).await?;
    demo.review(&talk).await?;
    demo.closing().await
}

/// Who types what, with ids as short as they are shown.
fn typed(who: usize, args: &[&str]) -> String {
    let word = |word: &&str| {
        let id = word.len() >= 32 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        match (id, word.contains([' ', '\n'])) {
            (true, _) => word.chars().take(8).collect(),
            (_, true) => format!("{word:?}"),
            _ => (*word).to_owned(),
        }
    };
    let words: Vec<String> = args.iter().map(word).collect();
    format!("{}: amends {}", NAMES[who], words.join(" "))
}

impl Demo<'_> {
    fn print(&mut self, words: &str) {
        self.terminal.ok(json!({"scene": self.scenes, "words": words}), words);
    }

    async fn scene(&mut self, days: i64, title: &str, words: &str) {
        if !self.fast && self.scenes > 0 {
            tokio::time::sleep(READING).await;
        }
        self.scenes += 1;
        self.now = self.now.max(self.begin.plus(days * DAY));
        let week = days / 7 + 1;
        let head = format!("\n== Week {week:>2} · {title} ");
        let rule = "=".repeat(78_usize.saturating_sub(head.chars().count()));
        self.print(&format!("{head}{rule}\n{}", crate::render::wrap(words, "")));
    }

    /// One act on one phone.
    async fn act(&mut self, who: usize, args: &[&str]) -> Result<Value, Failure> {
        self.now = self.now.plus(60);
        let done = self.phones[who].act(args, self.now).await?;
        // Looking something up is no act of theirs.
        if !matches!(args.get(1), Some(&("show" | "verify"))) {
            self.print(&crate::render::wrap(&typed(who, args), "  "));
        }
        Ok(done)
    }

    /// An agreement's act that names the view it answers.
    async fn answer(&mut self, who: usize, id: &str, args: &[&str]) -> Result<Value, Failure> {
        let shown = self.act(who, &["agreement", "show", id]).await?;
        let seen = shown["view"].as_str().unwrap_or_default().to_owned();
        let args = [&["agreement", args[0], id], &args[1..], &["--seen", &seen]].concat();
        self.act(who, &args).await
    }

    /// What a phone shows, in its own words.
    async fn show(&mut self, who: usize, args: &[&str]) -> Result<(), Failure> {
        let words = self.phones[who].words(args, self.now).await?;
        let words: Vec<String> = words.lines().map(|line| format!("  | {line}")).collect();
        self.print(&format!(
            "{}\n{}",
            crate::render::wrap(&typed(who, args), "  "),
            words.join("\n")
        ));
        Ok(())
    }

    async fn meet(&mut self) -> Result<(), Failure> {
        self.now = self.now.plus(60);
        meet(&self.phones[ANA], &self.phones[BEN], [self.now; 2], 20).await?;
        self.print("  … the phones meet on the same network.");
        Ok(())
    }

    async fn opening(&mut self) -> Result<(), Failure> {
        self.scene(0, "one room, two phones", "Ana and Ben sit at one table. Each makes a phone of their own; one shows a code, the other types it, and both compare what appears before they say yes.").await;
        for (who, name) in NAMES.into_iter().enumerate() {
            self.act(who, &["init", "--name", name]).await?;
        }
        pair(&self.phones[ANA], &self.phones[BEN], self.now).await?;
        self.show(ANA, &["status"]).await?;
        self.show(BEN, &["status"]).await
    }

    async fn first_words(&mut self) -> Result<String, Failure> {
        self.scene(8, "words for one evening a week", "Ana writes a draft that only she can see, and opens it when she is ready. Apart, both type in it; when the phones meet, both changes are there.").await;
        let text = "We talk on Sunday evenings.";
        let draft = self.act(ANA, &["agreement", "draft", "--text", text]).await?;
        let draft = draft["id"].as_str().unwrap_or_default().to_owned();
        let opened = self.act(ANA, &["agreement", "open", &draft]).await?;
        let talk = opened["id"].as_str().unwrap_or_default().to_owned();
        self.meet().await?;
        self.act(
            ANA,
            &["agreement", "type", &talk, "--text", "We talk calmly on Sunday evenings."],
        )
        .await?;
        self.act(
            BEN,
            &["agreement", "type", &talk, "--text", &format!("{text}\nBen: I put my phone away.")],
        )
        .await?;
        self.meet().await?;
        self.show(ANA, &["agreement", "show", &talk]).await?;
        self.act(
            BEN,
            &["agreement", "propose", &talk, "--days", "84", "--review", "2026-04-12T18:00:00Z"],
        )
        .await?;
        self.meet().await?;
        self.answer(ANA, &talk, &["consent"]).await?;
        self.meet().await?;
        self.show(BEN, &["agreement", "show", &talk]).await?;
        Ok(talk)
    }

    async fn openness(&mut self) -> Result<String, Failure> {
        self.scene(9, "open for a while, by his own choice", "Ben proposes to say where he is after work. Only he can write that sentence. It takes effect a day after Ana's yes, runs 30 days, and he can stop it at any moment.").await;
        let clause = "me/whereabouts@daily: I say where I am after work.";
        let proposed = self
            .act(BEN, &["agreement", "propose", "--kind", "whereabouts", "--clause", clause])
            .await?;
        let place = proposed["id"].as_str().unwrap_or_default().to_owned();
        self.meet().await?;
        self.answer(ANA, &place, &["consent"]).await?;
        self.meet().await?;
        self.show(BEN, &["share", "show"]).await?;
        self.now = self.now.plus(25 * HOUR);
        self.print("  … a day later, nobody took it back.");
        self.show(BEN, &["share", "show"]).await?;
        Ok(place)
    }

    async fn apart(&mut self, talk: &str) -> Result<(), Failure> {
        self.scene(21, "a week apart, two different wishes", "Ben travels; the phones do not meet for a week. Both wish for another evening and propose it, not knowing of each other.").await;
        self.act(
            ANA,
            &[
                "agreement",
                "propose",
                talk,
                "--days",
                "70",
                "--clause",
                "both: We talk calmly on Wednesday evenings.",
            ],
        )
        .await?;
        self.act(
            BEN,
            &[
                "agreement",
                "propose",
                talk,
                "--days",
                "70",
                "--clause",
                "both: We talk calmly on Friday evenings.",
            ],
        )
        .await?;
        self.now = self.now.plus(7 * DAY);
        self.meet().await?;
        self.show(ANA, &["agreement", "show", talk]).await?;
        self.print("  Neither counts until it is settled; the old words stay in force.\n  They talk. Ben takes his back, and both say yes to Ana's, now that each has\n  seen both.");
        let shown = self.act(BEN, &["agreement", "show", talk]).await?;
        let hash = |by: &str| {
            let open = shown["on_table"].as_array().cloned().unwrap_or_default();
            let found = open.into_iter().find(|text| text["proposed_by"] == json!(by));
            found.and_then(|text| text["hash"].as_str().map(str::to_owned)).unwrap_or_default()
        };
        let (mine, hers) = (hash("me"), hash("partner"));
        self.act(BEN, &["agreement", "withdraw", talk, "--revision", &mine]).await?;
        self.meet().await?;
        for who in [ANA, BEN] {
            self.answer(who, talk, &["consent", "--revision", &hers]).await?;
        }
        self.meet().await?;
        self.show(BEN, &["agreement", "list"]).await
    }

    async fn crossing(&mut self) -> Result<(), Failure> {
        self.scene(38, "a yes crosses other words", "Ben says yes to a sentence while Ana, apart, has already found better words. His yes was not to those: he is asked again.").await;
        let first = self
            .act(
                ANA,
                &[
                    "agreement",
                    "propose",
                    "--kind",
                    "household",
                    "--clause",
                    "both: We share the errands.",
                ],
            )
            .await?;
        let id = first["id"].as_str().unwrap_or_default().to_owned();
        self.meet().await?;
        self.answer(BEN, &id, &["consent"]).await?;
        self.act(
            ANA,
            &[
                "agreement",
                "propose",
                &id,
                "--kind",
                "household",
                "--clause",
                "both: We share the errands, Ana on even days, Ben on odd days.",
            ],
        )
        .await?;
        self.meet().await?;
        self.show(BEN, &["agreement", "show", &id]).await?;
        self.answer(BEN, &id, &["consent"]).await?;
        self.meet().await?;
        self.show(ANA, &["agreement", "list"]).await
    }

    async fn hard_week(&mut self, talk: &str) -> Result<(), Failure> {
        self.scene(52, "a hard week", "It is too much for Ana just now. She pauses the talks; nobody has to agree to that. A week later she goes on.").await;
        self.act(ANA, &["agreement", "suspend", talk]).await?;
        self.meet().await?;
        self.show(BEN, &["agreement", "list"]).await?;
        self.now = self.now.plus(7 * DAY);
        self.act(ANA, &["agreement", "resume", talk]).await?;
        self.meet().await?;
        self.show(BEN, &["agreement", "list"]).await
    }

    async fn ending(&mut self, place: &str) -> Result<(), Failure> {
        self.scene(63, "ending wins", "Ben's openness has run out by itself after 30 days. He proposes less of it, weekly. Ana says yes; apart, Ben finds that it is no longer needed and ends it. Ending wins.").await;
        self.show(BEN, &["agreement", "list"]).await?;
        self.act(
            BEN,
            &[
                "agreement",
                "propose",
                place,
                "--kind",
                "whereabouts",
                "--clause",
                "me/whereabouts@weekly: I say where I am on Fridays.",
            ],
        )
        .await?;
        self.meet().await?;
        self.answer(ANA, place, &["consent"]).await?;
        self.act(BEN, &["agreement", "end", place]).await?;
        self.meet().await?;
        self.show(ANA, &["agreement", "show", place]).await?;
        self.show(BEN, &["share", "show"]).await
    }

    async fn review(&mut self, talk: &str) -> Result<(), Failure> {
        self.scene(
            82,
            "twelve weeks",
            "Nothing renews itself. The talks would soon run out; both say yes to more of them.",
        )
        .await;
        self.act(ANA, &["agreement", "renew", talk]).await?;
        self.meet().await?;
        self.show(BEN, &["next"]).await?;
        self.answer(BEN, talk, &["consent"]).await?;
        self.print("  Ben adds something of his own. It binds only him, and needs no answer.");
        let clause = "me/calendar: I tell you first when my plans change.";
        self.act(BEN, &["agreement", "propose", "--offer", "--clause", clause]).await?;
        self.meet().await?;
        self.now = self.now.plus(25 * HOUR);
        Ok(())
    }

    async fn closing(&mut self) -> Result<(), Failure> {
        self.scene(83, "the same truth on both phones", "What each shares, what is in force, and the heads of both logs, recomputed from their first entry on.").await;
        let mut heads: Vec<Vec<String>> = Vec::new();
        for (who, name) in NAMES.into_iter().enumerate() {
            self.show(who, &["share", "show"]).await?;
            self.show(who, &["agreement", "list"]).await?;
            self.show(who, &["log", "verify"]).await?;
            self.show(who, &["doctor"]).await?;
            let logs = self.act(who, &["log", "verify"]).await?;
            let logs = logs["logs"].as_array().cloned().unwrap_or_default();
            let mut seen: Vec<String> =
                logs.iter().filter_map(|log| log["head"].as_str().map(str::to_owned)).collect();
            seen.sort();
            if seen.len() != 2 {
                return Err(Failure::storage(format!("{name}'s phone does not hold two logs")));
            }
            heads.push(seen);
        }
        if heads[ANA] != heads[BEN] {
            return Err(Failure::storage("the two phones hold different logs".to_owned()));
        }
        self.print("\nBoth phones hold the same two logs. No server took part, and nothing of this\nstory is left on this machine.");
        Ok(())
    }
}
