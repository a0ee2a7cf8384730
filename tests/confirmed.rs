//! What is entered stays with the case until a decision confirms it, and stands in the records from then on.

#![expect(clippy::unwrap_used, reason = "a test whose program does not start has failed")]

mod folders;
#[expect(dead_code, reason = "other tests look at mails and made-up projects")]
mod program;

use merit::store::sqlite::{Access, SqliteStore};
use program::Project;

#[expect(dead_code, reason = "what leaves the house is looked at elsewhere")]
mod invariants;

/// Nurses whose managers set a number of targets, which the matron confirms or sends back; whoever has few is helped.
const MORE: &str = "
workflow setting {
  for each nurse each year where nurse.manager.manager is known
  may be corrected by matron
  ends confirmed, refused
  stage set { opens start of year; by manager; due 2 weeks after opening; fills targets, written }
  decision ruling by matron {
    due 2 weeks after opening
    confirms targets on agree
    choose agree, send_back, refuse
    on agree finish confirmed
    on refuse finish refused
    on send_back go back to set, at most once
  }
}
workflow helping {
  for each nurse each year where targets < 3
  stage meet { by manager; due 1 month after opening; done when targets > 3 }
}
";

struct Ward(Project);

impl Ward {
    fn new() -> Self {
        Self::under(MORE)
    }

    fn under(more: &str) -> Self {
        let project = Project::of("plans");
        let path = std::fs::read_dir(project.path("policy")).unwrap().next().unwrap().unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let (before, behind) = text.split_once("workflow planning").unwrap();
        let (_, behind) = behind.split_once("\nmessage").unwrap();
        let (message, _) = behind.split_once("\nexample").unwrap();
        std::fs::write(&path, format!("{before}{more}message{message}\n")).unwrap();
        project.merit(0, &["deploy", "--adopt", "2026-01-01"]);
        project.merit(0, &["import", "records/nurse.csv", "--from", "2026-01-01"]);
        project.merit(0, &["run", "--as-of", "2026-01-04"]);
        Self(project)
    }

    fn act(&self, code: i32, line: &str) -> String {
        let words: Vec<&str> = std::iter::once("act").chain(line.split(' ')).collect();
        self.0.merit(code, &words)
    }

    fn count(&self, what: &str) -> i64 {
        let store = rusqlite::Connection::open(self.0.path("merit.db")).unwrap();
        store.query_row(&format!("select count(*) from {what}"), [], |row| row.get(0)).unwrap()
    }

    fn set(&self, targets: u32) -> String {
        self.act(0, &format!("nan fill targets={targets} written=2026-01-05 --as max --as-of 2026-01-05"))
    }

    fn holds(&self) {
        let store = SqliteStore::open(&self.0.path("merit.db"), Access::ReadOnly).unwrap();
        invariants::each_case_is_in_one_state(&store).unwrap();
        invariants::the_chain_verifies(&store).unwrap();
        invariants::replay_gives_what_is_stored(&store).unwrap();
        self.0.merit(0, &["journal", "verify"]);
    }
}

const ENTERED: &str = "r_plan where of_id = 'nan' and targets is not null";
const WRITTEN: &str = "r_plan where of_id = 'nan' and written = '2026-01-05'";
const HELPED: &str = "cases where workflow = 'helping'";

#[test]
fn what_is_entered_stands_in_no_record_and_concerns_no_other_case_before_it_is_confirmed() {
    let ward = Ward::new();
    let told = ward.set(2);
    assert!(told.contains("`targets` is still to be confirmed"), "{told}");
    // What nobody confirms counts at once.
    assert_eq!((ward.count(ENTERED), ward.count(WRITTEN), ward.count(HELPED)), (0, 1, 0));
    let told = ward.0.merit(0, &["case", "nan"]);
    assert!(told.contains("plan.targets is 2, still to be confirmed (entered by max on 2026-01-05)"), "{told}");
    let told = ward.0.json(0, &["case", "nan"]);
    assert_eq!(told["unconfirmed"][0]["value"], "2", "{told}");
    let refused = ward.act(2, "nan correct targets=7 --as mat --because slip --as-of 2026-01-06");
    assert!(refused.contains("`targets` counts only once it is confirmed"), "{refused}");
    let refused = ward.act(2, "nan correct plan.targets=7 --as mat --because slip --as-of 2026-01-06");
    assert!(refused.contains("`plan.targets` counts only once it is confirmed"), "{refused}");
    ward.act(0, "nan correct written=2026-01-04 --as mat --because slip --as-of 2026-01-06");
    ward.0.merit(0, &["run", "--as-of", "2026-01-07"]);
    assert_eq!((ward.count(ENTERED), ward.count(HELPED)), (0, 0));

    ward.act(0, "nan choose agree --as mat --as-of 2026-01-08");
    assert_eq!((ward.count(ENTERED), ward.count("r_plan where targets = 2")), (1, 1));
    ward.0.merit(0, &["run", "--as-of", "2026-01-09"]);
    assert_eq!(ward.count(HELPED), 1);
    let told = ward.0.merit(0, &["case", "nan"]);
    assert!(told.contains("`targets` counts from now on, with `ruling`"), "{told}");
    assert!(!told.contains("still to be confirmed (entered"), "{told}");
    ward.holds();
}

#[test]
fn what_is_sent_back_is_entered_anew_and_what_is_refused_never_counts() {
    let ward = Ward::new();
    ward.set(2);
    ward.act(0, "nan choose send_back --as mat --as-of 2026-01-06");
    assert_eq!(ward.count(ENTERED), 0);
    ward.act(0, "nan fill targets=9 written=2026-01-07 --as max --as-of 2026-01-07");
    let told = ward.0.merit(0, &["case", "nan"]);
    assert!(told.contains("plan.targets is 9") && !told.contains("plan.targets is 2"), "{told}");
    ward.act(0, "nan choose refuse --as mat --as-of 2026-01-08");
    ward.0.merit(0, &["run", "--as-of", "2026-03-01"]);
    assert_eq!((ward.count(ENTERED), ward.count(HELPED)), (0, 0));
    ward.holds();
}

#[test]
fn what_does_not_fit_the_field_is_refused_before_anything_is_kept() {
    let ward = Ward::new();
    for (words, why) in [("targets=many", "`targets`: `many`"), ("targets=2 targets=3", "`targets`: it is given twice")]
    {
        let told = ward.act(2, &format!("nan fill {words} --as max --as-of 2026-01-05"));
        assert!(told.contains(why), "{told}");
    }
    assert_eq!(ward.count("journal where kind = 'filled'"), 0);
    ward.holds();
}

#[test]
fn a_case_that_moves_to_a_version_which_confirms_nothing_counts_what_was_entered() {
    let ward = Ward::new();
    ward.set(2);
    let path = std::fs::read_dir(ward.0.path("policy")).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("    confirms targets on agree\n", "")).unwrap();
    ward.0.merit(0, &["deploy"]);
    ward.0.merit(0, &["run", "--as-of", "2026-01-06"]);
    assert_eq!(ward.count(ENTERED), 0, "its own version holds for it");
    ward.0.merit(0, &["migrate", "--by", "mat", "--because", "simpler", "--as-of", "2026-01-06"]);
    assert_eq!(ward.count(ENTERED), 1);
    let told = ward.0.merit(0, &["case", "nan"]);
    assert!(told.contains("`targets` counts from now on\n"), "{told}");
    ward.0.merit(0, &["run", "--as-of", "2026-01-06"]);
    assert_eq!(ward.count(HELPED), 1);
    ward.holds();
}

#[test]
fn what_a_lapse_confirms_is_written_by_the_run_that_finds_it() {
    let lapses = "confirms targets on agree, lapse\n    lapses at due\n    on lapse finish confirmed\n";
    let ward = Ward::under(&MORE.replace("confirms targets on agree\n", lapses));
    ward.set(2);
    for day in ["2026-01-19", "2026-01-20"] {
        assert_eq!(ward.count(ENTERED), 0);
        ward.0.merit(0, &["run", "--as-of", day]);
    }
    assert_eq!((ward.count(ENTERED), ward.count(HELPED)), (1, 1), "and whoever goes by it follows in the same run");
    assert_eq!(
        ward.count(
            "commits where kind = 'run' and rev in (select rev from changes where type = 'plan' and field = 'targets')"
        ),
        1
    );
    let told = ward.0.merit(0, &["run", "--as-of", "2026-01-20"]);
    assert!(told.contains("0 mails sent") && !told.contains("case"), "{told}");
    ward.holds();
}

#[test]
fn what_an_import_writes_counts_at_once_and_what_is_confirmed_later_takes_its_place() {
    let ward = Ward::new();
    ward.set(2);
    std::fs::write(ward.0.path("plan.csv"), "nurse,period,targets\nnan,2026,8\n").unwrap();
    ward.0.merit(0, &["import", "plan.csv"]);
    assert_eq!(ward.count("r_plan where of_id = 'nan' and targets = 8"), 1);
    ward.act(0, "nan choose agree --as mat --as-of 2026-01-08");
    assert_eq!(ward.count("r_plan where of_id = 'nan' and targets = 2"), 1);
    ward.holds();
}
