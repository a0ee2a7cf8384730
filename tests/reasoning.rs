//! What the checker is certain of: conditions that never or always hold, rules that never take effect. It agrees with a look at every
//! case of random small policies, and every case that it shows is run.

#![expect(clippy::unwrap_used, reason = "a test whose policy does not compile has failed")]

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::date;
use merit::casework::examples;
use merit::diagnostic::Diagnostic;
use merit::eval::{self, MemoryFacts, Scope};
use merit::ids::FieldId;
use merit::policy::model::{FieldKind, Policy};
use merit::policy::{Compilation, compile};
use merit::source::Sources;
use merit::value::{Known, Number, RecordRef, Truth, Value};

const CALENDAR: &str = "calendar c { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\n";

fn compiled(text: &str) -> (Compilation, Sources) {
    let sources = Sources::single("reasoning.merit", text);
    (compile(&sources), sources)
}

fn policy(text: &str) -> Policy {
    let (compilation, sources) = compiled(text);
    let said = compilation.diagnostics.render(&sources, false);
    compilation.policy.unwrap_or_else(|| panic!("{text}\n{said}"))
}

fn is_certain(it: &Diagnostic) -> bool {
    it.code.0.starts_with("M13")
}

/// Code and text of each finding of this kind.
fn said(text: &str) -> Vec<String> {
    let text = format!("{CALENDAR}{text}");
    let (compilation, sources) = compiled(&text);
    assert!(compilation.policy.is_some(), "{}", compilation.diagnostics.render(&sources, false));
    let place = |it: &Diagnostic| text[it.span.start as usize..it.span.end as usize].to_owned();
    compilation
        .diagnostics
        .iter()
        .filter(|it| is_certain(it))
        .map(|it| format!("{} {}", it.code.0, place(it)))
        .collect()
}

/// Runs the example that a finding shows, in the very policy in which it was found.
fn paste(text: &str, finding: &Diagnostic) {
    let help = finding.help.as_ref().unwrap();
    let example = help.split("to try it:\n").nth(1).unwrap_or_else(|| panic!("{help}"));
    let policy = policy(&format!("{text}{example}\n"));
    let failures = examples::run(&policy, policy.examples.last().unwrap()).failures;
    assert!(failures.is_empty(), "{text}{example}\n{failures:?}");
}

// ---- random conditions

struct Draw(u64);

impl Draw {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % u64::try_from(count).unwrap()).unwrap()
    }

    fn of<'w>(&mut self, words: &[&'w str]) -> &'w str {
        words[self.below(words.len())]
    }
}

const FACTS: &str = "record person { id key text; a whole number from 0 to 4; b whole number from 0 to 4; g one of x < y < z; f yes/no; o optional whole number from 1 to 3; e event }\n\
    parameter p 1 from 1 January 2020, 3 from 1 January 2026\n\
    define s of person each year = weighted { 50% a, 50% b }, rounded half up to whole\n\
    define d of person each year = a - b\n\
    define m of person each year = if f then a else 4\n\
    scale r of s { top 3 to 4; mid 2 to below 3; low 0 to below 2 }\n";

fn atom(draw: &mut Draw) -> String {
    let op = draw.of(&["<", "<=", ">", ">=", "is", "is not"]);
    let number = draw.below(6);
    match draw.below(16) {
        0..=2 => format!("a {op} {number}"),
        3 => format!("a {op} b"),
        4..=5 => format!("s {op} {number}"),
        6 => format!("r is {}", draw.of(&["top", "mid", "low"])),
        7 => format!("r {} mid", draw.of(&["<", "<=", ">", ">=", "is not"])),
        8 => format!("g {op} {}", draw.of(&["x", "y", "z"])),
        9 => format!("g is one of {}", draw.of(&["x, y", "x, y, z", "z", "y, z"])),
        10 => draw.of(&["f", "e is known", "e is unknown", "a is known", "o is known", "f is no"]).to_owned(),
        11 => format!("o {op} {number}"),
        12 => format!("a {op} p"),
        13 => format!("b is {} to below {}", number.min(3), number + 1),
        14 => format!("d {op} {number}"),
        _ => format!("m {op} {number}"),
    }
}

/// A condition and every condition that it is made of, itself last.
fn condition(draw: &mut Draw, depth: usize) -> (String, Vec<String>) {
    if depth == 0 || draw.below(4) == 0 {
        let atom = atom(draw);
        return (atom.clone(), vec![atom]);
    }
    let join = draw.of(&[" and ", " or ", " and "]);
    let (mut parts, mut all) = (Vec::new(), Vec::new());
    for _ in 0..2 + draw.below(2) {
        let (part, inner) = condition(draw, depth - 1);
        let negated = draw.below(8) == 0;
        parts.push(if negated { format!("not ({part})") } else { format!("({part})") });
        all.extend(inner);
        if negated {
            all.push(format!("not ({part})"));
        }
    }
    let whole = parts.join(join);
    all.push(whole.clone());
    (whole, all)
}

/// Whether each definition called `c…` is ever a known yes, and ever a known no, over all facts and both years.
fn over_all_cases(policy: &Policy, count: usize) -> Vec<(bool, bool)> {
    let person = policy.record_named("person").unwrap();
    let subject = RecordRef { record: person, key: Arc::from("A") };
    let fields = &policy.record(person).fields;
    let mut seen = vec![(false, false); count];
    let places: Vec<usize> = (0..count)
        .map(|at| policy.definitions.iter().position(|it| it.label.name == format!("c{at}")).unwrap())
        .collect();
    let mut cases: Vec<Vec<Option<Value>>> = vec![Vec::new()];
    for field in &fields[1..] {
        let values: Vec<Value> = match &field.kind {
            FieldKind::Number { from, to, .. } => {
                let (mut at, mut all) = (from.unwrap(), Vec::new());
                while at <= to.unwrap() {
                    all.push(Known::Number(at).into());
                    at = at.add(Number::ONE).unwrap();
                }
                all
            }
            FieldKind::Choice(list) => (0..3).map(|at| Known::Choice(*list, at).into()).collect(),
            FieldKind::YesNo => [true, false].map(|it| Known::YesNo(it).into()).to_vec(),
            _ => vec![Known::Date(date(2026, 3, 1)).into()],
        };
        let with_none: Vec<Option<Value>> = values.into_iter().map(Some).chain([None]).collect();
        cases = cases
            .iter()
            .flat_map(|case| with_none.iter().map(|it| [case.clone(), vec![it.clone()]].concat()))
            .collect();
    }
    let kind = policy.main().period_kind("year").unwrap();
    for case in cases {
        let mut facts = MemoryFacts::new(policy);
        facts.declare(&subject);
        for (at, value) in case.iter().enumerate() {
            if let Some(value) = value {
                facts.set(&subject, FieldId::at(at + 1), date(2000, 1, 1), value.clone());
            }
        }
        for year in [2025, 2026] {
            let period = policy.main().period_containing(kind, date(year, 1, 1)).unwrap();
            let scope = Scope::new(policy, policy.main(), &facts, subject.clone(), Some(period), period.last);
            for (place, seen) in places.iter().zip(&mut seen) {
                match eval::truth(&scope, &policy.definitions[*place].value) {
                    Truth::Yes => seen.0 = true,
                    Truth::No => seen.1 = true,
                    Truth::Unknown(_) | Truth::NotApplicable => {}
                }
            }
        }
    }
    seen
}

#[test]
fn what_is_certain_agrees_with_a_look_at_every_case() {
    let (mut nevers, mut always, mut shown) = (0, 0, 0);
    for seed in 0..20_u64 {
        let mut draw = Draw(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        draw.below(2);
        let all: Vec<Vec<String>> = (0..4).map(|_| condition(&mut draw, 2).1).collect();
        let flat: Vec<&String> = all.iter().flatten().collect();
        let define = |(at, text): (usize, &&String)| format!("define c{at} of person each year = {text}\n");
        let text = format!("{CALENDAR}{FACTS}{}", flat.iter().enumerate().map(define).collect::<String>());
        let (compilation, sources) = compiled(&text);
        let policy = compilation
            .policy
            .as_ref()
            .unwrap_or_else(|| panic!("{}", compilation.diagnostics.render(&sources, false)));
        let seen = over_all_cases(policy, flat.len());
        let found_in = |line: usize| {
            compilation
                .diagnostics
                .iter()
                .filter(|it| is_certain(it) && text[..it.span.start as usize].matches('\n').count() == line)
                .collect::<Vec<_>>()
        };
        let first = text.lines().position(|it| it.starts_with("define c0 ")).unwrap();
        let mut at = 0;
        for parts in &all {
            let start = at;
            for (place, part) in parts.iter().enumerate() {
                let certain = |it: usize| !(seen[it].0 && seen[it].1);
                let inside = (start..=start + place).filter(|it| part.contains(flat[*it].as_str()));
                let expected = inside.clone().any(certain);
                let found = found_in(first + at);
                // Arithmetic over facts that also stand alone may stay undecided; nothing else may.
                assert!(
                    found.is_empty() || expected,
                    "no alarm is due for `{part}`:\n{}",
                    compilation.diagnostics.render(&sources, false)
                );
                assert!(!found.is_empty() || !expected, "`{part}` can't go either way, {:?}", seen[at]);
                for finding in found {
                    let own = &text[finding.span.start as usize..finding.span.end as usize];
                    let same = flat
                        .iter()
                        .position(|it| it.as_str() == own)
                        .or_else(|| flat.iter().position(|it| format!("({it})") == own));
                    let (yes, no) = seen[same.unwrap_or_else(|| panic!("`{own}` of `{part}`"))];
                    match finding.code.0 {
                        "M1301" => {
                            assert!(!yes, "`{own}` can hold");
                            nevers += 1;
                        }
                        _ => {
                            assert!(!no, "`{own}` can fail to hold");
                            always += 1;
                            if finding.help.as_ref().unwrap().contains("to try it") {
                                shown += 1;
                                paste(&text, finding);
                            }
                        }
                    }
                }
                at += 1;
            }
        }
    }
    assert!(nevers > 8 && always > 8 && shown > 8, "{nevers} {always} {shown}");
}

// ---- by hand

const REVIEWS: &str = "record unit { id key text; kind one of hospital, school }\n\
    record person { id key text; grade dated one of G1 < G2 < G3; status dated one of active, on_leave; place dated unit; pay dated money USD; away yes/no; heard event; boss optional person; started event }\n\
    record review of person each year { mark number from 0 to 100 with 1 decimal; second number from 0 to 100 with 1 decimal }\n\
    record incident of person { days number from 0 to 30; kind one of fraud, absence }\n\
    parameter pass_mark 50 from 1 January 2011, 60 from 1 January 2026\n\
    define score of person each year = weighted { 70% mark, 30% second }, rounded half up to 1 decimal\n\
    define plain of person each year = review.mark, rounded half up to 1 decimal\n\
    scale rating of score { good 60 to 100; fair 50 to below 60; poor 0 to below 50 }\n";

fn of(condition: &str) -> Vec<String> {
    said(&format!("{REVIEWS}define it of person each year = {condition}\n"))
}

#[test]
fn bounds_of_fields_scales_and_parameters_are_known() {
    for never in [
        "score < 50 and score > 60",
        "rating is poor and score >= 50",
        "rating is good and rating is poor",
        "score > 100",
        "score < 40 and score > pass_mark",
        "review.mark > 99 and score < 60",
        "plain < 49.95 and review.mark > 50",
        "mark > 50 and mark <= 50",
        "grade < G1",
        "grade is one of G1, G2 and grade > G2",
        "person.place.kind is school and person.place.kind is hospital",
        "(score < 40 in 2 consecutive years) and score >= 50",
        "(count of incidents) < 0",
        "mark > second and second > mark",
        "started is unknown and started > 1 January 2020",
    ] {
        assert_eq!(of(never), [format!("M1301 {never}")], "{never}");
    }
    for always in [
        "score >= 0",
        "score <= 100",
        "grade is at least G1",
        "grade is one of G1, G2, G3",
        "score < pass_mark or score >= pass_mark",
        "status is active or status is on_leave",
        "mark + second <= 200",
    ] {
        assert_eq!(of(always), [format!("M1302 {always}")], "{always}");
    }
    for either in [
        "score < pass_mark",
        "score > 55 and score < pass_mark",
        "mark is known",
        "score >= 0 if unknown treat as no",
        "pay >= USD 0",
        "mark > second",
        "previous score < 50 and score > 60",
        "(score < 50 in 2 of the last 3 years) and score > 60",
        "started is known",
        "started > 1 January 2020",
        "review.mark > 99 and score < 70",
        "any incident where kind is fraud",
    ] {
        let either = either.replace(" if unknown", ", if unknown");
        assert_eq!(of(&either), [""; 0], "{either}");
    }
}

#[test]
fn every_place_of_a_condition_is_looked_at() {
    let text = "record person { id key text; status dated one of active, away, gone; mark number from 0 to 100; joined event; done event; above optional person\n absent when status is away and status is active; gone when status is gone }\n\
        role boss of person { is person.above; qualifies when mark < 0 }\n\
        define fine of person = if mark >= 0 then 1 else 2\n\
        record incident of person { kind one of fraud, absence }\n\
        define nobody of person = count of incidents where (kind is fraud and kind is absence)\n\
        table t of person : number, exactly one row {\n | mark > 200 | => |\n | yes | 1 |\n | no | 2 |\n}\n\
        workflow w { for each person where mark <= 100; cancel when status is gone and status is away\n suspend the clock while mark > 100\n\
          stage s { opens joined; by person; fills done; only if mark >= 0; due 5 days after opening when mark < 0; due 6 days after opening otherwise } }\n";
    let found = said(text);
    let expected = [
        "M1301 status is away and status is active",
        "M1301 mark < 0",
        "M1302 mark >= 0",
        "M1301 kind is fraud and kind is absence",
        "M1301 mark > 200",
        "M1302 mark <= 100",
        "M1301 status is gone and status is away",
        "M1301 mark > 100",
        "M1302 mark >= 0",
        "M1301 mark < 0",
    ];
    assert_eq!(found, expected);
}

/// A workflow in which everybody is heard.
const HEARING: &str = "message note { by email; subject \"a\"; body \"b\" }\n\
    workflow hearing for each proposed sanction {\n\
    ends imposed, dismissed\n\
    stage notice { by boss; due 5 days after opening; sends note to person }\n\
    stage answer { by person; due 21 days after notice; fills heard; lapses at due }\n\
    decision ruling by boss { due 30 days after answer; choose impose, drop; on drop finish dismissed }\n\
    stage appeal_window {\n\
    by person; due 30 days after ruling; lapses at due\n\
    choose appeal\n\
    on appeal decision appeal_ruling by boss {\n\
    due 30 days after opening\n\
    choose confirm, lift\n\
    on confirm finish imposed\n\
    on lift finish dismissed\n\
    }\n\
    on lapse finish imposed\n\
    }\n\
    }\n";

fn framework(severity: &str, combination: &str, rules: &str) -> String {
    format!(
        "{REVIEWS}{HEARING}\
         framework f {{\n for each person each year where grade is one of G1, G2\n judged 30 June after the year\n severity {severity}\n sanctions {combination}\n rewards all that apply, unless a sanction applies\n{rules}\n}}\n"
    )
}

/// The findings about rules, each with its example run.
fn of_rules(severity: &str, combination: &str, rules: &str) -> Vec<String> {
    let text = format!("{CALENDAR}{}", framework(severity, combination, rules));
    let (compilation, sources) = compiled(&text);
    assert!(compilation.policy.is_some(), "{}", compilation.diagnostics.render(&sources, false));
    let found: Vec<&Diagnostic> = compilation.diagnostics.iter().filter(|it| is_certain(it)).collect();
    for finding in &found {
        if matches!(finding.code.0, "M1303") || finding.message.contains("exception") {
            paste(&text, finding);
        }
    }
    found.iter().map(|it| format!("{} {}", it.code.0, it.message)).collect()
}

#[test]
fn rules_that_never_take_effect_are_found_with_a_case() {
    let severe = "the most severe that applies";
    let shadowed = of_rules(
        "a < b",
        severe,
        "sanction a { when score < 30; through hearing }\nsanction b { when rating is poor; through hearing }",
    );
    assert_eq!(shadowed, ["M1303 `a` never takes effect: wherever it applies, `b` does too"]);
    let longer = of_rules(
        "a < b",
        severe,
        "sanction a { when score < 50 in 3 consecutive years; through hearing }\nsanction b { when score < 50 in 2 consecutive years; through hearing }",
    );
    assert_eq!(longer, ["M1303 `a` never takes effect: wherever it applies, `b` does too"]);
    let together = of_rules(
        "a < b < c",
        severe,
        "sanction a { when score < 30; through hearing }\nsanction b { when grade is G1; through hearing }\nsanction c { when grade is at least G2; through hearing }",
    );
    assert_eq!(together, ["M1303 `a` never takes effect: wherever it applies, `b` does too"]);
    let first = of_rules(
        "a < b",
        "the first that applies",
        "sanction b { when score < 60; through hearing }\nsanction a { when score < 50; through hearing }",
    );
    assert_eq!(first, ["M1303 `a` never takes effect: wherever it applies, `b` does too"]);
    let withheld =
        of_rules("a", severe, "sanction a { when away; through hearing }\nreward prize { when away and score > 90 }");
    assert_eq!(withheld, ["M1303 `prize` never takes effect: wherever it applies, `a` does too"]);
    let excepted = of_rules("a", severe, "sanction a { when score < 40; unless rating is poor; through hearing }");
    assert_eq!(excepted, ["M1304 `a` never follows: where its condition holds, an exception does too"]);
    let uncovered = of_rules("a", severe, "sanction a { when grade is G3; through hearing }");
    assert_eq!(uncovered, ["M1304 `a` never follows: this holds for nobody whom the framework covers"]);
    let twice = of_rules(
        "a < b",
        "all that apply",
        "sanction a { when score < 40; through hearing }\nsanction b { when score < 40; through hearing }",
    );
    assert_eq!(twice, ["M1305 `b` says the same as `a`"]);
    let fine = of_rules(
        "a < b",
        severe,
        "sanction a { when score < pass_mark; unless status is on_leave; through hearing }\nsanction b { when score < 50 in 2 consecutive years; through hearing }\nreward prize { when score > 90 }",
    );
    assert_eq!(fine, [""; 0]);
}

#[test]
fn no_shipped_policy_is_found_at_fault() {
    for folder in [
        &["rules/uganda", "workflows/uganda"][..],
        &["tests/projects/complaints/policy"],
        &["tests/projects/staff/policy"],
    ] {
        let mut sources = Sources::new();
        for path in folder.iter().flat_map(|it| std::fs::read_dir(it).unwrap()).map(|it| it.unwrap().path()) {
            sources.add(path.display().to_string(), std::fs::read_to_string(path).unwrap());
        }
        let found: BTreeSet<String> = compile(&sources).diagnostics.iter().map(|it| it.message.clone()).collect();
        assert_eq!(found, BTreeSet::new());
    }
}

// ---- scenarios

const SMALL: &str = "record person { id key text; mark number from 0 to 100 }\n\
    parameter pass_mark 50 from 1 January 2020, 55 from 1 January 2026\n\
    define passed of person each year = mark >= pass_mark\n\
    framework f { for each person each year; judged 30 June after the year; severity caution (administrative) < warning (administrative); sanctions the most severe that applies; rewards all that apply\n\
      sanction caution { when mark < pass_mark; automatic }\n\
      sanction warning { when mark < 30; automatic }\n\
      reward prize { when mark > 90 } }\n";

fn scenario(changes: &str) -> Compilation {
    let text = format!("{CALENDAR}{SMALL}scenario other \"Otherwise\" {{\n{changes}\n}}\n");
    merit::policy::compile_scenario(&Sources::single("reasoning.merit", text), None, "other").unwrap()
}

#[test]
fn a_scenario_is_the_policy_with_some_of_it_otherwise() {
    let (base, same) =
        (policy(&format!("{CALENDAR}{SMALL}scenario other \"Otherwise\" {{\n\n}}\n")), scenario("").policy.unwrap());
    assert_eq!(format!("{base:?}"), format!("{same:?}"));
    let set = scenario("set pass_mark 65 from 1 July 2025").policy.unwrap();
    assert_ne!(set.hash, base.hash);
    let days: Vec<String> = set.parameters[0].values.iter().map(|it| it.from.unwrap().to_string()).collect();
    assert_eq!(days, ["2020-01-01", "2025-07-01"]);
    let replaced = scenario(
        "replace sanction warning \"Letter\" { when mark < 40; automatic }\n  remove reward prize\n  add reward medal { when mark > 95 }\n  replace define passed of person each year = mark > 10",
    );
    let (replaced, found) = (replaced.policy, replaced.diagnostics);
    let replaced = replaced.unwrap_or_else(|| panic!("{:?}", found.iter().collect::<Vec<_>>()));
    let names: Vec<&str> = replaced.frameworks[0].rules.iter().map(|it| it.label.title.as_str()).collect();
    assert_eq!(names, ["caution", "Letter", "medal"]);
    assert!(merit::policy::compile_scenario(&Sources::single("s.merit", SMALL), None, "other").is_none());
}

#[test]
fn a_scenario_is_checked_as_a_policy_is() {
    for (changes, code, place) in [
        ("  set pas_mark 65 from 1 July 2027", "M1204", "pas_mark"),
        ("  replace sanction waring { when mark < 40; automatic }", "M1204", "waring"),
        ("  remove reward price", "M1204", "price"),
        ("  replace sanction warning { when marc < 40; automatic }", "M0202", "marc"),
        ("  replace sanction warning { when mark < 90; automatic }", "M1303", "mark < pass_mark"),
        ("  add reward medal { when mark > 100 }", "M1301", "mark > 100"),
        ("  replace frobnicate x", "M0101", "replace frobnicate x"),
        (
            "  assume person.mark : 60% from 10 to 20, 30% unknown",
            "M1205",
            "assume person.mark : 60% from 10 to 20, 30% unknown",
        ),
        ("  assume 101% of person each year : mark is 5", "M1205", "101"),
        ("  assume person.mark : 100% on time", "M1206", "100% on time"),
        ("  assume person.mark until 2024 from 2026 : 100% 50", "M0101", "from"),
        ("  assume person.mark from 2027 until 2026 : 100% 50", "M1206", "2026"),
        ("  assume person.mark : 100% from 50 to 101", "M1207", "101"),
        ("  assume person.mark : 100% from 50 to 40", "M1207", "100% from 50 to 40"),
        ("  assume person.mark : 100% yes", "M1207", "yes"),
        ("  assume person.marc : 100% 50", "M0202", "marc"),
        ("  assume persom.mark : 100% 50", "M0202", "persom"),
        ("  assume person.mark where awai : 100% 50", "M0202", "awai"),
        ("  assume 4% of person each yeer : mark is 5", "M0202", "yeer"),
    ] {
        let text = format!("{CALENDAR}{SMALL}scenario other {{\n{changes}\n}}\n");
        let (compilation, sources) = compiled(&text);
        let found: Vec<(String, &str)> = compilation
            .diagnostics
            .iter()
            .map(|it| (it.code.0.to_owned(), &text[it.span.start as usize..it.span.end as usize]))
            .collect();
        assert_eq!(found, [(code.to_owned(), place)], "{}", compilation.diagnostics.render(&sources, false));
    }
}

#[test]
fn what_is_assumed_of_a_stage_fits_it() {
    const PLANS: &str = "record officer { id key text; boss optional officer; kind one of a, b }
record plan of officer each year { agreed event; said event; pay money USD }
role chief of officer { is officer.boss }
workflow plans {
  for each officer each year
  stage write { opens start of year; due 31 January, for late comers 2 weeks after opening; by officer; fills agreed }
  stage look { by chief; due 1 week after opening; choose accept, refuse; on refuse cancel }
  stage wait { opens 1 June; by officer; fills said }
}
";
    for (line, code, place) in [
        ("plans.look : 50% on time, 50% accept", "M1206", "50% accept"),
        ("plans.write : 50% ontime, 50% never", "M1206", "50% ontime"),
        ("plans.look : 100% acept", "M0202", "acept"),
        ("plans.write : 100% from 5 to 6", "M1206", "100% from 5 to 6"),
        ("plans.write : 100% within 2 months after due", "M1207", "2 months"),
        ("plans.wait : 100% on time", "M1206", "100% on time"),
        ("plans.wrote : 100% on time", "M0202", "wrote"),
        ("officer.boss : 100% unknown", "M1206", "boss"),
        ("officer.kind : 100% c", "M0204", "c"),
        ("plan.pay : 100% from KES 1 to KES 2", "M1207", "KES 1"),
    ] {
        let text = format!("{CALENDAR}{PLANS}scenario other {{\n  assume {line}\n}}\n");
        let (compilation, sources) = compiled(&text);
        let found: Vec<(String, &str)> = compilation
            .diagnostics
            .iter()
            .map(|it| (it.code.0.to_owned(), &text[it.span.start as usize..it.span.end as usize]))
            .collect();
        assert_eq!(found, [(code.to_owned(), place)], "{}", compilation.diagnostics.render(&sources, false));
    }
}

// ---- guarantees

fn promised(rules: &str, promise: &str) -> (Vec<String>, String, Vec<merit::policy::guarantees::Standing>) {
    let severe = "the most severe that applies";
    let text = format!("{CALENDAR}{}guarantee \"It holds\" {{ {promise} }}\n", framework("a < b", severe, rules));
    let (compilation, sources) = compiled(&text);
    let said = compilation.diagnostics.render(&sources, false);
    let found: Vec<&Diagnostic> = compilation.diagnostics.iter().filter(|it| it.code.0.starts_with("M12")).collect();
    for finding in found.iter().filter(|it| it.code.0 == "M1201") {
        // The promise itself is an error: the case is run in the policy without it.
        let without = text.split("guarantee \"It holds\"").next().unwrap();
        let help = finding.help.as_ref().unwrap();
        let example = help.split("to see it:\n").nth(1).unwrap_or_else(|| panic!("{said}"));
        let policy = policy(&format!("{without}{example}\n"));
        let failures = examples::run(&policy, policy.examples.last().unwrap()).failures;
        assert!(failures.is_empty(), "{text}{example}\n{failures:?}");
    }
    let messages = found.iter().map(|it| format!("{} {}", it.code.0, it.message)).collect();
    (messages, said, compilation.guarantees.iter().map(|it| it.standing).collect())
}

#[test]
fn promises_are_proved_refuted_or_left_open() {
    use merit::policy::guarantees::Standing;
    let twice = "sanction a { when score < pass_mark; unless status is on_leave; through hearing }\n\
                 sanction b { when score < 50 in 2 consecutive years; unless status is on_leave; through hearing }\n\
                 reward prize { when score >= 90 }";
    for promise in [
        "sanctions never get more severe as score rises",
        "rewards never fall as score rises",
        "no sanction is proposed when status is on_leave",
        "no prize is proposed when rating is poor",
        "a is proposed only when score < 60",
        "every sanction is proposed only when score < 70",
    ] {
        let (found, said, standing) = promised(twice, promise);
        assert_eq!((found, standing), (Vec::new(), vec![Standing::Proved]), "{promise}\n{said}");
    }
    for (promise, refuted) in [
        ("sanctions never get less severe as score rises", "M1201 `"),
        ("rewards never rise as score rises", "M1201 `prize` is proposed when"),
        ("no sanction is proposed when grade is G1", "M1201 `a` can be proposed though this holds"),
        ("a is proposed only when score < 55", "M1201 `a` can be proposed though this is not known to hold"),
        ("a is proposed only when away", "M1201 `a` can be proposed though this is not known to hold"),
    ] {
        let (found, said, standing) = promised(twice, promise);
        assert!(found.len() == 1 && found[0].starts_with(refuted), "{promise}\n{said}");
        assert_eq!(standing, [Standing::Refuted]);
    }
    // Whoever counts less in this year counts no more in the last three.
    for (rules, refuted) in [
        (
            "sanction a { when (score < 50) in 2 of the last 3 years; through hearing }\nsanction b { when rating is poor; through hearing }",
            None,
        ),
        (
            "sanction a { when rating is poor in 2 of the last 3 years, then afresh; through hearing }\nsanction b { when score < 50 in 3 consecutive years; through hearing }",
            None,
        ),
        (
            "sanction a { when (score > 50) in 2 of the last 3 years; through hearing }\nsanction b { when score < 30; through hearing }",
            Some("M1201 `a` is proposed when"),
        ),
        (
            "sanction a { when not ((score < 50) in 2 of the last 3 years); through hearing }\nsanction b { when score < 30; through hearing }",
            Some("M1201 `a` is proposed when"),
        ),
    ] {
        let (found, said, standing) = promised(rules, "sanctions never get more severe as score rises");
        assert_eq!(standing, [if refuted.is_some() { Standing::Refuted } else { Standing::Proved }], "{rules}\n{said}");
        assert!(found.iter().zip(refuted).all(|(it, start)| it.starts_with(start)), "{said}");
    }
    let odd = "sanction a { when score < 50; through hearing }\nsanction b { when score is 60 to 70; through hearing }";
    let (found, said, _) = promised(odd, "sanctions never get more severe as score rises");
    assert!(found[0].starts_with("M1201 `b` is proposed when"), "{said}");
    for (rules, promise, why) in [
        (
            "sanction a { when score < 50 and mark < 40; through hearing }\nsanction b { when score < 30; through hearing }",
            "sanctions never get more severe as score rises",
            "a rule also asks for what it is made of",
        ),
        (
            "sanction a { when (average of mark of the last 3 years) < 40; through hearing }\nsanction b { when score < 30; through hearing }",
            "sanctions never get more severe as score rises",
            "a rule also asks for it over several periods",
        ),
        (
            "sanction a { when in the worst 10% of place by score, places rounded up, ties all in, unknown left out, groups of at least 2; through hearing }\nsanction b { when score < 30; through hearing }",
            "sanctions never get more severe as score rises",
            "a rule asks for a place among others",
        ),
    ] {
        let (found, said, standing) = promised(rules, promise);
        assert!(found.len() == 1 && found[0].starts_with("M1202") && found[0].contains(why), "{said}");
        assert_eq!(standing, [Standing::NotDecided]);
    }
}
