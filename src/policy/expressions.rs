//! Expressions: names looked up, types known, units and currencies held apart.

use std::sync::Arc;

use crate::calendar::PeriodKind;
use crate::codes_policy as codes;
use crate::diagnostic::Diagnostic;
use crate::ids::{ChoiceId, RecordId, RoleId, StageId};
use crate::policy::model::{Context, DateRule, Expr, ExprKind, FieldKind, Point, Shape, StageMoment, Type, Way, When};
use crate::policy::names::{Builder, Meaning, Rests, list, nearest};
use crate::policy::proposals::ProposalPlace;
use crate::policy::records::time_unit;
use crate::source::Span;
use crate::syntax::tree::{self, ExprKind as Written, Name};
use crate::value::{Known, Number, TimeUnit, Value};

/// Where an expression stands: what it may speak of.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    /// The record that it is about.
    pub(super) subject: Option<RecordId>,
    /// The period at hand.
    pub(super) each: Option<PeriodKind>,
    /// The stages of the workflow around it.
    pub(super) stages: Vec<String>,
    /// Whether a case is at hand: messages.
    pub(super) in_case: bool,
    /// Whether something was always chosen before: in what tells of decisions.
    pub(super) chosen: bool,
    /// Whom the framework around covers: they are ranked with each other.
    pub(super) covered: Option<Box<Expr>>,
    /// The proposal that the case is about.
    pub(super) proposal: Option<ProposalPlace>,
    /// One of several people, and what they are called.
    pub(super) one: Option<(String, RecordId)>,
    /// Those for whom a stage opens, each with a part of their own: what they are called, and the records that name them.
    pub(super) each_one: Option<(String, RecordId)>,
    /// The committee that decides in the stage around.
    pub(super) committee: Option<usize>,
    /// Whether an earlier period is asked: there a definition may rest on itself.
    pub(super) earlier: bool,
    /// Whether the subject stands right below the one that is spoken of, in a tree: there a definition may rest on itself, too.
    pub(super) below: bool,
    /// Whether the spell that is spoken of was looked for in a stretch of time, in which its days count.
    pub(super) days_within: bool,
}

impl Place {
    pub(super) fn nowhere() -> Self {
        Self::default()
    }

    pub(super) fn of(subject: RecordId, each: Option<PeriodKind>) -> Self {
        Self { subject: Some(subject), each, ..Self::default() }
    }

    pub(super) fn stage_named(&self, name: &str) -> Option<StageId> {
        self.stages.iter().position(|it| it == name).map(StageId::at)
    }
}

/// How many definitions may rest on each other: what reads them goes down as deep.
const DEEPEST: usize = 60;

pub(super) fn made(kind: ExprKind, ty: Type, span: Span) -> Option<Expr> {
    Some(Expr { kind, ty, span })
}

/// The record of a type that a child belongs to.
fn owner_of(child: Expr, owner: RecordId, span: Span) -> Expr {
    Expr { kind: ExprKind::Owner { of: Box::new(child) }, ty: Type::Record(owner), span }
}

fn literal(known: Known, ty: Type, span: Span) -> Option<Expr> {
    made(ExprKind::Literal(Value::Known(known)), ty, span)
}

impl Builder<'_, '_> {
    /// A condition: yes or no.
    pub(super) fn condition(
        &mut self,
        written: &tree::Expr,
        subject: RecordId,
        each: Option<PeriodKind>,
    ) -> Option<Expr> {
        self.condition_at(written, &Place::of(subject, each))
    }

    pub(super) fn condition_at(&mut self, written: &tree::Expr, place: &Place) -> Option<Expr> {
        let expr = self.expr(written, place, Some(&Type::YesNo))?;
        if expr.ty == Type::YesNo {
            return Some(expr);
        }
        let words = format!("a condition is expected here, and this is {}", self.type_words(&expr.ty));
        let help = "compare it with something: `is`, `is known`, `<`, `is one of …`";
        self.report(Diagnostic::new(codes::WRONG_TYPE, expr.span, words).help(help));
        None
    }

    /// An expression; nothing when a mistake was reported. `want` is the type of the other side, for choices.
    pub(super) fn expr(&mut self, written: &tree::Expr, place: &Place, want: Option<&Type>) -> Option<Expr> {
        let span = written.span;
        match &written.kind {
            Written::Number(number) => literal(Known::Number(self.number(number)?), Type::Number, span),
            Written::Percent(number) => {
                let hundredth = self.number(number)?.divide(Number::from(100)).ok()?;
                literal(Known::Number(hundredth), Type::Number, span)
            }
            Written::Money { currency, amount } => {
                let code: Arc<str> = Arc::from(currency.text.as_str());
                let known = Known::Money { amount: self.number(amount)?, currency: Arc::clone(&code) };
                literal(known, Type::Money { currency: code, per: None }, span)
            }
            Written::Text(text) => match want {
                Some(Type::Choice(choices)) => self.choice(*choices, &text.text, span),
                _ => literal(Known::Text(Arc::from(text.text.as_str())), Type::Text, span),
            },
            Written::YesNo(yes) => literal(Known::YesNo(*yes), Type::YesNo, span),
            Written::Date(date) => literal(Known::Date(self.date(date)?), Type::Date, span),
            Written::Length(length) => {
                let unit = time_unit(length.unit);
                let count = i64::from(self.length(length)?.count);
                literal(Known::Duration { count, unit }, Type::Duration(unit), span)
            }
            Written::Name(name) => self.name(name, place, want),
            Written::Dot(base, field) => self.dot(base, field, place, span),
            Written::Of { role, of } if self.is_defined(role) => self.defined_of(role, of, place, span),
            Written::Of { role, of } => {
                let id = self.role_id(role)?;
                let of = self.expr(of, place, None)?;
                self.holder(id, of, span)
            }
            Written::Previous(name) => {
                let what = tree::Expr { kind: Written::Name(name.clone()), span: name.span };
                self.previous(&what, place, span)
            }
            Written::OverDays { condition, every, kind } => self.over_days(condition, *every, kind, place, span),
            Written::AsOn { what, day } => self.as_on(what, day, place, span),
            Written::For { pay, length } => self.pay_for(pay, length, place, span),
            Written::ForDays { pay, days } => self.pay_for_days(pay, days, place, span),
            Written::Share(parts) => self.share_of_points(parts, place, span),
            Written::Aggregate(aggregate) => self.aggregate(aggregate, place, span),
            Written::Happened(happened) => self.happened(happened, place, span),
            Written::Population(population) => self.population(population, place, span),
            Written::InPeriod { what, which } => self.in_period(what, which, place, span),
            Written::History { condition, history } => self.history(condition, history, place, span),
            Written::Not(inner) => {
                let inner = self.condition_at(inner, place)?;
                made(ExprKind::Not(Box::new(inner)), Type::YesNo, span)
            }
            Written::And(parts) => {
                let parts = self.conditions(parts, place)?;
                made(ExprKind::And(parts), Type::YesNo, span)
            }
            Written::Or(parts) => {
                let parts = self.conditions(parts, place)?;
                made(ExprKind::Or(parts), Type::YesNo, span)
            }
            Written::Arithmetic { op, left, right } => self.arithmetic(*op, left, right, place, span),
            Written::Negative(inner) => {
                let inner = self.expr(inner, place, want)?;
                match (&inner.kind, &inner.ty) {
                    (ExprKind::Literal(Value::Known(Known::Number(number))), _) => {
                        literal(Known::Number(number.negate().ok()?), Type::Number, span)
                    }
                    (_, Type::Number | Type::Money { .. }) => {
                        let ty = inner.ty.clone();
                        made(ExprKind::Negative(Box::new(inner)), ty, span)
                    }
                    _ => self.wrong(&inner, "a number is expected behind the minus sign"),
                }
            }
            Written::Compare { op, left, right } => self.comparison(*op, left, right, place, span),
            Written::IsKnown(inner) => {
                let inner = self.expr(inner, place, None)?;
                made(ExprKind::IsKnown(Box::new(inner)), Type::YesNo, span)
            }
            Written::IsUnknown(inner) => {
                let inner = self.expr(inner, place, None)?;
                let known = Expr { kind: ExprKind::IsKnown(Box::new(inner)), ty: Type::YesNo, span };
                made(ExprKind::Not(Box::new(known)), Type::YesNo, span)
            }
            Written::IsOneOf { value, choices, negated } => {
                let value = self.expr(value, place, None)?;
                let choices: Vec<Option<Expr>> =
                    choices.iter().map(|it| self.other_side(it, place, &value.ty)).collect();
                let choices = choices.into_iter().collect::<Option<Vec<_>>>()?;
                self.negate_if(*negated, ExprKind::OneOf { value: Box::new(value), choices }, span)
            }
            Written::IsIn { value, range, negated } => {
                let value = self.expr(value, place, None)?;
                let ty = value.ty.clone();
                self.ordered(&ty, span)?;
                let mut end = |end: &Option<Box<tree::Expr>>, open: bool| match end {
                    None => Some(None),
                    Some(end) => self.other_side(end, place, &ty).map(|it| Some((Box::new(it), !open))),
                };
                let low = end(&range.low, range.low_open)?;
                let high = end(&range.high, range.high_open)?;
                self.negate_if(*negated, ExprKind::InRange { value: Box::new(value), low, high }, span)
            }
            Written::If { condition, then, otherwise } => {
                let condition = self.condition_at(condition, place);
                let then = self.expr(then, place, want)?;
                let otherwise = self.other_side(otherwise, place, &then.ty)?;
                let ty = then.ty.clone();
                let (condition, then, otherwise) = (Box::new(condition?), Box::new(then), Box::new(otherwise));
                made(ExprKind::If { condition, then, otherwise }, ty, span)
            }
            Written::Extreme { pick, of } => self.extreme(*pick, of, place, written),
            Written::Mean(of) => self.mean(of, place, written.span),
            Written::Weighted(parts) => self.weighted(parts, place, span),
            Written::Tailed { value, tail } => self.tailed(value, tail, place, want, span),
            Written::Between { unit, from, to } => {
                let from = self.day(from, place);
                let to = self.day(to, place)?;
                let unit = time_unit(*unit);
                let kind = ExprKind::Between { unit, from: Box::new(from?), to: Box::new(to) };
                made(kind, Type::Duration(unit), span)
            }
            Written::StageIs { stage, state } => {
                let stage = self.stage_id(stage, place)?;
                made(ExprKind::StageIs { stage, state: *state }, Type::YesNo, span)
            }
            Written::Today => made(ExprKind::Today, Type::Date, span),
            Written::Opening if place.in_case => made(ExprKind::Context(Context::Opening), Type::Date, span),
            Written::DueDate if place.in_case => made(ExprKind::Context(Context::Due), Type::Date, span),
            Written::Unknown | Written::Period(_) => {
                self.error(codes::WRONG_TYPE, span, "this can't be used as a value here");
                None
            }
            Written::Opening
            | Written::DueDate
            | Written::DayMonth { .. }
            | Written::Edge { .. }
            | Written::Offset { .. }
            | Written::Beginning { .. }
            | Written::AtClock { .. } => {
                let rule = self.date_rule(written, place)?;
                made(ExprKind::DateOf(Box::new(rule)), Type::Date, span)
            }
        }
    }

    fn negate_if(&mut self, negated: bool, kind: ExprKind, span: Span) -> Option<Expr> {
        let plain = Expr { kind, ty: Type::YesNo, span };
        if negated { made(ExprKind::Not(Box::new(plain)), Type::YesNo, span) } else { Some(plain) }
    }

    fn conditions(&mut self, parts: &[tree::Expr], place: &Place) -> Option<Vec<Expr>> {
        let parts: Vec<Option<Expr>> = parts.iter().map(|it| self.condition_at(it, place)).collect();
        parts.into_iter().collect()
    }

    pub(super) fn number(&mut self, number: &tree::Number) -> Option<Number> {
        let parsed = number.text.parse().ok();
        if parsed.is_none() {
            self.error(codes::WRONG_TYPE, number.span, "this number is too long to be held exactly");
        }
        parsed
    }

    pub(super) fn wrong(&mut self, expr: &Expr, words: &str) -> Option<Expr> {
        let words = format!("{words}, and this is {}", self.type_words(&expr.ty));
        self.error(codes::WRONG_TYPE, expr.span, words);
        None
    }

    // ---- names

    fn name(&mut self, name: &Name, place: &Place, want: Option<&Type>) -> Option<Expr> {
        let span = name.span;
        if let Some(Type::Choice(choices)) = want
            && self.policy.choices[choices.index()].choices.iter().any(|it| it.name == name.text)
        {
            return self.choice(*choices, &name.text, span);
        }
        if place.in_case
            && let Some(context) = self.context(name, place)
        {
            return Some(context);
        }
        if let Some(found) = self.proposal(name, place).or_else(|| self.one(name, place)) {
            return Some(found);
        }
        if let Some(stage) = place.stage_named(&name.text)
            && want == Some(&Type::Date)
        {
            let rule = DateRule::At(Point::Stage(stage, StageMoment::Ended));
            return made(ExprKind::DateOf(Box::new(rule)), Type::Date, span);
        }
        if self.is_broken(&name.text) {
            return None;
        }
        let mut fits: Vec<(Expr, Option<Span>)> = Vec::new();
        let subject = |ty| Expr { kind: ExprKind::Subject, ty, span };
        match self.names.get(&name.text).copied() {
            Some((Meaning::Parameter(id), at)) => {
                let ty = self.policy.parameters.get(id.index()).map_or(Type::Number, |it| it.ty.clone());
                fits.push((Expr { kind: ExprKind::Parameter(id), ty, span }, Some(at)));
            }
            Some((Meaning::Definition(id), at)) => {
                let (of, each) = (self.policy.definitions[id.index()].of, self.policy.definitions[id.index()].each);
                let of = self.subject_for(name, place, of, each)?;
                let ty = self.definition_type(id, place, span)?;
                fits.push((
                    Expr { kind: ExprKind::Definition { id, of: Box::new(of), when: When::Now }, ty, span },
                    Some(at),
                ));
            }
            Some((Meaning::Scale(id), at)) => {
                let (of, each) = (self.policy.scales[id.index()].subject, self.policy.scales[id.index()].each);
                let of = self.subject_for(name, place, of, each)?;
                self.scale_is_not_under_way(id, place, span)?;
                let ty = Type::Choice(self.policy.scales[id.index()].choices);
                fits.push((
                    Expr { kind: ExprKind::Band { id, of: Box::new(of), when: When::Now }, ty, span },
                    Some(at),
                ));
            }
            Some((Meaning::Role(id), at)) => {
                let of = self.subject_for(name, place, self.policy.roles[id.index()].of, None)?;
                let holder = self.holder(id, of, span)?;
                fits.push((holder, Some(at)));
            }
            Some((Meaning::Record(id), at)) if place.subject == Some(id) => {
                fits.push((subject(Type::Record(id)), Some(at)));
            }
            Some((Meaning::Record(id), at)) => {
                fits.extend(self.owner_here(id, place, span).map(|owner| (owner, Some(at))));
            }
            _ => {}
        }
        if let Some(id) = place.subject {
            fits.extend(self.fields_named(id, name, place).into_iter().map(|(it, at)| (it, Some(at))));
        }
        if fits.iter().any(|(it, _)| self.is_broken_field(it)) {
            return None;
        }
        match fits.len() {
            0 if self.days_of_spell(name, place).is_some() => self.days_of_spell(name, place),
            0 => {
                self.no_such_word(name, place, want);
                None
            }
            1 => fits.pop().map(|it| it.0),
            _ => {
                let words = format!("`{}` can mean two things here", name.text);
                let mut two = Diagnostic::new(codes::TWO_FIT, span, words)
                    .help("say which: the record's name, a dot, and the field");
                for (_, at) in fits.iter().take(2) {
                    two = at.map_or_else(|| two.clone(), |at| two.clone().label(at, "it may be this one"));
                }
                self.report(two);
                None
            }
        }
    }

    /// Whether the type of the field that is asked for could not be told.
    fn is_broken_field(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Field { record, field, .. } | ExprKind::Panel { record, field, .. } => {
                self.broken_fields.contains(&(*record, *field))
            }
            _ => false,
        }
    }

    /// The record that the subject belongs to, if it is of this type: `officer` where an `incident of officer` is spoken of.
    fn owner_here(&self, owner: RecordId, place: &Place, span: Span) -> Option<Expr> {
        let child = place.subject?;
        let subject = Expr { kind: ExprKind::Subject, ty: Type::Record(child), span };
        self.policy.child_of(child).filter(|it| *it == owner).map(|_| owner_of(subject, owner, span))
    }

    /// The subject, if a definition, scale or role of this record type can be asked here.
    fn subject_for(&mut self, name: &Name, place: &Place, of: RecordId, each: Option<PeriodKind>) -> Option<Expr> {
        if place.subject == Some(of) {
            if let Some(each) = each.filter(|it| place.each != Some(*it)) {
                let kind = self.policy.main().kind_name(each).to_owned();
                let words = format!("`{}` has a value for each {kind}, and no {kind} is at hand here", name.text);
                let help = format!("use it where something is said `each {kind}`");
                self.report(Diagnostic::new(codes::NO_PERIOD, name.span, words).help(help));
                return None;
            }
            return Some(Expr { kind: ExprKind::Subject, ty: Type::Record(of), span: name.span });
        }
        if each.is_none()
            && let Some(owner) = self.owner_here(of, place, name.span)
        {
            return Some(owner);
        }
        let owner = self.policy.record(of).label.name.clone();
        let words = format!("`{}` belongs to `{owner}`, which is not what is spoken of here", name.text);
        self.report(
            Diagnostic::new(codes::UNKNOWN_NAME, name.span, words)
                .help(format!("use it where `{owner}` is the subject")),
        );
        None
    }

    /// A scale may be asked only where what it bands is not just being defined. Of an earlier period it may: there it is known.
    pub(super) fn scale_is_not_under_way(&mut self, id: crate::ids::ScaleId, place: &Place, span: Span) -> Option<()> {
        if place.earlier {
            return Some(());
        }
        let name = self.policy.scales[id.index()].label.name.clone();
        if self.under_way.contains(&Rests::Scale(id)) {
            self.defined_by_itself(&name, span);
            return None;
        }
        self.not_too_deep(span)?;
        self.scale(id);
        (!self.is_broken(&name)).then_some(())
    }

    fn defined_by_itself(&mut self, name: &str, span: Span) {
        let words = format!("`{name}` is defined by itself");
        let help = "a definition may use its own earlier period (`previous …`), or what stands right below in a tree (`sum of … of \
                    units whose parent is this unit`), never itself";
        self.report(Diagnostic::new(codes::DEFINED_BY_ITSELF, span, words).help(help));
    }

    fn not_too_deep(&mut self, span: Span) -> Option<()> {
        if self.under_way.len() < DEEPEST {
            return Some(());
        }
        let words = format!("more than {DEEPEST} definitions rest on each other here");
        let help = "bring some of them together in one definition";
        self.report(Diagnostic::new(codes::DEFINED_BY_ITSELF, span, words).help(help));
        None
    }

    pub(super) fn definition_type(&mut self, id: crate::ids::DefinitionId, place: &Place, span: Span) -> Option<Type> {
        if (place.earlier || place.below) && self.under_way.last() == Some(&Rests::Definition(id)) {
            return Some(self.policy.definitions[id.index()].value.ty.clone());
        }
        if self.under_way.contains(&Rests::Definition(id)) {
            let name = self.policy.definitions[id.index()].label.name.clone();
            self.defined_by_itself(&name, span);
            return None;
        }
        self.not_too_deep(span)?;
        self.definition(id);
        let definition = &self.policy.definitions[id.index()];
        (!self.is_broken(&definition.label.name)).then(|| definition.value.ty.clone())
    }

    pub(super) fn holder(&mut self, role: RoleId, of: Expr, span: Span) -> Option<Expr> {
        if of.ty != Type::Record(self.policy.roles[role.index()].of) {
            let (role, owner) = (&self.policy.roles[role.index()], self.policy.roles[role.index()].of);
            let words = format!("`{}` is a role of `{}`", role.label.name, self.policy.record(owner).label.name);
            self.error(codes::WRONG_TYPE, of.span, words);
            return None;
        }
        let record = self.role_result(role).unwrap_or(self.policy.roles[role.index()].of);
        made(ExprKind::Holder { role, of: Box::new(of) }, Type::Record(record), span)
    }

    pub(super) fn fields_named(&self, subject: RecordId, name: &Name, place: &Place) -> Vec<(Expr, Span)> {
        let mut fits = Vec::new();
        let of = || Box::new(Expr { kind: ExprKind::Subject, ty: Type::Record(subject), span: name.span });
        for (at, kind) in self.policy.records.iter().enumerate() {
            let record = RecordId::at(at);
            let Some(field) = kind.field_named(&name.text) else { continue };
            let ty = field_type(&kind.fields[field.index()].kind);
            let at = kind.fields[field.index()].label.span;
            let kind = match kind.shape {
                _ if record == subject => ExprKind::Field { of: of(), record, field },
                Shape::Panel { of: owner, each } if owner == subject && place.each == Some(each) => {
                    ExprKind::Panel { of: of(), record, field, when: When::Now }
                }
                _ => continue,
            };
            fits.push((Expr { kind, ty, span: name.span }, at));
        }
        fits
    }

    fn no_such_word(&mut self, name: &Name, place: &Place, want: Option<&Type>) {
        if let Some(Type::Choice(choices)) = want {
            self.choice(*choices, &name.text, name.span);
            return;
        }
        let mut known = self.names_of(|it| {
            matches!(it, Meaning::Parameter(_) | Meaning::Definition(_) | Meaning::Scale(_) | Meaning::Role(_))
        });
        if !place.stages.is_empty() {
            known.extend(["opening".to_owned(), "due".to_owned()]);
        }
        if let Some(subject) = place.subject {
            let panels = |kind: &&crate::policy::model::RecordType| matches!(kind.shape, Shape::Panel { of, each } if of == subject && place.each == Some(each));
            let own = std::iter::once(self.policy.record(subject)).chain(self.policy.records.iter().filter(panels));
            known.extend(own.flat_map(|it| it.fields.iter().map(|field| field.label.name.clone())));
        }
        self.unknown_name(name, "name", &known);
    }

    pub(super) fn choice(&mut self, choices: ChoiceId, name: &str, span: Span) -> Option<Expr> {
        let known: Vec<String> =
            self.policy.choices[choices.index()].choices.iter().map(|it| it.name.clone()).collect();
        let Some(at) = known.iter().position(|it| it == name) else {
            self.no_such_choice(name, &known, span);
            return None;
        };
        literal(Known::Choice(choices, u32::try_from(at).ok()?), Type::Choice(choices), span)
    }

    pub(super) fn no_such_choice(&mut self, name: &str, known: &[String], span: Span) {
        let near = nearest(name, known)
            .map_or_else(|| format!("the choices are {}", list(known)), |near| format!("did you mean `{near}`?"));
        let words = format!("`{name}` is none of the choices here");
        self.report(Diagnostic::new(codes::NO_SUCH_CHOICE, span, words).help(near));
    }

    /// What only a case knows, in messages.
    fn context(&mut self, name: &Name, place: &Place) -> Option<Expr> {
        // These two may be called as what a policy already speaks of.
        let own = |it: RecordId| self.policy.record(it).field_named(&name.text).is_some();
        let spoken_of = self.names.contains_key(&name.text) || place.subject.is_some_and(own);
        let written_to = |way: Way| {
            self.policy.records.iter().position(|it| it.fields.iter().any(|it| way.is_addressed_by(&it.kind)))
        };
        let person = Way::ALL.into_iter().find_map(written_to);
        let person = Type::Record(person.map_or(RecordId(0), RecordId::at));
        let (context, ty) = match name.text.as_str() {
            "working_days_overdue" => (Context::WorkingDaysOverdue, Type::Number),
            "days_overdue" => (Context::DaysOverdue, Type::Number),
            "case_id" => (Context::CaseId, Type::Number),
            "workflow" => (Context::Workflow, Type::Text),
            "stage" => (Context::Stage, Type::Text),
            "recipient" => (Context::Recipient, person),
            "holder" => (Context::Holder, person),
            "choice" if !spoken_of => (Context::Choice, Type::Text),
            "reason" if !spoken_of => (Context::Reason, Type::Text),
            other if self.policy.main().period_kind(other).is_some() => (Context::Period, Type::Text),
            _ => return None,
        };
        Some(Expr { kind: ExprKind::Context(context), ty, span: name.span })
    }

    fn dot(&mut self, base: &tree::Expr, field: &Name, place: &Place, span: Span) -> Option<Expr> {
        if let Some(point) = self.stage_moment(base, field, place) {
            return made(ExprKind::DateOf(Box::new(DateRule::At(point))), Type::Date, span);
        }
        if let Some(part) = self.proposal_part(base, field, place, span) {
            return part;
        }
        if let (Some(name), Some(subject)) = (base.as_name(), place.subject)
            && let Some((Meaning::Record(record), _)) = self.names.get(&name.text).copied()
            && record != subject
            && self.policy.child_of(subject) != Some(record)
            // A field may be called as the record that it names: `unit.head`.
            && self.fields_named(subject, name, place).is_empty()
        {
            return self.panel_field(record, subject, name, field, place, span);
        }
        if let Written::Previous(name) = &base.kind
            && let Some((Meaning::Record(_), _)) = self.names.get(&name.text)
        {
            let record = tree::Expr { kind: Written::Name(name.clone()), span: name.span };
            let kind = Written::Dot(Box::new(record), field.clone());
            return self.previous(&tree::Expr { kind, span: base.span }, place, span);
        }
        let base = self.expr(base, place, None)?;
        let Type::Record(record) = base.ty else {
            return self.wrong(&base, &format!("`.{}` asks a record for a field", field.text));
        };
        if let Some(owner) = self.policy.child_of(record).filter(|it| self.policy.record(*it).label.name == field.text)
            && self.policy.record(record).field_named(&field.text).is_none()
        {
            return Some(owner_of(base, owner, span));
        }
        let id = self.field_id(record, field)?;
        if self.broken_fields.contains(&(record, id)) {
            return None;
        }
        let ty = field_type(&self.policy.field(record, id).kind);
        made(ExprKind::Field { of: Box::new(base), record, field: id }, ty, span)
    }

    fn panel_field(
        &mut self,
        record: RecordId,
        subject: RecordId,
        name: &Name,
        field: &Name,
        place: &Place,
        span: Span,
    ) -> Option<Expr> {
        let fits = match self.policy.record(record).shape {
            Shape::Panel { of, each } => of == subject && place.each == Some(each),
            _ => false,
        };
        if !fits {
            let owner = self.policy.record(subject).label.name.clone();
            let words = format!("`{}` is not something that each `{owner}` has here", name.text);
            let help = "reach another record through a field that refers to it; a record kept for each period needs `each` that period";
            self.report(Diagnostic::new(codes::UNKNOWN_NAME, name.span, words).help(help));
            return None;
        }
        let id = self.field_id(record, field)?;
        if self.broken_fields.contains(&(record, id)) {
            return None;
        }
        let ty = field_type(&self.policy.field(record, id).kind);
        let of = Box::new(Expr { kind: ExprKind::Subject, ty: Type::Record(subject), span: name.span });
        made(ExprKind::Panel { of, record, field: id, when: When::Now }, ty, span)
    }

    pub(super) fn field_id(&mut self, record: RecordId, field: &Name) -> Option<crate::ids::FieldId> {
        let found = self.policy.record(record).field_named(&field.text);
        if found.is_none() {
            let kind = self.policy.record(record);
            let known: Vec<String> = kind.fields.iter().map(|it| it.label.name.clone()).collect();
            let what = format!("field of `{}` called", kind.label.name);
            self.unknown_name(field, &what, &known);
        }
        found
    }

    /// A type in the words of policy staff.
    pub(super) fn type_words(&self, ty: &Type) -> String {
        match ty {
            Type::YesNo => "a condition".to_owned(),
            Type::Number => "a number".to_owned(),
            Type::Money { currency, per: None } => format!("money in {currency}"),
            Type::Money { currency, per: Some(unit) } => format!("money in {currency} per {}", unit_word(*unit)),
            Type::Date => "a date".to_owned(),
            Type::Timestamp => "a moment".to_owned(),
            Type::Duration(unit) => format!("a length of time in {}s", unit_word(*unit)),
            Type::Text => "a text".to_owned(),
            Type::Choice(choices) => {
                let names: Vec<String> =
                    self.policy.choices[choices.index()].choices.iter().map(|it| it.name.clone()).collect();
                format!("a choice of {}", list(&names))
            }
            Type::Record(record) => format!("a record `{}`", self.policy.record(*record).label.name),
        }
    }
}

pub(super) fn unit_word(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Hours => "hour",
        TimeUnit::Days => "day",
        TimeUnit::WorkingDays => "working day",
        TimeUnit::Weeks => "week",
        TimeUnit::Months => "month",
        TimeUnit::Years => "year",
    }
}

pub(super) fn same_kind(a: &Type, b: &Type) -> bool {
    a == b
}

/// The type that a field's value has in expressions.
pub(super) fn field_type(kind: &FieldKind) -> Type {
    match kind {
        FieldKind::Text | FieldKind::Email | FieldKind::Phone | FieldKind::Post => Type::Text,
        FieldKind::Number { .. } => Type::Number,
        FieldKind::Money { currency, per, .. } => Type::Money { currency: Arc::clone(currency), per: *per },
        FieldKind::Date | FieldKind::Event => Type::Date,
        FieldKind::Timestamp => Type::Timestamp,
        FieldKind::Duration(unit) => Type::Duration(*unit),
        FieldKind::YesNo => Type::YesNo,
        FieldKind::Choice(choices) => Type::Choice(*choices),
        FieldKind::Reference(record) => Type::Record(*record),
    }
}
