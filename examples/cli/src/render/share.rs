//! What one shares.

use super::{short, utc, wrap};
use amends::{SharedItem, Sharing, Stopping};

/// What I share.
pub fn shared(items: &[SharedItem]) -> String {
    if items.is_empty() {
        return "You share nothing.".to_owned();
    }
    let line = |item: &SharedItem| {
        let how = match item.sharing {
            Sharing::InForce => "in force",
            Sharing::Paused => "paused",
            Sharing::CoolingOff => "takes effect after cooling off",
            Sharing::Waiting => "waits for your partner's answer",
        };
        let agreement = item.agreement.map(short);
        let id =
            agreement.or(item.practice.map(short)).or(item.post.map(short)).unwrap_or_default();
        let stops = match item.stops_by {
            Stopping::End => "stopping ends it",
            Stopping::Pause => "stopping pauses your part",
            Stopping::TakeBack => "stopping takes it back",
            Stopping::Withdraw => "stopping takes the words back",
        };
        let head = format!("{id}  {how}, until {}", utc(item.until));
        format!("{head}\n{}\n    ({stops})", wrap(&item.text, "    "))
    };
    let mut lines: Vec<String> = items.iter().map(line).collect();
    lines.push("Stop all of it with: amends share stop-all".to_owned());
    lines.join("\n")
}
