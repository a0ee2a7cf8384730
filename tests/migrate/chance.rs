//! Many lives of a small hospital, each by a seed: some days, another policy, a plan, and then the same in earnest.

use jiff::ToSpan;
use jiff::civil::Date;
use merit::engine::MigrateRequest;
use merit::store::{Filter, Store};
use merit::workflow::{Case, Deed, Event};
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{House, migrate, plan, request};

/// Changes of the text: what stands there, and what may stand there instead.
const CHANGES: [(&str, &[&str]); 9] = [
    ("due   30 January, for", &["due   14 January, for", "due   20 February, for"]),
    ("due    1 week after opening", &["due    2 days after opening", "due    4 weeks after opening"]),
    ("due    2 weeks after opening", &["due    3 days after opening"]),
    (
        "    remind nurse 1 week before due with due_soon\n",
        &[
            "    remind nurse 2 weeks before due with due_soon\n",
            "    remind manager 1 week before due with due_soon\n    remind nurse 3 days before due with due_soon\n",
            "    remind nurse 1 week before due with due_soon\n    remind nurse every 2 working days overdue with due_soon\n",
            "    remind nurse 2 days after opening with due_soon\n    escalate to matron 2 working days overdue with due_soon\n",
            "",
        ],
    ),
    ("by     manager\n", &["by     matron\n"]),
    (
        "choose accept \"Accept it\", send_back \"Send it back\", refer",
        &["choose accept \"Accept it\", send_back \"No\", refer"],
    ),
    ("  suspend the clock while away is yes\n", &["", "  suspend the clock while away is no\n"]),
    ("  stage look \"Look at the plan\" {\n", &["  stage review \"Look at the plan\" {\n"]),
    (
        "  stage look \"Look at the plan\" {\n",
        &[
            "  stage check \"Check\" {\n    by matron\n    due 3 days after opening\n    fills targets\n    remind matron at opening with due_soon\n  }\n  stage look \"Look at the plan\" {\n",
        ],
    ),
];

/// The policy without its examples, which another text need not meet, and with a clock that may stand still.
pub(super) fn first(text: &str) -> String {
    let text = text.split("\nexample").next().unwrap();
    let text =
        text.replace("  manager optional nurse\n", "  manager optional nurse\n  away    dated optional yes/no\n");
    text.replace("  ends agreed", "  suspend the clock while away is yes\n  ends agreed")
}

struct Life {
    house: House,
    text: String,
    today: Date,
    chance: ChaCha8Rng,
}

impl Life {
    fn maybe(&mut self, of: u32) -> bool {
        self.chance.random_range(0..of) == 0
    }

    fn another_policy(&mut self) -> String {
        let mut text = self.text.clone();
        for _ in 0..self.chance.random_range(1..=3) {
            let (old, new) = CHANGES.choose(&mut self.chance).unwrap();
            let new = new.choose(&mut self.chance).unwrap();
            text = text.replacen(old, new, 1);
            if text.contains("stage review") {
                text = text.replace("until look", "until review");
            }
        }
        text
    }

    fn somebody_does_something(&mut self) {
        let whom = ["nan", "ola", "max"].choose(&mut self.chance).unwrap();
        let choose = |choice: &str| Deed::Choose { choice: choice.to_owned(), instead: None };
        let (who, what) = match self.chance.random_range(0..12) {
            0 | 1 => ("max", choose("accept")),
            2 | 3 => ("max", choose("send_back")),
            4 | 5 => ("max", choose("refer")),
            6 => ("mat", choose("agree")),
            7 => ("mat", choose("accept")),
            8 => ("mat", Deed::Extend(merit::calendar::length_of("5 days").unwrap())),
            9 => (*whom, Deed::CallOff(merit::policy::acts::Off::Withdrawn)),
            10 => {
                let away = if self.maybe(2) { "yes" } else { "no" };
                self.house.enter("nurse.csv", &format!("id,away\n{whom},{away}\n"), self.today);
                return;
            }
            _ => {
                let row = format!("nurse,year,written,targets\n{whom},2026,{},5\n", self.today);
                self.house.enter("plan.csv", &row, self.today);
                return;
            }
        };
        // What is refused has not happened.
        let _ = self.house.does(self.today, who, what, whom);
    }

    fn lives_on(&mut self, days: u32) {
        for _ in 0..days {
            if self.maybe(2) {
                self.somebody_does_something();
            }
            self.house.run(self.today);
            self.today = self.today.checked_add(1.day()).unwrap();
        }
    }

    /// What happened since a commit, by case.
    fn since(&self, rev: i64) -> Vec<(String, Vec<Event>)> {
        let rows = self.house.store.cases(&Filter::default()).unwrap();
        let told = rows.into_iter().map(|row| {
            let journal = self.house.store.journal(row.id).unwrap();
            let fresh = journal.iter().filter(|it| it.rev > rev);
            let events = fresh.map(|it| serde_json::from_str(&it.payload).unwrap()).collect();
            (format!("{} {} {}", row.workflow, row.subject, row.period), events)
        });
        told.filter(|it: &(String, Vec<Event>)| !it.1.is_empty()).collect()
    }
}

/// What one life came to: how many cases moved, and how many could not.
pub(super) fn live(seed: u64) -> (u64, u64) {
    let adopted = jiff::civil::date(2026, 1, 1);
    let mut house = House::open("plans", adopted, &[]);
    let mut text = String::new();
    let policy = std::fs::read_to_string("tests/projects/plans/policy/plans.merit").unwrap();
    house.deploy(|_| first(&policy));
    text.push_str(&first(&policy));
    house.import(std::path::Path::new("tests/projects/plans/records/nurse.csv"), adopted);
    let mut life = Life { house, text, today: adopted, chance: ChaCha8Rng::seed_from_u64(seed) };
    let days = life.chance.random_range(5..35);
    life.lives_on(days);
    let mut sums = (0, 0);
    for _ in 0..2 {
        let text = life.another_policy();
        let mapped = if life.maybe(2) { vec![("look".to_owned(), "review".to_owned())] } else { Vec::new() };
        let back = life.maybe(4);
        let request = MigrateRequest { stages: mapped, to: back.then_some(2), ..request() };
        let days = life.chance.random_range(0..12);
        let rev = life.house.store.state().unwrap().rev;
        let deploys = !back && text != life.text;
        let told = plan(&life.house.store, life.today, days, deploys.then_some(&*text), Some(&request));
        assert_eq!(life.house.store.state().unwrap().rev, rev, "a plan writes nothing");

        if deploys {
            life.house.deploy(|_| text.clone());
            life.text = text;
        }
        let first = life.today;
        let report = migrate(&mut life.house, first, &request);
        life.house.run(first);
        life.house.every_invariant_holds(first, true);
        for _ in 0..days {
            life.today = life.today.checked_add(1.day()).unwrap();
            life.house.run(life.today);
        }
        life.house.every_invariant_holds(life.today, true);
        assert_eq!(told.stay, report.stay, "seed {seed}");
        assert_eq!(told.sums.moved, report.moved, "seed {seed}");
        let as_told: Vec<(String, Vec<Event>)> = told
            .cases
            .iter()
            .filter(|it| it.moves())
            .map(|it| (format!("{} {} {}", it.workflow, it.subject, it.period), it.events.clone()))
            .collect();
        let mut happened = life.since(rev);
        happened.retain(|it| it.1.iter().any(|it| matches!(it, Event::Moved(_))));
        happened.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(as_told, happened, "seed {seed}");
        for plan in &told.cases {
            let filter = Filter { subject: Some(plan.subject.clone()), ..Filter::default() };
            let row = life.house.store.cases(&filter).unwrap().into_iter().find(|it| it.period == plan.period).unwrap();
            let case: Case = serde_json::from_str(&row.state).unwrap();
            for date in &plan.dates {
                let dates = &case.stages[&*date.stage].dates;
                let day = if date.what == "due" { &dates.due } else { &dates.closes };
                assert_eq!(date.becomes, day.as_ref().map(|it| it.day.to_string()), "seed {seed}: {date:?}");
            }
        }
        let rev = life.house.store.state().unwrap().rev;
        let again = migrate(&mut life.house, life.today, &request);
        assert_eq!((again.moved, life.house.store.state().unwrap().rev), (0, rev), "seed {seed}: twice is nothing");
        sums = (sums.0 + report.moved, sums.1 + report.stay.len() as u64);
        life.lives_on(3);
    }
    sums
}
