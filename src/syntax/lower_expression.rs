//! Expressions.

use super::cursor::Cursor;
use super::grammar::Rule;
use super::lower_aggregate::{self as aggregate, not_counting};
use super::lower_history as history;
use super::lower_population as population;
use super::lower_words as words;
use super::tree::{
    ArithmeticOp, AsOn, CompareOp, EdgeOf, Expr, ExprKind, Extreme, Range, RoundTo, Rounding, StageState, Tail,
};
use crate::codes_syntax as codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// An expression with its tails.
pub(super) fn expr(mut cursor: Cursor<'_>) -> Expr {
    let value = logic(cursor.one(Rule::logic));
    cursor.all(Rule::tail).into_iter().fold(value, |value, mut it| {
        let span = value.span.to(it.span());
        let tail = tail(it.first());
        at(ExprKind::Tailed { value: Box::new(value), tail }, span)
    })
}

/// The expression inside a part such as `when …`.
pub(super) fn expr_in(cursor: &mut Cursor<'_>, part: Rule) -> Option<Expr> {
    cursor.maybe(part).map(|mut it| expr(it.one(Rule::expr)))
}

/// The value inside a part such as `from …`.
pub(super) fn operand_in(cursor: &mut Cursor<'_>, part: Rule) -> Option<Expr> {
    cursor.maybe(part).map(|mut it| operand(it.one(Rule::operand)))
}

fn at(kind: ExprKind, span: Span) -> Expr {
    Expr { kind, span }
}

// ---- conditions

fn logic(mut cursor: Cursor<'_>) -> Expr {
    let junctions = cursor.all(Rule::junction);
    let mut ands = junctions.iter().map(|it| it.text() == "and");
    let terms = cursor.all(Rule::negation);
    junctions.iter().zip(&terms).for_each(|(junction, term)| refuse_open_where(term, junction));
    let terms = terms.into_iter().map(negation);
    let mut rows: Vec<Vec<Expr>> = Vec::new();
    for term in terms {
        // Beside an `and` a term joins the row at hand, beside an `or` it begins one.
        match rows.last_mut() {
            Some(row) if ands.next() == Some(true) => row.push(term),
            _ => rows.push(vec![term]),
        }
    }
    refuse_mixture(&cursor, &junctions);
    join(rows.into_iter().map(|row| join(row, ExprKind::And)).collect(), ExprKind::Or)
}

fn join(mut terms: Vec<Expr>, kind: fn(Vec<Expr>) -> ExprKind) -> Expr {
    let last = terms.pop().unwrap_or_else(|| unreachable!("the grammar promises a condition"));
    let Some(first) = terms.first() else { return last };
    let span = first.span.to(last.span);
    terms.push(last);
    at(kind(terms), span)
}

/// `and` beside `or` needs brackets.
fn refuse_mixture(cursor: &Cursor<'_>, junctions: &[Cursor<'_>]) {
    let Some(first) = junctions.first() else { return };
    let Some(odd) = junctions.iter().find(|it| it.text() != first.text()) else { return };
    let message = "`and` and `or` stand side by side without brackets";
    cursor.report(
        Diagnostic::new(codes::AND_BESIDE_OR, odd.span(), message)
            .label(first.span(), format!("`{}` stands here", first.text()))
            .help(format!("say what belongs together, such as `{}`", bracketed(cursor, junctions))),
    );
}

/// `any incident where a and b`: nobody can tell of what `b` is asked.
fn refuse_open_where(term: &Cursor<'_>, junction: &Cursor<'_>) {
    let Some((rule, inside)) = term.ends_in(&[Rule::where_one, Rule::satisfies]) else { return };
    let word = if rule == Rule::where_one { "where" } else { "satisfies" };
    let inside = inside.strip_prefix(word).unwrap_or(inside).trim_start();
    let (whole, and) = (term.text(), junction.text());
    let message = format!("nobody can tell whether what stands behind this `{and}` belongs to the `{word}`");
    let help = format!("write `{word} ({inside} {and} …)` if it does, and else `({whole}) {and} …`");
    term.report(Diagnostic::new(codes::WHERE_IS_OPEN, junction.span(), message).help(help));
}

/// The condition with brackets around what `and` joins, as a proposal.
fn bracketed(cursor: &Cursor<'_>, junctions: &[Cursor<'_>]) -> String {
    let (text, base) = (cursor.text(), cursor.span().start as usize);
    let mut rows = Vec::new();
    let (mut start, mut has_and) = (0, false);
    for junction in junctions {
        let (from, to) = (junction.span().start as usize - base, junction.span().end as usize - base);
        if junction.text() == "and" {
            has_and = true;
        } else {
            rows.push((text[start..from].trim(), has_and));
            (start, has_and) = (to, false);
        }
    }
    rows.push((text[start..].trim(), has_and));
    let rows = rows.into_iter().map(|(row, has_and)| {
        let row = row.split_whitespace().collect::<Vec<_>>().join(" ");
        if has_and { format!("({row})") } else { row }
    });
    rows.collect::<Vec<_>>().join(" or ")
}

pub(super) fn negation(mut cursor: Cursor<'_>) -> Expr {
    let span = cursor.span();
    let Some(inner) = cursor.maybe(Rule::negation) else { return asked(cursor.one(Rule::comparison)) };
    let denied = negation(inner);
    history::refuse_two_readings(&cursor, &denied);
    at(ExprKind::Not(Box::new(denied)), span)
}

/// A comparison, maybe of several periods.
fn asked(mut cursor: Cursor<'_>) -> Expr {
    let span = cursor.span();
    let (over_days, history) = (cursor.maybe(Rule::over_days), cursor.maybe(Rule::history));
    let condition = comparison(cursor);
    match (over_days, history) {
        (Some(mut it), _) => {
            let every = it.has(Rule::kw_throughout);
            let kind = words::name(&it.one(Rule::name));
            at(ExprKind::OverDays { condition: Box::new(condition), every, kind }, span)
        }
        (None, Some(it)) => {
            let history = Box::new(history::history(it));
            at(ExprKind::History { condition: Box::new(condition), history }, span)
        }
        (None, None) => condition,
    }
}

fn comparison(mut cursor: Cursor<'_>) -> Expr {
    let value = operand(cursor.one(Rule::operand));
    let Some(mut comparator) = cursor.maybe(Rule::comparator) else { return value };
    let span = value.span.to(comparator.span());
    let left = Box::new(value);
    let mut it = comparator.first();
    if it.rule() == Rule::stage_state {
        return stage_is(*left, &mut it, span);
    }
    let kind = match it.rule() {
        Rule::window => aggregate::window(left, it),
        Rule::is_known => ExprKind::IsKnown(left),
        Rule::is_unknown => ExprKind::IsUnknown(left),
        Rule::is_one_of | Rule::is_not_one_of => {
            let negated = it.rule() == Rule::is_not_one_of;
            ExprKind::IsOneOf { value: left, choices: sums(it.one(Rule::list)), negated }
        }
        Rule::is_plain => {
            let negated = it.has(Rule::kw_not);
            is_plain(left, range(it.one(Rule::range)), negated)
        }
        Rule::is_worded | Rule::signed => {
            let op = compare_op(it.first().first().rule());
            ExprKind::Compare { op, left, right: Box::new(operand(it.one(Rule::operand))) }
        }
        other => unreachable!("the grammar promises a comparison, not {other:?}"),
    };
    at(kind, span)
}

/// `answer late`; what is asked so is a stage, by its name.
fn stage_is(left: Expr, it: &mut Cursor<'_>, span: Span) -> Expr {
    let ExprKind::Name(stage) = left.kind else {
        let words = "only a stage can be on time, late, lapsed or left out";
        it.report(Diagnostic::new(codes::DOES_NOT_FIT, left.span, words).help("write the name of a stage before it"));
        return left;
    };
    let state = match it.first().rule() {
        Rule::kw_on_time => StageState::OnTime,
        Rule::kw_late => StageState::Late,
        Rule::kw_lapsed => StageState::Lapsed,
        _ => StageState::LeftOut,
    };
    at(ExprKind::StageIs { stage, state }, span)
}

fn compare_op(rule: Rule) -> CompareOp {
    match rule {
        Rule::is_at_least | Rule::sign_at_least => CompareOp::AtLeast,
        Rule::is_at_most | Rule::sign_at_most => CompareOp::AtMost,
        Rule::is_more_than | Rule::sign_more => CompareOp::More,
        Rule::is_less_than | Rule::sign_less => CompareOp::Less,
        other => unreachable!("the grammar promises a sign of comparison, not {other:?}"),
    }
}

/// `is 60` compares, `is 60 to 80` looks into a stretch.
fn is_plain(left: Box<Expr>, range: Range, negated: bool) -> ExprKind {
    match range {
        Range { low: Some(low), high: Some(high), low_open: false, high_open: false, .. } if low == high => {
            let op = if negated { CompareOp::IsNot } else { CompareOp::Is };
            ExprKind::Compare { op, left, right: low }
        }
        range => ExprKind::IsIn { value: left, range, negated },
    }
}

/// A stretch of values; a single value is a stretch from itself to itself.
pub(super) fn range(mut cursor: Cursor<'_>) -> Range {
    let span = cursor.span();
    let mut it = cursor.first();
    let mut range = Range { low: None, low_open: false, high: None, high_open: false, span };
    match it.rule() {
        Rule::range_below => {
            range.high = Some(Box::new(sum(it.one(Rule::sum))));
            range.high_open = true;
        }
        Rule::range_above => {
            range.low = Some(Box::new(sum(it.one(Rule::sum))));
            range.low_open = true;
            end_of_range(&mut it, &mut range);
        }
        _ => {
            range.low = Some(Box::new(operand(it.one(Rule::operand))));
            if !it.has(Rule::and_more) && !end_of_range(&mut it, &mut range) {
                range.high.clone_from(&range.low);
            }
        }
    }
    range
}

fn end_of_range(cursor: &mut Cursor<'_>, range: &mut Range) -> bool {
    let Some(mut end) = cursor.maybe(Rule::range_end) else { return false };
    range.high_open = end.has(Rule::kw_below);
    range.high = Some(Box::new(sum(end.one(Rule::sum))));
    true
}

fn sums(mut list: Cursor<'_>) -> Vec<Expr> {
    list.all(Rule::sum).into_iter().map(sum).collect()
}

// ---- tails

fn tail(mut cursor: Cursor<'_>) -> Tail {
    match cursor.rule() {
        Rule::tail_at_least => Tail::AtLeast(Box::new(sum(cursor.one(Rule::sum)))),
        Rule::tail_at_most => Tail::AtMost(Box::new(sum(cursor.one(Rule::sum)))),
        Rule::tail_if_unknown => Tail::IfUnknown(Box::new(plain_value(cursor.one(Rule::plain_value)))),
        Rule::tail_rounded => Tail::Rounded { mode: rounding(cursor.one(Rule::rounding)), to: round_to(cursor) },
        other => unreachable!("the grammar promises a tail, not {other:?}"),
    }
}

fn rounding(mut cursor: Cursor<'_>) -> Rounding {
    match cursor.first().rule() {
        Rule::rounded_half_up => Rounding::HalfUp,
        Rule::rounded_half_even => Rounding::HalfEven,
        Rule::rounded_up => Rounding::Up,
        Rule::rounded_down => Rounding::Down,
        other => unreachable!("the grammar promises a rounding, not {other:?}"),
    }
}

fn round_to(mut cursor: Cursor<'_>) -> RoundTo {
    if let Some(mut decimals) = cursor.maybe(Rule::decimals) {
        return RoundTo::Decimals(words::number(&decimals.one(Rule::number)));
    }
    if let Some(whole) = cursor.maybe(Rule::whole) {
        return RoundTo::Decimals(super::tree::Number { text: "0".to_owned(), span: whole.span() });
    }
    RoundTo::Multiple(Box::new(sum(cursor.one(Rule::sum))))
}

/// A value, or `unknown`.
pub(super) fn plain_value(mut cursor: Cursor<'_>) -> Expr {
    match cursor.maybe(Rule::sum) {
        Some(it) => sum(it),
        None => at(ExprKind::Unknown, cursor.span()),
    }
}

// ---- arithmetic

/// A value that may end in a time of day.
pub(super) fn operand(mut cursor: Cursor<'_>) -> Expr {
    let span = cursor.span();
    let date = sum(cursor.one(Rule::sum));
    match cursor.maybe(Rule::at_clock) {
        Some(mut it) => at(ExprKind::AtClock { date: Box::new(date), clock: words::clock(&it.one(Rule::clock)) }, span),
        None => date,
    }
}

/// A value made with `+ - * /`.
pub(super) fn sum(mut cursor: Cursor<'_>) -> Expr {
    let signs = cursor.all(Rule::adding);
    fold(cursor.all(Rule::product).into_iter().map(product), signs)
}

fn product(mut cursor: Cursor<'_>) -> Expr {
    let signs = cursor.all(Rule::scaling);
    fold(cursor.all(Rule::factor).into_iter().map(factor), signs)
}

fn fold(mut terms: impl Iterator<Item = Expr>, signs: Vec<Cursor<'_>>) -> Expr {
    let first = terms.next().unwrap_or_else(|| unreachable!("the grammar promises a value"));
    terms.zip(signs).fold(first, |left, (right, mut sign)| {
        let op = match sign.first().rule() {
            Rule::sign_plus => ArithmeticOp::Add,
            Rule::sign_minus => ArithmeticOp::Subtract,
            Rule::sign_times => ArithmeticOp::Multiply,
            _ => ArithmeticOp::Divide,
        };
        refuse_missing_blanks(&sign, &left, &right);
        let span = left.span.to(right.span);
        at(ExprKind::Arithmetic { op, left: Box::new(left), right: Box::new(right) }, span)
    })
}

/// Arithmetic signs have blanks on both sides, so that `2025/2` is not taken for a period.
fn refuse_missing_blanks(sign: &Cursor<'_>, left: &Expr, right: &Expr) {
    let (source, span) = (sign.place().source, sign.span());
    let before = source[..span.start as usize].ends_with(char::is_whitespace);
    let behind = source[span.end as usize..].starts_with(|it: char| it.is_whitespace() || it == '#');
    if before && behind {
        return;
    }
    let shown = |it: &Expr| source.get(it.span.start as usize..it.span.end as usize).unwrap_or("").to_owned();
    let message = format!("blanks are missing around `{}`", sign.text());
    let mut help = format!("write `{} {} {}`", shown(left), sign.text(), shown(right));
    if sign.text() == "/" && matches!(left.kind, ExprKind::Number(_)) {
        help.push_str("; a period is written `2025/26`");
    }
    if sign.text() == "-" && matches!((&left.kind, &right.kind), (ExprKind::Number(_), ExprKind::Number(_))) {
        help = format!("{help}, or `{} to {}` for a stretch", shown(left), shown(right));
    }
    sign.report(Diagnostic::new(codes::SIGN_WITHOUT_BLANKS, span, message).help(help));
}

fn factor(mut cursor: Cursor<'_>) -> Expr {
    let span = cursor.span();
    if let Some(mut it) = cursor.maybe(Rule::negative) {
        return at(ExprKind::Negative(Box::new(factor(it.one(Rule::factor)))), span);
    }
    if let Some(mut it) = cursor.maybe(Rule::half) {
        let half = at(ExprKind::Number(super::tree::Number { text: "0.5".to_owned(), span }), span);
        let whole = Box::new(factor(it.one(Rule::factor)));
        return at(ExprKind::Arithmetic { op: ArithmeticOp::Multiply, left: Box::new(half), right: whole }, span);
    }
    let pay = value(cursor.one(Rule::value));
    if let Some(it) = cursor.maybe(Rule::for_days) {
        let days = Box::new(super::lower_aggregate::for_days(it));
        return at(ExprKind::ForDays { pay: Box::new(pay), days }, span);
    }
    match cursor.maybe(Rule::for_length) {
        Some(mut it) => {
            let length = words::length(it.one(Rule::length));
            at(ExprKind::For { pay: Box::new(pay), length }, span)
        }
        None => pay,
    }
}

// ---- values

/// A value without signs around it.
pub(super) fn value(mut cursor: Cursor<'_>) -> Expr {
    let mut it = cursor.first();
    let span = it.span();
    let kind = match it.rule() {
        Rule::brackets => expr(it.one(Rule::expr)).kind,
        Rule::text => ExprKind::Text(words::text(&it)),
        Rule::date => ExprKind::Date(words::date(it)),
        Rule::day_of_year => {
            let after_the_year = it.has(Rule::after_the_year);
            ExprKind::DayMonth { day: words::day_month(it.one(Rule::day_month)), after_the_year }
        }
        Rule::period => ExprKind::Period(words::period(&it)),
        Rule::percent => ExprKind::Percent(words::number(&it.one(Rule::number))),
        Rule::money => {
            let currency = words::name(&it.one(Rule::currency));
            ExprKind::Money { currency, amount: words::number(&it.one(Rule::number)) }
        }
        Rule::timed => timed(it),
        Rule::number => ExprKind::Number(words::number(&it)),
        Rule::yes => ExprKind::YesNo(true),
        Rule::no => ExprKind::YesNo(false),
        Rule::today => ExprKind::Today,
        Rule::opening => ExprKind::Opening,
        Rule::due_date => ExprKind::DueDate,
        _ => composed(it),
    };
    at(kind, span)
}

fn composed(mut it: Cursor<'_>) -> ExprKind {
    match it.rule() {
        Rule::if_then => {
            let [condition, then, otherwise] = [(); 3].map(|()| Box::new(logic(it.one(Rule::logic))));
            ExprKind::If { condition, then, otherwise }
        }
        Rule::aggregate => aggregate::aggregate(it),
        Rule::population => population::population(it),
        Rule::happened => population::happened(it),
        Rule::weighted => ExprKind::Weighted(it.all(Rule::weighted_part).into_iter().map(weighted_part).collect()),
        Rule::share_of_points => {
            let part = |mut it: Cursor<'_>| (sum(it.one(Rule::sum)), sum(it.one(Rule::sum)));
            ExprKind::Share(it.all(Rule::points_part).into_iter().map(part).collect())
        }
        Rule::extreme => {
            let pick = extreme_word(it.one(Rule::extreme_word));
            ExprKind::Extreme { pick, of: sums(it.one(Rule::pair_list)) }
        }
        Rule::mean => ExprKind::Mean(sums(it.one(Rule::pair_list))),
        Rule::between => {
            let unit = words::unit(it.one(Rule::unit));
            let from = Box::new(sum(it.one(Rule::sum)));
            ExprKind::Between { unit, from, to: Box::new(sum(it.one(Rule::sum))) }
        }
        Rule::edge => edge(it),
        Rule::previous => {
            let name = words::name(&it.one(Rule::name));
            let span = it.span();
            let inner = at(ExprKind::Previous(name), span);
            dots(inner, it.one(Rule::dots)).kind
        }
        Rule::reference => reference(it),
        other => unreachable!("the grammar promises a value, not {other:?}"),
    }
}

fn timed(mut it: Cursor<'_>) -> ExprKind {
    let length = words::length(it.one(Rule::length));
    if let Some(mut offset) = it.maybe(Rule::offset) {
        let before = offset.has(Rule::kw_before);
        let anchor = Box::new(value(offset.one(Rule::value)));
        return ExprKind::Offset { length, before, anchor, not_counting: not_counting(&mut offset).map(Box::new) };
    }
    match it.maybe(Rule::beginning) {
        Some(mut beginning) => {
            let on = Box::new(value(beginning.one(Rule::value)));
            ExprKind::Beginning { length, on, not_counting: not_counting(&mut beginning).map(Box::new) }
        }
        None => ExprKind::Length(length),
    }
}

fn weighted_part(mut cursor: Cursor<'_>) -> (super::tree::Number, Expr) {
    let weight = words::number(&cursor.one(Rule::percent).one(Rule::number));
    (weight, sum(cursor.one(Rule::sum)))
}

fn extreme_word(mut cursor: Cursor<'_>) -> Extreme {
    match cursor.first().rule() {
        Rule::least_of => Extreme::Least,
        Rule::greatest_of => Extreme::Greatest,
        Rule::earliest_of => Extreme::Earliest,
        _ => Extreme::Latest,
    }
}

fn edge(mut it: Cursor<'_>) -> ExprKind {
    let start = it.has(Rule::kw_start_of);
    let name = words::name(&it.one(Rule::name));
    let what = match it.maybe(Rule::value) {
        Some(of) => EdgeOf::PeriodOf(name, Box::new(value(of))),
        None => EdgeOf::Period(name),
    };
    ExprKind::Edge { start, what }
}

fn reference(mut it: Cursor<'_>) -> ExprKind {
    let name = words::name(&it.one(Rule::name));
    if let Some(of) = it.maybe(Rule::value) {
        return ExprKind::Of { role: name, of: Box::new(value(of)) };
    }
    let span = name.span;
    let what = at(ExprKind::Name(name), span);
    if let Some(around) = it.maybe(Rule::around) {
        return history::in_period(what, around);
    }
    let what = dots(what, it.one(Rule::dots));
    match it.next() {
        Some(day) if day.rule() == Rule::as_on => ExprKind::AsOn { what: Box::new(what), day: as_on(day) },
        Some(which) => history::in_period(what, which),
        None => what.kind,
    }
}

/// `at start of year`, `on 1 April`
pub(super) fn as_on(mut it: Cursor<'_>) -> AsOn {
    if it.has(Rule::kw_at_start_of) {
        return AsOn::Start(words::name(&it.one(Rule::name)));
    }
    if it.has(Rule::kw_at_end_of) {
        return AsOn::End(words::name(&it.one(Rule::name)));
    }
    if let Some(date) = it.maybe(Rule::date) {
        let span = date.span();
        return AsOn::Day(Box::new(at(ExprKind::Date(words::date(date)), span)));
    }
    let mut it = it.one(Rule::day_of_year);
    let (span, after_the_year) = (it.span(), it.has(Rule::after_the_year));
    let day = words::day_month(it.one(Rule::day_month));
    AsOn::Day(Box::new(at(ExprKind::DayMonth { day, after_the_year }, span)))
}

/// `.unit.head`
fn dots(first: Expr, mut dots: Cursor<'_>) -> Expr {
    dots.all(Rule::member).iter().map(words::name).fold(first, |left, member| {
        let span = left.span.to(member.span);
        at(ExprKind::Dot(Box::new(left), member), span)
    })
}

/// A field as named by `fills`: a name, or one with dots.
pub(super) fn field_name(mut cursor: Cursor<'_>) -> Expr {
    let name = words::name(&cursor.one(Rule::name));
    let span = name.span;
    dots(at(ExprKind::Name(name), span), cursor.one(Rule::dots))
}
