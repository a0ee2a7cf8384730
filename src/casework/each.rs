//! Stages that open once for each of several people: who they are, and who of them has done their part.

use std::sync::Arc;

use jiff::civil::Date;

use crate::casework::outlook::CaseOutlook;
use crate::eval::{self, Named};
use crate::policy::flow::OneEach;
use crate::policy::model::Fill;
use crate::value::{Known, RecordRef, Value};
use crate::workflow::{Answer, Asked, HolderNote, StageCase};

impl CaseOutlook<'_> {
    /// With whom such a stage lies: whoever can act, and whoever has done so; nobody, and why, where they are too few.
    pub(super) fn each(&self, asked: Asked<'_>, each: &OneEach) -> Vec<HolderNote> {
        let scope = self.scope(asked.on);
        let barred = self.stage(asked.stage).but_not.iter().filter_map(|it| eval::holder(&scope, it).holder);
        let never: Vec<RecordRef> = barred.collect();
        let named = eval::each_of(&scope, each, &never);
        let mut notes: Vec<HolderNote> = Vec::new();
        let mut passed_over = Vec::new();
        for Named { by, found, person } in named {
            let note = HolderNote { part: Some(self.name_of(&by)), ..self.note(found, each.name.clone()) };
            let there = HolderNote { who: person.as_ref().map(|it| self.name_of(it)), ..note.clone() };
            let barred = person.as_ref().is_some_and(|it| never.contains(it));
            if note.who.is_some() || (there.who.is_some() && !barred && self.part_done(asked, &there).is_some()) {
                notes.push(there);
            } else if !note.why.is_empty() {
                passed_over.push(note.why.join("; "));
            }
        }
        let needed = each.at_least.unwrap_or(1) as usize;
        if notes.len() < needed {
            let (name, sit) = (&each.name, notes.len());
            let why = format!("{needed} must act as {name}, and {sit} can");
            let why = std::iter::once(why).chain(passed_over).collect();
            notes.push(HolderNote { who: None, capacity: name.clone(), why, part: None });
        }
        notes
    }

    /// All have done their part; or as many as suffice, once the time for it is over, or at once where there is none.
    pub(super) fn done_by_each(&self, asked: Asked<'_>, each: &OneEach) -> Answer<Date> {
        let holders = self.each(asked, each);
        if holders.iter().any(|it| it.who.is_none()) {
            return Answer::NotYet;
        }
        let mut days: Vec<Date> = holders.iter().filter_map(|it| self.part_done(asked, it)).collect();
        days.sort_unstable();
        if days.len() == holders.len() {
            return days.last().copied().map_or(Answer::NotYet, Answer::Known);
        }
        let enough = each.at_least.and_then(|it| days.get((it as usize).checked_sub(1)?).copied());
        let Some(enough) = enough else { return Answer::NotYet };
        let state = asked.case.stage(&self.stage(asked.stage).label.name);
        let day = |it: &Option<crate::workflow::DueDate>| it.as_ref().map(|it| it.day);
        let (due, closes) = (state.and_then(|it| day(&it.dates.due)), state.and_then(|it| day(&it.dates.closes)));
        match due {
            None => Answer::Known(enough),
            Some(_) if asked.case.stands_still_on(asked.on) => Answer::NotYet,
            Some(due) if asked.on > due => Answer::Known(enough.max(due)),
            // On its last day it is over with that day.
            Some(due) if closes.is_some_and(|it| it <= due && asked.on >= it) => Answer::Known(enough.max(asked.on)),
            Some(due) => due.tomorrow().map_or(Answer::NotYet, Answer::Known),
        }
    }

    /// The day on which one of them has done their part: what they fill is there, or they said that it is done.
    pub(super) fn part_done(&self, asked: Asked<'_>, holder: &HolderNote) -> Option<Date> {
        let stage = self.stage(asked.stage);
        // Before it opens, what is there is there already.
        let state = asked.case.stage(&stage.label.name);
        let part = holder.part.as_ref().and_then(|(kind, key)| {
            Some(RecordRef { record: self.policy().record_named(kind)?, key: Arc::from(key.as_str()) })
        })?;
        let context = self.context_of(asked.case, &stage.label.name, asked.on);
        let scope = self.scope(asked.on).with_context(&context);
        let mut stated: Option<Date> = None;
        let mut own = false;
        for fill in self.filled_by(stage, &scope) {
            let theirs = stage.is_in_the_part(fill);
            own |= theirs;
            match self.value_of_part(fill, theirs.then_some(&part), asked.on) {
                Value::Known(Known::Date(day)) if day <= asked.on => stated = stated.max(Some(day)),
                Value::Known(Known::Date(_)) => return None,
                Value::Known(_) => {}
                Value::Unknown(_) | Value::NotApplicable | Value::NotHappened => return None,
            }
        }
        let signed =
            state.and_then(|it| it.signed.get(&holder.place())).filter(|it| holder.who.as_ref() == Some(&it.by));
        let signed = signed.map(|it| it.on);
        // What was there before does not count again by itself, and what is not theirs alone each says to be done.
        let came_anew = state.is_some_and(StageCase::came_anew);
        let must_sign = !own || asked.case.proposal.is_some() || came_anew;
        match (signed, must_sign) {
            (Some(on), _) => Some(stated.map_or(on, |it| it.max(on))),
            (None, true) => None,
            (None, false) => Some(stated.unwrap_or(asked.on)),
        }
    }

    fn value_of_part(&self, fill: &Fill, part: Option<&RecordRef>, on: Date) -> Value {
        match part {
            Some(part) => self.facts().field(part, fill.field, on),
            None => self.value_filled(fill, on),
        }
    }
}
