//! Facts as examples state them, the cases that open on them, and looks at these: all in memory, by the binding that the engine uses.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::Date;

use crate::calendar::{Period, length_of};
use crate::casework::desk::{Desk, Opens};
use crate::casework::facts::{day_of, value_of};
use crate::casework::judging::{Court, Proposal, Standing, follows, judgements, standing};
use crate::casework::letter::Occasion;
use crate::eval::{Delegated, Facts, Listener, MemoryFacts, not_beside, sure_days};
use crate::ids::{RecordId, WorkflowId};
use crate::policy::acts::Off;
use crate::policy::framework::{Framework, Judged, Proposed};
use crate::policy::model::{Policy, Shape};
use crate::policy::unit_of;
use crate::syntax::tree::{ActWords, CaseVerb, ExampleLineKind, ExprKind, FactValue, Name, OutcomeAct, PeriodLiteral};
use crate::value::{Known, RecordRef, Value};
use crate::workflow::{Act, Advanced, Case, Deed, Event, HolderNote, Look, Notice, Refusal, StageCase, StageStatus};

/// A policy, facts and cases, without a store.
pub struct Bench<'a> {
    pub(super) policy: &'a Policy,
    pub(super) facts: MemoryFacts<'a>,
    /// The day of adoption, if there is one.
    pub adopted: Option<Date>,
    /// The cases, in the order in which they opened.
    pub cases: Vec<BenchCase>,
    /// What frameworks have proposed, in order.
    pub outcomes: Vec<BenchOutcome>,
    /// Which frameworks (by their places) have judged which periods (by their first days).
    judged: BTreeSet<(usize, Date)>,
    /// Which frameworks have judged behind which round of a stage in which case (by their places).
    judged_after: BTreeSet<(usize, usize, u32)>,
    listener: Option<&'a dyn Listener>,
}

/// Something that a framework proposed.
#[derive(Debug, Clone)]
pub struct BenchOutcome {
    /// For whom.
    pub of: RecordRef,
    /// The first day of the period.
    pub first: Date,
    /// What.
    pub proposal: Proposal,
    /// The place of the case in which it is heard.
    pub case: Option<usize>,
}

/// Where a value goes that somebody writes.
struct Filled {
    case: usize,
    stage: String,
    subject: RecordRef,
    record: RecordId,
    period: Option<Period>,
}

/// A case with its journal.
#[derive(Debug, Clone)]
pub struct BenchCase {
    /// Its workflow.
    pub flow: WorkflowId,
    /// The case: what its events make of it.
    pub case: Case,
    /// Everything that happened in it.
    pub events: Vec<Event>,
}

impl<'a> Bench<'a> {
    /// No facts and no cases yet.
    #[must_use]
    pub fn new(policy: &'a Policy) -> Self {
        Self {
            policy,
            facts: MemoryFacts::new(policy),
            adopted: None,
            cases: Vec::new(),
            outcomes: Vec::new(),
            judged: BTreeSet::new(),
            judged_after: BTreeSet::new(),
            listener: None,
        }
    }

    /// The facts so far.
    #[must_use]
    pub fn facts(&self) -> &MemoryFacts<'a> {
        &self.facts
    }

    /// Policy and facts together.
    #[must_use]
    pub fn desk(&self) -> Desk<'_> {
        Desk::new(self.policy, &self.facts, "en").with_listener(self.listener)
    }

    /// Somebody listens from now on while rules are asked.
    pub fn listen(&mut self, listener: &'a dyn Listener) {
        self.listener = Some(listener);
    }

    /// Goes on under the calendars of a policy that differs in nothing else.
    pub fn turn_to(&mut self, policy: &'a Policy) {
        self.policy = policy;
    }

    // ---- facts

    /// Takes a line of an example that states or changes facts, says who fills something, or names the day of adoption; a line
    /// that expects something changes nothing.
    ///
    /// # Errors
    /// In words, when it does not fit the policy, or nothing that is filled lies with whoever fills it.
    pub fn take(&mut self, line: &ExampleLineKind) -> Result<(), String> {
        match line {
            ExampleLineKind::Adopted(date) => {
                self.adopted = Some(day_of(date)?);
                Ok(())
            }
            ExampleLineKind::Imposed { rule, of, on, what } => {
                let (framework, at) = crate::eval::framework::rule_named(self.policy, &rule.text)
                    .ok_or_else(|| format!("no framework has a rule `{}`", rule.text))?;
                let of = RecordRef { record: framework.subject, key: Arc::from(of.text.as_str()) };
                let on = day_of(on)?;
                let is_measure = framework.rules[at].what() == Proposed::Measure;
                match what {
                    OutcomeAct::Completed if is_measure => self.facts.complete(&of, &rule.text, on),
                    OutcomeAct::Completed => return Err(format!("`{}` is no measure: it is imposed", rule.text)),
                    OutcomeAct::Ended => self.facts.end(&of, &rule.text, on),
                    OutcomeAct::Imposed => self.facts.impose(&of, &rule.text, on),
                }
                Ok(())
            }
            ExampleLineKind::Facts { record, name, values } => self.state(record, name, None, values, Date::MIN),
            ExampleLineKind::Of { record, of, period, values } => {
                self.state(record, of, period.as_ref(), values, Date::MIN)
            }
            ExampleLineKind::Change { on, record, name, period, values } => {
                self.state(record, name, period.as_ref(), values, day_of(on)?)
            }
            ExampleLineKind::Fills { on, who, of, values, .. } => self.fill(who, of.as_ref(), values, day_of(on)?),
            ExampleLineKind::Chooses { on, who, choice, instead, stage, of, because } => {
                let act = Act {
                    by: (String::new(), who.text.clone()),
                    stage: stage.as_ref().map(|it| it.text.clone()),
                    what: Deed::Choose {
                        choice: choice.text.clone(),
                        instead: instead.as_ref().map(|it| it.text.clone()),
                    },
                    because: because.as_ref().map(|it| it.text.clone()),
                    key: None,
                };
                self.act(&act, (of, &None), day_of(on)?)
            }
            ExampleLineKind::Acts { on, who, what: ActWords::Delegates { role, to, until }, .. } => {
                self.delegate((who, to), role.as_ref(), (day_of(on)?, day_of(until)?))
            }
            ExampleLineKind::Acts { on, who, what, of, because } => {
                let because = because.as_ref().map(|it| it.text.clone());
                let (stage, workflow, what) = deed_of(what)?;
                let act = Act { by: (String::new(), who.text.clone()), stage, what, because, key: None };
                self.act(&act, (of, workflow), day_of(on)?)
            }
            ExampleLineKind::Expect { .. } => Ok(()),
        }
    }

    /// Writes facts: of a record itself, of its panel for a period, or of a new child of it.
    fn state(
        &mut self,
        record: &Name,
        name: &Name,
        period: Option<&PeriodLiteral>,
        values: &[FactValue],
        from: Date,
    ) -> Result<(), String> {
        let id =
            self.policy.record_named(&record.text).ok_or_else(|| format!("there is no record `{}`", record.text))?;
        let key: Arc<str> = Arc::from(name.text.as_str());
        match self.policy.record(id).shape {
            Shape::Entity { .. } => {
                let of = RecordRef { record: id, key };
                self.facts.declare(&of);
                self.write(&of, id, None, values, from)
            }
            Shape::Panel { of, each } => {
                let label = period
                    .ok_or_else(|| format!("`{}` is kept for each period: name one, such as 2025/26", record.text))?;
                let period =
                    self.policy.main().period_from_label(each, &label.label).map_err(|error| error.to_string())?;
                self.write(&RecordRef { record: of, key }, id, Some(period), values, from)
            }
            Shape::Child { of } => {
                if period.is_some() {
                    return Err(format!("`{}` is not kept for each period: leave the period out", record.text));
                }
                let owner = RecordRef { record: of, key };
                let child = self.facts.add_child(&owner, id);
                self.write(&child, id, None, values, from)?;
                self.stands_beside(&owner, &child)
            }
        }
    }

    /// Somebody hands on what is theirs, from a day until another.
    fn delegate(
        &mut self,
        (from, to): (&Name, &Name),
        role: Option<&Name>,
        (since, until): (Date, Date),
    ) -> Result<(), String> {
        if let Some(role) = role {
            let found = self.policy.roles.iter().find(|it| it.label.name == role.text);
            let found = found.ok_or_else(|| format!("there is no role `{}`", role.text))?;
            if !found.delegates {
                return Err(format!("whoever is `{}` may not delegate; the role would say `may delegate`", role.text));
            }
        }
        if until < since {
            return Err(format!("{until} lies before {since}"));
        }
        let kinds = (0..self.policy.records.len()).map(RecordId::at);
        let kinds: Vec<RecordId> =
            kinds.filter(|it| matches!(self.policy.record(*it).shape, Shape::Entity { .. })).collect();
        let named = |it: &Name| {
            let there = |kind: &RecordId| self.facts.records(*kind).iter().any(|key| **key == *it.text);
            let kind = kinds.iter().copied().find(there).ok_or_else(|| format!("there is no `{}`", it.text))?;
            Ok::<_, String>(RecordRef { record: kind, key: Arc::from(it.text.as_str()) })
        };
        let (from, to) = (named(from)?, named(to)?);
        let given = Delegated { to, role: role.map(|it| it.text.clone()), workflow: None, until };
        self.facts.delegate(&from, since, given);
        Ok(())
    }

    /// A spell overlaps no other of the same record, unless its kind may.
    fn stands_beside(&self, owner: &RecordRef, child: &RecordRef) -> Result<(), String> {
        let Some(spell) = self.policy.record(child.record).spell else { return Ok(()) };
        let end = |it: &RecordRef, field| self.facts.field(it, field, Date::MAX);
        let days = |it: &RecordRef| sure_days(&end(it, spell.first), &end(it, spell.last));
        let others = self.facts.children(owner, child.record).into_iter();
        let others = others.filter(|it| !spell.may_overlap && it != child).filter_map(|it| days(&it));
        let others: Vec<_> = others.collect();
        days(child).and_then(|it| not_beside(it, &others)).map_or(Ok(()), Err)
    }

    fn write(
        &mut self,
        of: &RecordRef,
        record: RecordId,
        period: Option<Period>,
        values: &[FactValue],
        from: Date,
    ) -> Result<(), String> {
        for written in values {
            let kind = self.policy.record(record);
            let field = kind.field_named(&written.field.text);
            let field = field.ok_or_else(|| format!("`{}` has no field `{}`", kind.label.name, written.field.text))?;
            let value = value_of(self.policy, &kind.fields[field.index()].kind, &written.value)?;
            if let Value::Known(Known::Record(other)) = &value {
                self.facts.declare(other);
            }
            let from = match written.from.as_ref().map(|it| &it.kind) {
                Some(ExprKind::Date(date)) => day_of(date)?,
                _ => from,
            };
            match period {
                Some(period) => self.facts.set_panel(of, record, period.first, field, value),
                None => self.facts.set(of, field, from, value),
            }
        }
        Ok(())
    }

    /// Somebody writes the fields of a stage that lies with them.
    fn fill(&mut self, who: &Name, of: Option<&Name>, values: &[FactValue], today: Date) -> Result<(), String> {
        self.look_at_the_morning(of, today);
        for value in values {
            let ours = self.cases.iter().enumerate();
            let ours = ours.filter(|(_, it)| of.is_none_or(|of| is_about(self.policy, &it.case, &of.text)));
            let places: Vec<Filled> = ours.filter_map(|(at, it)| self.filled_by(at, it, who, value)).collect();
            let subjects: BTreeSet<&RecordRef> = places.iter().map(|it| &it.subject).collect();
            if subjects.len() > 1 {
                let names: Vec<&str> = subjects.iter().map(|it| &*it.key).collect();
                let (who, field) = (&who.text, &value.field.text);
                return Err(format!(
                    "{who} fills `{field}` for several ({}): add `for` and one of them",
                    names.join(", ")
                ));
            }
            let Filled { case, stage, subject, record, period } = places.into_iter().next().ok_or_else(|| {
                let whose = of.map_or_else(String::new, |it| format!(" for {}", it.text));
                format!("no stage that lies with {} fills `{}`{whose}", who.text, value.field.text)
            })?;
            if self.enters((case, &stage), record, value, (&who.text, today))? {
                continue;
            }
            let panel = matches!(self.policy.record(record).shape, Shape::Panel { .. });
            self.write(&subject, record, period.filter(|_| panel), std::slice::from_ref(value), Date::MIN)?;
            // What was there before the case went back does not count anew by itself, and several must all sign.
            let charged = self.cases[case].case.proposal.is_some();
            let acts = |it: &StageCase| charged || it.came_anew() || it.must_be_signed();
            if self.cases[case].case.stage(&stage).is_some_and(acts) {
                let (by, field) = ((String::new(), who.text.clone()), value.field.text.clone());
                let fill = Act { by, stage: Some(stage), what: Deed::Fill(vec![field]), because: None, key: None };
                self.act_in(case, &fill, today).map_err(|it| it.to_string())?;
            }
        }
        Ok(())
    }

    /// Where a value goes that somebody writes in a case; nothing if no stage of it that lies with them fills such a field.
    fn filled_by(&self, case: usize, running: &BenchCase, who: &Name, value: &FactValue) -> Option<Filled> {
        let flow = self.policy.workflow(running.flow);
        let lying = flow
            .stages
            .iter()
            .filter(|stage| running.case.stage(&stage.label.name).is_some_and(|it| lies_with(it, &who.text)));
        let (stage, fill) = lying.filter_map(|it| Some((it, it.filled(self.policy, &value.field.text)?))).next()?;
        let theirs = |it: &&HolderNote| it.who.as_ref().is_some_and(|(_, key)| *key == who.text);
        let holders = running.case.stage(&stage.label.name).map_or(&[][..], |it| &it.holders);
        let part = holders.iter().find(theirs).and_then(|it| it.part.as_ref()).filter(|_| stage.is_in_the_part(fill));
        let subject = match part {
            Some((_, key)) => RecordRef { record: fill.record, key: Arc::from(key.as_str()) },
            None => RecordRef { record: flow.subject, key: Arc::from(running.case.subject.as_str()) },
        };
        let (stage, period) = (stage.label.name.clone(), self.period_of(running));
        Some(Filled { case, stage, subject, record: fill.record, period })
    }

    // ---- acts

    /// What a day has brought before anybody acts on it: stages that open on it are open, and what lapsed the day before has.
    fn look_at_the_morning(&mut self, of: Option<&Name>, today: Date) {
        for at in 0..self.cases.len() {
            let running = &self.cases[at];
            if running.case.is_open() && of.is_none_or(|of| is_about(self.policy, &running.case, &of.text)) {
                let begin = self.desk().moments(running.flow, &running.case, today).begin;
                self.look_until(at, begin, today);
            }
        }
    }

    /// Somebody does something in the one case in which they may.
    fn act(&mut self, act: &Act, (of, workflow): (&Option<Name>, &Option<Name>), today: Date) -> Result<(), String> {
        let (mut done, mut refused) = (Vec::new(), Vec::new());
        let of = of.as_ref();
        self.look_at_the_morning(of, today);
        for at in 0..self.cases.len() {
            let running = &self.cases[at];
            // What is lifted is called by its own name.
            let lifts = act.what == Deed::Lift;
            let rule = running.case.proposal.as_ref().map(|it| &it.rule);
            let named = |it: &Name| if lifts { rule == Some(&it.text) } else { it.text == running.case.workflow };
            let other = of.is_some_and(|of| !is_about(self.policy, &running.case, &of.text))
                || workflow.as_ref().is_some_and(|it| !named(it));
            if other || (self.policy.workflow(running.flow).follows_by_itself && !lifts) {
                continue;
            }
            match self.acted(at, act, today) {
                Ok(events) => done.push((at, events)),
                Err(refusal) => refused.push(refusal),
            }
        }
        match (done.len(), refused.into_iter().next()) {
            (0, Some(refusal)) => Err(refusal.to_string()),
            (0, None) => Err("there is no such case yet".to_owned()),
            (1, _) => {
                for (at, events) in done {
                    self.happened(at, events);
                    self.end_if_lifted(at);
                    let running = &self.cases[at];
                    let begin = self.desk().moments(running.flow, &running.case, today).begin;
                    self.look_until(at, begin, today);
                }
                Ok(())
            }
            _ => {
                let names: Vec<&str> = done.iter().map(|it| self.cases[it.0].case.subject.as_str()).collect();
                Err(format!("{} may do this for several ({}): add `for` and one of them", act.by.1, names.join(", ")))
            }
        }
    }

    fn end_if_lifted(&mut self, at: usize) {
        let running = &self.cases[at];
        let (Some(on), Some(note)) = (running.case.lifted, &running.case.proposal) else { return };
        let subject = self.policy.workflow(running.flow).subject;
        let of = RecordRef { record: subject, key: Arc::from(running.case.subject.as_str()) };
        self.facts.end(&of, &note.rule.clone(), on);
    }

    fn act_in(&mut self, at: usize, act: &Act, today: Date) -> Result<(), Refusal> {
        let events = self.acted(at, act, today)?;
        self.happened(at, events);
        Ok(())
    }

    pub(super) fn acted(&self, at: usize, act: &Act, today: Date) -> Result<Vec<Event>, Refusal> {
        let running = &self.cases[at];
        // An example calls people by their names alone.
        let holders = running.case.stages.values().flat_map(|it| &it.holders).filter_map(|it| it.who.as_ref());
        let posted = running.case.stages.values().flat_map(|it| &it.post).map(|it| &it.to);
        let holder = holders.chain(posted).find(|it| it.1 == act.by.1 && act.what.is_for_holders());
        let by = holder.cloned().unwrap_or_else(|| act.by.clone());
        let look = self.patience(self.desk().moments(running.flow, &running.case, today).begin, today);
        self.desk().act(running.flow, &running.case, &look, &Act { by, ..act.clone() })
    }

    pub(super) fn happened(&mut self, at: usize, events: Vec<Event>) {
        let running = &mut self.cases[at];
        running.case = events.iter().fold(std::mem::take(&mut running.case), Case::after);
        running.events.extend(events.iter().cloned());
        self.count_confirmed(at, &events);
        self.take_effect(at, &events);
        let accepted = self.accepted(at, &events);
        if !accepted.is_empty() {
            self.happened(at, accepted);
        }
    }

    fn period_of(&self, running: &BenchCase) -> Option<Period> {
        let flow = self.policy.workflow(running.flow);
        self.policy.calendar_of(flow).period_containing(flow.each?, running.case.period.parse().ok()?).ok()
    }

    // ---- cases

    /// Opens a case if its time has come and there is none yet; says where it stands among the cases.
    pub fn open(
        &mut self,
        flow: WorkflowId,
        key: &Arc<str>,
        period: Option<Period>,
        today: Date,
    ) -> Result<usize, Opens> {
        self.open_since(flow, key, period, (Date::MIN, today))
    }

    /// The same where a case whose period had ended before a day opens only if that comes on that day or later.
    ///
    /// # Errors
    /// When it does not open yet.
    pub fn open_since(
        &mut self,
        flow: WorkflowId,
        key: &Arc<str>,
        period: Option<Period>,
        (since, today): (Date, Date),
    ) -> Result<usize, Opens> {
        let first = period.map(|it| it.first.to_string()).unwrap_or_default();
        let is_it = |it: &BenchCase| it.flow == flow && *it.case.subject == **key && it.case.period == first;
        if let Some(at) = self.cases.iter().position(is_it) {
            return Ok(at);
        }
        if self.policy.workflow(flow).proposal.is_some() {
            return Err(Opens::NotYet);
        }
        match self.desk().opens_since(flow, key, period, since, today) {
            Opens::On { day, at_start_of_period } => {
                let event = self.desk().opened(flow, key, period, (day, at_start_of_period), (0, self.adopted));
                self.cases.push(BenchCase { flow, case: Case::replay([&event]), events: vec![event] });
                Ok(self.cases.len() - 1)
            }
            other => Err(other),
        }
    }

    /// Lets frameworks judge whose day has come since another, and opens the cases in which what they propose is heard.
    pub fn judge(&mut self, since: Date, today: Date) {
        for at in 0..self.policy.frameworks.len() {
            let framework = &self.policy.frameworks[at];
            for (period, _) in judgements(&self.desk(), framework, since, today) {
                if !self.judged.insert((at, period.first)) {
                    continue;
                }
                let found: Vec<(RecordRef, Proposal)> = {
                    let desk = self.desk();
                    let court = Court::new(&desk, framework, period, today);
                    let keys = self.facts.records(framework.subject).into_iter();
                    let of = |key| RecordRef { record: framework.subject, key };
                    keys.flat_map(|key| court.proposals(&key).into_iter().map(move |it| (of(key.clone()), it)))
                        .collect()
                };
                for (of, proposal) in found {
                    self.propose(of, period, proposal, today);
                }
            }
        }
    }

    /// Lets frameworks judge each one whose stage was done since a day; whether anything was proposed.
    pub fn judge_what_was_done(&mut self, since: Date, today: Date) -> bool {
        let mut proposed = false;
        for (at, framework) in self.policy.frameworks.iter().enumerate() {
            let Judged::Done { workflow, stage } = &framework.judged else { continue };
            let calendar = &self.policy.calendars[framework.calendar];
            for case in 0..self.cases.len() {
                let running = &self.cases[case].case;
                let done = running.stage(stage).filter(|it| it.status == StageStatus::Done);
                let done = done.and_then(|it| Some((it.round, it.ended.filter(|day| *day >= since)?)));
                let (Some((round, day)), true) = (done, running.workflow == *workflow) else { continue };
                let period =
                    running.period.parse().ok().and_then(|it| calendar.period_containing(framework.each, it).ok());
                let Some(period) = period.filter(|_| self.judged_after.insert((at, case, round))) else { continue };
                let of = RecordRef { record: framework.subject, key: Arc::from(running.subject.as_str()) };
                let found = Court::new(&self.desk(), framework, period, day).proposals(&of.key);
                for proposal in found {
                    let same = |it: &BenchOutcome| {
                        let decided = it.proposal.missing.is_empty() && it.proposal.note.rule == proposal.note.rule;
                        decided && it.of == of && it.first == period.first
                    };
                    if !self.outcomes.iter().any(same) {
                        proposed |= proposal.missing.is_empty();
                        self.propose(of.clone(), period, proposal, today);
                    }
                }
            }
        }
        proposed
    }

    /// Opens the case in which something is heard, or lets it follow by itself.
    fn propose(&mut self, of: RecordRef, period: Period, proposal: Proposal, today: Date) {
        let decided = proposal.missing.is_empty();
        let case = proposal.heard_in.filter(|_| decided).map(|flow| {
            let first = period.first.to_string();
            let same = |it: &&BenchCase| it.flow == flow && *it.case.subject == *of.key && it.case.period == first;
            let event = Event::CaseOpened {
                workflow: self.policy.workflow(flow).label.name.clone(),
                subject_type: self.policy.record(of.record).label.name.clone(),
                subject: of.key.to_string(),
                nth: u32::try_from(self.cases.iter().filter(same).count() + 1).unwrap_or(u32::MAX),
                period: first,
                policy: 0,
                on: today,
                at_start_of_period: false,
                adopted: self.adopted,
                proposal: Some(proposal.note.clone()),
            };
            let case = Case::replay([&event]);
            let follows = follows(&self.desk(), flow, &case);
            self.cases.push(BenchCase { flow, case, events: vec![event] });
            let at = self.cases.len() - 1;
            self.happened(at, follows);
            at
        });
        self.outcomes.push(BenchOutcome { of, first: period.first, proposal, case });
    }

    /// What was heard and ends so takes effect.
    fn take_effect(&mut self, at: usize, events: &[Event]) {
        if !events.iter().any(|it| matches!(it, Event::CaseEnded { .. })) {
            return;
        }
        let running = &self.cases[at];
        let Some(note) = &running.case.proposal else { return };
        let named = |it: &Framework| it.label.name == note.framework;
        let framework = self.policy.frameworks.iter().find(|it| named(it));
        let rule = framework.and_then(|it| Some(&it.rules[it.rule_named(&note.rule)?]));
        if rule.is_some_and(|it| it.what() == Proposed::Measure) {
            return;
        }
        if let Standing::InForce(on) = standing(self.policy, running.flow, &running.case) {
            let subject = self.policy.workflow(running.flow).subject;
            let of = RecordRef { record: subject, key: Arc::from(running.case.subject.as_str()) };
            let rule = note.rule.clone();
            self.facts.impose(&of, &rule, on);
        }
    }

    /// Where something stands that was proposed for somebody in a period, under the name that it has now.
    #[must_use]
    pub fn standing(&self, rule: &str, of: &RecordRef, first: Date) -> Option<Standing> {
        let ours = self.outcomes.iter().filter(|it| it.of == *of && it.first == first);
        let stands = |it: &BenchOutcome| match it.case.map(|at| &self.cases[at]) {
            Some(running) => {
                let now = running.case.proposal.as_ref().is_some_and(|it| it.rule == rule);
                now.then(|| standing(self.policy, running.flow, &running.case))
            }
            None if it.proposal.note.rule != rule || !it.proposal.missing.is_empty() => None,
            None => Some(Standing::Proposed),
        };
        ours.filter_map(stands).next_back()
    }

    /// Looks at a case until the end of a day, as patiently as the engine does if nobody says otherwise.
    pub fn look(&mut self, at: usize, today: Date) -> Advanced {
        let running = &self.cases[at];
        let end = self.desk().moments(running.flow, &running.case, today).end;
        self.look_until(at, end, today)
    }

    fn patience(&self, until: i64, today: Date) -> Look {
        Look { until, today, stale_after: 3, grace_after_adoption: 10, grace_after_downtime: 5 }
    }

    fn look_until(&mut self, at: usize, until: i64, today: Date) -> Advanced {
        let look = self.patience(until, today);
        let running = &self.cases[at];
        let advanced = self.desk().look(running.flow, &running.case, &look);
        let running = &mut self.cases[at];
        running.events.extend(advanced.events.iter().cloned());
        running.case = advanced.case.clone();
        self.count_confirmed(at, &advanced.events);
        self.take_effect(at, &advanced.events);
        match self.accepted(at, &advanced.events) {
            accepted if accepted.is_empty() => advanced,
            accepted => {
                self.happened(at, accepted.clone());
                let after = self.look_until(at, until, today);
                let events = advanced.events.into_iter().chain(accepted).chain(after.events).collect();
                Advanced { events, ..after }
            }
        }
    }

    /// What was sent to somebody with an address is accepted on the same day, where it is asked when.
    fn accepted(&self, at: usize, events: &[Event]) -> Vec<Event> {
        let running = &self.cases[at];
        let flow = self.policy.workflow(running.flow);
        let mut accepted = Vec::new();
        for event in events {
            let Event::Sent { stage, round, notices, on, .. } = event else { continue };
            let asked = flow.stages.iter().any(|it| it.label.name == *stage && it.deemed_received.is_some());
            let of = Occasion { stage, day: *on, reason: None };
            let reaches = |it: &&Notice| {
                let ways = self.desk().by_each_way(running.flow, (&running.case, 1), of, it, false);
                ways.iter().any(|it| it.1.address.is_some())
            };
            accepted.extend(notices.iter().filter(|_| asked).filter(reaches).map(|it| Event::Accepted {
                stage: stage.clone(),
                round: *round,
                to: it.to.clone(),
                on: *on,
            }));
        }
        accepted
    }
}

/// What an example lets somebody do, and in which stage or in a case of which workflow.
fn deed_of(what: &ActWords) -> Result<(Option<String>, &Option<Name>, Deed), String> {
    Ok(match what {
        ActWords::Completes { stage } => (Some(stage.text.clone()), &None, Deed::Complete),
        ActWords::Delegates { .. } => return Err("nobody delegates in one case alone".to_owned()),
        ActWords::WithCase { verb, workflow } => {
            let deed = match verb {
                CaseVerb::Withdraw => Deed::CallOff(Off::Withdrawn),
                CaseVerb::Cancel => Deed::CallOff(Off::Cancelled),
                CaseVerb::Exempt => Deed::CallOff(Off::Exempted),
                CaseVerb::Suspend => Deed::Suspend,
                CaseVerb::Resume => Deed::Resume,
                CaseVerb::Lift => Deed::Lift,
                CaseVerb::Correct => return Err("what is corrected stands in the records".to_owned()),
            };
            (None, workflow, deed)
        }
        ActWords::Extends { stage, by } => {
            let length = length_of(&format!("{} {}", by.count.text, unit_of(by.unit).singular()))?;
            (Some(stage.text.clone()), &None, Deed::Extend(length))
        }
        ActWords::Recuses { stage } => (Some(stage.text.clone()), &None, Deed::Recuse),
        ActWords::EndsVote { stage } => (Some(stage.text.clone()), &None, Deed::EndVote),
        ActWords::Sends { stage } => (Some(stage.text.clone()), &None, Deed::Send),
        ActWords::Receives { stage } => (Some(stage.text.clone()), &None, Deed::Receive(None)),
    })
}

fn lies_with(stage: &StageCase, key: &str) -> bool {
    let holders = stage.holders.iter().filter_map(|it| it.who.as_ref());
    stage.status == StageStatus::Running && holders.into_iter().any(|(_, holder)| holder == key)
}

/// Whether a case is that of a record, or of a child of it: children have no names of their own.
pub(super) fn is_about(policy: &Policy, case: &Case, key: &str) -> bool {
    let record = policy.record_named(&case.subject_type);
    let child = record.is_some_and(|it| matches!(policy.record(it).shape, Shape::Child { .. }));
    let owner = if child { case.subject.rsplit_once('/').map(|it| it.0) } else { None };
    case.subject == key || owner == Some(key)
}
