//! Which cases open: everybody is walked once for each workflow and period, and afterwards only whose facts change or whose day comes.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::Date;

use crate::calendar::Period;
use crate::casework::{Opens, is_history, periods};
use crate::forecast::world::{Decided, Watch, World, first, in_handfuls};
use crate::ids::WorkflowId;
use crate::value::RecordRef;
use crate::workflow::Case;

/// So many are asked with the same facts.
const TOGETHER: usize = 4_096;

/// A subject's key, in a workflow and a period (its first day).
pub(super) type Subject = (WorkflowId, Arc<str>, Option<Date>);

/// What a subject comes to.
enum Opened {
    /// A case.
    Case(Box<Decided>),
    /// It is to be asked again on a day.
    On(Date),
    /// Nothing as far as is known.
    NotYet,
}

impl World<'_> {
    /// The day from which it is in use.
    fn since(&self) -> Date {
        self.terms.adopted.unwrap_or(self.today)
    }

    /// The workflows whose cases open by themselves: what was proposed is heard when it is, and not before.
    fn opening(&self) -> impl Iterator<Item = WorkflowId> + use<> {
        let opens = |it: &WorkflowId| self.policy.workflow(*it).runs() && self.policy.workflow(*it).proposal.is_none();
        (0..self.policy.workflows.len()).map(WorkflowId::at).filter(opens).collect::<Vec<_>>().into_iter()
    }

    pub(super) fn open_cases(&mut self, watch: &mut dyn Watch) {
        for flow in self.opening() {
            for period in periods(self.policy, flow, self.since(), self.today) {
                if self.walked.insert((flow, first(period))) {
                    let keys = self.facts.keys(self.policy.workflow(flow).subject);
                    for keys in keys.chunks(TOGETHER) {
                        let subjects: Vec<_> = keys.iter().map(|it| (flow, Arc::clone(it), period)).collect();
                        self.open_some(&subjects, watch);
                    }
                }
            }
        }
        let later = self.today.tomorrow().map(|it| self.expected.split_off(&it)).unwrap_or_default();
        let come = std::mem::replace(&mut self.expected, later);
        let come: BTreeSet<_> = come.into_values().flatten().collect();
        let with_period = |(flow, key, first): (WorkflowId, Arc<str>, Option<Date>)| {
            let workflow = self.policy.workflow(flow);
            let calendar = self.policy.calendar_of(workflow);
            let period = workflow.each.zip(first).and_then(|(kind, day)| calendar.period_containing(kind, day).ok());
            (flow, key, period)
        };
        let come: Vec<_> = come.into_iter().map(with_period).collect();
        self.open_some(&come, watch);
        self.open_changed(watch);
    }

    /// Subjects whose facts have changed, for every workflow and period in which they may need a case; whether there were any.
    pub(super) fn open_changed(&mut self, watch: &mut dyn Watch) -> bool {
        let changed = std::mem::take(&mut self.dirty_subjects);
        if changed.is_empty() {
            return false;
        }
        let mut subjects = Vec::new();
        for flow in self.opening() {
            let record = self.policy.workflow(flow).subject;
            let ours: Vec<&RecordRef> = changed.iter().filter(|it| it.record == record).collect();
            if ours.is_empty() {
                continue;
            }
            for period in periods(self.policy, flow, self.since(), self.today) {
                subjects.extend(ours.iter().map(|it| (flow, Arc::clone(&it.key), period)));
            }
        }
        for some in subjects.chunks(TOGETHER) {
            self.open_some(some, watch);
        }
        true
    }

    /// Opens a case for each subject that is to have one and has none.
    fn open_some(&mut self, subjects: &[(WorkflowId, Arc<str>, Option<Period>)], watch: &mut dyn Watch) {
        let opened = in_handfuls(self.terms.hands, subjects, |(flow, key, period)| self.opened(*flow, key, *period));
        for ((flow, key, period), opened) in subjects.iter().zip(opened) {
            match opened {
                Opened::Case(decided) => self.add(*flow, *decided, watch),
                Opened::On(day) => {
                    self.expected.entry(day).or_default().insert((*flow, Arc::clone(key), first(*period)));
                }
                Opened::NotYet => {}
            }
        }
    }

    fn opened(&self, flow: WorkflowId, key: &Arc<str>, period: Option<Period>) -> Opened {
        if self.count.contains_key(&(flow, Arc::clone(key), first(period))) {
            return Opened::NotYet;
        }
        let of = self.subject(flow, key);
        if !self.facts.has(&of) {
            return Opened::NotYet;
        }
        match self.desk().opens_since(flow, key, period, self.since(), self.today) {
            Opens::On { day, at_start_of_period } => {
                let under = (self.terms.version, self.terms.adopted);
                let event = self.desk().opened(flow, key, period, (day, at_start_of_period), under);
                let decided = self.decide(flow, &Case::default(), vec![event], &self.look());
                if is_history(&decided.case, self.terms.adopted) {
                    Opened::NotYet
                } else {
                    Opened::Case(Box::new(decided))
                }
            }
            Opens::Later(day) => Opened::On(day),
            Opens::NotYet => {
                let turn = self.policy.workflow(flow).turns.after(self.today);
                let turn = turn.filter(|day| period.is_none_or(|it| *day <= it.last));
                turn.map_or(Opened::NotYet, Opened::On)
            }
        }
    }
}
