//! More time for a stage, by whom the policy names, so often and so much at most as it says.

use jiff::civil::Date;

use crate::calendar::{Length, day_in_words, length_in_words};
use crate::ids::StageId;
use crate::planted::{self, Bug};
use crate::policy::model::Timing;
use crate::workflow::act::{Act, Refusal};
use crate::workflow::advance::Machine;
use crate::workflow::event::{Event, Hand};

impl Machine<'_> {
    pub(super) fn extend(&mut self, act: &Act, length: Length) -> Result<(), Refusal> {
        let id = self.open_stage(act, |it| self.stage(it).extension.is_some())?;
        let stage = self.stage(id).label.name.clone();
        let Some(extension) = self.stage(id).extension.clone() else {
            return Err(Refusal::new(format!("`{stage}` may not be extended")).but(self.which_may_be_extended()));
        };
        let by = self.only_by(act, id, &extension.by, &format!("`{stage}` may be extended"))?;
        let because = self.reason_of(act)?;
        let Some(state) = self.state(id) else { return Err(Refusal::new(format!("`{stage}` is not open"))) };
        let (granted, most) = (state.extensions.len(), length_in_words(extension.at_most));
        if granted >= extension.times as usize {
            let due = state.dates.due.as_ref().map(|it| format!("it is due on {}", day_in_words(it.day)));
            let why = format!("`{stage}` may be extended {} at most, and has been", often(extension.times));
            return Err(Refusal { why, possible: due });
        }
        match length.is_within(extension.at_most) {
            Some(true) if length.count > 0 => {}
            Some(true) => {
                return Err(Refusal::new("an extension by nothing changes nothing").but(format!("{most} at most")));
            }
            Some(false) => {
                let why = format!("{} are more than `{stage}` may be extended by", length_in_words(length));
                return Err(Refusal::new(why).but(format!("{most} at most")));
            }
            None => {
                let (unit, other) = (length.unit.singular(), extension.at_most.unit.singular());
                let why =
                    format!("`{stage}` may be extended by {most} at most, and {unit}s can't be held against {other}s");
                return Err(Refusal::new(why).but(format!("give the length in {other}s")));
            }
        }
        let counts_from_due = |it: &Timing| match it {
            Timing::Before(_) | Timing::OnDue | Timing::Overdue(_) | Timing::EveryOverdue { .. } => true,
            Timing::AtOpening | Timing::AfterOpening(_) => planted::is(Bug::RungAgainAfterExtension),
        };
        let steps = self.stage(id).steps.iter().filter(|it| counts_from_due(&it.timing));
        let anew = steps.map(|it| state.called(&it.name).to_owned()).collect();
        let hand = Hand { by, because: Some(because), on: self.look.today, key: act.key.clone() };
        let (round, dates) = (state.round + 1, state.dates.clone());
        let opening = state.opening.clone();
        if dates.due.is_none() {
            return Err(Refusal::new(format!("`{stage}` has no due date that could be put off")));
        }
        let mut event = Event::Extended { stage: stage.clone(), round, length, dates, anew, hand };
        // What the dates are then, the case with its extension tells.
        let then = self.case.clone().after(&event);
        let asked = crate::workflow::outlook::Asked { case: &then, stage: id, on: self.look.today };
        let made = match opening {
            Some(opening) => self.outlook.dates(asked, &opening).map_err(Refusal::new)?,
            None => return Err(Refusal::new(format!("`{stage}` is not open"))),
        };
        if let (Some(due), Some(closes)) = (&made.due, &made.closes)
            && due.day > closes.day
        {
            let why = format!("`{stage}` closes on {}, and can't be due after that", day_in_words(closes.day));
            return Err(Refusal::new(why).but("extend it by less"));
        }
        if let Event::Extended { dates, .. } = &mut event {
            *dates = made;
        }
        self.happen(event);
        Ok(())
    }

    fn which_may_be_extended(&self) -> String {
        let open = self.open_stages().into_iter().filter(|it| self.stage(*it).extension.is_some());
        let names: Vec<String> = open.map(|it| format!("`{}`", self.stage(it).label.name)).collect();
        if names.is_empty() {
            "nothing that is open may be".to_owned()
        } else {
            format!("{} may be", names.join(" and "))
        }
    }

    /// Whether a step lies before the extension whose dates it counts from.
    pub(super) fn is_before_extension(&self, id: StageId, place: usize, day: Date) -> bool {
        let from_opening = matches!(self.stage(id).steps[place].timing, Timing::AtOpening | Timing::AfterOpening(_));
        let granted = self.state(id).and_then(|it| it.extensions.last()).map(|it| it.on);
        !from_opening && granted.is_some_and(|on| day < on)
    }
}

/// `once`, `twice`, `3 times`
pub(super) fn often(times: u32) -> String {
    match times {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        more => format!("{more} times"),
    }
}
