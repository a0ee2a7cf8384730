//! Some time before what a case brought into force ends by itself, those are told who have to do with it.
//!
//! The case has ended by then. It is looked at once more on the day of the alarm, and goes on sleeping where the end has moved.

use jiff::civil::Date;

use crate::workflow::advance::Machine;
use crate::workflow::event::{Event, HolderNote};
use crate::workflow::lift::took_effect;
use crate::workflow::notices::push_notice;

/// Who is told before what is in force ends, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// The day on which they are told.
    pub day: Date,
    /// The last day on which it is in force.
    pub last: Date,
    /// The message's name.
    pub message: String,
    /// Who they are; whoever can't be found is told nothing.
    pub to: Vec<HolderNote>,
}

impl Machine<'_> {
    /// Tells whoever has to do with what is in force that it ends soon, if its day has come. What was overslept beyond the end is of no
    /// use any more.
    pub(super) fn sound_alarm(&mut self) {
        let Some(alarm) = self.alarm().filter(|it| it.day <= self.look.today) else { return };
        let mut notices = Vec::new();
        for note in &alarm.to {
            push_notice(&mut notices, note, &alarm.message);
        }
        let rule = self.case.proposal.as_ref().map_or_else(String::new, |it| it.rule.clone());
        self.happen(Event::Alarmed { rule, last: alarm.last, notices, on: alarm.day });
    }

    /// The moment from which the alarm of what an ended case brought into force is to be sounded.
    pub(super) fn alarm_at(&self) -> Option<i64> {
        Some(self.outlook.notices_of(self.alarm()?.day)).filter(|at| *at > self.look.until)
    }

    fn alarm(&self) -> Option<Alarm> {
        if self.case.is_open()
            || self.case.proposal.is_none()
            || self.case.alarmed.is_some()
            || self.case.lifted.is_some()
        {
            return None;
        }
        let since = took_effect(self.flow, &self.case)?;
        self.outlook.alarm(&self.case, since, self.look.today).filter(|it| it.last >= self.look.today)
    }
}
