//! What is told of oneself.

use super::{short, utc, whose, wrap};
use amends::{PostState, PostView, Want};

/// Posts.
pub fn posts(posts: &[PostView]) -> String {
    if posts.is_empty() {
        return "Nothing is told at the moment.".to_owned();
    }
    let one = |post: &PostView| {
        let head = format!(
            "{}  {}, {}, until {}",
            short(post.id),
            whose(post.by),
            post.kind.code(),
            utc(post.until)
        );
        let wish = post.want.map(|want| match want {
            Want::Listen => "    Wish: only listen.",
            Want::Talk => "    Wish: talk.",
            Want::Counsellor => "    Wish: talk with a counsellor.",
        });
        let text = match (post.state, &post.text) {
            (PostState::Withdrawn, _) => "(taken back)",
            (PostState::Expired, _) => "(its time is over)",
            (_, Some(text)) => text,
            (_, None) => "(the words are not here yet)",
        };
        let mut lines = vec![head];
        lines.extend(wish.map(str::to_owned));
        lines.push(wrap(text, "    "));
        lines.extend(post.amount.as_ref().map(|amount| format!("    amount: {amount}")));
        lines.extend(post.happened.as_ref().map(|when| format!("    happened: {when}")));
        if post.thanked {
            lines.push("    (thank you)".to_owned());
        }
        lines.extend(post.corrections.iter().map(|correction| {
            let text = correction.text.as_deref().unwrap_or("(not here yet)");
            let thanks = if correction.thanked { " (thank you)" } else { "" };
            wrap(&format!("later: {text}{thanks}"), "    ")
        }));
        lines.join("\n")
    };
    posts.iter().map(one).collect::<Vec<_>>().join("\n")
}
