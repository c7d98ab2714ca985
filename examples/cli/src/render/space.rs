//! Space, for a while.

use super::utc;
use amends::Who;
use amends::{Contact, SpaceView};

/// The space that somebody has.
pub fn space(now: Option<&SpaceView>) -> String {
    let Some(now) = now else { return "Nobody has taken space.".to_owned() };
    let whose = match now.by {
        Who::Me => "You have",
        Who::Partner => "Your partner has",
        Who::Both => "You both have",
    };
    let contact = match now.contact {
        Contact::None => "no contact",
        Contact::Logistics => "logistics only",
        Contact::Gentle => "gentle contact",
    };
    let until = now.until.map(|at| format!(" until {}", utc(at))).unwrap_or_default();
    format!("{whose} space: {contact}{until}.")
}
