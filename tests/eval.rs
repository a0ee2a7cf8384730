//! The evaluator: tables of expressions and dates, roles, days and letters; and the laws on random expressions.

#![expect(clippy::unwrap_used, reason = "a test whose policy does not compile has failed")]

use std::sync::Arc;

use jiff::civil::{Date, date};
use merit::calendar::{Anchor, Period};
use merit::eval::{
    self, Answer, CaseContext, DateOptions, Facts, MemoryFacts, Question, Reading, Resolution, Scope, Trace, What,
    render,
};
use merit::ids::{FieldId, RecordId, RoleId};
use merit::policy::compile;
use merit::policy::model::{Expr, FieldKind, Party, Policy};
use merit::source::Sources;
use merit::value::{Known, Number, RecordRef, Truth, Value};

const POLICY: &str = include_str!("eval/policy.merit");
const ASKED: Date = date(2026, 6, 10);

fn policy_with(more: &str) -> Policy {
    let mut sources = Sources::new();
    sources.add("policy.merit".to_owned(), POLICY.to_owned());
    sources.add("more.merit".to_owned(), more.to_owned());
    let compilation = compile(&sources);
    let findings = compilation.diagnostics.render(&sources, false);
    compilation.policy.unwrap_or_else(|| panic!("{findings}"))
}

/// Facts that are stated by name and in words.
struct World<'a> {
    policy: &'a Policy,
    facts: MemoryFacts<'a>,
}

impl<'a> World<'a> {
    fn new(policy: &'a Policy) -> Self {
        Self { policy, facts: MemoryFacts::new(policy) }
    }

    fn person(&self, key: &str) -> RecordRef {
        RecordRef { record: self.policy.record_named("person").unwrap(), key: Arc::from(key) }
    }

    fn read(&self, kind: &FieldKind, words: &str) -> Value {
        let known = match kind {
            FieldKind::Number { percent: true, .. } => {
                Known::Number(words.parse::<Number>().unwrap().divide(Number::from(100)).unwrap())
            }
            FieldKind::Number { .. } => Known::Number(words.parse().unwrap()),
            FieldKind::Money { currency, .. } => {
                Known::Money { amount: words.parse().unwrap(), currency: Arc::clone(currency) }
            }
            FieldKind::Date | FieldKind::Event => Known::Date(words.parse().unwrap()),
            FieldKind::Choice(list) => {
                let at = self.policy.choices[list.index()].choices.iter().position(|it| it.name == words).unwrap();
                Known::Choice(*list, u32::try_from(at).unwrap())
            }
            FieldKind::Reference(record) => Known::Record(RecordRef { record: *record, key: Arc::from(words) }),
            _ => Known::Text(Arc::from(words)),
        };
        match words {
            "none" => Value::NotApplicable,
            "?" => Value::Unknown(Vec::new()),
            _ => Value::Known(known),
        }
    }

    fn say(&mut self, key: &str, field: &str, words: &str) {
        self.say_from(key, field, Date::MIN, words);
    }

    fn say_from(&mut self, key: &str, field: &str, from: Date, words: &str) {
        let of = self.person(key);
        let id = self.policy.record(of.record).field_named(field).unwrap();
        let kind = &self.policy.field(of.record, id).kind;
        let value = match words {
            "none" => Value::NotApplicable,
            "?" => Value::Unknown(Vec::new()),
            _ => self.read(kind, words),
        };
        self.facts.set(&of, id, from, value);
    }

    fn review(&mut self, key: &str, year: i16, field: &str, words: &str) {
        let panel = self.policy.record_named("review").unwrap();
        let id = self.policy.record(panel).field_named(field).unwrap();
        let value = self.read(&self.policy.field(panel, id).kind, words);
        let of = self.person(key);
        self.facts.set_panel(&of, panel, date(year, 1, 1), id, value);
    }

    fn year(&self, year: i16) -> Period {
        let calendar = self.policy.main();
        calendar.period_containing(calendar.period_kind("year").unwrap(), date(year, 1, 1)).unwrap()
    }

    fn scope(&self, key: &str, year: Option<i16>, on: Date) -> Scope<'_> {
        let period = year.map(|it| self.year(it));
        Scope::new(self.policy, self.policy.main(), &self.facts, self.person(key), period, on)
    }

    fn definition(&self, name: &str) -> &'a Expr {
        &self.policy.definitions.iter().find(|it| it.label.name == name).unwrap().value
    }

    fn role(&self, name: &str) -> Party {
        Party::Role(RoleId::at(self.policy.roles.iter().position(|it| it.label.name == name).unwrap()))
    }
}

/// What both tables say of Ada and Ben.
fn ada_and_ben(policy: &Policy) -> World<'_> {
    let mut world = World::new(policy);
    for (field, words) in [
        ("born", "1990-05-03"),
        ("reviewed", "2026-03-10"),
        ("grade", "G2"),
        ("status", "active"),
        ("pay", "1200"),
        ("stake", "12.5"),
        ("above", "Ben"),
    ] {
        world.say("Ada", field, words);
    }
    world.say_from("Ada", "grade", date(2026, 7, 1), "G3");
    world.review("Ada", 2026, "mark", "80");
    world.review("Ada", 2025, "mark", "60");
    world.say("Ben", "ceiling", "900");
    world.review("Ben", 2026, "mark", "100");
    world
}

fn rows(table: &str) -> impl Iterator<Item = &str> {
    table.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
}

#[test]
fn expressions_come_to_what_the_table_says() {
    let rows: Vec<(&str, &str, &str)> = rows(include_str!("eval/expressions.txt"))
        .map(|line| {
            let (who, rest) = line.split_once("  ").unwrap();
            let (expression, wanted) = rest.trim().split_once("   ").unwrap_or_else(|| panic!("{line}"));
            (who, expression, wanted.trim())
        })
        .collect();
    let definitions: Vec<String> = rows
        .iter()
        .enumerate()
        .map(|(at, (_, expression, _))| format!("define row_{at} of person each year = {expression}\n"))
        .collect();
    let policy = policy_with(&definitions.concat());
    let world = ada_and_ben(&policy);
    let mut wrong = Vec::new();
    for (at, (who, expression, wanted)) in rows.iter().enumerate() {
        let came = eval::value(&world.scope(who, Some(2026), ASKED), world.definition(&format!("row_{at}")));
        let came = render(&came, &policy);
        if came != *wanted {
            wrong.push(format!("{who}  {expression}\n  wanted {wanted}\n  came   {came}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn aggregates_come_to_what_the_table_says() {
    let rows: Vec<(&str, &str, &str)> = rows(include_str!("eval/aggregates.txt"))
        .map(|line| {
            let (who, rest) = line.split_once("  ").unwrap();
            let (expression, wanted) = rest.trim().split_once("   ").unwrap_or_else(|| panic!("{line}"));
            (who, expression, wanted.trim())
        })
        .collect();
    let more = "record incident of person { happened event; kind one of absence, fraud; days number from 0 to 100 }\n\
        define stage_mark of person each half_year = if start of half_year < 1 March 2026 then 30 else 40\n";
    let defined = rows.iter().enumerate();
    let defined = defined.map(|(at, row)| format!("define row_{at} of person each year = {}\n", row.1));
    let policy = policy_with(&format!("{more}{}", defined.collect::<String>()));
    let mut world = World::new(&policy);
    world.review("Ada", 2026, "mark", "80");
    let incident = policy.record_named("incident").unwrap();
    let ada = world.person("Ada");
    let rows_of = [&[("happened", "2026-03-03"), ("kind", "fraud"), ("days", "5")][..]];
    let rows_of =
        rows_of.into_iter().chain([&[("happened", "2026-05-04"), ("kind", "absence")][..], &[("days", "2")][..]]);
    for fields in rows_of {
        let child = world.facts.add_child(&ada, incident);
        for (name, words) in fields {
            let field = policy.record(incident).field_named(name).unwrap();
            let value = world.read(&policy.field(incident, field).kind, words);
            world.facts.set(&child, field, Date::MIN, value);
        }
    }
    for who in ["Ben", "Cid"] {
        world.say(who, "above", "Ada");
        world.say(who, "status", "active");
    }
    world.say_from("Cid", "above", date(2027, 1, 1), "Ben");
    let mut wrong = Vec::new();
    for (at, (who, expression, wanted)) in rows.iter().enumerate() {
        let came = eval::value(&world.scope(who, Some(2026), ASKED), world.definition(&format!("row_{at}")));
        let came = render(&came, &policy);
        if came != *wanted {
            wrong.push(format!("{who}  {expression}\n  wanted {wanted}\n  came   {came}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn day_words(policy: &Policy, day: Date) -> String {
    render(&Value::Known(Known::Date(day)), policy)
}

fn anchor_words(policy: &Policy, answer: &Answer<Anchor>) -> String {
    match answer {
        Answer::Known(Anchor::Event { day, .. }) => day_words(policy, *day),
        Answer::Known(Anchor::StartEdge { day, .. }) => format!("the edge before {}", day_words(policy, *day)),
        Answer::Known(Anchor::EndEdge { day, .. }) => format!("the edge behind {}", day_words(policy, *day)),
        Answer::NotYet => "not yet".to_owned(),
        Answer::Unknown(missing) => format!("unknown, for want of {}", missing.join(", ")),
    }
}

#[test]
fn dates_come_to_what_the_table_says() {
    let rows: Vec<Vec<&str>> =
        rows(include_str!("eval/dates.txt")).map(|line| line.split('|').map(str::trim).collect()).collect();
    let stages: Vec<String> = rows
        .iter()
        .enumerate()
        .map(|(at, row)| {
            let rule = row[0];
            format!("  stage s{at} {{ opens start of year; due {rule}, for late comers 1 month after opening; by person; fills agreed }}\n")
        })
        .collect();
    let policy = policy_with(&format!("workflow dates {{\n  for each person each year\n{}}}\n", stages.concat()));
    let world = ada_and_ben(&policy);
    let opening = Anchor::StartEdge { day: date(2026, 1, 1), what: "the start of the year".to_owned() };
    let context = CaseContext { opening: Some(opening), ..CaseContext::default() };
    let scope = world.scope("Ada", Some(2026), ASKED);
    let scope = scope.with_context(&context);
    let mut wrong = Vec::new();
    for (row, stage) in rows.iter().zip(&policy.workflows[0].stages) {
        let rule = &stage.due[0].date;
        let due = match eval::date_rule(&scope, rule, &DateOptions::due()).unwrap() {
            Answer::Known(deadline) => day_words(&policy, deadline.date),
            Answer::NotYet => "not yet".to_owned(),
            Answer::Unknown(missing) => format!("unknown, for want of {}", missing.join(", ")),
        };
        let opens = anchor_words(&policy, &eval::anchor(&scope, rule));
        if (due.as_str(), opens.as_str()) != (row[1], row[2]) {
            wrong.push(format!("{} | {due} | {opens}", row[0]));
        }
    }
    assert!(wrong.is_empty(), "these came otherwise:\n{}", wrong.join("\n"));
}

#[test]
fn a_date_that_rests_on_an_unknown_names_the_fact() {
    let more = "workflow one { for each person where status is known\n stage a { opens 1 month after born; by person; fills reviewed } }";
    let policy = policy_with(more);
    let world = ada_and_ben(&policy);
    let opens = policy.workflows[0].stages[0].opens.as_ref().unwrap();
    let came = eval::anchor(&world.scope("Ben", None, ASKED), opens);
    assert_eq!(came, Answer::Unknown(vec!["born of Ben".to_owned()]));
}

#[test]
fn what_is_judged_for_a_period_reads_its_last_day() {
    let policy = policy_with("define grade_now of person each year = grade");
    let world = ada_and_ben(&policy);
    let scope = world.scope("Ada", Some(2026), ASKED);
    let asked = world.definition("grade_now");
    assert_eq!(render(&eval::value(&scope, asked), &policy), "G2");
    assert_eq!(render(&eval::value(&scope.reading(Reading::PeriodEnd), asked), &policy), "G3");
    let other_day = scope.reading(Reading::PeriodEnd).on(date(2026, 2, 1));
    assert_eq!(render(&eval::value(&other_day, asked), &policy), "G2", "a day that is named is read");
}

#[test]
fn a_parameter_holds_as_on_the_first_day_of_the_period_or_on_the_day_asked() {
    let policy = policy_with("define bar of person each year = pass_mark\ndefine bar_today of person = pass_mark");
    let world = ada_and_ben(&policy);
    let bar = |year, on| render(&eval::value(&world.scope("Ada", year, on), world.definition("bar")), &policy);
    assert_eq!(bar(Some(2026), date(2026, 12, 1)), "50", "the rules of a year are known in advance");
    assert_eq!(bar(Some(2027), date(2026, 12, 1)), "60");
    assert_eq!(bar(None, date(2026, 6, 30)), "50");
    assert_eq!(bar(None, date(2026, 7, 1)), "60");
}

#[test]
fn a_definition_that_rests_on_its_earlier_periods_ends_at_the_first() {
    let policy = policy_with(
        "define endless of person each year = if previous endless > 5 then previous endless else previous endless + 1",
    );
    let mut world = ada_and_ben(&policy);
    let ask = |world: &World<'_>| eval::value(&world.scope("Ada", Some(2026), ASKED), world.definition("endless"));
    assert_eq!(ask(&world), Value::NotApplicable);
    world.review("Ada", 1900, "mark", "1");
    assert!(matches!(ask(&world), Value::Unknown(ref missing) if !missing.is_empty()), "{:?}", ask(&world));
}

#[test]
fn who_listens_hears_every_question_with_its_parts_and_facts() {
    let policy = policy_with("define both of person each year = mark > 50 and grade is G2");
    let world = ada_and_ben(&policy);
    let trace = Trace::new();
    let scope = world.scope("Ada", Some(2026), ASKED);
    assert_eq!(eval::truth(&scope.with_listener(&trace), world.definition("both")), Truth::Yes);
    let [both]: [Question; 1] = trace.questions().try_into().unwrap();
    assert_eq!((both.what, both.parts.len()), (What::Conditions, 2));
    assert!(both.parts.iter().all(|it| it.what == What::Comparison && it.value == Value::Known(Known::YesNo(true))));
    let facts = both.parts.iter().flat_map(|it| &it.parts).filter_map(|it| it.fact.as_ref());
    let told: Vec<String> = facts
        .map(|it| format!("{} of {} {:?}: {}", it.name, it.of.key, it.period, render(&it.value, &policy)))
        .collect();
    assert_eq!(told, ["mark of Ada Some(2026-01-01): 80", "grade of Ada None: G2"]);
}

#[test]
fn a_definition_made_of_itself_is_told_period_by_period() {
    let policy = policy_with("define back of person each year = if mark is known then mark else previous back");
    let mut world = ada_and_ben(&policy);
    world.review("Ada", 2026, "mark", "1");
    let trace = Trace::new();
    let _fifth = eval::value(&world.scope("Ada", Some(2028), ASKED).with_listener(&trace), world.definition("back"));
    let mut at = &trace.questions()[0];
    let mut years = Vec::new();
    while let Some(inner) = at
        .parts
        .iter()
        .find(|it| it.what == What::Choice)
        .or_else(|| at.parts.iter().find(|it| matches!(it.what, What::Definition(_))))
    {
        years.extend(at.period.filter(|_| at.what == What::Choice).map(|it| it.first.year()));
        at = inner;
    }
    assert_eq!(years, [2028, 2027]);
}

// ---- roles

fn staff(policy: &Policy) -> World<'_> {
    let mut world = World::new(policy);
    for who in ["Ada", "Ben", "Cid", "Dan"] {
        world.say(who, "status", "active");
    }
    world.say("Ada", "above", "Ben");
    world.say("Ben", "above", "Cid");
    world.say("Cid", "clerk", "Dan");
    world
}

fn told(found: &Resolution) -> Vec<String> {
    let missing = found.missing.iter().map(|it| format!("missing: {it}"));
    let holder = found.holder.iter().map(|it| format!("= {}", it.key));
    found.why.iter().cloned().chain(missing).chain(holder).collect()
}

#[test]
fn the_first_who_can_act_holds_a_role() {
    let policy = policy_with("");
    let mut world = staff(&policy);
    let ask = |world: &World<'_>| told(&eval::holder(&world.scope("Ada", None, ASKED), &world.role("manager")));
    assert_eq!(ask(&world), ["above of Ada is Ben", "= Ben"]);
    world.say("Ben", "status", "on_leave");
    assert_eq!(
        ask(&world),
        [
            "above of Ada is Ben",
            "Ben is passed over: absent (status is on leave)",
            "otherwise manager of Ben",
            "above of Ben is Cid",
            "= Cid"
        ]
    );
    world.say("Ben", "status", "?");
    assert_eq!(ask(&world).last().unwrap(), "= Ben", "only what is known passes somebody over");
}

#[test]
fn a_loop_in_the_line_ends_and_the_next_way_is_tried() {
    let policy = policy_with("");
    let mut world = staff(&policy);
    world.say("Ben", "above", "Ada");
    for who in ["Ada", "Ben"] {
        world.say(who, "status", "gone");
        world.say(who, "clerk", "Dan");
    }
    let found = eval::holder(&world.scope("Ada", None, ASKED), &world.role("manager"));
    assert_eq!(found.holder.as_ref().map(|it| &*it.key), Some("Dan"), "{found:?}");
    assert_eq!(found.passed_over.len(), 2, "each once: {found:?}");
    world.say("Dan", "status", "gone");
    let found = eval::holder(&world.scope("Ada", None, ASKED), &world.role("manager"));
    assert_eq!((found.holder, found.missing), (None, vec![]));
}

#[test]
fn nobody_takes_the_place_of_somebody_unknown() {
    let policy = policy_with("");
    let mut world = staff(&policy);
    world.say("Ada", "above", "?");
    world.say("Ada", "clerk", "Dan");
    let found = eval::holder(&world.scope("Ada", None, ASKED), &world.role("manager"));
    assert_eq!(told(&found), ["missing: above of Ada"]);
    world.say("Ada", "above", "none");
    let found = eval::holder(&world.scope("Ada", None, ASKED), &world.role("manager"));
    assert_eq!(told(&found), ["above of Ada is empty", "otherwise office_clerk", "clerk of Ada is Dan", "= Dan"]);
}

#[test]
fn everybody_passed_over_is_asked_for_their_own() {
    let policy = policy_with("");
    let mut world = staff(&policy);
    world.say("Ada", "deputy", "Dan");
    world.say("Dan", "status", "gone");
    world.say("Dan", "above", "none");
    world.say("Ben", "status", "gone");
    let found = eval::holder(&world.scope("Ada", None, ASKED), &world.role("stand_in"));
    assert_eq!(found.holder.as_ref().map(|it| &*it.key), Some("Cid"), "Dan leads nowhere, Ben to Cid: {found:?}");
}

#[test]
fn who_must_not_act_or_is_not_known_to_qualify_is_passed_over() {
    let policy = policy_with("");
    let mut world = staff(&policy);
    world.say("Ada", "deputy", "Dan");
    let ask = |world: &World<'_>| eval::holder(&world.scope("Ada", None, ASKED), &world.role("senior"));
    let found = ask(&world);
    assert_eq!(found.holder.as_ref().map(|it| &*it.key), Some("Ben"));
    assert_eq!(found.passed_over[0].1, "whether they qualify is not known, for want of grade of Dan");
    world.say("Dan", "grade", "G3");
    assert_eq!(ask(&world).holder.map(|it| it.key.to_string()), Some("Dan".to_owned()));
    world.say("Ada", "deputy", "Ada");
    world.say("Ada", "grade", "G3");
    assert_eq!(ask(&world).passed_over[0].1, "must not act here");

    let never = [world.person("Ben")];
    let scope = world.scope("Ada", None, ASKED);
    let found = eval::holder_except(&scope, &world.role("manager"), &never);
    assert_eq!(found.holder.map(|it| it.key.to_string()), Some("Cid".to_owned()), "the search goes on behind them");
}

// ---- messages

#[test]
fn letters_print_values_as_people_read_them() {
    let policy = policy_with(
        r##"message note "Note" {
  by email
  subject """For {person.name or "somebody"}: {due}"""
  body """{person.pay or "no pay"} at {person.stake or "?"} since {person.born or "?"}, {person.status or "?"}, {person.returns or "no return"}; {working_days_overdue}"""
  in "sw" { subject """Kwa {person.name or "mtu"}"""; body "{due}" }
}
workflow w { for each person each year
  stage s { opens start of year; due 1 month after opening; by person; fills agreed; remind person on due with note } }"##,
    );
    let mut world = ada_and_ben(&policy);
    world.say("Ada", "name", "Ada\nBcc: all\u{7}\u{2028}<b>");
    let context = CaseContext { due: Some(date(2026, 2, 2)), today: Some(date(2026, 2, 9)), ..CaseContext::default() };
    let scope = world.scope("Ada", Some(2026), ASKED);
    let scope = scope.with_context(&context);
    let letter = eval::render_message(&scope, &policy.messages[0], "en");
    assert_eq!(letter.subject, "For Ada Bcc: all <b>: 2 February 2026");
    assert_eq!(letter.text.trim(), "USD 1,200 at 12.5% since 3 May 1990, active, no return; 5");
    assert_eq!(letter.missing, []);
    assert_eq!(eval::render_message(&scope, &policy.messages[0], "sw").text.trim(), "2 February 2026");
    assert_eq!(
        eval::render_message(&world.scope("Ada", Some(2026), ASKED), &policy.messages[0], "sw").missing.len(),
        1
    );
}

// ---- days

const CONDITIONS: [&str; 9] = [
    "status is on_leave",
    "not status is active",
    "status is on_leave or person.above.status is on_leave",
    "person.above.above.grade is G3",
    "today >= 5 March 2026 and status is active",
    "manager is known and grade is G1",
    "pass_mark > 50",
    "on_leave_above and grade is not G2",
    "days from 1 March 2026 to today > 10 days or status is gone",
];

/// Conditions whose days are found by jumping from change to change, against a look at every day.
#[test]
fn days_of_a_condition_are_those_that_a_look_at_every_day_finds() {
    let rows: Vec<String> =
        CONDITIONS.iter().enumerate().map(|(at, it)| format!("define row_{at} of person = {it}\n")).collect();
    let policy =
        policy_with(&format!("{}define on_leave_above of person = person.above.status is on_leave\n", rows.concat()));
    let (from, until) = (date(2026, 2, 20), date(2026, 7, 20));
    let mut seed = 7_u64;
    let mut draw = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let people = ["Ada", "Ben", "Cid"];
    for _ in 0..60 {
        let mut world = World::new(&policy);
        for who in people {
            for (field, words) in [
                ("status", ["active", "on_leave", "gone", "?"]),
                ("grade", ["G1", "G2", "G3", "?"]),
                ("above", ["Ada", "Ben", "Cid", "none"]),
            ] {
                for _ in 0..draw(4) {
                    let day = date(2026, 2, 1).checked_add(jiff::Span::new().days(i64::try_from(draw(190)).unwrap()));
                    world.say_from(who, field, day.unwrap(), words[usize::try_from(draw(4)).unwrap()]);
                }
            }
        }
        for (at, words) in CONDITIONS.iter().enumerate() {
            let condition = world.definition(&format!("row_{at}"));
            let scope = world.scope("Ada", None, ASKED);
            let holds = |day: &Date| eval::truth(&scope.on(*day), condition) == Truth::Yes;
            let days = || std::iter::successors(Some(from), |day| day.tomorrow().ok()).take_while(|day| *day <= until);
            let (stretches, _) = eval::true_days(&scope, condition, from, until);
            let inside = |day: &Date| stretches.iter().any(|(first, last)| first <= day && day <= last);
            for day in days() {
                assert_eq!(inside(&day), holds(&day), "{words} on {day}: {stretches:?}");
            }
            assert!(stretches.windows(2).all(|it| it[0].1.tomorrow().unwrap() < it[1].0), "{stretches:?} are apart");
            assert_eq!(eval::first_day_true(&scope, condition, from, until), days().find(holds), "{words}");
        }
    }
}

#[test]
fn no_days_where_the_end_lies_before_the_beginning() {
    let policy = policy_with("define always of person = yes");
    let world = World::new(&policy);
    let scope = world.scope("Ada", None, ASKED);
    let came = eval::true_days(&scope, world.definition("always"), date(2026, 2, 2), date(2026, 2, 1));
    assert_eq!(came, (vec![], vec![]));
}

// ---- facts in memory

#[test]
fn a_blank_means_what_its_field_says() {
    let policy = policy_with("");
    let mut world = World::new(&policy);
    let ada = world.person("Ada");
    let field = |name: &str| policy.record(ada.record).field_named(name).unwrap();
    let read = |world: &World<'_>, name: &str, on| world.facts.field(&ada, field(name), on);
    assert_eq!(read(&world, "born", ASKED), Value::Unknown(vec![]));
    assert_eq!(read(&world, "left", ASKED), Value::NotHappened);
    assert_eq!(read(&world, "returns", ASKED), Value::NotApplicable);
    world.say_from("Ada", "grade", date(2026, 7, 1), "G3");
    assert_eq!(
        read(&world, "grade", date(2026, 6, 30)),
        Value::Unknown(vec![]),
        "before the first day nothing is said"
    );
    assert!(read(&world, "grade", date(2026, 7, 1)).known().is_some());
    world.say_from("Ada", "born", date(2026, 7, 1), "1990-05-03");
    assert!(read(&world, "born", date(2000, 1, 1)).known().is_some(), "what is not dated has always held");
    assert_eq!(world.facts.records(ada.record), [Arc::from("Ada")]);
    assert_eq!(world.facts.spells(&ada, field("grade")).len(), 2);
    let _: (RecordId, FieldId) = (ada.record, field("id"));
}

#[test]
fn definitions_that_rest_on_each_other_in_many_ways_are_asked_once() {
    let mut text = "calendar office { time zone \"UTC\"; working Monday to Friday; roll forward; month end back; \
        period year / years every 12 months from 1 January, written 2026 }\n\
        record person { id key text }\nrecord review of person each year { mark number from 0 to 100 }\n\
        define d0 of person each year = mark\n"
        .to_owned();
    // Asked anew each time, the last would ask the first 2^60 times.
    for at in 1..=60 {
        text += &format!("define d{at} of person each year = (d{} + d{}) / 2\n", at - 1, at - 1);
    }
    text += "example \"It ends\" { person A {}; review of A 2026 { mark 5 }; expect d60 of A in 2026 is 5 }\n";
    let sources = merit::source::Sources::single("deep.merit", &text);
    let policy = merit::policy::compile(&sources).policy.unwrap();
    let verdict = merit::casework::examples::run(&policy, &policy.examples[0]);
    assert!(verdict.failures.is_empty(), "{:?}", verdict.failures);
}
