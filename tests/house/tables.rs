//! Tables of the documents that follow from the code, written from it and compared with it.

use crate::root;
use amends::internals::domain::shared::{About, By, Description, Form, Holds, Part, Reply, Takes};
use amends::internals::domain::words::Stub;
use amends::time::DAY;

/// Puts a table between its two marks, where that is asked for; says whether it stands there.
fn stands(file: &str, mark: &str, table: &str) {
    let path = root().join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = (format!("<!-- {mark} -->\n"), format!("<!-- end of {mark} -->"));
    let (before, rest) = text.split_once(&begin).expect("the table's first mark");
    let (there, after) = rest.split_once(&end).expect("the table's last mark");
    if std::env::var_os("AMENDS_UPDATE_SURFACE").is_some() {
        std::fs::write(&path, format!("{before}{begin}{table}{end}{after}")).unwrap();
        return;
    }
    assert_eq!(there, table, "{file}: AMENDS_UPDATE_SURFACE=1 writes the table {mark} anew");
}

fn list<T>(all: &[T], each: impl Fn(&T) -> String) -> String {
    all.iter().map(each).collect::<Vec<_>>().join(", ")
}

fn part(part: &Part) -> String {
    let holds = match part.holds {
        Holds::Text => "tstr",
        Holds::Texts => "[tstr]",
        Holds::Names => "[name]",
        Holds::Codes(_) => "[word]",
        Holds::Code(_) => "word",
        Holds::Day => "date",
    };
    let may = if part.required { "" } else { "? " };
    format!("{may}`{}`: {holds}", part.section.code())
}

fn reply(reply: &Reply) -> String {
    let takes = match reply.takes() {
        Takes::Nothing => "",
        Takes::Words => " (? body)",
        Takes::OnlyWords => " (body)",
        Takes::Until => " (? `to`)",
    };
    let by = match reply.by() {
        By::Maker => " by its maker",
        By::Other => "",
        By::Each => " by either",
    };
    format!("`{}`{takes}{by}", reply.code())
}

fn row(form: &Form) -> String {
    let described: &Description = form.described();
    let mut parts = vec![list(described.parts, part)];
    if described.wish {
        parts.insert(0, "`wish`".to_owned());
    }
    if described.role {
        parts.insert(0, "`role`".to_owned());
    }
    let named = |forms: &[Form]| list(forms, |form| format!("`{}`", form.code()));
    let about = match described.about {
        About::Nothing => String::new(),
        About::May(forms) => format!("? {}", named(forms)),
        About::Must(forms) => named(forms),
    };
    let single = if described.single { "; one of each person" } else { "" };
    let days = |seconds: i64| format!("{} days", seconds / DAY);
    let kept = described.keeps.map_or("the pair's life".to_owned(), days);
    let stub = match described.stub {
        Stub::Week => "a week",
        Stub::Lasting => "the pair's life",
    };
    let waits = match (described.open, described.lapses) {
        (Some(open), Some(lapses)) => format!("{open}, for {}", days(lapses)),
        (Some(open), None) => open.to_string(),
        _ => String::new(),
    };
    let replies = list(described.replies, reply);
    format!(
        "| `{}` | {} | {about}{single} | {replies} | {kept} | {stub} | {waits} |\n",
        form.code(),
        parts.join(", "),
    )
}

#[test]
fn the_forms_of_the_protocol_are_those_of_the_code() {
    let head = "\n| form | parts of a telling | about | answers | words kept | stub | waiting at once |\n\
                |---|---|---|---|---|---|---|\n";
    let rows: String = Form::ALL.iter().map(row).collect();
    stands("core/PROTOCOL.md", "forms", &format!("{head}{rows}\n"));
}
