//! `merit report`: the registers that an office keeps, as a table, CSV or JSON.

use clap::Subcommand;
use jiff::civil::Date;

use crate::calendar::Calendar;
use crate::cli::{Done, Failure, Global, Outcome, Printed, listing, open, output, status};
use crate::ids::{DefinitionId, RecordId};
use crate::policy::model::{Policy, Type, Workflow};
use crate::report::Reader;
use crate::report::registers::{self, Asked, Grouping, Made, Part, Span};
use crate::store::Store;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    register: Option<Which>,
}

/// A register.
#[derive(Debug, Subcommand)]
enum Which {
    /// What is overdue: at which stage, with whom, for how long
    Overdue(Overdue),
    /// Who was to have something done in a period, and has it late or never
    Missed(Missed),
    /// Sanctions in force, and when they end
    InForce(InForce),
    /// Sanctions, interdictions and the like that are near their end
    Ending(Ending),
    /// Appeals that are being heard, by their age
    Appeals(Overdue),
    /// Committees that can't decide: too few of their members sit
    Quorum(Overdue),
    /// Committees that meet in a rhythm, for whom cases wait: when they last met, and by when they are to meet
    Meetings(Overdue),
    /// The quarterly or annual return of rewards and sanctions, with the amounts granted
    Returns(Returns),
    /// Teams and institutions in order: by what they did in time, or by a score
    Ranking(Ranking),
}

/// What every register takes.
#[derive(Debug, clap::Args)]
struct Shown {
    /// Sum up by this field of the people concerned, or of what they refer to: department, unit.parent
    #[arg(long, value_name = "FIELD")]
    by: Option<String>,
    /// How many lines are listed one by one
    #[arg(long, default_value_t = 20)]
    top: usize,
    /// With --format csv: what the rows come to, instead of each of them
    #[arg(long)]
    summary: bool,
}

#[derive(Debug, clap::Args)]
struct Overdue {
    /// As of the end of this day [default: the last day that was run]
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
    /// Only of this workflow
    #[arg(long)]
    workflow: Option<String>,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Debug, clap::Args)]
struct Missed {
    /// Only of this workflow
    #[arg(long)]
    workflow: Option<String>,
    /// Only of this period, as the policy writes it: 2026, 2025/26
    #[arg(long = "in", value_name = "PERIOD")]
    period: Option<String>,
    /// Only of this stage
    #[arg(long)]
    stage: Option<String>,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Debug, clap::Args)]
struct InForce {
    /// As of the end of this day [default: the last day that was run]
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
    /// Only of this framework
    #[arg(long)]
    framework: Option<String>,
    /// Of which kind [default: sanction; of what is near its end, all]
    #[arg(long, value_enum)]
    kind: Option<Kind>,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Debug, clap::Args)]
struct Ending {
    /// Within so many days
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(i64).range(0..))]
    within: i64,
    #[command(flatten)]
    of: InForce,
}

#[derive(Debug, clap::Args)]
struct Returns {
    /// Only of this quarter or year, as the policy writes it: 2025/26-Q1, 2025/26
    #[arg(long = "in", value_name = "PERIOD")]
    period: Option<String>,
    /// By years, not by quarters
    #[arg(long)]
    annual: bool,
    /// Only of this framework
    #[arg(long)]
    framework: Option<String>,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Debug, clap::Args)]
struct Ranking {
    /// By this definition of the policy, a number, instead of what was done in time
    #[arg(long, value_name = "DEFINITION", conflicts_with_all = ["workflow", "stage"])]
    score: Option<String>,
    #[command(flatten)]
    of: Missed,
}

/// What took effect.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Kind {
    Sanction,
    Reward,
    Measure,
    /// What a stage stands for that lasts some time: an interdiction
    State,
    All,
}

impl Kind {
    fn word(self) -> Option<&'static str> {
        match self {
            Kind::Sanction => Some("sanction"),
            Kind::Reward => Some("reward"),
            Kind::Measure => Some("measure"),
            Kind::State => Some("state"),
            Kind::All => None,
        }
    }
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Outcome {
    let Some(which) = &arguments.register else { return list(global) };
    let project = open::project(global)?;
    let store = open::reading_store(&project)?;
    let policies = open::deployed(&project, &store)?;
    let policy = &*policies.latest().policy;
    let last = store.state()?.as_of;
    let office = Office { global, store: &store, policy, last };
    match which {
        Which::Overdue(it) => office.of_workflows(it, registers::overdue),
        Which::Appeals(it) => office.of_workflows(it, registers::appeals),
        Which::Quorum(it) => office.of_workflows(it, registers::quorum),
        Which::Meetings(it) => office.of_workflows(it, registers::meetings),
        Which::Missed(it) => office.of_periods(it, registers::missed),
        Which::InForce(it) => {
            let make = |asked: &Asked<'_>| registers::in_force(asked, it.kind.unwrap_or(Kind::Sanction).word());
            office.of_framework(it.framework.as_deref(), it.as_of.as_deref(), &it.shown, make)
        }
        Which::Ending(Ending { within, of: it }) => {
            let make = |asked: &Asked<'_>| registers::ending(asked, it.kind.unwrap_or(Kind::All).word(), *within);
            office.of_framework(it.framework.as_deref(), it.as_of.as_deref(), &it.shown, make)
        }
        Which::Returns(it) => {
            let span = Span { period: it.period.as_deref(), annual: it.annual };
            known_span(policy, span)?;
            let make = |asked: &Asked<'_>| registers::returns(asked, span);
            office.of_framework(it.framework.as_deref(), None, &it.shown, make)
        }
        Which::Ranking(Ranking { score: Some(score), of }) => office.of_score(score, of),
        Which::Ranking(Ranking { score: None, of: it }) => {
            let of = it.workflow.as_deref().map(|name| workflow(policy, name)).transpose()?;
            if it.shown.by.is_none() {
                return Err(by_what(policy, &subjects(policy, of)));
            }
            office.of_periods(it, registers::ranking)
        }
    }
}

/// Refuses a stage or a period that no workflow in question has.
fn known_part(policy: &Policy, of: Option<&str>, part: Part<'_>) -> Result<(), Failure> {
    let has_periods = |it: &&Workflow| it.each.is_some() && it.proposal.is_none();
    let flows = || policy.workflows.iter().filter(has_periods).filter(|it| of.is_none_or(|of| of == it.label.name));
    if let Some(stage) = part.stage {
        named("stage", stage, flows().flat_map(|it| &it.stages).map(|it| it.label.name.as_str()))?;
    }
    let Some(label) = part.period else { return Ok(()) };
    let has = |it: &Workflow| it.each.is_some_and(|each| policy.calendar_of(it).period_from_label(each, label).is_ok());
    if flows().any(has) {
        return Ok(());
    }
    let today = |it: &Workflow| {
        let calendar = policy.calendar_of(it);
        Some(calendar.label(&calendar.period_from(it.each?, open::today(policy)).ok()?))
    };
    let mut written: Vec<String> = flows().filter_map(today).collect();
    written.sort();
    written.dedup();
    let help = match written.as_slice() {
        [] => "no workflow has periods".to_owned(),
        _ => format!("that of today is written {}", written.join(", ")),
    };
    Err(Failure::usage(format!("no workflow has a period `{label}`")).help(help))
}

/// Refuses a quarter or a year that no calendar writes so.
fn known_span(policy: &Policy, span: Span<'_>) -> Result<(), Failure> {
    let Some(label) = span.period else { return Ok(()) };
    let calendars = || policy.calendars.iter();
    let quarter = |it: &Calendar, day: Date| {
        let kind = it.period_kind("quarter")?;
        it.period_from(kind, day).ok().map(|period| it.label(&period))
    };
    let names = |it: &Calendar| {
        let has = |label: &str| it.period_kind("quarter").is_some_and(|kind| it.period_from_label(kind, label).is_ok());
        has(label) || has(&format!("{label}-Q1"))
    };
    if calendars().any(names) {
        return Ok(());
    }
    let today = calendars().find_map(|it| quarter(it, open::today(policy)));
    let help = today.map_or_else(
        || "the policy has no calendar".to_owned(),
        |it| format!("that of today is written {it}, and its year {}", it.split('-').next().unwrap_or_default()),
    );
    Err(Failure::usage(format!("there is no quarter or year `{label}`")).help(help))
}

fn by_what(policy: &Policy, subjects: &[RecordId]) -> Failure {
    let known = Grouping::new(policy, subjects, "").err().map(|it| it.known).unwrap_or_default();
    Failure::usage("by what is to be ranked?")
        .help(format!("name a reference or a choice with `--by`: {}; or a definition with `--score`", known.join(", ")))
}

/// What there is, a line each.
fn list(global: &Global) -> Outcome {
    let command = <Which as Subcommand>::augment_subcommands(clap::Command::new("report"));
    let names = command.get_subcommands().map(|it| (it.get_name(), it.get_about().map(ToString::to_string)));
    let names: Vec<(&str, String)> = names.map(|(name, about)| (name, about.unwrap_or_default())).collect();
    let named = |(name, about): &(&str, String)| serde_json::json!({ "register": name, "tells": about });
    match global.printed {
        Printed::Human => {
            let lines = names.iter().map(|(name, about)| [format!("merit report {name}"), about.clone()]);
            output::text(&output::table(["register", "what it tells"], lines))
        }
        Printed::Json => output::json(&serde_json::json!({ "registers": names.iter().map(named).collect::<Vec<_>>() })),
        Printed::Csv => {
            let rows = names.iter().map(|(name, about)| vec![(*name).to_owned(), about.clone()]);
            output::text(&listing::csv(&["register", "tells"], rows)?)
        }
    }
}

/// What the registers are made from.
struct Office<'a> {
    global: &'a Global,
    store: &'a dyn Store,
    policy: &'a Policy,
    last: Option<Date>,
}

impl Office<'_> {
    fn of_workflows(&self, it: &Overdue, make: impl Fn(&Asked<'_>) -> Made) -> Outcome {
        let of = it.workflow.as_deref().map(|name| workflow(self.policy, name)).transpose()?;
        self.show(&it.shown, it.as_of.as_deref(), of, &subjects(self.policy, of), make)
    }

    fn of_periods(&self, it: &Missed, make: impl Fn(&Asked<'_>, Part<'_>) -> Made) -> Outcome {
        let of = it.workflow.as_deref().map(|name| workflow(self.policy, name)).transpose()?;
        let part = Part { period: it.period.as_deref(), stage: it.stage.as_deref() };
        known_part(self.policy, of, part)?;
        self.show(&it.shown, None, of, &subjects(self.policy, of), |asked| make(asked, part))
    }

    fn of_framework(
        &self,
        of: Option<&str>,
        as_of: Option<&str>,
        shown: &Shown,
        make: impl Fn(&Asked<'_>) -> Made,
    ) -> Outcome {
        let known = || self.policy.frameworks.iter();
        of.map(|name| named("framework", name, known().map(|it| it.label.name.as_str()))).transpose()?;
        let meant = known().filter(|it| of.is_none_or(|of| of == it.label.name));
        let judged: Vec<RecordId> = meant.map(|it| it.subject).collect();
        // Where nothing is judged yet, the call stands all the same.
        let subjects = if judged.is_empty() { subjects(self.policy, None) } else { judged };
        self.show(shown, as_of, of, &subjects, make)
    }

    fn of_score(&self, score: &str, it: &Missed) -> Outcome {
        let policy = self.policy;
        let numbers = policy.definitions.iter().filter(|it| matches!(it.value.ty, Type::Number | Type::Money { .. }));
        named("definition that is a number", score, numbers.map(|it| it.label.name.as_str()))?;
        let id =
            policy.definitions.iter().position(|it| it.label.name == score).map_or(DefinitionId(0), DefinitionId::at);
        let definition = &policy.definitions[id.index()];
        let calendar = policy.main();
        let period = match (definition.each, it.period.as_deref()) {
            (None, None) => None,
            (None, Some(_)) => {
                return Err(Failure::usage(format!("`{score}` has no periods")).help("leave `--in` out"));
            }
            (Some(kind), Some(label)) => {
                let found = calendar.period_from_label(kind, label);
                Some(found.map_err(|problem| Failure::usage(problem.to_string()))?)
            }
            // The last one that is over, else the one that runs.
            (Some(kind), None) => {
                let day = self.last.unwrap_or_else(|| open::today(policy));
                let runs = calendar.period_from(kind, day).map_err(|problem| Failure::usage(problem.to_string()))?;
                Some(calendar.previous(runs).unwrap_or(runs))
            }
        };
        self.show(&it.shown, None, None, &[definition.of], |asked| registers::ranking_by_score(asked, id, period))
    }

    fn show(
        &self,
        shown: &Shown,
        as_of: Option<&str>,
        of: Option<&str>,
        subjects: &[RecordId],
        make: impl Fn(&Asked<'_>) -> Made,
    ) -> Outcome {
        let on = match as_of {
            Some(words) => status::not_before(self.last, open::day(words)?)?,
            None => self.last.unwrap_or_else(|| open::today(self.policy)),
        };
        let by = shown.by.as_deref().map(|words| grouping(self.policy, subjects, words)).transpose()?;
        let (store, policy) = (self.store, self.policy);
        let register = make(&Asked { store, policy, reader: Reader::Keeper, on, of, by: by.as_ref() })?;
        match self.global.printed {
            Printed::Human => output::text(&listing::words(&register, shown.by.as_deref(), shown.top)),
            Printed::Json => output::json(&register),
            Printed::Csv => {
                let listing = register.summary.as_ref().filter(|_| shown.summary).unwrap_or(&register.rows);
                output::text(&listing::csv_of(listing)?)
            }
        }?;
        Ok(Done::Clean)
    }
}

/// The types of the records that workflows are about; of one, or of all.
fn subjects(policy: &Policy, of: Option<&str>) -> Vec<RecordId> {
    let flows = policy.workflows.iter().filter(|it| of.is_none_or(|of| of == it.label.name));
    let mut types: Vec<RecordId> = flows.map(|it| it.subject).collect();
    types.sort();
    types.dedup();
    types
}

fn workflow<'n>(policy: &Policy, name: &'n str) -> Result<&'n str, Failure> {
    let known = policy.workflows.iter().filter(|it| !it.follows_by_itself).map(|it| it.label.name.as_str());
    named("workflow", name, known).map(|()| name)
}

/// Says that there is no such thing, with the nearest that there is.
fn named<'p>(what: &str, name: &str, known: impl Iterator<Item = &'p str>) -> Result<(), Failure> {
    let known: Vec<&str> = known.collect();
    if known.contains(&name) {
        return Ok(());
    }
    Err(Failure::usage(format!("there is no {what} `{name}`")).help(near(name, &known)))
}

fn near(name: &str, known: &[&str]) -> String {
    let distance = |other: &&&str| strsim::damerau_levenshtein(name, other);
    let nearest = known.iter().min_by_key(distance).filter(|it| distance(it) <= 1 + name.chars().count() / 3);
    match nearest {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "the policy has none".to_owned(),
        None => format!("known: {}", known.join(", ")),
    }
}

fn grouping(policy: &Policy, subjects: &[RecordId], words: &str) -> Result<Grouping, Failure> {
    Grouping::new(policy, subjects, words).map_err(|error| {
        let known: Vec<&str> = error.known.iter().map(String::as_str).collect();
        Failure::usage(error.to_string()).help(near(&error.asked, &known))
    })
}
