//! Deliberate faults with which the tests are tried: each must make some test fail. Without the feature `planted` there is none, and
//! an optimised build refuses the feature.

#[cfg(all(feature = "planted", not(debug_assertions)))]
compile_error!("the feature `planted` puts faults into the program: it is for trying the tests, in a debug build");

/// A fault. `tests/planted.sh` takes the names from [`Bug::name`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "their names say what they are")]
pub enum Bug {
    TimerLost,
    EffectBehindCommit,
    SentBeforeCommit,
    WakeUpNotRenewed,
    SuspensionInCalendarDays,
    LateHolidayIgnored,
    RolledTwice,
    MonthFromRolledDate,
    GapAnHourEarly,
    DueDayIsLate,
    FourthReminder,
    RungAgainAfterExtension,
    RungWhileSuspended,
    NewestFirst,
    StaleReminder,
    MergingDropsDefault,
    NewMessageId,
    RefusedForEver,
    QuorumCountsSecretary,
    QuorumNotRecomputed,
    TiePasses,
    SubjectVotes,
    DelegateAfterDates,
    VacancyLoop,
    LastDayRefused,
    AppealDoesNotStay,
    MigrationRepeatsStep,
    RestoreSendsHeld,
    UnknownIsNo,
    PoisonStopsBatch,
}

/// Whether a fault is planted: never.
#[cfg(not(feature = "planted"))]
#[must_use]
pub const fn is(_bug: Bug) -> bool {
    false
}

/// Whether the environment asks for this fault.
#[cfg(feature = "planted")]
#[must_use]
pub fn is(bug: Bug) -> bool {
    static PLANTED: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    PLANTED.get_or_init(|| std::env::var("MERIT_PLANTED").ok()).as_deref() == Some(bug.name())
}

#[cfg(feature = "planted")]
impl Bug {
    /// By which the environment asks for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Bug::TimerLost => "a-timer-lost-among-two-of-one-second",
            Bug::EffectBehindCommit => "effect-written-after-the-commit",
            Bug::SentBeforeCommit => "sent-before-the-commit",
            Bug::WakeUpNotRenewed => "wake-up-not-renewed-after-a-suspension",
            Bug::SuspensionInCalendarDays => "suspension-counted-in-calendar-days",
            Bug::LateHolidayIgnored => "late-holiday-ignored",
            Bug::RolledTwice => "roll-applied-twice",
            Bug::MonthFromRolledDate => "month-counted-from-the-rolled-date",
            Bug::GapAnHourEarly => "dst-gap-an-hour-early",
            Bug::DueDayIsLate => "due-day-counted-as-late",
            Bug::FourthReminder => "a-fourth-of-three-reminders",
            Bug::RungAgainAfterExtension => "rung-fired-again-after-an-extension",
            Bug::RungWhileSuspended => "rung-fired-while-suspended",
            Bug::NewestFirst => "missed-rungs-newest-first",
            Bug::StaleReminder => "stale-reminder-sent",
            Bug::MergingDropsDefault => "merging-drops-the-default",
            Bug::NewMessageId => "new-message-id-on-retry",
            Bug::RefusedForEver => "refused-for-good-and-retried-for-ever",
            Bug::QuorumCountsSecretary => "quorum-counts-the-secretary",
            Bug::QuorumNotRecomputed => "quorum-not-recomputed-after-a-recusal",
            Bug::TiePasses => "tie-passes",
            Bug::SubjectVotes => "the-subject-votes",
            Bug::DelegateAfterDates => "delegate-acts-after-his-dates",
            Bug::VacancyLoop => "vacancy-loop-never-ends",
            Bug::LastDayRefused => "appeal-on-the-last-day-refused",
            Bug::AppealDoesNotStay => "appeal-does-not-stay",
            Bug::MigrationRepeatsStep => "migration-repeats-a-step",
            Bug::RestoreSendsHeld => "restore-sends-held-effects",
            Bug::UnknownIsNo => "unknown-taken-as-no-in-unless",
            Bug::PoisonStopsBatch => "one-poisoned-case-stops-the-batch",
        }
    }
}
