//! Sessions that stand on the writer: what is written here is handed to the link in the same job
//! that wrote it, before anybody looks at it.

use super::turn::{Doing, Turn};
use crate::engine::Engine;
use crate::error::Error;
use crate::sync::Session;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, TryLockError, Weak};
use tokio::sync::Notify;

/// What a turn came to; `None` where nothing more may be said, not even goodbye.
type Said = Result<Option<Turn>, Error>;

/// The session of one link. Only the writer moves it on; the link does what its turns say.
pub(crate) struct Standing {
    epoch: u64,
    session: Mutex<Session>,
    /// In milliseconds, as the session counts them.
    now: Box<dyn Fn() -> u64 + Send + Sync>,
    turns: Mutex<Turns>,
    made: Notify,
    /// Words of one's own are still to come back.
    recovering: AtomicBool,
}

/// What the link has still to do.
#[derive(Default)]
struct Turns {
    /// In the order in which it was said.
    queue: VecDeque<Said>,
    /// Nothing more may be said, not even what was said before.
    hushed: bool,
}

impl Standing {
    /// A session under the keys of this epoch.
    pub(crate) fn new(
        session: Session,
        epoch: u64,
        now: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            epoch,
            session: Mutex::new(session),
            now: Box::new(now),
            turns: Mutex::default(),
            made: Notify::new(),
            recovering: AtomicBool::new(false),
        })
    }

    /// A turn that the link asks for, on the writer.
    pub(crate) fn turn(
        &self,
        engine: &mut Engine,
        work: impl FnOnce(&mut Session, &mut Engine) -> Doing,
    ) {
        // A panic in the middle of a turn is the end of its session.
        let said = match self.session.lock() {
            Ok(mut session) => self.said(engine, &mut session, work),
            Err(_) => Err(Error::Internal),
        };
        self.push(said);
    }

    fn said(
        &self,
        engine: &mut Engine,
        session: &mut Session,
        work: impl FnOnce(&mut Session, &mut Engine) -> Doing,
    ) -> Said {
        session.at((self.now)());
        let said = engine.turn(self.epoch, session, work);
        self.recovering.store(session.recovering(), Ordering::Relaxed);
        said
    }

    /// Something was written, and is about to be told to those who listen.
    fn hand_over(&self, engine: &mut Engine) {
        // A link that is behind looks for itself, and so does one whose turn wrote this.
        if !self.turns().queue.is_empty() {
            return;
        }
        let said = match self.session.try_lock() {
            // It is durable already: a bug of ours costs the link, and nothing of what was written.
            Ok(mut session) => catch_unwind(AssertUnwindSafe(|| {
                self.said(engine, &mut session, |_, _| Ok(Vec::new()))
            }))
            .unwrap_or_else(|_| {
                engine.forget();
                Err(Error::Internal)
            }),
            Err(TryLockError::WouldBlock) => return,
            Err(TryLockError::Poisoned(_)) => Err(Error::Internal),
        };
        // What is told next was looked at already.
        self.push(said.map(|turn| turn.map(|turn| Turn { seen: turn.seen + 1, ..turn })));
        self.made.notify_one();
    }

    /// From here on nothing is said, whatever waits to be said.
    fn hush(&self) {
        let mut turns = self.turns();
        *turns = Turns { queue: VecDeque::from([Ok(None)]), hushed: true };
        drop(turns);
        self.made.notify_one();
    }

    fn push(&self, said: Said) {
        let mut turns = self.turns();
        if !turns.hushed {
            turns.queue.push_back(said);
        }
    }

    fn turns(&self) -> MutexGuard<'_, Turns> {
        self.turns.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// The next turn that the link has not taken yet.
    pub(crate) fn next(&self) -> Option<Said> {
        self.turns().queue.pop_front()
    }

    /// Waits until the writer has made a turn of its own.
    pub(crate) async fn made(&self) {
        self.made.notified().await;
    }

    /// Whether words of one's own are still to come back, as of the last turn.
    pub(crate) fn recovering(&self) -> bool {
        self.recovering.load(Ordering::Relaxed)
    }
}

impl Engine {
    /// From here on what is written here is handed to this session at once, for as long as its
    /// link lives.
    pub(crate) fn stand(&mut self, session: &Arc<Standing>) {
        self.standing.retain(|session| session.strong_count() > 0);
        self.standing.push(Arc::downgrade(session));
    }

    /// Hands what was written to the sessions that stand, before it is told. What a turn of
    /// theirs writes in turn they look for by themselves.
    pub(in crate::engine) fn hand_over(&mut self) {
        let standing = std::mem::take(&mut self.standing);
        let mut handed = false;
        for session in standing.iter().filter_map(Weak::upgrade) {
            session.hand_over(self);
            handed = true;
        }
        self.standing = standing;
        if handed {
            // The link goes first: a scheduler may have put it behind this thread, which has the
            // author's view to make now, while another core rests (measured: 0.1 to 0.3 ms).
            std::thread::yield_now();
        }
    }

    /// Ends every link of now, before what must not be told is written: not one frame goes out
    /// any more (R14).
    pub(in crate::engine) fn hush(&self) {
        self.standing.iter().filter_map(Weak::upgrade).for_each(|session| session.hush());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::engine::Leaving;
    use crate::engine::intake::turn::brings_entries;
    use crate::engine::tests::Phone;
    use crate::sync::{Action, Config, Frame};
    use crate::time::DAY;

    /// A session that has said and heard its hello, of a phone whose partner holds nothing yet.
    fn standing(phone: &mut Phone) -> Arc<Standing> {
        let standing = Standing::new(Session::new(Config::new([0; 8]), 0), 0, || 0);
        phone.engine.stand(&standing);
        let hello = Frame::Hello { epoch: [1; 8], logs: vec![] };
        standing.turn(&mut phone.engine, |session, engine| session.receive(hello, 0, engine));
        assert!(sent(&standing) >= Some(1), "what is there already");
        let all = Frame::Ack(phone.own());
        standing.turn(&mut phone.engine, |session, engine| session.receive(all, 0, engine));
        assert_eq!(sent(&standing), Some(0));
        standing
    }

    /// How many entries the next turn sends; `None` where it ends the link or there is none.
    fn sent(standing: &Standing) -> Option<usize> {
        let turn = standing.next()?.unwrap()?;
        let of = |action: &Action| match action {
            Action::Send(Frame::Entries(run)) => run.entries.len(),
            _ => 0,
        };
        Some(turn.actions.iter().map(of).sum())
    }

    fn waiting(standing: &Standing) -> usize {
        standing.turns().queue.len()
    }

    #[test]
    fn what_is_written_waits_for_the_link_when_it_is_told() {
        let [mut ana, _] = Phone::pair();
        let (first, second) = (standing(&mut ana), standing(&mut ana));
        let before = ana.engine.changes().any;
        ana.tell(DAY);
        for one in [&first, &second] {
            let turn = one.next().unwrap().unwrap().unwrap();
            assert!(turn.actions.iter().any(brings_entries));
            assert_eq!(turn.seen, before + 1, "what is told next was looked at");
            assert_eq!(ana.engine.changes().any, before + 1);
            assert!(!turn.unsent && waiting(one) == 0);
        }
        drop(first);
        drop(standing(&mut ana));
        assert_eq!(ana.engine.standing.len(), 2, "who is gone is forgotten when another comes");
    }

    #[test]
    fn a_link_that_is_behind_is_handed_nothing_more_and_finds_it_when_it_looks() {
        let [mut ana, _] = Phone::pair();
        let link = standing(&mut ana);
        (0..3).for_each(|_| {
            ana.tell(DAY);
        });
        assert_eq!((waiting(&link), sent(&link)), (1, Some(1)));
        link.turn(&mut ana.engine, |session, engine| session.pump_all(engine));
        assert_eq!(sent(&link), Some(2));
    }

    #[test]
    fn r14_not_even_what_waits_goes_out_after_a_hold_or_a_silent_leave() {
        type Act = fn(&mut Engine) -> Result<(), Error>;
        let acts: [Act; 2] = [|engine| engine.hold(true), |engine| engine.leave(Leaving::Silent)];
        for behind in [false, true] {
            for act in acts {
                let [mut ana, _] = Phone::pair();
                let link = standing(&mut ana);
                if behind {
                    ana.tell(DAY);
                }
                act(&mut ana.engine).unwrap();
                assert_eq!(waiting(&link), 1);
                assert!(matches!(link.next(), Some(Ok(None))), "the link ends");
                link.turn(&mut ana.engine, |session, engine| session.pump_all(engine));
                assert_eq!(waiting(&link), 0, "and nothing comes after it");
            }
        }
    }

    #[test]
    fn an_announced_leave_is_handed_over() {
        let [mut ana, _] = Phone::pair();
        let link = standing(&mut ana);
        ana.engine.leave(Leaving::Announced).unwrap();
        assert_eq!(sent(&link), Some(1));
    }
}
