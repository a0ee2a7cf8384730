//! A made-up service in a folder, the days of its story, and the program that is called and killed there.

use crate::folders::copy;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How mail leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Folder,
    Smtp { port: u16 },
}

/// One call of the program.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) words: Vec<String>,
    /// The day of a run; none for an import.
    pub(crate) day: Option<&'static str>,
}

/// When a program is killed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kill {
    After(Duration),
    /// At the n-th passing of a named point.
    At(&'static str, u64),
}

/// How a call ended.
#[derive(Debug)]
pub(crate) enum End {
    /// By itself, with what it printed.
    Finished { printed: Value, took: Duration, points: Vec<String> },
    /// By the kill, behind the points that it had passed.
    Killed { points: Vec<String> },
}

pub(crate) const ADOPTED: &str = "2024-07-01";
const SIZE: &str = "100";
const FROM: &str = "desk@service.example";

/// A project's folder.
pub(crate) struct World {
    folder: tempfile::TempDir,
}

impl World {
    /// The shipped policy with made-up records two years back, so that mail may leave in earnest; nothing is deployed yet.
    pub(crate) fn undeployed() -> World {
        let world = World { folder: tempfile::tempdir().unwrap() };
        copy(Path::new("rules/uganda"), &world.path("rules"));
        copy(Path::new("workflows/uganda"), &world.path("workflows"));
        let plan = fs::read_to_string("examples/uganda/sample.toml").unwrap();
        fs::write(world.path("sample.toml"), plan.replace("2026-", "2024-").replace("2026/27", "2024/25")).unwrap();
        world.send_by(Way::Folder);
        world.call(&["sample", "records", "--size", SIZE]).unwrap();
        world.write_changes();
        world
    }

    /// The same with the policy in force.
    pub(crate) fn deployed() -> World {
        let world = World::undeployed();
        world.call(&["deploy", "--adopt", ADOPTED]).unwrap();
        world
    }

    /// A copy with the same store, so that even the keys of effects are the same.
    pub(crate) fn twin(&self, way: Way) -> World {
        let world = World { folder: tempfile::tempdir().unwrap() };
        copy(self.folder.path(), world.folder.path());
        world.send_by(way);
        world
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn send_by(&self, way: Way) {
        let way = match way {
            Way::Folder => "to = \"folder\"\nfolder = \"outbox\"\n".to_owned(),
            Way::Smtp { port } => {
                format!("to = \"smtp\"\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"plain\"\n")
            }
        };
        let settings = format!(
            "policies = [\"rules\", \"workflows\"]\nquiet_hours = false\ndigest_from = 3\n[mail]\nfrom = \"{FROM}\"\n{way}"
        );
        fs::write(self.path("merit.toml"), settings).unwrap();
    }

    /// The Message-ID that the mail of an effect has.
    pub(crate) fn message_id(key: &str) -> String {
        merit::deliver::message_id(key, merit::deliver::domain_of(FROM))
    }

    /// What offices send in later: people fall ill and come back, move, leave and agree their plans.
    fn write_changes(&self) {
        let keys = self.keys();
        let some = |every: usize, at: usize| keys.iter().skip(at).step_by(every).map(String::as_str);
        let sheet = |head: &str, rows: Vec<String>| format!("{head}\n{}\n", rows.join("\n"));
        let status = |keys: Vec<&str>, word: &str| {
            sheet("id,status", keys.iter().map(|key| format!("{key},{word}")).collect::<Vec<_>>())
        };
        let agreed = |keys: Vec<&str>, day: &str| {
            let rows = keys.iter().map(|key| format!("{key},2024/25,{day}")).collect();
            sheet("officer,financial_year,plan_agreed", rows)
        };
        let moved = some(9, 30).map(|key| format!("{key},{},MOWT", keys[4])).collect();
        let files = [
            ("july/officer.csv", status(some(8, 5).collect(), "on_leave")),
            ("july/appraisal.csv", agreed(some(11, 3).collect(), "2024-07-09")),
            ("moves/officer.csv", sheet("id,reports_to,unit", moved)),
            ("august/officer.csv", status(some(8, 5).collect(), "active")),
            ("august/appraisal.csv", agreed(some(13, 2).collect(), "2024-08-12")),
            ("leavers/officer.csv", status(some(17, 6).collect(), "retired")),
        ];
        for (name, text) in files {
            fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
            fs::write(self.path(name), text).unwrap();
        }
    }

    fn keys(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path("records/officer.csv")).unwrap();
        text.lines().skip(1).map(|line| line.split(',').next().unwrap().to_owned()).collect()
    }

    fn command(&self, words: &[impl AsRef<str>]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_merit"));
        command.args(words.iter().map(AsRef::as_ref)).current_dir(self.folder.path()).env("NO_COLOR", "1");
        command
    }

    /// Calls a verb that must end by itself, with nothing or findings; what it printed as JSON.
    pub(crate) fn call(&self, words: &[impl AsRef<str>]) -> Result<Value, String> {
        let output = self.command(words).args(["--format", "json"]).output().unwrap();
        self.answer(output.status.code(), &output.stdout, &output.stderr)
    }

    fn answer(&self, code: Option<i32>, out: &[u8], err: &[u8]) -> Result<Value, String> {
        let (out, err) = (String::from_utf8_lossy(out), String::from_utf8_lossy(err));
        if !matches!(code, Some(0 | 1)) || err.contains("panicked") {
            return Err(format!("ended with {code:?}\n{out}{err}"));
        }
        serde_json::from_str(&out).map_err(|error| format!("{error}: {out}"))
    }

    /// Takes a step of the story, to be killed or not.
    ///
    /// Fails when the program ended by itself in another way than it should.
    pub(crate) fn take(&self, step: &Step, kill: Option<Kill>, fault: Option<&str>) -> Result<End, String> {
        let (out, err, trace) = (self.path("stdout"), self.path("stderr"), self.path("points"));
        let _ = fs::remove_file(&trace);
        let mut command = self.command(&step.words);
        command.args(["--format", "json"]).env("MERIT_POINTS", &trace).stdout(File::create(&out).unwrap());
        command.envs(fault.map(|it| ("MERIT_FAULT", it)));
        match kill {
            Some(Kill::At(point, nth)) => {
                command.env("MERIT_STOP_AT", format!("{point}:{nth}")).stderr(Stdio::piped());
            }
            _ => drop(command.stderr(File::create(&err).unwrap())),
        }
        let began = Instant::now();
        let mut child = command.spawn().unwrap();
        let mut told = Vec::new();
        match kill {
            Some(Kill::After(time)) => {
                std::thread::sleep(time);
                child.kill().unwrap();
            }
            Some(Kill::At(..)) => {
                for line in BufReader::new(child.stderr.take().unwrap()).lines() {
                    let line = line.unwrap();
                    if line.starts_with("stopped at ") {
                        child.kill().unwrap();
                    }
                    told.extend(line.bytes().chain(*b"\n"));
                }
            }
            None => {}
        }
        let status = child.wait().unwrap();
        let took = began.elapsed();
        let points = fs::read_to_string(&trace).unwrap_or_default().lines().map(str::to_owned).collect();
        if status.code().is_none() && kill.is_some() {
            return Ok(End::Killed { points });
        }
        let err = if told.is_empty() { fs::read(&err).unwrap_or_default() } else { told };
        let printed = self.answer(status.code(), &fs::read(&out).unwrap(), &err)?;
        Ok(End::Finished { printed, took, points })
    }

    /// The Message-ID of every mail in the folder.
    pub(crate) fn mails_in_folder(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path("outbox")) else { return Vec::new() };
        let paths = entries.map(|it| it.unwrap().path()).filter(|it| it.extension().is_some_and(|it| it == "eml"));
        paths.map(|it| message_id_of(&fs::read(it).unwrap())).collect()
    }

    /// Files in the folder for mail that are none.
    pub(crate) fn leftovers(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.path("outbox")) else { return Vec::new() };
        entries.map(|it| it.unwrap().path()).filter(|it| it.extension().is_none_or(|it| it != "eml")).collect()
    }

    /// The store as it lies on the disk now, beside it: to look at it must not mend what the next start is to mend.
    pub(crate) fn snapshot(&self) -> PathBuf {
        let aside = self.path("aside");
        fs::create_dir_all(&aside).unwrap();
        for name in ["merit.db", "merit.db-wal", "merit.db-shm"] {
            let _ = fs::remove_file(aside.join(name));
        }
        for name in ["merit.db", "merit.db-wal"] {
            if self.path(name).exists() {
                fs::copy(self.path(name), aside.join(name)).unwrap();
            }
        }
        aside.join("merit.db")
    }
}

/// The Message-ID in the head of a mail.
pub(crate) fn message_id_of(mail: &[u8]) -> String {
    let text = String::from_utf8_lossy(mail);
    let line = text.lines().find(|it| it.to_ascii_lowercase().starts_with("message-id:"));
    line.map(|it| it["message-id:".len()..].trim().to_owned()).unwrap_or_default()
}

/// The whole story: three months of work with records that change, and what follows after a gap.
pub(crate) fn story() -> Vec<Step> {
    let import = |folder: &str, from: &str| Step {
        words: ["import", folder, "--from", from].map(str::to_owned).to_vec(),
        day: None,
    };
    let run = |day: &'static str| Step { words: ["run", "--as-of", day].map(str::to_owned).to_vec(), day: Some(day) };
    vec![
        import("records", ADOPTED),
        run("2024-07-01"),
        import("july", "2024-07-10"),
        run("2024-07-17"),
        import("moves", "2024-08-05"),
        run("2024-07-31"),
        run("2024-08-07"),
        import("august", "2024-08-12"),
        run("2024-08-14"),
        run("2024-08-21"),
        run("2024-08-28"),
        import("leavers", "2024-09-02"),
        run("2024-10-02"),
        run("2024-10-11"),
    ]
}
