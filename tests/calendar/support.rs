//! Calendars built by hand, and tables that a lawyer can read.

use merit::calendar::{
    Anchor, AnnouncedDay, Calendar, CalendarRules, Date, DateRole, DeadlineInput, Direction, HolidayDay, HolidayRule,
    Length, ListedDay, MonthEnd, PeriodBegins, PeriodLabelStyle, PeriodRule, Roll, Substitute, Time, Unit, Weekday,
};

pub(crate) fn date(text: &str) -> Date {
    text.parse().unwrap_or_else(|_| panic!("`{text}` is no date"))
}

/// The rows of a table: cells between `;`, comments behind `#`, the first row names the columns.
pub(crate) fn rows(table: &str) -> Vec<Vec<String>> {
    let lines = table.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines.skip(1).map(|line| line.split(';').map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// A month-end, a roll, a role in the words of the tables.
pub(crate) fn month_end(word: &str) -> MonthEnd {
    match word {
        "back" => MonthEnd::Back,
        "forward" => MonthEnd::Forward,
        "refuse" => MonthEnd::Refuse,
        other => panic!("`{other}` is no month end"),
    }
}

pub(crate) fn roll(word: &str) -> Option<Roll> {
    match word {
        "" => None,
        "back" => Some(Roll::Back),
        "forward" => Some(Roll::Forward),
        "as is" => Some(Roll::AsIs),
        other => panic!("`{other}` is no roll"),
    }
}

pub(crate) fn role(word: &str) -> DateRole {
    match word {
        "due" => DateRole::Due,
        "opening" => DateRole::Opening,
        "closing" => DateRole::Closing,
        other => panic!("`{other}` is no role"),
    }
}

/// `3 months`, `-3 months`: the sign is the direction.
pub(crate) fn length(text: &str) -> (Length, Direction) {
    let (count, unit) = text.split_once(' ').unwrap();
    let (direction, count) = match count.strip_prefix('-') {
        Some(count) => (Direction::Before, count),
        None => (Direction::After, count),
    };
    let unit = match unit.trim_end_matches('s') {
        "hour" => Unit::Hours,
        "day" => Unit::Days,
        "working day" => Unit::WorkingDays,
        "week" => Unit::Weeks,
        "month" => Unit::Months,
        "year" => Unit::Years,
        other => panic!("`{other}` is no unit"),
    };
    (Length { count: count.parse().unwrap(), unit }, direction)
}

/// `3 months after`, `5 working days before`, or nothing.
pub(crate) fn allowance(text: &str) -> Option<(Length, Direction)> {
    if text.is_empty() {
        return None;
    }
    let (words, direction) = text.rsplit_once(' ').unwrap();
    let direction = if direction == "after" { Direction::After } else { Direction::Before };
    Some((length(words).0, direction))
}

pub(crate) fn anchor(kind: &str, day: Date) -> Anchor {
    let what = kind.to_owned();
    match kind {
        "start" => Anchor::StartEdge { day, what },
        "end" => Anchor::EndEdge { day, what },
        _ => Anchor::Event { day, what },
    }
}

/// An input without anything special; `beginning` is an event whose day counts.
pub(crate) fn input(kind: &str, day: Date, length: Option<(Length, Direction)>, role: DateRole) -> DeadlineInput {
    DeadlineInput {
        anchor: anchor(kind, day),
        length,
        beginning_on: kind == "beginning",
        role,
        roll: None,
        month_end: None,
        at: None,
        suspensions: Vec::new(),
        extensions: Vec::new(),
    }
}

pub(crate) const MONDAY_TO_FRIDAY: [bool; 7] = [true, true, true, true, true, false, false];

/// Monday to Friday, no holiday, nothing rolls.
pub(crate) fn plain_rules() -> CalendarRules {
    CalendarRules {
        name: "plain".to_owned(),
        title: "Plain".to_owned(),
        zone: "UTC".to_owned(),
        working: MONDAY_TO_FRIDAY,
        periods: Vec::new(),
        holidays: Vec::new(),
        substitute: Substitute::None,
        roll: Roll::AsIs,
        month_end: Some(MonthEnd::Back),
        notices_at: Time::constant(8, 0, 0, 0),
        announced: Vec::new(),
    }
}

pub(crate) fn plain() -> Calendar {
    Calendar::new(plain_rules()).unwrap()
}

pub(crate) fn in_zone(zone: &str) -> Calendar {
    Calendar::new(CalendarRules { zone: zone.to_owned(), ..plain_rules() }).unwrap()
}

pub(crate) fn holiday(name: &str, when: HolidayDay) -> HolidayRule {
    HolidayRule { name: name.to_owned(), when, from: None, until: None, substitute: true }
}

pub(crate) fn fixed(name: &str, month: i8, day: i8) -> HolidayRule {
    holiday(name, HolidayDay::Fixed { month, day })
}

pub(crate) fn easter(name: &str, offset_days: i32) -> HolidayRule {
    holiday(name, HolidayDay::Easter { offset_days })
}

/// Days as announced, and those only expected.
pub(crate) fn moon(name: &str, certain: &[&str], expected: &[&str]) -> HolidayRule {
    let listed = |days: &[&str], expected| -> Vec<ListedDay> {
        days.iter().map(|it| ListedDay { date: date(it), expected }).collect()
    };
    holiday(name, HolidayDay::Listed([listed(certain, false), listed(expected, true)].concat()))
}

pub(crate) fn announced(day: &str, why: &str, worked: bool) -> AnnouncedDay {
    AnnouncedDay { date: date(day), why: why.to_owned(), worked }
}

fn financial_year() -> PeriodRule {
    PeriodRule {
        name: "financial_year".to_owned(),
        plural: "financial_years".to_owned(),
        begins: PeriodBegins::Every { months: 12, month: 7, day: 1, style: PeriodLabelStyle::TwoYears, letter: None },
    }
}

pub(crate) fn uganda_rules() -> CalendarRules {
    CalendarRules {
        name: "uganda".to_owned(),
        title: "Uganda public service".to_owned(),
        zone: "Africa/Kampala".to_owned(),
        periods: vec![financial_year()],
        holidays: vec![
            fixed("New Year's Day", 1, 1),
            fixed("NRM Liberation Day", 1, 26),
            HolidayRule { from: Some(2016), ..fixed("Archbishop Janani Luwum Day", 2, 16) },
            fixed("International Women's Day", 3, 8),
            easter("Good Friday", -2),
            easter("Easter Monday", 1),
            fixed("Labour Day", 5, 1),
            fixed("Martyrs' Day", 6, 3),
            fixed("National Heroes' Day", 6, 9),
            fixed("Independence Day", 10, 9),
            fixed("Christmas Day", 12, 25),
            fixed("Boxing Day", 12, 26),
            moon(
                "Idd el-Fitr",
                &["2021-05-13", "2023-04-21", "2024-04-10", "2025-03-31"],
                &[
                    "2015-07-17",
                    "2016-07-06",
                    "2017-06-25",
                    "2018-06-15",
                    "2019-06-04",
                    "2020-05-24",
                    "2022-05-02",
                    "2026-03-20",
                    "2027-03-10",
                    "2028-02-27",
                    "2029-02-15",
                    "2030-02-05",
                ],
            ),
            moon(
                "Idd el-Adha",
                &["2021-07-20", "2023-06-28"],
                &[
                    "2015-09-24",
                    "2016-09-12",
                    "2017-09-01",
                    "2018-08-21",
                    "2019-08-11",
                    "2020-07-31",
                    "2022-07-09",
                    "2024-06-16",
                    "2025-06-06",
                    "2026-05-27",
                    "2027-05-17",
                    "2028-05-05",
                    "2029-04-24",
                    "2030-04-14",
                ],
            ),
        ],
        roll: Roll::Forward,
        announced: vec![
            announced("2016-02-18", "general election", false),
            announced("2016-02-24", "local elections", false),
            announced("2016-05-12", "inauguration", false),
            announced("2021-01-14", "general election", false),
            announced("2021-01-15", "general election", false),
            announced("2021-05-12", "inauguration", false),
            announced("2021-06-25", "national day of prayer", false),
        ],
        ..plain_rules()
    }
}

pub(crate) fn uganda() -> Calendar {
    Calendar::new(uganda_rules()).unwrap()
}

pub(crate) fn rwanda_rules() -> CalendarRules {
    CalendarRules {
        name: "rwanda".to_owned(),
        title: "Rwanda public service".to_owned(),
        zone: "Africa/Kigali".to_owned(),
        periods: vec![financial_year()],
        holidays: vec![
            fixed("New Year's Day", 1, 1),
            fixed("Day after New Year's Day", 1, 2),
            fixed("Heroes' Day", 2, 1),
            easter("Good Friday", -2),
            easter("Easter Monday", 1),
            HolidayRule { substitute: false, ..fixed("Genocide Memorial Day", 4, 7) },
            fixed("Labour Day", 5, 1),
            fixed("Independence Day", 7, 1),
            fixed("Liberation Day", 7, 4),
            holiday("Umuganura", HolidayDay::NthWeekday { nth: 1, weekday: Weekday::Friday, month: 8 }),
            fixed("Assumption Day", 8, 15),
            fixed("Christmas Day", 12, 25),
            fixed("Boxing Day", 12, 26),
            moon(
                "Eid al-Fitr",
                &[
                    "2018-06-15",
                    "2019-06-04",
                    "2020-05-24",
                    "2021-05-13",
                    "2022-05-02",
                    "2023-04-21",
                    "2024-04-10",
                    "2025-03-31",
                ],
                &["2026-03-20", "2027-03-10", "2028-02-27", "2029-02-15", "2030-02-05"],
            ),
            moon(
                "Eid al-Adha",
                &[
                    "2018-08-22",
                    "2019-08-12",
                    "2020-07-31",
                    "2021-07-20",
                    "2022-07-09",
                    "2023-06-28",
                    "2024-06-16",
                    "2025-06-06",
                ],
                &["2026-05-27", "2027-05-17", "2028-05-05", "2029-04-24", "2030-04-14"],
            ),
        ],
        substitute: Substitute::NextFreeWorkingDay {
            on: [false, false, false, false, false, true, true],
            one_for_two: true,
            also_for_clash: true,
        },
        roll: Roll::Forward,
        ..plain_rules()
    }
}

pub(crate) fn rwanda() -> Calendar {
    Calendar::new(rwanda_rules()).unwrap()
}
