//! Teams and institutions in an order: by the share of what was due in a period that was done in time, or by a score of the policy's own.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::calendar::Period;
use crate::eval::{self, Scope};
use crate::explain;
use crate::ids::DefinitionId;
use crate::policy::model::Policy;
use crate::report::Reader;
use crate::report::registers::missed::Came;
use crate::report::registers::people::People;
use crate::report::registers::{Asked, Cell, Listing, Made, Part, Register};
use crate::store::{StoreError, View};
use crate::value::{Known, Number, RecordRef, Rounding, Value};

/// So many records are asked together.
const BATCH: u32 = 2_000;

/// What of each workflow and period was done in time in each group, the best first. What is asked for says by what it is grouped.
///
/// # Errors
/// When the store can't be read.
pub fn ranking(asked: &Asked<'_>, part: Part<'_>) -> Made {
    let Reader::Keeper = asked.reader;
    let mut rows = asked.store.view(View::Stages)?;
    rows.retain(|it| {
        it.number("hears") == 0
            && !it.text("period").is_empty()
            && asked.of.is_none_or(|of| of == it.text("workflow"))
            && part.period.is_none_or(|period| period == it.text("period"))
            && part.stage.is_none_or(|stage| stage == it.text("stage"))
    });
    let people = People::ahead(asked, rows.iter().map(|it| (it.text("subject_type"), it.text("subject"))));
    let mut groups: BTreeMap<(&str, &str), BTreeMap<[String; 2], Done>> = BTreeMap::new();
    for row in &rows {
        let Some(came) = Came::told(row.text("result")).filter(|it| *it != Came::Open) else { continue };
        let group = people.group(row.text("subject_type"), row.text("subject")).map(|it| it.plain());
        if !group[0].is_empty() {
            let place = groups.entry((row.text("workflow"), row.text("period"))).or_default();
            place.entry(group).or_default().add(came);
        }
    }
    people.done()?;
    let mut listing = Listing::under(&[
        ("workflow", "workflow"),
        ("period", "period"),
        ("place", "place"),
        ("group", "group"),
        ("group_name", ""),
        ("due", "due"),
        ("in_time", "in time"),
        ("late", "late"),
        ("not_done", "not done"),
        ("percent_in_time", "% in time"),
    ]);
    let mut all = Done::default();
    for ((workflow, period), groups) in groups {
        let mut groups: Vec<([String; 2], Done)> = groups.into_iter().collect();
        groups.sort_by(|a, b| a.1.compare(&b.1).then_with(|| a.0.cmp(&b.0)));
        let places = places(&groups, |a, b| a.1.compare(&b.1));
        for (place, ([group, name], done)) in places.into_iter().zip(groups) {
            let names =
                [Cell::text(workflow), Cell::text(period), Cell::Number(place), Cell::Text(group), Cell::Text(name)];
            listing.rows.push(names.into_iter().chain(done.cells()).collect());
            all = Done { due: all.due + done.due, in_time: all.in_time + done.in_time, late: all.late + done.late };
        }
    }
    listing.add_up(&["due", "in_time", "late", "not_done"]);
    listing.total_is("percent_in_time", Cell::share(all.in_time, all.due));
    let as_of = asked.on.to_string();
    let headline = match listing.rows.len() {
        0 => format!("Nothing was due in a period until {as_of}, or no group of those concerned is known."),
        _ => format!("In time of what was due until {as_of}: {} of {}, the best first.", all.in_time, all.due),
    };
    Ok(Register { register: "ranking", as_of, headline, summary: None, rows: listing })
}

/// The places of things in their order: those that are equal share one, and the next is counted on.
fn places<T>(ordered: &[T], compare: impl Fn(&T, &T) -> Ordering) -> Vec<i64> {
    let mut places: Vec<i64> = Vec::with_capacity(ordered.len());
    for (at, thing) in ordered.iter().enumerate() {
        let same = at > 0 && compare(&ordered[at - 1], thing) == Ordering::Equal;
        places.push(if same { places[at - 1] } else { i64::try_from(at + 1).unwrap_or(i64::MAX) });
    }
    places
}

#[derive(Debug, Clone, Copy, Default)]
struct Done {
    due: i64,
    in_time: i64,
    late: i64,
}

impl Done {
    fn add(&mut self, came: Came) {
        self.due += 1;
        self.in_time += i64::from(came == Came::InTime);
        self.late += i64::from(came == Came::Late);
    }

    /// The greater share first.
    fn compare(&self, other: &Done) -> Ordering {
        (i128::from(other.in_time) * i128::from(self.due)).cmp(&(i128::from(self.in_time) * i128::from(other.due)))
    }

    fn cells(&self) -> [Cell; 5] {
        let not_done = Cell::Number(self.due - self.in_time - self.late);
        let share = Cell::share(self.in_time, self.due);
        [Cell::Number(self.due), Cell::Number(self.in_time), Cell::Number(self.late), not_done, share]
    }
}

/// Records in the order of a score: a definition of the policy that is a number. With a grouping, groups by the average of those that
/// are known.
///
/// # Errors
/// When the store can't be read.
pub fn ranking_by_score(asked: &Asked<'_>, score: DefinitionId, period: Option<Period>) -> Made {
    let Reader::Keeper = asked.reader;
    let definition = &asked.policy.definitions[score.index()];
    let mut scores = scores(asked, score, period)?;
    scores.sort_by(|a, b| b.known.cmp(&a.known).then_with(|| a.group.cmp(&b.group)));
    let (ranked, unknown): (Vec<Score>, Vec<Score>) = scores.into_iter().partition(|it| it.known.is_some());
    let mut listing = Listing::under(&[
        ("period", "period"),
        ("place", "place"),
        ("group", "group"),
        ("group_name", ""),
        ("score", "score"),
        ("known", "known"),
        ("of", "of"),
    ]);
    let label = period.map_or(Cell::Nothing, |it| Cell::Text(asked.policy.main().label(&it)));
    let places = places(&ranked, |a, b| a.known.cmp(&b.known)).into_iter().map(Cell::Number);
    for (place, it) in places.chain(std::iter::repeat(Cell::Nothing)).zip(ranked.iter().chain(&unknown)) {
        let [group, name] = it.group.clone();
        let score = it.known.and_then(in_decimals).map_or(Cell::Nothing, Cell::Decimal);
        let counts = match asked.by {
            Some(_) => [Cell::count(it.count), Cell::count(it.of)],
            None => [Cell::Nothing, Cell::Nothing],
        };
        listing.rows.push(
            [label.clone(), place, Cell::Text(group), Cell::Text(name), score].into_iter().chain(counts).collect(),
        );
    }
    let as_of = asked.on.to_string();
    let (title, over) = (&definition.label.title, period.map(|it| asked.policy.main().label(&it)));
    let over = over.map_or_else(|| format!("at the end of {as_of}"), |it| format!("in {it}"));
    let open = match unknown.len() {
        0 => String::new(),
        open => format!("; of {} more it is not known", open),
    };
    let headline = format!("{title} {over}: {} in order, the best first{open}.", ranked.len());
    Ok(Register { register: "ranking", as_of, headline, summary: None, rows: listing })
}

/// With two decimals, rounded half up.
fn in_decimals(score: Number) -> Option<String> {
    let hundredths = score.round(Rounding::HalfUp, Number::from_scaled(1, 2).ok()?).ok()?.to_scaled(2)?;
    let sign = if hundredths < 0 { "-" } else { "" };
    let size = hundredths.unsigned_abs();
    Some(format!("{sign}{}.{:02}", size / 100, size % 100))
}

/// A record or a group with its score.
struct Score {
    group: [String; 2],
    known: Option<Number>,
    count: usize,
    of: usize,
}

fn scores(asked: &Asked<'_>, score: DefinitionId, period: Option<Period>) -> Result<Vec<Score>, StoreError> {
    let policy = asked.policy;
    let of = policy.definitions[score.index()].of;
    let record = &policy.record(of).label.name;
    let mut found: BTreeMap<[String; 2], (Option<Number>, usize, usize)> = BTreeMap::new();
    let mut after = String::new();
    loop {
        let keys = asked.store.keys_after(policy, of, &after, BATCH)?;
        let people = People::ahead(asked, keys.iter().map(|key| (record.as_str(), &**key)));
        if let Some(period) = period {
            people.facts.prefetch(of, &keys, Some(period.first));
        }
        for key in &keys {
            let group = match asked.by {
                Some(_) => people.group(record, key).map(|it| it.plain()),
                None => [key.to_string(), people.name(record, key).plain()],
            };
            if group[0].is_empty() {
                continue;
            }
            let value = value_of(asked, &people, score, key, period);
            let sum = found.entry(group).or_default();
            sum.2 += 1;
            if let Some(value) = value {
                sum.0 = sum.0.map_or(Some(value), |sum| sum.add(value).ok());
                sum.1 += 1;
            }
        }
        people.done()?;
        match keys.last() {
            Some(last) if keys.len() == BATCH as usize => after = last.to_string(),
            _ => break,
        }
    }
    let average = |(group, (sum, count, of)): ([String; 2], (Option<Number>, usize, usize))| {
        let number = Number::from(i64::try_from(count).unwrap_or(i64::MAX));
        let known = sum.and_then(|it| it.divide(number).ok());
        Score { group, known, count, of }
    };
    Ok(found.into_iter().map(average).collect())
}

fn value_of(
    asked: &Asked<'_>,
    people: &People<'_>,
    score: DefinitionId,
    key: &Arc<str>,
    period: Option<Period>,
) -> Option<Number> {
    let policy: &Policy = asked.policy;
    let subject = RecordRef { record: policy.definitions[score.index()].of, key: Arc::clone(key) };
    let on = period.map_or(asked.on, |it| it.last);
    let scope = Scope::new(policy, policy.main(), &*people.facts, subject, period, on);
    match eval::value(&scope, &explain::definition(policy, score)) {
        Value::Known(Known::Number(number)) => Some(number),
        Value::Known(Known::Money { amount, .. }) => Some(amount),
        _ => None,
    }
}
