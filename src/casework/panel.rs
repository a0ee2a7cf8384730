//! Who sits on a committee in a case: the members that the records name on the day, without those who may not decide about the subject.

use std::sync::Arc;

use crate::casework::outlook::CaseOutlook;
use crate::eval::{self, CaseContext, Facts, sure_days};
use crate::ids::{FieldId, RecordId};
use crate::planted::{self, Bug};
use crate::policy::committee::{Committee, Membership, Recused};
use crate::policy::model::{FieldKind, Party, Policy};
use crate::value::{Known, RecordRef, Truth, Value};
use crate::workflow::{Asked, HolderNote, Sitting};
use jiff::civil::Date;

impl CaseOutlook<'_> {
    /// Everybody who holds a seat on the day; in the order of the seats.
    pub(super) fn sitting(&self, asked: Asked<'_>, committee: &Committee) -> Vec<Sitting> {
        if committee.for_each_case {
            return self.formed_sitting(asked, committee);
        }
        let Some(members) = committee.members else { return Vec::new() };
        let mut found: Vec<Sitting> = Vec::new();
        for record in self.memberships(committee, members, asked.on) {
            let Some((person, seat)) = seat_of(self.policy(), self.facts(), committee, members, &record, asked.on)
            else {
                continue;
            };
            if !self.may_sit(asked, committee, seat, &person) {
                continue;
            }
            let taken = found.iter().filter(|it| it.seat == seat).count();
            let who = self.name_of(&person);
            if taken < committee.seats[seat].count as usize && found.iter().all(|it| it.who != who) {
                let recused = self.why_recused(asked, committee, &person, &who);
                found.push(Sitting { who, seat, recused });
            }
        }
        found.sort_by_key(|it| it.seat);
        found
    }

    /// With whom a decision of the committee lies: those who sit in the case; nobody, and why, where they can't reach the quorum.
    pub(super) fn members(&self, asked: Asked<'_>, committee: &Committee) -> Vec<HolderNote> {
        self.goes_by(committee.label.span);
        let all = self.sitting(asked, committee);
        let of_voters = committee.quorum.as_ref().is_none_or(|it| it.of_voters);
        let counts = |it: &&Sitting| !of_voters || committee.seats[it.seat].votes;
        let recused = all.iter().filter(|it| it.recused.is_some()).filter(counts).count();
        let sit = all.iter().filter(|it| it.recused.is_none()).filter(counts).count();
        let needed = committee.needed(u32::try_from(recused).unwrap_or(u32::MAX));
        let note = |it: &Sitting| HolderNote {
            who: Some(it.who.clone()),
            capacity: committee.seats[it.seat].label.name.clone(),
            why: vec![format!("sits on {} as {}", committee.label.name, committee.seats[it.seat].label.name)],
            part: None,
        };
        let nobody = |why| HolderNote { who: None, capacity: committee.label.name.clone(), why, part: None };
        let mut notes: Vec<HolderNote> = all.iter().filter(|it| it.recused.is_none()).map(note).collect();
        let empty = committee.quorum.iter().flat_map(|it| &it.among).find(|at| all.iter().all(|it| it.seat != **at));
        let seat =
            empty.map(|at| format!("nobody sits as {}, who must be among them", committee.seats[*at].label.name));
        let short = self.too_few_of_them(asked, committee, &all);
        if let Some(why) = self.recusal_unknown(asked, committee) {
            notes.push(nobody(vec![why]));
        } else if let Some(why) = seat.filter(|_| sit >= needed as usize) {
            notes.push(nobody(vec![why]));
        } else if sit < needed as usize {
            let away = all.iter().filter_map(|it| Some(format!("{} does not: {}", it.who.1, it.recused.as_ref()?)));
            let why = std::iter::once(format!("{needed} must be there to decide, and {sit} sit")).chain(away).collect();
            notes.push(nobody(why));
        } else if let Some(why) = short {
            notes.push(nobody(vec![why]));
        }
        notes
    }

    /// The records that say who sits on the committee of the subject, of those that count on the day.
    pub(super) fn memberships(&self, committee: &Committee, members: Membership, on: Date) -> Vec<RecordRef> {
        let body = committee.of.map(|of| body_of(self.policy(), self.facts(), self.subject(), of, on));
        match body {
            Some(None) => Vec::new(),
            body => memberships(self.policy(), self.facts(), members, body.flatten().as_ref(), on),
        }
    }

    /// Whether the seat's own condition is a known yes for them.
    fn may_sit(&self, asked: Asked<'_>, committee: &Committee, seat: usize, person: &RecordRef) -> bool {
        let Some(condition) = &committee.seats[seat].condition else { return true };
        let context = CaseContext { one: Some(person.clone()), ..CaseContext::default() };
        eval::truth(&self.scope(asked.on).with_context(&context), condition) == Truth::Yes
    }

    /// Why somebody does not decide about the subject.
    pub(super) fn why_recused(
        &self,
        asked: Asked<'_>,
        committee: &Committee,
        person: &RecordRef,
        who: &(String, String),
    ) -> Option<String> {
        if asked.case.concerns(who) && !planted::is(Bug::SubjectVotes) {
            return Some("the case is about them".to_owned());
        }
        if asked.case.recused.contains(who) {
            return Some("they have withdrawn from it".to_owned());
        }
        let role = committee.recused.iter().find_map(|it| match it {
            Recused::Role(role) => {
                // Whoever stands in the role, and whoever is only stood in for.
                let found = eval::holder(&self.scope(asked.on), &Party::Role(*role));
                let is_it = found.holder.as_ref() == Some(person) || found.passed_over.iter().any(|it| it.0 == *person);
                is_it.then_some(*role)
            }
            Recused::Subject => None,
        })?;
        Some(format!("{} of the subject", self.policy().roles[role.index()].label.name))
    }

    /// Who must not decide about the subject, and of whom nobody can tell who it is: until that is known nobody decides.
    pub(super) fn recusal_unknown(&self, asked: Asked<'_>, committee: &Committee) -> Option<String> {
        committee.recused.iter().find_map(|it| {
            let Recused::Role(role) = it else { return None };
            let found = eval::holder(&self.scope(asked.on), &Party::Role(*role));
            if found.holder.is_some() || found.missing.is_empty() {
                return None;
            }
            let facts: Vec<String> = found.missing.iter().map(ToString::to_string).collect();
            let name = &self.policy().roles[role.index()].label.name;
            Some(format!("who does not sit as {name} of the subject is not known, for want of {}", facts.join(", ")))
        })
    }

    /// Why those who sit are not as a rule on the whole asks; a rule of which a missing fact leaves open whether it applies, does.
    fn too_few_of_them(&self, asked: Asked<'_>, committee: &Committee, all: &[Sitting]) -> Option<String> {
        self.rules_that_apply(asked, committee).iter().find_map(|it| {
            let counts = |sitting: &&Sitting| {
                let person = self.record_called(&sitting.who);
                person.is_some_and(|who| self.holds_for(asked, &it.rule.condition, &who) == Truth::Yes)
            };
            let there = all.iter().filter(|it| it.recused.is_none()).filter(counts).count();
            let facts: Vec<String> = it.missing.iter().map(ToString::to_string).collect();
            let want = if facts.is_empty() { String::new() } else { format!(", for want of {}", facts.join(", ")) };
            (there < it.rule.count as usize).then(|| {
                format!(
                    "at least {} who sit must be as a rule of {} asks, and {there} are{want}",
                    it.rule.count, committee.label.name
                )
            })
        })
    }

    pub(super) fn name_of(&self, who: &RecordRef) -> (String, String) {
        (self.policy().record(who.record).label.name.clone(), Arc::clone(&who.key).to_string())
    }
}

/// The record to which a committee `of` such records belongs where it decides about somebody: they themselves, or the one to whom they
/// refer; nothing where that is not known.
#[must_use]
pub fn body_of(policy: &Policy, facts: &dyn Facts, subject: &RecordRef, of: RecordId, on: Date) -> Option<RecordRef> {
    if subject.record == of {
        return Some(subject.clone());
    }
    let at = policy.record(subject.record).fields.iter().position(|it| it.kind == FieldKind::Reference(of))?;
    match facts.field(subject, FieldId::at(at), on) {
        Value::Known(Known::Record(body)) => Some(body),
        _ => None,
    }
}

/// The records that say who sits on a committee on a day: of the record that has it, or of all.
pub(super) fn memberships(
    policy: &Policy,
    facts: &dyn Facts,
    members: Membership,
    body: Option<&RecordRef>,
    on: Date,
) -> Vec<RecordRef> {
    let all = body.map_or_else(|| facts.records(members.record), |it| facts.children(it, members.record));
    let spell = policy.record(members.record).spell;
    let counts = |it: &RecordRef| {
        let Some(spell) = spell else { return true };
        let (first, last) = (facts.field(it, spell.first, on), facts.field(it, spell.last, on));
        sure_days(&first, &last).is_some_and(|(first, last)| first <= on && on <= last)
    };
    all.into_iter().filter(counts).collect()
}

/// Who sits by such a record, and the place of their seat.
pub(super) fn seat_of(
    policy: &Policy,
    facts: &dyn Facts,
    committee: &Committee,
    members: Membership,
    record: &RecordRef,
    on: Date,
) -> Option<(RecordRef, usize)> {
    let Value::Known(Known::Record(person)) = facts.field(record, members.person, on) else { return None };
    let Value::Known(Known::Choice(list, at)) = facts.field(record, members.seat, on) else { return None };
    let name = &policy.choices[list.index()].choices.get(at as usize)?.name;
    let seat = committee.seats.iter().position(|it| it.label.name == *name)?;
    Some((person, seat))
}
