//! What people want to do on a day: mostly what is theirs, now and then what is not, and sometimes the same once more.

use jiff::ToSpan;
use jiff::civil::Date;
use merit::calendar::{Length, Unit};
use merit::engine::ActRequest;
use merit::policy::acts::Off;
use merit::workflow::{Act, Case, Deed, StageStatus};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::books::{Books, full_name, subject, withdrawn};
use crate::roster::Roster;

/// What somebody wants to do.
pub(crate) struct Wish {
    pub(crate) request: ActRequest,
    /// Whether nobody may refuse it: it is theirs, it is open, and nothing more is asked for.
    pub(crate) rightful: bool,
}

pub(crate) struct Doer<'a> {
    pub(crate) random: &'a mut ChaCha8Rng,
    pub(crate) roster: &'a Roster,
    pub(crate) books: &'a Books,
    pub(crate) day: Date,
}

fn choose(choice: &str) -> Deed {
    Deed::Choose { choice: choice.to_owned(), instead: None }
}

impl Doer<'_> {
    fn one<'o>(&mut self, of: &[&'o str]) -> &'o str {
        of[self.random.random_range(0..of.len())]
    }

    pub(crate) fn wish(&mut self, key: Option<String>) -> Option<Wish> {
        let open: Vec<(i64, &Case)> =
            self.books.cases.iter().filter(|it| it.1.is_open()).map(|it| (*it.0, it.1)).collect();
        let (id, case) = *open.get(self.random.random_range(0..open.len().max(1)))?;
        let running: Vec<&str> =
            case.stages().filter(|it| it.1.status == StageStatus::Running).map(|it| it.0).collect();
        let stage = (*running.get(self.random.random_range(0..running.len().max(1)))?).to_owned();
        let name = full_name(case, &stage);
        let of = subject(self.roster, case);
        let (what, values) = self.deed(case, &name);
        let holders = self.roster.holders(&name, of, self.day, &withdrawn(self.roster, case)).unwrap_or_default();
        let holders: Vec<usize> = holders.into_iter().flatten().collect();
        let theirs = match &what {
            Deed::Extend(_) | Deed::CallOff(Off::Cancelled) => self.roster.manager(of, self.day),
            Deed::CallOff(Off::Withdrawn) => Some(of),
            Deed::EndVote => Some(self.roster.board[4]),
            _ => holders.get(self.random.random_range(0..holders.len().max(1))).copied(),
        };
        let who = theirs.filter(|_| self.random.random_bool(0.85));
        let who = who.unwrap_or_else(|| self.random.random_range(0..self.roster.officers.len()));
        let plain = matches!(name.as_str(), "look" | "file" | "appeal_window" | "hearing.ruling" | "appeal_ruling");
        let sent_back = matches!(&what, Deed::Choose { choice, .. } if ["send_back", "return", "reduce"].contains(&choice.as_str()));
        let late = case.stages[&*stage].dates.due.as_ref().is_some_and(|it| it.day < self.day);
        let chooses = matches!(&what, Deed::Choose { .. });
        let rightful = plain && chooses && !sent_back && holders == [who] && !(name == "appeal_window" && late);
        let because = self.random.random_bool(0.9).then(|| "so it is".to_owned());
        let stage = Some(stage).filter(|_| what.is_for_holders());
        let act = Act { by: (String::new(), self.roster.officers[who].key.clone()), stage, what, because, key };
        Some(Wish { request: ActRequest { case: id, act, values }, rightful })
    }

    fn deed(&mut self, case: &Case, stage: &str) -> (Deed, Vec<(String, String)>) {
        let fill = |values: Vec<(&str, String)>| {
            let names = values.iter().map(|it| it.0.to_owned()).collect();
            (Deed::Fill(names), values.into_iter().map(|it| (it.0.to_owned(), it.1)).collect())
        };
        let bare = |deed: Deed| (deed, Vec::new());
        let today = self.day.to_string();
        let lot = self.random.random_range(0..100);
        match stage {
            _ if lot < 2 && case.workflow == "quarterly" => bare(Deed::CallOff(Off::Withdrawn)),
            _ if lot < 4 && case.workflow == "quarterly" => bare(Deed::CallOff(Off::Cancelled)),
            "write" if lot < 30 => {
                let count = self.random.random_range(1..=9);
                bare(Deed::Extend(Length { count, unit: Unit::WorkingDays }))
            }
            "write" if lot < 50 => fill(vec![("planned", today)]),
            "write" if lot < 55 => bare(Deed::Complete),
            "write" => {
                // A mistake in one of ten: there are no more than twenty.
                let most = if self.random.random_bool(0.9) { 20 } else { 30 };
                let targets = self.random.random_range(0..=most).to_string();
                fill(vec![("planned", today), ("targets", targets)])
            }
            "look" => bare(choose(if lot < 60 { "accept" } else { "send_back" })),
            "talk" if lot < 50 => bare(Deed::Complete),
            "talk" => fill(vec![("talked", today)]),
            "note" if lot < 35 => bare(Deed::Extend(Length { count: 1, unit: Unit::Months })),
            "note" => fill(vec![("noted", today)]),
            "assess" => fill(vec![("mark", self.random.random_range(0..=100).to_string())]),
            "file" => bare(choose(if lot < 80 { "file" } else { "return" })),
            "leave.ruling" if lot < 15 => bare(Deed::Recuse),
            "leave.ruling" if lot < 35 => bare(Deed::EndVote),
            "leave.ruling" => bare(choose(if lot < 68 { "grant" } else { "refuse" })),
            "notice" if lot < 80 => bare(Deed::Send),
            "answer" if lot < 50 => bare(self.receipt()),
            "answer" => fill(vec![("reply", "It is not so".to_owned())]),
            "hearing.ruling" => {
                let choice = self.one(&["impose", "impose", "impose", "reduce", "drop"]).to_owned();
                let instead = (choice == "reduce").then(|| self.one(&["caution", "warning", "demotion"]).to_owned());
                bare(Deed::Choose { choice, instead })
            }
            "appeal_window" if lot < 40 => bare(self.receipt()),
            "appeal_window" => bare(choose("appeal")),
            "appeal_ruling" => bare(choose(if lot < 60 { "confirm" } else { "lift" })),
            _ => bare(self.receipt()),
        }
    }

    fn receipt(&mut self) -> Deed {
        let back = self.random.random_range(0..12i64);
        Deed::Receive((back > 5).then(|| self.day.checked_sub((back - 6).days()).unwrap()))
    }
}
