//! What the case machine may ask about facts, rules and the calendar. Whoever drives the machine answers.

use jiff::civil::Date;

use crate::calendar::Length;
use crate::ids::StageId;
use crate::policy::model::Party;
pub use crate::value::Answer;
use crate::value::Truth;
use crate::workflow::alarm::Alarm;
use crate::workflow::case::Case;
use crate::workflow::event::{Anchored, HolderNote, StageDates, Suspension};
use crate::workflow::formed::Forming;
use crate::workflow::vote::Sitting;

/// What is asked about: a case, one of its stages, a day.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The case as it stands.
    pub case: &'a Case,
    /// The stage.
    pub stage: StageId,
    /// The day on which it is asked.
    pub on: Date,
}

/// Facts, rules and the calendar, as the machine sees them. The same questions get the same answers within one look.
pub trait Outlook {
    /// The day since which the workflow is known not to cover the subject any more, as far as a day; nothing while it may.
    fn left(&self, case: &Case, on: Date) -> Option<Date>;
    /// The first cancelling condition that is a known yes on a day, by its place, and since when it is one.
    fn cancelled(&self, case: &Case, on: Date) -> Option<(usize, Date)>;
    /// The days on which the clock stands still, from one day to another; the last stretch is open if it holds on the last day.
    fn suspensions(&self, case: &Case, from: Date, until: Date) -> Vec<Suspension>;
    /// After which day the whole case is closed.
    fn case_closes(&self, case: &Case) -> Answer<Option<Date>>;

    /// The first day on which what a case brought into force on a day is so no more by itself; nothing while that can't be told.
    fn over_since(&self, case: &Case, since: Date) -> Option<Date>;
    /// Who is told, and when, before what a case brought into force on a day ends by itself, as known on another.
    fn alarm(&self, case: &Case, since: Date, on: Date) -> Option<Alarm>;

    /// Whether a stage is to take place.
    fn takes_place(&self, asked: Asked<'_>) -> Truth;
    /// What the stage's `opens` rule gives.
    fn opening(&self, asked: Asked<'_>) -> Answer<Anchored>;
    /// The dates of a stage that opened so.
    ///
    /// # Errors
    /// In words, when a date that must be there can't be made.
    fn dates(&self, asked: Asked<'_>, opening: &Anchored) -> Result<StageDates, String>;
    /// The order, given by that day and not over by then, that opens the stage again in the case's period if it has lapsed.
    fn reopened_by(&self, asked: Asked<'_>) -> Option<String>;
    /// Why dates that a stage had are others now, in words.
    fn why_moved(&self, asked: Asked<'_>, before: &StageDates, now: &StageDates) -> String;
    /// The day on which the stage was, or will be, done.
    fn done(&self, asked: Asked<'_>) -> Answer<Date>;
    /// Whether all that the stage fills is there, on that day.
    fn filled(&self, asked: Asked<'_>) -> bool;
    /// What of it is not there, on that day, in words.
    fn unfilled(&self, asked: Asked<'_>) -> Vec<String>;
    /// With whom the stage lies.
    fn holders(&self, asked: Asked<'_>) -> Vec<HolderNote>;
    /// What the committee comes to that is formed for the case to decide in the stage; nothing where none is.
    fn forming(&self, asked: Asked<'_>) -> Option<Forming>;
    /// Whether one of several, each with a part of their own in the stage, has done it.
    fn has_done(&self, asked: Asked<'_>, holder: &HolderNote) -> bool;
    /// Who holds a seat of the committee that decides in the stage, and who of them may not decide in this case.
    fn panel(&self, asked: Asked<'_>) -> Vec<Sitting>;
    /// Whether somebody is the one whom the case is about, and known to be gone on a day.
    fn has_gone(&self, asked: Asked<'_>, party: &Party) -> bool;
    /// The one whom the case is about, where that is who somebody of the case is, whether they can act or not.
    fn concerned(&self, party: &Party) -> Option<(String, String)>;
    /// Who somebody of the case is on a day.
    fn who(&self, asked: Asked<'_>, party: &Party) -> HolderNote;

    /// The day of a step that lies so long before (or after) a day, moved off days off.
    fn step_day(&self, from: Date, length: Option<Length>, before: bool) -> Option<Date>;
    /// The first working day from a day on.
    fn working_day_from(&self, day: Date) -> Date;
    /// So many working days after a day.
    fn working_days_after(&self, day: Date, count: u32) -> Date;
    /// How many working days lie behind one day, up to another (which counts).
    fn working_days_between(&self, after: Date, until: Date) -> i64;
    /// The moment at which a day begins (seconds UTC).
    fn begin_of(&self, day: Date) -> i64;
    /// The last moment of a day.
    fn end_of(&self, day: Date) -> i64;
    /// The moment at which notices of a day go out.
    fn notices_of(&self, day: Date) -> i64;
}
