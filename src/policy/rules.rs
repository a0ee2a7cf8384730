//! Roles, parameters and definitions.

use crate::codes_policy as codes;
use crate::diagnostic::Diagnostic;
use crate::ids::{DefinitionId, RecordId, RoleId, ScaleId};
use crate::policy::expressions::Place;
use crate::policy::model::{Dated, Definition, Expr, ExprKind, Parameter, Role, RoleTry, StillActs, Type};
use crate::policy::names::{Builder, Meaning, Rests, label, nowhere};
use crate::policy::same::same;
use crate::policy::versions::Head;
use crate::source::Span;
use crate::syntax::tree::{self, Item, RoleLine};
use crate::value::Value;

impl Builder<'_, '_> {
    /// Scales' bands and roles as names, then parameters, then what definitions, scales and roles say.
    pub(super) fn rules(&mut self) {
        let items = self.items.clone();
        for at in 0..self.written.scales.len() {
            self.declare_scale(ScaleId::at(at));
        }
        for item in &items {
            if let Item::Role(it) = item {
                self.declare_role(it);
            }
        }
        for at in 0..self.written.defines.len() {
            self.declare_definition(self.written.defines[at][0]);
        }
        for item in &items {
            if let Item::Parameter(it) = item {
                let parameter = self.parameter(it);
                self.policy.parameters.push(parameter);
            }
        }
        for at in 0..self.written.tables.len() {
            self.declare_table(self.written.tables[at][0]);
        }
        for at in 0..self.policy.definitions.len() {
            self.definition(DefinitionId::at(at));
        }
        for at in 0..self.policy.scales.len() {
            self.scale(ScaleId::at(at));
        }
        let roles: Vec<&tree::Role> =
            items.iter().filter_map(|it| if let Item::Role(it) = it { Some(it) } else { None }).collect();
        for (at, written) in roles.iter().enumerate() {
            self.role(RoleId::at(at), written);
        }
    }

    fn parameter(&mut self, written: &tree::Parameter) -> Parameter {
        let mut values: Vec<(Span, Dated<Value>)> = Vec::new();
        let mut ty = None;
        for part in &written.values {
            let Some(expr) = self.expr(&part.value, &Place::nowhere(), ty.as_ref()) else { continue };
            let ExprKind::Literal(value) = expr.kind else {
                self.error(
                    codes::WRONG_TYPE,
                    part.value.span,
                    "a parameter is a plain value, such as `50`, `5%` or `USD 1,000`",
                );
                continue;
            };
            if ty.as_ref().is_some_and(|it| *it != expr.ty) {
                let words = format!("the values of `{}` are not of one kind", written.name.text);
                self.error(codes::WRONG_TYPE, part.value.span, words);
                continue;
            }
            ty = Some(expr.ty);
            let from = part.from.as_ref().and_then(|it| self.first_day(it));
            let until = part.until.as_ref().and_then(|it| self.last_day(it));
            values.push((part.span, Dated { value, from, until }));
        }
        if values.is_empty() {
            self.mark_broken(&written.name.text);
        }
        let values = self.in_time(values);
        if let Some(ty) = &ty {
            self.keeps_bounds(written, ty);
        }
        Parameter { label: label(&written.name, written.title.as_ref()), ty: ty.unwrap_or(Type::Number), values }
    }

    /// A value without a last day holds until the day before the next begins.
    pub(super) fn close_open_ends<T>(&mut self, values: &mut [Dated<T>]) {
        values.sort_by_key(|it| it.from);
        for at in 1..values.len() {
            let next = values[at].from;
            let last = &mut values[at - 1];
            if last.until.is_none() {
                last.until = next.and_then(|it| it.yesterday().ok());
            }
        }
    }

    /// The first day of `from …`: a date, or the first day of a period.
    pub(super) fn first_day(&mut self, written: &tree::Expr) -> Option<jiff::civil::Date> {
        self.day_or_period(written, true)
    }

    /// The last day of `until …`.
    pub(super) fn last_day(&mut self, written: &tree::Expr) -> Option<jiff::civil::Date> {
        self.day_or_period(written, false)
    }

    fn day_of_period(&mut self, label: &str, span: Span, first: bool) -> Option<jiff::civil::Date> {
        let calendar = self.policy.main();
        let kind = calendar.period_kinds().next().map(|it| it.1)?;
        match calendar.period_from_label(kind, label) {
            Ok(period) => Some(if first { period.first } else { period.last }),
            Err(problem) => {
                self.error(codes::NO_SUCH_DAY, span, problem.to_string());
                None
            }
        }
    }

    fn day_or_period(&mut self, written: &tree::Expr, first: bool) -> Option<jiff::civil::Date> {
        match &written.kind {
            tree::ExprKind::Date(date) => self.date(date),
            tree::ExprKind::Period(label) => self.day_of_period(&label.label, label.span, first),
            // A year alone is a period where the calendar writes its periods so.
            tree::ExprKind::Number(number) => self.day_of_period(&number.text, number.span, first),
            _ => {
                self.error(
                    codes::WRONG_TYPE,
                    written.span,
                    "a date or a period is expected here, such as `1 July 2026` or `2026/27`",
                );
                None
            }
        }
    }

    fn declare_role(&mut self, written: &tree::Role) {
        let of = self.subject_of(&written.of, &written.name);
        let label = label(&written.name, written.title.as_ref());
        self.policy.roles.push(Role {
            label,
            of,
            tries: Vec::new(),
            lines: Vec::new(),
            qualifies: Vec::new(),
            still: Vec::new(),
            delegates: false,
            never: Vec::new(),
        });
    }

    /// The record type that an item is `of`; the item is broken without one.
    fn subject_of(&mut self, of: &tree::Name, item: &tree::Name) -> RecordId {
        let found = self.record_id(of);
        if found.is_none() {
            self.mark_broken(&item.text);
        }
        found.unwrap_or(RecordId(0))
    }

    fn role(&mut self, id: RoleId, written: &tree::Role) {
        if self.is_broken(&written.name.text) {
            return;
        }
        let of = self.policy.roles[id.index()].of;
        let place = Place::of(of, None);
        let mut role = self.policy.roles[id.index()].clone();
        for line in &written.lines {
            match line {
                RoleLine::Try { who, span, .. } => {
                    if let Some(attempt) = self.role_try(id, who, &place) {
                        role.tries.push(attempt);
                        role.lines.push(*span);
                        self.policy.roles[id.index()].tries.clone_from(&role.tries);
                    }
                }
                RoleLine::Qualifies(condition) => {
                    let candidate = self.role_result(id).unwrap_or(of);
                    role.qualifies.extend(self.condition(condition, candidate, None));
                }
                RoleLine::Still { until, when } => {
                    let candidate = self.role_result(id).unwrap_or(of);
                    let until = self.date_rule(until, &Place::of(candidate, None));
                    let when = self.condition(when, candidate, None);
                    role.still.extend(until.zip(when).map(|(until, when)| StillActs { until, when }));
                }
                RoleLine::Delegates => role.delegates = true,
                RoleLine::Not(who) => role.never.extend(self.expr(who, &place, None)),
            }
        }
        if role.tries.is_empty() && !self.unparsed && written.lines.is_empty() {
            let words = format!("role `{}` says nothing of who holds it", written.name.text);
            let help = "add a line such as `is person.reports_to`, with a reference of your own records";
            self.report(Diagnostic::new(codes::EMPTY_ROLE, written.name.span, words).help(help));
        }
        let barred = |it: &RoleTry| matches!(it, RoleTry::Is(who) if role.never.iter().any(|never| same(who, never)));
        if !role.tries.is_empty() && role.tries.iter().all(barred) {
            let words = format!("everybody whom role `{}` names, it bars", written.name.text);
            let help = "name somebody else to fall back on: `otherwise …`";
            self.report(Diagnostic::new(codes::EMPTY_ROLE, written.name.span, words).help(help));
        }
        self.policy.roles[id.index()] = role;
    }

    fn role_try(&mut self, own: RoleId, who: &tree::Expr, place: &Place) -> Option<RoleTry> {
        match &who.kind {
            tree::ExprKind::Of { role, of } => {
                let asked = self.role_id(role)?;
                match of.as_name().map(|it| it.text.as_str()) {
                    Some(name) if self.policy.roles[own.index()].label.name == name => {
                        Some(RoleTry::OfPassedOver(asked))
                    }
                    Some(name) if self.is_role(name) => {
                        // A field may have the role's name (`is officer.supervisor`): here it is the role.
                        let first = self.role_id(of.as_name()?)?;
                        let record = self.policy.roles[own.index()].of;
                        let subject = Expr { kind: ExprKind::Subject, ty: Type::Record(record), span: of.span };
                        let found = self.holder(first, subject, of.span)?;
                        self.holder(asked, found, who.span).map(RoleTry::Is)
                    }
                    Some(name) if self.policy.record(self.policy.roles[own.index()].of).label.name == name => {
                        Some(RoleTry::Role(asked))
                    }
                    _ => {
                        self.error(
                            codes::UNKNOWN_NAME,
                            of.span,
                            "after `of` stands the record of this role, or a role",
                        );
                        None
                    }
                }
            }
            tree::ExprKind::Name(name) if self.is_role(&name.text) => self.role_id(name).map(RoleTry::Role),
            _ => {
                let expr = self.expr(who, place, None)?;
                match expr.ty {
                    Type::Record(_) => Some(RoleTry::Is(expr)),
                    _ => {
                        self.error(
                            codes::WRONG_TYPE,
                            expr.span,
                            "somebody is expected here: a field that refers to a record",
                        );
                        None
                    }
                }
            }
        }
    }

    fn is_role(&self, name: &str) -> bool {
        matches!(self.names.get(name), Some((Meaning::Role(_), _)))
    }

    pub(super) fn role_id(&mut self, name: &tree::Name) -> Option<RoleId> {
        match self.names.get(&name.text) {
            Some((Meaning::Role(_), _)) if self.is_broken(&name.text) => None,
            Some((Meaning::Role(id), _)) => Some(*id),
            _ => {
                let known = self.names_of(|it| matches!(it, Meaning::Role(_)));
                self.unknown_name(name, "role", &known);
                None
            }
        }
    }

    /// The record type of whoever holds a role, as far as its lines say.
    pub(super) fn role_result(&self, id: RoleId) -> Option<RecordId> {
        self.role_result_within(id, 0)
    }

    fn role_result_within(&self, id: RoleId, depth: usize) -> Option<RecordId> {
        if depth > self.policy.roles.len() {
            return None;
        }
        self.policy.roles[id.index()].tries.iter().find_map(|it| match it {
            RoleTry::Is(Expr { ty: Type::Record(record), .. }) => Some(*record),
            RoleTry::Is(_) => None,
            RoleTry::OfPassedOver(other) | RoleTry::Role(other) => self.role_result_within(*other, depth + 1),
        })
    }

    fn declare_definition(&mut self, written: &tree::Define) {
        let of = self.subject_of(&written.of, &written.name);
        let each = written.each.as_ref().and_then(|it| self.period_kind(it));
        if written.each.is_some() && each.is_none() {
            self.mark_broken(&written.name.text);
        }
        let value = Expr { kind: ExprKind::Literal(Value::NotApplicable), ty: Type::Number, span: nowhere() };
        self.policy.definitions.push(Definition {
            label: label(&written.name, written.title.as_ref()),
            of,
            each,
            value,
        });
    }

    /// Lowers a definition where it is first needed; the type is that of its expression.
    pub(super) fn definition(&mut self, id: DefinitionId) {
        if self.policy.definitions[id.index()].value.span != nowhere()
            || self.under_way.contains(&Rests::Definition(id))
        {
            return;
        }
        let Some(written) = self.written.defines.get(id.index()).cloned() else { return self.table(id) };
        let Some(first) = written.first().copied().filter(|it| !self.is_broken(&it.name.text)) else { return };
        // Until it is known, its own earlier value is taken to be what its outermost word gives.
        let definition = &self.policy.definitions[id.index()];
        let place = Place::of(definition.of, definition.each);
        let likely = self.likely_type(&first.value, &place).unwrap_or(Type::Number);
        self.policy.definitions[id.index()].value.ty = likely;
        self.under_way.push(Rests::Definition(id));
        let values: Vec<Option<Expr>> = written.iter().map(|it| self.expr(&it.value, &place, None)).collect();
        self.under_way.pop();
        let values = values.into_iter().collect::<Option<Vec<_>>>();
        let heads = written.into_iter().map(Head::from);
        match values.and_then(|values| self.versions(heads.zip(values).collect())) {
            Some(value) => self.policy.definitions[id.index()].value = value,
            None => self.mark_broken(&first.name.text),
        }
    }

    /// What an expression gives, as far as its outermost words and the fields and parameters among them say.
    fn likely_type(&self, written: &tree::Expr, place: &Place) -> Option<Type> {
        use tree::ExprKind as Written;
        let money = |it: &Type| matches!(it, Type::Money { .. } | Type::Duration(_));
        Some(match &written.kind {
            Written::Not(_)
            | Written::And(_)
            | Written::Or(_)
            | Written::Compare { .. }
            | Written::IsKnown(_)
            | Written::OverDays { .. }
            | Written::IsUnknown(_)
            | Written::StageIs { .. }
            | Written::IsOneOf { .. }
            | Written::IsIn { .. }
            | Written::YesNo(_) => Type::YesNo,
            Written::Date(_) | Written::Today | Written::Edge { .. } | Written::Offset { .. } => Type::Date,
            Written::Text(_) => Type::Text,
            Written::Money { currency, .. } => Type::Money { currency: currency.text.as_str().into(), per: None },
            Written::Number(_) | Written::Percent(_) | Written::Weighted(_) | Written::Share(_) => Type::Number,
            Written::Arithmetic { left, right, .. } => {
                let (left, right) = (self.likely_type(left, place), self.likely_type(right, place));
                left.clone().filter(money).or(right.filter(money)).or(left)?
            }
            Written::If { then, otherwise, .. } => {
                self.likely_type(then, place).or_else(|| self.likely_type(otherwise, place))?
            }
            Written::Tailed { value, .. } | Written::Negative(value) => self.likely_type(value, place)?,
            Written::Aggregate(aggregate) => match aggregate.word {
                tree::AggregateWord::Count => Type::Number,
                tree::AggregateWord::Every | tree::AggregateWord::Any | tree::AggregateWord::No => Type::YesNo,
                _ => self.likely_type(aggregate.value.as_ref()?, place)?,
            },
            Written::Dot(_, name) | Written::Name(name) => self.type_of_name(name, place)?,
            _ => return None,
        })
    }

    /// A field of the subject or a parameter: what is known before any definition is.
    fn type_of_name(&self, name: &tree::Name, place: &Place) -> Option<Type> {
        if let Some((Meaning::Parameter(id), _)) = self.names.get(&name.text) {
            return self.policy.parameters.get(id.index()).map(|it| it.ty.clone());
        }
        self.fields_named(place.subject?, name, place).into_iter().next().map(|it| it.0.ty)
    }
}
