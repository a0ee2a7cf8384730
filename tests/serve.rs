//! The daemon: what others write and what comes due is done and sent without anybody's call, once, and it ends without half a work.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test whose program does not start has failed")]

use std::collections::BTreeMap;
use std::os::unix::net::UnixDatagram;
use std::sync::atomic::Ordering;
use std::time::Duration;

#[path = "deliver/beside.rs"]
mod beside;
mod folders;
#[path = "serve/office.rs"]
mod office;
#[expect(dead_code, reason = "what the tests of other verbs need besides")]
mod program;
#[expect(dead_code, reason = "what the script of the delivery tests can do besides")]
#[path = "deliver/server.rs"]
mod server;

use beside::mail_server;
use office::{Served, Within, ask, complain, in_state, mails, now, number, to_folder, to_server, today, until};
use server::{At, Do, Script};

const DAY: i64 = 86_400;

#[test]
fn what_others_write_is_seen_and_its_mail_leaves() {
    let project = to_folder();
    let served = Served::start(&project);
    complain(&project, "C1");
    until("the mail about C1", || (mails(&project) == ["S_answer_due"]).then_some(()));
    let filled = format!("answered={}", today());
    project.merit(0, &["act", "C1", "fill", &filled, "--as", "S"]);
    until("the mail that follows", || (mails(&project) == ["S_answer_due", "S_settlement_due"]).then_some(()));
    until("both are known to be sent", || (in_state(&project, "sent") == 2).then_some(()));
    let log = served.stop();
    assert!(log.lines().all(|it| serde_json::from_str::<serde_json::Value>(it).is_ok()), "{log}");
    project.merit(0, &["journal", "verify"]);
    let again = project.json(0, &["run"]);
    assert_eq!((&again["effects"], &again["sent"]["sent"]), (&0.into(), &0.into()), "nothing was left: {again}");
}

#[test]
fn another_policy_that_is_put_in_force_is_seen() {
    let project = to_folder();
    let served = Served::start(&project);
    let text = std::fs::read_to_string(project.path("policy/desk.merit")).unwrap();
    let welcome = "workflow welcome {\n  for each clerk where name is known\n  stage read { due 0 days after opening; \
                   by clerk; fills name; remind clerk on due with hello }\n}\n";
    let text = text
        + &welcome.replace("fills name", "fills read")
        + "message hello { by email; subject \"Hello\"; body \"Hello\" }\n";
    let text = text.replace("record clerk { id key text;", "record clerk { id key text; read event;");
    std::fs::write(project.path("policy/desk.merit"), text).unwrap();
    project.merit(0, &["deploy"]);
    until("the mail of the new policy", || (mails(&project) == ["S_hello"]).then_some(()));
    served.stop();
}

#[test]
fn a_case_hears_that_its_mail_was_accepted() {
    let project = to_folder();
    let text = std::fs::read_to_string(project.path("policy/desk.merit")).unwrap();
    let telling = "workflow telling {\n  for each complaint where received is known\n  stage telling { opens received; by desk; \
                   due 5 days after opening; sends told to desk; deemed received 3 days after it was accepted }\n  \
                   stage comment { by desk; due 14 days after telling.received; fills settled }\n}\n\
                   message told { by email; subject \"Told\"; body \"Told\" }\n";
    std::fs::write(project.path("policy/desk.merit"), text + telling).unwrap();
    project.merit(0, &["deploy"]);
    let served = Served::start(&project);
    complain(&project, "C1");
    let cases = until("its cases", || {
        let cases = project.json(0, &["cases", "--workflow", "telling"]);
        cases["cases"][0]["case"].as_i64().or(cases["cases"][0]["id"].as_i64())
    });
    project.merit(0, &["act", &cases.to_string(), "send", "--as", "S"]);
    until("the mail", || mails(&project).contains(&"S_told".to_owned()).then_some(()));
    let store = rusqlite::Connection::open(project.path("merit.db")).unwrap();
    until("the case heard of it", || {
        let sql = "select count(*) from journal where case_id = ?1 and kind = 'accepted'";
        (store.query_row(sql, [cases], |row| row.get::<_, i64>(0)).unwrap() == 1).then_some(())
    });
    served.stop();
}

#[test]
fn what_comes_due_is_done_by_itself_and_its_lateness_is_counted() {
    let project = to_folder();
    let within = Within::start(&project);
    complain(&project, "C1");
    within.clock.store(now() + 5, Ordering::SeqCst);
    until("the first mail", || (mails(&project) == ["S_answer_due"]).then_some(()));
    // Until the result of the mail is written down, that is what comes next.
    let due = until("nothing is left for this day", || {
        number(within.address, "merit_next_due_timestamp_seconds")
            .filter(|it| *it > within.clock.load(Ordering::SeqCst) as f64)
    });
    let midnight = (now().div_euclid(DAY) + 1) * DAY;
    assert!((due - midnight as f64).abs() <= DAY as f64, "the next day: {due}, not {midnight}");
    within.clock.store(due as i64 + 7, Ordering::SeqCst);
    until("the second mail", || (mails(&project) == ["S_answer_due", "S_answer_overdue"]).then_some(()));
    let metric = |name: &str| number(within.address, &format!("merit_transition_lateness_seconds_{name}")).unwrap();
    assert_eq!((metric("count"), metric("sum")), (1.0, 7.0));
    assert_eq!((metric("bucket{le=\"5\"}"), metric("bucket{le=\"15\"}")), (0.0, 1.0));
    within.stop();
}

#[test]
fn a_clock_that_goes_back_is_waited_for() {
    let project = to_folder();
    let within = Within::start(&project);
    until("it works", || (ask(within.address, "GET /readyz").0 == 200).then_some(()));
    let right = now() + 60;
    within.clock.store(right, Ordering::SeqCst);
    until("the clock was read", || (number(within.address, "merit_ready") == Some(1.0)).then_some(()));
    complain(&project, "C1");
    until("the mail about C1", || (mails(&project).len() == 1).then_some(()));
    within.clock.store(right - 3_600, Ordering::SeqCst);
    until("it says so", || (number(within.address, "merit_clock_behind_seconds") == Some(3_600.0)).then_some(()));
    let runs = number(within.address, "merit_runs_total");
    complain(&project, "C2");
    let (status, words) = ask(within.address, "GET /readyz");
    assert_eq!((status, words.contains("clock")), (503, true), "{words}");
    // Two looks at the clock, each with the second complaint already there.
    let jumps = until("it looked again", || {
        within.clock.store(right - 1_800, Ordering::SeqCst);
        (number(within.address, "merit_clock_behind_seconds") == Some(1_800.0))
            .then(|| number(within.address, "merit_clock_jumps_total"))
    });
    assert_eq!((jumps, mails(&project).len()), (Some(1.0), 1));
    assert_eq!(number(within.address, "merit_runs_total"), runs, "nothing was run meanwhile");
    within.clock.store(right + 1, Ordering::SeqCst);
    until("the mail about C2", || (mails(&project).len() == 2).then_some(()));
    assert_eq!(ask(within.address, "GET /readyz").0, 200);
    within.stop();
}

#[test]
fn a_second_engine_is_refused() {
    let project = to_folder();
    let served = Served::start(&project);
    for verb in [&["serve", "--listen", "127.0.0.1:0"][..], &["run"]] {
        let told = project.merit(3, verb);
        assert!(told.contains("another Merit engine is at work"), "{told}");
    }
    served.stop();
    project.merit(0, &["run"]);
}

#[test]
fn only_this_machine_is_answered_unless_more_is_meant() {
    let project = to_folder();
    let told = project.merit(2, &["serve", "--listen", "0.0.0.0:0"]);
    assert!(told.contains("can be reached from other machines") && told.contains("--expose"), "{told}");
}

#[test]
fn a_store_that_fails_is_said_and_tried_again() {
    let project = to_folder();
    let served = Served::start(&project);
    until("it works", || served.is_ready().then_some(()));
    let store = rusqlite::Connection::open(project.path("merit.db")).unwrap();
    store.busy_timeout(Duration::from_secs(10)).unwrap();
    store.execute_batch("alter table expected_openings rename to gone").unwrap();
    complain(&project, "C1");
    let words = until("it says that it can't work", || {
        let (status, words) = ask(served.address, "GET /readyz");
        (status == 503).then_some(words)
    });
    assert!(words.contains("engine: ") && words.contains("expected_openings"), "{words}");
    assert_eq!(ask(served.address, "GET /healthz").0, 200, "it is alive");
    assert!(number(served.address, "merit_errors_total{part=\"engine\"}") >= Some(1.0));
    store.execute_batch("alter table gone rename to expected_openings").unwrap();
    until("the mail about C1", || (mails(&project) == ["S_answer_due"]).then_some(()));
    until("it works again", || served.is_ready().then_some(()));
    let log = served.stop();
    assert!(log.contains("\"level\":\"ERROR\""), "{log}");
}

#[test]
fn a_store_that_is_moved_away_is_waited_for_and_another_in_its_place_ends_it() {
    let project = to_folder();
    let served = Served::start(&project);
    until("it works", || served.is_ready().then_some(()));
    let (place, away) = (project.path("merit.db"), project.path("away.db"));
    std::fs::rename(&place, &away).unwrap();
    let words = until("it misses the store", || {
        let (status, words) = ask(served.address, "GET /readyz");
        (status == 503).then_some(words)
    });
    assert!(words.contains("no store"), "{words}");
    std::fs::rename(&away, &place).unwrap();
    until("it works again", || served.is_ready().then_some(()));
    std::fs::copy(&place, &away).unwrap();
    std::fs::rename(&away, &place).unwrap();
    let (code, log) = served.ended();
    assert_eq!((code, log.contains("was replaced")), (Some(3), true), "{log}");
}

#[cfg(debug_assertions)]
#[test]
fn told_to_stop_in_the_middle_of_a_long_run_it_ends_between_two_commits() {
    const MANY: i64 = 4_500;
    let project = to_folder();
    let row = |nth: i64| format!("K{nth:04},{},\n", today());
    let rows: String = (0..MANY).map(row).collect();
    std::fs::write(project.path("complaint.csv"), format!("id,received,handler\n{rows}")).unwrap();
    project.merit(0, &["import", "complaint.csv"]);
    let kept = project.path("points").display().to_string();
    let served = Served::start_with(&project, &[("MERIT_POINTS", &kept)]);
    until("the first commit", || {
        std::fs::read_to_string(&kept).ok().filter(|it| it.lines().any(|it| it == "after-commit"))
    });
    served.stop();
    let opened = |project: &program::Project| {
        let store = rusqlite::Connection::open(project.path("merit.db")).unwrap();
        store.query_row("select count(*) from cases", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    let before = opened(&project);
    assert!(before > 0 && before < MANY, "it was in the middle: {before}");
    project.merit(0, &["journal", "verify"]);
    let again = Served::start(&project);
    until("the rest", || (opened(&project) == MANY).then_some(()));
    again.stop();
    project.merit(0, &["journal", "verify"]);
}

#[test]
fn every_line_of_the_metrics_has_its_head_and_a_number() {
    let project = to_folder();
    let served = Served::start(&project);
    until("it works", || served.is_ready().then_some(()));
    let (status, page) = ask(served.address, "GET /metrics");
    assert_eq!(status, 200);
    let mut kinds: BTreeMap<&str, &str> = BTreeMap::new();
    let mut seen = std::collections::BTreeSet::new();
    for line in page.lines() {
        if let Some(head) = line.strip_prefix("# TYPE ") {
            let (name, kind) = head.split_once(' ').unwrap();
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert_eq!(kinds.insert(name, kind), None, "{line}");
        } else if !line.starts_with("# HELP ") {
            let (series, value) = line.rsplit_once(' ').unwrap();
            value.parse::<f64>().unwrap();
            assert!(seen.insert(series), "twice: {line}");
            let name = series.split('{').next().unwrap();
            let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
            let kind = kinds.get(name).or(kinds.get(family));
            assert_eq!(name.ends_with("_total"), kind == Some(&"counter"), "{line}");
        }
    }
    for name in ["merit_outbox{state=\"dead\"}", "merit_due_cases", "merit_dirty{what=\"cases\"}", "merit_ready"] {
        assert!(seen.contains(name), "{name} is missing:\n{page}");
    }
    assert_eq!(ask(served.address, "GET /nothing").0, 404);
    assert_eq!(ask(served.address, "POST /metrics").0, 405);
    served.stop();
}

#[test]
fn a_mail_that_hangs_holds_up_nobody_and_is_not_repeated() {
    let server = mail_server(Script::at(At::Body, Do::Stall));
    let project = to_server(server.port);
    let settings = std::fs::read_to_string(project.path("merit.toml")).unwrap();
    std::fs::write(project.path("merit.toml"), settings + "[serve]\nmails_at_once = 1\nstop_after_seconds = 1\n")
        .unwrap();
    let served = Served::start(&project);
    complain(&project, "C1");
    until("the mail is under way", || (number(served.address, "merit_mails_under_way") == Some(1.0)).then_some(()));
    until("the server has it", || (server.count("DATA") == 1).then_some(()));
    complain(&project, "C2");
    until("the case about C2 is open", || {
        (number(served.address, "merit_decided_total{what=\"cases_opened\"}") == Some(2.0)).then_some(())
    });
    let log = served.stop();
    assert!(log.contains("mails are still under way"), "{log}");
    let again = Served::start(&project);
    until("the other mail", || (in_state(&project, "sent") == 1).then_some(()));
    assert_eq!(in_state(&project, "ambiguous"), 1, "nobody knows of the one that hung");
    assert_eq!(server.count("DATA"), 2, "it is not repeated");
    again.stop();
}

#[test]
fn a_notice_that_is_dropped_while_its_mail_is_tried_is_not_tried_again() {
    let server = mail_server(Script::at(At::Greeting, Do::Stall));
    let project = to_server(server.port);
    let settings = std::fs::read_to_string(project.path("merit.toml")).unwrap();
    std::fs::write(project.path("merit.toml"), settings.replace("[mail]", "[mail]\ntimeout_seconds = 2")).unwrap();
    let served = Served::start(&project);
    complain(&project, "C1");
    until("the mail is under way", || (number(served.address, "merit_mails_under_way") == Some(1.0)).then_some(()));
    let listed = project.json(0, &["outbox"]);
    let key = listed["effects"][0]["key"].as_str().unwrap()[..12].to_owned();
    project.merit(0, &["outbox", "drop", &key, "--because", "it was said on the telephone"]);
    let refused = "merit_mail_attempts_total{became=\"open\"}";
    until("the attempt failed", || (number(served.address, refused) == Some(1.0)).then_some(()));
    assert_eq!((in_state(&project, "dropped"), in_state(&project, "open")), (1, 0));
    served.stop();
    assert_eq!(server.messages().len(), 0);
}

/// From now on notices leave together, and so many complaints come in at once.
fn complain_together(project: &program::Project, number: usize) {
    let settings = std::fs::read_to_string(project.path("merit.toml")).unwrap();
    std::fs::write(project.path("merit.toml"), format!("digest_from = 2\n{settings}")).unwrap();
    let rows: String = (1..=number).map(|n| format!("C{n},{},S\n", today())).collect();
    std::fs::write(project.path("complaint.csv"), format!("id,received,handler\n{rows}")).unwrap();
    project.merit(0, &["import", "complaint.csv"]);
}

/// A run commits in parts; here it is stopped behind the first.
#[cfg(debug_assertions)]
#[test]
fn nobody_gets_a_part_before_everything_is_decided() {
    let project = to_folder();
    complain_together(&project, 1_100);
    let kept = project.path("points").display().to_string();
    let served = Served::start_with(&project, &[("MERIT_STOP_AT", "after-commit:1"), ("MERIT_POINTS", &kept)]);
    until("the first batch", || std::fs::read_to_string(&kept).ok().filter(|it| it.contains("after-commit")));
    std::thread::sleep(Duration::from_millis(2_500));
    let waiting = in_state(&project, "due");
    assert!(waiting > 0 && mails(&project).is_empty(), "{waiting}: {:?}", mails(&project));
    served.kill();
    let served = Served::start(&project);
    until("all of it has left", || (in_state(&project, "sent") == 1_100).then_some(()));
    let found = mails(&project);
    assert!(found.iter().all(|it| it == "S_digest") && found.len() == 6, "{found:?}");
    assert_eq!(number(served.address, "merit_mail_attempts_total{became=\"sent\"}"), Some(6.0), "mails are counted");
    assert_eq!(number(served.address, "merit_outbox{state=\"sent\"}"), Some(6.0));
    served.stop();
}

/// Killed at each of these points, and started again: how many mails arrive of so many notices.
#[cfg(debug_assertions)]
fn killed_and_started_again(points: &[(&str, usize)], notices: usize, ready: impl Fn(&program::Project)) {
    for (point, arrive) in points {
        let server = mail_server(Script::default());
        let project = to_server(server.port);
        ready(&project);
        let kept = project.path("points").display().to_string();
        let stop = format!("{point}:1");
        let served = Served::start_with(&project, &[("MERIT_STOP_AT", &stop), ("MERIT_POINTS", &kept)]);
        until(point, || std::fs::read_to_string(&kept).ok().filter(|it| it.lines().any(|it| it == *point)));
        served.kill();
        let again = Served::start(&project);
        until("the mail is settled", || {
            let settled = in_state(&project, "sent") + in_state(&project, "ambiguous");
            (settled == notices).then_some(())
        });
        again.stop();
        assert_eq!(server.messages().len(), *arrive, "killed at {point}");
        let unknown = if ["before-send", "after-send"].contains(point) { notices } else { 0 };
        assert_eq!(in_state(&project, "ambiguous"), unknown, "killed at {point}");
        project.merit(0, &["journal", "verify"]);
    }
}

/// A digest, killed at each point of its attempt.
#[cfg(debug_assertions)]
#[test]
fn no_digest_is_sent_twice_however_it_is_killed() {
    let points =
        [("after-delivery", 1), ("before-attempt", 1), ("before-send", 0), ("after-send", 1), ("after-result", 1)];
    killed_and_started_again(&points, 3, |project| complain_together(project, 3));
}

/// A mail, killed at each point of an attempt.
#[cfg(debug_assertions)]
#[test]
fn nothing_is_sent_twice_however_it_is_killed() {
    let points = [
        ("before-commit", 1),
        ("after-commit", 1),
        ("before-delivery", 1),
        ("after-delivery", 1),
        ("before-attempt", 1),
        ("before-send", 0),
        ("after-send", 1),
        ("after-result", 1),
    ];
    killed_and_started_again(&points, 1, |project| complain(project, "C1"));
}

#[test]
fn a_service_manager_is_told() {
    let project = to_folder();
    let socket = project.path("notify");
    let heard = UnixDatagram::bind(&socket).unwrap();
    heard.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let next = || {
        let mut words = [0; 100];
        let length = heard.recv(&mut words).unwrap();
        String::from_utf8_lossy(&words[..length]).into_owned()
    };
    let socket = socket.display().to_string();
    let served = Served::start_with(&project, &[("NOTIFY_SOCKET", &socket), ("WATCHDOG_USEC", "100000")]);
    assert_eq!((next(), next()), ("READY=1".to_owned(), "WATCHDOG=1".to_owned()));
    served.signal("INT");
    let last = until("it says that it stops", || Some(next()).filter(|it| it != "WATCHDOG=1"));
    assert_eq!(last, "STOPPING=1");
    let (code, log) = served.ended();
    assert_eq!(code, Some(0), "{log}");
}
