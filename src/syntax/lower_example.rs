//! Examples.

use super::cursor::Cursor;
use super::grammar::Rule;
use super::lower_expression::{operand_in, plain_value};
use super::lower_framework;
use super::lower_words as words;
use super::lower_workflow::case_verb;
use super::tree::{ActWords, Date, ExampleLine, ExampleLineKind, Expectation, FactValue, Name, OutcomeAct};

/// A line without a block; none where it asks for what this version does not know.
pub(super) fn line(mut cursor: Cursor<'_>) -> Option<ExampleLine> {
    let mut it = cursor.first();
    let span = it.span();
    let kind = match it.rule() {
        Rule::adopted => ExampleLineKind::Adopted(words::date(it.one(Rule::date))),
        Rule::imposed => ExampleLineKind::Imposed {
            rule: words::name(&it.one(Rule::imposed_rule)),
            what: match (it.has(Rule::kw_ended), it.has(Rule::kw_completed)) {
                (true, _) => OutcomeAct::Ended,
                (false, true) => OutcomeAct::Completed,
                (false, false) => OutcomeAct::Imposed,
            },
            of: words::name(&it.one(Rule::name)),
            on: words::date(it.one(Rule::date)),
        },
        Rule::expect => ExampleLineKind::Expect { on: None, expectation: expect(it)? },
        _ => {
            let on = words::date(it.one(Rule::date));
            match it.maybe(Rule::expect) {
                Some(expected) => ExampleLineKind::Expect { on: Some(on), expectation: expect(expected)? },
                None => act(it.one(Rule::act), on),
            }
        }
    };
    Some(ExampleLine { kind, span })
}

fn act(mut cursor: Cursor<'_>, on: Date) -> ExampleLineKind {
    let mut it = cursor.first();
    if it.rule() == Rule::chooses_act {
        return ExampleLineKind::Chooses {
            on,
            who: words::name(&it.one(Rule::name)),
            choice: words::name(&it.one(Rule::name)),
            instead: words::name_in(&mut it, Rule::instead),
            stage: words::name_in(&mut it, Rule::in_part),
            of: words::name_in(&mut it, Rule::for_name),
            because: it.maybe(Rule::because).map(|mut it| words::text(&it.one(Rule::text))),
        };
    }
    if it.rule() == Rule::other_act {
        return ExampleLineKind::Acts {
            on,
            who: words::name(&it.one(Rule::name)),
            what: act_words(it.one(Rule::act_words).first()),
            of: words::name_in(&mut it, Rule::for_name),
            because: it.maybe(Rule::because).map(|mut it| words::text(&it.one(Rule::text))),
        };
    }
    ExampleLineKind::Fills {
        on,
        who: words::name(&it.one(Rule::name)),
        values: it.all(Rule::fact_value).into_iter().map(fact).collect(),
        stage_or_record: words::name_in(&mut it, Rule::in_part),
        of: words::name_in(&mut it, Rule::for_name),
    }
}

fn act_words(mut it: Cursor<'_>) -> ActWords {
    if it.rule() == Rule::delegates_act {
        let mut names: Vec<Name> = it.all(Rule::name).iter().map(words::name).collect();
        let until = words::date(it.one(Rule::until_day).one(Rule::date));
        let role = (names.len() > 1).then(|| names.remove(0));
        return ActWords::Delegates { role, to: names.remove(0), until };
    }
    let named = words::name(&it.one(Rule::name));
    match it.rule() {
        Rule::completes_act => ActWords::Completes { stage: named },
        Rule::recuses_act => ActWords::Recuses { stage: named },
        Rule::ends_vote_act => ActWords::EndsVote { stage: named },
        Rule::sends_act => ActWords::Sends { stage: named },
        Rule::receives_act => ActWords::Receives { stage: named },
        Rule::calls_off_act => ActWords::WithCase { verb: case_verb(&it), workflow: Some(named) },
        _ => ActWords::Extends { stage: named, by: words::length(it.one(Rule::length)) },
    }
}

/// A line with a block: the facts of a record, or a change of them on a day.
pub(super) fn facts(mut cursor: Cursor<'_>, values: Vec<FactValue>) -> ExampleLineKind {
    let on = cursor.maybe(Rule::date).map(words::date);
    let of_record = cursor.has(Rule::of_record);
    let mut it = cursor.maybe(Rule::of_record).unwrap_or_else(|| cursor.one(Rule::one_record));
    let record = words::name(&it.one(Rule::name));
    let name = words::name(&it.one(Rule::name));
    let period = words::period_or_year(&mut it);
    match on {
        Some(on) => ExampleLineKind::Change { on, record, name, period, values },
        None if of_record => ExampleLineKind::Of { record, of: name, period, values },
        None => ExampleLineKind::Facts { record, name, values },
    }
}

/// `terms permanent from 1 May 2026`
pub(super) fn fact(mut it: Cursor<'_>) -> FactValue {
    FactValue {
        field: words::name(&it.one(Rule::name)),
        value: plain_value(it.one(Rule::plain_value)),
        from: operand_in(&mut it, Rule::from_part),
    }
}

fn expect(mut cursor: Cursor<'_>) -> Option<Expectation> {
    let mut it = cursor.one(Rule::expectation).first();
    let wanted = match it.rule() {
        Rule::nothing => Expectation::Nothing,
        Rule::default_by => Expectation::Default { by: words::name(&it.one(Rule::name)) },
        Rule::no_outcome | Rule::outcome | Rule::later_outcome => lower_framework::expected(it),
        Rule::no_notice => {
            let message = words::name(&it.one(Rule::name));
            let to = it.maybe(Rule::names).map_or_else(Vec::new, words::names);
            Expectation::NoNotice { message, to }
        }
        Rule::notice => {
            let message = words::name(&it.one(Rule::name));
            Expectation::Notice { message, to: words::names(it.one(Rule::names)) }
        }
        Rule::value_is => Expectation::Value {
            name: words::name(&it.one(Rule::name)),
            of: words::name(&it.one(Rule::name)),
            period: words::period_or_year(&mut it),
            value: plain_value(it.one(Rule::plain_value)),
            because: words::because(&mut it),
        },
        Rule::stage_due => Expectation::StageDue {
            stage: words::name(&it.one(Rule::name)),
            date: words::date(it.one(Rule::date)),
            of: words::name_in(&mut it, Rule::for_name),
        },
        Rule::not_open => Expectation::StageNotOpen {
            stage: words::name(&it.one(Rule::name)),
            of: words::name_in(&mut it, Rule::for_name),
        },
        Rule::stage_open => Expectation::StageOpen {
            stage: words::name(&it.one(Rule::name)),
            of: words::name_in(&mut it, Rule::for_name),
            with: it.maybe(Rule::with_names).map_or_else(Vec::new, |mut it| words::names(it.one(Rule::names))),
        },
        _ => state(it),
    };
    Some(wanted)
}

/// The words that tell of a case, not of a stage.
const CASE_STATES: &[&str] = &["cancelled", "ended", "left"];

fn state(mut it: Cursor<'_>) -> Expectation {
    let first: Name = words::name(&it.one(Rule::name));
    let state = words::name(&it.one(Rule::name));
    match words::name_in(&mut it, Rule::for_name) {
        Some(of) if CASE_STATES.contains(&state.text.as_str()) => Expectation::CaseState { workflow: first, of, state },
        of => Expectation::StageState { stage: first, of, state },
    }
}
