//! What is in force, and when it ends; and what of it ends soon.

use jiff::civil::Date;

use crate::calendar::days_between;
use crate::eval::{self, Answer, Scope};
use crate::report::Reader;
use crate::report::outcomes::last_day;
use crate::report::registers::listing::{counted, tallied};
use crate::report::registers::people::People;
use crate::report::registers::{Asked, Cell, Listing, Made, Register};
use crate::store::{View, ViewRow};
use crate::value::RecordRef;

/// The kind of what a stage stands for that lasts.
const STATE: &str = "state";

/// What is in force at the end of a day, by its end; only of a kind (`sanction`, `reward`, `measure`, `state`) if one is named.
///
/// # Errors
/// When the store can't be read.
pub fn in_force(asked: &Asked<'_>, kind: Option<&str>) -> Made {
    let as_of = asked.on.to_string();
    let rows = listed(asked, kind, |_| true)?;
    let headline = match rows.rows.len() {
        0 => format!("Nothing is in force at the end of {as_of}."),
        number => format!("In force at the end of {as_of}: {number}."),
    };
    Ok(register("in-force", asked, headline, rows))
}

/// What of it ends within so many days, or has come to the day of its alarm.
///
/// # Errors
/// When the store can't be read.
pub fn ending(asked: &Asked<'_>, kind: Option<&str>, within: i64) -> Made {
    let as_of = asked.on.to_string();
    let near =
        |it: &Ends| it.days_left(asked.on).is_some_and(|it| it <= within) || it.alarm.is_some_and(|it| it <= asked.on);
    let rows = listed(asked, kind, near)?;
    let limit = counted(usize::try_from(within).unwrap_or(0), "day", "days");
    let headline = match rows.rows.len() {
        0 => format!("Nothing that is in force ends within {limit} after {as_of}."),
        number => format!("Ending within {limit} after {as_of}, or past their alarm: {number}."),
    };
    Ok(register("ending", asked, headline, rows))
}

fn register(name: &'static str, asked: &Asked<'_>, headline: String, rows: Listing) -> Register {
    let by: &[&'static str] = if asked.by.is_some() { &["group", "group_name"] } else { &[] };
    let named: Vec<&str> = by.iter().copied().chain(["framework", "workflow", "kind", "rule"]).collect();
    let summary = Some(tallied(&rows, &named, ("in_force", "in force")));
    Register { register: name, as_of: asked.on.to_string(), headline, summary, rows }
}

fn listed(
    asked: &Asked<'_>,
    kind: Option<&str>,
    counts: impl Fn(&Ends) -> bool,
) -> Result<Listing, crate::store::StoreError> {
    let Reader::Keeper = asked.reader;
    let mut outcomes = asked.store.view(View::InForce)?;
    outcomes.retain(|it| {
        asked.of.is_none_or(|of| of == it.text("framework")) && kind.is_none_or(|kind| kind == it.text("kind"))
    });
    let mut states = asked.store.view(View::Lasting)?;
    states.retain(|_| asked.of.is_none() && kind.is_none_or(|kind| kind == STATE));
    let all = || outcomes.iter().chain(&states);
    let people = People::ahead(asked, all().map(|it| (it.text("subject_type"), it.text("subject"))));
    let imposed = outcomes.iter().map(|row| (row, Ends::of_outcome(asked, &people, row)));
    // A state whose time is over and that goes on all the same is the first that somebody must see to.
    let imposed = imposed.filter(|(_, ends)| ends.still(asked.on));
    let lasting = states.iter().map(|row| (row, Ends::of_state(asked, &people, row)));
    let mut found: Vec<(&ViewRow, Ends)> = imposed.chain(lasting).filter(|(_, ends)| counts(ends)).collect();
    // What has no end comes last.
    found.sort_by_key(|(row, ends)| {
        (ends.until.unwrap_or(Date::MAX), row.text("since").to_owned(), row.text("subject").to_owned())
    });
    let mut listing = Listing::under(&[
        ("subject", "subject"),
        ("subject_name", ""),
        ("group", "group"),
        ("group_name", ""),
        ("framework", "framework"),
        ("workflow", "workflow"),
        ("period", "for"),
        ("kind", "kind"),
        ("rule", "what"),
        ("since", "since"),
        ("until", "until"),
        ("days_left", "days left"),
        ("alarm", "alarm"),
        ("open_for", "end not known"),
        ("case", "case"),
    ]);
    for (row, ends) in found {
        let (record, key) = (row.text("subject_type"), row.text("subject"));
        let [group, group_name] = people.group(record, key);
        let day = |day: Option<Date>| Cell::maybe(day.map(|it| it.to_string()).as_deref());
        let [framework, workflow, kind, rule] = match row.is_of(View::Lasting) {
            true => [Cell::Nothing, Cell::from(row.held("workflow")), Cell::text(STATE), Cell::from(row.held("stage"))],
            false => [row.held("framework").into(), Cell::Nothing, row.held("kind").into(), row.held("rule").into()],
        };
        listing.rows.push(vec![
            Cell::text(key),
            people.name(record, key),
            group,
            group_name,
            framework,
            workflow,
            Cell::from(row.held("period")),
            kind,
            rule,
            Cell::from(row.held("since")),
            day(ends.until),
            ends.days_left(asked.on).map_or(Cell::Nothing, Cell::Number),
            day(ends.alarm),
            Cell::maybe(ends.open_for.as_deref()),
            Cell::from(row.held("case_id")),
        ]);
    }
    people.done()?;
    Ok(listing)
}

/// When something ends by itself.
#[derive(Default)]
struct Ends {
    since: Option<Date>,
    until: Option<Date>,
    alarm: Option<Date>,
    open_for: Option<String>,
}

impl Ends {
    fn of_outcome(asked: &Asked<'_>, people: &People<'_>, row: &ViewRow) -> Self {
        let since: Option<Date> = row.text("since").parse().ok();
        let framework = asked.policy.frameworks.iter().find(|it| it.label.name == row.text("framework"));
        let record = asked.policy.record_named(row.text("subject_type"));
        let (Some(since), Some(framework), Some(record)) = (since, framework, record) else {
            return Self { since, ..Self::default() };
        };
        let Some(lasting) = framework.lasting_from(row.text("rule"), since) else {
            return Self { since: Some(since), ..Self::default() };
        };
        let subject = RecordRef { record, key: row.text("subject").into() };
        let (scope, last) = last_day(asked.policy, &*people.facts, framework, subject, (since, asked.on), lasting);
        let (until, open_for) = match last {
            Ok(Answer::Known(last)) => (Some(last.date), None),
            Ok(Answer::NotYet) => (None, Some("what puts it off goes on".to_owned())),
            Ok(Answer::Unknown(facts)) => (None, Some(format!("for want of {}", facts.join(", ")))),
            Err(words) => (None, Some(words)),
        };
        let alarm = lasting.alarm.zip(until).and_then(|(length, last)| eval::day_before(&scope, length, last));
        Self { since: Some(since), until, alarm, open_for }
    }

    /// A stage that lasts is due when its time is over.
    fn of_state(asked: &Asked<'_>, people: &People<'_>, row: &ViewRow) -> Self {
        let day = |column: &str| row.text(column).parse::<Date>().ok();
        let (since, until) = (day("since"), day("until"));
        let flow = asked.policy.workflow_named(row.text("workflow")).map(|it| asked.policy.workflow(it));
        let stage = flow.and_then(|it| it.stages.iter().find(|stage| stage.label.name == row.text("stage")));
        let alarm = flow.zip(stage.and_then(|it| it.lasting.as_ref())).and_then(|(flow, lasting)| {
            let subject = RecordRef { record: flow.subject, key: row.text("subject").into() };
            let calendar = asked.policy.calendar_of(flow);
            let scope = Scope::new(asked.policy, calendar, &*people.facts, subject, None, asked.on)
                .by_one_calendar(flow.names_calendar);
            eval::day_before(&scope, lasting.alarm?, until?)
        });
        Self { since, until, alarm, open_for: None }
    }

    fn still(&self, on: Date) -> bool {
        self.since.is_none_or(|it| it <= on) && self.until.is_none_or(|it| on <= it)
    }

    fn days_left(&self, on: Date) -> Option<i64> {
        self.until.map(|it| days_between(on, it))
    }
}
