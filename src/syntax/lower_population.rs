//! What is asked of a whole population.

use super::cursor::Cursor;
use super::grammar::Rule;
use super::lower_aggregate::{condition_in, picked_value};
use super::lower_words as words;
use super::tree::{
    ExprKind, Happened, HappenedHow, HappenedWithin, Population, PopulationAsked, PopulationWords, SplitPart, Ties,
    WhichOutcome,
};
use crate::codes_syntax as codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// `in the top 5% of unit by score, …`, `rank of officer in unit by score, …`
pub(super) fn population(mut cursor: Cursor<'_>) -> ExprKind {
    let span = cursor.span();
    let mut it = cursor.first();
    let asked = match it.rule() {
        Rule::rank => PopulationAsked::Rank { of: words::name(&it.one(Rule::name)) },
        Rule::split_into => PopulationAsked::Split(it.all(Rule::split_part).into_iter().map(split_part).collect()),
        _ => {
            let top = matches!(it.one(Rule::end_of_ranking).first().rule(), Rule::kw_in_the_top | Rule::kw_in_the_best);
            match it.maybe(Rule::percent) {
                Some(mut percent) => PopulationAsked::Share { top, percent: words::number(&percent.one(Rule::number)) },
                None => PopulationAsked::Count { top, places: words::number(&it.one(Rule::number)) },
            }
        }
    };
    let mut ranked = it.one(Rule::ranked);
    let group = ranked.one(Rule::grouped).all(Rule::picked_value).into_iter().map(picked_value).collect();
    let by = picked_value(ranked.one(Rule::picked_value));
    let filter = condition_in(&mut ranked, Rule::where_one);
    let words = population_words(&mut cursor);
    ExprKind::Population(Box::new(Population { asked, group, by, filter, words, span }))
}

/// `Best first 10%`, `Better up to 35%`, `Good the rest`
fn split_part(mut it: Cursor<'_>) -> SplitPart {
    let span = it.span();
    SplitPart {
        name: words::name(&it.one(Rule::name)),
        title: words::title(&mut it),
        first: it.has(Rule::kw_first),
        up_to: it.maybe(Rule::percent).map(|mut it| words::number(&it.one(Rule::number))),
        span,
    }
}

fn population_words(cursor: &mut Cursor<'_>) -> PopulationWords {
    let mut words = PopulationWords::default();
    for mut word in cursor.all(Rule::population_word) {
        let mut it = word.first();
        let span = it.span();
        let again = match it.rule() {
            up @ (Rule::kw_places_rounded_up | Rule::kw_places_rounded_down) => {
                words.places.replace((up == Rule::kw_places_rounded_up, span)).is_some()
            }
            known @ (Rule::kw_unknown_awaited | Rule::kw_unknown_left_out) => {
                words.awaited.replace(known == Rule::kw_unknown_awaited).is_some()
            }
            Rule::least_group => words.least.replace(words::number(&it.one(Rule::number))).is_some(),
            _ => words.ties.replace((ties(&mut it), span)).is_some(),
        };
        if again {
            refuse_twice(cursor, span);
        }
    }
    words
}

fn ties(it: &mut Cursor<'_>) -> Ties {
    match it.rule() {
        Rule::kw_ties_all_in => Ties::AllIn,
        Rule::kw_ties_all_out => Ties::AllOut,
        _ => {
            let order = it.maybe(Rule::tie_order).map(|mut it| it.first().rule());
            let lower_first = matches!(order, Some(Rule::kw_the_earlier | Rule::kw_the_lower));
            let value = picked_value(it.one(Rule::picked_value));
            let all_in = it.has(Rule::kw_then_all_in);
            let then_in = (all_in || it.has(Rule::kw_then_all_out)).then_some(all_in);
            Ties::By { lower_first, value, then_in }
        }
    }
}

/// `written_warning in force`, `no sanction imposed in the last 2 years`, `support was completed`
pub(super) fn happened(mut cursor: Cursor<'_>) -> ExprKind {
    let mut which = cursor.one(Rule::which_outcome);
    let which = match which.maybe(Rule::name) {
        Some(name) => WhichOutcome::Named(words::name(&name)),
        None if which.has(Rule::kw_no_sanction) => WhichOutcome::NoSanction,
        None => WhichOutcome::AnySanction,
    };
    let within = match (cursor.maybe(Rule::imposed_in_this), cursor.maybe(Rule::imposed_in_last)) {
        (Some(mut it), _) => Some(HappenedWithin::This(words::name(&it.one(Rule::name)))),
        (None, Some(mut it)) => {
            let number = words::number(&it.one(Rule::number));
            Some(HappenedWithin::Last(number, words::name(&it.one(Rule::name))))
        }
        (None, None) => None,
    };
    let how = match within {
        within if cursor.has(Rule::kw_was_completed) => HappenedHow::Completed(within),
        within if cursor.has(Rule::kw_was_lifted) => HappenedHow::Lifted(within),
        Some(within) => HappenedHow::Imposed(within),
        None => HappenedHow::InForce,
    };
    ExprKind::Happened(Box::new(Happened { which, how }))
}

fn refuse_twice(cursor: &Cursor<'_>, span: Span) {
    let words = "this is said a second time of the same ranking";
    cursor.report(Diagnostic::new(codes::SAID_TWICE, span, words).help("keep one of the two"));
}
