//! Made-up records for any policy: from its field types, a plan beside the pack, and a seed.
//!
//! The same seed gives the same records, whatever the order or number of rows asked for: each cell draws from (seed, record
//! type, row, field) alone. Nothing here knows a particular service; names and weights stand in the plan.

mod draw;
mod plan;

use crate::calendar::Calendar;
use crate::ids::{FieldId, RecordId};
use crate::policy::model::{Field, FieldKind, Policy, RecordType, Shape};

use draw::Draw;
pub use plan::{Before, FieldPlan, Forest, Plan, RecordPlan};

/// Why records can't be made up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SampleFault {
    /// The plan names a record type that the policy does not have.
    #[error("the plan names the record type `{0}`, which the policy does not have")]
    NoRecord(String),
    /// The plan names a field that the record type does not have.
    #[error("the plan names the field `{1}` of `{0}`, which the policy does not have")]
    NoField(String, String),
    /// A period can't be read.
    #[error("the plan gives `{1}` for the period of `{0}`, which is no period of the calendar")]
    NoPeriod(String, String),
    /// Something else.
    #[error("{0}")]
    Other(String),
}

/// A file of made-up records: its name, its head, and how many rows it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The record type.
    pub record: RecordId,
    /// The record type's name, for the file's name.
    pub name: String,
    /// The names of the columns.
    pub head: Vec<String>,
    /// How many rows there are.
    pub rows: u64,
}

/// Makes up records.
#[derive(Debug)]
pub struct Sampler<'a> {
    policy: &'a Policy,
    calendar: &'a Calendar,
    plan: &'a Plan,
    size: Option<u64>,
    /// The greatest number that the plan names: `--size` asks for so many instead, and for as many more or fewer of the others.
    planned: u64,
}

impl<'a> Sampler<'a> {
    /// A sampler; `size` replaces the greatest number of rows that the plan names, and the others in proportion.
    ///
    /// # Errors
    /// When the plan does not fit the policy.
    pub fn new(policy: &'a Policy, plan: &'a Plan, size: Option<u64>) -> Result<Self, SampleFault> {
        for (name, record) in &plan.records {
            let id = policy.record_named(name).ok_or_else(|| SampleFault::NoRecord(name.clone()))?;
            let known = policy.record(id);
            let before = record.before.iter().flat_map(|it| it.fields.keys());
            if let Some(field) = record.fields.keys().chain(before).find(|it| known.field_named(it).is_none()) {
                return Err(SampleFault::NoField(name.clone(), field.clone()));
            }
        }
        let planned = plan.records.values().filter_map(|it| it.count).max().unwrap_or(0);
        Ok(Self { policy, calendar: policy.main(), plan, size, planned })
    }

    /// Every sheet, record types that others refer to first.
    ///
    /// # Errors
    /// When a period of the plan is none of the calendar's.
    pub fn sheets(&self) -> Result<Vec<Sheet>, SampleFault> {
        let sheet = |(name, record): (&String, &RecordPlan)| {
            let id = self.policy.record_named(name).ok_or_else(|| SampleFault::NoRecord(name.clone()))?;
            let kind = self.policy.record(id);
            if let Shape::Panel { each, .. } = kind.shape {
                for label in record.period.iter().chain(record.before.iter().flat_map(|it| &it.periods)) {
                    let read = self.calendar.period_from_label(each, label);
                    read.map_err(|_| SampleFault::NoPeriod(name.clone(), label.clone()))?;
                }
            }
            Ok(Sheet { record: id, name: name.clone(), head: self.head(kind), rows: self.rows(record, kind) })
        };
        self.plan.records.iter().map(sheet).collect()
    }

    fn head(&self, kind: &RecordType) -> Vec<String> {
        let fields = kind.fields.iter().map(|it| it.label.name.clone());
        match kind.shape {
            Shape::Entity { .. } => fields.collect(),
            Shape::Panel { of, each } => {
                let period = self.calendar.kind_name(each).to_owned();
                [self.policy.record(of).label.name.clone(), period].into_iter().chain(fields).collect()
            }
            Shape::Child { of } => [self.policy.record(of).label.name.clone()].into_iter().chain(fields).collect(),
        }
    }

    fn rows(&self, record: &RecordPlan, kind: &RecordType) -> u64 {
        match (kind.shape, record.rows.len(), record.count) {
            (Shape::Entity { .. }, 0, Some(count)) => self.size.map_or(count, |size| self.scaled(count, size)),
            (Shape::Entity { .. }, given, _) => given as u64,
            (Shape::Panel { of, .. }, ..) => {
                let periods = 1 + record.before.as_ref().map_or(0, |it| it.periods.len() as u64);
                self.count_of(of).saturating_mul(periods)
            }
            (Shape::Child { of }, ..) => self.count_of(of).saturating_mul(of_each(record)),
        }
    }

    /// So many as the size asks for, in the plan's proportion; at least one of what the plan has any of.
    fn scaled(&self, count: u64, size: u64) -> u64 {
        if count == self.planned {
            return size;
        }
        let share = u128::from(count) * u128::from(size) / u128::from(self.planned.max(1));
        u64::try_from(share).unwrap_or(u64::MAX).max(count.min(1))
    }

    fn count_of(&self, record: RecordId) -> u64 {
        let kind = self.policy.record(record);
        self.plan.records.get(&kind.label.name).map_or(0, |it| self.rows(it, kind))
    }

    /// One row of a sheet; `None` where the plan leaves that record out.
    #[must_use]
    pub fn row(&self, sheet: &Sheet, row: u64) -> Option<Vec<String>> {
        let kind = self.policy.record(sheet.record);
        let plan = self.plan.records.get(&sheet.name)?;
        let before = self.before(kind, plan, row);
        let share = before.map_or(plan.share, |it| it.0.share);
        if share < 1.0 && self.draw(sheet, row, "(share)").share() >= share {
            return None;
        }
        if let Shape::Child { .. } = kind.shape
            && kind.fields.iter().any(|it| self.stands_below_nobody(plan, row, it))
        {
            return None;
        }
        let cells = kind
            .fields
            .iter()
            .enumerate()
            .map(|(place, field)| self.cell(sheet, plan, row, (FieldId::at(place), field)));
        let cells: Vec<String> = cells.collect();
        let lead = match kind.shape {
            Shape::Entity { .. } => vec![],
            Shape::Panel { of, .. } => {
                let period = before.map(|it| it.1).or(plan.period.as_deref()).unwrap_or_default();
                vec![self.key(of, row % self.count_of(of).max(1)), period.to_owned()]
            }
            Shape::Child { of } => vec![self.key(of, row / of_each(plan))],
        };
        Some(lead.into_iter().chain(cells).collect())
    }

    /// How a row is made up that stands for a period before the plan's own, and which one: owner after owner of the plan's own period
    /// first, then of each of those before.
    fn before<'p>(&self, kind: &RecordType, plan: &'p RecordPlan, row: u64) -> Option<(&'p Before, &'p str)> {
        let Shape::Panel { of, .. } = kind.shape else { return None };
        let before = plan.before.as_ref()?;
        let nth = usize::try_from((row / self.count_of(of).max(1)).checked_sub(1)?).ok()?;
        Some((before, before.periods.get(nth)?))
    }

    /// Whether a field would name one of those below a root, and there is none of that number.
    fn stands_below_nobody(&self, plan: &RecordPlan, row: u64, field: &Field) -> bool {
        let below = plan.fields.get(&field.label.name).and_then(|it| it.below);
        let FieldKind::Reference(to) = field.kind else { return false };
        below.is_some_and(|it| self.below(it, to, plan, row).is_none())
    }

    fn below(&self, forest: Forest, to: RecordId, plan: &RecordPlan, row: u64) -> Option<u64> {
        let each = of_each(plan);
        forest.below(row / each, row % each).filter(|it| *it < self.count_of(to))
    }

    fn draw(&self, sheet: &Sheet, row: u64, field: &str) -> Draw {
        Draw::new(self.plan.seed, &sheet.name, row, field)
    }

    /// The key of a record by its row.
    fn key(&self, record: RecordId, row: u64) -> String {
        let kind = self.policy.record(record);
        let Some(plan) = self.plan.records.get(&kind.label.name) else { return String::new() };
        let Shape::Entity { key } = kind.shape else { return String::new() };
        let field = &kind.fields[key.index()].label.name;
        if let Some(given) = usize::try_from(row).ok().and_then(|at| plan.rows.get(at)).and_then(|it| it.get(field)) {
            return given.clone();
        }
        plan.key.replace("{n}", &format!("{:06}", row + 1))
    }

    fn cell(&self, sheet: &Sheet, plan: &RecordPlan, row: u64, (id, field): (FieldId, &Field)) -> String {
        let name = &field.label.name;
        let given = usize::try_from(row).ok().and_then(|at| plan.rows.get(at)).and_then(|it| it.get(name));
        if let Some(given) = given {
            return given.clone();
        }
        let kind = self.policy.record(sheet.record);
        if matches!(kind.shape, Shape::Entity { key } if key == id) {
            return self.key(sheet.record, row);
        }
        let default = FieldPlan::default();
        let fields = self.before(kind, plan, row).map_or(&plan.fields, |it| &it.0.fields);
        let wanted = fields.get(name).unwrap_or(&default);
        if wanted.blank > 0.0 && self.draw(sheet, row, &format!("{name} blank")).share() < wanted.blank {
            return String::new();
        }
        // A made-up spell goes on, so that it never ends before it begins.
        if kind.spell.is_some_and(|it| it.last == id) && wanted.fixed.is_none() {
            return String::new();
        }
        let mut draw = self.draw(sheet, row, name);
        if let Some(fixed) = &wanted.fixed {
            return fixed.clone();
        }
        if !wanted.in_turn.is_empty() {
            let at = usize::try_from(row % of_each(plan)).unwrap_or(0);
            return wanted.in_turn.get(at).cloned().unwrap_or_default();
        }
        if let (Some(below), FieldKind::Reference(to)) = (wanted.below, &field.kind) {
            return self.below(below, *to, plan, row).map_or_else(String::new, |at| self.key(*to, at));
        }
        if let Some(pattern) = &wanted.pattern {
            return pattern.replace("{key}", &self.key(sheet.record, row).to_lowercase());
        }
        self.typed(field, wanted, row, &mut draw)
    }

    fn typed(&self, field: &Field, wanted: &FieldPlan, row: u64, draw: &mut Draw) -> String {
        match &field.kind {
            FieldKind::Reference(to) => {
                self.reference(*to, wanted, row, draw).map_or_else(String::new, |at| self.key(*to, at))
            }
            FieldKind::Choice(list) => {
                let choices = self.policy.choices[list.index()].choices.iter().map(|it| it.name.as_str());
                let weighted: Vec<(&str, u64)> = choices
                    .map(|it| {
                        (it, if wanted.weights.is_empty() { 1 } else { wanted.weights.get(it).copied().unwrap_or(0) })
                    })
                    .collect();
                draw.choose(&weighted).to_owned()
            }
            FieldKind::Number { from, to, decimals, .. } => {
                let low = wanted
                    .least
                    .or_else(|| from.as_ref().and_then(|it| it.to_scaled(0)).and_then(|it| i64::try_from(it).ok()));
                let high = wanted
                    .most
                    .or_else(|| to.as_ref().and_then(|it| it.to_scaled(0)).and_then(|it| i64::try_from(it).ok()));
                draw.decimal(low.unwrap_or(0), high.unwrap_or(100), *decimals)
            }
            FieldKind::Money { .. } => {
                let step = wanted.step.unwrap_or(1).max(1);
                let (low, high) = (wanted.least.unwrap_or(1_000), wanted.most.unwrap_or(10_000));
                (draw.whole(low / step, high / step) * step).to_string()
            }
            FieldKind::Date | FieldKind::Event => draw.day(wanted.from.as_deref(), wanted.to.as_deref()),
            FieldKind::Timestamp => format!("{}T08:00:00Z", draw.day(wanted.from.as_deref(), wanted.to.as_deref())),
            FieldKind::Duration(_) => draw.whole(wanted.least.unwrap_or(0), wanted.most.unwrap_or(30)).to_string(),
            FieldKind::YesNo => if draw.share() < 0.5 { "yes" } else { "no" }.to_owned(),
            FieldKind::Email => format!("person{}@example.org", row + 1),
            FieldKind::Post => format!("P.O. Box {}; Capital", row + 1),
            FieldKind::Phone => format!("+000 {:07}", draw.whole(0, 9_999_999)),
            FieldKind::Text if wanted.words.is_empty() => format!("{} {}", field.label.title, row + 1),
            FieldKind::Text => {
                let words: Vec<&str> = wanted.words.iter().map(|list| draw.any(list)).collect();
                words.join(" ")
            }
        }
    }

    fn reference(&self, to: RecordId, wanted: &FieldPlan, row: u64, draw: &mut Draw) -> Option<u64> {
        let count = self.count_of(to);
        if count == 0 {
            return None;
        }
        if let Some(forest) = wanted.forest {
            return forest.parent(row);
        }
        if let Some(forest) = wanted.root_of {
            return Some(forest.root(row) % count);
        }
        if wanted.same_row {
            return (row < count).then_some(row);
        }
        u64::try_from(draw.whole(0, i64::try_from(count - 1).unwrap_or(i64::MAX))).ok()
    }
}

/// How many children each owner has.
fn of_each(plan: &RecordPlan) -> u64 {
    plan.each.unwrap_or(1).max(1)
}

#[cfg(test)]
mod tests {
    use super::{Plan, Sampler};
    use crate::source::Sources;

    /// Whoever sits in a body, seat by seat, in a service of so many.
    fn seats(size: u64) -> Vec<String> {
        let text = r#"
calendar c { time zone "UTC"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }
record body { id key text }
record person { id key text }
record seat of body { who person; place one of chair, member, secretary }
"#;
        let policy = crate::policy::compile(&Sources::single("p.merit", text)).policy.unwrap();
        let plan = r#"{"seed": 1, "records": {
            "body": {"rows": [{"id": "A"}, {"id": "B"}]},
            "person": {"count": 9, "key": "O{n}"},
            "seat": {"each": 3, "fields": {
                "who": {"below": {"roots": 2, "span": 3}},
                "place": {"in_turn": ["chair", "member", "secretary"]}}}}}"#;
        let plan: Plan = serde_json::from_str(plan).unwrap();
        let sampler = Sampler::new(&policy, &plan, Some(size)).unwrap();
        let sheets = sampler.sheets().unwrap();
        let sheet = sheets.iter().find(|it| it.name == "seat").unwrap();
        (0..sheet.rows).filter_map(|row| sampler.row(sheet, row)).map(|it| it.join(" ")).collect()
    }

    #[test]
    fn each_period_before_has_a_row_of_each_owner_made_up_in_its_own_way() {
        let text = r#"
calendar c { time zone "UTC"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }
record person { id key text }
record review of person each year { mark optional number from 0 to 100 }
"#;
        let policy = crate::policy::compile(&Sources::single("p.merit", text)).policy.unwrap();
        let rows = |before: &str| {
            let plan = format!(
                r#"{{"seed": 1, "records": {{"person": {{"count": 3, "key": "O{{n}}"}},
                "review": {{"period": "2026", "fields": {{"mark": {{"blank": 1.0}}}}{before}}}}}}}"#
            );
            let plan: Plan = serde_json::from_str(&plan).unwrap();
            let sampler = Sampler::new(&policy, &plan, None).unwrap();
            let sheets = sampler.sheets().map_err(|it| it.to_string())?;
            let sheet = sheets.iter().find(|it| it.name == "review").unwrap();
            Ok::<_, String>(
                (0..sheet.rows).filter_map(|row| sampler.row(sheet, row)).map(|it| it.join(" ")).collect::<Vec<_>>(),
            )
        };
        let own = ["O000001 2026 ", "O000002 2026 ", "O000003 2026 "];
        assert_eq!(rows("").unwrap(), own);
        let before = r#", "before": {"periods": ["2024", "2025"], "fields": {"mark": {"fixed": "7"}}}"#;
        let more = [
            "O000001 2024 7",
            "O000002 2024 7",
            "O000003 2024 7",
            "O000001 2025 7",
            "O000002 2025 7",
            "O000003 2025 7",
        ];
        assert_eq!(rows(before).unwrap(), [&own[..], &more[..]].concat());
        let none = r#", "before": {"periods": ["2024", "2025"], "share": 0.0}"#;
        assert_eq!(rows(none).unwrap(), own);
        let wrong = rows(r#", "before": {"periods": ["24/25"]}"#).unwrap_err();
        assert!(wrong.contains("`24/25`"), "{wrong}");
    }

    #[test]
    fn children_of_one_owner_have_their_values_in_turn_and_whoever_stands_below_its_root() {
        let all = [
            "A O000003 chair",
            "A O000004 member",
            "A O000005 secretary",
            "B O000006 chair",
            "B O000007 member",
            "B O000008 secretary",
        ];
        assert_eq!(seats(9), all);
        assert_eq!(seats(6), all[..4], "for whom there is nobody there is no seat");
    }
}
