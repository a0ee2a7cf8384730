//! Who changes without anybody's act, as a scenario assumes: of all records of a type so many in each period, each on a day of it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::Date;

use crate::eval::Facts;
use crate::forecast::people::{Chance, holds_for};
use crate::forecast::world::World;
use crate::forecast::written::Write;
use crate::policy::assumption::Assumed;
use crate::value::RecordRef;

/// Who is to change, and in which periods that was drawn.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// The assumption (its place), and the first day of the period.
    drawn: BTreeSet<(usize, Date)>,
    on: BTreeMap<Date, Vec<(usize, RecordRef)>>,
}

impl Changes {
    /// Draws for the periods that a day is the first to lie in. What would have come before that day has not come.
    pub(super) fn draw(&mut self, world: &World<'_>, (seed, run): (u64, u32), day: Date) {
        let policy = world.policy;
        for (at, it) in policy.assumptions.iter().enumerate() {
            let Assumed::Changes { record, percent, each, field, .. } = &it.what else { continue };
            let Ok(period) = policy.main().period_containing(*each, day) else { continue };
            if !self.drawn.insert((at, period.first)) {
                continue;
            }
            let length = period.last.since((jiff::Unit::Day, period.first)).map_or(0, |it| it.get_days()) + 1;
            let names = (&policy.record(*record).label.name, &policy.field(*record, *field).label.name);
            let (first, place) = (period.first.to_string(), at.to_string());
            for of in world.facts().records(*record) {
                let mut chance = Chance::new(seed, run, &["changes", names.0, names.1, &of.key, &first, &place]);
                if chance.hundredth() >= *percent {
                    continue;
                }
                let days = i64::try_from(chance.below(u64::try_from(length).unwrap_or(1))).unwrap_or_default();
                if let Some(on) = period.first.checked_add(days.days()).ok().filter(|it| *it >= day) {
                    self.on.entry(on).or_default().push((at, of));
                }
            }
        }
    }

    /// What changes on a day: of those for whom the assumption then holds.
    pub(super) fn of_day(&mut self, world: &World<'_>, day: Date) -> Vec<Write> {
        let policy = world.policy;
        let mut writes = Vec::new();
        for (at, of) in self.on.remove(&day).unwrap_or_default() {
            let Some(it) = policy.assumptions.get(at) else { continue };
            let Assumed::Changes { record, field, value, .. } = &it.what else { continue };
            if holds_for(policy, world.facts(), it, &of, day) {
                let (record, field, value) = (*record, *field, Some(value.clone()));
                writes.push(Write { of, record, first: None, field, value, from: day });
            }
        }
        writes
    }
}
