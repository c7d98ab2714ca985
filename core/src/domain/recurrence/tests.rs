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

/// Days as an implementation of RFC 5545 that shares no code with this one counts them
/// (python-dateutil 2.9).
#[test]
fn f72_a_rule_names_the_same_days_as_another_implementation_of_rfc_5545() {
    let cases = [
        ("2026-03-03", "FREQ=DAILY;INTERVAL=3;COUNT=4", "03-03 03-06 03-09 03-12"),
        ("2026-03-01", "FREQ=DAILY;BYDAY=SA,SU;COUNT=3", "03-01 03-07 03-08"),
        ("2026-03-02", "FREQ=DAILY;INTERVAL=2;BYMONTHDAY=3,4,5;COUNT=3", "03-04 04-03 04-05"),
        ("2026-03-05", "FREQ=WEEKLY;INTERVAL=2;COUNT=3", "03-05 03-19 04-02"),
        (
            "2026-03-05",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SA;COUNT=5",
            "03-07 03-16 03-21 03-30 04-04",
        ),
        ("2026-03-01", "FREQ=WEEKLY;INTERVAL=3;BYDAY=SU,MO;COUNT=4", "03-01 03-16 03-22 04-06"),
        ("2026-01-31", "FREQ=MONTHLY;COUNT=4", "01-31 03-31 05-31 07-31"),
        ("2026-11-15", "FREQ=MONTHLY;INTERVAL=5;COUNT=3", "11-15 04-15 09-15"),
        ("2026-01-14", "FREQ=MONTHLY;BYDAY=2WE;COUNT=3", "01-14 02-11 03-11"),
        ("2026-01-15", "FREQ=MONTHLY;BYDAY=2WE;COUNT=2", "02-11 03-11"),
        ("2026-03-01", "FREQ=MONTHLY;BYDAY=5MO;COUNT=3", "03-30 06-29 08-31"),
        ("2026-02-01", "FREQ=MONTHLY;BYDAY=-1SA;COUNT=3", "02-28 03-28 04-25"),
        ("2026-02-01", "FREQ=MONTHLY;BYDAY=-2MO,1TH;COUNT=4", "02-05 02-16 03-05 03-23"),
        ("2026-03-01", "FREQ=MONTHLY;BYDAY=FR;COUNT=3", "03-06 03-13 03-20"),
        ("2026-01-30", "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3", "01-31 02-28 03-31"),
        ("2026-01-30", "FREQ=MONTHLY;BYMONTHDAY=15,-3;COUNT=4", "02-15 02-26 03-15 03-29"),
        ("2026-03-01", "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=2", "03-13 11-13"),
        ("2026-10-10", "FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=10;UNTIL=20270401", "10-10 12-10 02-10"),
    ];
    for (start, rule, expected) in cases {
        let days = rule.parse::<Rule>().unwrap().days(start.parse().unwrap()).unwrap();
        let days: Vec<String> = days.iter().map(|day| day.to_string()[5..].to_owned()).collect();
        assert_eq!(days.join(" "), expected, "{rule} from {start}");
    }
}

#[test]
fn each_part_of_a_rule_is_said_once_and_weeks_begin_on_monday() {
    use RefusalCode::RuleUnknown;
    for twice in [
        "FREQ=DAILY;FREQ=DAILY;COUNT=1",
        "FREQ=DAILY;INTERVAL=1;INTERVAL=1;COUNT=1",
        "FREQ=DAILY;UNTIL=20260401;UNTIL=20260401",
        "FREQ=DAILY;COUNT=1;UNTIL=20260401",
        "FREQ=DAILY;BYDAY=MO;BYDAY=TU;COUNT=1",
        "FREQ=MONTHLY;BYMONTHDAY=1;BYMONTHDAY=2;COUNT=1",
        "FREQ=WEEKLY;BYMONTHDAY=1;COUNT=1",
        "FREQ=WEEKLY;WKST=SU;COUNT=1",
    ] {
        assert_eq!(twice.parse::<Rule>(), Err(RuleUnknown), "{twice}");
    }
    let monday = "FREQ=WEEKLY;WKST=MO;COUNT=1".parse::<Rule>();
    assert_eq!(monday, "FREQ=WEEKLY;COUNT=1".parse::<Rule>());
}

#[test]
fn a_rule_is_256_bytes_long_at_most_and_ends_within_its_horizon() {
    let days = |count: usize| format!("FREQ=DAILY;BYDAY={};COUNT=1", vec!["MO"; count].join(","));
    let just = days(77);
    assert_eq!(format!("{just}0").len(), limits::RULE_BYTES);
    assert!(format!("{just}0").parse::<Rule>().is_ok());
    assert_eq!(format!("{just}00").parse::<Rule>(), Err(RefusalCode::RuleUnknown));
    assert_eq!(days(200).parse::<Rule>(), Err(RefusalCode::RuleUnknown));

    let start: Date = "2026-03-02".parse().unwrap();
    let until = |days: i64| {
        let last = start.checked_add(days.days()).unwrap().strftime("%Y%m%d").to_string();
        format!("FREQ=DAILY;UNTIL={last}").parse::<Rule>().unwrap().days(start).map(|all| all.len())
    };
    assert_eq!(until(limits::RULE_DAYS), Ok(limits::RULE_DAYS as usize + 1));
    assert_eq!(until(limits::RULE_DAYS + 1), Err(RefusalCode::RuleTooLong));
}

#[test]
fn a_week_has_one_name() {
    for wrong in ["2026-W1", "2026-W54", "2026-W00", "26-W10", "2026-10", "+2026-W10", "2025-W53"] {
        assert_eq!(wrong.parse::<IsoWeek>(), Err(()), "{wrong}");
    }
    assert_eq!("2026-W53".parse::<IsoWeek>().unwrap().to_string(), "2026-W53");
}

#[test]
fn times_are_whole_minutes_and_a_window_has_a_length() {
    let date = |text: &str| text.parse::<DateTime>().unwrap();
    let of = |due: Due| due.occurrences(PROMISE, "UTC", None).map(|all| all.len());
    let within = |from, to| of(Due::Within { from: date(from), to: date(to) });
    let wrong = Err(RefusalCode::DatesOutOfOrder);
    assert_eq!(within("2026-03-02T18:00", "2026-03-02T18:01"), Ok(1));
    assert_eq!(within("2026-03-02T18:00", "2026-03-02T18:00"), wrong);
    assert_eq!(within("2026-03-02T18:00:01", "2026-03-02T19:00"), wrong);
    assert_eq!(within("2026-03-02T18:00", "2026-03-02T19:00:01"), wrong);
    assert_eq!(within("2026-03-02T18:00:00.5", "2026-03-02T19:00"), wrong);
    assert_eq!(of(Due::At(Moment(1_772_474_401))), wrong);
    let rule: Rule = "FREQ=DAILY;COUNT=2".parse().unwrap();
    let at = |time: Time| {
        of(Due::Every {
            start: "2026-03-02".parse().unwrap(),
            time: Some(time),
            rule: rule.clone(),
        })
    };
    assert_eq!(at(Time::constant(7, 30, 0, 0)), Ok(2));
    assert_eq!(at(Time::constant(7, 30, 1, 0)), wrong);
}

#[test]
fn whether_a_single_due_may_lie_after_a_moment_is_asked_in_every_zone() {
    let at = |text: &str| Moment::parse(text).unwrap();
    let noon = at("2026-03-02T12:00:00Z");
    let time = Due::At(noon);
    assert!(time.may_be_after(noon.plus(-1)) && !time.may_be_after(noon));
    // A day that ends here at midnight ends elsewhere up to a day later.
    let day = Due::On("2026-03-02".parse().unwrap());
    assert!(day.may_be_after(at("2026-03-03T23:59:58Z")));
    assert!(!day.may_be_after(at("2026-03-03T23:59:59Z")));
    let (from, to) = ("2026-03-02T10:00".parse().unwrap(), "2026-03-02T12:00".parse().unwrap());
    let window = Due::Within { from, to };
    assert!(window.may_be_after(noon.plus(crate::time::DAY - 1)));
    assert!(!window.may_be_after(noon.plus(crate::time::DAY)));
    let practice = every("2026-03-02", "07:05", "FREQ=DAILY;COUNT=7");
    assert!(practice.may_be_after(noon) && !practice.is_single() && time.is_single());
}
