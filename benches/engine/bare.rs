//! Two bare loops beside Merit, in the same file system and with the same pragmas: nothing is decided in them.

use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use crate::clock::{Clock, Took};

pub(crate) fn open(path: &Path, pragmas: &[(&'static str, String)]) -> Connection {
    let connection = Connection::open(path).unwrap();
    set(&connection, pragmas);
    connection.set_prepared_statement_cache_capacity(256);
    connection
}

fn set(connection: &Connection, pragmas: &[(&'static str, String)]) {
    for (name, value) in pragmas.iter().filter(|it| it.0 != "page_size") {
        connection.pragma_update(None, name, value).unwrap();
        let now: Value = connection.pragma_query_value(None, name, |row| row.get(0)).unwrap();
        let now = match now {
            Value::Text(text) => text,
            Value::Integer(number) => number.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(now, *value, "pragma {name}");
    }
}

// ---- the same rows

type Row = Vec<Value>;

/// What Merit wrote for one case in one commit.
struct Written {
    case: Row,
    journal: Vec<Row>,
    deadlines: Vec<Row>,
    tasks: Vec<Row>,
    effects: Vec<Row>,
}

/// What Merit wrote in a run, commit by commit, hashes ready made.
pub(crate) struct SameRows {
    commits: Vec<(Row, Vec<Written>)>,
    until: i64,
}

impl SameRows {
    /// Reads from a store what was written behind a commit; `stages` tells whether deadlines and tasks were among it.
    pub(crate) fn read(store: &Path, behind: i64, until: i64, stages: bool) -> Self {
        let connection = Connection::open(store).unwrap();
        let rows = |sql: &str, of: i64| -> Vec<Row> {
            let mut statement = connection.prepare_cached(sql).unwrap();
            let width = statement.column_count();
            let read = statement.query_map([of], |row| (0..width).map(|it| row.get(it)).collect());
            read.unwrap().collect::<Result<_, _>>().unwrap()
        };
        let mut commits = Vec::new();
        for commit in rows("select * from commits where rev > ?1 order by rev", behind) {
            let Value::Integer(rev) = commit[0] else { panic!("a commit without a number") };
            let cases = rows(
                "select c.status, c.state, c.wake_at, c.last_seq, c.last_hash, c.set_aside, c.id, c.sum from cases c
                 where c.id in (select case_id from journal where rev = ?1) order by c.id",
                rev,
            );
            let mut journal =
                rows("select * from journal where rev = ?1 order by case_id, seq", rev).into_iter().peekable();
            let written = cases.into_iter().map(|case| {
                let Value::Integer(id) = case[6] else { panic!("a case without a number") };
                let own = |row: &Row| row[0] == case[6];
                let mut entries = Vec::new();
                while journal.peek().is_some_and(own) {
                    entries.extend(journal.next());
                }
                let of_stages = |sql: &str| if stages { rows(sql, id) } else { Vec::new() };
                let mut effects = rows("select * from effects where case_id = ?1 order by recipient", id);
                effects.retain(|it| it[15] == Value::Integer(rev));
                Written {
                    journal: entries,
                    deadlines: of_stages("select * from deadlines where case_id = ?1"),
                    tasks: of_stages("select * from tasks where case_id = ?1"),
                    effects,
                    case,
                }
            });
            let written = written.collect();
            commits.push((commit, written));
        }
        Self { commits, until }
    }

    pub(crate) fn cases(&self) -> usize {
        self.commits.iter().map(|it| it.1.len()).sum()
    }

    pub(crate) fn transactions(&self) -> usize {
        self.commits.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        let length = |it: &Value| match it {
            Value::Text(text) => text.len(),
            Value::Null => 0,
            _ => 8,
        };
        let row = |it: &Row| it.iter().map(length).sum::<usize>();
        let rows = |it: &[Row]| it.iter().map(row).sum::<usize>();
        let of = |it: &Written| {
            row(&it.case) + rows(&it.journal) + rows(&it.deadlines) + rows(&it.tasks) + rows(&it.effects)
        };
        self.commits.iter().flat_map(|it| &it.1).map(of).sum()
    }

    /// Finds the cases that are due and writes the same rows, in the same transactions and order. The number of rows written, too.
    pub(crate) fn write(&self, connection: &Connection) -> (Took, u64) {
        let before = connection.total_changes();
        let clock = Clock::start();
        let prepared = |sql: &str| connection.prepare(sql).unwrap();
        let mut find = prepared(
            "select id, workflow, subject_type, subject, period, nth, policy, status, state, wake_at, last_seq, last_hash, set_aside, sum
             from cases where wake_at is not null and wake_at <= ?1 order by wake_at, id limit ?2",
        );
        let mut case = prepared(
            "update cases set status = ?1, state = ?2, wake_at = ?3, last_seq = ?4, last_hash = ?5, set_aside = ?6, sum = ?8
             where id = ?7 and last_seq = ?4 - ?9",
        );
        let mut journal = prepared("insert into journal values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
        let mut deadline = prepared("insert or replace into deadlines values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
        let mut no_tasks = prepared("delete from tasks where case_id = ?1 and stage = ?2 and round = ?3");
        let mut task = prepared("insert or replace into tasks values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
        let of_effects = "select count(*) from pragma_table_info('effects')";
        let columns: i64 = connection.query_row(of_effects, [], |row| row.get(0)).unwrap();
        let marks = vec!["?"; usize::try_from(columns).unwrap()].join(", ");
        let mut effect = prepared(&format!("insert into effects values ({marks})"));
        let mut commit = prepared("insert into commits values (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
        let (mut begin, mut end) = (prepared("begin immediate"), prepared("commit"));
        for (head, cases) in &self.commits {
            begin.raw_execute().unwrap();
            let mut found = find.query(params![self.until, i64::try_from(cases.len()).unwrap()]).unwrap();
            let mut count = 0;
            while let Some(row) = found.next().unwrap() {
                let (id, state): (i64, String) = (row.get(0).unwrap(), row.get(8).unwrap());
                count += usize::from(std::hint::black_box((id, state.len())).1 > 0);
            }
            assert_eq!(count, cases.len());
            drop(found);
            for it in cases {
                let grown = [Value::Integer(i64::try_from(it.journal.len()).unwrap())];
                assert_eq!(case.execute(params_from_iter(it.case.iter().chain(&grown))).unwrap(), 1);
                for row in &it.journal {
                    journal.execute(params_from_iter(row)).unwrap();
                }
                for row in &it.deadlines {
                    deadline.execute(params_from_iter(row)).unwrap();
                    no_tasks.execute(params_from_iter(&row[..3])).unwrap();
                }
                for row in &it.tasks {
                    task.execute(params_from_iter(row)).unwrap();
                }
                for row in &it.effects {
                    effect.execute(params_from_iter(row)).unwrap();
                }
            }
            commit.execute(params_from_iter(head)).unwrap();
            end.raw_execute().unwrap();
        }
        (clock.took(), connection.total_changes() - before)
    }
}

/// What a store holds behind a commit, as one number: two stores with the same rows give the same.
pub(crate) fn digest(store: &Path, behind: i64) -> String {
    use sha2::Digest;
    let connection = Connection::open(store).unwrap();
    let mut hash = sha2::Sha256::new();
    for sql in [
        "select * from commits where rev > ?1 order by rev",
        "select * from journal where rev > ?1 order by case_id, seq",
        "select * from effects where rev > ?1 order by key",
        "select * from cases where id in (select case_id from journal where rev > ?1) order by id",
        "select * from deadlines where case_id in (select case_id from journal where rev > ?1) order by case_id, stage",
        "select * from tasks where case_id in (select case_id from journal where rev > ?1) order by case_id, stage, nth",
    ] {
        let mut statement = connection.prepare(sql).unwrap();
        let width = statement.column_count();
        let mut rows = statement.query([behind]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for at in 0..width {
                let value: Value = row.get(at).unwrap();
                hash.update(format!("{value:?}|"));
            }
        }
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

// ---- rows of a fixed size

/// Rows that any engine would need, and no more: of the case 130 bytes of data, of the journal 90, of the outbox 70.
pub(crate) struct FixedRows {
    connection: Connection,
    cases: i64,
}

const NOW: i64 = 1_767_139_200_000;
const DAY: i64 = 86_400_000;

impl FixedRows {
    pub(crate) fn new(path: &Path, cases: usize, pragmas: &[(&'static str, String)]) -> Self {
        for end in ["", "-wal", "-shm"] {
            let mut name = path.as_os_str().to_owned();
            name.push(end);
            let _ = std::fs::remove_file(name);
        }
        let connection = open(path, pragmas);
        connection
            .execute_batch(
                "create table instance (id integer primary key, def int not null, state int not null, version int not null,
                   next_due int, data text not null, updated int not null);
                 create table journal (id integer primary key, inst int not null, seq int not null, at int not null, payload text not null);
                 create index journal_inst on journal (inst, seq);
                 create table outbox (id integer primary key, inst int not null, kind int not null, created int not null, sent int,
                   payload text not null);
                 create index outbox_unsent on outbox (id) where sent is null;
                 create index instance_due on instance (next_due) where next_due is not null;
                 begin",
            )
            .unwrap();
        let cases = i64::try_from(cases).unwrap();
        {
            let mut insert = connection.prepare("insert into instance values (?1, ?2, ?3, 1, ?4, ?5, ?6)").unwrap();
            for id in 0..cases {
                let due = NOW + DAY + (id * 7_919 % cases) * 1_000;
                insert.execute(params![id, id % 7, id % 6, due, data(id), NOW - DAY]).unwrap();
            }
        }
        connection.execute_batch("commit; pragma wal_checkpoint(truncate)").unwrap();
        Self { connection, cases }
    }

    pub(crate) fn set(&self, pragmas: &[(&'static str, String)]) {
        set(&self.connection, pragmas);
    }

    /// Puts back the timers of as many cases, spread over all; not timed.
    fn make_due(&self, due: i64) {
        self.connection.execute_batch("begin").unwrap();
        {
            let mut update = self.connection.prepare("update instance set next_due = ?1 where id = ?2").unwrap();
            for id in (0..self.cases).filter(|id| id.wrapping_mul(2_654_435_761).rem_euclid(self.cases) < due) {
                update.execute(params![NOW - 1_000 + id % 1_000, id]).unwrap();
            }
        }
        self.connection.execute_batch("commit; pragma wal_checkpoint(truncate)").unwrap();
    }

    /// As many transitions, so many to a transaction; the find is timed, too.
    pub(crate) fn write(&self, due: usize, batch: usize) -> Took {
        self.make_due(i64::try_from(due).unwrap());
        let clock = Clock::start();
        let prepared = |sql: &str| self.connection.prepare(sql).unwrap();
        let mut find = prepared("select id from instance where next_due <= ?1 order by next_due limit 1000");
        let mut get = prepared("select state, version, data from instance where id = ?1");
        let mut update = prepared(
            "update instance set state = ?1, version = version + 1, next_due = ?2, updated = ?3 where id = ?4 and version = ?5",
        );
        let mut journal = prepared("insert into journal (inst, seq, at, payload) values (?1, ?2, ?3, ?4)");
        let mut outbox = prepared("insert into outbox (inst, kind, created, payload) values (?1, ?2, ?3, ?4)");
        let (mut begin, mut end) = (prepared("begin immediate"), prepared("commit"));
        let mut done = 0;
        loop {
            let ids: Vec<i64> = find.query_map([NOW], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
            if ids.is_empty() {
                break;
            }
            for part in ids.chunks(batch) {
                begin.raw_execute().unwrap();
                for id in part {
                    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
                    let (state, version, data): (i64, i64, String) = get.query_row([id], read).unwrap();
                    std::hint::black_box(data);
                    let next = (state + 1) % 6;
                    let due = (next != 5).then_some(NOW + 30 * DAY);
                    assert_eq!(update.execute(params![next, due, NOW, id, version]).unwrap(), 1);
                    journal.execute(params![id, version + 1, NOW, happened(*id, state)]).unwrap();
                    for kind in 1..=2 - id % 2 {
                        outbox.execute(params![id, kind, NOW, told(*id, state)]).unwrap();
                    }
                    done += 1;
                }
                end.raw_execute().unwrap();
            }
        }
        assert_eq!(done, due);
        let took = clock.took();
        self.connection.execute_batch("pragma wal_checkpoint(truncate)").unwrap();
        took
    }
}

fn data(id: i64) -> String {
    let (to, notes) = (id % 9_973, "x".repeat(40));
    format!(
        r#"{{"officer":{id},"cycle":"FY2025/26","stage":"self-assessment","form":"PA-1","assignee":{to},"notes":"{notes}"}}"#
    )
}

fn happened(id: i64, state: i64) -> String {
    let to = (state + 1) % 6;
    format!(r#"{{"event":"timer","instance":{id},"from":{state},"to":{to},"rule":"deadline.v3","actor":"system"}}"#)
}

fn told(id: i64, state: i64) -> String {
    format!(r#"{{"to":{},"template":"reminder","stage":{state},"channel":"sms"}}"#, id % 9_973)
}
