//! Two years of a ministry, driven by the program alone: records come in as files, people act by `merit act --csv`, boards sit, heads
//! leave, leave is entered late, a holiday is announced on its eve, sanctions are appealed against.
//!
//! A small ministry by itself; `MERIT_OFFICERS=2000 MERIT_STEP=7 cargo test --release --test years -- --nocapture` is the whole.

#![expect(clippy::unwrap_used, reason = "a test whose program does not start has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use merit::engine::{Patience, Policies};
use merit::store::sqlite::{Access, SqliteStore};
use rusqlite::Connection;

mod folders;
#[expect(dead_code, reason = "nothing is killed here: what was acknowledged is looked at elsewhere")]
mod invariants;
#[expect(dead_code, reason = "other tests look at made-up projects")]
mod program;

use invariants::Outside;
use program::Project;

const FIRST: Date = date(2026, 7, 1);
const LAST: Date = date(2028, 6, 30);
/// The day on which the board of a department gets another chair.
const NEW_CHAIR: Date = date(2027, 12, 1);

fn asked(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().and_then(|it| it.parse().ok()).unwrap_or(otherwise)
}

/// The same for the same words: who does what is decided by no clock and no order.
fn chance(words: &str) -> f64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in words.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash ^= hash >> 32;
    hash = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    f64::from(u32::try_from(hash >> 32).unwrap()) / f64::from(u32::MAX)
}

/// A ministry as the files say that are imported first.
struct Ministry {
    officers: Vec<(String, usize, String)>,
    departments: usize,
}

impl Ministry {
    fn of(officers: usize) -> Self {
        let departments = (officers / 60).max(2);
        let mut all = Vec::new();
        for at in 0..officers {
            let department = at % departments;
            // Every ninth in a department is a supervisor, whom the head supervises.
            let place = at / departments;
            let team = place / 9;
            let boss = if place.is_multiple_of(9) {
                format!("h{department}")
            } else {
                format!("o{}", (team * 9) * departments + department)
            };
            all.push((format!("o{at}"), department, boss));
        }
        Self { officers: all, departments }
    }

    fn write(&self, project: &Project) {
        let mut departments = "id,head,commission,permanent\nhq,,com,ps\n".to_owned();
        let mut officers = "id,email,department,boss,status\n".to_owned();
        let mut sittings = "department,n,person,seat,started,left\n".to_owned();
        let mut asking = "officer,n,colleague,opinion\n".to_owned();
        let mut person = |id: &str, department: &str, boss: &str| {
            // Some have no address: what is written to them can't be delivered.
            let email =
                if chance(&format!("address {id}")) < 0.02 { String::new() } else { format!("{id}@ministry.example") };
            writeln!(officers, "{id},{email},{department},{boss},active").unwrap();
        };
        for id in ["ps", "com"] {
            person(id, "hq", "");
        }
        for at in 0..self.departments {
            writeln!(departments, "d{at},h{at},com,ps").unwrap();
            person(&format!("h{at}"), &format!("d{at}"), "ps");
            person(&format!("n{at}"), "hq", "");
            for (n, (letter, seat)) in
                [("c", "chair"), ("m", "member"), ("k", "member"), ("s", "secretary")].into_iter().enumerate()
            {
                person(&format!("{letter}{at}"), "hq", "");
                let left = if letter == "c" { NEW_CHAIR.yesterday().unwrap().to_string() } else { String::new() };
                writeln!(sittings, "d{at},{},{letter}{at},{seat},2026-07-01,{left}", n + 1).unwrap();
            }
            writeln!(sittings, "d{at},5,n{at},chair,{NEW_CHAIR},").unwrap();
        }
        for (at, (id, department, boss)) in self.officers.iter().enumerate() {
            person(id, &format!("d{department}"), boss);
            if at.is_multiple_of(4) {
                for n in 1..=2 {
                    let colleague = (at + n * self.departments) % self.officers.len();
                    writeln!(asking, "{id},{n},o{colleague},").unwrap();
                }
            }
        }
        let files = [("department", departments), ("officer", officers), ("sitting", sittings), ("asking", asking)];
        fs::create_dir(project.path("records")).unwrap();
        for (name, text) in files {
            fs::write(project.path(&format!("records/{name}.csv")), text).unwrap();
        }
    }
}

/// A task that lies with somebody.
struct Task {
    case: i64,
    stage: String,
    holder: String,
    capacity: String,
    subject: String,
}

struct Years {
    project: Project,
    ministry: Ministry,
    /// What has become of rows of acts: done, repeated, rejected.
    acts: BTreeMap<&'static str, usize>,
    on_leave: BTreeMap<String, Date>,
    gone: BTreeSet<String>,
}

impl Years {
    fn new() -> Self {
        let (project, ministry) = (Project::of("service"), Ministry::of(asked("MERIT_OFFICERS", 60)));
        ministry.write(&project);
        project.merit(0, &["deploy", "--adopt", "2026-07-01"]);
        project.merit(0, &["import", "records", "--from", "2026-07-01"]);
        Self { project, ministry, acts: BTreeMap::new(), on_leave: BTreeMap::new(), gone: BTreeSet::new() }
    }

    fn import(&self, name: &str, text: &str, from: Date) {
        fs::write(self.project.path(name), text).unwrap();
        self.project.merit(0, &["import", name, "--from", &from.to_string()]);
    }

    /// Who goes on leave, comes back or leaves for good; some of it is entered two weeks late.
    fn people_come_and_go(&mut self, day: Date) {
        let mut on_the_day = String::new();
        let mut late = String::new();
        let back: Vec<String> = self.on_leave.iter().filter(|it| *it.1 <= day).map(|it| it.0.clone()).collect();
        for id in &back {
            self.on_leave.remove(id);
            writeln!(on_the_day, "{id},active").unwrap();
        }
        for (id, ..) in &self.ministry.officers {
            if self.gone.contains(id) || self.on_leave.contains_key(id) || back.contains(id) {
                continue;
            }
            let drawn = chance(&format!("{day} goes {id}"));
            if drawn < 0.002 {
                self.gone.insert(id.clone());
                writeln!(on_the_day, "{id},left").unwrap();
            } else if drawn < 0.02 {
                self.on_leave.insert(id.clone(), day.checked_add(40.days()).unwrap());
                writeln!(if drawn < 0.008 { &mut late } else { &mut on_the_day }, "{id},on_leave").unwrap();
            }
        }
        for (name, rows, from) in
            [("now.csv", on_the_day, day), ("late.csv", late, day.checked_sub(14.days()).unwrap())]
        {
            if !rows.is_empty() && from >= FIRST {
                fs::write(self.project.path("officer.csv"), format!("id,status\n{rows}")).unwrap();
                let printed = self.project.merit(0, &["import", "officer.csv", "--from", &from.to_string()]);
                assert!(!printed.contains("rejected 1"), "{name}: {printed}");
            }
        }
    }

    /// A run may set cases aside: it says so, and ends with 1.
    fn run(&self, day: Date) {
        let output = program::merit(self.project.folder.path(), &["run", "--as-of", &day.to_string()]);
        let (out, err) = (program::text(&output.stdout), program::text(&output.stderr));
        assert!(matches!(output.status.code(), Some(0 | 1)) && !err.contains("panicked"), "{out}\n{err}");
    }

    fn tasks(&self) -> Vec<Task> {
        let store = Connection::open(self.project.path("merit.db")).unwrap();
        let sql =
            "select t.case_id, t.stage, t.holder, t.capacity, c.subject from tasks t join cases c on c.id = t.case_id
                   where t.until is null and t.holder is not null and c.status = 'open' and c.set_aside is null
                   order by t.case_id, t.stage, t.nth";
        let mut read = store.prepare(sql).unwrap();
        let row = |row: &rusqlite::Row<'_>| {
            Ok(Task {
                case: row.get(0)?,
                stage: row.get(1)?,
                holder: row.get(2)?,
                capacity: row.get(3)?,
                subject: row.get(4)?,
            })
        };
        read.query_map([], row).unwrap().map(Result::unwrap).collect()
    }

    /// What somebody does this time, if anything: the cells of a row behind `case`, `stage`, `as` and `key`.
    fn deed(task: &Task, day: Date) -> Option<String> {
        let drawn = |what: &str| chance(&format!("{day} {} {} {} {what}", task.case, task.stage, task.holder));
        let does = |share: f64| drawn("does") < share;
        let lazy = chance(&format!("lazy {}", task.holder)) < 0.15;
        // act, choice, to, length, because, and the fields: agreed, mark, remarks, signed, opinion, reply
        Some(match task.stage.as_str() {
            "plan" if drawn("suspend") < 0.01 => "suspend,,,,the office moves,,,,,,".to_owned(),
            "plan" if drawn("resume") < 0.1 => "resume,,,,it has moved,,,,,,".to_owned(),
            "countersign" if drawn("correct") < 0.05 => "correct,,,,a slip of the pen,,71,,,,".to_owned(),
            "plan" if drawn("extend") < 0.01 => "extend,,,10 days,much to do,,,,,,".to_owned(),
            "plan" if does(if lazy { 0.05 } else { 0.3 }) => format!("fill,,,,,{day},,,,,"),
            "views" if does(0.3) => "fill,,,,,,,,,as one would wish,".to_owned(),
            "assess" if does(if lazy { 0.08 } else { 0.4 }) => {
                let mark = chance(&format!("mark {} {}", task.subject, day.year()));
                let mark = if mark < 0.02 {
                    15
                } else if mark < 0.08 {
                    35
                } else if mark < 0.12 {
                    45
                } else if mark < 0.9 {
                    70
                } else {
                    93
                };
                format!("fill,,,,,,{mark},{},,,", if mark < 50 { "much is missing" } else { "" })
            }
            "countersign" if does(0.5) => format!("fill,,,,,,,,{day},,"),
            "notice" if does(0.5) => "send,,,,,,,,,,".to_owned(),
            "answer" if does(0.2) => "fill,,,,,,,,,,it was not so".to_owned(),
            "ruling" if task.capacity == "secretary" && does(0.3) => "close,,,,,,,,,,".to_owned(),
            "ruling" if drawn("recuse") < 0.02 => "recuse,,,,a relative,,,,,,".to_owned(),
            "ruling" if does(0.6) => match drawn("choice") {
                it if it < 0.6 => "choose,impose,,,,,,,,,".to_owned(),
                it if it < 0.75 => "choose,reduce,caution,,,,,,,,".to_owned(),
                _ => "choose,drop,,,,,,,,,".to_owned(),
            },
            "appeal_window" if drawn("receives") < 0.3 => "receive,,,,,,,,,,".to_owned(),
            "appeal_window" if does(0.15) => "choose,appeal,,,,,,,,,".to_owned(),
            "appeal_ruling" if does(0.3) => {
                format!("choose,{},,,,,,,,,", if drawn("choice") < 0.6 { "confirm" } else { "lift" })
            }
            _ => return None,
        })
    }

    /// What everybody does, in one file: some of it twice by its key, some by people with whom it does not lie.
    fn people_act(&mut self, day: Date) {
        let head = "case,stage,as,key,act,choice,to,length,because,agreed,mark,remarks,signed,opinion,reply";
        let (mut rows, mut wanted) = (format!("{head}\n"), Vec::new());
        for task in self.tasks() {
            let Some(deed) = Self::deed(&task, day) else { continue };
            let Task { case, stage, holder, .. } = &task;
            // A receipt concerns what another stage has sent.
            let stage = if deed.starts_with("receive") { "" } else { stage };
            // More time is granted by the head alone.
            let of_the_head = ["extend", "suspend", "resume", "correct"].iter().any(|it| deed.starts_with(it));
            let by = if of_the_head { self.head_of(&task.subject) } else { holder.clone() };
            let key = format!("{day}-{case}-{stage}-{holder}");
            let drawn = chance(&format!("{key} how"));
            if drawn < 0.04 && !deed.starts_with("receive") {
                writeln!(rows, "{case},{stage},com2,{key}-wrong,{deed}").unwrap();
                wanted.push("rejected");
            }
            writeln!(rows, "{case},{stage},{by},{key},{deed}").unwrap();
            wanted.push("any");
            if drawn > 0.96 {
                writeln!(rows, "{case},{stage},{by},{key},{deed}").unwrap();
                wanted.push("again");
            }
        }
        if wanted.is_empty() {
            return;
        }
        fs::write(self.project.path("acts.csv"), rows).unwrap();
        let day = day.to_string();
        let words = ["act", "--csv", "acts.csv", "--as-of", &day, "--format", "json"];
        let output = program::merit(self.project.folder.path(), &words);
        let (out, err) = (program::text(&output.stdout), program::text(&output.stderr));
        assert!(matches!(output.status.code(), Some(0 | 1)), "{out}\n{err}");
        let told: serde_json::Value = serde_json::from_str(&out).unwrap();
        let told = told["rows"].as_array().unwrap();
        assert_eq!(told.len(), wanted.len(), "every row is told of");
        let mut before = "";
        for (row, wanted) in told.iter().zip(wanted) {
            let outcome = ["done", "repeated", "rejected"].into_iter().find(|it| row["outcome"] == *it).unwrap();
            match wanted {
                "rejected" => assert_eq!(outcome, "rejected", "whoever may not act is refused: {row}"),
                // What was done is not done again, and what was refused is refused again.
                "again" => assert_eq!(outcome, if before == "done" { "repeated" } else { before }, "{row}"),
                _ => before = outcome,
            }
            *self.acts.entry(outcome).or_default() += 1;
        }
    }

    fn head_of(&self, subject: &str) -> String {
        let store =
            Connection::open_with_flags(self.project.path("merit.db"), rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)
                .unwrap();
        let sql =
            "select holder from tasks where capacity = 'head' and case_id in (select id from cases where subject = ?1)";
        let known = store.query_row(sql, [subject], |row| row.get(0));
        let officer = self.ministry.officers.iter().find(|it| it.0 == subject);
        known.unwrap_or_else(|_| officer.map_or_else(|| "ps".to_owned(), |it| format!("h{}", it.1)))
    }

    /// Each register prints, and counts what a plain question to the store counts.
    fn registers_are_readable(&self) {
        let store = Connection::open(self.project.path("merit.db")).unwrap();
        let count = |sql: &str| {
            let found: i64 = store.query_row(sql, [], |row| row.get(0)).unwrap();
            usize::try_from(found).unwrap()
        };
        let rows = |words: &[&str]| {
            let told = self.project.json(0, words);
            told["rows"].as_array().unwrap_or_else(|| panic!("{words:?}: {told}")).clone()
        };
        let distinct = |rows: &[serde_json::Value], of: &[&str]| {
            let key = |row: &serde_json::Value| of.iter().map(|it| row[it].to_string()).collect::<Vec<_>>();
            rows.iter().map(key).collect::<BTreeSet<_>>().len()
        };
        for register in ["overdue", "missed", "in-force", "ending", "appeals", "quorum", "returns"] {
            let printed = self.project.merit(0, &["report", register, "--top", "5"]);
            println!("{printed}");
            assert!(printed.lines().count() > 1 || printed.trim().len() > 10, "{register}: {printed}");
        }
        println!("{}", self.project.merit(0, &["report", "ranking", "--by", "department"]));
        let overdue = rows(&["report", "overdue"]);
        let late = "select count(*) from deadlines d join cases c on c.id = d.case_id
                    where c.status = 'open' and d.state in ('running', 'suspended') and d.due < '2028-06-30'";
        let stages = distinct(&overdue, &["case", "stage"]);
        // What stands still is not overdue.
        assert!(stages > 0 && stages <= count(late), "{stages} of {}", count(late));
        let appeals = "select count(*) from cases where status = 'open' and workflow = 'hearing'
                       and json_extract(state, '$.stages.appeal_ruling.status') = 'running'";
        assert_eq!(rows(&["report", "appeals"]).len(), count(appeals));
        let imposed =
            rows(&["report", "returns", "--annual"]).iter().map(|it| it["took_effect"].as_u64().unwrap()).sum::<u64>();
        let in_force = "select count(*) from outcomes where since is not null";
        assert_eq!(usize::try_from(imposed).unwrap(), count(in_force), "what took effect is what the return tells");
        let ranked = rows(&["report", "ranking", "--by", "department", "--workflow", "appraisals"]);
        let departments: BTreeSet<String> = ranked.iter().map(|it| it["group"].to_string()).collect();
        assert!(departments.len() >= self.ministry.departments, "{departments:?}");
    }

    fn holds(&self, day: Date) {
        let store = SqliteStore::open(&self.project.path("merit.db"), Access::ReadOnly).unwrap();
        let policies = Policies::load(&store, None).unwrap();
        let policy = &policies.latest().policy;
        invariants::each_case_is_in_one_state(&store).unwrap();
        invariants::the_chain_verifies(&store).unwrap();
        invariants::replay_gives_what_is_stored(&store).unwrap();
        invariants::dates_follow_from_their_derivations(&store, policy, None).unwrap();
        invariants::nobody_is_sanctioned_unheard(&store, policy).unwrap_or_else(|it| panic!("{day}: {it}"));
        let look = Patience::default().look(policy.main().end_of_day(day).0, day);
        invariants::nothing_is_orphaned(&store, &policies, &look, "en").unwrap();
        let mails: Vec<String> = fs::read_dir(self.project.path("outbox"))
            .unwrap()
            .map(|it| message_id_of(&fs::read_to_string(it.unwrap().path()).unwrap()))
            .collect();
        let message_id = |key: &str| merit::deliver::message_id(key, "ministry.example");
        let outside = Outside { mails: &mails, message_id: &message_id };
        invariants::there_is_one_effect_for_one_key(&store, &outside).unwrap();
        invariants::no_effect_is_before_its_cause(&store, &outside).unwrap();
        assert!(mails.len() > self.ministry.officers.len(), "mails leave: {}", mails.len());
    }
}

fn message_id_of(mail: &str) -> String {
    let line = mail.lines().find(|it| it.to_ascii_lowercase().starts_with("message-id:"));
    line.map(|it| it["message-id:".len()..].trim().to_owned()).unwrap_or_default()
}

#[test]
fn two_years_of_a_ministry() {
    let mut years = Years::new();
    let step = i64::try_from(asked("MERIT_STEP", 21)).unwrap();
    let mut day = FIRST;
    let (mut vacant, mut appointed, mut mourned) = (false, false, false);
    while day < LAST {
        years.people_come_and_go(day);
        if day >= date(2026, 11, 10) && !vacant {
            // A head leaves, and for some months there is none.
            years.import("officer.csv", "id,status\nh0,left\n", day);
            vacant = true;
        }
        if day >= date(2027, 3, 1) && !appointed {
            years.import("department.csv", "id,head\nd0,h1\n", day);
            appointed = true;
        }
        if day >= date(2027, 6, 1) && !mourned {
            // A day of mourning is announced on its eve: open deadlines move.
            let path = years.project.path("policy/service.merit");
            let text = fs::read_to_string(&path).unwrap();
            let eve = day.tomorrow().unwrap();
            let more = format!("  holiday    \"Mourning\" on {}\n  substitute none", eve.strftime("%-d %B %Y"));
            fs::write(&path, text.replacen("  substitute none", &more, 1)).unwrap();
            years.project.merit(0, &["deploy"]);
            mourned = true;
        }
        years.run(day);
        years.people_act(day);
        day = day.checked_add(step.days()).unwrap();
    }
    years.run(LAST);
    years.holds(LAST);
    years.project.merit(0, &["journal", "verify"]);
    years.registers_are_readable();
    let told = told(&years);
    println!("{told}");
}

/// What the two years came to.
fn told(years: &Years) -> String {
    let store = Connection::open(years.project.path("merit.db")).unwrap();
    let count =
        |sql: &str| -> i64 { store.query_row(&format!("select count(*) from {sql}"), [], |row| row.get(0)).unwrap() };
    let mut told = format!("acts: {:?}\n", years.acts);
    for (what, sql) in [
        ("cases", "cases"),
        ("open cases", "cases where status = 'open'"),
        ("set aside", "cases where set_aside is not null"),
        ("entries of journals", "journal"),
        ("mails", "effects"),
        ("stages done", "journal where kind = 'stage_done'"),
        ("extensions", "journal where kind = 'extended'"),
        ("clocks stopped by hand", "journal where kind = 'suspended'"),
        ("corrections", "journal where kind = 'corrected'"),
        ("dates moved", "journal where kind = 'dates_moved'"),
        ("handed on", "journal where kind = 'assigned'"),
        ("stretches in which the clock stood still", "journal where kind = 'clock_changed'"),
        ("votes", "journal where kind = 'voted'"),
        ("recused", "journal where kind = 'recused'"),
        ("hearings", "cases where workflow = 'hearing'"),
        ("imposed", "cases where workflow = 'hearing' and json_extract(state, '$.mark') = 'imposed'"),
        ("dismissed", "cases where workflow = 'hearing' and json_extract(state, '$.mark') = 'dismissed'"),
        ("appeals", "journal where kind = 'chosen' and json_extract(payload, '$.choice') = 'appeal'"),
        ("refusals kept", "refusals"),
    ] {
        writeln!(told, "{what}: {}", count(sql)).unwrap();
    }
    let mut aside =
        store.prepare("select workflow, subject, set_aside from cases where set_aside is not null").unwrap();
    let row = |row: &rusqlite::Row<'_>| {
        Ok(format!("{} {}: {}", row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
    };
    for line in aside.query_map([], row).unwrap().take(10) {
        writeln!(told, "set aside: {}", line.unwrap()).unwrap();
    }
    told
}
