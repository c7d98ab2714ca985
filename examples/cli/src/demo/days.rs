//! The small acts between the agreements: a promise, a word in time, a check-in,
//! a miss and its repair, a page of one's own, a look back.

use super::{ANA, BEN, DAY, Demo, HOUR};
use crate::terminal::Failure;
use amends::time::Moment;

impl Demo<'_> {
    fn at(&mut self, day: i64, hour: i64) {
        self.now = self.now.max(self.begin.plus(day * DAY + (hour - 18) * HOUR));
    }

    fn local(&self, day: i64) -> String {
        let due = self.begin.plus(day * DAY);
        format!("{}T18:30", due.local("UTC").split(' ').next().unwrap_or_default())
    }

    pub(super) async fn promise(&mut self) -> Result<String, Failure> {
        self.scene(11, "a small promise, again and again", "Ben promises one thing, for the weekdays of ten weeks. It is his word; Ana need not ask. His own phone reminds him, in words that tell nobody anything.").await;
        let made = self
            .act(
                BEN,
                &[
                    "practice",
                    "make",
                    "I call you when I leave work.",
                    "--rule",
                    "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;COUNT=50",
                    "--time",
                    "18:30",
                    "--start",
                    "2026-03-16",
                    "--if",
                    "my plans change",
                    "--then",
                    "you hear it from me first",
                ],
            )
            .await?;
        let call = made["id"].as_str().unwrap_or_default().to_owned();
        self.meet().await?;
        self.show(ANA, &["promise", "show", &call]).await?;
        self.show(BEN, &["remind", "list"]).await?;
        Ok(call)
    }

    pub(super) async fn told(&mut self, place: &str) -> Result<(), Failure> {
        self.scene(15, "told before it is found out", "Ben types where he is; no sensor does. He also tells something that Ana does not know, and says first what he wishes. The next day he adds what was missing: it stands beside his words, never instead of them.").await;
        let where_now = "On the 14 tram, home by seven.";
        self.act(BEN, &["openness", "post", "whereabouts", where_now, "--under", place]).await?;
        let card = self
            .act(
                BEN,
                &[
                    "openness",
                    "post",
                    "disclosure",
                    "I still have the second card. I have not used it.",
                    "--want",
                    "listen",
                ],
            )
            .await?;
        let card = card["id"].as_str().unwrap_or_default().to_owned();
        self.meet().await?;
        self.show(ANA, &["openness", "list"]).await?;
        self.at(16, 18);
        self.act(BEN, &["openness", "correct", &card, "I used it once, on the 4th."]).await?;
        self.meet().await?;
        self.act(ANA, &["openness", "thank", &card]).await?;
        self.meet().await?;
        self.print("  … the whereabouts have run out by now, on both phones.");
        self.show(BEN, &["openness", "list"]).await
    }

    pub(super) async fn check_in(&mut self) -> Result<(), Failure> {
        self.scene(30, "the same questions to both", "Each answers alone, and seals. Neither sees the other's answers before both have sealed. Every question is free; nothing is added up.").await;
        let answers = [
            (ANA, ["1=2", "4=3:On Tuesday, mostly.", "6=3"]),
            (BEN, ["1=3", "4=2", "8=3:Not on the 25th."]),
        ];
        for (who, [one, two, three]) in answers {
            self.act(who, &["checkin", "answer", one, two, three]).await?;
            self.act(who, &["checkin", "seal"]).await?;
        }
        self.show(ANA, &["checkin", "list"]).await?;
        self.meet().await?;
        self.meet().await?;
        self.show(ANA, &["checkin", "list"]).await
    }

    /// Reports one occurrence of the practice as kept at its time.
    async fn kept(&mut self, call: &str, day: i64) -> Result<(), Failure> {
        let (due, at) = (self.local(day), self.begin.plus(day * DAY + HOUR / 3).to_string());
        self.act(BEN, &["promise", "report", call, "kept", "--due", &due, "--at", &at]).await?;
        Ok(())
    }

    pub(super) async fn miss(&mut self, call: &str) -> Result<(), Failure> {
        self.scene(31, "a miss, and what comes after", "Ben has kept his word for days, and missed it once. He says so himself; nobody else can. To Ana a late call felt like kept, and her generosity counts.").await;
        for day in [14, 15, 16, 17, 18, 21, 22] {
            self.kept(call, day).await?;
        }
        let missed = self.local(23);
        let words = "The meeting ran late, and I did not think of it.";
        self.act(BEN, &["promise", "report", call, "missed", "--due", &missed, "--say", words])
            .await?;
        let words = "An alarm at six, from now on.";
        self.act(BEN, &["promise", "repair", call, "--due", &missed, "--say", words]).await?;
        let partly = self.local(24);
        let words = "I sent a message instead.";
        self.act(BEN, &["promise", "report", call, "partly", "--due", &partly, "--say", words])
            .await?;
        self.meet().await?;
        let words = "You thought of me. That was it.";
        self.act(
            ANA,
            &["promise", "comment", call, "felt-like-kept", "--due", &partly, "--say", words],
        )
        .await?;
        self.meet().await?;
        self.show(BEN, &["promise", "show", call]).await?;
        self.scene(32, "a page of one's own", "Ana writes for herself. Nothing of it, not even that it exists, reaches Ben's phone. One sentence she copies out; that is something new, and nothing leads back to the page.").await;
        let page = "I was afraid all week. Today it was light for the first time.";
        let page = self.act(ANA, &["journal", "write", page, "--feeling", "relief=3"]).await?;
        let page = page["id"].as_str().unwrap_or_default().to_owned();
        let words = "Today it was light for the first time.";
        self.act(ANA, &["journal", "copy-out", &page, words, "--kind", "feeling"]).await?;
        self.meet().await?;
        self.show(ANA, &["journal", "search", "afraid"]).await?;
        self.show(BEN, &["openness", "list"]).await
    }

    pub(super) async fn looking_back(&mut self, call: &str) -> Result<(), Failure> {
        self.scene(75, "how it goes, in words", "Small counts, week by week, each person for themselves: no score and no streak. Three days were paused, said ahead; they leave a gap, not a fall.").await;
        for day in [56, 57, 58, 59, 60, 63, 64, 65, 66, 67] {
            self.kept(call, day).await?;
        }
        let from = self.now.to_string();
        let until = Moment(self.begin.0 + 80 * DAY).to_string();
        self.act(BEN, &["practice", "pause", call, "--from", &from, "--until", &until]).await?;
        self.meet().await?;
        self.show(BEN, &["progress", "--weeks", "4"]).await?;
        self.show(ANA, &["next"]).await
    }
}
