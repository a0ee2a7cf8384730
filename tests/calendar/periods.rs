//! Periods and how they are written.

use merit::calendar::{Calendar, CalendarProblem, CalendarRules, Date, PeriodBegins, PeriodLabelStyle, PeriodRule};

use crate::support::{date, plain, plain_rules, rows, uganda};

fn period(name: &str, months: u8, (month, day): (i8, i8), style: PeriodLabelStyle) -> PeriodRule {
    let begins = PeriodBegins::Every { months, month, day, style, letter: None };
    PeriodRule { name: name.to_owned(), plural: format!("{name}s"), begins }
}

/// Periods whose first days are listed, and the last day of the last.
fn listed(name: &str, starts: &[&str], until: &str) -> PeriodRule {
    let begins = PeriodBegins::On { starts: starts.iter().map(|it| date(it)).collect(), until: date(until) };
    PeriodRule { name: name.to_owned(), plural: format!("{name}s"), begins }
}

/// A school year in three terms, and half terms in two of them.
fn school() -> Calendar {
    let year = period("year", 12, (1, 1), PeriodLabelStyle::OneYear);
    let term = listed("term", &["2026-01-05", "2026-05-04", "2026-09-07", "2027-01-04"], "2027-04-30");
    let half = listed("half", &["2026-01-05", "2026-02-16", "2026-05-04", "2026-06-22"], "2026-09-06");
    with(vec![year, term, half])
}

fn with(periods: Vec<PeriodRule>) -> Calendar {
    Calendar::new(CalendarRules { periods, ..plain_rules() }).unwrap()
}

fn calendar(name: &str) -> Calendar {
    use PeriodLabelStyle::{OneYear, TwoYears};
    let plan = |anchor| period("plan", 24, anchor, TwoYears);
    match name {
        "uganda" => uganda(),
        "school" => school(),
        "january" => with(vec![period("year", 12, (1, 1), OneYear), period("term", 4, (1, 1), OneYear), plan((1, 1))]),
        "april" => with(vec![plan((4, 6)), period("year", 12, (4, 6), TwoYears)]),
        "last" => with(vec![period("year", 12, (5, 31), TwoYears)]),
        _ => plain(),
    }
}

#[test]
fn periods_are_written_as_the_table_says() {
    for row in rows(include_str!("periods.csv")) {
        let [name, kind, label, first, last] = row.as_slice() else { panic!("{row:?}") };
        let calendar = calendar(name);
        let kind = calendar.period_kind(kind).unwrap();
        let period = calendar.period_from_label(kind, label).unwrap();
        assert_eq!((period.first, period.last), (date(first), date(last)), "{row:?}");
        assert_eq!(calendar.label(&period), *label);
        for day in [period.first, period.last] {
            assert_eq!(calendar.period_containing(kind, day), Ok(period), "{row:?}");
        }
    }
}

#[test]
fn a_kind_is_found_by_its_name_and_its_plural() {
    let calendar = uganda();
    let names: Vec<&str> = calendar.period_kinds().map(|it| it.0).collect();
    assert_eq!(names, ["financial_year", "half_year", "quarter", "month"]);
    for (name, kind) in calendar.period_kinds() {
        assert_eq!(calendar.period_kind(name), Some(kind));
        assert_eq!(calendar.period_kind(&format!("{name}s")), Some(kind));
        assert_eq!(calendar.kind_name(kind), name);
    }
    assert_eq!(calendar.period_kind("fortnight"), None);
}

#[test]
fn shorter_periods_lie_inside_a_longer_one() {
    let calendar = uganda();
    let [year, half, quarter, month] =
        ["financial_year", "half_year", "quarter", "month"].map(|it| calendar.period_kind(it).unwrap());
    let this = calendar.period_from_label(year, "2025/26").unwrap();
    let labels = |kind| -> Vec<String> {
        calendar.periods_inside(kind, &this).unwrap().iter().map(|it| calendar.label(it)).collect()
    };
    assert_eq!(labels(half), ["2025/26-H1", "2025/26-H2"]);
    assert_eq!(labels(quarter), ["2025/26-Q1", "2025/26-Q2", "2025/26-Q3", "2025/26-Q4"]);
    assert_eq!(labels(month).len(), 12);
    let last = calendar.period_from_label(quarter, "2025/26-Q4").unwrap();
    assert_eq!(calendar.around(year, &last), Ok(this));
    assert!(this.contains(date("2026-06-30")) && !this.contains(date("2026-07-01")));
}

#[test]
fn periods_follow_each_other() {
    let calendar = uganda();
    let quarter = calendar.period_kind("quarter").unwrap();
    let last = calendar.period_from_label(quarter, "2025/26-Q4").unwrap();
    assert_eq!(calendar.label(&calendar.next(last).unwrap()), "2026/27-Q1");
    assert_eq!(calendar.label(&calendar.previous(last).unwrap()), "2025/26-Q3");
    assert_eq!(calendar.label(&calendar.shift(last, -8).unwrap()), "2023/24-Q4");
    assert_eq!(calendar.shift(last, i32::MAX), Err(CalendarProblem::OutOfRange));
    assert_eq!(calendar.shift(last, i32::MIN), Err(CalendarProblem::OutOfRange));
    assert_eq!(calendar.period_containing(quarter, Date::MAX), Err(CalendarProblem::OutOfRange));
}

#[test]
fn a_label_of_no_period_is_refused() {
    let calendar = uganda();
    let year = calendar.period_kind("financial_year").unwrap();
    for label in ["", "2025", "2025/27", "2025/26 ", "2025/26-Q1", "02025/26", "99999/00", "-5", "２０２５/26", "year"]
    {
        let problem = calendar.period_from_label(year, label).unwrap_err();
        assert_eq!(problem.to_string(), format!("`{label}` is no such period"));
    }
}

#[test]
fn before_and_behind_a_list_there_is_no_period() {
    let calendar = school();
    let term = calendar.period_kind("terms").unwrap();
    let none = Err(CalendarProblem::NotListed("term".to_owned()));
    let first = calendar.period_from_label(term, "2026-1").unwrap();
    let last = calendar.period_from_label(term, "2027-1").unwrap();
    assert_eq!(calendar.period_containing(term, date("2026-01-04")), none);
    assert_eq!(calendar.period_containing(term, date("2027-05-01")), none);
    assert_eq!((calendar.previous(first), calendar.next(last)), (none.clone(), none.clone()));
    // Where the first has not begun, it is the next; behind the last there is none.
    assert_eq!(calendar.period_from(term, date("2025-01-01")), Ok(first));
    assert_eq!(calendar.period_from(term, date("2027-05-01")), none);
    assert!(calendar.period_from_label(term, "2026-4").is_err());
    assert!(calendar.period_from_label(term, "2025-1").is_err());
}

#[test]
fn listed_periods_lie_inside_years_and_other_lists() {
    let calendar = school();
    let [year, term, half, month] = ["year", "term", "half", "month"].map(|it| calendar.period_kind(it).unwrap());
    let inside = |kind, label| {
        let longer = calendar.period_from_label(year, label).unwrap();
        calendar.periods_inside(kind, &longer).map(|it| it.iter().map(|it| calendar.label(it)).collect::<Vec<_>>())
    };
    assert_eq!(inside(term, "2026").unwrap(), ["2026-1", "2026-2", "2026-3"]);
    assert_eq!(inside(term, "2027").unwrap(), ["2027-1"]);
    assert_eq!(inside(term, "2025"), Err(CalendarProblem::NotListed("term".to_owned())));
    assert_eq!(inside(term, "2028"), Err(CalendarProblem::NotListed("term".to_owned())));
    // The last term of 2026 runs on to 3 January, so that no year holds it; the halves end with theirs, but not every term has two.
    assert!(!calendar.nests(term, year) && calendar.nests(half, year));
    assert!(!calendar.nests(half, term) && !calendar.nests(month, term) && !calendar.nests(term, term));
}

#[test]
fn a_list_out_of_order_is_a_fault() {
    let of = |starts: &[&str], until| {
        Calendar::new(CalendarRules { periods: vec![listed("term", starts, until)], ..plain_rules() }).is_ok()
    };
    assert!(of(&["2026-01-05"], "2026-01-05") && of(&["2026-01-05", "2026-01-06"], "2026-01-06"));
    assert!(!of(&[], "2026-01-05") && !of(&["2026-01-05"], "2026-01-04"));
    assert!(!of(&["2026-01-06", "2026-01-05"], "2026-12-31") && !of(&["2026-01-05", "2026-01-05"], "2026-12-31"));
    assert!(!of(&["2026-01-05"], "9999-12-31"));
}

#[test]
fn quarters_are_those_of_the_year_whatever_else_is_counted() {
    let terms = period("term", 4, (9, 1), PeriodLabelStyle::OneYear);
    let calendar = with(vec![terms, period("fiscal", 12, (7, 1), PeriodLabelStyle::OneYear)]);
    let first = |kind: &str, day: &str| {
        calendar.period_containing(calendar.period_kind(kind).unwrap(), date(day)).unwrap().first
    };
    assert_eq!(first("quarter", "2026-08-15"), date("2026-07-01"));
    assert_eq!(first("term", "2026-08-15"), date("2026-05-01"));
    assert_eq!(calendar.kind_name(merit::calendar::PeriodKind(99)), "month", "a number of another calendar");
}

#[test]
fn a_period_lies_inside_another_where_each_longer_one_begins_with_it() {
    let style = PeriodLabelStyle::OneYear;
    let calendar = with(vec![
        period("fiscal", 12, (7, 1), style),
        period("tax_year", 12, (4, 6), style),
        listed("term", &["2026-01-01", "2026-05-01"], "2026-08-31"),
        listed("block", &["2026-01-01", "2026-03-01", "2026-05-01"], "2026-08-31"),
    ]);
    let kind = |name: &str| calendar.period_kind(name).unwrap();
    let nests = |shorter: &str, longer: &str| calendar.nests(kind(shorter), kind(longer));
    for (shorter, longer) in [
        ("quarter", "fiscal"),
        ("half_year", "fiscal"),
        ("month", "fiscal"),
        ("month", "quarter"),
        ("month", "term"),
        ("block", "term"),
    ] {
        assert!(nests(shorter, longer), "{shorter} in {longer}");
    }
    for (shorter, longer) in [
        ("month", "tax_year"),
        ("quarter", "tax_year"),
        ("fiscal", "quarter"),
        ("fiscal", "fiscal"),
        ("fiscal", "tax_year"),
        ("quarter", "term"),
        ("term", "block"),
    ] {
        assert!(!nests(shorter, longer), "{shorter} in {longer}");
    }
}

#[test]
fn a_part_of_a_year_bears_the_letter_with_which_it_is_declared() {
    let begins =
        PeriodBegins::Every { months: 4, month: 1, day: 1, style: PeriodLabelStyle::OneYear, letter: Some('T') };
    let term = PeriodRule { name: "term".to_owned(), plural: "terms".to_owned(), begins };
    let calendar = with(vec![period("year", 12, (1, 1), PeriodLabelStyle::OneYear), term]);
    let kind = calendar.period_kind("term").unwrap();
    let found = calendar.period_containing(kind, date("2026-06-01")).unwrap();
    assert_eq!(calendar.label(&found), "2026-T2");
    assert_eq!(calendar.period_from_label(kind, "2026-T2").unwrap(), found);
    assert!(calendar.period_from_label(kind, "2026-2").is_err());
}
