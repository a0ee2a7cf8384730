//! The notices that follow from what happened in a case, as rows of the outbox.

use jiff::civil::Date;

use crate::calendar::Moment;
use crate::casework::{Desk, Letter, Moments, Occasion};
use crate::engine::run::Deciding;
use crate::ids::WorkflowId;
use crate::planted::{self, Bug};
use crate::policy::model::{Policy, Way};
use crate::store::{CaseRow, NewEffect, sha256};
use crate::workflow::{Case, Event, Notice, NoticeState};

impl Deciding<'_> {
    pub(super) fn effects_of(&self, days: &mut Days<'_>, row: &CaseRow, events: &[Event]) -> Vec<NewEffect> {
        let mut effects = Vec::new();
        let mut chosen: Option<(&String, Option<&str>)> = None;
        for event in events {
            // What a stage sends by a choice follows in the same look upon that choice, for which somebody gave a reason.
            if let Event::Chosen { stage, because, .. } = event {
                chosen = Some((stage, because.as_deref()));
            }
            let Some(cause) = Cause::of(event) else { continue };
            let reason = match event {
                Event::Sent { stage, because, .. } => {
                    because.as_deref().or(chosen.filter(|it| it.0 == stage).and_then(|it| it.1))
                }
                _ => None,
            };
            let moments = days.moments(cause.day);
            for notice in cause.notices {
                let of = Occasion { stage: &cause.stage, day: cause.day, reason };
                let mut ways =
                    days.desk.by_each_way(days.flow, (days.case, row.id), of, notice, self.settings.ways.letters);
                // What gives way to a stronger notice is told once.
                ways.truncate(if notice.state == NoticeState::Merged { 1 } else { ways.len() });
                for (way, mut letter) in ways {
                    letter.reminds = matches!(event, Event::StepTaken { rung: false, .. });
                    let not_before = self.leaves_from(days.desk.policy(), &letter, moments);
                    effects.push(self.effect(row, &cause, notice, (way, &letter), not_before));
                }
            }
        }
        effects
    }

    /// The moment from which a notice may leave: what is urgent on its day; anything else from the hour of notices of a working day of
    /// whoever it goes to.
    fn leaves_from(&self, policy: &Policy, letter: &Letter, day: Moments) -> i64 {
        if letter.urgent {
            return day.begin;
        }
        let own = policy.calendars.iter().find(|it| it.name() == letter.calendar);
        let own = own.filter(|_| !self.settings.ways.at_any_hour);
        own.map_or(day.notices, |it| it.notices_from(Moment(day.notices), None).0)
    }

    fn effect(
        &self,
        row: &CaseRow,
        cause: &Cause<'_>,
        notice: &Notice,
        (way, letter): (Way, &Letter),
        not_before: i64,
    ) -> NewEffect {
        let recipient = format!("{}:{}", notice.to.0, notice.to.1);
        let state = match (notice.state, &letter.address) {
            (NoticeState::Merged, _) => "merged",
            (NoticeState::Due, None) => "undeliverable",
            // The store as it was before it was restored may have sent this one, and no trace of it is left here.
            (NoticeState::Due, Some(_))
                if self.restored.is_some_and(|at| not_before <= at) && !planted::is(Bug::RestoreSendsHeld) =>
            {
                "held"
            }
            (NoticeState::Due, Some(_)) => "due",
        };
        let parts: [&str; 12] = [
            &self.store_id,
            &row.workflow,
            &row.subject_type,
            &row.subject,
            &row.period,
            &row.nth.to_string(),
            &cause.stage,
            &cause.round.to_string(),
            &cause.step,
            &cause.nth.to_string(),
            &recipient,
            way.kind(),
        ];
        let key = sha256(&parts.map(str::as_bytes));
        NewEffect {
            key,
            stage: cause.stage.clone(),
            round: i64::from(cause.round),
            step: cause.step.clone(),
            nth: i64::from(cause.nth),
            recipient,
            kind: way.kind().to_owned(),
            day: cause.day.to_string(),
            not_before,
            facts: serde_json::to_string(letter).unwrap_or_default(),
            message: notice.message.clone(),
            language: letter.language.clone(),
            state: state.to_owned(),
        }
    }
}

/// The moments of the days on which things happen in a case, each asked once.
pub(super) struct Days<'d> {
    pub(super) desk: &'d Desk<'d>,
    pub(super) flow: WorkflowId,
    pub(super) case: &'d Case,
    pub(super) known: Vec<(Date, Moments)>,
}

impl Days<'_> {
    pub(super) fn moments(&mut self, day: Date) -> Moments {
        if let Some((_, moments)) = self.known.iter().find(|it| it.0 == day) {
            return *moments;
        }
        let moments = self.desk.moments(self.flow, self.case, day);
        self.known.push((day, moments));
        moments
    }
}

/// What a notice follows from.
struct Cause<'e> {
    stage: String,
    round: u32,
    step: String,
    nth: u32,
    day: Date,
    notices: &'e [Notice],
}

impl<'e> Cause<'e> {
    fn of(event: &'e Event) -> Option<Self> {
        match event {
            Event::StepTaken { mark, day, notices, .. } => Some(Self {
                stage: mark.stage.clone(),
                round: mark.round,
                step: mark.step.clone(),
                nth: mark.nth,
                day: *day,
                notices,
            }),
            Event::Held { stage, round, step, was_due: _, until: _, notices, on } => {
                let (name, nth) = step.clone().unwrap_or_else(|| ("lapse".to_owned(), 1));
                let step = format!("{name}-held");
                Some(Self { stage: stage.clone(), round: *round, step, nth, day: *on, notices })
            }
            Event::Sent { stage, round, notices, on, .. } => {
                Some(Self { stage: stage.clone(), round: *round, step: "sent".to_owned(), nth: 1, day: *on, notices })
            }
            Event::Alarmed { rule, notices, on, .. } => {
                Some(Self { stage: rule.clone(), round: 1, step: "alarm".to_owned(), nth: 1, day: *on, notices })
            }
            _ => None,
        }
    }
}
