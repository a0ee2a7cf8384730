//! Frameworks of rewards and sanctions, checked.

use jiff::civil::Date;

use crate::calendar::{Length, PeriodKind};
use crate::ids::{MessageId, RecordId};
use crate::policy::flow::Lasting;
use crate::policy::model::{DateRule, Expr, Label, Lasts, Party, Policy};

pub use crate::syntax::tree::{Combination, Proposed};

/// Who is judged, when, and what follows for them.
#[derive(Debug, Clone)]
pub struct Framework {
    /// Name and title.
    pub label: Label,
    /// The text that it rests on.
    pub cite: Option<String>,
    /// Its calendar, an index into the policy's calendars.
    pub calendar: usize,
    /// Whether it names that calendar itself: then it counts for everybody, whatever their own.
    pub names_calendar: bool,
    /// The record type that it judges.
    pub subject: RecordId,
    /// The period for which it judges.
    pub each: PeriodKind,
    /// Whom it covers.
    pub condition: Option<Expr>,
    /// When it judges.
    pub judged: Judged,
    /// Which of the sanctions that apply count.
    pub sanctions: Combination,
    /// Whether a lesser sanction is proposed while a more severe one is undetermined.
    pub meanwhile_the_lesser: bool,
    /// Which of the rewards that apply count.
    pub rewards: Combination,
    /// Whether a sanction that applies takes every reward away.
    pub unless_a_sanction: bool,
    /// The frameworks that it gives way to, by their places: while a sanction of theirs applies, none of its own is proposed.
    pub gives_way: Vec<usize>,
    /// Its ladders of sanctions, line by line.
    pub ladders: Vec<crate::policy::ladder::LadderLines>,
    /// Who is let off in which period.
    pub exempt: Vec<crate::policy::order::Exemption>,
    /// Sanctions, rewards and measures, as written.
    pub rules: Vec<OutcomeRule>,
}

/// When a framework judges.
#[derive(Debug, Clone)]
pub enum Judged {
    /// On a day, everybody at once.
    On(DateRule),
    /// When a stage of a case of the same people and periods is done.
    Done {
        /// The workflow.
        workflow: String,
        /// The stage.
        stage: String,
    },
    /// When a record of this type appears.
    Appears(RecordId),
    /// When somebody asks for it.
    OnRequest,
}

/// A sanction, a reward or a measure.
#[derive(Debug, Clone)]
pub struct OutcomeRule {
    /// Name and title.
    pub label: Label,
    /// The first day on which it holds, or from ever. A period is judged by the rules of its first day.
    pub from: Option<Date>,
    /// The last day on which it holds, or for ever.
    pub until: Option<Date>,
    /// The text that it rests on.
    pub cite: Option<String>,
    /// Which of the two, and what is said only of one.
    pub kind: OutcomeKind,
    /// When it applies: by its own condition, or as the next step of a ladder.
    pub when: Expr,
    /// Its own condition; nothing for a sanction that stands on a ladder alone.
    pub own_when: Option<Expr>,
    /// What holds it back: its own exceptions, and those that the framework makes of it.
    pub unless: Vec<Expr>,
    /// What is paid.
    pub amount: Option<Expr>,
    /// The money within which it is paid.
    pub pool: Option<Pool>,
    /// How long it is in force.
    pub lasts: Option<Lasting>,
    /// Who may end it before its time.
    pub lifted_by: Vec<Party>,
    /// How long after its end it is destroyed.
    pub expunge: Option<Length>,
    /// The reason that the letter gives.
    pub because: Option<String>,
    /// Who is told, and how.
    pub notify: Vec<(Vec<Party>, MessageId)>,
}

/// Money that is shared among those to whom a reward is proposed.
#[derive(Debug, Clone)]
pub struct Pool {
    /// Its number in the policy: it is shared out once for each judgement.
    pub id: u32,
    /// How much there is.
    pub budget: Expr,
    /// Whose it is: those share it for whom this is the same; nothing where all do.
    pub whose: Option<Expr>,
    /// What becomes of claims that it does not hold.
    pub sharing: Sharing,
}

/// What becomes of claims that the money does not hold.
#[derive(Debug, Clone)]
pub enum Sharing {
    /// Everybody gets the same part of what they claim.
    ProRata,
    /// In the order of this value, the greatest first; the last gets what is left.
    Cut(Expr),
    /// In its order; whoever can't be paid in full gets nothing, and the next are asked.
    Skipped(Expr),
    /// In its order, until somebody can't be paid in full.
    Stop(Expr),
}

impl Sharing {
    /// The value in whose order claims are met.
    #[must_use]
    pub fn by(&self) -> Option<&Expr> {
        match self {
            Sharing::ProRata => None,
            Sharing::Cut(by) | Sharing::Skipped(by) | Sharing::Stop(by) => Some(by),
        }
    }
}

/// A sanction, a reward or a measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutcomeKind {
    /// A sanction.
    Sanction {
        /// Its rank: 0 is the least severe.
        severity: usize,
        /// Whether it is only administrative: nothing is paid or taken and no record changes.
        administrative: bool,
        /// The workflow that must end in `imposed` before it takes effect; none for one that follows by itself.
        through: Option<String>,
    },
    /// A reward.
    Reward,
    /// What helps: neither sanction nor reward, and withheld by nothing but its own exceptions.
    Measure,
}

impl OutcomeRule {
    /// Whether it is there for what is judged by the rules of a day.
    #[must_use]
    pub fn holds_on(&self, day: Date) -> bool {
        self.from.is_none_or(|it| it <= day) && self.until.is_none_or(|it| it >= day)
    }

    /// Whether both are there for what is judged by the rules of some day.
    #[must_use]
    pub fn meets(&self, other: &OutcomeRule) -> bool {
        let later = self.from.max(other.from).unwrap_or(Date::MIN);
        self.holds_on(later) && other.holds_on(later)
    }

    /// The rank of a sanction; nothing for the others.
    #[must_use]
    pub fn severity(&self) -> Option<usize> {
        match self.kind {
            OutcomeKind::Sanction { severity, .. } => Some(severity),
            OutcomeKind::Reward | OutcomeKind::Measure => None,
        }
    }

    /// Which of the three it is.
    #[must_use]
    pub fn what(&self) -> Proposed {
        match self.kind {
            OutcomeKind::Sanction { .. } => Proposed::Sanction,
            OutcomeKind::Reward => Proposed::Reward,
            OutcomeKind::Measure => Proposed::Measure,
        }
    }
}

impl Policy {
    /// Whether it makes a difference how long something lasts: it is asked for, holds another framework back, or is expunged in the end.
    #[must_use]
    pub fn asks_how_long(&self, framework: usize, rule: &OutcomeRule) -> bool {
        let holds_back = || self.frameworks.iter().any(|it| it.gives_way.contains(&framework));
        rule.expunge.is_some()
            || self.asked_in_force.contains(&rule.label.name)
            || (rule.what() == Proposed::Sanction && holds_back())
    }
}

impl Framework {
    /// How long a sanction lasts that is imposed on a day: by the version of it that holds then.
    #[must_use]
    pub fn lasts_from(&self, name: &str, day: Date) -> Option<&Lasts> {
        self.lasting_from(name, day).map(|it| &it.lasts)
    }

    /// The same, with its alarm.
    #[must_use]
    pub fn lasting_from(&self, name: &str, day: Date) -> Option<&Lasting> {
        let versions = || self.rules.iter().filter(|it| it.label.name == name);
        let holds = versions().filter(|it| it.from.is_none_or(|from| from <= day)).max_by_key(|it| it.from);
        holds.or_else(|| versions().next()).and_then(|it| it.lasts.as_ref())
    }

    /// How the rules of a kind combine: all measures help.
    #[must_use]
    pub fn combination(&self, what: Proposed) -> Combination {
        match what {
            Proposed::Sanction => self.sanctions,
            Proposed::Reward => self.rewards,
            Proposed::Measure => Combination::All,
        }
    }

    /// A rule by its name; of several versions the first.
    #[must_use]
    pub fn rule_named(&self, name: &str) -> Option<usize> {
        self.rules.iter().position(|it| it.label.name == name)
    }

    /// The version of a rule that is there for what is judged by the rules of a day; where none is, the first.
    #[must_use]
    pub fn rule_on(&self, name: &str, day: Date) -> Option<usize> {
        let on_day = |it: &OutcomeRule| it.label.name == name && it.holds_on(day);
        self.rules.iter().position(on_day).or_else(|| self.rule_named(name))
    }
}
