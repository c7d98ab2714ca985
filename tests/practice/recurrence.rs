//! `tests/vectors/recurrence.jsonl` holds what `python-dateutil` 2.9 makes of 600
//! random rules of the subset in eight zones: `rrulestr` for the local times,
//! `resolve_imaginary` and the first of two for their moments.

use amends::Due;
use amends::id::DocId;
use std::path::Path;

#[test]
fn f72_random_rules_recur_as_python_dateutil_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/recurrence.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    let mut compared = 0;
    for line in text.lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let word = |key: &str| case[key].as_str().unwrap();
        let due = Due::Every {
            start: word("start").parse().unwrap(),
            time: Some(format!("{}:00", word("time")).parse().unwrap()),
            rule: word("rule").parse().unwrap_or_else(|code| panic!("{line}: {code:?}")),
        };
        let found = due.occurrences(DocId([1; 16]), word("zone"), None).unwrap();
        let moments: Vec<i64> = found.iter().map(|one| one.due.0).collect();
        let expected: Vec<i64> =
            case["due"].as_array().unwrap().iter().map(|at| at.as_i64().unwrap()).collect();
        assert_eq!(moments, expected, "{line}");
        compared += 1;
    }
    assert_eq!(compared, 600);
}
