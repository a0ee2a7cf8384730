//! Who works at the ministry, as the records were last entered, and the plainest second reading of the rules over them: working days
//! counted day by day, roles searched by hand. Nothing of Merit is asked here.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};

/// Values with the days from which they hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct Dated<T>(pub(crate) BTreeMap<Date, T>);

impl<T: Copy + PartialEq> Dated<T> {
    pub(crate) fn since(day: Date, value: T) -> Self {
        Self(BTreeMap::from([(day, value)]))
    }

    /// What holds then already is nothing new, and says nothing for the time behind it.
    pub(crate) fn set(&mut self, from: Date, value: T) {
        if self.on(from) != Some(value) {
            self.0.insert(from, value);
        }
    }

    pub(crate) fn on(&self, day: Date) -> Option<T> {
        self.0.range(..=day).next_back().map(|it| *it.1)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Active,
    OnLeave,
    Gone,
}

impl Status {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Status::Active => "active",
            Status::OnLeave => "on_leave",
            Status::Gone => "gone",
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Officer {
    pub(crate) key: String,
    pub(crate) boss: Option<usize>,
    pub(crate) clerk: Option<usize>,
    pub(crate) court: Option<usize>,
    pub(crate) email: bool,
    pub(crate) status: Dated<Status>,
    /// Whether they keep the watch, which never closes.
    pub(crate) watch: Dated<bool>,
    pub(crate) asked: Option<Date>,
    pub(crate) score: Option<u32>,
    pub(crate) excused: Option<bool>,
}

/// Somebody hands on what is theirs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Given {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) since: Date,
    pub(crate) until: Date,
}

/// Seats of the board, in their order.
pub(crate) const SEATS: [&str; 5] = ["chair", "member", "member", "member", "secretary"];

pub(crate) struct Roster {
    pub(crate) officers: Vec<Officer>,
    pub(crate) given: Vec<Given>,
    pub(crate) board: [usize; 5],
    pub(crate) holidays: BTreeSet<Date>,
    /// Holidays that were announced in its course, each with the day on which they were.
    pub(crate) announced: BTreeMap<Date, Date>,
    /// Until when the plans of a quarter are due by order: by the quarter's first day, each with the day of the order.
    pub(crate) orders: BTreeMap<Date, BTreeMap<Date, Date>>,
    /// The working days for a plan, and how often one is reminded at most, by the version of the policy.
    pub(crate) versions: BTreeMap<i64, (u32, u32)>,
}

/// What a search came to.
struct Search<'r> {
    roster: &'r Roster,
    day: Date,
    never: Option<usize>,
    tried: BTreeSet<usize>,
    asked: BTreeSet<usize>,
    passed: Vec<usize>,
}

impl Search<'_> {
    fn manager(&mut self, of: usize) -> Option<usize> {
        if !self.asked.insert(of) {
            return None;
        }
        let boss = self.roster.officers[of].boss?;
        self.takes(of, boss).or_else(|| self.manager(boss))
    }

    fn takes(&mut self, of: usize, who: usize) -> Option<usize> {
        if !self.tried.insert(who) {
            return None;
        }
        let there = |who: usize| self.roster.officers[who].status.on(self.day) == Some(Status::Active);
        let gone = self.roster.officers[who].status.on(self.day) == Some(Status::Gone);
        if self.never != Some(who) && !gone {
            for given in &self.roster.given {
                if given.from != who || self.day < given.since || self.day > given.until {
                    continue;
                }
                let barred = self.never == Some(given.to) || given.to == of || !self.tried.insert(given.to);
                if !barred && there(given.to) {
                    return Some(given.to);
                }
            }
        }
        if self.never != Some(who) && there(who) {
            return Some(who);
        }
        self.passed.push(who);
        None
    }
}

impl Roster {
    pub(crate) fn place(&self, key: &str) -> Option<usize> {
        self.officers.iter().position(|it| it.key == key)
    }

    fn search(&self, day: Date, never: Option<usize>) -> Search<'_> {
        let (tried, asked) = (BTreeSet::new(), BTreeSet::new());
        Search { roster: self, day, never, tried, asked, passed: Vec::new() }
    }

    /// Who is the manager of the subject of a case.
    pub(crate) fn manager(&self, of: usize, day: Date) -> Option<usize> {
        self.search(day, Some(of)).manager(of)
    }

    pub(crate) fn is_there(&self, who: usize, day: Date) -> bool {
        self.officers[who].status.on(day) == Some(Status::Active)
    }

    pub(crate) fn is_gone(&self, who: usize, day: Date) -> bool {
        self.officers[who].status.on(day) == Some(Status::Gone)
    }

    fn plainly(&self, of: usize, who: Option<usize>, day: Date) -> Option<usize> {
        who.filter(|it| *it != of && self.is_there(*it, day))
    }

    /// With whom a stage lies on a day: for each who is charged, who it is; nothing where the plain reading is not plain.
    pub(crate) fn holders(&self, stage: &str, of: usize, day: Date, withdrawn: &[usize]) -> Option<Vec<Option<usize>>> {
        let me = (!self.is_gone(of, day)).then_some(of);
        let officer = &self.officers[of];
        Some(match stage {
            "write" | "note" | "answer" | "appeal_window" => vec![me],
            "look" | "assess" | "hearing.ruling" => vec![self.manager(of, day)],
            "talk" => vec![self.manager(of, day), me],
            "file" | "notice" => vec![self.plainly(of, officer.clerk, day)],
            "appeal_ruling" => vec![self.plainly(of, officer.court, day)],
            "leave.ruling" => self.sitting(of, day, withdrawn).into_iter().map(|it| Some(it.0)).collect(),
            _ => return None,
        })
    }

    fn recused(&self, of: usize, day: Date, withdrawn: &[usize]) -> Vec<usize> {
        let mut search = self.search(day, None);
        let found = search.manager(of);
        let passed = search.passed.into_iter().chain(found);
        passed.chain([of]).chain(withdrawn.iter().copied()).collect()
    }

    /// Who sits on the board in a case, and whether they vote.
    pub(crate) fn sitting(&self, of: usize, day: Date, withdrawn: &[usize]) -> Vec<(usize, bool)> {
        let recused = self.recused(of, day, withdrawn);
        let all = self.board.iter().zip(SEATS).map(|(who, seat)| (*who, seat != "secretary"));
        all.filter(|it| !recused.contains(&it.0)).collect()
    }

    /// How many of those who vote must have: three of four, or as large a part of those who are left.
    pub(crate) fn quorum(&self, of: usize, day: Date, withdrawn: &[usize]) -> usize {
        let left = self.sitting(of, day, withdrawn).iter().filter(|it| it.1).count();
        (3 * left).div_ceil(4).max(1)
    }

    // ---- days

    pub(crate) fn is_worked(&self, watch: bool, day: Date) -> bool {
        let weekend = matches!(day.weekday(), Weekday::Friday | Weekday::Saturday);
        watch || (!weekend && !self.holidays.contains(&day))
    }

    /// As it was known before a day.
    pub(crate) fn was_worked(&self, watch: bool, day: Date, known: Date) -> bool {
        let weekend = matches!(day.weekday(), Weekday::Friday | Weekday::Saturday);
        self.is_worked(watch, day) || (!weekend && self.announced.get(&day).is_some_and(|it| *it >= known))
    }

    /// The day that the last order names for the plans of a quarter.
    pub(crate) fn ordered(&self, quarter: Date, today: Date) -> Option<Date> {
        self.orders.get(&quarter)?.range(..=today).next_back().map(|it| *it.1)
    }

    pub(crate) fn watches(&self, who: usize, day: Date) -> bool {
        self.officers[who].watch.on(day) == Some(true)
    }

    /// Working days behind one day, up to another.
    pub(crate) fn worked_between(&self, who: usize, after: Date, until: Date) -> i64 {
        let watch = self.watches(who, after);
        let mut day = after;
        let mut count = 0;
        while day < until {
            day = next(day);
            count += i64::from(self.is_worked(watch, day));
        }
        count
    }

    /// The days of leave as far as a day on which it is over.
    pub(crate) fn is_suspended(&self, who: usize, opened: Date, day: Date, today: Date) -> bool {
        let on_leave = |it: Date| self.officers[who].status.on(it) == Some(Status::OnLeave);
        if day < opened || day > today || !on_leave(day) {
            return false;
        }
        // A stretch that lasts until today is not over.
        let mut last = day;
        while last < today && on_leave(next(last)) {
            last = next(last);
        }
        last < today
    }
}

/// A length, as the ministry's rules write it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Length {
    Working(u32),
    Days(u32),
    Months(u32),
}

/// What a due date is counted from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct From {
    pub(crate) day: Date,
    /// Whether the day itself counts: it is the first of a period.
    pub(crate) counts: bool,
}

/// When something is due, counted day by day.
pub(crate) fn due(
    roster: &Roster,
    who: usize,
    from: From,
    (length, more): (Length, Option<Length>),
    still: &dyn Fn(Date) -> bool,
) -> Date {
    let watch = roster.watches(who, from.day);
    let first = if from.counts { from.day } else { next(from.day) };
    let mut day = before(first);
    let mut extended = Some(more);
    let mut left = length;
    let mut stands_until = first;
    loop {
        day = run(roster, watch, day, left);
        // What stood still within the time is added, and what stands still in that as well.
        let working = matches!(length, Length::Working(_));
        let mut at = stands_until;
        while at <= day {
            let (begun, mut count) = (at, 0);
            while still(at) {
                count += u32::from(!working || roster.is_worked(watch, at));
                at = next(at);
            }
            day = run(roster, watch, day, if working { Length::Working(count) } else { Length::Days(count) });
            at = if at == begun { next(at) } else { at };
        }
        stands_until = at;
        match extended.take().flatten() {
            Some(more) => left = more,
            None => break,
        }
    }
    while !watch && !roster.is_worked(watch, day) {
        day = next(day);
    }
    day
}

fn run(roster: &Roster, watch: bool, from: Date, length: Length) -> Date {
    let mut day = from;
    match length {
        Length::Working(count) => {
            let mut left = count;
            while left > 0 {
                day = next(day);
                left -= u32::from(roster.is_worked(watch, day));
            }
            day
        }
        Length::Days(count) => day.checked_add(i64::from(count).days()).unwrap(),
        Length::Months(count) => day.checked_add(i64::from(count).months()).unwrap(),
    }
}

pub(crate) fn next(day: Date) -> Date {
    day.tomorrow().unwrap()
}

pub(crate) fn before(day: Date) -> Date {
    day.yesterday().unwrap()
}

/// Holidays of the year that the policy's text names.
pub(crate) fn holidays() -> BTreeSet<Date> {
    BTreeSet::from([date(2026, 1, 1), date(2026, 5, 1), date(2026, 7, 23), date(2027, 1, 1)])
}
