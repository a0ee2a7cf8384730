//! What is asked of a whole population: everything that decides it is written, and nothing is taken for granted.

use crate::codes_framework as codes;
use crate::codes_policy as policy_codes;
use crate::diagnostic::Diagnostic;
use crate::ids::ChoiceId;
use crate::policy::expressions::{Place, made};
use crate::policy::model::{ChoiceList, Expr, ExprKind, Label, Order, Type};
use crate::policy::names::{Builder, label};
use crate::policy::population::{Asked, Places, Population, Tie};
use crate::source::Span;
use crate::syntax::tree::{self, PopulationAsked, PopulationWords, SplitPart, Ties};
use crate::value::Number;

impl Builder<'_, '_> {
    /// `in the top 5% of unit by score, …`, `rank of officer in unit by score, …`
    pub(super) fn population(&mut self, written: &tree::Population, place: &Place, span: Span) -> Option<Expr> {
        let Some(of) = place.subject else {
            let words = "no record is spoken of here, so that nobody is ranked";
            let help = "use it where something is said of a record";
            self.report(Diagnostic::new(codes::RANKED_NOBODY, span, words).help(help));
            return None;
        };
        if let PopulationAsked::Rank { of: name } = &written.asked
            && name.text != self.policy.record(of).label.name
        {
            let owner = self.policy.record(of).label.name.clone();
            let words = format!("here `{owner}` is spoken of, not `{}`", name.text);
            let help = format!("write `rank of {owner}`");
            self.report(Diagnostic::new(codes::RANKED_NOBODY, name.span, words).help(help));
            return None;
        }
        let said = self.all_is_said(written, span);
        let group: Option<Vec<Expr>> =
            written.group.iter().map(|it| self.expr(it, place, None)).collect::<Vec<_>>().into_iter().collect();
        let by = self.ranking(&written.by, place);
        let filter = match &written.filter {
            Some(filter) => Some(self.condition_at(filter, place)?),
            None => None,
        };
        let tie = match &written.words.ties {
            Some((Ties::By { lower_first, value, .. }, _)) => {
                Some(Tie { by: self.ranking(value, place)?, lower_first: *lower_first })
            }
            _ => None,
        };
        said?;
        let (asked, ty) = self.asked(written, place)?;
        let ties_in = match written.words.ties.as_ref().map(|it| &it.0) {
            Some(Ties::AllOut) => false,
            Some(Ties::By { then_in, .. }) => *then_in == Some(true),
            Some(Ties::AllIn) | None => true,
        };
        let at_least = match &written.words.least {
            Some(least) => self.whole_number(least, "a group has at least one member")?,
            None => 1,
        };
        self.populations += 1;
        let population = Population {
            id: self.populations,
            of,
            covered: place.covered.as_deref().cloned(),
            filter,
            group: group?,
            by: by?,
            tie,
            ties_in,
            awaited: written.words.awaited.unwrap_or(true),
            at_least,
            asked,
        };
        made(ExprKind::Population(Box::new(population)), ty, span)
    }

    /// A value by which people are put in order.
    pub(super) fn ranking(&mut self, written: &tree::Expr, place: &Place) -> Option<Expr> {
        let by = self.expr(written, place, None)?;
        self.ordered(&by.ty, by.span)?;
        Some(by)
    }

    fn asked(&mut self, written: &tree::Population, _place: &Place) -> Option<(Asked, Type)> {
        match &written.asked {
            PopulationAsked::Split(parts) => self.split(parts, written.words.places.is_none_or(|it| it.0)),
            PopulationAsked::Rank { .. } => Some((Asked::Rank, Type::Number)),
            PopulationAsked::Count { top, places } => {
                let places = Places::Count(self.whole_number(places, "there is at least one place")?);
                Some((Asked::Among { top: *top, places }, Type::YesNo))
            }
            PopulationAsked::Share { top, percent } => {
                let part = self.part(percent)?;
                let up = written.words.places.is_none_or(|it| it.0);
                Some((Asked::Among { top: *top, places: Places::Part { part, up } }, Type::YesNo))
            }
        }
    }

    /// `{ Best first 10%, Better up to 35%, Good the rest }`: from the best down, each part farther than the one before.
    fn split(&mut self, parts: &[SplitPart], up: bool) -> Option<(Asked, Type)> {
        let mut choices: Vec<Label> = Vec::new();
        let mut ends: Vec<(Number, Span)> = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            if let Some(first) = choices.iter().find(|it| it.name == part.name.text) {
                let words = format!("`{}` stands twice in this list", part.name.text);
                let twice = Diagnostic::new(policy_codes::DECLARED_TWICE, part.name.span, words);
                self.report(twice.label(first.span, "the first").help("give one of them another name"));
                return None;
            }
            choices.push(label(&part.name, part.title.as_ref()));
            let last = at + 1 == parts.len();
            let Some(up_to) = &part.up_to else {
                if last && at > 0 {
                    break;
                }
                return self.no_part(part.span, "the rest is what is left behind the other parts", "put it last");
            };
            let end = self.part(up_to)?;
            if part.first != (at == 0) {
                let words =
                    if at == 0 { "from where the first part goes is not said" } else { "only one part is the first" };
                let help =
                    if at == 0 { "write `first` and its share" } else { "write `up to`: shares count from the best" };
                return self.no_part(part.span, words, help);
            }
            if ends.last().is_some_and(|(before, _)| end <= *before) {
                let words = "this part ends before it begins: shares count from the best";
                return self.no_part(
                    part.span,
                    words,
                    "write how far down it goes, such as `up to 35%` behind `first 10%`",
                );
            }
            if last {
                let words = "nothing is said of those behind this part";
                return self.no_part(part.span, words, "end with a part that is `the rest`");
            }
            ends.push((end, part.span));
        }
        let ends = ends.into_iter().map(|(part, _)| Places::Part { part, up }).collect();
        self.policy.choices.push(ChoiceList { choices, order: Order::BestFirst, counts: Vec::new() });
        let parts = ChoiceId::at(self.policy.choices.len() - 1);
        Some((Asked::Split { parts, ends }, Type::Choice(parts)))
    }

    fn no_part<T>(&mut self, span: Span, words: &str, help: &str) -> Option<T> {
        self.report(Diagnostic::new(codes::NO_SHARE, span, words).help(help));
        None
    }

    /// A share of a group: above nought, and not more than all of it.
    fn part(&mut self, percent: &tree::Number) -> Option<Number> {
        let part = self.number(percent)?.divide(Number::from(100)).ok()?;
        if part > Number::ZERO && part <= Number::from(1) {
            return Some(part);
        }
        let words = format!("{}% is no share of a group", percent.text);
        let help = "write a share above 0% and up to 100%";
        self.report(Diagnostic::new(codes::NO_SHARE, percent.span, words).help(help));
        None
    }

    fn whole_number(&mut self, written: &tree::Number, help: &str) -> Option<u32> {
        let number = self.number(written)?;
        let whole = number.to_scaled(0).and_then(|it| u32::try_from(it).ok()).filter(|it| *it > 0);
        if whole.is_none() {
            let words = format!("`{}` is no number of people here", written.text);
            self.report(Diagnostic::new(codes::NO_SHARE, written.span, words).help(help));
        }
        whole
    }

    /// Everything that must be said of a ranking is said, and nothing that would say nothing.
    fn all_is_said(&mut self, written: &tree::Population, span: Span) -> Option<()> {
        let PopulationWords { places, ties, awaited, least } = &written.words;
        let (rounds, has_ties) = match &written.asked {
            PopulationAsked::Share { .. } | PopulationAsked::Split(_) => (true, true),
            PopulationAsked::Count { .. } => (false, true),
            PopulationAsked::Rank { .. } => (false, false),
        };
        let idle = [
            (places.map(|it| it.1).filter(|_| !rounds), "nothing is rounded here"),
            (ties.as_ref().map(|it| it.1).filter(|_| !has_ties), "those who tie have the same rank: 1, 2, 2, 4"),
        ];
        for (span, words) in idle {
            if let Some(span) = span {
                self.report(Diagnostic::new(codes::SAYS_NOTHING, span, words).help("take it out"));
                return None;
            }
        }
        let mut missing = Vec::new();
        if rounds && places.is_none() {
            missing.push("`places rounded up` or `places rounded down`");
        }
        match ties {
            None if has_ties => missing.push("`ties all in`, `ties all out` or `ties by …`"),
            Some((Ties::By { then_in: None, .. }, _)) => {
                missing.push("`then all in` or `then all out` behind `ties by …`, for those who tie in that too");
            }
            _ => {}
        }
        if awaited.is_none() {
            missing.push("`unknown awaited` or `unknown left out`");
        }
        if least.is_none() {
            missing.push("`groups of at least` and a number");
        }
        if missing.is_empty() {
            return Some(());
        }
        let words = "not everything is said that decides who is among them";
        let help = format!("add, behind a comma: {}", missing.join("; "));
        self.report(Diagnostic::new(codes::RANKING_NOT_SAID, span, words).help(help));
        None
    }
}
