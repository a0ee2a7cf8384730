//! What people do with a case as a whole: end it, stop its clock, correct what was written in it. Whom the policy names, as long as it says.

use crate::calendar::day_in_words;
use crate::ids::StageId;
use crate::policy::acts::{MayBe, Off, Power};
use crate::policy::model::Party;
use crate::workflow::act::{Act, Deed, Refusal, is_called};
use crate::workflow::advance::Machine;
use crate::workflow::case::{StageCase, StageStatus};
use crate::workflow::confirm::Entered;
use crate::workflow::event::{Event, Hand, HolderNote, How, Suspension};

impl Machine<'_> {
    pub(super) fn call_off(&mut self, act: &Act, how: Off) -> Result<(), Refusal> {
        let (power, by) = self.power(act, MayBe::Ended(how))?;
        let mark = power.mark().map(str::to_owned);
        let hand = self.hand(act, by)?;
        let on = hand.on;
        self.happen(Event::CalledOff { how, hand });
        self.happen(Event::CaseEnded { how: How::Cancelled, on, mark });
        Ok(())
    }

    /// The clock stands still from this day on, until somebody lets it run again.
    pub(super) fn suspend(&mut self, act: &Act) -> Result<(), Refusal> {
        let (_, by) = self.power(act, MayBe::Suspended)?;
        if let Some(since) = self.case.suspended_by_hand() {
            let why = format!("the clock stands still already, since {}", day_in_words(since));
            return Err(Refusal::new(why).but("let it run again: `resume`"));
        }
        let hand = self.hand(act, by)?;
        self.happen(Event::Suspended { hand });
        Ok(())
    }

    /// The clock that somebody stopped runs again from this day on.
    pub(super) fn resume(&mut self, act: &Act) -> Result<(), Refusal> {
        let (_, by) = self.power(act, MayBe::Suspended)?;
        if self.case.suspended_by_hand().is_none() {
            let because_of_facts = self.case.stands_still_on(self.look.today);
            let refusal = Refusal::new("nobody has stopped the clock");
            return Err(if because_of_facts {
                refusal.but("it stands still by what the records say")
            } else {
                refusal
            });
        }
        let hand = self.hand(act, by)?;
        self.happen(Event::Resumed { hand });
        Ok(())
    }

    /// What was written in a stage that has ended is written anew; the stage stays as it ended.
    pub(super) fn correct(&mut self, act: &Act, fields: &[String]) -> Result<(), Refusal> {
        if fields.is_empty() {
            return Err(Refusal::new("nothing is corrected").but("name a field and its value"));
        }
        let (_, by) = self.power(act, MayBe::Corrected)?;
        let waits = |field: &&String| self.case.entered.iter().any(|it| is_named(it, field));
        if let Some(field) = fields.iter().find(waits) {
            let why = format!("`{field}` counts only once it is confirmed");
            return Err(Refusal::new(why).but("whoever decides upon it may send it back"));
        }
        let mut stages: Option<Vec<StageId>> = None;
        for field in fields {
            let ended = self.corrected_in(field)?;
            let both = stages.map_or(ended.clone(), |it| it.into_iter().filter(|it| ended.contains(it)).collect());
            stages = Some(both);
        }
        let Some(stage) = stages.and_then(|it| it.first().copied()) else {
            let why = format!("`{}` were filled in several stages", fields.join("`, `"));
            return Err(Refusal::new(why).but("correct what one of them fills by an act of its own"));
        };
        let stage = self.stage(stage).label.name.clone();
        let hand = self.hand(act, by)?;
        self.happen(Event::Corrected { stage, fields: fields.to_vec(), hand });
        Ok(())
    }

    /// The stages that have filled a field, and ended; none that is open fills it, too.
    fn corrected_in(&self, field: &str) -> Result<Vec<StageId>, Refusal> {
        let fills = |it: &StageId| self.stage(*it).filled(self.policy, field).is_some();
        let stages: Vec<StageId> = self.stage_ids().filter(fills).collect();
        let own = |it: &&StageId| {
            let stage = self.stage(**it);
            stage.filled(self.policy, field).is_some_and(|it| stage.is_in_the_part(it))
        };
        if let Some(stage) = stages.iter().find(own) {
            let why = format!("`{field}` each has written for themselves in `{}`", self.stage(*stage).label.name);
            return Err(Refusal::new(why).but("an import corrects it"));
        }
        let Some(first) = stages.first().copied() else {
            return Err(Refusal::new(format!("no stage of `{}` fills `{field}`", self.flow.label.name)));
        };
        let status = |it: StageId| self.state(it).map(|it| it.status);
        let open = stages.iter().copied().find(|it| status(*it) == Some(StageStatus::Running));
        let ended = |it: &StageId| {
            let over = matches!(status(*it), Some(StageStatus::Done | StageStatus::Lapsed));
            over && self.state(*it).is_some_and(StageCase::has_ended)
        };
        let ended: Vec<StageId> = stages.iter().copied().filter(ended).collect();
        match open {
            Some(open) => {
                let why = format!("`{field}` is filled in `{}`, which has not ended", self.stage(open).label.name);
                Err(Refusal::new(why).but("fill it there"))
            }
            None if ended.is_empty() => {
                let why =
                    format!("`{field}` is filled in `{}`, which has not taken place", self.stage(first).label.name);
                Err(Refusal::new(why))
            }
            None => Ok(ended),
        }
    }

    pub(super) fn hand(&self, act: &Act, by: (String, String)) -> Result<Hand, Refusal> {
        Ok(Hand { by, because: Some(self.reason_of(act)?), on: self.look.today, key: act.key.clone() })
    }

    /// The line by which whoever acts may, and who they are.
    fn power(&self, act: &Act, to: MayBe) -> Result<(&Power, (String, String)), Refusal> {
        let (name, word) = (&self.flow.label.name, to.word());
        let lines: Vec<&Power> = self.flow.powers.iter().filter(|it| it.to == to).collect();
        if lines.is_empty() {
            let refusal = Refusal::new(format!("`{name}` may not be {word}"));
            let other = self.flow.powers.iter().find(|it| it.to != to);
            return Err(match other {
                Some(other) => refusal.but(format!("it may be {} by {}", other.to.word(), self.names_of(&other.by))),
                None => refusal,
            });
        }
        let theirs: Vec<(&Power, (String, String))> =
            lines.iter().filter_map(|line| Some((*line, self.one_of(act, &line.by)?))).collect();
        let over = |line: &Power| {
            let stage = line.until.filter(|_| act.what != Deed::Resume)?;
            let ended = self.state(stage).filter(|it| it.has_ended())?.ended?;
            Some((&self.stage(stage).label.name, ended))
        };
        match theirs.iter().find(|it| over(it.0).is_none()).or(theirs.first()).cloned() {
            Some((line, by)) => match over(line) {
                None => Ok((line, by)),
                Some((stage, ended)) => {
                    let ended = day_in_words(ended);
                    let why = format!("`{name}` may be {word} only until `{stage}`, which ended on {ended}");
                    Err(Refusal::new(why))
                }
            },
            None => {
                let who: Vec<String> = lines.iter().map(|it| self.names_of(&it.by)).collect();
                let why = format!("`{name}` may not be {word} by {}", act.by.1);
                Err(Refusal::new(why).but(format!("it may be by {}", who.join(" or "))))
            }
        }
    }

    /// Whoever acts, if they are one of these.
    pub(super) fn one_of(&self, act: &Act, parties: &[Party]) -> Option<(String, String)> {
        let found = self.people_of(parties).into_iter().filter_map(|it| it.who);
        found.into_iter().find(|it| is_called(&act.by, it))
    }

    fn people_of(&self, parties: &[Party]) -> Vec<HolderNote> {
        let asked = self.asked_on(StageId(0), self.look.today);
        parties.iter().map(|it| self.outlook.who(asked, it)).collect()
    }

    /// `clerk (Ada) or secretary (nobody)`
    pub(super) fn names_of(&self, parties: &[Party]) -> String {
        let name =
            |it: HolderNote| format!("{} ({})", it.capacity, it.who.map_or_else(|| "nobody".to_owned(), |it| it.1));
        self.people_of(parties).into_iter().map(name).collect::<Vec<_>>().join(" or ")
    }
}

/// `rating`, or `assessment.rating`
fn is_named(entered: &Entered, name: &str) -> bool {
    match name.split_once('.') {
        Some((record, field)) => entered.record == record && entered.field == field,
        None => entered.field == name,
    }
}

/// Stretches of time, each day once, in order.
pub(super) fn merged(mut one: Vec<Suspension>, other: &[Suspension]) -> Vec<Suspension> {
    if other.is_empty() {
        return one;
    }
    one.extend_from_slice(other);
    one.sort_by_key(|it| it.from);
    let mut merged: Vec<Suspension> = Vec::with_capacity(one.len());
    for next in one {
        match merged.last_mut() {
            Some(last) if last.until.is_none_or(|until| until.tomorrow().is_ok_and(|it| it >= next.from)) => {
                last.until = last.until.zip(next.until).map(|(one, other)| one.max(other));
            }
            _ => merged.push(next),
        }
    }
    merged
}
