//! What scenarios assume: names looked up, parts added up, values held to their fields.

use crate::calendar::PeriodKind;
use crate::codes_policy as codes;
use crate::diagnostic::Diagnostic;
use crate::ids::{FieldId, RecordId, StageId, WorkflowId};
use crate::policy::assumption::{Assumed, Assumption, DoneWhen, Shares, Writes};
use crate::policy::expressions::{Place, field_type};
use crate::policy::model::{ExprKind, FieldKind, Shape};
use crate::policy::names::{Builder, Meaning};
use crate::source::Span;
use crate::syntax::tree::{self, AssumedShare, Item, Name, ShareOf, Unit};
use crate::value::{Known, Number, Value};

/// So many days may lie between a due date and what is assumed, at most.
const FARTHEST: i32 = 3_660;

impl Builder<'_, '_> {
    /// Every assumption of the scenario that is laid over the policy.
    pub(super) fn assumptions(&mut self) {
        for item in self.items.clone() {
            let Item::Assume(written) = item else { continue };
            let found = match &written.what {
                tree::Assumed::Shares { whole, part, shares } => self.assumed_shares(whole, part, shares, written.span),
                tree::Assumed::Change { percent, record, each, field, value } => {
                    self.assumed_change(percent, (record, each), (field, value))
                }
            };
            let Some((what, subject, each)) = found else { continue };
            let place = Place { subject: Some(subject), each, ..Place::nowhere() };
            let condition = written.condition.as_ref().map(|it| self.condition_at(it, &place));
            let from = written.from.as_ref().map(|it| self.first_day(it));
            let until = written.until.as_ref().map(|it| self.last_day(it));
            if matches!(condition, Some(None)) || [&from, &until].into_iter().any(|it| matches!(it, Some(None))) {
                continue;
            }
            let (condition, from, until) = (condition.flatten(), from.flatten(), until.flatten());
            if let (Some(from), Some(until), Some(last)) = (from, until, &written.until)
                && until < from
            {
                let words = "this assumption ends before it begins, so that it never holds";
                let help = format!("name a day after {from}");
                self.report(Diagnostic::new(codes::ASSUMED_OF_NOTHING, last.span, words).help(help));
            }
            self.policy.assumptions.push(Assumption { what, condition, each, from, until });
        }
    }

    fn assumed_shares(
        &mut self,
        whole: &Name,
        part: &Name,
        shares: &[AssumedShare],
        span: Span,
    ) -> Option<(Assumed, RecordId, Option<PeriodKind>)> {
        match self.names.get(&whole.text).map(|it| it.0) {
            Some(Meaning::Workflow) => {
                let flow = self.policy.workflow_named(&whole.text)?;
                let workflow = self.policy.workflow(flow);
                let (subject, each) = (workflow.subject, workflow.each);
                let at = workflow.stages.iter().position(|it| it.label.name == part.text);
                let Some(at) = at else {
                    let known: Vec<String> = workflow.stages.iter().map(|it| it.label.name.clone()).collect();
                    self.unknown_name(part, "stage", &known);
                    return None;
                };
                self.comes_to_a_hundred(shares, span)?;
                Some((self.assumed_stage((flow, StageId::at(at)), part, shares)?, subject, each))
            }
            Some(Meaning::Record(record)) => {
                let Some(field) = self.policy.record(record).field_named(&part.text) else {
                    let fields = &self.policy.record(record).fields;
                    let known: Vec<String> = fields.iter().map(|it| it.label.name.clone()).collect();
                    self.unknown_name(part, "field", &known);
                    return None;
                };
                self.comes_to_a_hundred(shares, span)?;
                let values = shares.iter().map(|it| self.assumed_values((record, field), part, it));
                let values = values.collect::<Vec<_>>().into_iter().collect::<Option<Shares<Writes>>>()?;
                let (subject, each) = match self.policy.record(record).shape {
                    Shape::Panel { of, each } => (of, Some(each)),
                    Shape::Entity { .. } | Shape::Child { .. } => (record, None),
                };
                Some((Assumed::Written { record, field, values }, subject, each))
            }
            _ => {
                let known = self.names_of(|it| matches!(it, Meaning::Workflow | Meaning::Record(_)));
                self.unknown_name(whole, "workflow or record", &known);
                None
            }
        }
    }

    fn assumed_stage(
        &mut self,
        (flow, stage): (WorkflowId, StageId),
        name: &Name,
        shares: &[AssumedShare],
    ) -> Option<Assumed> {
        let written = self.policy.workflow(flow).stage(stage).clone();
        let choices: Vec<String> = written.choices.iter().map(|it| it.name.clone()).collect();
        let names: Vec<_> = shares.iter().filter(|it| matches!(it.what, ShareOf::Value(_))).collect();
        let chosen = |it: &AssumedShare| match &it.what {
            ShareOf::Value(tree::Expr { kind: tree::ExprKind::Name(it), .. }) => choices.contains(&it.text),
            _ => false,
        };
        let mixed = names.len() < shares.len();
        if let Some(other) = names.iter().find(|it| (mixed || choices.is_empty()) && !chosen(it)) {
            self.not_of_a_stage(other.span, name);
            return None;
        }
        if let [first, ..] = names.as_slice() {
            if mixed {
                let words = "one line says when a stage is done, and another what is chosen";
                let help = "write two lines: `: 80% on time, 20% never` and `: 70% accept, 30% refuse`";
                self.report(Diagnostic::new(codes::ASSUMED_OF_NOTHING, first.span, words).help(help));
                return None;
            }
            let mut which = Shares::new();
            for it in shares {
                let ShareOf::Value(value) = &it.what else { continue };
                let tree::ExprKind::Name(chosen) = &value.kind else {
                    self.not_of_a_stage(it.span, name);
                    return None;
                };
                if !choices.contains(&chosen.text) {
                    self.unknown_name(chosen, "choice", &choices);
                    return None;
                }
                which.push((percent(&it.percent)?, chosen.text.clone()));
            }
            return Some(Assumed::Chosen { flow, stage, which });
        }
        if written.by.is_empty() {
            let words = format!("nobody has to do `{}`, so that nobody does it in time or late", name.text);
            let help = "assume something of a stage that lies with somebody";
            self.report(Diagnostic::new(codes::ASSUMED_OF_NOTHING, name.span, words).help(help));
            return None;
        }
        let mut when = Shares::new();
        for it in shares {
            let done = match &it.what {
                ShareOf::OnTime => DoneWhen::OnTime,
                ShareOf::Late => DoneWhen::Late,
                ShareOf::Never => DoneWhen::Never,
                ShareOf::Within { length, before } => self.assumed_days(length, *before)?,
                ShareOf::Unknown | ShareOf::Range(..) | ShareOf::Value(_) => {
                    self.not_of_a_stage(it.span, name);
                    return None;
                }
            };
            if written.due.is_empty() && done != DoneWhen::Never {
                let words = format!("`{}` is never due, so that nobody is in time or late", name.text);
                let help = "give the stage a `due` line, or leave it to what people did before";
                self.report(Diagnostic::new(codes::ASSUMED_OF_NOTHING, it.span, words).help(help));
                return None;
            }
            when.push((percent(&it.percent)?, done));
        }
        Some(Assumed::Done { flow, stage, when })
    }

    fn not_of_a_stage(&mut self, span: Span, name: &Name) {
        let words = format!("`{}` is a stage, and this says neither when it is done nor what is chosen", name.text);
        let help =
            "write `on time`, `late`, `never`, `within 5 days before due`, `within 10 days after due`, or a choice";
        self.report(Diagnostic::new(codes::ASSUMED_OF_NOTHING, span, words).help(help));
    }

    fn assumed_days(&mut self, length: &tree::Length, before: bool) -> Option<DoneWhen> {
        let times = match length.unit {
            Unit::Days => Some(1),
            Unit::Weeks => Some(7),
            Unit::WorkingDays | Unit::Hours | Unit::Months | Unit::Years => None,
        };
        let count = length.count.text.parse::<i32>().ok().and_then(|it| it.checked_mul(times?));
        match count.filter(|it| (1..=FARTHEST).contains(it)) {
            Some(days) if before => Some(DoneWhen::Within(-days, 0)),
            Some(days) => Some(DoneWhen::Within(1, days)),
            None => {
                let words = "a whole number of days or weeks is expected here, of ten years at most";
                let help = "write it as `within 10 days after due`";
                self.report(Diagnostic::new(codes::ASSUMED_OUT_OF_REACH, length.span, words).help(help));
                None
            }
        }
    }

    fn assumed_values(
        &mut self,
        place: (RecordId, FieldId),
        name: &Name,
        share: &AssumedShare,
    ) -> Option<(Number, Writes)> {
        let percent = percent(&share.percent)?;
        let kind = self.policy.field(place.0, place.1).kind.clone();
        if matches!(kind, FieldKind::Date | FieldKind::Event | FieldKind::Timestamp | FieldKind::Reference(_)) {
            let words = format!("what is written into `{}` can't be assumed", name.text);
            let help = match kind {
                FieldKind::Reference(_) => "whom a record names stays; assume marks, choices, amounts",
                _ => "dates are the days on which people act: assume when the stage is done",
            };
            self.report(Diagnostic::new(codes::ASSUMED_OF_NOTHING, name.span, words).help(help));
            return None;
        }
        let writes = match &share.what {
            ShareOf::Unknown => Writes::Nothing,
            ShareOf::Value(value) => Writes::Value(self.assumed_value(&kind, value)?),
            ShareOf::Range(from, to) => {
                let (low, high) = (self.assumed_value(&kind, from)?, self.assumed_value(&kind, to)?);
                let Some((step, count)) = steps(&kind, &low, &high) else {
                    let words = "no value lies within these ends";
                    let help = "write a number, and then one that is not below it, such as `from 50 to 65`";
                    self.report(Diagnostic::new(codes::ASSUMED_OUT_OF_REACH, share.span, words).help(help));
                    return None;
                };
                Writes::Number { from: low, step, count }
            }
            ShareOf::OnTime | ShareOf::Late | ShareOf::Never | ShareOf::Within { .. } => {
                let words = format!("`{}` is a field, and this says when something is done", name.text);
                let help =
                    "write a value, `from … to …`, or `unknown`; when it is done is assumed of the stage that fills it";
                self.report(Diagnostic::new(codes::ASSUMED_OF_NOTHING, share.span, words).help(help));
                return None;
            }
        };
        Some((percent, writes))
    }

    /// A plain value that a field can take.
    fn assumed_value(&mut self, kind: &FieldKind, written: &tree::Expr) -> Option<Known> {
        let ty = field_type(kind);
        let expr = self.expr(written, &Place::nowhere(), Some(&ty))?;
        let known = match expr.kind {
            ExprKind::Literal(Value::Known(known)) if expr.ty == ty || same_kind(kind, &known) => known,
            _ => {
                let words = "a plain value of the field's type is expected here";
                let help = "write it as the field has it: a number, a choice, `yes`, an amount";
                self.report(Diagnostic::new(codes::ASSUMED_OUT_OF_REACH, written.span, words).help(help));
                return None;
            }
        };
        let entered = match (&known, kind) {
            (Known::Number(it), FieldKind::Number { percent: true, .. }) => it.multiply(Number::from(100)).ok(),
            (Known::Number(it) | Known::Money { amount: it, .. }, _) => Some(*it),
            _ => None,
        };
        if let Some(Err(why)) = entered.map(|it| kind.fits(&it)) {
            let words = format!("the field does not take this value: {why}");
            let help = "stay within what the field takes, or change the field";
            self.report(Diagnostic::new(codes::ASSUMED_OUT_OF_REACH, written.span, words).help(help));
            return None;
        }
        Some(known)
    }

    fn assumed_change(
        &mut self,
        share: &tree::Number,
        (record, each): (&Name, &Name),
        (name, value): (&Name, &tree::Expr),
    ) -> Option<(Assumed, RecordId, Option<PeriodKind>)> {
        let record_id = self.record_id(record)?;
        let each = self.period_kind(each)?;
        if !matches!(self.policy.record(record_id).shape, Shape::Entity { .. }) {
            let words = format!("`{}` belongs to others; only records that stand alone change so", record.text);
            let help = "name the record to which it belongs";
            self.report(Diagnostic::new(codes::ASSUMED_OF_NOTHING, record.span, words).help(help));
            return None;
        }
        let Some(field) = self.policy.record(record_id).field_named(&name.text) else {
            let fields = &self.policy.record(record_id).fields;
            let known: Vec<String> = fields.iter().map(|it| it.label.name.clone()).collect();
            self.unknown_name(name, "field", &known);
            return None;
        };
        let percent = percent(share).filter(|it| *it <= Number::from(100));
        let Some(percent) = percent else {
            let words = "of a hundred, a hundred change at most";
            let help = "write a share such as `4%`";
            self.report(Diagnostic::new(codes::ASSUMED_SHARES, share.span, words).help(help));
            return None;
        };
        let kind = self.policy.field(record_id, field).kind.clone();
        let value = self.assumed_value(&kind, value)?;
        Some((Assumed::Changes { record: record_id, percent, each, field, value }, record_id, Some(each)))
    }

    fn comes_to_a_hundred(&mut self, shares: &[AssumedShare], span: Span) -> Option<()> {
        let each = shares.iter().map(|it| percent(&it.percent));
        let sum = each.collect::<Option<Vec<Number>>>()?.into_iter().try_fold(Number::ZERO, Number::add).ok()?;
        if sum == Number::from(100) {
            return Some(());
        }
        let words = format!("these parts come to {sum}%, and not to 100%");
        let help = "say what all others do, too; nobody may be left over";
        self.report(Diagnostic::new(codes::ASSUMED_SHARES, span, words).help(help));
        None
    }
}

fn percent(written: &tree::Number) -> Option<Number> {
    written.text.parse().ok()
}

fn same_kind(kind: &FieldKind, known: &Known) -> bool {
    match (kind, known) {
        (FieldKind::Money { currency, .. }, Known::Money { currency: own, .. }) => currency == own,
        _ => false,
    }
}

/// How wide a step is from a value of a field to the next, and how many there are from one to another.
fn steps(kind: &FieldKind, from: &Known, to: &Known) -> Option<(Number, u64)> {
    let (decimals, hundredth) = match kind {
        FieldKind::Number { decimals, percent, .. } => (*decimals, *percent),
        FieldKind::Money { decimals, .. } => (*decimals, false),
        _ => return None,
    };
    let number = |it: &Known| match it {
        Known::Number(it) | Known::Money { amount: it, .. } => Some(*it),
        _ => None,
    };
    let step = Number::from_scaled(1, decimals).ok()?;
    let step = if hundredth { step.divide(Number::from(100)).ok()? } else { step };
    let between = number(to)?.subtract(number(from)?).and_then(|it| it.divide(step)).ok()?;
    let (count, one) = between.parts();
    (one == 1 && count >= 0).then(|| u64::try_from(count).ok()?.checked_add(1)).flatten().map(|it| (step, it))
}
