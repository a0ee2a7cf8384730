//! Who is to be judged before long: because a stage was done, a record appeared, or a fact arrived for want of which something was open.
//!
//! What calls for a judgement is written with the commit that brought it, and is gone with the commit that judges: so nobody is judged
//! twice for it, and nobody is walked in vain.

use std::collections::BTreeMap;
use std::rc::Rc;

use jiff::civil::Date;
use rusqlite::params;
use rusqlite::types::Value as Cell;

use crate::policy::framework::Judged;
use crate::policy::model::{Policy, Shape};
use crate::store::StoreError;
use crate::store::dirty::Touched;
use crate::store::sqlite::{SqliteStore, disk};

/// Somebody is to be judged by a framework.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Called {
    /// The framework's name.
    pub framework: String,
    /// The first day of the period; nothing where it is the one around the day.
    pub period: String,
    /// The key of whom it judges.
    pub subject: String,
    /// The day on which that came about.
    pub day: Date,
}

impl SqliteStore {
    pub(super) fn write_called(&self, it: &Called, rev: i64) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "insert into called values (?1, ?2, ?3, ?4, ?5)
                 on conflict (framework, subject, period, day) do update set rev = excluded.rev",
            )
            .and_then(|mut row| row.execute(params![it.framework, it.subject, it.period, it.day.to_string(), rev]))
            .map_err(disk)?;
        Ok(())
    }

    /// Whoever was judged is called no more, unless something new has called them since.
    pub(super) fn clean_called(&self, it: &Called, rev: i64) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "delete from called where framework = ?1 and subject = ?2 and period = ?3 and day = ?4 and rev < ?5",
            )
            .and_then(|mut row| row.execute(params![it.framework, it.subject, it.period, it.day.to_string(), rev]))
            .map_err(disk)?;
        Ok(())
    }

    pub(super) fn listed_called(&self, limit: u32) -> Result<Vec<Called>, StoreError> {
        let sql =
            "select framework, subject, period, day from called order by framework, subject, period, day limit ?1";
        let mut statement = self.connection.prepare_cached(sql).map_err(disk)?;
        let rows = statement
            .query_map([limit], |row| {
                let day: String = row.get(3)?;
                let day = day.parse().unwrap_or(Date::MIN);
                Ok(Called { framework: row.get(0)?, subject: row.get(1)?, period: row.get(2)?, day })
            })
            .map_err(disk)?;
        rows.collect::<Result<_, _>>().map_err(disk)
    }

    /// From which day on each framework is in force; one that is not listed was so before that was kept.
    pub(super) fn since_when(&self) -> Result<BTreeMap<String, Date>, StoreError> {
        let mut statement =
            self.connection.prepare_cached("select framework, since from frameworks_since").map_err(disk)?;
        let rows =
            statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))).map_err(disk)?;
        let rows: Vec<(String, String)> = rows.collect::<Result<_, _>>().map_err(disk)?;
        Ok(rows.into_iter().filter_map(|(name, day)| Some((name, day.parse().ok()?))).collect())
    }

    /// Calls those of whom a record appeared for which a framework waits, and those about whom something was open for want of a fact that
    /// was touched.
    pub(super) fn call(&self, policy: &Policy, touched: &Touched, today: Date, rev: i64) -> Result<(), StoreError> {
        let some_are_open = self.anything_undetermined()?;
        for framework in &policy.frameworks {
            if let Judged::Appears(record) = framework.judged {
                for key in touched.new_ones(record) {
                    let owner = match policy.record(record).shape {
                        Shape::Child { of } if of == framework.subject => key.rsplit_once('/').map(|it| it.0),
                        _ => Some(&*key),
                    };
                    let Some(subject) = owner.map(str::to_owned) else { continue };
                    let (framework, period) = (framework.label.name.clone(), String::new());
                    self.write_called(&Called { framework, period, subject, day: today }, rev)?;
                }
            }
            // One who is compared with others can't be judged alone.
            if some_are_open && !policy.judges_all_at_once(framework) {
                let reads = policy.reads_of_judgement(framework);
                let subjects = self.subjects_of_reads(policy, framework.subject, &reads, touched)?;
                let keys: Vec<&str> = subjects.iter().map(|it| &**it).collect();
                let kind = &policy.record(framework.subject).label.name;
                self.call_undetermined((kind, &keys), Some(&framework.label.name), rev)?;
            }
        }
        Ok(())
    }

    fn anything_undetermined(&self) -> Result<bool, StoreError> {
        let sql = "select exists (select 1 from outcomes where state = 'undetermined')";
        self.connection.prepare_cached(sql).and_then(|mut it| it.query_row([], |row| row.get(0))).map_err(disk)
    }

    /// Of these, those about whom a rule was left open, until the next period of theirs is judged. They are judged as of the day on which
    /// that happens.
    fn call_undetermined(
        &self,
        (kind, keys): (&str, &[&str]),
        framework: Option<&str>,
        rev: i64,
    ) -> Result<(), StoreError> {
        if keys.is_empty() {
            return Ok(());
        }
        let keys: Rc<Vec<Cell>> = Rc::new(keys.iter().map(|it| Cell::Text((*it).to_owned())).collect());
        self.connection
            .prepare_cached(
                "insert into called select distinct j.framework, o.subject, j.period, ?4, ?5
                 from outcomes o join judgements j on j.id = o.judgement
                 where o.state = 'undetermined' and o.subject_type = ?1 and o.subject in (select value from rarray(?2))
                 and (?3 is null or j.framework = ?3)
                 and not exists (select 1 from judgements later where later.framework = j.framework and later.whom is null
                   and later.period >= j.period and later.id > j.id)
                 and not exists (select 1 from judgements later where later.framework = j.framework and later.whom = o.subject
                   and later.period >= j.period and later.id > j.id)
                 on conflict (framework, subject, period, day) do update set rev = excluded.rev",
            )
            .and_then(|mut it| it.execute(params![kind, keys, framework, Date::MAX.to_string(), rev]))
            .map_err(disk)?;
        Ok(())
    }

    /// What took effect may decide what is open about the same person.
    pub(super) fn call_whom_it_concerns(&self, case: i64, rev: i64) -> Result<(), StoreError> {
        if !self.anything_undetermined()? {
            return Ok(());
        }
        let (kind, subject): (String, String) = self
            .connection
            .prepare_cached("select subject_type, subject from cases where id = ?1")
            .and_then(|mut it| it.query_row([case], |row| Ok((row.get(0)?, row.get(1)?))))
            .map_err(disk)?;
        self.call_undetermined((&kind, &[&subject]), None, rev)
    }
}
