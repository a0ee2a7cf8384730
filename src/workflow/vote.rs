//! Decisions of a committee: who sits in a case, votes, the quorum, and what carries.

use serde::{Deserialize, Serialize};

use crate::ids::StageId;
use crate::planted::{self, Bug};
use crate::policy::committee::{Committee, Majority, Share, VotesOf};
use crate::workflow::act::{Act, Refusal};
use crate::workflow::advance::Machine;
use crate::workflow::case::StageCase;
use crate::workflow::event::{Event, Hand};

/// Somebody who sits on a committee in a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sitting {
    /// The record type and key.
    pub who: (String, String),
    /// The seat, by its place.
    pub seat: usize,
    /// Why they do not sit in this case, if they do not.
    pub recused: Option<String>,
}

/// What somebody voted for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    /// The record type and key.
    pub by: (String, String),
    /// The choice.
    pub choice: String,
    /// The lesser sanction, where the choice lessens it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead: Option<String>,
}

/// What a vote came to.
enum Came {
    /// This choice carries.
    Carried(String, Option<String>),
    /// None does.
    Fell,
}

impl StageCase {
    /// A vote takes the place of an earlier one by the same person.
    pub(super) fn vote(&mut self, vote: Vote) {
        self.votes.retain(|it| it.by != vote.by);
        self.votes.push(vote);
    }
}

impl Machine<'_> {
    pub(super) fn committee(&self, id: StageId) -> Option<&Committee> {
        let at = self.stage(id).decision.as_ref()?.committee?;
        self.policy.committees.get(at)
    }

    /// Those who sit in the case today.
    fn sitting(&self, id: StageId) -> Vec<Sitting> {
        let mut all = self.outlook.panel(self.asked_on(id, self.look.today));
        all.retain(|it| it.recused.is_none());
        all
    }

    /// A member votes. When all who may have voted, it is decided.
    pub(super) fn vote(
        &mut self,
        id: StageId,
        act: &Act,
        choice: String,
        instead: Option<String>,
    ) -> Result<(), Refusal> {
        let Some(committee) = self.committee(id) else { return Ok(()) };
        let sitting = self.sitting(id);
        let name = self.stage(id).label.name.clone();
        let seat = sitting.iter().find(|it| it.who == act.by).map(|it| &committee.seats[it.seat]);
        match seat {
            None => return Err(Refusal::new(format!("{} does not sit on `{}`", act.by.1, committee.label.name))),
            Some(seat) if !seat.votes => {
                let why = format!("{} sits as `{}`, without a vote", act.by.1, seat.label.name);
                return Err(Refusal::new(why).but("close the vote when all who are there have voted"));
            }
            Some(_) => {}
        }
        let round = self.state(id).map_or(1, |it| it.round);
        let hand = Hand { by: act.by.clone(), because: act.because.clone(), on: self.look.today, key: act.key.clone() };
        self.happen(Event::Voted { stage: name, round, choice, instead, hand });
        self.count_if_all_have_voted(id);
        Ok(())
    }

    fn count_if_all_have_voted(&mut self, id: StageId) {
        let sitting = self.sitting(id);
        let voters = sitting.iter().filter(|it| self.committee(id).is_some_and(|own| own.seats[it.seat].votes));
        let votes = self.state(id).map_or(&[][..], |it| &it.votes);
        let all_have = !votes.is_empty() && voters.clone().all(|it| votes.iter().any(|vote| vote.by == it.who));
        if all_have && self.is_quorate(id, &sitting, None).is_ok() {
            self.count(id, &sitting);
        }
    }

    /// The vote is closed by whoever keeps it: a seat without vote, else the first seat named.
    pub(super) fn end_vote(&mut self, act: &Act) -> Result<(), Refusal> {
        let id = self.stage_of(act, |it| self.committee(it).is_some())?;
        let name = self.stage(id).label.name.clone();
        let Some(committee) = self.committee(id) else {
            return Err(Refusal::new(format!("nobody votes in `{name}`")));
        };
        let sitting = self.sitting(id);
        let first = sitting.iter().map(|it| it.seat).min();
        let keeper = |at: usize| match sitting.iter().any(|it| !committee.seats[it.seat].votes) {
            true => !committee.seats[at].votes,
            false => Some(at) == first,
        };
        if !sitting.iter().any(|it| it.who == act.by && keeper(it.seat)) {
            let seat = sitting.iter().find(|it| keeper(it.seat)).map(|it| &committee.seats[it.seat]);
            let seat = seat.map_or("nobody", |it| it.label.name.as_str());
            let why = format!("the vote in `{name}` is closed by the {seat}, and {} is not", act.by.1);
            return Err(Refusal::new(why).but(format!("it lies with {}", self.people(id))));
        }
        self.is_quorate(id, &sitting, Some(&act.by))?;
        self.count(id, &sitting);
        Ok(())
    }

    /// A member withdraws from the case.
    pub(super) fn recuse(&mut self, act: &Act) -> Result<(), Refusal> {
        let id = self.stage_of(act, |it| self.committee(it).is_some())?;
        let name = self.stage(id).label.name.clone();
        if self.committee(id).is_none() {
            return Err(Refusal::new(format!("`{name}` is decided by no committee")));
        }
        if act.because.is_none() {
            return Err(Refusal::new("a reason is needed").but("say it: `because …`"));
        }
        let round = self.state(id).map_or(1, |it| it.round);
        let hand = Hand { by: act.by.clone(), because: act.because.clone(), on: self.look.today, key: act.key.clone() };
        self.happen(Event::Recused { stage: name, round, hand });
        self.fill_its_seats(id);
        self.count_if_all_have_voted(id);
        Ok(())
    }

    /// Whether so many are there that it can be decided: those who voted, and whoever keeps the vote.
    fn is_quorate(&self, id: StageId, sitting: &[Sitting], keeper: Option<&(String, String)>) -> Result<(), Refusal> {
        let Some(committee) = self.committee(id) else { return Ok(()) };
        let votes = self.state(id).map_or(&[][..], |it| &it.votes);
        let of_voters = committee.quorum.as_ref().is_none_or(|it| it.of_voters);
        let counts =
            |it: &&Sitting| !of_voters || committee.seats[it.seat].votes || planted::is(Bug::QuorumCountsSecretary);
        let is_there = |it: &&Sitting| votes.iter().any(|vote| vote.by == it.who) || keeper == Some(&it.who);
        let there: Vec<&Sitting> = sitting.iter().filter(is_there).collect();
        let present = there.iter().filter(|it| counts(it)).count();
        let panel = self.outlook.panel(self.asked_on(id, self.look.today));
        let recused = panel.iter().filter(|it| it.recused.is_some() && counts(it)).count();
        let needed = committee.needed(u32::try_from(recused).unwrap_or(u32::MAX));
        if present < needed as usize {
            let what = if of_voters { "who vote " } else { "" };
            let why = format!("{needed} {what}must be there to decide, and {present} are");
            return Err(Refusal::new(why).but("wait for more of them to vote"));
        }
        for at in committee.quorum.iter().flat_map(|it| &it.among) {
            // Where whoever sits there is recused, the others decide without them.
            let recused = panel.iter().any(|it| it.seat == *at && it.recused.is_some());
            if !recused && !there.iter().any(|it| it.seat == *at) {
                return Err(Refusal::new(format!(
                    "the {} must be among those who decide",
                    committee.seats[*at].label.name
                )));
            }
        }
        Ok(())
    }

    /// Counts the votes: what carries is chosen; where nothing does, the motion falls and is voted on anew.
    fn count(&mut self, id: StageId, sitting: &[Sitting]) {
        let Some((committee, state)) = self.committee(id).zip(self.state(id)) else { return };
        let votes: Vec<&Vote> = state.votes.iter().filter(|it| sitting.iter().any(|own| own.who == it.by)).collect();
        let voters = sitting.iter().filter(|it| committee.seats[it.seat].votes).count();
        let came = came_to(committee, &votes, voters, sitting);
        match came {
            Came::Fell => {
                let (stage, round) = (self.stage(id).label.name.clone(), state.round);
                self.happen(Event::MotionFell { stage, round, on: self.look.today });
            }
            Came::Carried(choice, instead) => {
                // It is the committee that chooses, whoever closed the vote; the votes stand before it.
                let by = (String::new(), committee.label.name.clone());
                self.chosen(id, choice, instead, Hand { by, because: None, on: self.look.today, key: None });
            }
        }
    }
}

/// What carries: the choice with the majority; on a tie that of the seat which decides it.
fn came_to(committee: &Committee, votes: &[&Vote], voters: usize, sitting: &[Sitting]) -> Came {
    let mut tally: Vec<(&str, Option<&str>, usize)> = Vec::new();
    for vote in votes {
        let option = (vote.choice.as_str(), vote.instead.as_deref());
        match tally.iter_mut().find(|it| (it.0, it.1) == option) {
            Some(found) => found.2 += 1,
            None => tally.push((option.0, option.1, 1)),
        }
    }
    let most = tally.iter().map(|it| it.2).max().unwrap_or(0);
    let leading: Vec<&(&str, Option<&str>, usize)> = tally.iter().filter(|it| it.2 == most).collect();
    let carried = |it: &(&str, Option<&str>, usize)| Came::Carried(it.0.to_owned(), it.1.map(str::to_owned));
    let (Some(majority), [first, rest @ ..]) = (&committee.majority, leading.as_slice()) else {
        return leading.first().map_or(Came::Fell, |it| carried(it));
    };
    if rest.is_empty() {
        let cast = if majority.of == VotesOf::Cast { votes.len() } else { voters };
        return if is_enough(majority, most, cast) { carried(first) } else { Came::Fell };
    }
    let decides = majority.on_a_tie.and_then(|seat| sitting.iter().find(|it| it.seat == seat));
    let theirs = decides.and_then(|it| votes.iter().find(|vote| vote.by == it.who));
    let chosen = theirs
        .and_then(|vote| leading.iter().find(|it| (it.0, it.1) == (vote.choice.as_str(), vote.instead.as_deref())));
    if planted::is(Bug::TiePasses) {
        return carried(first);
    }
    // The casting vote carries what with one vote more would have the majority.
    let cast = if majority.of == VotesOf::Cast { votes.len() } else { voters };
    chosen.filter(|_| is_enough(majority, most + 1, cast + 1)).map_or(Came::Fell, |it| carried(it))
}

fn is_enough(majority: &Majority, votes: usize, of: usize) -> bool {
    match majority.share {
        Share::MoreThanHalf => 2 * votes > of,
        Share::TwoThirds => 3 * votes >= 2 * of,
        Share::ThreeQuarters => 4 * votes >= 3 * of,
        Share::All => votes == of,
    }
}
