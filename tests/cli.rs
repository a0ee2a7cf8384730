//! The program as people call it: every verb, its exit code, what it prints and what it leaves behind.

#![expect(clippy::unwrap_used, reason = "a test whose program does not start has failed")]

mod folders;
mod program;

use program::{Project, complaints, merit, text};

use std::fs;

use serde_json::Value;

fn notices(report: &Value) -> Vec<String> {
    let line = |it: &Value| {
        let part = |key: &str| it[key].as_str().unwrap().to_owned();
        format!("{} {} {} to {}", part("date"), part("subject"), part("message"), part("recipient"))
    };
    report["notices"].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn a_service_from_another_field_goes_through_the_same_verbs() {
    let project = complaints();
    project.merit(0, &["check"]);
    project.merit(0, &["test"]);
    let first = project.json(0, &["run", "--as-of", "2026-04-15"]);
    assert_eq!(first["cases_opened"], 2, "the old, settled complaint is history");
    assert_eq!(first["stages_done"], 1, "C2 was answered");
    assert_eq!(notices(&first), Vec::<String>::new());
    let second = project.json(0, &["run", "--as-of", "2026-04-16"]);
    assert_eq!(notices(&second), ["2026-04-16 C1 answer_due to S"]);
    let third = project.json(0, &["run", "--as-of", "2026-04-21"]);
    assert_eq!(notices(&third), ["2026-04-21 C1 answer_overdue to S", "2026-04-21 C1 answer_overdue to D"]);
    let again = project.json(0, &["run", "--as-of", "2026-04-21"]);
    assert_eq!((&again["effects"], &again["sent"]["sent"]), (&Value::from(0), &Value::from(0)));
    let status = project.json(1, &["status"]);
    let row = &status["overdue"][0];
    assert_eq!(
        (row["subject"].as_str(), row["holder"].as_str(), row["working_days_overdue"].as_i64()),
        (Some("C1"), Some("S"), Some(1))
    );
    let mails: Vec<_> = fs::read_dir(project.path("outbox")).unwrap().map(|it| it.unwrap().path()).collect();
    assert_eq!(mails.len(), 3);
    let mail = fs::read_to_string(&mails[0]).unwrap();
    assert!(mail.contains("Message-ID: <") && mail.contains("multipart/alternative"), "{mail}");
    project.merit(0, &["journal", "verify"]);
}

#[test]
fn a_date_is_explained_across_a_holiday() {
    let project = complaints();
    project.merit(0, &["run", "--as-of", "2026-04-15"]);
    let case = project.merit(0, &["case", "C1"]);
    assert!(case.contains("due 2026-04-20"), "{case}");
    assert!(case.contains("Founding day"), "the holiday is named: {case}");
    let explained = project.json(0, &["explain", "C1", "answer"]);
    assert_eq!(explained["deadlines"][0]["due"], "2026-04-20");
    project.merit(2, &["explain", "C1", "nothing"]);
}

#[test]
fn a_record_that_changes_moves_its_case() {
    let project = complaints();
    project.merit(0, &["run", "--as-of", "2026-04-16"]);
    fs::write(project.path("complaint.csv"), "id,answered\nC1,2026-04-19\n").unwrap();
    project.merit(0, &["import", "complaint.csv"]);
    let report = project.json(0, &["run", "--as-of", "2026-04-21"]);
    assert_eq!(
        (&report["stages_done"], notices(&report).len()),
        (&Value::from(1), 0),
        "nobody is chased for what is done"
    );
}

#[test]
fn every_trap_of_a_foreign_file_is_named() {
    let project = Project::of("staff");
    project.merit(0, &["deploy", "--adopt", "2019-01-01"]);
    let dry = project.json(1, &["import", "records", "--from", "2019-01-01", "--dry-run"]);
    assert_eq!(dry["dry_run"], true);
    let printed = project.merit(1, &["import", "records", "--from", "2019-01-01"]);
    for told in [
        "5 taken, 4 rejected",
        "1 blank in manager (there is none)",
        "line 3, Sex: `M ` blanks at the ends were left out",
        "line 7, DateofHire: `13/31/2014` this is no date as m/d/y",
        "line 8, EmploymentStatus: `On leave` it is none of Active, Quit, Fired",
        "line 8, DaysLate: `40` it lies outside 0 to 31",
        "line 9, ManagerID: `9` there is no record `9`",
        "line 10: `108` stands on line 9 already",
        "`Nora Reed` has the key `3` here and `1` on line 2",
        "LastReview (1/28/2019) lies after DateofTermination (8/19/2018)",
    ] {
        assert!(printed.contains(told), "not told: {told}\n{printed}");
    }
    let rejected = fs::read_to_string(project.path("records/staff.rejected.csv")).unwrap();
    assert_eq!(rejected.lines().count(), 5, "{rejected}");
    let corrected = rejected.replace("13/31/2014", "3/31/2014").replace("On leave", "Active").replace(",40,", ",4,");
    fs::write(project.path("records/staff.rejected.csv"), corrected).unwrap();
    let mapping = project.path("records/staff.toml").display().to_string();
    let again = project.json(1, &["import", "records/staff.rejected.csv", "--mapping", &mapping]);
    assert_eq!(again["files"][0]["good"], 2, "{again}");
}

#[test]
fn one_month_of_a_foreign_file_looks_right() {
    let project = Project::of("staff");
    project.merit(0, &["deploy", "--adopt", "2019-01-01"]);
    project.merit(1, &["import", "records", "--from", "2019-01-01"]);
    let mut all = Vec::new();
    for day in ["2020-01-15", "2020-01-31", "2020-02-14"] {
        let code = if day == "2020-01-15" { 1 } else { 0 };
        all.extend(notices(&project.json(code, &["run", "--as-of", day])));
    }
    assert_eq!(
        all,
        ["2020-01-15 101 review_due to 1", "2020-01-31 102 review_due to 2", "2020-02-12 101 review_overdue to 1",]
    );
    let aside = project.merit(1, &["cases", "--set-aside"]);
    assert!(aside.contains("manager of 105 is empty"), "{aside}");
}

#[test]
fn five_mistakes_give_five_messages_each_with_a_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let policy = "calendar office { time zone \"Africa/Kampalla\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026 }\n\
        record person { id key text; status one of active, gone; boss optional persn }\n\
        record review of person each year { agreed event }\n\
        role manager of person { is person.boss }\n\
        workflow w {\n  for each person each year where status is left\n  stage goals {\n    opens start of year\n    due 1 month after openning\n    by person\n    fills agreed\n    remind person 14 days bfore due with goals_due\n  }\n}\n\
        message goals_due { by email; subject \"Due {due}\"; body \"Due {due}\" }\n";
    fs::write(folder.path().join("p.merit"), policy).unwrap();
    let output = merit(folder.path(), &["check", "p.merit", "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let found: Value = serde_json::from_str(&text(&output.stdout)).unwrap();
    let found = found["diagnostics"].as_array().unwrap();
    let lines: Vec<_> = found.iter().map(|it| it["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [1, 2, 6, 9, 12], "{found:#?}");
    assert!(found.iter().all(|it| it["help"].is_string()), "{found:#?}");
}

#[test]
fn a_new_project_checks_tests_and_runs() {
    let folder = tempfile::tempdir().unwrap();
    for words in [
        &["init", "."][..],
        &["check"],
        &["test"],
        &["deploy", "--adopt", "2026-01-01"],
        &["import", "records", "--from", "2026-01-01"],
        &["run", "--as-of", "2026-01-19"],
        &["completions", "bash"],
    ] {
        let output = merit(folder.path(), words);
        assert_eq!(output.status.code(), Some(0), "{words:?}: {}{}", text(&output.stdout), text(&output.stderr));
    }
    assert_eq!(fs::read_dir(folder.path().join("outbox")).unwrap().count(), 2, "two people are reminded");
    let again = merit(folder.path(), &["init", "."]);
    assert_eq!(again.status.code(), Some(2), "nothing is overwritten");
}

#[test]
fn the_demo_opens_reminds_and_escalates() {
    let folder = tempfile::tempdir().unwrap();
    let output = merit(folder.path(), &["demo", "--size", "60"]);
    let printed = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{printed}{}", text(&output.stderr));
    for word in ["cases opened", "reminders", "escalations", "merit status"] {
        assert!(printed.contains(word), "{printed}");
    }
    let demo = folder.path().join("merit-demo");
    assert!(fs::read_dir(demo.join("outbox")).unwrap().count() > 20);
    let database = rusqlite::Connection::open(demo.join("merit.db")).unwrap();
    let open: i64 =
        database.query_row("select count(*) from cases where status = 'open'", [], |row| row.get(0)).unwrap();
    assert!(open > 40);
    let again = merit(folder.path(), &["demo", "--size", "60"]);
    assert_eq!(again.status.code(), Some(2), "a folder with a project is left alone");
}

#[test]
fn a_changed_rule_holds_for_new_cases_and_open_ones_keep_theirs() {
    let folder = tempfile::tempdir().unwrap();
    merit(folder.path(), &["demo", "--size", "40"]);
    let demo = folder.path().join("merit-demo");
    let file = demo.join("workflows/staff_appraisal.merit");
    let changed = fs::read_to_string(&file)
        .unwrap()
        .replace("due   1 month after opening", "due   20 working days after opening");
    fs::write(&file, changed).unwrap();
    for words in [&["check"][..], &["deploy", "--note", "Circular 7"]] {
        assert_eq!(merit(&demo, words).status.code(), Some(0), "{words:?}");
    }
    let failing = merit(&demo, &["test"]);
    assert_eq!(failing.status.code(), Some(1), "examples that meant the old rule say so");
    let run = merit(&demo, &["run", "--as-of", "2027-07-01"]);
    assert!(run.status.code() <= Some(1), "{}{}", text(&run.stdout), text(&run.stderr));
    let database = rusqlite::Connection::open(demo.join("merit.db")).unwrap();
    let twice = "select subject from cases group by subject having count(*) = 2 order by subject limit 1";
    let subject: String = database.query_row(twice, [], |row| row.get(0)).unwrap();
    let cases: Value =
        serde_json::from_str(&text(&merit(&demo, &["case", &subject, "--format", "json"]).stdout)).unwrap();
    let cases = cases["cases"].as_array().unwrap();
    let of = |at: usize| {
        (cases[at]["policy"].as_i64().unwrap(), cases[at]["deadlines"][0]["due"].as_str().unwrap().to_owned())
    };
    assert_eq!(of(0), (1, "2026-07-31".to_owned()));
    assert_eq!(of(1), (2, "2027-07-28".to_owned()), "20 working days from the edge before Thursday 1 July 2027");
}

#[test]
fn foreign_and_newer_stores_are_refused_and_left_alone() {
    let project = complaints();
    let store = project.path("merit.db");
    let good = fs::read(&store).unwrap();
    fs::write(&store, "this is no database, but it is long enough to be taken for one; ".repeat(40)).unwrap();
    let told = project.merit(3, &["run", "--as-of", "2026-04-15"]);
    assert!(told.contains("no database"), "{told}");
    fs::write(&store, &good[..good.len() / 2]).unwrap();
    let told = project.merit(3, &["status"]);
    assert!(told.contains("cut off"), "{told}");
    fs::write(&store, &good).unwrap();
    let newer = rusqlite::Connection::open(&store).unwrap();
    newer.execute_batch("pragma user_version = 99").unwrap();
    drop(newer);
    let told = project.merit(3, &["run"]);
    assert!(told.contains("newer version"), "{told}");
    let other = rusqlite::Connection::open(&store).unwrap();
    other.execute_batch("pragma user_version = 1; pragma application_id = 7").unwrap();
    drop(other);
    let told = project.merit(3, &["run"]);
    assert!(told.contains("another program"), "{told}");
}

#[test]
fn a_second_engine_on_the_same_store_is_refused() {
    let project = complaints();
    let lock =
        fs::OpenOptions::new().create(true).truncate(false).write(true).open(project.path("merit.db-lock")).unwrap();
    lock.lock().unwrap();
    let told = project.merit(3, &["run", "--as-of", "2026-04-15"]);
    assert!(told.contains("another Merit engine"), "{told}");
    drop(lock);
    project.merit(0, &["run", "--as-of", "2026-04-15"]);
}

#[test]
fn a_later_day_runs_only_where_nobody_is_written_to_in_earnest() {
    let project = complaints();
    let settings = "policies = [\"policy\"]\nquiet_hours = false\n[mail]\nto = \"smtp\"\nhost = \"127.0.0.1\"\nport = 1\nsecurity = \"plain\"\nfrom = \"desk@city.example\"\n";
    fs::write(project.path("merit.toml"), settings).unwrap();
    let told = project.merit(2, &["run", "--as-of", "2999-01-01"]);
    assert!(told.contains("--rehearse"), "{told}");
    project.merit(0, &["run", "--as-of", "2026-04-16", "--rehearse"]);
    let held = project.merit(0, &["outbox"]);
    assert!(held.contains("holds every effect back"), "{held}");
    project.merit(0, &["outbox", "release", "--all"]);
    let sent = project.json(0, &["run", "--as-of", "2026-04-16"]);
    assert_eq!(sent["sent"]["later"], 1, "nobody listens on that port: it is tried again later");
    let outbox = project.json(0, &["outbox"]);
    assert_eq!(
        (&outbox["effects"][0]["status"], &outbox["effects"][0]["attempts"]),
        (&Value::from("open"), &Value::from(1))
    );
}

#[test]
fn mistakes_in_settings_are_told_with_the_nearest_key() {
    let project = Project::of("complaints");
    fs::write(project.path("merit.toml"), "polices = [\"policy\"]\n").unwrap();
    let told = project.merit(2, &["check"]);
    assert!(told.contains("`polices`") && told.contains("did you mean `policies`?"), "{told}");
}

/// Ten working days from Thursday 1 July 2027, with a holiday on Monday the 5th, the substitute of a holiday on Sunday the 11th, and
/// leave from the 14th to the 20th.
const THREE_REASONS: &str = r#"
calendar office {
  time zone "Africa/Kigali"
  working Monday to Friday
  holiday "Founders' day" 5 July
  holiday "Harvest day" 11 July
  substitute next free working day when on Saturday or Sunday
  roll forward
  month end back
  notices at 08:00
}
record clerk { id key text; email optional address email; status dated one of active, on_leave }
record errand { id key text; given event; done event; clerk optional clerk }
role doer of errand { is errand.clerk }
workflow errands "Errands" {
  for each errand where given is known
  suspend the clock while errand.clerk.status is on_leave
  stage run "Run the errand" {
    opens given
    due   10 working days after given
    by    doer
    fills done
  }
}
"#;

#[test]
fn a_date_is_explained_across_a_holiday_a_substitute_and_a_standstill() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("merit.toml"), "policies = [\"policy.merit\"]\n").unwrap();
    fs::write(folder.path().join("policy.merit"), THREE_REASONS).unwrap();
    fs::write(folder.path().join("clerk.csv"), "id,status\nA,active\n").unwrap();
    fs::write(folder.path().join("errand.csv"), "id,given,clerk\nE1,2027-07-01,A\n").unwrap();
    let project = Project { folder };
    project.merit(0, &["deploy", "--adopt", "2027-06-01"]);
    project.merit(0, &["import", "clerk.csv", "errand.csv", "--from", "2027-06-01"]);
    project.merit(0, &["run", "--as-of", "2027-07-13"]);
    let before = project.merit(0, &["explain", "E1"]);
    for told in ["due 2027-07-19", "Founders' day", "Harvest day"] {
        assert!(before.contains(told), "not told: {told}\n{before}");
    }
    for (day, status) in [("2027-07-14", "on_leave"), ("2027-07-21", "active")] {
        fs::write(project.path("clerk.csv"), format!("id,status\nA,{status}\n")).unwrap();
        project.merit(0, &["import", "clerk.csv", "--from", day]);
        project.merit(0, &["run", "--as-of", day]);
    }
    let after = project.merit(0, &["explain", "E1"]);
    for told in [
        "due 2027-07-26",
        "Founders' day",
        "Harvest day",
        "the clock stood still from 14 July 2027 to 20 July 2027: 5 working days added",
    ] {
        assert!(after.contains(told), "not told: {told}\n{after}");
    }
    project.merit(0, &["run", "--as-of", "2027-07-26"]);
    assert!(project.merit(0, &["status"]).contains("0 stages overdue"));
    project.merit(0, &["run", "--as-of", "2027-07-27"]);
    assert!(project.merit(1, &["status"]).contains("2027-07-26"), "late from the day after on");
}

#[test]
fn what_cannot_be_answered_is_said_so() {
    let project = complaints();
    project.merit(0, &["run", "--as-of", "2026-04-16"]);
    for (words, told) in [
        (&["explain", "M9999"][..], "there is no code `M9999`"),
        (&["explain", "C9"], "there is no case `C9`"),
        (&["test", "--only", "no such title"], "no example has `no such title` in its title"),
        (&["status", "--as-of", "2026-04-01"], "the store has run up to 2026-04-16"),
        (&["cases", "--workflow", "complaints"], "known: complaint_handling"),
        (&["outbox", "retry", "abcdef"], "there is no effect whose key begins with `abcdef`"),
        (&["import", "nothing.csv"], "there is no such file"),
    ] {
        let err = project.merit(2, words);
        assert!(err.contains(told), "{words:?}: {err}");
    }
}

/// A case that is refused, sent back, completed and accepted by the people with whom it lies; nothing is done twice.
#[test]
fn people_act_on_what_lies_with_them_and_nothing_else() {
    let project = Project::of("plans");
    project.merit(0, &["deploy", "--adopt", "2026-01-01"]);
    project.merit(0, &["import", "records", "--from", "2026-01-01"]);
    project.merit(0, &["run", "--as-of", "2026-01-07"]);
    let act =
        |code: i32, words: &[&str], day: &str| project.merit(code, &[&["act"], words, &["--as-of", day]].concat());
    let refused = [
        (vec!["nan", "choose", "accept", "--as", "nan"], "`look` does not lie with nan", "it lies with max"),
        (
            vec!["nan", "choose", "agree", "--as", "max"],
            "no open stage offers `agree`",
            "choose `accept` or `send_back` or `refer`",
        ),
        (
            vec!["nan", "choose", "accept", "--as", "max", "--in", "write"],
            "`write` is not open",
            "`look` is open with max",
        ),
        (vec!["nan", "complete", "--as", "max", "--in", "look"], "`look` ends by a choice", "choose `accept`"),
        (vec!["99", "complete", "--as", "max"], "there is no case `99`", "`merit cases` lists them"),
    ];
    for (words, why, possible) in refused {
        let printed = act(2, &words, "2026-01-08");
        assert!(printed.contains(why) && printed.contains(possible), "{printed}");
    }
    let back = ["nan", "choose", "send_back", "--as", "max", "--because", "four are not enough", "--key", "first"];
    assert!(act(0, &back, "2026-01-08").contains("the case goes back to `write`"));
    assert!(act(0, &back, "2026-01-08").contains("this was done before"));
    assert!(act(2, &back[..5], "2026-01-08").contains("no open stage offers `send_back`"));
    let other = act(2, &["nan", "fill", "targets=9", "--as", "nan", "--key", "first"], "2026-01-08");
    assert!(other.contains("this key was given to another act") && other.contains("max: choose send_back"), "{other}");
    assert!(act(2, &["nan", "complete", "--as", "nan", "--key", ""], "2026-01-08").contains("--key"));
    // A run in between finds nothing to do: what the stage fills is still there, and does not count by itself.
    assert!(project.merit(0, &["run", "--as-of", "2026-01-08"]).contains("nothing had come due"));
    assert!(act(2, &["ola", "complete", "--as", "max", "--in", "write"], "2026-01-09").contains("is not open"));
    let unfit = [
        (
            vec!["nan", "fill", "target=6", "--as", "nan"],
            "no open stage fills `target`",
            "it fills `written`, `targets`",
        ),
        (vec!["nan", "fill", "targets=60", "--as", "nan"], "`targets`: `60`: it lies outside", "0 to 20"),
        (vec!["nan", "fill", "targets=5", "targets=6", "--as", "nan"], "`targets`", "it is given twice"),
        (vec!["nan", "fill", "targets=6", "--as", "max"], "`write` does not lie with max", "it lies with nan"),
        (vec!["nan", "fill", "targets", "--as", "nan"], "a field and its value are expected", "`targets=6`"),
    ];
    for (words, why, possible) in unfit {
        let printed = act(2, &words, "2026-01-09");
        assert!(printed.contains(why) && printed.contains(possible), "{printed}");
    }
    let filled = ["nan", "fill", "targets=6", "--as", "nurse:nan", "--key", "six"];
    assert!(act(0, &filled, "2026-01-09").contains("nan fills `targets` in `write`"));
    assert!(act(0, &filled, "2026-01-09").contains("this was done before"));
    let again = act(2, &["nan", "choose", "send_back", "--as", "max"], "2026-01-09");
    assert!(again.contains("once at most, and has"), "{again}");
    let accepted = project.json(0, &["act", "nan", "choose", "accept", "--as", "max", "--as-of", "2026-01-09"]);
    assert_eq!((&accepted["status"], &accepted["mark"]), (&"completed".into(), &"agreed".into()));
    assert!(act(2, &["nan", "choose", "accept", "--as", "max"], "2026-01-09").contains("the case ended on 2026-01-09"));
    assert!(act(2, &["ola", "choose", "accept", "--as", "max"], "2026-01-06").contains("back in time"));
    let earlier = project.merit(2, &["run", "--as-of", "2026-01-08"]);
    assert!(earlier.contains("already run up to 2026-01-09"), "{earlier}");
    let history = project.json(0, &["case", "nan"]);
    let by: Vec<&str> = history["history"].as_array().unwrap().iter().map(|it| it["actor"].as_str().unwrap()).collect();
    assert_eq!(by.iter().filter(|it| **it == "person nurse:max").count(), 2, "{by:?}");
    // And so on to where the matron decides.
    act(0, &["ola", "choose", "send_back", "--as", "max"], "2026-01-10");
    act(0, &["ola", "fill", "written=2026-01-12", "--as", "ola"], "2026-01-12");
    act(0, &["ola", "choose", "refer", "--as", "max"], "2026-01-12");
    let settled =
        act(0, &["ola", "choose", "impose", "--as", "mat", "--because", "as on the other ward"], "2026-01-13");
    assert!(settled.contains("completed, marked \"decided\""), "{settled}");
    project.merit(0, &["journal", "verify"]);
}

#[test]
fn a_deployment_names_the_orders_that_do_not_reach_open_cases() {
    let project = Project::of("plans");
    let policy = std::fs::read_dir(project.path("policy")).unwrap().next().unwrap().unwrap().path();
    project.merit(0, &["deploy", "--adopt", "2026-01-01"]);
    project.merit(0, &["import", "records/nurse.csv", "--from", "2026-01-01"]);
    project.merit(0, &["run", "--as-of", "2026-01-05", "--no-send"]);
    let text = std::fs::read_to_string(&policy).unwrap();
    let order =
        "exempt each nurse where shoe > 40 from planning in 2026 { by order \"Circular 9\" of 8 January 2026 }\n";
    let shoe = "record nurse \"Nurse\" {\n  shoe    optional number from 0 to 60";
    std::fs::write(&policy, text.replace("record nurse \"Nurse\" {", shoe) + order).unwrap();
    let told = project.merit(0, &["deploy"]);
    assert!(told.contains("does not reach the open cases of version 1") && told.contains("shoe"), "{told}");
    assert!(told.contains("merit migrate"), "{told}");
}
