//! What people do with a case as a whole: end it, stop its clock, correct what was written in it. Whom the policy names, as long as it says.

use crate::calendar::day_in_words;
use crate::ids::StageId;
use crate::policy::acts::{MayBe, Off, Power};
use crate::policy::model::Party;
use crate::workflow::act::{Act, Refusal, is_called};
use crate::workflow::advance::Machine;
use crate::workflow::case::StageCase;
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
        let mut written = None;
        for field in fields {
            let fills = |it: &StageId| {
                let stage = self.stage(*it);
                stage.filled(self.policy, field).is_some_and(|it| !stage.is_in_the_part(it))
            };
            let stages: Vec<StageId> = self.stage_ids().filter(fills).collect();
            let Some(first) = stages.first() else {
                return Err(Refusal::new(format!("no stage of `{}` fills `{field}`", self.flow.label.name)));
            };
            let ended = |it: &StageId| self.state(*it).is_some_and(StageCase::has_ended);
            let Some(stage) = stages.iter().find(|it| ended(it)) else {
                let name = &self.stage(*first).label.name;
                let why = format!("`{field}` is filled in `{name}`, which has not ended");
                return Err(Refusal::new(why).but("fill it there"));
            };
            written.get_or_insert(*stage);
        }
        let Some(stage) = written.map(|it| self.stage(it).label.name.clone()) else { return Ok(()) };
        let hand = self.hand(act, by)?;
        self.happen(Event::Corrected { stage, fields: fields.to_vec(), hand });
        Ok(())
    }

    fn hand(&self, act: &Act, by: (String, String)) -> Result<Hand, Refusal> {
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
        let theirs = lines.iter().find_map(|line| Some((*line, self.one_of(act, &line.by)?)));
        let Some((line, by)) = theirs else {
            let who: Vec<String> = lines.iter().map(|it| self.names_of(&it.by)).collect();
            let why = format!("`{name}` may not be {word} by {}", act.by.1);
            return Err(Refusal::new(why).but(format!("it may be by {}", who.join(" or "))));
        };
        if let Some(stage) = line.until
            && let Some(ended) = self.state(stage).filter(|it| it.has_ended()).and_then(|it| it.ended)
        {
            let stage = &self.stage(stage).label.name;
            let why = format!("`{name}` may be {word} only until `{stage}`, which ended on {}", day_in_words(ended));
            return Err(Refusal::new(why));
        }
        Ok((line, by))
    }

    /// Whoever acts, if they are one of these.
    fn one_of(&self, act: &Act, parties: &[Party]) -> Option<(String, String)> {
        let found = self.people_of(parties).into_iter().filter_map(|it| it.who);
        found.into_iter().find(|it| is_called(&act.by, it))
    }

    fn people_of(&self, parties: &[Party]) -> Vec<HolderNote> {
        let asked = self.asked_on(StageId(0), self.look.today);
        parties.iter().map(|it| self.outlook.who(asked, it)).collect()
    }

    /// `clerk (Ada) or secretary (nobody)`
    fn names_of(&self, parties: &[Party]) -> String {
        let name =
            |it: HolderNote| format!("{} ({})", it.capacity, it.who.map_or_else(|| "nobody".to_owned(), |it| it.1));
        self.people_of(parties).into_iter().map(name).collect::<Vec<_>>().join(" or ")
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
