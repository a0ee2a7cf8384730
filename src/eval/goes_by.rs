//! By which calendar the record at hand goes on a day.
//!
//! The calendar that holds on the day from which something is counted counts for the whole of it. What a condition that says which it
//! is counts itself, it counts by the calendar of the workflow or the project.

use std::rc::Rc;

use jiff::civil::Date;

use crate::calendar::{Calendar, day_in_words};
use crate::eval::expression::truth;
use crate::eval::reads;
use crate::eval::scope::Scope;
use crate::value::{Missing, Truth};

/// The calendars by which a record may go on a day: one, or several while a fact is missing that tells which.
pub struct Calendars<'a> {
    /// The one that counts if none of the others does.
    last: &'a Calendar,
    /// Those of which it is not known whether they count.
    open: Vec<&'a Calendar>,
    /// The facts that would tell.
    pub missing: Vec<Missing>,
    /// Whose calendar it is, and whether it is their own; nothing where nobody has one.
    whose: Option<(String, bool)>,
    day: Date,
}

impl<'a> Scope<'a> {
    /// The same scope, in which one calendar counts for every record if a workflow or framework names it.
    #[must_use]
    pub fn by_one_calendar(self, named: bool) -> Self {
        Self { own_calendars: !named, ..self }
    }

    /// The calendars by which the record at hand may go on a day.
    #[must_use]
    pub fn calendars(&self, day: Date) -> Calendars<'a> {
        let mut found = Calendars::of_everybody(self.calendar, day);
        let lines = self.policy.calendar_lines(self.subject.record).filter(|_| self.own_calendars);
        let Some((record, lines)) = lines else { return found };
        let mut who = self.subject.clone();
        while who.record != record {
            let Some(owner) = reads::owner(self.policy, &who) else { return found };
            who = owner;
        }
        let asked = Scope {
            own_calendars: false,
            context: None,
            period: None,
            // What is counted here is counted otherwise than elsewhere.
            earlier: Rc::default(),
            asked: Rc::default(),
            ..self.about(who.clone()).on(day)
        };
        found.whose = Some((who.key.to_string(), false));
        for line in lines {
            let calendar = &self.policy.calendars[line.calendar];
            match line.when.as_ref().map_or(Truth::Yes, |it| truth(&asked, it)) {
                Truth::Yes => {
                    self.applied(line.span);
                    found.last = calendar;
                    found.whose = Some((who.key.to_string(), true));
                    break;
                }
                Truth::Unknown(missing) => {
                    found.open.push(calendar);
                    found.missing.extend(missing);
                }
                Truth::No | Truth::NotApplicable => {}
            }
        }
        let last = found.last.name();
        found.open.retain(|it| it.name() != last);
        found.missing = if found.open.is_empty() { Vec::new() } else { Missing::merged(found.missing) };
        found
    }
}

impl<'a> Calendars<'a> {
    /// One that counts for everybody.
    #[must_use]
    pub fn of_everybody(calendar: &'a Calendar, day: Date) -> Self {
        Self { last: calendar, open: Vec::new(), missing: Vec::new(), whose: None, day }
    }

    /// Each of them.
    pub fn all(&self) -> impl Iterator<Item = &'a Calendar> + use<'_, 'a> {
        self.open.iter().copied().chain(std::iter::once(self.last))
    }

    /// The one that counts, if that is known.
    #[must_use]
    pub fn sure(&self) -> Option<&'a Calendar> {
        self.open.is_empty().then_some(self.last)
    }

    /// The latest (or most) that any of them gives.
    pub fn latest<T: Ord>(&self, of: impl Fn(&'a Calendar) -> T) -> T {
        self.open.iter().fold(of(self.last), |best, it| best.max(of(it)))
    }

    /// The earliest (or least) that any of them gives.
    pub fn earliest<T: Ord>(&self, of: impl Fn(&'a Calendar) -> T) -> T {
        self.open.iter().fold(of(self.last), |best, it| best.min(of(it)))
    }

    /// By which calendar something is counted, and why; nothing where nobody has one of their own.
    #[must_use]
    pub fn told(&self, calendar: &Calendar) -> Option<String> {
        let (who, own) = self.whose.as_ref()?;
        let (name, day) = (calendar.name(), day_in_words(self.day));
        Some(if !self.open.is_empty() {
            let missing: Vec<String> = self.missing.iter().map(ToString::to_string).collect();
            format!("calendar `{name}`, by which {who} may go on {day}: {} is not known", missing.join(", "))
        } else if *own {
            format!("calendar `{name}`, by which {who} goes on {day}")
        } else {
            format!("calendar `{name}`: {who} has none of their own on {day}")
        })
    }
}
