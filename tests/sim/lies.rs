//! An app that lies: what it sends is changed on the way.

use crate::chance::Chance;
use amends::id::Head;
use amends::internals::sync::Frame;

pub struct Liar {
    chance: Chance,
    /// Something that was said before, to be said again.
    before: Vec<Vec<u8>>,
}

impl Liar {
    pub fn new(seed: u64) -> Self {
        Self { chance: Chance::new(seed ^ 0xb5ad), before: Vec::new() }
    }

    /// What is said instead of this frame.
    pub fn say(&mut self, frame: Vec<u8>, lies: &mut u64) -> Vec<Vec<u8>> {
        if self.before.len() < 50 {
            self.before.push(frame.clone());
        }
        if !self.chance.once_in(6) {
            return vec![frame];
        }
        *lies += 1;
        match self.chance.below(5) {
            // Other bytes.
            0 => {
                let mut changed = frame;
                let at = self.chance.below(changed.len());
                changed[at] ^= 1 << self.chance.below(8);
                vec![changed]
            }
            // Nothing.
            1 => vec![],
            // The same again and again, or something of before.
            2 => vec![frame; 1 + self.chance.below(12)],
            3 => {
                let old = self.chance.of(&self.before).cloned().unwrap_or_default();
                vec![old, frame]
            }
            _ => {
                let Ok(mut changed) = Frame::decode(&frame) else { return vec![frame] };
                self.forge(&mut changed);
                vec![changed.encode()]
            }
        }
    }

    fn forge(&mut self, frame: &mut Frame) {
        let other = Head([self.chance.below(256) as u8; 32]);
        let some = self.chance.below(20) as u64;
        match frame {
            Frame::Hello { logs, .. } => {
                let at = self.chance.below(logs.len());
                match (logs.get_mut(at), self.chance.below(4)) {
                    (Some(log), 0) => log.length += some,
                    (Some(log), 1) => log.length = log.length.saturating_sub(some),
                    (Some(log), 2) => log.head.copy_from_slice(&other.0[..16]),
                    _ => logs.clear(),
                }
            }
            Frame::Entries(run) => match self.chance.below(7) {
                // Rewrites, skips, withholds, misplaces.
                0 => {
                    let at = self.chance.below(run.entries.len());
                    let entry = &mut run.entries[at];
                    let byte = self.chance.below(entry.len());
                    entry[byte] ^= 1;
                }
                1 if run.entries.len() > 1 => {
                    run.entries.remove(0);
                    run.tags.remove(0);
                }
                2 => run.bodies.clear(),
                3 => run.bodies.iter_mut().for_each(|body| body.bytes.push(0)),
                4 => run.first += some,
                5 => run.head = other,
                _ => run.entries.reverse(),
            },
            Frame::Ack(at) | Frame::HeadAt(at) => {
                at.length += some;
                at.head = other;
            }
            Frame::Want { first, .. } => *first = some,
            Frame::WantBodies { bodies, .. } => bodies.extend((0..some).map(|at| (at, 0))),
            Frame::Bodies { bodies, .. } => bodies.iter_mut().for_each(|body| body.index += some),
            _ => *frame = Frame::Bye,
        }
    }
}
