//! What a workflow reads: which changed fact concerns which of its cases, and on which days something changes by itself.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;

use crate::ids::{DefinitionId, FieldId, RecordId, RoleId, ScaleId, WorkflowId};
use crate::policy::committee::{Committee, Recused};
use crate::policy::flow::OneEach;
use crate::policy::model::{
    Aggregate, AggregateWord, AsOn, Context, DateRule, Done, Expr, ExprKind, FieldKind, Members, Party, Point, Policy,
    PutOff, RoleTry, Shape, SpellWindow, Type, When,
};
use crate::value::TimeUnit;

/// A reference field, with the record type that holds it.
pub type Reference = (RecordId, FieldId);

/// Keys of records by their type.
pub type Found = BTreeMap<RecordId, BTreeSet<Arc<str>>>;

/// What is found from these, from what is found there, and so on; with these themselves.
pub(crate) fn again_and_again<E>(found: &Found, step: impl Fn(&Found) -> Result<Vec<Found>, E>) -> Result<Found, E> {
    let (mut all, mut fresh) = (found.clone(), found.clone());
    while !fresh.is_empty() {
        let mut next = Found::new();
        for (record, keys) in step(&fresh)?.into_iter().flatten() {
            let known = all.entry(record).or_default();
            let new: BTreeSet<_> = keys.into_iter().filter(|it| known.insert(Arc::clone(it))).collect();
            if !new.is_empty() {
                next.entry(record).or_default().extend(new);
            }
        }
        fresh = next;
    }
    Ok(all)
}

/// A part of the way from a subject to a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// Along one reference.
    One(Reference),
    /// To the children of a type.
    Children(RecordId),
    /// From children of a type to those they belong to.
    Owner(RecordId),
    /// To the records that a reference leads from.
    Back(Reference),
    /// Along any of these, again and again or not at all: a role that falls through up the line.
    Any(BTreeSet<Reference>),
    /// To the records that a reference leads from, again and again or not at all: whatever stands below in a tree.
    Below(Reference),
}

/// A fact that a workflow reads, and the way from the subject to the record that holds it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Read {
    /// The record type that holds the field.
    pub record: RecordId,
    /// The field.
    pub field: FieldId,
    /// The way from the subject to the record.
    pub path: Vec<Way>,
}

/// What a workflow reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    /// Every fact that its cases rest on, or that decides who has one.
    pub facts: BTreeSet<Read>,
    /// The days on which something may change though no fact does.
    pub turns: Turns,
    /// Whether they rest on a rank, which any fact of anybody may change.
    pub ranks: bool,
}

/// The days on which something may change though no fact does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Turns {
    /// Every day: the day itself is read.
    pub daily: bool,
    /// Days on which a parameter or a line of the policy begins to hold, or no longer does.
    pub days: BTreeSet<Date>,
}

impl Turns {
    /// The first of them after a day.
    #[must_use]
    pub fn after(&self, day: Date) -> Option<Date> {
        let tomorrow = day.tomorrow().ok()?;
        if self.daily { Some(tomorrow) } else { self.days.range(tomorrow..).next().copied() }
    }
}

impl Policy {
    /// Those to whom children of a type belong.
    pub(crate) fn owners(&self, child: RecordId, found: &Found) -> Found {
        let keys = found.get(&child).into_iter().flatten();
        let owners = keys.filter_map(|it| it.rsplit_once('/')).map(|(owner, _)| Arc::from(owner)).collect();
        self.owner_of(child).map(|owner| (owner, owners)).into_iter().collect()
    }

    /// What the cases of a workflow rest on, and what decides who has one.
    #[must_use]
    pub fn reads(&self, id: WorkflowId) -> Reads {
        let flow = self.workflow(id);
        let mut reader = Reader {
            policy: self,
            subject: flow.subject,
            own_calendars: !flow.names_calendar,
            pinned_day: flow.each.is_some(),
            reads: Reads::default(),
            seen: BTreeSet::new(),
            one: None,
            depth: Cell::new(0),
        };
        reader.goes_by(&[]);
        let conditions = flow.condition.iter().chain(&flow.suspend).chain(flow.cancels.iter().map(|it| &it.when));
        conditions.for_each(|it| reader.expr(it, &[]));
        flow.closes.iter().for_each(|it| reader.rule(it, &[]));
        for exemption in &flow.exempt {
            exemption.condition.iter().for_each(|it| reader.expr(it, &[]));
            reader.reads.turns.days.insert(exemption.order.of);
        }
        for stage in &flow.stages {
            reader.reads.turns.days.extend(stage.adjusted.iter().map(|it| it.order.of));
            stage.opens.iter().chain(&stage.closes).for_each(|it| reader.rule(it, &[]));
            stage.only_if.iter().for_each(|it| reader.expr(it, &[]));
            for line in &stage.due {
                line.when.iter().for_each(|it| reader.expr(it, &[]));
                std::iter::once(&line.date)
                    .chain(&line.or_else)
                    .chain(&line.late_comers)
                    .for_each(|it| reader.rule(it, &[]));
                reader.holds(line.from, line.until);
            }
            match &stage.done {
                Done::AllFilled => {}
                Done::When(expr) | Done::On(expr) => reader.expr(expr, &[]),
            }
            stage.needs.iter().for_each(|it| reader.expr(&it.when, &[]));
            let part = stage.for_each.as_ref().map(|it| reader.each_one(flow.subject, it)).unwrap_or_default();
            for fill in stage.fills.iter().chain(stage.needs.iter().flat_map(|it| &it.fields)) {
                let path = if stage.is_in_the_part(fill) { &part[..] } else { &[] };
                reader.take(fill.record, fill.field, path);
            }
            // Whom a step writes to decides whether it can be taken.
            let written_to = stage.steps.iter().flat_map(|it| &it.to);
            stage.by.iter().chain(&stage.but_not).chain(written_to).for_each(|it| reader.party(flow.subject, it));
            let committee = stage.decision.as_ref().and_then(|it| it.committee);
            committee.and_then(|at| self.committees.get(at)).iter().for_each(|it| reader.committee(flow.subject, it));
        }
        reader.reads
    }

    /// Keeps with each workflow on which days something may change in it though no fact does.
    pub(super) fn find_turns(&mut self) {
        for id in (0..self.workflows.len()).map(WorkflowId::at) {
            self.workflows[id.index()].turns = self.reads(id).turns;
        }
    }

    /// The record type that children of this type belong to; nothing if they are no children.
    #[must_use]
    pub fn child_of(&self, record: RecordId) -> Option<RecordId> {
        match self.record(record).shape {
            Shape::Child { of } => Some(of),
            Shape::Entity { .. } | Shape::Panel { .. } => None,
        }
    }

    /// The record type that records of this type belong to.
    #[must_use]
    pub fn owner_of(&self, record: RecordId) -> Option<RecordId> {
        match self.record(record).shape {
            Shape::Entity { .. } => None,
            Shape::Panel { of, .. } | Shape::Child { of } => Some(of),
        }
    }
}

/// What has been read already, from where: definitions may name their own earlier periods, and roles each other.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Seen {
    Definition(DefinitionId, Path),
    Scale(ScaleId, Path),
    Role(RoleId, Path),
    Field(RecordId, FieldId, Path),
    Calendar(Path),
}

pub(super) struct Reader<'p> {
    pub(super) policy: &'p Policy,
    pub(super) subject: RecordId,
    /// Whether a record goes by a calendar of its own, if it has one.
    pub(super) own_calendars: bool,
    /// Parameters hold as on the first day of the case's period, and so never change under it.
    pub(super) pinned_day: bool,
    pub(super) reads: Reads,
    pub(super) seen: BTreeSet<Seen>,
    /// The way to whoever may sit on the committee at hand, where the records name them.
    pub(super) one: Option<Path>,
    /// How many roles and definitions name each other around this place.
    pub(super) depth: Cell<u32>,
}

/// Deeper than this, roles and definitions go round in a circle, and nobody is found there.
const DEEPEST: u32 = 24;

type Path = Vec<Way>;

impl Reader<'_> {
    fn take(&mut self, record: RecordId, field: FieldId, path: &[Way]) {
        self.reads.facts.insert(Read { record, field, path: path.to_vec() });
    }

    fn holds(&mut self, from: Option<Date>, until: Option<Date>) {
        if !self.pinned_day {
            self.reads.turns.days.extend(from.into_iter().chain(until.and_then(|it| it.tomorrow().ok())));
        }
    }

    /// What says by which calendar the record at the end of a way goes.
    pub(super) fn goes_by(&mut self, from: &[Way]) {
        if !self.own_calendars || !self.seen.insert(Seen::Calendar(from.to_vec())) {
            return;
        }
        let policy = self.policy;
        for record in self.records_at(from) {
            let Some((asked, lines)) = policy.calendar_lines(record) else { continue };
            let (mut at, mut path) = (record, from.to_vec());
            while at != asked {
                let Some(owner) = policy.child_of(at) else { break };
                path.push(Way::Owner(at));
                at = owner;
            }
            lines.iter().filter_map(|it| it.when.as_ref()).for_each(|it| self.expr(it, &path));
        }
    }

    /// The types of the records at the end of a way.
    fn records_at(&self, path: &[Way]) -> BTreeSet<RecordId> {
        let named = |(record, field): &Reference| match self.policy.field(*record, *field).kind {
            FieldKind::Reference(to) => Some(to),
            _ => None,
        };
        match path.last() {
            None => BTreeSet::from([self.subject]),
            Some(Way::One(reference)) => named(reference).into_iter().collect(),
            Some(Way::Children(record)) => BTreeSet::from([*record]),
            Some(Way::Owner(child)) => self.policy.owner_of(*child).into_iter().collect(),
            Some(Way::Back((record, _)) | Way::Below((record, _))) => BTreeSet::from([*record]),
            Some(Way::Any(references)) => {
                // Along them or not at all.
                let before = self.records_at(&path[..path.len() - 1]);
                before.into_iter().chain(references.iter().filter_map(named)).collect()
            }
        }
    }

    fn rule(&mut self, rule: &DateRule, from: &[Way]) {
        self.goes_by(from);
        match rule {
            DateRule::At(Point::Event(expr)) => self.expr(expr, from),
            DateRule::At(Point::EdgeOf { of, .. }) => self.rule(of, from),
            DateRule::At(_) => {}
            DateRule::Offset { anchor, .. } => self.rule(anchor, from),
            DateRule::Beginning { on, .. } => self.rule(on, from),
            DateRule::PutOff { run, by } => {
                self.rule(run, from);
                self.put_off(by, from);
            }
            DateRule::Earliest(of) | DateRule::Latest(of) => of.iter().for_each(|it| self.rule(it, from)),
        }
    }

    pub(super) fn expr(&mut self, expr: &Expr, from: &[Way]) {
        let policy = self.policy;
        expr.kind.parts().into_iter().for_each(|it| self.expr(it, from));
        match &expr.kind {
            ExprKind::Panel { of, when, .. }
            | ExprKind::Definition { of, when, .. }
            | ExprKind::Band { of, when, .. }
                if *when != When::Now =>
            {
                self.first_period(of, from);
            }
            ExprKind::Aggregate(aggregate) | ExprKind::PayForDays { days: aggregate, .. } => {
                self.aggregate(aggregate, from);
            }
            // What counts until the day that is read grows with it.
            ExprKind::SpellDays { within: false } => self.reads.turns.daily = true,
            ExprKind::Population(_) => self.reads.ranks = true,
            ExprKind::Happened(happened) => {
                let lasts = happened.outcomes.iter().flat_map(|it| &it.lasts).filter_map(|it| it.1.as_ref());
                lasts.filter_map(|it| it.put_off.as_ref()).for_each(|it| self.put_off(it, from));
            }
            ExprKind::History(history) => self.first_period(&history.subject, from),
            _ => {}
        }
        match &expr.kind {
            ExprKind::Field { of, record, field } | ExprKind::Panel { of, record, field, .. } => {
                for path in self.ways(of, from) {
                    self.take(*record, *field, &path);
                    if self.seen.insert(Seen::Field(*record, *field, path.clone())) {
                        let exempt = policy.exempt_from_filling(*record, *field);
                        exempt.filter_map(|it| it.condition.as_ref()).for_each(|it| self.expr(it, &path));
                    }
                }
            }
            ExprKind::Definition { id, of, .. } => {
                for path in self.ways(of, from) {
                    if self.seen.insert(Seen::Definition(*id, path.clone())) {
                        self.expr(&policy.definitions[id.index()].value, &path);
                    }
                }
            }
            ExprKind::Band { id, of, .. } => {
                for path in self.ways(of, from) {
                    if self.seen.insert(Seen::Scale(*id, path.clone())) {
                        for version in &policy.scales[id.index()].versions {
                            self.holds(version.from, version.until);
                            self.expr(&version.value.of, &path);
                            version.value.caps.iter().for_each(|it| self.expr(&it.when, &path));
                        }
                    }
                }
            }
            ExprKind::Holder { role, of } => self.ways(of, from).iter().for_each(|path| self.role(*role, path)),
            ExprKind::DateOf(rule) => self.rule(rule, from),
            ExprKind::Versions(versions) => versions.iter().for_each(|it| self.holds(it.from, it.until)),
            ExprKind::Between { unit: TimeUnit::WorkingDays, .. } => self.goes_by(from),
            ExprKind::Today => self.reads.turns.daily = true,
            ExprKind::Parameter(id) => {
                policy.parameters[id.index()].values.iter().for_each(|it| self.holds(it.from, it.until));
            }
            _ => {}
        }
    }

    /// An earlier period is asked only from the first in which anything is kept: whatever is kept may be that first.
    fn first_period(&mut self, of: &Expr, from: &[Way]) {
        let Some(owner) = record_of(of) else { return };
        let kept = |it: &RecordId| matches!(self.policy.record(*it).shape, Shape::Panel { of, .. } if of == owner);
        let kept: Vec<RecordId> = (0..self.policy.records.len()).map(RecordId::at).filter(kept).collect();
        for path in self.ways(of, from) {
            kept.iter().for_each(|it| self.take(*it, FieldId(0), &path));
        }
    }

    /// Which records there are, seen from a record of some type: a new one is seen whatever it holds.
    fn members(&mut self, members: Members, of: Option<RecordId>, from: &[Way]) -> Path {
        match members {
            Members::Children(record) => {
                let path = along(from, Way::Children(record));
                self.take(record, FieldId(0), &path);
                path
            }
            Members::Referring(record, field) if self.policy.parent_of(record) == Some(field) => {
                // What rests on itself goes down as far as there is anything.
                let path = along(from, Way::Below((record, field)));
                self.take(record, field, &path);
                path
            }
            Members::Referring(record, field) => {
                let path = along(from, Way::Back((record, field)));
                self.take(record, field, &path);
                path
            }
            Members::Within { record, field, parent } => {
                let tree = of.unwrap_or(record);
                let below = along(from, Way::Below((tree, parent)));
                self.take(tree, parent, &below);
                let path = along(&below, Way::Back((record, field)));
                self.take(record, field, &path);
                path
            }
            Members::Periods(_) | Members::Last(_) => from.to_vec(),
        }
    }

    /// Those for whom a stage opens, and whether they can act; gives the way to the records that name them.
    fn each_one(&mut self, subject: RecordId, each: &OneEach) -> Path {
        let path = self.members(each.members, Some(subject), &[]);
        let Some(record) = each.record() else { return path };
        each.condition.iter().for_each(|it| self.expr(it, &path));
        match each.person {
            None => self.able(record, &path),
            Some(field) => {
                self.take(record, field, &path);
                if let FieldKind::Reference(person) = self.policy.field(record, field).kind {
                    self.able(person, &along(&path, Way::One((record, field))));
                }
            }
        }
        path
    }

    /// Who is counted, and what of them; a new one is seen whatever it holds.
    fn aggregate(&mut self, aggregate: &Aggregate, from: &[Way]) {
        let path = self.members(aggregate.members, record_of(&aggregate.subject), from);
        if let Members::Periods(_) | Members::Last(_) = aggregate.members {
            self.first_period(&aggregate.subject, from);
        }
        if let Members::Children(record) = aggregate.members
            && let Some(spell) = self.policy.record(record).spell
            && (aggregate.window.is_some() || aggregate.word == AggregateWord::Days || aggregate.weight.is_some())
        {
            self.take(record, spell.first, &path);
            self.take(record, spell.last, &path);
        }
        match &aggregate.window {
            // A spell begins and ends on its days though no fact changes then.
            Some(SpellWindow::UnderWay(None)) => self.reads.turns.daily = true,
            Some(SpellWindow::UnderWay(Some(AsOn::Day(day)))) => self.expr(day, from),
            Some(SpellWindow::UnderWay(Some(AsOn::Start | AsOn::End))) => {}
            Some(SpellWindow::Within { after, until }) => [after, until].into_iter().for_each(|it| self.expr(it, from)),
            None if aggregate.word == AggregateWord::Days => self.reads.turns.daily = true,
            None => {}
        }
        aggregate.filter.iter().chain(&aggregate.value).chain(&aggregate.weight).for_each(|it| self.expr(it, &path));
    }

    /// The spells that put the end of a run off: a new one is seen whatever it holds.
    fn put_off(&mut self, by: &PutOff, from: &[Way]) {
        let around = by.of_owner.map_or_else(|| from.to_vec(), |it| along(from, Way::Owner(it)));
        let path = along(&around, Way::Children(by.spells));
        let spell = self.policy.record(by.spells).spell;
        let days = spell.into_iter().flat_map(|it| [it.first, it.last]);
        days.chain([FieldId(0)]).for_each(|it| self.take(by.spells, it, &path));
        by.filter.iter().for_each(|it| self.expr(it, &path));
    }

    fn party(&mut self, subject: RecordId, party: &Party) {
        match party {
            Party::Subject => self.able(subject, &[]),
            Party::Reference(field) => {
                self.take(subject, *field, &[]);
                if let FieldKind::Reference(to) = self.policy.field(subject, *field).kind {
                    self.able(to, &[Way::One((subject, *field))]);
                }
            }
            Party::Role(role) if self.policy.roles[role.index()].of != subject => {
                self.role(*role, &[Way::Owner(subject)])
            }
            Party::Role(role) => self.role(*role, &[]),
            Party::Owner => {
                if let Some(owner) = self.policy.child_of(subject) {
                    self.able(owner, &[Way::Owner(subject)]);
                }
            }
            // What says who sits on a committee is read where it decides.
            Party::One | Party::Members | Party::Seat(_) => {}
        }
    }

    /// What says who sits on a committee that decides about a subject.
    pub(super) fn committee(&mut self, subject: RecordId, committee: &Committee) {
        for recused in &committee.recused {
            if let Recused::Role(role) = recused {
                self.role(*role, &[]);
            }
        }
        let rules = committee.at_least.iter();
        let of_members = committee.seats.iter().filter_map(|it| it.condition.as_ref());
        let conditions: Vec<&Expr> = of_members.chain(rules.clone().map(|it| &it.condition)).collect();
        rules.filter_map(|it| it.when.as_ref()).for_each(|it| self.expr(it, &[]));
        // What they ask of the subject is read, whoever may sit.
        conditions.iter().for_each(|it| self.expr(it, &[]));
        let Some(members) = committee.members else { return };
        let mut path = Vec::new();
        if let Some(of) = committee.of.filter(|it| *it != subject) {
            let fields = self.policy.record(subject).fields.iter();
            let Some(at) = fields.into_iter().position(|it| it.kind == FieldKind::Reference(of)) else { return };
            self.take(subject, FieldId::at(at), &[]);
            path.push(Way::One((subject, FieldId::at(at))));
        }
        if committee.of.is_none() {
            // They belong to nobody: whatever changes among them concerns everybody.
            self.reads.turns.daily = true;
            return;
        }
        path.push(Way::Children(members.record));
        let spell = self.policy.record(members.record).spell;
        self.reads.turns.daily |= spell.is_some();
        let fields =
            [members.person, members.seat].into_iter().chain(spell.into_iter().flat_map(|it| [it.first, it.last]));
        fields.for_each(|it| self.take(members.record, it, &path));
        path.push(Way::One((members.record, members.person)));
        self.able(committee.people, &path);
        self.one = Some(path);
        conditions.iter().for_each(|it| self.expr(it, &[]));
        self.one = None;
    }

    /// What says whether somebody can act.
    fn able(&mut self, record: RecordId, path: &[Way]) {
        let kind = self.policy.record(record);
        kind.absent_when.iter().chain(&kind.gone_when).for_each(|it| self.expr(it, path));
    }

    /// What says who holds a role of the record at the end of a way.
    fn role(&mut self, id: RoleId, from: &[Way]) {
        if !self.seen.insert(Seen::Role(id, from.to_vec())) {
            return;
        }
        let role = &self.policy.roles[id.index()];
        for (record, path) in self.holders(id, from) {
            self.able(record, &path);
            role.qualifies.iter().for_each(|it| self.expr(it, &path));
            for still in &role.still {
                self.rule(&still.until, &path);
                self.expr(&still.when, &path);
                // The day after their last is in no record.
                self.reads.turns.daily = true;
            }
        }
        role.never.iter().for_each(|it| self.expr(it, from));
        for attempt in &role.tries {
            match attempt {
                RoleTry::Is(expr) => self.expr(expr, from),
                RoleTry::Role(other) => self.role(*other, from),
                RoleTry::OfPassedOver(other) => {
                    for path in self.lines_above(id, *other, from) {
                        self.role(*other, &path);
                    }
                }
            }
        }
    }

    // ---- where a record may be found

    /// The ways to the records that an expression may name.
    fn ways(&self, of: &Expr, from: &[Way]) -> Vec<Path> {
        if self.depth.get() > DEEPEST {
            return Vec::new();
        }
        self.depth.set(self.depth.get() + 1);
        let ways = self.ways_within(of, from);
        self.depth.set(self.depth.get() - 1);
        ways
    }

    fn ways_within(&self, of: &Expr, from: &[Way]) -> Vec<Path> {
        match &of.kind {
            ExprKind::Subject => vec![from.to_vec()],
            ExprKind::Context(Context::One) => self.one.iter().cloned().collect(),
            ExprKind::Owner { of } => {
                let Some(child) = record_of(of) else { return Vec::new() };
                self.ways(of, from).iter().map(|path| along(path, Way::Owner(child))).collect()
            }
            ExprKind::Field { of, record, field } | ExprKind::Panel { of, record, field, .. } => {
                self.ways(of, from).iter().map(|path| along(path, Way::One((*record, *field)))).collect()
            }
            ExprKind::Holder { role, of } => {
                let holders = |path: &Path| self.holders(*role, path).into_iter().map(|it| it.1);
                self.ways(of, from).iter().flat_map(holders).collect()
            }
            ExprKind::Definition { id, of, when: When::Now } => {
                let value = &self.policy.definitions[id.index()].value;
                self.ways(of, from).iter().flat_map(|path| self.ways(value, path)).collect()
            }
            ExprKind::Definition { .. } | ExprKind::Band { .. } => Vec::new(),
            kind => kind.parts().into_iter().flat_map(|it| self.ways(it, from)).collect(),
        }
    }

    /// Who may hold a role of the record at the end of a way: their types, and the ways to them.
    fn holders(&self, id: RoleId, from: &[Way]) -> Vec<(RecordId, Path)> {
        let mut holders = Vec::new();
        for asked in self.roles_asked(id, false) {
            for attempt in &self.policy.roles[asked.index()].tries {
                match attempt {
                    RoleTry::Is(expr) => holders.extend(self.named(expr, from)),
                    RoleTry::Role(_) => {}
                    RoleTry::OfPassedOver(other) => {
                        let types: BTreeSet<RecordId> = self.tries_of(*other, true).filter_map(record_of).collect();
                        for path in self.lines_above(asked, *other, from) {
                            holders.extend(types.iter().map(|it| (*it, path.clone())));
                        }
                    }
                }
            }
        }
        holders
    }

    fn named(&self, expr: &Expr, from: &[Way]) -> Vec<(RecordId, Path)> {
        let record = record_of(expr);
        record
            .into_iter()
            .flat_map(|record| self.ways(expr, from).into_iter().map(move |path| (record, path)))
            .collect()
    }

    /// The ways up the line: from those whom a role passed over, along whatever the other role asks of them in turn.
    fn lines_above(&self, passing: RoleId, other: RoleId, from: &[Way]) -> Vec<Path> {
        let steps: BTreeSet<Reference> = self
            .tries_of(other, true)
            .flat_map(|it| self.ways(it, &[]))
            .flatten()
            .flat_map(|way| match way {
                Way::One(reference) => BTreeSet::from([reference]),
                Way::Any(references) => references,
                Way::Children(_) | Way::Owner(_) | Way::Back(_) | Way::Below(_) => BTreeSet::new(),
            })
            .collect();
        let own = self.policy.roles[passing.index()].tries.iter();
        let own = own.filter_map(|it| if let RoleTry::Is(expr) = it { Some(expr) } else { None });
        own.flat_map(|it| self.ways(it, from)).map(|path| along(&path, Way::Any(steps.clone()))).collect()
    }

    /// Whom a role names, and the roles that it asks.
    fn tries_of(&self, id: RoleId, up_the_line: bool) -> impl Iterator<Item = &Expr> {
        let roles = self.roles_asked(id, up_the_line);
        let tries = roles.into_iter().flat_map(|it| &self.policy.roles[it.index()].tries);
        tries.filter_map(|it| if let RoleTry::Is(expr) = it { Some(expr) } else { None })
    }

    /// A role and those that it asks, of the same record or also of whoever was passed over.
    fn roles_asked(&self, id: RoleId, up_the_line: bool) -> BTreeSet<RoleId> {
        let (mut asked, mut next) = (BTreeSet::new(), vec![id]);
        while let Some(id) = next.pop() {
            if asked.insert(id) {
                next.extend(self.policy.roles[id.index()].tries.iter().filter_map(|it| match it {
                    RoleTry::Role(other) => Some(*other),
                    RoleTry::OfPassedOver(other) => up_the_line.then_some(*other),
                    RoleTry::Is(_) => None,
                }));
            }
        }
        asked
    }
}

fn record_of(expr: &Expr) -> Option<RecordId> {
    if let Type::Record(record) = expr.ty { Some(record) } else { None }
}

/// A way with one part more; what the last part already goes along again and again adds nothing.
fn along(path: &[Way], next: Way) -> Path {
    let mut path = path.to_vec();
    let there = match (path.last(), &next) {
        (Some(Way::Any(any)), Way::One(reference)) => any.contains(reference),
        (Some(Way::Any(any)), Way::Any(more)) => more.is_subset(any),
        (Some(Way::Below(one)), Way::Below(other)) => one == other,
        _ => false,
    };
    if !there {
        path.push(next);
    }
    path
}
