//! Date rules: `1 month after opening`, `31 July after the year`, `later of …`.

use crate::calendar::{Direction, Length, Unit};
use crate::codes_policy as codes;
use crate::diagnostic::Diagnostic;
use crate::policy::expressions::Place;
use crate::policy::model::{DateRule, Point, StageMoment, Type};
use crate::policy::names::Builder;
use crate::syntax::tree::{self, EdgeOf, ExprKind, Extreme};

impl Builder<'_, '_> {
    /// A date rule; nothing when a mistake was reported.
    pub(super) fn date_rule(&mut self, written: &tree::Expr, place: &Place) -> Option<DateRule> {
        match &written.kind {
            ExprKind::Date(date) => self.date(date).map(|it| DateRule::At(Point::Date(it))),
            ExprKind::DayMonth { day, after_the_year } => {
                if place.each.is_none() {
                    let words = "this day has no year, and there is no period to take it from";
                    self.report(
                        Diagnostic::new(codes::DAY_WITHOUT_YEAR, written.span, words)
                            .help("write the year, or count from an event"),
                    );
                    return None;
                }
                let exists =
                    jiff::civil::Date::new(2024, super::calendars::small(day.month), super::calendars::small(day.day));
                if exists.is_err() {
                    self.error(codes::NO_SUCH_DAY, day.span, "this day does not exist in any year");
                    return None;
                }
                let (month, day) = (super::calendars::small(day.month), super::calendars::small(day.day));
                Some(DateRule::At(Point::DayMonth { month, day, after_the_year: *after_the_year }))
            }
            ExprKind::Opening => Some(DateRule::At(Point::Opening)),
            ExprKind::DueDate => Some(DateRule::At(Point::Due)),
            ExprKind::Edge { start, what: EdgeOf::Period(name) } => {
                let kind = self.period_kind(name)?;
                if place.each.is_none() {
                    let words = format!(
                        "there is no {} to speak of: this runs once for each record, not for each period",
                        name.text
                    );
                    self.report(
                        Diagnostic::new(codes::DAY_WITHOUT_YEAR, written.span, words)
                            .help(format!("write `{} of` and a date", name.text)),
                    );
                    return None;
                }
                Some(DateRule::At(if *start { Point::PeriodStart(kind) } else { Point::PeriodEnd(kind) }))
            }
            ExprKind::Edge { start, what: EdgeOf::PeriodOf(name, of) } => {
                let kind = self.period_kind(name)?;
                let of = Box::new(self.date_rule(of, place)?);
                Some(DateRule::At(Point::EdgeOf { start: *start, kind, of }))
            }
            ExprKind::Offset { length, before, anchor, not_counting } => {
                let direction = if *before { Direction::Before } else { Direction::After };
                let length = self.length(length);
                let anchor = Box::new(self.date_rule(anchor, place)?);
                let run = DateRule::Offset { length: length?, direction, anchor };
                if let (true, Some(not_counting)) = (before, not_counting) {
                    self.counted_back(not_counting.span);
                    return None;
                }
                self.put_off_rule(run, not_counting.as_deref(), place)
            }
            ExprKind::Beginning { length, on, not_counting } => {
                let length = self.length(length);
                let on = Box::new(self.date_rule(on, place)?);
                self.put_off_rule(DateRule::Beginning { length: length?, on }, not_counting.as_deref(), place)
            }
            ExprKind::Extreme { pick: Extreme::Earliest, of } => self.date_rules(of, place).map(DateRule::Earliest),
            ExprKind::Extreme { pick: Extreme::Latest, of } => self.date_rules(of, place).map(DateRule::Latest),
            ExprKind::AtClock { date, .. } => self.date_rule(date, place),
            ExprKind::Dot(base, moment) => match self.stage_moment(base, moment, place) {
                Some(point) => Some(DateRule::At(point)),
                None => self.event(written, place),
            },
            _ => self.event(written, place),
        }
    }

    fn date_rules(&mut self, of: &[tree::Expr], place: &Place) -> Option<Vec<DateRule>> {
        let rules: Vec<Option<DateRule>> = of.iter().map(|it| self.date_rule(it, place)).collect();
        rules.into_iter().collect()
    }

    /// `plan.done`, `plan.due`, `plan.opened`
    pub(super) fn stage_moment(&mut self, base: &tree::Expr, moment: &tree::Name, place: &Place) -> Option<Point> {
        let stage = place.stage_named(&base.as_name()?.text)?;
        let moment = match moment.text.as_str() {
            "opened" => StageMoment::Opened,
            "due" => StageMoment::Due,
            "done" => StageMoment::Done,
            "ended" => StageMoment::Ended,
            "sent" => StageMoment::Sent,
            "received" => StageMoment::Received,
            _ => return None,
        };
        Some(Point::Stage(stage, moment))
    }

    fn event(&mut self, written: &tree::Expr, place: &Place) -> Option<DateRule> {
        let expr = self.expr(written, place, Some(&Type::Date))?;
        match (&expr.kind, &expr.ty) {
            (crate::policy::model::ExprKind::DateOf(rule), _) => Some((**rule).clone()),
            (_, Type::Date | Type::Timestamp) => Some(DateRule::At(Point::Event(expr))),
            (_, other) => {
                let words = format!("a date is expected here, and this is {}", self.type_words(other));
                self.error(codes::WRONG_TYPE, expr.span, words);
                None
            }
        }
    }

    /// An allowance: whole and above nought.
    pub(super) fn length(&mut self, written: &tree::Length) -> Option<Length> {
        let unit = unit_of(written.unit);
        match written.count.text.parse::<u32>() {
            Ok(count) if count <= 40_000 => Some(Length { count, unit }),
            _ => {
                let words = format!("`{}` is no length of time that can be counted", written.count.text);
                self.report(Diagnostic::new(codes::WRONG_TYPE, written.span, words).help("write a whole number"));
                None
            }
        }
    }
}

/// The unit that an author wrote.
pub(crate) fn unit_of(written: tree::Unit) -> Unit {
    match written {
        tree::Unit::Hours => Unit::Hours,
        tree::Unit::Days => Unit::Days,
        tree::Unit::WorkingDays => Unit::WorkingDays,
        tree::Unit::Weeks => Unit::Weeks,
        tree::Unit::Months => Unit::Months,
        tree::Unit::Years => Unit::Years,
    }
}
