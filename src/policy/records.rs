//! Record types and their fields.

use std::sync::Arc;

use crate::codes_policy as codes;
use crate::diagnostic::Diagnostic;
use crate::ids::{ChoiceId, FieldId, RecordId};
use crate::policy::model::{Blank, ChoiceList, Field, FieldKind, Order, RecordType, Shape};
use crate::policy::names::{Builder, label};
use crate::syntax::tree::{self, ExprKind, Item};
use crate::value::{Number, TimeUnit};

impl Builder<'_, '_> {
    /// The fields of every record.
    pub(super) fn records(&mut self) {
        let written: Vec<&tree::Record> = self
            .items
            .iter()
            .filter_map(|it| match it {
                Item::Record(record) => Some(record),
                _ => None,
            })
            .collect();
        for record in &written {
            let kind = self.record(record);
            self.policy.records.push(kind);
        }
    }

    /// Who can't act, and who goes by which calendar: asked once every name that a condition may use is known.
    pub(super) fn record_conditions(&mut self) {
        let items = self.items.clone();
        let written = items.iter().filter_map(|it| if let Item::Record(it) = it { Some(it) } else { None });
        for (at, record) in written.enumerate() {
            let id = RecordId::at(at);
            let absent = record.absent_when.as_ref().and_then(|it| self.condition(it, id, None));
            let gone = record.gone_when.as_ref().and_then(|it| self.condition(it, id, None));
            let goes_by = self.goes_by(record, id);
            let kind = &mut self.policy.records[at];
            (kind.absent_when, kind.gone_when, kind.goes_by) = (absent, gone, goes_by);
        }
    }

    fn record(&mut self, written: &tree::Record) -> RecordType {
        let mut fields: Vec<Field> = Vec::new();
        let mut key = None;
        for field in &written.fields {
            if let Some(first) = fields.iter().find(|it| it.label.name == field.name.text) {
                let words = format!("`{}` has two fields `{}`", written.name.text, field.name.text);
                let twice =
                    Diagnostic::new(codes::DECLARED_TWICE, field.name.span, words).label(first.label.span, "the first");
                self.report(twice.help("give one of them another name"));
                continue;
            }
            if field.key && key.is_none() {
                key = Some(FieldId::at(fields.len()));
            }
            let kind = self.field_kind(&field.kind);
            if kind.is_none() {
                self.broken_fields.insert((RecordId::at(self.policy.records.len()), FieldId::at(fields.len())));
            }
            let kind = kind.unwrap_or(FieldKind::Text);
            let blank = match (&field.kind, field.optional) {
                (tree::FieldKind::Event, _) => Blank::NotHappened,
                (_, true) => Blank::NotApplicable,
                (_, false) => Blank::Unknown,
            };
            fields.push(Field {
                label: label(&field.name, field.title.as_ref()),
                kind,
                blank,
                dated: field.dated,
                sealed: field.sealed,
                hint: field.hint.as_ref().map(|it| it.text.clone()),
            });
        }
        let shape = self.shape(written, key);
        let spell = self.spell(written, shape, &fields);
        RecordType {
            label: label(&written.name, written.title.as_ref()),
            shape,
            fields,
            spell,
            may_be_missing: written.may_be_missing,
            absent_when: None,
            gone_when: None,
            goes_by: Vec::new(),
        }
    }

    fn shape(&mut self, written: &tree::Record, key: Option<FieldId>) -> Shape {
        let of = written.of.as_ref().and_then(|it| self.record_id(it));
        let each = written.each.as_ref().and_then(|it| self.period_kind(it));
        match (&written.of, of, &written.each, each) {
            (Some(_), Some(of), Some(_), Some(each)) => Shape::Panel { of, each },
            (Some(_), Some(of), None, _) => Shape::Child { of },
            (None, ..) if key.is_none() && !self.unparsed => {
                let words =
                    format!("record `{}` has no key, so that its records can't be told apart", written.name.text);
                let help = "add a field such as `id key text`";
                self.report(Diagnostic::new(codes::NO_KEY, written.name.span, words).help(help));
                Shape::Entity { key: FieldId(0) }
            }
            _ => Shape::Entity { key: key.unwrap_or(FieldId(0)) },
        }
    }

    /// A kind of period of the project's calendar.
    pub(super) fn period_kind(&mut self, name: &tree::Name) -> Option<crate::calendar::PeriodKind> {
        let calendar = self.policy.main();
        let found = calendar.period_kind(&name.text);
        if found.is_none() {
            let known: Vec<String> = calendar.period_kinds().map(|(name, _)| name.to_owned()).collect();
            self.unknown_name(name, "period", &known);
        }
        found
    }

    /// The type of a field; nothing when a mistake was reported.
    pub(super) fn field_kind(&mut self, written: &tree::FieldKind) -> Option<FieldKind> {
        let decimals = |number: &Option<tree::Number>| number.as_ref().and_then(|it| it.text.parse().ok()).unwrap_or(0);
        Some(match written {
            tree::FieldKind::Text => FieldKind::Text,
            tree::FieldKind::Number { from, to, decimals: places } => FieldKind::Number {
                from: self.bound(from),
                to: self.bound(to),
                decimals: decimals(places),
                percent: false,
            },
            tree::FieldKind::Whole { from, to } => {
                FieldKind::Number { from: self.bound(from), to: self.bound(to), decimals: 0, percent: false }
            }
            tree::FieldKind::Percent { from, to, decimals: places } => FieldKind::Number {
                from: self.bound(from),
                to: self.bound(to),
                decimals: decimals(places),
                percent: true,
            },
            tree::FieldKind::Money { currency, per, decimals: places } => FieldKind::Money {
                currency: Arc::from(currency.text.as_str()),
                per: per.map(time_unit),
                decimals: decimals(places),
            },
            tree::FieldKind::Date => FieldKind::Date,
            tree::FieldKind::Event => FieldKind::Event,
            tree::FieldKind::Timestamp => FieldKind::Timestamp,
            tree::FieldKind::Duration(unit) => FieldKind::Duration(time_unit(*unit)),
            tree::FieldKind::YesNo => FieldKind::YesNo,
            tree::FieldKind::Choice { choices, ordered } => FieldKind::Choice(self.choices(choices, *ordered)),
            tree::FieldKind::Address(kind) => match kind.text.as_str() {
                "email" => FieldKind::Email,
                "phone" => FieldKind::Phone,
                "post" => FieldKind::Post,
                _ => {
                    self.unknown_name(
                        kind,
                        "kind of address",
                        &["email".to_owned(), "phone".to_owned(), "post".to_owned()],
                    );
                    return None;
                }
            },
            tree::FieldKind::Reference(name) => FieldKind::Reference(self.record_id(name)?),
        })
    }

    fn choices(&mut self, written: &[tree::Choice], ordered: bool) -> ChoiceId {
        let mut choices: Vec<crate::policy::model::Label> = Vec::new();
        for choice in written {
            if let Some(first) = choices.iter().find(|it| it.name == choice.name.text) {
                let twice = Diagnostic::new(
                    codes::DECLARED_TWICE,
                    choice.name.span,
                    format!("`{}` stands twice in this list", choice.name.text),
                );
                self.report(twice.label(first.span, "the first").help("leave one of them out"));
                continue;
            }
            choices.push(label(&choice.name, choice.title.as_ref()));
        }
        let order = if ordered { Order::Ascending } else { Order::None };
        self.policy.choices.push(ChoiceList { choices, order, counts: Vec::new() });
        ChoiceId::at(self.policy.choices.len() - 1)
    }

    fn bound(&mut self, written: &Option<tree::Expr>) -> Option<Number> {
        let written = written.as_ref()?;
        let number = match &written.kind {
            ExprKind::Number(number) | ExprKind::Percent(number) => number.text.parse().ok(),
            ExprKind::Negative(inner) => match &inner.kind {
                ExprKind::Number(number) => number.text.parse::<Number>().and_then(Number::negate).ok(),
                _ => None,
            },
            _ => None,
        };
        if number.is_none() {
            self.error(codes::WRONG_TYPE, written.span, "a number is expected here");
        }
        number
    }
}

pub(crate) fn time_unit(unit: tree::Unit) -> TimeUnit {
    match unit {
        tree::Unit::Hours => TimeUnit::Hours,
        tree::Unit::Days => TimeUnit::Days,
        tree::Unit::WorkingDays => TimeUnit::WorkingDays,
        tree::Unit::Weeks => TimeUnit::Weeks,
        tree::Unit::Months => TimeUnit::Months,
        tree::Unit::Years => TimeUnit::Years,
    }
}
