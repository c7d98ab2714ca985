//! What is seen across capabilities: what I share, what is next, how it goes, when to be
//! reminded. Pure functions of the capabilities' views.

pub mod next;
pub mod progress;
pub mod reminder;
pub mod share;
#[cfg(test)]
mod tests;

pub use next::{NextDue, Why};
pub use progress::{KeptOf, Milestone, MilestoneKind, PatternPoint, Trend, TrendPoint, WeekCounts};
pub use reminder::{Reminder, Topic, Wishes, held_back};
pub use share::{SharedItem, Sharing, Stopping};
