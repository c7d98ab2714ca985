#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

const PROMISE: DocId = DocId([1; 16]);

fn every(start: &str, time: &str, rule: &str) -> Due {
    let time = Some(Time::strptime("%H:%M", time).unwrap());
    Due::Every { start: start.parse().unwrap(), time, rule: rule.parse().unwrap() }
}

#[test]
fn half_past_six_stays_half_past_six_when_the_clocks_change() {
    let due = every("2026-03-27", "18:30", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;COUNT=3");
    let times: Vec<String> = due
        .occurrences(PROMISE, "Europe/Berlin", None)
        .unwrap()
        .iter()
        .map(|o| format!("{} {}", o.local, o.due))
        .collect();
    assert_eq!(
        times,
        [
            "2026-03-27T18:30 2026-03-27T17:30:00Z",
            "2026-03-30T18:30 2026-03-30T16:30:00Z",
            "2026-03-31T18:30 2026-03-31T16:30:00Z",
        ]
    );
}

#[test]
fn a_time_that_comes_twice_means_the_first_and_one_that_never_comes_moves_on() {
    let twice = every("2026-10-25", "02:30", "FREQ=DAILY;COUNT=1");
    let found = twice.occurrences(PROMISE, "Europe/Berlin", None).unwrap();
    assert_eq!(found[0].due.to_string(), "2026-10-25T00:30:00Z");
    let never = every("2026-03-29", "02:30", "FREQ=DAILY;COUNT=1");
    let found = never.occurrences(PROMISE, "Europe/Berlin", None).unwrap();
    assert_eq!(found[0].due.to_string(), "2026-03-29T01:30:00Z", "03:30 summer time");
}

#[test]
fn a_single_time_on_a_day_of_change_must_be_said_exactly() {
    let local = |text: &str| DateTime::strptime(MINUTES, text).unwrap();
    let refused = |text, zone| exactly(local(text), zone).unwrap_err().code;
    assert_eq!(refused("2026-03-29T02:30", "Europe/Berlin"), RefusalCode::TimeNeverOccurs);
    assert_eq!(refused("2026-10-25T02:30", "Europe/Berlin"), RefusalCode::TimeOccursTwice);
    assert_eq!(refused("2026-03-02T02:30", "Mars/Olympus"), RefusalCode::ZoneUnknown);
    let fine = exactly(local("2026-03-02T18:30"), "Europe/Berlin").unwrap();
    assert_eq!(fine.to_string(), "2026-03-02T17:30:00Z");
}

#[test]
fn rules_that_never_end_are_too_dense_or_unknown_are_refused() {
    use RefusalCode::{RuleNeverDue, RuleNeverEnds, RuleTooDense, RuleTooLong, RuleUnknown};
    let cases = [
        ("FREQ=DAILY", RuleNeverEnds),
        ("FREQ=SECONDLY;COUNT=5", RuleTooDense),
        ("FREQ=HOURLY;COUNT=5", RuleTooDense),
        ("FREQ=YEARLY;COUNT=5", RuleUnknown),
        ("FREQ=DAILY;COUNT=0", RuleUnknown),
        ("FREQ=DAILY;COUNT=5;COUNT=6", RuleUnknown),
        ("FREQ=DAILY;UNTIL=20260402;COUNT=5", RuleUnknown),
        ("FREQ=DAILY;INTERVAL=0;COUNT=5", RuleUnknown),
        ("FREQ=WEEKLY;BYDAY=1MO;COUNT=5", RuleUnknown),
        ("FREQ=WEEKLY;BYDAY=Mé;COUNT=5", RuleUnknown),
        ("FREQ=MONTHLY;BYMONTHDAY=32;COUNT=5", RuleUnknown),
        ("FREQ=MONTHLY;BYMONTHDAY=-128;COUNT=5", RuleUnknown),
        ("FREQ=MONTHLY;BYDAY=-128MO;COUNT=5", RuleUnknown),
        ("", RuleUnknown),
    ];
    for (rule, code) in cases {
        assert_eq!(rule.parse::<Rule>(), Err(code), "{rule}");
    }
    let start: Date = "2026-03-02".parse().unwrap();
    let days = |rule: &str| rule.parse::<Rule>().unwrap().days(start);
    assert_eq!(days("FREQ=WEEKLY;COUNT=60"), Err(RuleTooLong));
    assert_eq!(days("FREQ=DAILY;UNTIL=20990101"), Err(RuleTooLong));
    assert_eq!(days("FREQ=DAILY;UNTIL=20260101"), Err(RuleNeverDue));
    assert_eq!(days("FREQ=DAILY;COUNT=366").unwrap().len(), 366);
}

#[test]
fn rules_and_dues_read_back_what_they_print() {
    let text = "FREQ=MONTHLY;INTERVAL=2;BYDAY=-1FR,1MO;UNTIL=20261231";
    assert_eq!(text.parse::<Rule>().unwrap().to_string(), text);
    let dues = [
        Due::At(Moment(1_772_474_400)),
        Due::On("2026-03-02".parse().unwrap()),
        Due::Within {
            from: "2026-03-02T18:00".parse().unwrap(),
            to: "2026-03-02T20:00".parse().unwrap(),
        },
        every("2026-03-02", "07:05", "FREQ=DAILY;COUNT=7"),
    ];
    for due in dues {
        assert_eq!(Due::from_value(&due.to_value()), Some(due));
    }
}

#[test]
fn a_day_lasts_to_its_end_and_a_window_has_the_rest_of_its_day() {
    let day = Due::On("2026-03-02".parse().unwrap());
    let found = &day.occurrences(PROMISE, "Europe/Berlin", None).unwrap()[0];
    assert_eq!(found.due.to_string(), "2026-03-02T23:00:00Z");
    assert_eq!(found.deadline, found.due);
    let window = Due::Within {
        from: "2026-03-02T18:00".parse().unwrap(),
        to: "2026-03-02T20:00".parse().unwrap(),
    };
    let found = &window.occurrences(PROMISE, "Europe/Berlin", None).unwrap()[0];
    assert_eq!(found.due.to_string(), "2026-03-02T19:00:00Z");
    assert_eq!(found.deadline.to_string(), "2026-03-02T23:00:00Z");
    assert_eq!(found.week.to_string(), "2026-W10");
}
