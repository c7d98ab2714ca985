//! What one shares.

use super::{short, utc, wrap};
use amends::{SharedItem, Sharing};

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
        let id = match (item.agreement, item.post) {
            (Some(agreement), _) => short(agreement),
            (None, Some(post)) => short(post),
            (None, None) => String::new(),
        };
        let head = format!("{id}  {how}, until {}", utc(item.until));
        format!("{head}\n{}", wrap(&item.text, "    "))
    };
    let mut lines: Vec<String> = items.iter().map(line).collect();
    lines.push("Stop all of it with: amends share stop-all".to_owned());
    lines.join("\n")
}
