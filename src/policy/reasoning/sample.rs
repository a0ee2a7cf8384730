//! A case that was found, as facts ready to paste into an `example`.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};

use crate::calendar::{Calendar, Period, PeriodKind};
use crate::ids::{FieldId, RecordId};
use crate::policy::ladder::LadderAsked;
use crate::policy::model::{AggregateWord, Expr, ExprKind, FieldKind, Shape, When};
use crate::policy::reasoning::look::{Look, World};
use crate::policy::reasoning::terms::{Term, TermKind, Terms, counts_this_period, is_subject};
use crate::policy::reasoning::truths::Truths;
use crate::policy::table;
use crate::value::Number;

/// Of whom, and for which period, a case is.
#[derive(Debug, Clone, Copy)]
pub(in crate::policy) struct About {
    pub(in crate::policy) subject: RecordId,
    pub(in crate::policy) each: Option<PeriodKind>,
    /// The day from which the rules hold that the case is judged by, and the first on which they no longer do.
    pub(in crate::policy) from: Option<Date>,
    pub(in crate::policy) before: Option<Date>,
}

/// Facts in the words of a policy.
#[derive(Debug, Clone)]
pub(in crate::policy) struct Sample {
    /// Lines such as `person A { grade G1 }`.
    pub(in crate::policy) facts: Vec<String>,
    /// ` in 2026`, where there is a period.
    pub(in crate::policy) period: String,
    /// `on 1 July 2026 `, where a day tells which rules hold.
    pub(in crate::policy) on: String,
    /// `mark is 50 and status is active`
    pub(in crate::policy) words: String,
}

/// The facts of a case, if they can all be written down; `name` is how the record is called.
pub(in crate::policy) fn sample(terms: &Terms<'_>, world: &World, about: About, name: &str) -> Option<Sample> {
    let policy = terms.policy;
    let calendar = policy.calendars.get(policy.main_calendar)?;
    let period = match about.each {
        Some(kind) => Some(period_in(calendar, kind, about, longest(terms))?),
        None => None,
    };
    let mut facts = Facts {
        terms,
        world,
        about,
        period,
        name,
        records: BTreeMap::new(),
        panels: BTreeMap::new(),
        back: 0,
        words: Vec::new(),
    };
    facts.records.insert(Vec::new(), Kept { record: about.subject, name: name.to_owned(), said: Vec::new() });
    for (at, term) in terms.list.iter().enumerate().filter(|(_, it)| matches!(it.kind, TermKind::Fact)) {
        facts.take(term, world.get(at)?.as_ref()?)?;
    }
    facts.repeat()?;
    let on = about.from.filter(|_| about.each.is_none());
    let on = on.map(|day| format!("on {} ", crate::calendar::day_in_words(day))).unwrap_or_default();
    let label = period.map(|it| format!(" in {}", calendar.label(&it))).unwrap_or_default();
    let words = facts.words.join(" and ");
    Some(Sample { facts: facts.lines()?, period: label, on, words })
}

/// A period whose first day the rules of the case hold on.
fn period_in(calendar: &Calendar, kind: PeriodKind, about: About, back: i32) -> Option<Period> {
    let near = match (about.from, about.before) {
        (Some(from), _) => from,
        (None, Some(before)) => before.checked_sub(jiff::Span::new().try_years(2).ok()?).ok()?,
        (None, None) => date(2026, 1, 1),
    };
    let mut period = calendar.period_from(kind, near).ok()?;
    if about.from.is_some_and(|from| period.first < from) {
        period = calendar.next(period).ok()?;
    }
    let holds = |it: &Period| about.before.is_none_or(|before| it.first < before);
    // The same rules hold for what is said of earlier periods, if there is time for it.
    calendar.shift(period, back).ok().filter(holds).or(Some(period).filter(holds))
}

/// How many periods back conditions look.
fn longest(terms: &Terms<'_>) -> i32 {
    let lasts = terms.list.iter().filter_map(|it| match &it.asked.kind {
        ExprKind::History(history) => i32::try_from(history.last).ok(),
        _ => None,
    });
    lasts.max().unwrap_or(0)
}

/// What is said of a record.
struct Kept {
    record: RecordId,
    name: String,
    said: Vec<String>,
}

struct Facts<'t, 'p> {
    terms: &'t Terms<'p>,
    world: &'t World,
    about: About,
    period: Option<Period>,
    name: &'t str,
    /// The subject, and those whom its references lead to, by the fields that do.
    records: BTreeMap<Vec<(RecordId, FieldId)>, Kept>,
    /// What is kept by period, by how many periods ago.
    panels: BTreeMap<(u32, RecordId), Vec<String>>,
    /// For how many earlier periods the same is said.
    back: u32,
    words: Vec<String>,
}

impl Facts<'_, '_> {
    fn take(&mut self, term: &Term<'_>, left: &crate::policy::reasoning::Extent) -> Option<()> {
        let at = left.point();
        match &term.asked.kind {
            ExprKind::Field { of, record, field } => {
                let path = self.path(of)?;
                let Some(at) = at else { return Some(()) };
                self.tell(term, at);
                let said = self.said(term, *record, *field, at)?;
                self.records.get_mut(&path)?.said.push(said);
            }
            ExprKind::Panel { of, record, field, when } if is_subject(of) => {
                let ago = match when {
                    When::Now => 0,
                    When::Ago(count) => *count,
                    When::In(_) | When::Around(_) => return None,
                };
                let said = match at {
                    Some(at) => {
                        self.tell(term, at);
                        Some(self.said(term, *record, *field, at)?)
                    }
                    None => None,
                };
                self.panels.entry((ago, *record)).or_default().extend(said);
            }
            ExprKind::History(history) => {
                let holds = at? == Number::ONE;
                // Where this period meets what is counted and the count holds, earlier ones may be the same; likewise where neither.
                let now = Look::new(self.terms, self.world).truths(&history.condition);
                if !counts_this_period(history) && !now.is_only(Truths::of(holds)) {
                    return None;
                }
                self.back = self.back.max(if holds { history.last - 1 } else { 0 });
            }
            // Where nothing is told of others, there are none.
            ExprKind::Aggregate(it) => {
                let none = if it.word == AggregateWord::No { Number::ONE } else { Number::ZERO };
                let told = matches!(it.word, AggregateWord::Count | AggregateWord::Any | AggregateWord::No);
                return (told && at? == none).then_some(());
            }
            // Where nothing is told of what was imposed, nothing was, and the first step comes next.
            ExprKind::OnLadder(on) => {
                let holds = at? == Number::ONE;
                return (holds == matches!(on.asked, LadderAsked::NotAbove(_))).then_some(());
            }
            ExprKind::Happened(happened) => return ((at? == Number::ONE) == happened.none).then_some(()),
            _ => return None,
        }
        Some(())
    }

    /// The record that references lead to from the subject; it is made up where it is not there yet.
    fn path(&mut self, of: &Expr) -> Option<Vec<(RecordId, FieldId)>> {
        match &of.kind {
            ExprKind::Subject => Some(Vec::new()),
            ExprKind::Field { of, record, field } => {
                let mut path = self.path(of)?;
                let FieldKind::Reference(to) = self.terms.policy.field(*record, *field).kind else { return None };
                let from = path.clone();
                path.push((*record, *field));
                if !self.records.contains_key(&path) {
                    let name = format!("{}{}", self.name, self.records.len() + 1);
                    let label = &self.terms.policy.field(*record, *field).label.name;
                    self.records.get_mut(&from)?.said.push(format!("{label} {name}"));
                    self.records.insert(path.clone(), Kept { record: to, name, said: Vec::new() });
                }
                Some(path)
            }
            _ => None,
        }
    }

    fn said(&self, term: &Term<'_>, record: RecordId, field: FieldId, at: Number) -> Option<String> {
        let policy = self.terms.policy;
        let kind = policy.record(record);
        let is_key = matches!(kind.shape, Shape::Entity { key } if key == field);
        let own = matches!(kind.shape, Shape::Entity { .. } | Shape::Panel { .. });
        let label = &policy.field(record, field).label.name;
        let plain = !matches!(
            policy.field(record, field).kind,
            FieldKind::Reference(_) | FieldKind::Email | FieldKind::Phone | FieldKind::Post
        );
        (own && !is_key && plain).then(|| format!("{label} {}", self.value(term, at)))
    }

    fn value(&self, term: &Term<'_>, at: Number) -> String {
        let mut axis = term.axis.clone();
        axis.texts.clone_from(&self.terms.texts);
        table::words(self.terms.policy, &term.asked.ty, &axis, at)
    }

    /// What is told of the case in a sentence: only what a condition asks for.
    fn tell(&mut self, term: &Term<'_>, at: Number) {
        if !(term.is_asked || term.is_part) {
            return;
        }
        let name = match &term.asked.kind {
            ExprKind::Field { record, field, .. } => &self.terms.policy.field(*record, *field).label.name,
            ExprKind::Panel { record, field, when: When::Now, .. } => {
                &self.terms.policy.field(*record, *field).label.name
            }
            _ => return,
        };
        let words = format!("`{name}` is {}", self.value(term, at));
        self.words.push(words);
    }

    /// Says of earlier periods what is said of this one.
    fn repeat(&mut self) -> Option<()> {
        if self.back == 0 {
            return Some(());
        }
        if self.panels.keys().any(|it| it.0 > 0) {
            return None;
        }
        let now: Vec<(RecordId, Vec<String>)> = self.panels.iter().map(|(key, said)| (key.1, said.clone())).collect();
        for ago in 1..=self.back {
            self.panels.extend(now.iter().map(|(record, said)| ((ago, *record), said.clone())));
        }
        Some(())
    }

    fn lines(&self) -> Option<Vec<String>> {
        let policy = self.terms.policy;
        let calendar = policy.calendars.get(policy.main_calendar)?;
        let block =
            |said: &[String]| if said.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", said.join("; ")) };
        let mut lines = Vec::new();
        for Kept { record, name, said } in self.records.values() {
            let kind = policy.record(*record);
            if !matches!(kind.shape, Shape::Entity { .. }) {
                return None;
            }
            lines.push(format!("{} {name} {}", kind.label.name, block(said)));
        }
        for ((ago, record), said) in self.panels.iter().rev() {
            let own = matches!(policy.record(*record).shape, Shape::Panel { of, each } if of == self.about.subject && Some(each) == self.about.each);
            let by = i32::try_from(*ago).ok()?;
            let label = calendar.label(&calendar.shift(self.period?, -by).ok().filter(|_| own)?);
            lines.push(format!("{} of {} {label} {}", policy.record(*record).label.name, self.name, block(said)));
        }
        Some(lines)
    }
}

impl Sample {
    /// An `example` that expects something of the case.
    pub(in crate::policy) fn example(&self, title: &str, expected: &[String]) -> String {
        let title = title.replace(['`', '"'], "");
        let facts: String = self.facts.iter().map(|it| format!("  {it}\n")).collect();
        let expected: String = expected.iter().map(|it| format!("  {}expect {it}\n", self.on)).collect();
        format!("example \"{title}\" {{\n{facts}{expected}}}")
    }
}
