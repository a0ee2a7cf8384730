//! The legal clock against tables: holidays of two countries, months' ends, edges, working days, clock times, standstills, periods;
//! and the laws that hold for all of them.

#![expect(clippy::unwrap_used, reason = "a test that cannot build its calendar has failed")]

#[path = "calendar/deadlines.rs"]
mod deadlines;
#[path = "calendar/holidays.rs"]
mod holidays;
#[path = "calendar/laws.rs"]
mod laws;
#[path = "calendar/moments.rs"]
mod moments;
#[path = "calendar/periods.rs"]
mod periods;
#[path = "calendar/support.rs"]
mod support;
#[path = "calendar/working.rs"]
mod working;
