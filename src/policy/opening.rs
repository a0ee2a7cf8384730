//! Whether the first stage of a workflow can open after its period has ended.

use jiff::civil::Date;

use crate::calendar::Period;
use crate::policy::model::{Policy, Workflow};
use crate::policy::time_checks::Tried;

/// Whether a case of a period can open on a day or later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MayOpen {
    /// It opens earlier, whatever the facts.
    No,
    /// That rests on facts.
    OnAFact,
    /// It does, by the calendar alone.
    Yes,
}

impl Policy {
    /// Whether a stage that waits for no other opens on a day or later in a case of a period, which ended before that day.
    #[must_use]
    pub fn may_open(&self, workflow: &Workflow, period: &Period, since: Date) -> MayOpen {
        let with_the_case = workflow.stages.first().is_none_or(|it| it.opens.is_none() && it.after.is_empty());
        if with_the_case {
            return MayOpen::No;
        }
        let first = workflow.stages.iter().filter(|it| it.opens.is_some() && it.after.is_empty());
        let opening = first.flat_map(|stage| {
            let calendars = self.calendars_of(workflow);
            calendars.into_iter().map(move |at| {
                let calendar = &self.calendars[at];
                let opening = |it: &Period| Tried::of(calendar, it, stage).opening();
                match opening(period) {
                    Some(day) if day < since => MayOpen::No,
                    // A day that is the same in every period belongs to none that has ended.
                    Some(day) if calendar.next(*period).is_ok_and(|it| opening(&it) == Some(day)) => MayOpen::No,
                    Some(_) => MayOpen::Yes,
                    None => MayOpen::OnAFact,
                }
            })
        });
        opening.max().unwrap_or(MayOpen::No)
    }
}
