//! A project with a desk, and the daemon that keeps it going: as a program of its own, or in this one with a clock of the test's.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::civil::Date;
use merit::config;
use merit::engine::{AsOf, Patience, RunSettings};
use merit::serve::{ServeError, ServeSettings, Stop, serve};

use crate::program::Project;

/// No test waits longer for anything.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until something is so.
pub(crate) fn until<T>(what: &str, mut so: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(it) = so() {
            return it;
        }
        assert!(began.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub(crate) fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

pub(crate) fn today() -> Date {
    jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::now()).date()
}

/// A desk with one clerk, its policy in force from today on, its mail as these lines of settings say.
pub(crate) fn desk(mail: &str) -> Project {
    let project = Project { folder: tempfile::tempdir().unwrap() };
    fs::create_dir(project.path("policy")).unwrap();
    fs::write(project.path("policy/desk.merit"), include_str!("desk.merit")).unwrap();
    let settings =
        format!("policies = [\"policy\"]\nquiet_hours = false\n[mail]\nfrom = \"desk@city.example\"\n{mail}");
    fs::write(project.path("merit.toml"), settings).unwrap();
    project.merit(0, &["deploy", "--adopt", &today().to_string()]);
    fs::write(project.path("clerk.csv"), "id,name,email\nS,Sami,sami@city.example\n").unwrap();
    project.merit(0, &["import", "clerk.csv"]);
    project
}

pub(crate) fn to_folder() -> Project {
    desk("to = \"folder\"\nfolder = \"outbox\"\n")
}

pub(crate) fn to_server(port: u16) -> Project {
    desk(&format!("to = \"smtp\"\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"plain\"\n"))
}

/// Another program sends a complaint in that was received today.
pub(crate) fn complain(project: &Project, key: &str) {
    let rows = format!("id,received,handler\n{key},{},S\n", today());
    fs::write(project.path("complaint.csv"), rows).unwrap();
    project.merit(0, &["import", "complaint.csv"]);
}

/// The names of the mails in the folder, without their days.
pub(crate) fn mails(project: &Project) -> Vec<String> {
    let Ok(folder) = fs::read_dir(project.path("outbox")) else { return Vec::new() };
    let name = |it: std::io::Result<fs::DirEntry>| it.unwrap().file_name().to_string_lossy().into_owned();
    let whole = folder.map(name).filter(|it| it.ends_with(".eml"));
    let mut names: Vec<String> = whole.map(|it| it[11..it.len() - 13].to_owned()).collect();
    names.sort();
    names
}

/// How many effects are in a state.
pub(crate) fn in_state(project: &Project, state: &str) -> usize {
    let output = crate::program::merit(project.folder.path(), &["outbox", "--state", state, "--format", "json"]);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    value["effects"].as_array().unwrap().len()
}

/// What somebody answers over HTTP: the status and the text.
pub(crate) fn ask(address: SocketAddr, request: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "{request} HTTP/1.1\r\nHost: desk\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

/// One number of `/metrics`.
pub(crate) fn number(address: SocketAddr, name: &str) -> Option<f64> {
    let (_, page) = ask(address, "GET /metrics");
    let line = page.lines().find(|it| it.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ')))?;
    line.rsplit_once(' ')?.1.parse().ok()
}

/// The real program.
pub(crate) struct Served {
    child: Child,
    pub(crate) address: SocketAddr,
    log: Option<JoinHandle<String>>,
}

impl Served {
    pub(crate) fn start(project: &Project) -> Self {
        Self::start_with(project, &[])
    }

    /// Starts it and reads where it listens. What it logs is kept.
    pub(crate) fn start_with(project: &Project, environment: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_merit"))
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "json"])
            .current_dir(project.folder.path())
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let log = std::thread::spawn(move || {
            let mut log = Vec::new();
            stderr.read_to_end(&mut log).unwrap();
            String::from_utf8_lossy(&log).into_owned()
        });
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let address = first.split("http://").nth(1).and_then(|it| it.split(';').next());
        let Some(address) = address else { panic!("it did not start: {first} {}", log.join().unwrap()) };
        Self { address: address.parse().unwrap(), child, log: Some(log) }
    }

    pub(crate) fn is_ready(&self) -> bool {
        ask(self.address, "GET /readyz").0 == 200
    }

    pub(crate) fn signal(&self, name: &str) {
        let told = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
    }

    /// How it ended, and its log.
    pub(crate) fn ended(mut self) -> (Option<i32>, String) {
        let status = until("it ends", || self.child.try_wait().unwrap());
        (status.code(), self.log.take().unwrap().join().unwrap())
    }

    /// Stops it as a service manager does; it ends well. Gives its log.
    pub(crate) fn stop(self) -> String {
        self.signal("TERM");
        let (code, log) = self.ended();
        assert_eq!(code, Some(0), "{log}");
        assert!(!log.contains("panicked"), "{log}");
        log
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It has ended already, unless the test has failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The daemon in this program, with a clock that the test moves.
pub(crate) struct Within {
    pub(crate) address: SocketAddr,
    pub(crate) clock: Arc<AtomicI64>,
    stop: Arc<Stop>,
    ends: JoinHandle<Result<(), ServeError>>,
}

impl Within {
    pub(crate) fn start(project: &Project) -> Self {
        let project = config::Project::load(project.folder.path()).unwrap();
        let (clock, stop) = (Arc::new(AtomicI64::new(now())), Arc::new(Stop::default()));
        let read = Arc::clone(&clock);
        let run = RunSettings {
            as_of: AsOf::Day(today()),
            now: 0,
            patience: Patience::default(),
            calendar: None,
            language: "en".to_owned(),
            ways: merit::engine::Ways { at_any_hour: true, ..merit::engine::Ways::default() },
        };
        let settings = ServeSettings {
            project,
            run,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            clock: Arc::new(move || read.load(Ordering::SeqCst)),
            mails_at_once: 2,
            grace: PATIENCE,
            signals: false,
        };
        let (told, heard) = mpsc::channel();
        let asked = Arc::clone(&stop);
        let ends = std::thread::spawn(move || serve(settings, &asked, |address| told.send(address).unwrap()));
        Self { address: heard.recv_timeout(PATIENCE).unwrap(), clock, stop, ends }
    }

    pub(crate) fn stop(self) {
        self.stop.ask();
        self.ends.join().unwrap().unwrap();
    }
}
