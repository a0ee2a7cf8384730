//! The project of the marks with people who are made up, and policies that are tried on them: by kernels, and row by row.

use std::fs;

use jiff::civil::{Date, date};
use merit::eval::MemoryFacts;
use merit::ids::RecordId;
use merit::plan::Working;
use merit::policy::compile;
use merit::policy::model::{FieldKind, Policy};
use merit::simulate::{Progress, Question};
use merit::source::Sources;
use merit::value::{Known, Number, RecordRef, Value};

/// People of three teams and any marks, some of which are missing.
pub(crate) fn people(policy: &Policy, which: std::ops::Range<usize>) -> MemoryFacts<'_> {
    let id = |name: &str| RecordId::at(policy.records.iter().position(|it| it.label.name == name).unwrap());
    let field = |record: &str, name: &str| policy.record(id(record)).field_named(name).unwrap();
    let mut facts = MemoryFacts::new(policy);
    for nth in which {
        let who = RecordRef { record: id("person"), key: format!("p{}", nth * 7_919 % 200_003).into() };
        facts.declare(&who);
        for (name, places) in [("team", 3), ("gender", 2)] {
            let FieldKind::Choice(list) = policy.field(id("person"), field("person", name)).kind else {
                panic!("a choice")
            };
            if name == "team" || nth % 5 > 0 {
                let place = u32::try_from(nth * 31 / 7 % places).unwrap();
                facts.set(&who, field("person", name), Date::MIN, Value::Known(Known::Choice(list, place)));
            }
        }
        if nth % 11 > 0 {
            let mark = Value::Known(Known::Number(Number::from(i64::try_from(nth * 6_151 % 101).unwrap())));
            facts.set_panel(&who, id("review"), date(2026, 1, 1), field("review", "mark"), mark);
        }
    }
    facts
}

/// The policy of the project in force, and others: stricter, with amounts beyond what is reckoned for all at once, with a new rule and without one, and one that gives
/// way and is asked row by row.
pub(crate) fn others() -> Vec<Policy> {
    let text = fs::read_to_string("tests/projects/marks/policy/marks.merit").unwrap();
    let paid = "amount KES 10,000 * mark / 100, rounded down to KES 100";
    let letter = "reward letter \"Letter <b>of thanks</b>\" { when mark >= 80 }";
    let changed = [
        text.clone(),
        text.replace("when mark < 30", "when mark < 45")
            .replace("mark >= 90", "mark >= 93")
            .replace("50 from", "60 from"),
        text.replace(
            paid,
            "amount KES 10,000 * mark * 100,000,000,000,000 / (mark + 7) / 100,000,000,000,000, rounded down to KES 1",
        ),
        text.replace(letter, "reward praise \"Praise\" { when mark >= 70; amount KES 7 }")
            .replace("10,000 *", "11,000 *"),
        text.replace("unless a sanction applies", "unless a sanction applies\n  gives way to discipline") + DISCIPLINE,
    ];
    assert!(changed[1..].iter().all(|it| *it != text));
    let compiled = changed.into_iter().map(|it| {
        let sources = Sources::single("marks.merit", it);
        let compilation = compile(&sources);
        compilation.policy.unwrap_or_else(|| panic!("{}", compilation.diagnostics.render(&sources, false)))
    });
    compiled.collect()
}

pub(crate) fn asked(policy: &Policy, working: Working, people: usize) -> Question {
    let framework = &policy.frameworks[0];
    Question {
        framework: framework.label.name.clone(),
        period: policy.main().period_from_label(framework.each, "2026").unwrap(),
        on: date(2027, 1, 31),
        by: vec![vec!["team".to_owned()], vec!["gender".to_owned(), "team".to_owned()], vec![]],
        least: 0,
        ask_missing: 3,
        people,
        working,
        progress: Progress::default(),
    }
}

const DISCIPLINE: &str = "framework discipline \"Discipline\" {
  for each person each year
  judged    31 January after the year
  severity  rebuke (administrative)
  sanctions all that apply
  rewards   all that apply
  sanction rebuke \"Rebuke\" { when mark > 20 and team is west; automatic }
}
";

pub(crate) const NAMES: [&str; 5] = ["in force", "stricter", "divided", "praised", "giving way"];
