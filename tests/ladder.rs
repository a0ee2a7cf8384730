//! Ladders of sanctions, held to the plainest reading: what follows is told exactly if the missing facts could not change it.

#![expect(clippy::unwrap_used, reason = "a test that cannot write to a string has failed")]

use std::fmt::Write as _;

use merit::casework::examples;
use merit::policy::compile;
use merit::source::Sources;
use proptest::prelude::*;

const STEPS: [&str; 3] = ["advice", "caution", "warning"];
/// The years before the one that is judged.
const YEARS: [i16; 3] = [2023, 2024, 2025];

/// Somebody on a ladder: what was imposed and completed, and the facts that are known.
#[derive(Debug, Clone)]
struct Trial {
    /// Steps by the half year in which they were imposed, counted from 2023: on 1 January and 1 July.
    imposed: Vec<(u8, usize)>,
    /// Half years in which support was completed.
    completed: Vec<u8>,
    /// Whether each earlier year was good.
    good: [Option<bool>; 3],
    /// Whether the year is poor, and whether somebody goes straight to the second or to the third step.
    now: [Option<bool>; 3],
    /// Whether the ladder has these lines.
    support: bool,
    /// Whether that is asked by the name of a definition.
    defined: bool,
    afresh: bool,
    straight: bool,
}

fn half_year(at: u8) -> (i16, i8) {
    (2023 + i16::from(at / 2), if at.is_multiple_of(2) { 1 } else { 7 })
}

/// Whether the first day of a half year lies before the judgement of a year: 31 March of the next.
fn before_judgement(at: u8, year: i16) -> bool {
    half_year(at) < (year + 1, 3)
}

impl Trial {
    fn any() -> impl Strategy<Value = Self> {
        let lines = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
        (
            prop::collection::vec((0..10_u8, 0..3_usize), 0..3),
            prop::collection::vec(0..10_u8, 0..3),
            any::<[Option<bool>; 3]>(),
            any::<[Option<bool>; 3]>(),
            lines,
        )
            .prop_map(|(imposed, completed, good, now, (support, defined, afresh, straight))| Self {
                imposed,
                completed,
                good,
                now,
                support,
                defined,
                afresh,
                straight,
            })
    }

    /// Whether what happened in a half year still counts at the judgement of 2026.
    fn counts(&self, at: u8, good: [bool; 3]) -> bool {
        let wiped = |(year, good): (&i16, &bool)| self.afresh && *good && before_judgement(at, *year);
        before_judgement(at, 2026) && !YEARS.iter().zip(&good).any(wiped)
    }

    /// The step that follows when every fact is known: the plainest reading.
    fn follows(&self, good: [bool; 3], [poor, to_second, to_third]: [bool; 3]) -> Option<usize> {
        let last = self.imposed.iter().filter(|it| self.counts(it.0, good)).max();
        let next = last.map_or(0, |it| (it.1 + 1).min(2));
        let supported = !self.support || self.completed.iter().any(|it| self.counts(*it, good));
        let straight = [(to_second, 1), (to_third, 2)].into_iter().filter(|it| self.straight && it.0).map(|it| it.1);
        match straight.max() {
            Some(step) => Some(step.max(next)),
            None => (poor && supported).then_some(next),
        }
    }

    /// What each step comes to: the same whatever the missing facts turn out to be; or the names of those that could change it.
    fn expected(&self) -> [Result<bool, Vec<&'static str>>; 3] {
        let known = [self.good, self.now].concat();
        let fits = |it: &[bool; 6]| known.iter().zip(it).all(|(known, fact)| known.is_none_or(|known| known == *fact));
        let follows = |it: &[bool; 6]| self.follows([it[0], it[1], it[2]], [it[3], it[4], it[5]]);
        let all: Vec<[bool; 6]> =
            (0..64_u8).map(|bits| std::array::from_fn(|at| bits >> at & 1 == 1)).filter(fits).collect();
        std::array::from_fn(|step| {
            let is = |it: &[bool; 6]| follows(it) == Some(step);
            if all.iter().all(|it| is(it) == is(&all[0])) {
                return Ok(is(&all[0]));
            }
            let could_change = |at: usize| {
                known[at].is_none()
                    && all.iter().any(|it| {
                        let mut other = *it;
                        other[at] = !other[at];
                        is(it) != is(&other)
                    })
            };
            let names = ["good", "good", "good", "poor", "second", "third"];
            let mut wanted: Vec<&'static str> = (0..6).filter(|it| could_change(*it)).map(|it| names[it]).collect();
            wanted.dedup();
            Err(wanted)
        })
    }

    fn policy(&self) -> String {
        let mut text = String::from(
            "calendar c { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }
record person { id key text; second yes/no; third yes/no }
record review of person each year { there yes/no; poor yes/no; good yes/no }
define helped of person = support was completed
define has_been_helped of person each year = helped
framework conduct {
  for each person each year
  judged 31 March after the year
  severity advice (administrative) < caution (administrative) < warning (administrative)
  sanctions all that apply
  measure support { when poor }
  sanction advice { automatic }
  sanction caution { automatic }
  sanction warning { automatic }
  ladder advice, caution, warning {
    a step when poor
",
        );
        for (line, words) in [
            (self.support && !self.defined, "only after support was completed"),
            (self.support && self.defined, "only after has_been_helped"),
            (self.afresh, "afresh after good"),
            (self.straight, "straight to caution when second"),
            (self.straight, "straight to warning when third"),
        ] {
            if line {
                writeln!(text, "    {words}").unwrap();
            }
        }
        text += "  }\n}\nexample \"e\" {\n  person A {";
        let say = |text: &mut String, name: &str, fact: Option<bool>| {
            if let Some(fact) = fact {
                write!(text, " {name} {};", if fact { "yes" } else { "no" }).unwrap();
            }
        };
        say(&mut text, "second", self.now[1]);
        say(&mut text, "third", self.now[2]);
        text += " }\n";
        for (year, good) in YEARS.iter().zip(self.good) {
            write!(text, "  review of A {year} {{ there yes;").unwrap();
            say(&mut text, "good", good);
            text += " }\n";
        }
        text += "  review of A 2026 { there yes;";
        say(&mut text, "poor", self.now[0]);
        text += " }\n";
        let day = |at: u8| format!("1 {} {}", if half_year(at).1 == 1 { "January" } else { "July" }, half_year(at).0);
        for (at, step) in &self.imposed {
            writeln!(text, "  {} imposed for A on {}", STEPS[*step], day(*at)).unwrap();
        }
        for at in &self.completed {
            writeln!(text, "  support completed for A on {}", day(*at)).unwrap();
        }
        for (step, expected) in STEPS.iter().zip(self.expected()) {
            match expected {
                Ok(true) => writeln!(text, "  expect {step} proposed for A in 2026").unwrap(),
                Ok(false) => writeln!(text, "  expect no {step} for A in 2026").unwrap(),
                Err(wanted) => {
                    writeln!(text, "  expect {step} undetermined for A in 2026, for want of {}", wanted.join(", "))
                        .unwrap();
                }
            }
        }
        text + "}\n"
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_ladder_is_undetermined_exactly_where_missing_facts_could_change_it(trial in Trial::any()) {
        let text = trial.policy();
        let sources = Sources::single("test.merit", text.clone());
        let compilation = compile(&sources);
        let policy = compilation.policy.unwrap_or_else(|| panic!("{}", compilation.diagnostics.render(&sources, false)));
        let verdict = examples::run(&policy, &policy.examples[0]);
        let failures: Vec<String> = verdict.failures.iter().map(|it| format!("expected {}, came {}", it.expected, it.came)).collect();
        prop_assert!(failures.is_empty(), "{}\n{text}", failures.join("\n"));
    }
}
