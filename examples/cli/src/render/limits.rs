//! Limits that both keep.

use amends::PairLimits;

/// The limits that hold.
pub fn limits(holds: &PairLimits) -> String {
    let mut lines = vec![match holds.retention_days {
        Some(days) => format!("Words are kept for {days} days at most."),
        None => "Words are kept as long as each says.".to_owned(),
    }];
    lines.extend(holds.off.iter().map(|feature| format!("Switched off: {}.", feature.code())));
    lines.join("\n")
}
