//! Other periods than the one at hand, and conditions asked of several.

use crate::calendar::PeriodKind;
use crate::codes_policy as codes;
use crate::diagnostic::Diagnostic;
use crate::policy::expressions::{Place, made};
use crate::policy::model::{Expr, ExprKind, History, MissingPeriods, Shape, Type, When};
use crate::policy::names::{Builder, Meaning};
use crate::source::Span;
use crate::syntax::tree::{self, ExprKind as Written, Name, WhichPeriod};

/// How many periods a history may look back on: more than a working life of years.
pub(super) const MOST_PERIODS: u32 = 60;
/// With `then afresh` every way in which the missing ones may turn out is followed.
const MOST_AFRESH: u32 = 12;

impl Builder<'_, '_> {
    /// `previous score`
    pub(super) fn previous(&mut self, what: &tree::Expr, place: &Place, span: Span) -> Option<Expr> {
        self.own_period(place, span)?;
        self.of_period(what, place, place.each, When::Ago(1), span)
    }

    /// `score 2 years ago`, `score in 2023/24`, `score of the year around`
    pub(super) fn in_period(
        &mut self,
        what: &tree::Expr,
        which: &WhichPeriod,
        place: &Place,
        span: Span,
    ) -> Option<Expr> {
        match which {
            WhichPeriod::Ago { count, kind } => {
                self.at_hand(kind, place, span)?;
                let ago = self.count(count, MOST_PERIODS)?;
                self.of_period(what, place, place.each, When::Ago(ago), span)
            }
            WhichPeriod::Named(label) => {
                let Some(each) = self.each_of(what, place) else {
                    return self.of_period(what, place, place.each, When::Now, span);
                };
                match self.policy.main().period_from_label(each, &label.label) {
                    Ok(period) => self.of_period(what, place, Some(each), When::In(period), span),
                    Err(problem) => {
                        self.error(codes::NO_SUCH_DAY, label.span, problem.to_string());
                        None
                    }
                }
            }
            WhichPeriod::Around(kind) => {
                let own = self.own_period(place, span)?;
                let longer = self.period_kind(kind)?;
                if own == longer || !self.policy.main().nests(own, longer) {
                    let own = self.policy.main().kind_name(own).to_owned();
                    let words = format!("no `{}` lies around each {own}", kind.text);
                    let help = format!("name a longer period that begins and ends with a {own}");
                    self.report(Diagnostic::new(codes::OTHER_PERIOD, kind.span, words).help(help));
                    return None;
                }
                self.of_period(what, place, Some(longer), When::Around(longer), span)
            }
        }
    }

    /// `score < pass_mark in 2 consecutive years`
    pub(super) fn history(
        &mut self,
        condition: &tree::Expr,
        written: &tree::History,
        place: &Place,
        span: Span,
    ) -> Option<Expr> {
        let Some(subject) = place.subject else {
            self.own_period(place, span)?;
            return None;
        };
        self.at_hand(&written.kind, place, span)?;
        let most = if written.afresh { MOST_AFRESH } else { MOST_PERIODS };
        let count = self.count(&written.count, most)?;
        let last = written.last.as_ref().map_or(Some(count), |it| self.count(it, most))?;
        if count > last {
            let words = format!("{count} of the last {last} can never be");
            let help = "the first number is at most the second";
            self.report(Diagnostic::new(codes::HISTORY_COUNT, written.span, words).help(help));
            return None;
        }
        let condition = self.condition_at(condition, place)?;
        let missing = match written.missing {
            tree::MissingPeriods::Awaited => MissingPeriods::Awaited,
            tree::MissingPeriods::Skipped => MissingPeriods::Skipped,
            tree::MissingPeriods::Counted(holds) => MissingPeriods::Counted(holds),
        };
        let subject = Expr { kind: ExprKind::Subject, ty: Type::Record(subject), span };
        let (consecutive, breaks, afresh) = (written.consecutive, written.breaks, written.afresh);
        let history = History { subject, condition, count, last, consecutive, breaks, missing, afresh };
        made(ExprKind::History(Box::new(history)), Type::YesNo, span)
    }

    /// What is kept or defined for each period, of another one.
    fn of_period(
        &mut self,
        what: &tree::Expr,
        place: &Place,
        each: Option<PeriodKind>,
        when: When,
        span: Span,
    ) -> Option<Expr> {
        let earlier = matches!(when, When::Ago(_));
        let mut expr = self.expr(what, &Place { each, earlier, ..place.clone() }, None)?;
        let asked = match &mut expr.kind {
            ExprKind::Definition { id, when, .. } => self.policy.definitions[id.index()].each.is_some().then_some(when),
            ExprKind::Band { id, when, .. } => self.policy.scales[id.index()].each.is_some().then_some(when),
            ExprKind::Panel { when, .. } => Some(when),
            _ => None,
        };
        let Some(asked) = asked else {
            let words = "this has no value for each period, so that there is none of another period";
            let help = "ask it of a definition or scale `each` period, or of what is kept for each period";
            self.report(Diagnostic::new(codes::NOT_BY_PERIOD, span, words).help(help));
            return None;
        };
        *asked = when;
        Some(Expr { span, ..expr })
    }

    /// For each of which period something written has a value.
    fn each_of(&self, what: &tree::Expr, place: &Place) -> Option<PeriodKind> {
        match &what.kind {
            Written::Name(name) => match self.names.get(&name.text).copied() {
                Some((Meaning::Definition(id), _)) => self.policy.definitions[id.index()].each,
                Some((Meaning::Scale(id), _)) => self.policy.scales[id.index()].each,
                _ => self.policy.records.iter().find_map(|it| match it.shape {
                    Shape::Panel { of, each } if place.subject == Some(of) => it.field_named(&name.text).map(|_| each),
                    _ => None,
                }),
            },
            Written::Dot(base, _) => {
                let record = self.policy.record_named(&base.as_name()?.text)?;
                match self.policy.record(record).shape {
                    Shape::Panel { each, .. } => Some(each),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The period at hand, which everything about other periods starts from.
    fn own_period(&mut self, place: &Place, span: Span) -> Option<PeriodKind> {
        if place.each.is_none() {
            let words = "there is no period here, so that nothing lies before it";
            let help = "ask for other periods where something is said for each period";
            self.report(Diagnostic::new(codes::NO_PERIOD, span, words).help(help));
        }
        place.each
    }

    /// A kind of period that must be the one at hand.
    pub(super) fn at_hand(&mut self, kind: &Name, place: &Place, span: Span) -> Option<()> {
        let own = self.own_period(place, span)?;
        if self.period_kind(kind)? == own {
            return Some(());
        }
        let own = self.policy.main().kind_name(own).to_owned();
        let words = format!("`{}` is not the period at hand: here something is said for each {own}", kind.text);
        let help = format!("count in the period at hand, {own}");
        self.report(Diagnostic::new(codes::OTHER_PERIOD, kind.span, words).help(help));
        None
    }

    pub(super) fn count(&mut self, number: &tree::Number, most: u32) -> Option<u32> {
        let count = number.text.parse().ok().filter(|it| (1..=most).contains(it));
        if count.is_none() {
            let words = format!("a whole number from 1 to {most} is expected here");
            let help = "count periods: `2 consecutive`, `2 of the last 3`, `2 … ago`";
            self.report(Diagnostic::new(codes::HISTORY_COUNT, number.span, words).help(help));
        }
        count
    }
}
