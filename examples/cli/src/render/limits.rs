//! Limits, in words.

use amends::BothLimits;

/// The limits, a line each.
pub fn limits(limits: &BothLimits) -> String {
    let days = |days: Option<u16>| match days {
        Some(days) => format!("are kept for {days} days at most"),
        None => "are kept as long as each says".to_owned(),
    };
    let mut lines = vec![
        format!("Your words {}, on both phones.", days(limits.mine.retention_days)),
        format!("Your partner's words {} on this phone.", days(limits.kept_here)),
    ];
    let off = limits.mine.off.iter();
    lines.extend(off.map(|feature| format!("You take no part in: {}.", feature.code())));
    lines.join("\n")
}
