//! What happened, told by one.

use super::{short, whose, wrap};
use amends::AccountView;

/// Accounts.
pub fn accounts(accounts: &[AccountView]) -> String {
    if accounts.is_empty() {
        return "There are no accounts.".to_owned();
    }
    let one = |account: &AccountView| {
        let mut lines = vec![format!("{}  {}", short(account.id), whose(account.by))];
        for (at, telling) in account.tellings.iter().enumerate() {
            let text = telling.text.as_deref().unwrap_or("(taken back, or not here yet)");
            let later = if at > 0 { "told anew: " } else { "" };
            lines.push(wrap(&format!("{later}{text} [{}]", short(telling.id)), "    "));
        }
        for question in &account.questions {
            let earlier = if question.on_earlier { " (asked on earlier words)" } else { "" };
            let text = question.text.as_deref().unwrap_or("(taken back, or not here yet)");
            lines.push(wrap(&format!("{}  {text}{earlier}", short(question.id)), "    ? "));
            for (at, answer) in question.answers.iter().enumerate() {
                let text = answer.text.as_deref().unwrap_or("(taken back, or not here yet)");
                let later = if at > 0 { "later: " } else { "" };
                lines.push(wrap(&format!("{later}{text} [{}]", short(answer.id)), "    ! "));
            }
        }
        lines.join("\n")
    };
    accounts.iter().map(one).collect::<Vec<_>>().join("\n")
}
