//! A committee formed for a case: who is drawn, who may not sit, and who takes the place of whom.
//!
//! Names are drawn one by one until a committee can be made of those drawn. The lot is made of the case and the name alone: whoever
//! draws again draws the same, in whatever order cases are looked at.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::casework::compose::{Drawn, compose};
use crate::casework::outlook::CaseOutlook;
use crate::casework::panel::seat_of;
use crate::eval::{self, CaseContext};
use crate::policy::committee::{AtLeast, Committee};
use crate::policy::model::Expr;
use crate::value::{Missing, RecordRef, Truth};
use crate::workflow::{Asked, Case, Formed, Forming, HolderNote, Member, PassedOver, Sitting};

/// So many of those who were passed over for one reason are named.
const NAMED: usize = 3;

/// Somebody who was drawn.
struct Candidate {
    person: RecordRef,
    drawn: Drawn,
    /// What speaks for them, in words.
    why: Vec<String>,
}

/// A rule on the whole committee that applies in the case.
pub(super) struct Rule<'p> {
    pub(super) rule: &'p AtLeast,
    /// Facts for want of which it is not known whether it does.
    pub(super) missing: Vec<Missing>,
}

impl CaseOutlook<'_> {
    /// Those who are on the committee as it was formed.
    pub(super) fn formed_sitting(&self, asked: Asked<'_>, committee: &Committee) -> Vec<Sitting> {
        let members = self.formed_in(asked).map(|it| it.members).unwrap_or_default();
        let place = |it: &Member| committee.seats.iter().position(|seat| seat.label.name == it.seat);
        let sits = |it: &Member| {
            let person = self.record_called(&it.who)?;
            let recused = self.why_recused(asked, committee, &person, &it.who);
            Some(Sitting { who: it.who.clone(), seat: place(it)?, recused })
        };
        members.iter().filter_map(sits).collect()
    }

    /// The committee as its stage keeps it.
    fn formed_in(&self, asked: Asked<'_>) -> Option<Formed> {
        asked.case.stage(&self.stage(asked.stage).label.name)?.formed.clone()
    }

    /// Who is on it on the day: those who were and may still sit, and for each who is missing somebody who may.
    pub(super) fn form(&self, asked: Asked<'_>, committee: &Committee) -> Forming {
        let before = self.formed_in(asked).unwrap_or_default();
        let mut forming = Forming::default();
        for member in &before.members {
            match self.why_left(asked, committee, member) {
                Some(why) => forming.left.push((member.who.clone(), why)),
                None => forming.members.push(member.clone()),
            }
        }
        let taken = |seat: &str| forming.members.iter().filter(|it| it.seat == seat).count();
        let vacant: Vec<usize> = committee
            .seats
            .iter()
            .enumerate()
            .flat_map(|(at, it)| std::iter::repeat_n(at, (it.count as usize).saturating_sub(taken(&it.label.name))))
            .collect();
        let mut why_not = Vec::new();
        if let Some(unknown) = self.recusal_unknown(asked, committee) {
            why_not.push(unknown);
        } else if !vacant.is_empty() {
            why_not = self.fill_vacant(asked, committee, &before, &vacant, &mut forming);
        }
        forming.members.sort_by_key(|it| committee.seats.iter().position(|seat| seat.label.name == it.seat));
        forming.holders = forming.members.iter().map(|it| holder_of(committee, it)).collect();
        if !why_not.is_empty() && (before.members.is_empty() || !self.the_others_can_decide(asked, committee, &forming))
        {
            forming.holders.push(HolderNote {
                who: None,
                capacity: committee.label.name.clone(),
                why: why_not,
                part: None,
            });
        }
        forming
    }

    /// Whether those who are left suffice though nobody takes a place: only where the committee has a quorum of its own.
    fn the_others_can_decide(&self, asked: Asked<'_>, committee: &Committee, forming: &Forming) -> bool {
        let Some(quorum) = &committee.quorum else { return false };
        let seat = |it: &Member| committee.seats.iter().find(|seat| seat.label.name == it.seat);
        let counted = forming.members.iter().filter_map(seat).filter(|it| !quorum.of_voters || it.votes).count();
        let among = |at: &usize| forming.members.iter().any(|it| it.seat == committee.seats[*at].label.name);
        self.recusal_unknown(asked, committee).is_none()
            && counted >= quorum.count as usize
            && quorum.among.iter().all(among)
    }

    /// Why somebody who was on it can't go on.
    fn why_left(&self, asked: Asked<'_>, committee: &Committee, member: &Member) -> Option<String> {
        if !committee.seats.iter().any(|it| it.label.name == member.seat) {
            return Some(format!("there is no seat `{}` any more", member.seat));
        }
        let person = self.record_called(&member.who)?;
        let recused = self.why_recused(asked, committee, &person, &member.who);
        recused.or_else(|| eval::gone(&self.scope(asked.on), &person))
    }

    /// Draws names until the vacant seats can be filled; why that can't be done, if it can't.
    fn fill_vacant(
        &self,
        asked: Asked<'_>,
        committee: &Committee,
        before: &Formed,
        vacant: &[usize],
        forming: &mut Forming,
    ) -> Vec<String> {
        let kept: Vec<RecordRef> = forming.members.iter().filter_map(|it| self.record_called(&it.who)).collect();
        let rules = self.rules_that_apply(asked, committee);
        let keeps =
            |rule: &Rule<'_>, person: &RecordRef| self.holds_for(asked, &rule.rule.condition, person) == Truth::Yes;
        let needed: Vec<usize> = rules
            .iter()
            .map(|rule| {
                let there = kept.iter().filter(|it| keeps(rule, it)).count();
                (rule.rule.count as usize).saturating_sub(there)
            })
            .collect();
        let lot = self.lot(asked, committee, before.nth);
        let pool = lot.len();
        let mut candidates: Vec<Candidate> = Vec::new();
        let mut missing: Vec<Missing> = Vec::new();
        for (place, (person, seats)) in lot.into_iter().enumerate() {
            let who = self.name_of(&person);
            if kept.contains(&person) || forming.left.iter().any(|it| it.0 == who) {
                continue;
            }
            match self.why_unfit(asked, committee, before, &person, &seats, &mut missing) {
                Err(why) => pass_over(&mut forming.passed_over, why, &person.key),
                Ok((seats, mut why)) => {
                    why.insert(0, format!("drawn by lot: {} of {pool}", place + 1));
                    let counts_for = rules.iter().map(|it| keeps(it, &person)).collect();
                    candidates.push(Candidate { person, drawn: Drawn { seats, counts_for }, why });
                    let drawn: Vec<Drawn> = candidates.iter().map(|it| it.drawn.clone()).collect();
                    if let Some(chosen) = compose(vacant, &needed, &drawn) {
                        self.seat_them(vacant, &chosen, candidates, committee, forming);
                        return Vec::new();
                    }
                }
            }
        }
        why_too_few(committee, vacant, &needed, &rules, &candidates, missing, forming)
    }

    fn seat_them(
        &self,
        vacant: &[usize],
        chosen: &[usize],
        candidates: Vec<Candidate>,
        committee: &Committee,
        forming: &mut Forming,
    ) {
        for (at, Candidate { person, why, .. }) in candidates.into_iter().enumerate() {
            match chosen.iter().position(|it| *it == at) {
                Some(seat) => {
                    let seat = committee.seats[vacant[seat]].label.name.clone();
                    forming.members.push(Member { who: self.name_of(&person), seat, why });
                }
                None => {
                    let why = "others had to be there: see `at least`, and who fits which seat".to_owned();
                    pass_over(&mut forming.passed_over, why, &person.key);
                }
            }
        }
    }

    /// The seats that somebody may take, and what speaks for them; or why they may take none.
    fn why_unfit(
        &self,
        asked: Asked<'_>,
        committee: &Committee,
        before: &Formed,
        person: &RecordRef,
        seats: &[usize],
        missing: &mut Vec<Missing>,
    ) -> Result<(Vec<usize>, Vec<String>), String> {
        let who = self.name_of(person);
        if let Some(why) = self.why_recused(asked, committee, person, &who) {
            return Err(why);
        }
        if committee.if_late.is_some_and(|it| it.none_again) && before.sat_before(&who) {
            return Err("they sat on the committee before".to_owned());
        }
        if let Some(why) = eval::unable(&self.scope(asked.on), person) {
            return Err(why);
        }
        let (mut fits, mut why, mut why_not) = (Vec::new(), Vec::new(), None);
        for at in seats {
            let seat = &committee.seats[*at];
            let name = &seat.label.name;
            let Some(condition) = &seat.condition else {
                fits.push(*at);
                continue;
            };
            match self.holds_for(asked, condition, person) {
                Truth::Yes => {
                    fits.push(*at);
                    why.extend(self.told(asked, condition, person).map(|it| format!("fits `{name}`: {it}")));
                }
                Truth::Unknown(facts) => {
                    missing.extend(facts);
                    why_not = Some(format!("whether they fit `{name}` is not known"));
                }
                Truth::No | Truth::NotApplicable => {
                    let told = self.told(asked, condition, person).map_or_else(String::new, |it| format!(": {it}"));
                    why_not = why_not.or(Some(format!("they do not fit `{name}`{told}")));
                }
            }
        }
        if fits.is_empty() { Err(why_not.unwrap_or_else(|| "they fit no seat".to_owned())) } else { Ok((fits, why)) }
    }

    /// The rules on the whole that apply: also those of which a missing fact leaves it open.
    pub(super) fn rules_that_apply<'c>(&self, asked: Asked<'_>, committee: &'c Committee) -> Vec<Rule<'c>> {
        let applies = |rule: &'c AtLeast| {
            let truth = rule.when.as_ref().map_or(Truth::Yes, |it| eval::truth(&self.scope(asked.on), it));
            match truth {
                Truth::Yes => Some(Rule { rule, missing: Vec::new() }),
                Truth::Unknown(missing) => Some(Rule { rule, missing }),
                Truth::No | Truth::NotApplicable => None,
            }
        };
        committee.at_least.iter().filter_map(applies).collect()
    }

    pub(super) fn holds_for(&self, asked: Asked<'_>, condition: &Expr, person: &RecordRef) -> Truth {
        let context = CaseContext { one: Some(person.clone()), ..CaseContext::default() };
        eval::truth(&self.scope(asked.on).with_context(&context), condition)
    }

    fn told(&self, asked: Asked<'_>, condition: &Expr, person: &RecordRef) -> Option<String> {
        let context = CaseContext { one: Some(person.clone()), ..CaseContext::default() };
        eval::told(&self.scope(asked.on).with_context(&context), condition)
    }

    pub(super) fn record_called(&self, (record, key): &(String, String)) -> Option<RecordRef> {
        Some(RecordRef { record: self.policy().record_named(record)?, key: Arc::from(key.as_str()) })
    }

    /// Everybody who may be drawn, each with the seats that they may be drawn for, in the order of the lot.
    fn lot(&self, asked: Asked<'_>, committee: &Committee, nth: u32) -> Vec<(RecordRef, Vec<usize>)> {
        let mut pool: Vec<(RecordRef, Vec<usize>)> = match committee.members {
            Some(members) => {
                let records = self.memberships(committee, members, asked.on);
                let named = |it: &RecordRef| seat_of(self.policy(), self.facts(), committee, members, it, asked.on);
                let mut pool: Vec<(RecordRef, Vec<usize>)> = Vec::new();
                for (person, seat) in records.iter().filter_map(named) {
                    match pool.iter_mut().find(|it| it.0 == person) {
                        Some(found) => found.1.push(seat),
                        None => pool.push((person, vec![seat])),
                    }
                }
                pool
            }
            None => {
                let seats: Vec<usize> = (0..committee.seats.len()).collect();
                self.facts().records(committee.people).into_iter().map(|it| (it, seats.clone())).collect()
            }
        };
        let seed = seed_of(asked.case, &self.stage(asked.stage).label.name, nth);
        pool.sort_by_cached_key(|(person, _)| {
            let mut hash = seed.clone();
            hash.update(person.key.as_bytes());
            (<[u8; 32]>::from(hash.finalize()), Arc::clone(&person.key))
        });
        pool
    }
}

/// What the lot is made of beyond the name that is drawn.
fn seed_of(case: &Case, stage: &str, nth: u32) -> Sha256 {
    let mut hash = Sha256::new();
    for part in [&case.workflow, &case.subject_type, &case.subject, &case.period, stage] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.update(case.nth.to_be_bytes());
    hash.update(nth.to_be_bytes());
    hash
}

fn holder_of(committee: &Committee, member: &Member) -> HolderNote {
    let sits = format!("sits on {} as {}", committee.label.name, member.seat);
    let why = std::iter::once(sits).chain(member.why.iter().cloned()).collect();
    HolderNote { who: Some(member.who.clone()), capacity: member.seat.clone(), why, part: None }
}

fn pass_over(passed: &mut Vec<PassedOver>, why: String, key: &str) {
    let at = passed.iter().position(|it| it.why == why).unwrap_or_else(|| {
        passed.push(PassedOver { why, count: 0, such_as: Vec::new() });
        passed.len() - 1
    });
    passed[at].count += 1;
    if passed[at].such_as.len() < NAMED {
        passed[at].such_as.push(key.to_owned());
    }
}

/// Why a committee can't be made of all who may sit, in words: what is needed, who is there, who is not, and what is not known.
fn why_too_few(
    committee: &Committee,
    vacant: &[usize],
    needed: &[usize],
    rules: &[Rule<'_>],
    candidates: &[Candidate],
    missing: Vec<Missing>,
    forming: &mut Forming,
) -> Vec<String> {
    let mut why = vec![format!(
        "{} to be found for {}, and {} may sit",
        counted(vacant.len()),
        committee.label.name,
        candidates.len()
    )];
    for (rule, needed) in rules.iter().zip(needed).filter(|it| *it.1 > 0) {
        let place = rules.iter().position(|it| std::ptr::eq(it, rule)).unwrap_or(0);
        let there = candidates.iter().filter(|it| it.drawn.counts_for.get(place) == Some(&true)).count();
        if there < *needed {
            why.push(format!("at least {} must be as its rule asks, and {there} of them are", rule.rule.count));
        }
    }
    let told = |it: &PassedOver| {
        let more = if it.count as usize > it.such_as.len() { " and others" } else { "" };
        format!("not {}{more}: {}", it.such_as.join(", "), it.why)
    };
    why.extend(std::mem::take(&mut forming.passed_over).iter().map(told));
    let facts = Missing::merged(missing.into_iter().chain(rules.iter().flat_map(|it| it.missing.clone())));
    if !facts.is_empty() {
        let named: Vec<String> = facts.iter().take(NAMED).map(ToString::to_string).collect();
        let more = if facts.len() > NAMED { " and others" } else { "" };
        why.push(format!("for want of {}{more}", named.join(", ")));
    }
    why
}

fn counted(people: usize) -> String {
    if people == 1 { "one member is".to_owned() } else { format!("{people} members are") }
}
