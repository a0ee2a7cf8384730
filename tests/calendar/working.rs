//! Counting working days.

use merit::calendar::{Calendar, CalendarProblem, CalendarRules, Date, Roll};

use crate::support::{announced, date, fixed, plain, plain_rules, roll, rows};

/// `Mon-Fri`, `Wed`
fn week(text: &str) -> [bool; 7] {
    let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let place = |name: &str| names.iter().position(|it| *it == name).unwrap();
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (place(first), place(last));
    std::array::from_fn(|day| (day + 7 - first) % 7 <= (last + 7 - first) % 7)
}

fn with_days(working: [bool; 7], closed: &str, worked: &str) -> Calendar {
    let days = |text: &str, worked| -> Vec<_> {
        text.split_whitespace().map(|it| announced(it, "announced", worked)).collect()
    };
    let announced = [days(closed, false), days(worked, true)].concat();
    Calendar::new(CalendarRules { working, announced, ..plain_rules() }).unwrap()
}

#[test]
fn working_days_are_counted_as_the_table_says() {
    for row in rows(include_str!("working_days.csv")) {
        let [working, closed, worked, day, rolled, offset, result] = row.as_slice() else { panic!("{row:?}") };
        let calendar = with_days(week(working), closed, worked);
        let start = match roll(rolled) {
            Some(Roll::Forward) => calendar.next_working_day(date(day)).unwrap(),
            Some(Roll::Back) => calendar.last_working_day(date(day)).unwrap(),
            _ => date(day),
        };
        assert_eq!(calendar.add_working_days(start, offset.parse().unwrap()), Ok(date(result)), "{row:?}");
    }
}

#[test]
fn working_days_between_two_days_are_counted_as_the_table_says() {
    let closed = "2014-05-27 2014-06-12 2014-06-18 2014-06-20 2014-06-22 2014-06-27 2014-07-03";
    let calendar = with_days(week("Mon-Fri"), closed, "2014-06-01 2014-06-28 2014-07-05");
    for row in rows(include_str!("between.csv")) {
        let [from, until, count] = row.as_slice() else { panic!("{row:?}") };
        let counted = calendar.working_days_between(date(from), date(until));
        assert_eq!(counted, count.parse::<i64>().unwrap(), "{row:?}");
    }
}

#[test]
fn nothing_is_overdue_on_the_due_day() {
    let calendar = plain();
    let overdue = |today| calendar.working_days_overdue(date("2026-07-31"), date(today));
    assert_eq!([overdue("2026-07-30"), overdue("2026-07-31"), overdue("2026-08-02")], [0, 0, 0]);
    assert_eq!([overdue("2026-08-03"), overdue("2026-08-07")], [1, 5]);
}

#[test]
fn beyond_the_counted_years_counting_is_refused_and_weekdays_still_count() {
    let calendar = plain();
    assert_eq!(calendar.add_working_days(date("2200-12-31"), 1), Err(CalendarProblem::OutOfRange));
    assert_eq!(calendar.add_working_days(date("1900-01-01"), -1), Err(CalendarProblem::OutOfRange));
    assert_eq!(calendar.add_working_days(date("1899-12-31"), 1), Err(CalendarProblem::OutOfRange));
    assert_eq!(calendar.add_working_days(date("2200-12-30"), 1), Ok(date("2200-12-31")));
    assert_eq!(calendar.add_working_days(date("1900-01-02"), -1), Ok(date("1900-01-01")));
    assert_eq!(calendar.add_working_days(date("2026-07-01"), i64::MAX), Err(CalendarProblem::OutOfRange));
    assert_eq!(calendar.add_working_days(date("2026-07-01"), i64::MIN), Err(CalendarProblem::OutOfRange));
    // 1 January 2201 is a Thursday, 31 December 1899 a Sunday.
    assert_eq!(calendar.working_days_between(date("2200-12-31"), date("2201-01-09")), 7);
    assert_eq!(calendar.working_days_between(date("1899-12-22"), date("1900-01-01")), 6);
    assert_eq!(calendar.next_working_day(Date::MAX), Ok(Date::MAX));
    assert!(calendar.is_working(Date::MIN));
}

#[test]
fn behind_the_last_day_whose_holidays_are_known_days_count_by_their_weekday() {
    let rules = CalendarRules { holidays: vec![fixed("New Year's Eve", 12, 31)], ..plain_rules() };
    let calendar = Calendar::new(rules).unwrap();
    let (last, sunday) = (date("2200-12-31"), date("2201-01-04"));
    assert!(!calendar.is_working(last), "a holiday on the last of them is one");
    assert_eq!(calendar.working_days_between(last, sunday), 2);
    assert_eq!(calendar.working_days_between(date("2200-12-29"), sunday), 3);
    assert!(calendar.is_working(date("2201-12-31")));
}
