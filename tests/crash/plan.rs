//! Where the next kill falls, and where kills have fallen.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use crate::world::{Kill, Step};

/// Every point at which a kill may be asked for.
const POINTS: [&str; 14] = [
    "before-import",
    "after-import",
    "before-commit",
    "deciding",
    "before-send",
    "after-commit",
    "after-send",
    "before-delivery",
    "after-delivery",
    "before-attempt",
    "after-result",
    "maturing",
    BEFORE_SETTLING,
    AFTER_SETTLING,
];
/// Points of a run behind one that was killed while it sent.
const BEFORE_SETTLING: &str = "before-settling";
const AFTER_SETTLING: &str = "after-settling";

/// What the program was at when it was killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// It had passed no point: reading settings and policies, opening the store.
    Start,
    Import,
    Decision,
    Commit,
    Sending,
}

impl Phase {
    /// The phase that the last passed point stands for.
    fn behind(point: Option<&str>) -> Phase {
        match point {
            None => Phase::Start,
            Some("reading" | "before-import" | "after-import") => Phase::Import,
            Some("deciding" | "maturing") => Phase::Decision,
            Some("before-commit" | "after-commit") => Phase::Commit,
            Some(_) => Phase::Sending,
        }
    }
}

/// Counts of the kills that fell.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    named: u64,
    random: u64,
    phases: BTreeMap<(Phase, bool), u64>,
    points: BTreeMap<String, u64>,
}

impl Tally {
    fn of(&self, phase: Phase) -> u64 {
        [true, false].iter().filter_map(|named| self.phases.get(&(phase, *named))).sum()
    }

    pub(crate) fn every_phase_was_hit(&self) -> Result<(), String> {
        let all = [Phase::Import, Phase::Decision, Phase::Commit, Phase::Sending];
        match all.iter().find(|it| self.of(**it) == 0) {
            Some(phase) => Err(format!("no kill fell into {phase:?}: {self}")),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kills = self.named + self.random;
        write!(formatter, "{kills} kills, {} at named points, {} after a random time", self.named, self.random)?;
        for phase in [Phase::Import, Phase::Decision, Phase::Commit, Phase::Sending, Phase::Start] {
            let random = self.phases.get(&(phase, false)).copied().unwrap_or(0);
            write!(formatter, "; {} in {phase:?} ({random} of them random)", self.of(phase))?;
        }
        write!(formatter, "; points {:?}", self.points)
    }
}

/// Chance from a seed, and what is still to be done.
pub(crate) struct Plan {
    chance: ChaCha8Rng,
    kills: u64,
    /// Whether the last kill left a try without its end.
    broke_off: bool,
    pub(crate) tally: Tally,
}

impl Plan {
    pub(crate) fn new(seed: u64, kills: u64) -> Plan {
        let chance = ChaCha8Rng::seed_from_u64(seed);
        Plan { chance, kills, broke_off: false, tally: Tally::default() }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.tally.named + self.tally.random >= self.kills && self.tally.every_phase_was_hit().is_ok()
    }

    fn up_to(&mut self, most: u64) -> u64 {
        1 + self.chance.next_u64() % most
    }

    /// How often a step is killed before it may end.
    pub(crate) fn kills_of_a_step(&mut self, step: &Step) -> u64 {
        match (self.kills < 100, step.day) {
            (true, _) => self.up_to(2),
            (false, None) => self.up_to(2),
            (false, Some(_)) => self.up_to(7),
        }
    }

    /// A kill of a step that takes so long and passes these points when nobody disturbs it.
    pub(crate) fn next(&mut self, usual: Duration, passes: &BTreeMap<String, u64>) -> Kill {
        if self.tally.random < self.tally.named {
            return Kill::After(usual.mul_f64(f64::from(self.chance.next_u32()) / f64::from(u32::MAX)));
        }
        let broke_off = std::mem::take(&mut self.broke_off);
        let passes = |point: &str| match point {
            BEFORE_SETTLING | AFTER_SETTLING => u64::from(broke_off),
            _ => passes.get(point).copied().unwrap_or(0),
        };
        let seldom = POINTS.iter().filter(|it| passes(it) > 0).min_by_key(|it| self.tally.points.get(**it));
        let point = seldom.copied().expect("every step passes a point");
        Kill::At(point, self.up_to(passes(point)))
    }

    pub(crate) fn fell(&mut self, kill: Kill, points: &[String]) {
        let last = points.last().map(String::as_str);
        self.broke_off = matches!(last, Some("before-send" | "after-send"));
        let named = matches!(kill, Kill::At(..));
        *self.tally.phases.entry((Phase::behind(last), named)).or_default() += 1;
        match kill {
            Kill::After(_) => self.tally.random += 1,
            Kill::At(point, _) => {
                self.tally.named += 1;
                *self.tally.points.entry(point.to_owned()).or_default() += 1;
            }
        }
    }
}
