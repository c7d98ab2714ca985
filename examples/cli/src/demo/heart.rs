//! The first weeks: naming what happened, owning it, being heard. Nothing here is answered
//! because it must be, and nothing is ever "done".

use super::{ANA, BEN, DAY, Demo, HOUR};
use crate::terminal::Failure;

fn id(value: &serde_json::Value) -> String {
    value["id"].as_str().unwrap_or_default().to_owned()
}

impl Demo<'_> {
    pub(super) async fn named(&mut self) -> Result<String, Failure> {
        self.scene(0, "named by the one who did it", "Ben writes down what he did, for himself first. Ana's phone learns nothing of it. The next evening he chooses to tell it.").await;
        let kept = self
            .act(
                BEN,
                &[
                    "telling",
                    "keep",
                    "breach",
                    "--part",
                    "kinds=hidden_debt",
                    "--part",
                    "pattern=gradual",
                    "--part",
                    "from=2025-06-01",
                    "--role",
                    "acted",
                ],
            )
            .await?;
        self.meet().await?;
        self.show(ANA, &["telling", "list"]).await?;
        self.now = self.now.plus(DAY);
        let breach = id(&self.act(BEN, &["telling", "offer", &id(&kept)]).await?);
        self.meet().await?;
        self.act(ANA, &["telling", "answer", &breach, "was_hurt"]).await?;
        self.scene(2, "two accounts", "Each tells their own side, and only their own.").await;
        let about = ["--about", &breach];
        let his = [
            "telling",
            "tell",
            "account",
            "--part",
            "did=I took a loan in June and hid the letters.",
            "--part",
            "left_undone=I did not tell you when you asked.",
        ];
        self.act(BEN, &[&his[..], &about].concat()).await?;
        let hers = [
            "telling",
            "tell",
            "account",
            "--part",
            "effects=I found it alone, and read every letter twice.",
            "--part",
            "feelings=afraid",
            "--part",
            "needs=To see the bills together.",
        ];
        self.act(ANA, &[&hers[..], &about].concat()).await?;
        self.meet().await?;
        self.show(ANA, &["telling", "breaches"]).await?;
        Ok(breach)
    }

    pub(super) async fn owned(&mut self, breach: &str) -> Result<(), Failure> {
        self.scene(3, "owned, and not answered at once", "Ben owns it in three sentences. Why it came to it stays folded until Ana asks. She does not answer for four days; nothing on his phone says whether she has looked.").await;
        let sections = [
            "telling",
            "tell",
            "acknowledgement",
            "--part",
            "what_i_did=I hid a debt from you for nine months.",
            "--part",
            "impact=You could not trust a word of mine about money.",
            "--part",
            "responsibility=That was my choice, and nobody else's.",
            "--part",
            "explanation=I was ashamed, and it grew.",
            "--about",
            breach,
        ];
        let own = id(&self.act(BEN, &sections).await?);
        self.meet().await?;
        self.show(ANA, &["telling", "list", "acknowledgement"]).await?;
        self.scene(5, "heard", "Ana writes what hurts, and says first what she wishes: only to be heard. There is no box to answer in.").await;
        let hurt = "When the phone rings at dinner, my stomach drops.";
        let note = id(&self
            .act(
                ANA,
                &[
                    "telling",
                    "tell",
                    "hurt",
                    hurt,
                    "--wish",
                    "listen",
                    "--part",
                    "feelings=on edge",
                ],
            )
            .await?);
        self.meet().await?;
        self.show(BEN, &["telling", "list", "hurt"]).await?;
        self.act(BEN, &["telling", "answer", &note, "heard"]).await?;
        self.now = self.now.plus(2 * DAY);
        self.act(ANA, &["telling", "answer", &own, "received"]).await?;
        self.act(ANA, &["telling", "answer", &own, "ask_why"]).await?;
        self.meet().await?;
        self.show(ANA, &["telling", "list", "acknowledgement"]).await
    }

    pub(super) async fn talked(&mut self, breach: &str) -> Result<(), Failure> {
        self.scene(7, "a talk with a pause, and a question for later", "They agree on an hour and on how they talk. It becomes too much for Ben; he says when he will be back. One question he leaves for the counsellor.").await;
        let at = self.now.plus(HOUR).to_string();
        let proposed = self
            .act(
                ANA,
                &[
                    "talk",
                    "propose",
                    "The letters",
                    "--at",
                    &at,
                    "--minutes",
                    "45",
                    "--place",
                    "The kitchen table",
                    "--rule",
                    "One speaks, the other listens.",
                ],
            )
            .await?;
        let talk = id(&proposed);
        self.meet().await?;
        self.act(BEN, &["talk", "accept", &talk]).await?;
        self.meet().await?;
        self.now = self.now.plus(HOUR);
        self.act(ANA, &["talk", "start", &talk]).await?;
        let back = self.now.plus(HOUR / 2).to_string();
        self.act(BEN, &["talk", "pause", &talk, "--until", &back]).await?;
        self.meet().await?;
        self.show(ANA, &["talk", "list"]).await?;
        self.now = self.now.plus(HOUR / 2);
        self.act(BEN, &["talk", "start", &talk]).await?;
        let asked = self
            .act(ANA, &["telling", "tell", "question", "What else is there?", "--about", breach])
            .await?;
        self.meet().await?;
        self.act(BEN, &["telling", "answer", &id(&asked), "counsellor"]).await?;
        self.act(ANA, &["talk", "end", &talk]).await?;
        self.meet().await?;
        self.show(ANA, &["telling", "list", "question"]).await
    }
}
