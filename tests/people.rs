//! What people do in cases beyond filling and choosing, as they call the program: done, refused, repeated, and kept.

#![expect(clippy::unwrap_used, reason = "a test whose program does not start has failed")]

mod folders;
#[expect(dead_code, reason = "other tests look at mails and made-up projects")]
mod program;

use merit::store::sqlite::{Access, SqliteStore};
use program::Project;

#[expect(dead_code, reason = "what leaves the house is looked at elsewhere")]
mod invariants;

/// Nan's plan lies with Nan, as of 7 January 2026.
fn ward() -> Project {
    let project = Project::of("plans");
    project.merit(0, &["deploy", "--adopt", "2026-01-01"]);
    project.merit(0, &["import", "records/nurse.csv", "--from", "2026-01-01"]);
    project.merit(0, &["run", "--as-of", "2026-01-04"]);
    project
}

fn act(project: &Project, code: i32, line: &str) -> String {
    let words: Vec<String> = line.split(' ').map(|it| it.replace('_', " ")).collect();
    let words: Vec<&str> = std::iter::once("act").chain(words.iter().map(String::as_str)).collect();
    project.merit(code, &words)
}

fn holds(project: &Project) {
    let store = SqliteStore::open(&project.path("merit.db"), Access::ReadOnly).unwrap();
    invariants::each_case_is_in_one_state(&store).unwrap();
    invariants::the_chain_verifies(&store).unwrap();
    invariants::replay_gives_what_is_stored(&store).unwrap();
}

fn count(project: &Project, what: &str) -> i64 {
    let store = rusqlite::Connection::open(project.path("merit.db")).unwrap();
    store.query_row(&format!("select count(*) from {what}"), [], |row| row.get(0)).unwrap()
}

#[test]
fn a_case_is_ended_by_whom_the_policy_names_with_a_reason() {
    let project = ward();
    for (line, why, possible) in [
        ("nan withdraw --as max --because no --as-of 2026-01-05", "may not be withdrawn by max", "nurse (nan)"),
        ("nan withdraw --as nan --as-of 2026-01-05", "a reason is needed", "because"),
        ("nan cancel --as nan --because no --as-of 2026-01-05", "may not be cancelled by nan", "matron (mat)"),
    ] {
        let printed = act(&project, 2, line);
        assert!(printed.contains(why) && printed.contains(possible), "{printed}");
    }
    let withdraw = "nan withdraw --as nan --because she_goes --key gone --as-of 2026-01-05";
    assert!(act(&project, 0, withdraw).contains("cancelled, marked \"withdrawn\""));
    assert!(act(&project, 0, withdraw).contains("this was done before"));
    let told = project.merit(0, &["case", "nan"]);
    assert!(told.contains("nan withdraws the case, because \"she goes\""), "{told}");
    assert!(
        act(&project, 0, "ola cancel --as mat --because closed --as-of 2026-01-05").contains("marked \"not needed\"")
    );
    project.merit(0, &["run", "--as-of", "2026-02-10"]);
    assert_eq!(count(&project, "effects where case_id in (select id from cases where subject in ('nan', 'ola'))"), 0);
    holds(&project);
}

/// With whom what is open in a case lies.
fn holder(project: &Project, subject: &str) -> String {
    let store = rusqlite::Connection::open(project.path("merit.db")).unwrap();
    let sql = "select group_concat(holder) from tasks where until is null and case_id in
               (select id from cases where subject = ?1)";
    store.query_row(sql, [subject], |row| row.get(0)).unwrap()
}

#[test]
fn what_lies_with_somebody_is_handed_on_between_two_days_and_comes_back() {
    let project = ward();
    act(&project, 0, "nan fill written=2026-01-05 targets=4 --as nan --as-of 2026-01-05");
    let delegate = |code: i32, line: &str| {
        let words: Vec<&str> = std::iter::once("delegate").chain(line.split(' ')).collect();
        project.merit(code, &words)
    };
    for (line, why, possible) in [
        ("--from max --to max --until 2026-01-12 --as-of 2026-01-06", "to themselves", "somebody else"),
        ("--from max --to mex --until 2026-01-12 --as-of 2026-01-06", "there is no `mex`", ""),
        ("--from max --to mat --role matron --until 2026-01-12 --as-of 2026-01-06", "`matron` may not", "`manager`"),
        ("--from max --to mat --role boss --until 2026-01-12 --as-of 2026-01-06", "no role `boss`", "`manager`"),
        ("--from max --to mat --workflow plan --until 2026-01-12 --as-of 2026-01-06", "no workflow", "`planning`"),
        ("--from max --to mat --until 2026-01-05 --as-of 2026-01-06", "lies before", "first day"),
        ("--from max --to mat --since 2026-01-05 --until 2026-01-12 --as-of 2026-01-06", "is over", "6 January 2026"),
        ("--from max --to mat", "--until", ""),
    ] {
        let printed = delegate(2, line);
        assert!(printed.contains(why) && printed.contains(possible), "{printed}");
    }
    let given =
        "--from max --to ola --role manager --since 2026-01-07 --until 2026-01-08 --because leave --as-of 2026-01-06";
    assert!(delegate(0, given).contains("1: max delegates to ola as manager from 2026-01-07 until 2026-01-08"));
    assert!(delegate(2, given).contains("merit delegate end 1"));
    let run = |day: &str| project.merit(0, &["run", "--as-of", day]);
    run("2026-01-06");
    assert_eq!(holder(&project, "nan"), "max");
    run("2026-01-07");
    assert_eq!(holder(&project, "nan"), "ola");
    let told = project.merit(0, &["case", "nan"]);
    assert!(told.contains("max delegates to ola until 8 January 2026"), "{told}");
    assert!(act(&project, 2, "nan choose accept --as max --as-of 2026-01-08").contains("it lies with ola"));
    run("2026-01-09");
    assert_eq!(holder(&project, "nan"), "max");
    assert!(act(&project, 2, "nan choose accept --as ola --as-of 2026-01-09").contains("it lies with max"));
    assert!(
        delegate(0, "--from max --to ola --until 2026-02-09 --as-of 2026-01-09").contains("2: max delegates to ola")
    );
    run("2026-01-09");
    assert_eq!(holder(&project, "nan"), "ola");
    assert!(delegate(0, "end 2 --as-of 2026-01-09").contains("never: it was ended before"));
    assert!(delegate(2, "end 2 --as-of 2026-01-09").contains("was over"));
    run("2026-01-09");
    assert_eq!(holder(&project, "nan"), "max");
    assert!(delegate(0, "list").contains("Nobody delegates"));
    assert!(delegate(0, "list --all").contains("because \"leave\""));
    assert_eq!(count(&project, "changes where type = 'delegation' and field = 'until'"), 3);
    holds(&project);
    let store = rusqlite::Connection::open(project.path("merit.db")).unwrap();
    store.execute("update changes set new = '2027-01-01' where type = 'delegation' and field = 'until'", []).unwrap();
    project.merit(1, &["journal", "verify"]);
}

#[test]
fn a_stage_that_lies_with_two_ends_when_both_have_chosen_the_same() {
    let project = Project::of("plans");
    let path = project.path("policy/plans.merit");
    let text = std::fs::read_to_string(&path).unwrap();
    let text = text[..text.find("example").unwrap()].replacen("by     manager", "by     manager and matron", 1);
    std::fs::write(&path, text).unwrap();
    project.merit(0, &["deploy", "--adopt", "2026-01-01"]);
    project.merit(0, &["import", "records", "--from", "2026-01-01"]);
    project.merit(0, &["run", "--as-of", "2026-01-07"]);
    assert_eq!(holder(&project, "nan"), "max,mat");
    let first = "nan choose accept --as max --key one --as-of 2026-01-08";
    let told = act(&project, 0, first);
    assert!(told.contains("max chooses `accept` in `look`, and so must the others") && told.contains("open"), "{told}");
    assert!(act(&project, 0, first).contains("this was done before"));
    assert_eq!(holder(&project, "nan"), "mat");
    act(&project, 0, "nan choose refer --as mat --as-of 2026-01-08");
    assert_eq!(holder(&project, "nan"), "max,mat", "they do not agree");
    holds(&project);
    assert!(project.merit(0, &["case", "nan"]).contains("and so must the others"));
    let told = act(&project, 0, "nan choose accept --as mat --as-of 2026-01-09");
    assert!(told.contains("completed, marked \"agreed\""), "{told}");
    holds(&project);
}

#[test]
fn what_was_refused_is_kept_and_a_file_of_acts_is_done_row_by_row_once() {
    let project = ward();
    let seal = || project.json(0, &["status", "--as-of", "2026-01-05"])["seal"].clone();
    let before = (seal(), count(&project, "commits"));
    act(&project, 2, "nan choose accept --as max --as-of 2026-01-05");
    assert_eq!((seal(), count(&project, "commits")), before, "nothing has happened");
    let told = project.merit(0, &["case", "nan"]);
    let refused = "2026-01-05  max: choose accept (no open stage offers `accept`; `write` is open with nan)";
    assert!(told.contains(refused), "{told}");
    let file = "subject,workflow,period,act,as,written,targets,choice,length,because,key\n\
        nan,planning,2026,fill,nan,2026-01-05,4,,,,a\n\
        ola,planning,2026,fill,ola,2026-01-05,40,,,,b\n\
        nan,,,choose,max,,,accept,,\"fine,\nas it is\",c\n\
        ola,planning,2026,extend,mat,,,,5 days,ill,d\n\
        max,planning,2027,complete,max,,,,,,e\n\
        max,planning,2026,dance,max,,,,,,f\n";
    let missing = act(&project, 2, "nan complete --as nan --as-of 2026-01-05");
    assert!(missing.contains("is not there yet") && missing.contains("fill `written`, `targets` first"), "{missing}");
    let day = act(&project, 2, "nan fill written=5/1/2026 --as nan --as-of 2026-01-05");
    assert!(day.contains("`written`: `5/1/2026`: this is no day") && day.contains("write it as 2026-07-31"), "{day}");
    std::fs::write(project.path("acts.csv"), file).unwrap();
    let told = project.json(1, &["act", "--csv", "acts.csv", "--as-of", "2026-01-05"]);
    let outcomes: Vec<&str> =
        told["rows"].as_array().unwrap().iter().map(|it| it["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["done", "rejected", "done", "done", "rejected", "rejected"], "{told}");
    let rejected = std::fs::read_to_string(project.path("acts.rejected.csv")).unwrap();
    assert!(rejected.contains("ola,planning,2026,fill,ola,2026-01-05,40,,,,b,3,`targets`: `40`"), "{rejected}");
    assert!(rejected.contains("`max` has no such case") && rejected.contains("`dance` is nothing"), "{rejected}");
    assert_eq!(project.json(0, &["cases", "--status", "completed"])["cases"].as_array().map(Vec::len), Some(1));
    holds(&project);
    let commits = count(&project, "commits");
    let told = project.merit(1, &["act", "--csv", "acts.csv", "--as-of", "2026-01-05"]);
    assert!(told.contains("0 done, 3 done before, 3 rejected"), "{told}");
    assert_eq!(count(&project, "commits"), commits);
    let mended = rejected.replace(",40,", ",14,").lines().take(2).collect::<Vec<_>>().join("\n");
    std::fs::write(project.path("acts.rejected.csv"), mended).unwrap();
    let told = project.merit(0, &["act", "--csv", "acts.rejected.csv", "--as-of", "2026-01-05"]);
    assert!(told.contains("1 done, 0 done before, 0 rejected"), "{told}");
    project.merit(2, &["act", "nan", "--as-of", "2026-01-05"]);
    project.merit(2, &["act", "--csv", "nothing.csv"]);
}

#[test]
fn more_time_is_granted_by_whom_the_policy_names_and_told_in_the_derivation() {
    let project = ward();
    for (line, why, possible) in [
        ("mat extend 5 days --as max --because ill --as-of 2026-01-05", "only by matron", "nobody is"),
        ("nan extend 5 days --as max --because ill --as-of 2026-01-05", "only by matron", "that is mat"),
        ("nan extend 11 days --as mat --because ill --as-of 2026-01-05", "11 days are more", "10 days at most"),
        ("nan extend 1 month --as mat --because ill --as-of 2026-01-05", "can't be held against", "in days"),
        ("nan extend 5 days --as mat --as-of 2026-01-05", "a reason is needed", "because"),
        ("nan extend five days --as mat --because ill --as-of 2026-01-05", "`five days` is no length", "10 days"),
        ("nan extend 5 days --as mat --in look --because ill --as-of 2026-01-05", "`look` has not opened", "`write`"),
    ] {
        let printed = act(&project, 2, line);
        assert!(printed.contains(why) && printed.contains(possible), "{printed}");
    }
    let extend = "nan extend 1 week --as mat --key one --as-of 2026-01-05 --because ill\nin_bed";
    let done = act(&project, 0, extend);
    assert!(done.contains("mat extends `write` by 1 week to 2026-02-06, because \"ill in bed\""), "{done}");
    assert!(act(&project, 0, extend).contains("this was done before"));
    let nothing = act(&project, 2, "nan extend 0 days --as mat --because ill --as-of 2026-01-06");
    assert!(nothing.contains("`0 days` is no length of time"), "{nothing}");
    let again = act(&project, 2, "nan extend 1 day --as mat --because ill --as-of 2026-01-06");
    assert!(again.contains("once at most, and has been") && again.contains("6 February 2026"), "{again}");
    let told = project.merit(0, &["explain", "nan", "write"]);
    assert!(told.contains("extended by 1 week (granted by mat on 5 January 2026: ill in bed)"), "{told}");
    assert_eq!(count(&project, "deadlines where state = 'superseded' and round = 1"), 1);
    assert_eq!(count(&project, "tasks where stage = 'write' and holder = 'nan'"), 1);
    holds(&project);
}

/// The ward, whose policy lets the matron stop the clock, let nurses off and correct what was written.
fn ward_of_a_matron() -> Project {
    let project = Project::of("plans");
    let path = std::fs::read_dir(project.path("policy")).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(&path).unwrap();
    let powers = ["suspended", "exempted", "corrected"].map(|it| format!("  may be {it} by matron\n")).concat();
    std::fs::write(&path, text.replacen("  may be withdrawn", &format!("{powers}  may be withdrawn"), 1)).unwrap();
    project.merit(0, &["deploy", "--adopt", "2026-01-01"]);
    project.merit(0, &["import", "records/nurse.csv", "--from", "2026-01-01"]);
    project.merit(0, &["run", "--as-of", "2026-01-04"]);
    project
}

#[test]
fn what_was_written_is_corrected_by_whom_the_policy_names_and_the_stage_stays_as_it_ended() {
    let project = ward_of_a_matron();
    let early = act(&project, 2, "nan correct targets=5 --as mat --because slip --as-of 2026-01-05");
    assert!(early.contains("`targets` is filled in `write`, which has not ended\n  help: fill it there"), "{early}");
    act(&project, 0, "nan fill written=2026-01-05 targets=4 --as nan --as-of 2026-01-05");
    for (line, why) in [
        ("nan correct targets=5 --as nan --because slip --as-of 2026-01-06", "may not be corrected by nan"),
        ("nan correct targets=5 --as mat --as-of 2026-01-06", "a reason is needed"),
        ("nan correct targets=many --as mat --because slip --as-of 2026-01-06", "`targets`: `many`"),
        ("nan correct email=x --as mat --because slip --as-of 2026-01-06", "no stage of `planning` fills `email`"),
    ] {
        let printed = act(&project, 2, line);
        assert!(printed.contains(why), "{printed}");
    }
    let correct = "nan correct targets=5 --as mat --because a_slip --key c1 --as-of 2026-01-06";
    let told = act(&project, 0, correct);
    assert!(told.contains("mat corrects `targets` of `write`, because \"a slip\""), "{told}");
    assert!(act(&project, 0, correct).contains("this was done before"));
    let sql = "r_plan where of_id = 'nan' and targets = 5";
    assert_eq!(count(&project, sql), 1);
    assert_eq!(count(&project, "journal where kind = 'corrected'"), 1);
    let told = project.merit(0, &["case", "nan"]);
    assert_eq!(told.matches("`write` is done").count(), 1, "{told}");
    assert_eq!(
        count(&project, "cases where subject = 'nan' and json_extract(state, '$.stages.write.ended') = '2026-01-05'"),
        1
    );
    holds(&project);
}

#[test]
fn the_clock_of_a_case_is_stopped_by_an_act_and_dates_move_when_it_runs_again() {
    let project = ward_of_a_matron();
    let file = "subject,act,as,because,key,targets\n\
        nan,suspend,mat,flood,a,\n\
        nan,suspend,mat,flood,a,\n\
        nan,suspend,nan,flood,b,\n\
        ola,exempt,mat,new,c,\n\
        nan,correct,mat,slip,d,4\n";
    std::fs::write(project.path("acts.csv"), file).unwrap();
    let told = project.json(1, &["act", "--csv", "acts.csv", "--as-of", "2026-01-06"]);
    let outcomes: Vec<&str> =
        told["rows"].as_array().unwrap().iter().map(|it| it["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["done", "repeated", "rejected", "done", "rejected"], "{told}");
    assert_eq!(count(&project, "cases where subject = 'ola' and json_extract(state, '$.mark') = 'exempted'"), 1);
    // Nobody is reminded while it stands still, however long.
    project.merit(0, &["run", "--as-of", "2026-02-20"]);
    assert_eq!(count(&project, "effects where case_id in (select id from cases where subject = 'nan')"), 0);
    let told = act(&project, 0, "nan resume --as mat --because dry_again --as-of 2026-02-23");
    assert!(told.contains("mat lets the clock run again, because \"dry again\""), "{told}");
    assert!(told.contains("because the clock stood still"), "{told}");
    let told = project.merit(0, &["explain", "nan", "write"]);
    assert!(told.contains("stood still"), "{told}");
    project.merit(0, &["run", "--as-of", "2026-02-24"]);
    holds(&project);
}

/// The nurses with another workflow of these stages, which may be corrected; and the case of one of them in it.
fn planned_again(stages: &[&str]) -> (Project, String) {
    let project = Project::of("plans");
    let path = std::fs::read_dir(project.path("policy")).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(&path).unwrap();
    let due = "due 2 weeks after opening, for late comers 2 weeks after opening";
    let named = ["one", "other", "third", "finally"].iter().zip(stages);
    let stages: String =
        named.map(|(name, lines)| format!("  stage {name} {{ by nurse; {lines}; {due} }}\n")).collect();
    let more = format!("workflow again {{\n  for each nurse each year\n  may be corrected by matron\n{stages}}}\n");
    std::fs::write(&path, format!("{text}\n{more}")).unwrap();
    project.merit(0, &["deploy", "--adopt", "2026-01-01"]);
    project.merit(0, &["import", "records/nurse.csv", "--from", "2026-01-01"]);
    project.merit(0, &["run", "--as-of", "2026-01-04"]);
    let told = project.json(0, &["cases"]);
    let ours = |it: &&serde_json::Value| it["workflow"] == "again" && it["subject"] == "nan";
    let case = told["cases"].as_array().unwrap().iter().find(ours).unwrap()["case"].to_string();
    (project, case)
}

#[test]
fn a_correction_writes_nothing_that_an_open_stage_fills_too() {
    let (project, case) = planned_again(&["opens start of year; fills targets", "fills targets, written"]);
    act(&project, 0, &format!("{case} fill targets=4 --in one --as nan --as-of 2026-01-05"));
    let correct = format!("{case} correct targets=5 --as mat --because slip --as-of 2026-01-05");
    let refused = act(&project, 2, &correct);
    assert!(refused.contains("`targets` is filled in `other`, which has not ended"), "{refused}");
    assert_eq!(count(&project, "journal where kind = 'corrected'"), 0);
    holds(&project);
}

#[test]
fn what_no_stage_has_filled_yet_is_not_corrected() {
    let (project, case) = planned_again(&["opens start of year; fills targets", "fills written"]);
    let correct = format!("{case} correct written=2026-01-05 --as mat --because slip --as-of 2026-01-05");
    let refused = act(&project, 2, &correct);
    assert!(refused.contains("`written` is filled in `other`, which has not taken place"), "{refused}");
    assert_eq!(count(&project, "journal where kind = 'corrected'"), 0);
    holds(&project);
}

#[test]
fn one_correction_is_of_what_one_stage_has_filled() {
    let stages = ["opens start of year; fills targets", "fills written, targets", "fills email", "choose seen"];
    let (project, case) = planned_again(&stages);
    for (stage, values) in [("one", "targets=4"), ("other", "written=2026-01-05 targets=5")] {
        act(&project, 0, &format!("{case} fill {values} --in {stage} --as nan --as-of 2026-01-05"));
    }
    let correct = |code: i32, values: &str| {
        act(&project, code, &format!("{case} correct {values} --as mat --because slip --as-of 2026-01-06"))
    };
    let refused = correct(2, "targets=6 email=m@h.example");
    assert!(refused.contains("`targets`, `email` were filled in several stages"), "{refused}");
    assert!(refused.contains("correct what one of them fills by an act of its own"), "{refused}");
    assert_eq!(count(&project, "journal where kind = 'corrected'"), 0);
    let told = correct(0, "targets=6 written=2026-01-04");
    assert!(told.contains("of `other`"), "the one that has filled both: {told}");
    assert_eq!(count(&project, "r_plan where of_id = 'nan' and targets = 6 and written = '2026-01-04'"), 1);
    holds(&project);
}
