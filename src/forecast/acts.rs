//! What people do in cases on a day, before what that day brings by itself: looked at until its first moment, done or refused.

use std::sync::Arc;

use crate::casework::{confirmed, place_of, to_be_confirmed, whoever};
use crate::forecast::world::{Decided, Running, Watch, World, in_handfuls};
use crate::forecast::written::Write;
use crate::ids::{StageId, WorkflowId};
use crate::value::{Known, RecordRef};
use crate::workflow::{Act, Case, Entered, Event, Look, Refusal, done_or_over};

/// Somebody does something in a case.
#[derive(Debug, Clone)]
pub struct Doing {
    /// The case's number.
    pub case: usize,
    /// What is done. Of what is filled, the names of the fields are taken from `values`.
    pub act: Act,
    /// For each field that is filled: its name, and what is written into it; nothing empties it.
    pub values: Vec<(String, Option<Known>)>,
}

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Which of the doings, by its place.
    pub doing: usize,
    /// Why.
    pub why: Refusal,
}

/// An act that may be done, before what it writes is written.
struct Acted {
    case: Case,
    events: Vec<Event>,
    writes: Vec<Write>,
}

impl World<'_> {
    /// The number of the open case of a subject in a workflow and period (its first day as text).
    #[must_use]
    pub fn open_case(&self, flow: WorkflowId, key: &str, period: &str) -> Option<usize> {
        let ours = self.open.get(&self.subject(flow, key))?;
        let is_it =
            |it: &&usize| self.cases[**it].as_ref().is_some_and(|it| it.flow == flow && it.case.period == period);
        ours.iter().rev().find(is_it).copied()
    }

    /// What people do on a day, each in another case: with the facts of before all of it. What is refused leaves no trace.
    pub fn act(&mut self, doings: &[Doing], watch: &mut dyn Watch) -> Vec<Refused> {
        let mut refused = Vec::new();
        let acted = in_handfuls(self.terms.hands, doings, |it| self.acted(it));
        let mut done: Vec<(usize, Case, Vec<Event>)> = Vec::new();
        for (at, (doing, acted)) in doings.iter().zip(acted).enumerate() {
            match acted {
                Ok(Some(acted)) => {
                    self.write(&acted.writes);
                    done.push((doing.case, acted.case, acted.events));
                }
                Ok(None) => {}
                Err(why) => refused.push(Refused { doing: at, why }),
            }
        }
        let look = self.look();
        let decided = in_handfuls(self.terms.hands, &done, |(number, case, events)| {
            let flow = self.cases[*number].as_ref().map(|it| it.flow);
            flow.map(|flow| {
                let decided = self.decide(flow, case, Vec::new(), &look);
                Decided { events: events.iter().cloned().chain(decided.events).collect(), ..decided }
            })
        });
        for ((number, ..), decided) in done.into_iter().zip(decided) {
            if let Some(decided) = decided {
                self.take_in(number, decided, watch);
            }
        }
        refused
    }

    fn acted(&self, doing: &Doing) -> Result<Option<Acted>, Refusal> {
        let none = || Refusal { why: format!("there is no case {}", doing.case), possible: None };
        let running: &Running = self.cases.get(doing.case).and_then(Option::as_ref).ok_or_else(none)?;
        let (flow, case) = (running.flow, &running.case);
        if !case.is_open() {
            let named = Act { by: whoever(case, &doing.act.by)?, ..doing.act.clone() };
            if let Some(answer) = done_or_over(case, &named) {
                return answer.map(|()| None);
            }
        }
        let desk = self.desk();
        let look = self.look();
        let accepted = self.accepted_by_now(running);
        let case = accepted.iter().fold(case.clone(), Case::after);
        // An act on a day comes before what the day would remind of.
        let until = desk.moments(flow, &case, self.today).begin;
        let before = desk.look(flow, &case, &Look { until, ..look });
        if let Some(stuck) = before.stuck {
            return Err(Refusal { why: stuck.0, possible: None });
        }
        let named = &doing.act.by;
        let by = if doing.act.what.is_for_holders() { whoever(&before.case, named)? } else { named.clone() };
        let mut acted = desk.act(flow, &before.case, &look, &Act { by, ..doing.act.clone() })?;
        if acted.is_empty() {
            return Ok(None);
        }
        let mut writes = Vec::new();
        if let Some(Event::Filled { stage, by, .. }) = acted.last() {
            let (stage, by) = (stage.clone(), by.clone());
            let (now, waits) = self.filled(flow, &before.case, (&stage, &by), &doing.values)?;
            writes = now;
            if let Some(Event::Filled { entered, .. }) = acted.last_mut() {
                *entered = waits;
            }
        } else if let Some(Event::Corrected { stage, hand, .. }) = acted.last() {
            writes = self.filled(flow, &before.case, (stage, &hand.by), &doing.values)?.0;
        }
        let case = acted.iter().fold(before.case, Case::after);
        let events: Vec<Event> = accepted.into_iter().chain(before.events).chain(acted).collect();
        let subject = self.subject(flow, &case.subject);
        let counts = confirmed(&events);
        let counts = counts.iter().filter_map(|it| place_of(self.policy, it).ok());
        writes.extend(counts.map(|it| self.written_in(&case, &subject, (it.record, it.field), it.value)));
        Ok(Some(Acted { case, events, writes }))
    }

    /// What somebody writes into the fields of a stage: what is written now, and what waits until a decision confirms it.
    fn filled(
        &self,
        flow: WorkflowId,
        case: &Case,
        (stage_name, by): (&str, &(String, String)),
        values: &[(String, Option<Known>)],
    ) -> Result<(Vec<Write>, Vec<Entered>), Refusal> {
        let workflow = self.policy.workflow(flow);
        let place = workflow.stages.iter().position(|it| it.label.name == stage_name);
        let stage = place.map(|it| &workflow.stages[it]);
        let theirs =
            case.stages.get(stage_name).and_then(|it| it.holders.iter().find(|it| it.who.as_ref() == Some(by)));
        let part = theirs.and_then(|it| it.part.as_ref()).map(|it| it.1.as_str());
        let (mut writes, mut waits) = (Vec::new(), Vec::new());
        for (name, value) in values {
            let refused = || Refusal { why: format!("`{name}`: it is not filled here"), possible: None };
            let fill = stage.and_then(|it| it.filled(self.policy, name)).ok_or_else(refused)?;
            let entered = (by, self.today);
            let waiting = place
                .map(StageId::at)
                .and_then(|at| to_be_confirmed(self.policy, (flow, at), (fill, value.as_ref()), entered));
            if let Some(it) = waiting {
                waits.push(it);
                continue;
            }
            let of = match part.filter(|_| stage.is_some_and(|it| it.is_in_the_part(fill))) {
                Some(part) => RecordRef { record: fill.record, key: Arc::from(part) },
                None => self.subject(flow, &case.subject),
            };
            writes.push(self.written_in(case, &of, (fill.record, fill.field), value.clone()));
        }
        Ok((writes, waits))
    }
}
