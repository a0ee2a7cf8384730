//! Which days are off, and why.

use std::collections::{BTreeMap, BTreeSet};

use merit::calendar::{
    Calendar, CalendarFault, CalendarRules, Date, HolidayDay, HolidayRule, PeriodBegins, PeriodLabelStyle, PeriodRule,
    Substitute, Weekday,
};

use crate::support::{announced, date, easter, fixed, holiday, moon, plain_rules, rows, rwanda, rwanda_rules, uganda};

type Table = BTreeMap<Date, (BTreeSet<String>, bool)>;

/// What a table says of each day: the names of its holidays, and whether they are only expected.
fn written(table: &str) -> Table {
    let mut days = Table::new();
    for row in rows(table) {
        let [day, weekday, standing, name] = row.as_slice() else { panic!("a row has four cells: {row:?}") };
        let day = date(day);
        assert_eq!(&format!("{:?}", day.weekday())[..3], weekday, "{day}");
        let entry = days.entry(day).or_default();
        entry.0.insert(name.clone());
        entry.1 = standing == "expected";
    }
    days
}

/// What a calendar says of the days of some years; plain weekends are left out.
fn computed(calendar: &Calendar, years: std::ops::RangeInclusive<i16>) -> Table {
    let first = Date::constant(*years.start(), 1, 1);
    let days = first.series(jiff::Span::new().days(1)).take_while(|it| it.year() <= *years.end());
    let mut table = Table::new();
    for day in days {
        let status = calendar.day(day);
        assert_eq!(status.working, calendar.is_working(day), "{day}");
        let Some(why) = status.why else { continue };
        if why == "Saturday" || why == "Sunday" {
            assert!(!status.expected, "{day}");
            continue;
        }
        assert!(!status.working, "{day}: {why}");
        table.insert(day, (why.split(" and ").map(str::to_owned).collect(), status.expected));
    }
    table
}

fn assert_same(expected: &Table, actual: &Table) {
    let all: BTreeSet<_> = expected.keys().chain(actual.keys()).collect();
    for day in all {
        assert_eq!(expected.get(day), actual.get(day), "{day} (left: the table, right: the calendar)");
    }
}

#[test]
fn every_public_holiday_of_uganda_is_off_and_no_other_day() {
    assert_same(&written(include_str!("uganda.csv")), &computed(&uganda(), 2015..=2030));
}

#[test]
fn every_public_holiday_and_substitute_of_rwanda_is_off_and_no_other_day() {
    assert_same(&written(include_str!("rwanda.csv")), &computed(&rwanda(), 2018..=2030));
}

#[test]
fn the_last_saturday_of_a_month_is_a_saturday_like_any_other() {
    let day = rwanda().day(date("2024-01-27"));
    assert_eq!(day.why.as_deref(), Some("Saturday"));
}

#[test]
fn a_day_announced_as_worked_overrules_a_substitute() {
    let word = announced("2022-05-03", "the ministry's announcement of 1 May 2022", true);
    let calendar = Calendar::new(CalendarRules { announced: vec![word], ..rwanda_rules() }).unwrap();
    assert!(!rwanda().is_working(date("2022-05-03")));
    assert!(calendar.is_working(date("2022-05-03")));
    assert_eq!(calendar.add_working_days(date("2022-04-29"), 1), Ok(date("2022-05-03")));
}

#[test]
fn an_announcement_makes_an_expected_day_certain() {
    let word = announced("2026-03-20", "Eid al-Fitr", false);
    let calendar = Calendar::new(CalendarRules { announced: vec![word], ..rwanda_rules() }).unwrap();
    assert!(rwanda().day(date("2026-03-20")).expected);
    assert!(!calendar.day(date("2026-03-20")).expected);
}

#[test]
fn a_substitute_pushed_on_by_an_expected_day_is_itself_expected() {
    let holidays = vec![fixed("Labour Day", 5, 1), moon("Eid", &[], &["2022-05-02"])];
    let calendar = Calendar::new(CalendarRules { holidays, ..rwanda_rules() }).unwrap();
    let day = calendar.day(date("2022-05-03"));
    assert_eq!(day.why.as_deref(), Some("substitute for Labour Day"));
    assert!(day.expected);
}

#[test]
fn two_holidays_on_one_working_day_give_the_next_one_only_where_the_calendar_says_so() {
    let off = |also_for_clash: bool, when_never: bool| {
        let never = HolidayRule { substitute: !when_never, ..fixed("Memorial", 4, 7) };
        let on = [false, false, false, false, false, true, true];
        let calendar = Calendar::new(CalendarRules {
            holidays: vec![never, easter("Good Friday", -2), easter("Easter Monday", 1)],
            substitute: Substitute::NextFreeWorkingDay { on, one_for_two: true, also_for_clash },
            ..plain_rules()
        });
        !calendar.unwrap().is_working(date("2023-04-11"))
    };
    assert!(off(true, false));
    assert!(!off(false, false));
    assert!(!off(true, true), "a holiday that is never substituted takes no part");
}

#[test]
fn two_holidays_on_one_weekend_give_one_day_or_two() {
    let off = |one_for_two| {
        let on = [false, false, false, false, false, true, true];
        let substitute = Substitute::NextFreeWorkingDay { on, one_for_two, also_for_clash: false };
        let holidays = vec![fixed("Christmas Day", 12, 25), fixed("Boxing Day", 12, 26)];
        let calendar = Calendar::new(CalendarRules { holidays, substitute, ..plain_rules() }).unwrap();
        ["2021-12-27", "2021-12-28"].map(|it| calendar.day(date(it)).why)
    };
    let substitute = |name: &str| Some(format!("substitute for {name}"));
    assert_eq!(off(true), [substitute("Christmas Day"), None]);
    assert_eq!(off(false), [substitute("Christmas Day"), substitute("Boxing Day")]);
}

#[test]
fn a_substitute_is_given_only_for_the_weekdays_that_the_calendar_names() {
    let on = [false, false, false, false, false, false, true];
    let calendar = Calendar::new(CalendarRules {
        holidays: vec![fixed("Labour Day", 5, 1)],
        substitute: Substitute::NextFreeWorkingDay { on, one_for_two: false, also_for_clash: false },
        ..plain_rules()
    })
    .unwrap();
    assert!(calendar.is_working(date("2021-05-03")), "1 May 2021 was a Saturday");
    assert!(!calendar.is_working(date("2022-05-02")), "1 May 2022 was a Sunday");
}

#[test]
fn two_holidays_on_one_day_off_are_no_clash_of_working_days() {
    let on = [false, false, false, false, false, false, true];
    let holidays = vec![fixed("Labour Day", 5, 1), moon("Eid", &["2021-05-01"], &[])];
    let substitute = Substitute::NextFreeWorkingDay { on, one_for_two: true, also_for_clash: true };
    let calendar = Calendar::new(CalendarRules { holidays, substitute, ..plain_rules() }).unwrap();
    assert!(calendar.is_working(date("2021-05-03")), "1 May 2021 was a Saturday, and only Sundays are substituted");
}

#[test]
fn a_day_that_a_certain_holiday_secures_is_not_expected() {
    let holidays = |eid| vec![fixed("Labour Day", 5, 1), eid];
    let day = |eid| {
        Calendar::new(CalendarRules { holidays: holidays(eid), ..plain_rules() }).unwrap().day(date("2026-05-01"))
    };
    let both = day(moon("Eid", &[], &["2026-05-01"]));
    assert_eq!(both.why.as_deref(), Some("Labour Day and Eid"));
    assert!(!both.expected);
}

#[test]
fn a_holiday_holds_only_in_its_years() {
    let rule = |from, until| HolidayRule { from, until, ..fixed("Day", 6, 1) };
    let off = |rule: HolidayRule, year: i16| {
        let calendar = Calendar::new(CalendarRules { holidays: vec![rule], ..plain_rules() }).unwrap();
        calendar.day(Date::constant(year, 6, 1)).why.as_deref() == Some("Day")
    };
    assert_eq!([2015, 2016, 2017].map(|year| off(rule(Some(2016), None), year)), [false, true, true]);
    assert_eq!([2015, 2016, 2017].map(|year| off(rule(None, Some(2016)), year)), [true, true, false]);
    let listed = HolidayRule { from: Some(2026), ..moon("Day", &["2025-06-01", "2026-06-01"], &[]) };
    assert_eq!([2025, 2026].map(|year| off(listed.clone(), year)), [false, true]);
}

#[test]
fn the_last_weekday_of_a_month_and_29_february_are_days_of_some_years() {
    let last_monday = holiday("Memorial Day", HolidayDay::NthWeekday { nth: -1, weekday: Weekday::Monday, month: 5 });
    let calendar =
        Calendar::new(CalendarRules { holidays: vec![last_monday, fixed("Leap day", 2, 29)], ..plain_rules() })
            .unwrap();
    assert_eq!(calendar.day(date("2026-05-25")).why.as_deref(), Some("Memorial Day"));
    assert_eq!(calendar.day(date("2024-02-29")).why.as_deref(), Some("Leap day"));
    assert!(calendar.is_working(date("2023-03-01")));
}

#[test]
fn holidays_of_one_day_are_listed_for_a_warning() {
    let clashes = rwanda().clashes(2018..=2030);
    assert_eq!(clashes.len(), 1);
    assert_eq!(clashes[0].date, date("2023-04-07"));
    assert_eq!(clashes[0].names, ["Good Friday", "Genocide Memorial Day"]);
    assert!(uganda().clashes(2018..=2030).is_empty());
    #[expect(clippy::reversed_empty_ranges, reason = "a range that holds no year")]
    let none = rwanda().clashes(2030..=2018);
    assert!(none.is_empty());
}

#[test]
fn a_moon_dependent_holiday_says_how_far_its_list_goes() {
    let calendar = rwanda();
    assert_eq!(calendar.listed_until("Eid al-Fitr"), Some(date("2030-02-05")));
    assert_eq!(calendar.listed_until("Labour Day"), None);
    assert_eq!(calendar.listed_until("no such day"), None);
    assert!(calendar.unlisted_in(2030).is_empty());
    assert_eq!(calendar.unlisted_in(2031), ["Eid al-Fitr", "Eid al-Adha"]);
    let held = HolidayRule { from: Some(2022), until: Some(2024), ..moon("Fast", &["2023-04-01"], &[]) };
    let calendar = Calendar::new(CalendarRules { holidays: vec![held], ..plain_rules() }).unwrap();
    let unlisted = (2020..=2026).filter(|it| !calendar.unlisted_in(*it).is_empty());
    assert_eq!(unlisted.collect::<Vec<_>>(), [2022, 2024], "nobody misses it in years in which it is not held");
}

#[test]
fn every_fault_of_the_rules_is_told_at_once() {
    let period = PeriodRule {
        name: "year".to_owned(),
        plural: "years".to_owned(),
        begins: PeriodBegins::Every { months: 5, month: 2, day: 29, style: PeriodLabelStyle::OneYear, letter: None },
    };
    let fifth = holiday("Sixth Friday", HolidayDay::NthWeekday { nth: 6, weekday: Weekday::Friday, month: 8 });
    let faults = Calendar::new(CalendarRules {
        zone: "Afrika/Kampala".to_owned(),
        working: [false; 7],
        periods: vec![period],
        holidays: vec![fixed("None", 6, 31), fifth, fixed("Leap day", 2, 29)],
        ..plain_rules()
    })
    .unwrap_err();
    let day = |name: &str| CalendarFault::NoSuchDay(name.to_owned());
    let expected = [
        CalendarFault::UnknownZone("Afrika/Kampala".to_owned()),
        CalendarFault::NothingWorked,
        day("None"),
        day("Sixth Friday"),
        day("year"),
        CalendarFault::UnevenPeriod("year".to_owned()),
    ];
    assert_eq!(faults, expected);
    assert_eq!(faults[2].to_string(), "None falls on a date that does not exist");
}

/// Western Easter Sunday as published, copied by hand; the earliest and latest days of the two centuries among them.
#[test]
fn easter_is_the_sunday_of_the_table() {
    let rules = CalendarRules { holidays: vec![easter("Easter", 0)], ..plain_rules() };
    let calendar = Calendar::new(rules).unwrap();
    let known = "1900-04-15 1913-03-23 1943-04-25 1954-04-18 1961-04-02 1981-04-19 1999-04-04 2000-04-23 2008-03-23 2011-04-24 \
                 2015-04-05 2016-03-27 2017-04-16 2018-04-01 2019-04-21 2020-04-12 2021-04-04 2022-04-17 2023-04-09 \
                 2024-03-31 2025-04-20 2026-04-05 2027-03-28 2028-04-16 2029-04-01 2030-04-21 2038-04-25 2049-04-18 \
                 2076-04-19 2100-03-28 2101-04-17 2102-04-09 2103-03-25 2104-04-13 2105-04-05 2106-04-18 2114-04-22";
    for day in known.split_whitespace() {
        assert_eq!(calendar.day(date(day)).why.as_deref(), Some("Easter"), "{day}");
    }
}
