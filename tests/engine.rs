//! The engine on a real store: what goes out once, what waits, what is pinned, and that the journal is the truth.

#![expect(clippy::unwrap_used, reason = "a test whose store fails has failed")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use merit::casework::Letter;
use merit::engine::{
    self, Acted, AsOf, EngineError, OutboxAct, Outcome, Outgoing, Patience, Policies, RunReport, RunSettings, Sender,
    Which,
};
use merit::exchange::{ImportFile, Mapping, apply_all, plan_all};
use merit::policy::compile;
use merit::policy::model::Policy;
use merit::source::Sources;
use merit::store::sqlite::{Access, SqliteStore};
use merit::store::{Actor, Filter, Store};
use merit::workflow::{Case, NoticeAct};

mod invariants;

use invariants::Outside;

const ADOPTED: Date = date(2026, 7, 1);

/// Keeps what is sent, or refuses everything for good.
#[derive(Default)]
struct Pigeonhole {
    sent: Vec<(String, String)>,
    refuses: bool,
}

impl Sender for Pigeonhole {
    fn send(&mut self, mail: &Outgoing<'_>) -> Outcome {
        if self.refuses {
            return Outcome::Never("550 no such user".to_owned());
        }
        let Letter { subject, .. } = mail.letter;
        self.sent.push((mail.key.to_owned(), subject.clone()));
        Outcome::Accepted("kept".to_owned())
    }

    fn next_try(&self, _key: &str, _tries: i64, _now: i64) -> Option<i64> {
        None
    }

    fn message_id(&self, key: &str) -> String {
        format!("<{key}@test>")
    }

    fn repeats_safely(&self) -> bool {
        false
    }
}

struct Office {
    store: SqliteStore,
    files: Vec<(String, String)>,
    folder: tempfile::TempDir,
}

fn pack() -> Vec<(String, String)> {
    let mut paths: Vec<PathBuf> = Vec::new();
    for folder in ["rules/uganda", "workflows/uganda"] {
        paths.extend(std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()));
    }
    paths.sort();
    paths.iter().map(|it| (it.display().to_string(), std::fs::read_to_string(it).unwrap())).collect()
}

fn policy_of(files: &[(String, String)]) -> Policy {
    let mut sources = Sources::new();
    for (name, text) in files {
        sources.add(name.clone(), text.clone());
    }
    let compilation = compile(&sources);
    compilation.policy.unwrap_or_else(|| panic!("{}", compilation.diagnostics.render(&sources, false)))
}

impl Office {
    fn open(records: &[(&str, &str)]) -> Self {
        Self::under(pack(), records)
    }

    fn under(files: Vec<(String, String)>, records: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut store = SqliteStore::open_or_create(&folder.path().join("merit.db")).unwrap();
        store.set(Some(ADOPTED), None).unwrap();
        store.deploy(&files, &policy_of(&files), "first", 0).unwrap();
        let mut office = Self { store, files, folder };
        office.import(records, ADOPTED);
        office
    }

    fn import(&mut self, records: &[(&str, &str)], from: Date) {
        let policy = policy_of(&self.files);
        let file = |(name, text): &(&str, &str)| {
            let path = self.folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            ImportFile { path, mapping: Mapping::default(), from }
        };
        let files: Vec<ImportFile> = records.iter().map(file).collect();
        let plans = plan_all(&policy, &self.store, &files).unwrap();
        for plan in &plans {
            assert_eq!(plan.report.rejected, 0, "{:?}", plan.report.findings);
        }
        apply_all(plans, &policy, &mut self.store, 0, &mut |_| ()).unwrap();
    }

    fn run(&mut self, day: Date) -> RunReport {
        self.try_run(day).unwrap()
    }

    fn try_run(&mut self, day: Date) -> Result<RunReport, EngineError> {
        engine::run(&mut self.store, &settings(day), &mut Pigeonhole::default())
    }

    fn day_by_day(&mut self, from: Date, until: Date) -> Vec<(String, String, String)> {
        let mut notices = Vec::new();
        let mut day = from;
        while day <= until {
            notices.extend(self.run(day).notices.into_iter().map(|it| (it.date, it.message, it.recipient)));
            day = day.checked_add(1.day()).unwrap();
        }
        notices
    }
}

fn settings(day: Date) -> RunSettings {
    RunSettings {
        as_of: AsOf::Day(day),
        now: 0,
        patience: Patience::default(),
        calendar: None,
        language: "en".to_owned(),
        ways: merit::engine::Ways::default(),
    }
}

const PEOPLE: &str = "id,name,email,grade,terms,status,unit,reports_to,joined\n\
    H1,Head,head@example.org,U1,permanent,active,W,,2001-07-01\n\
    S1,Chief,chief@example.org,U3,permanent,active,W,H1,2005-07-01\n\
    O1,Okot,okot@example.org,U5,permanent,active,W,S1,2020-05-03\n\
    O2,Apio,,U5,permanent,active,W,S1,2020-05-03\n\
    C1,Contractor,c@example.org,U5,contract,active,W,S1,2020-05-03\n";
const BODIES: &str = "id,name,kind,head\nW,Works,ministry,H1\n";
const AGREED: &str = "officer,financial_year,plan_agreed\nH1,2026/27,2026-07-06\nS1,2026/27,2026-07-06\n";

fn office() -> Office {
    Office::open(&[("officer.csv", PEOPLE), ("organisation.csv", BODIES), ("appraisal.csv", AGREED)])
}

fn triple(date: &str, message: &str, to: &str) -> (String, String, String) {
    (date.to_owned(), message.to_owned(), to.to_owned())
}

#[test]
fn a_plan_that_nobody_agrees_climbs_the_ladder_once_for_each_rung() {
    let mut office = office();
    let notices = office.day_by_day(date(2026, 7, 1), date(2026, 9, 15));
    let okot: Vec<_> = notices.iter().filter(|it| it.2 == "O1").cloned().collect();
    let expected = [
        triple("2026-07-17", "plan_due", "O1"),
        triple("2026-08-07", "plan_overdue", "O1"),
        triple("2026-08-14", "plan_overdue", "O1"),
        triple("2026-08-21", "plan_overdue", "O1"),
    ];
    assert_eq!(okot, expected);
    let escalated: Vec<_> = notices.iter().filter(|it| it.1 == "plan_escalated").cloned().collect();
    assert_eq!(escalated, [triple("2026-08-28", "plan_escalated", "H1"), triple("2026-08-28", "plan_escalated", "H1")]);
}

#[test]
fn nobody_outside_the_condition_has_a_case() {
    let mut office = office();
    assert_eq!(office.run(date(2026, 7, 1)).cases_opened, 4);
    let cases = office.store.cases(&Filter { subject: Some("C1".to_owned()), ..Filter::default() }).unwrap();
    assert!(cases.is_empty(), "a contractor is not covered");
}

#[test]
fn the_same_day_twice_does_nothing_the_second_time() {
    let mut office = office();
    for day in [date(2026, 7, 1), date(2026, 7, 17), date(2026, 8, 7)] {
        office.run(day);
        let rev = office.store.state().unwrap().rev;
        let again = office.run(day);
        assert_eq!((again.effects, again.cases_opened, again.reminders), (0, 0, 0));
        assert_eq!(office.store.state().unwrap().rev, rev, "nothing was written");
    }
}

/// Lets so many pieces of work happen.
struct Brief {
    left: u32,
    commits: u32,
}

impl engine::Watch for Brief {
    fn goes_on(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left > 0
    }

    fn committed(&mut self, _due: &[i64]) {
        self.commits += 1;
    }
}

#[test]
fn a_run_that_is_ended_between_two_commits_is_made_good_by_the_next() {
    let (mut whole, mut cut) = (office(), office());
    let told = |office: &mut Office| {
        let effects = office.store.effects(&Filter::default()).unwrap();
        effects.into_iter().map(|it| (it.effect.day, it.effect.step, it.effect.recipient)).collect::<Vec<_>>()
    };
    for day in [date(2026, 7, 17), date(2026, 8, 7)] {
        whole.run(day);
        let mut ended_early = 0;
        for left in 1.. {
            let settings = settings(day);
            let mut watch = Brief { left, commits: 0 };
            let sender = &mut Pigeonhole::default();
            let ran = engine::run_watched(&mut cut.store, &settings, sender, &mut watch, None).unwrap();
            let last = cut.store.state().unwrap().as_of;
            assert_eq!(ran.ended_early, last != Some(day), "only a run that came to its end has seen the day");
            if !ran.ended_early {
                break;
            }
            assert!(watch.commits < left);
            ended_early += 1;
        }
        assert!(ended_early > 2, "it was ended at each place");
        assert_eq!(told(&mut cut), told(&mut whole));
    }
    invariants::replay_gives_what_is_stored(&cut.store).unwrap();
}

#[test]
fn a_day_before_the_last_one_is_refused() {
    let mut office = office();
    office.run(date(2026, 8, 7));
    assert!(matches!(office.try_run(date(2026, 8, 6)), Err(EngineError::BackInTime { .. })));
}

#[test]
fn after_a_gap_stale_reminders_are_skipped_and_a_default_waits() {
    let mut office = office();
    office.run(date(2026, 7, 31));
    let report = office.run(date(2026, 9, 29));
    assert_eq!(report.skipped, 6, "three stale reminders for each of two people");
    assert_eq!(report.held, 2, "the rung that records a default waits");
    assert_eq!(report.escalations, 0);
    let notices: BTreeSet<_> = report.notices.iter().map(|it| (it.recipient.as_str(), it.message.as_str())).collect();
    let concerned = [("O1", "plan_overdue"), ("O2", "plan_overdue"), ("S1", "plan_overdue")];
    assert_eq!(notices, BTreeSet::from(concerned), "each is reminded once, and who would be in default");
    office
        .import(&[("appraisal.csv", "officer,financial_year,plan_agreed\nO1,2026/27,2026-10-02\n")], date(2026, 10, 2));
    let later = office.run(date(2026, 10, 7));
    assert_eq!((later.escalations, later.defaults), (1, 1), "only the one who did nothing meanwhile is escalated");
    assert_eq!(later.notices[0].recipient, "H1");
}

#[test]
fn of_several_notices_to_one_person_only_the_strongest_goes_out() {
    let policy = pack()
        .into_iter()
        .map(|(name, text)| (name, text.replace("every 5 working days overdue", "every 1 working day overdue")))
        .collect::<Vec<_>>();
    let mut office = office();
    office.files = policy;
    office.store.deploy(&office.files, &policy_of(&office.files), "closer", 0).unwrap();
    office.run(date(2026, 7, 31));
    let report = office.run(date(2026, 8, 5));
    let to_okot: Vec<_> = report.notices.iter().filter(|it| it.recipient == "O1").collect();
    assert_eq!(to_okot.len(), 1, "three overdue notices became one");
    assert_eq!(to_okot[0].date, "2026-08-05", "the latest of equally strong ones");
    assert!(report.merged >= 2);
}

#[test]
fn leave_that_is_entered_late_stops_the_clock_from_its_first_day() {
    let mut office = office();
    office.run(date(2026, 7, 20));
    office.import(&[("officer.csv", "id,status\nO1,on_leave\n")], date(2026, 7, 13));
    office.run(date(2026, 7, 24));
    office.import(&[("officer.csv", "id,status\nO1,active\n")], date(2026, 7, 27));
    let report = office.run(date(2026, 7, 28));
    assert_eq!(report.dates_moved, 1);
    let case = office.store.cases(&Filter { subject: Some("O1".to_owned()), ..Filter::default() }).unwrap().remove(0);
    let case: Case = serde_json::from_str(&case.state).unwrap();
    let due = case.stages["plan"].dates.due.clone().unwrap();
    assert_eq!(due.day, date(2026, 8, 14), "14 days of leave from 13 to 26 July");
    assert!(due.derivation.lines().iter().any(|it| it.contains("14 days")), "{:?}", due.derivation.lines());
}

#[test]
fn open_cases_keep_the_version_that_they_were_opened_under() {
    let mut office = office();
    office.run(date(2026, 7, 1));
    for (_, text) in &mut office.files {
        *text = text.replace("due   1 month after opening", "due   20 working days after opening");
    }
    let policy = policy_of(&office.files);
    let second = office.store.deploy(&office.files, &policy, "shorter", 0).unwrap();
    assert_eq!(second, 2);
    office.import(
        &[("officer.csv", "id,name,terms,status,unit,reports_to\nN1,New,permanent,active,W,S1\n")],
        date(2026, 7, 8),
    );
    office.run(date(2026, 7, 9));
    let of = |subject: &str| {
        office.store.cases(&Filter { subject: Some(subject.to_owned()), ..Filter::default() }).unwrap().remove(0)
    };
    let due = |subject: &str| {
        let case: Case = serde_json::from_str(&of(subject).state).unwrap();
        case.stages["plan"].dates.due.clone().unwrap().day
    };
    assert_eq!((of("O1").policy, due("O1")), (1, date(2026, 7, 31)));
    assert_eq!((of("N1").policy, due("N1")), (2, date(2026, 8, 5)), "20 working days behind Wednesday 8 July");
}

#[test]
fn a_case_that_cannot_proceed_is_set_aside_and_stops_nobody() {
    let orphan = format!("{PEOPLE}L1,Lone,l@example.org,U5,permanent,active,X,,2020-05-03\n");
    let bodies = format!("{BODIES}X,Empty,agency,\n");
    let files = [("officer.csv", orphan.as_str()), ("organisation.csv", bodies.as_str()), ("appraisal.csv", AGREED)];
    let mut office = Office::open(&files);
    let mut aside = Vec::new();
    let mut day = date(2026, 7, 1);
    while day <= date(2026, 8, 28) {
        aside.extend(office.run(day).aside);
        day = day.checked_add(1.day()).unwrap();
    }
    assert_eq!(aside.len(), 1, "{aside:?}");
    assert_eq!(aside[0].subject, "L1");
    assert!(aside[0].reason.contains("nobody"), "{}", aside[0].reason);
    let open = office.store.cases(&Filter { status: Some("open".to_owned()), ..Filter::default() }).unwrap();
    assert_eq!(open.len(), 5, "the others went on");
}

#[test]
fn the_journal_is_the_truth() {
    let mut office = office();
    let last = date(2026, 9, 15);
    office.day_by_day(date(2026, 7, 1), last);
    let state = office.store.state().unwrap();
    assert!(office.store.verify_journal(Some("another seal")).unwrap().is_err());
    let mut post = Pigeonhole::default();
    engine::send(&mut office.store, &mut post, i64::MAX, 10).unwrap();
    let mails: Vec<String> = post.sent.iter().map(|it| post.message_id(&it.0)).collect();
    let outside = Outside { mails: &mails, message_id: &|key| post.message_id(key) };
    let (store, policies) = (&office.store, Policies::load(&office.store, None).unwrap());
    let policy = &policies.latest().policy;
    let look = Patience::default().look(policy.main().end_of_day(last).0, last);
    for checked in [
        invariants::what_was_acknowledged_is_kept(store, state.rev, &state.seal),
        invariants::each_case_is_in_one_state(store),
        invariants::nothing_is_orphaned(store, &policies, &look, "en"),
        invariants::there_is_one_effect_for_one_key(store, &outside),
        invariants::no_effect_is_before_its_cause(store, &outside),
        invariants::the_chain_verifies(store),
        invariants::replay_gives_what_is_stored(store),
        invariants::nobody_is_sanctioned_unheard(store, policy),
        invariants::dates_follow_from_their_derivations(store, policy, None),
    ] {
        checked.unwrap();
    }
}

#[test]
fn every_effect_is_sent_once() {
    let mut office = office();
    office.day_by_day(date(2026, 7, 1), date(2026, 8, 31));
    let mut post = Pigeonhole::default();
    let first = engine::send(&mut office.store, &mut post, i64::MAX, 10).unwrap();
    assert_eq!(first.sent, post.sent.len() as u64);
    let keys: BTreeSet<_> = post.sent.iter().map(|it| it.0.clone()).collect();
    assert_eq!(keys.len(), post.sent.len());
    assert_eq!(engine::send(&mut office.store, &mut post, i64::MAX, 20).unwrap().sent, 0);
    assert!(post.sent.iter().any(|it| it.1.contains("plan for 2026/27 is due on 31 July 2026")), "{:?}", post.sent);
}

#[test]
fn a_tampered_journal_is_found() {
    let mut office = office();
    office.day_by_day(date(2026, 7, 1), date(2026, 8, 10));
    let path = office.folder.path().join("merit.db");
    for (at, change) in [
        "update journal set payload = replace(payload, '2026-07-31', '2026-08-31') where seq = 2 and case_id = 1",
        "update journal set kind = 'case_ended' where seq = 1 and case_id = 3",
        "update journal set at = at + 1 where seq = 2 and case_id = 3",
        "delete from journal where case_id = 2 and seq = (select max(seq) from journal where case_id = 2)",
        "delete from journal where case_id = 2 and seq = 1",
        "insert into journal select case_id, 99, rev, at, actor, kind, payload, payload_hash, hash from journal where case_id = 2 and seq = 1",
        "update commits set actor = 'nobody' where rev = 2",
        "delete from commits where rev = (select max(rev) from commits)",
        "update changes set new = 'other' where n = 1",
    ]
    .iter()
    .enumerate()
    {
        let copy = office.folder.path().join(format!("copy{at}.db"));
        let original = rusqlite::Connection::open(&path).unwrap();
        original.execute("vacuum into ?1", [copy.display().to_string()]).unwrap();
        let tampered = rusqlite::Connection::open(&copy).unwrap();
        assert!(tampered.execute(change, []).unwrap() > 0, "{change}");
        drop(tampered);
        let store = SqliteStore::open(&copy, Access::Write).unwrap();
        let seal = office.store.state().unwrap().seal;
        assert!(store.verify_journal(Some(&seal)).unwrap().is_err(), "not found: {change}");
    }
}

fn retry(office: &mut Office, which: &Which, at: i64) -> Result<Acted, EngineError> {
    let (actor, because) = (Actor::Person("Ann".to_owned()), "the server is back".to_owned());
    let (act, which, on) = (NoticeAct::Retry, which.clone(), date(2026, 8, 31));
    engine::act_on_outbox(&mut office.store, &OutboxAct { act, which, actor, because, at, on })
}

#[test]
fn dead_letters_are_kept_and_sent_again_when_asked() {
    let mut office = office();
    office.day_by_day(date(2026, 7, 1), date(2026, 8, 31));
    let mut post = Pigeonhole { refuses: true, ..Pigeonhole::default() };
    let first = engine::send(&mut office.store, &mut post, i64::MAX, 10).unwrap();
    assert!(first.dead > 1 && first.sent == 0, "{first:?}");
    post.refuses = false;
    assert_eq!(engine::send(&mut office.store, &mut post, i64::MAX, 20).unwrap().sent, 0, "nobody asked");
    let dead = office.store.effects(&Filter { status: Some("dead".to_owned()), ..Filter::default() }).unwrap();
    let one = Which::Keys(vec![dead[0].effect.key.clone()]);
    assert_eq!(retry(&mut office, &one, 30).unwrap().keys.len(), 1);
    assert_eq!(engine::send(&mut office.store, &mut post, i64::MAX, 30).unwrap().sent, 1);
    let refused = retry(&mut office, &one, 40).unwrap_err().to_string();
    assert!(refused.ends_with("is sent, and can't be retried"), "{refused}");
    assert_eq!(retry(&mut office, &Which::All("dead"), 40).unwrap().keys.len() as u64, first.dead - 1);
    assert_eq!(engine::send(&mut office.store, &mut post, i64::MAX, 40).unwrap().sent, first.dead - 1);
}

/// Who works on a ward works on every day but one; whose post nobody has entered may work there or at a desk.
const WARDS: &str = r#"
calendar office {
  time zone "UTC"; working Monday to Friday; roll forward; notices at 08:00
  period year / years every 12 months from 1 January, written 2026
}
calendar wards { time zone "UTC"; working Monday to Sunday; holiday "Patron" 12 July; roll as is; notices at 19:00 }
record nurse {
  id      key text
  email   optional address email
  post    dated one of desk, ward
  asked   event
  signed  event
  by calendar wards when post is ward
}
define took of nurse = working days from asked to signed
message sign { by email; subject "Sign"; body "Until {due}, {working_days_overdue} working days overdue." }
workflow signing {
  for each nurse where asked is known
  stage sign {
    opens asked
    due   5 working days after asked
    by    nurse
    fills signed
    remind nurse 2 working days overdue with sign
  }
}
"#;

fn nurses() -> Office {
    let people = "id,email,post,asked\nA,a@example.org,ward,\nB,b@example.org,desk,\nC,c@example.org,,\n";
    let files = vec![("wards.merit".to_owned(), WARDS.to_owned())];
    let mut office = Office::under(files, &[("nurse.csv", people)]);
    office.import(&[("nurse.csv", "id,asked\nA,2026-07-09\nB,2026-07-09\nC,2026-07-09\n")], date(2026, 7, 9));
    office
}

fn due_of(office: &Office, subject: &str) -> merit::workflow::StageDates {
    let filter = Filter { subject: Some(subject.to_owned()), ..Filter::default() };
    let case: Case = serde_json::from_str(&office.store.cases(&filter).unwrap().remove(0).state).unwrap();
    case.stages["sign"].dates.clone()
}

#[test]
fn everybody_is_chased_by_the_calendar_that_they_go_by() {
    let mut office = nurses();
    let notices = office.day_by_day(date(2026, 7, 9), date(2026, 7, 20));
    let (ward, desk, open) = (due_of(&office, "A"), due_of(&office, "B"), due_of(&office, "C"));
    let days = [&ward, &desk, &open].map(|it| it.due.as_ref().unwrap().day);
    assert_eq!(days, [date(2026, 7, 15), date(2026, 7, 16), date(2026, 7, 16)], "while it is open, the later one");
    assert_eq!((ward.waiting_for.len(), open.waiting_for), (0, vec!["post of C".to_owned()]));
    let lines = ward.due.unwrap().derivation.lines();
    assert_eq!(lines[0], "calendar `wards`, by which A goes on 9 July 2026");
    assert!(lines[1].ends_with("15 July 2026; left out: Sun 12 July (Patron)"), "{lines:?}");
    let expected =
        [triple("2026-07-17", "sign", "A"), triple("2026-07-20", "sign", "B"), triple("2026-07-20", "sign", "C")];
    assert_eq!(notices, expected);
    let sent = office.store.effects(&Filter::default()).unwrap();
    let hour = |who: &str| {
        let effect = &sent.iter().find(|it| it.effect.recipient.ends_with(who)).unwrap().effect;
        effect.not_before.rem_euclid(86_400) / 3600
    };
    assert_eq!((hour(":A"), hour(":B")), (19, 8), "at the hour of their own calendar");
    let policy = policy_of(&office.files);
    let status =
        merit::report::status(&office.store, &policy, merit::report::Reader::Keeper, date(2026, 7, 20)).unwrap();
    let overdue: Vec<_> = status.overdue.iter().map(|it| (it.subject.as_str(), it.working_days_overdue)).collect();
    assert_eq!(overdue, [("A", 5), ("B", 2), ("C", 2)], "the fewest, while it is open");
    invariants::dates_follow_from_their_derivations(&office.store, &policy, None).unwrap();
}

#[test]
fn a_post_that_is_entered_later_moves_what_it_decides() {
    let mut office = nurses();
    office.run(date(2026, 7, 10));
    office.import(&[("nurse.csv", "id,post\nC,ward\n")], date(2026, 7, 1));
    let report = office.run(date(2026, 7, 13));
    assert_eq!(report.dates_moved, 1);
    assert_eq!(due_of(&office, "C").due.unwrap().day, date(2026, 7, 15));
    office.import(&[("nurse.csv", "id,post\nB,ward\n")], date(2026, 7, 14));
    assert_eq!(office.run(date(2026, 7, 14)).dates_moved, 0, "what was begun at a desk is counted as it was begun");
    office.import(&[("nurse.csv", "id,signed\nB,2026-07-15\n")], date(2026, 7, 15));
    assert_eq!(office.run(date(2026, 7, 16)).stages_done, 1);
}

#[test]
fn a_calendar_that_a_workflow_names_counts_for_everybody() {
    let text = WARDS.replace("workflow signing {\n", "workflow signing {\n  by calendar office\n");
    let people = "id,email,post,asked\nA,a@example.org,ward,2026-07-09\nC,c@example.org,,2026-07-09\n";
    let mut office = Office::under(vec![("wards.merit".to_owned(), text)], &[("nurse.csv", people)]);
    office.run(date(2026, 7, 9));
    for who in ["A", "C"] {
        let dates = due_of(&office, who);
        assert_eq!((dates.due.unwrap().day, dates.waiting_for.len()), (date(2026, 7, 16), 0));
    }
}
