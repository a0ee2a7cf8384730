//! Columns of a table that rest on the same facts, as a score and its rating do: which answers can come together.

use jiff::civil::Date;

use crate::policy::model::{Definition, Expr, Policy, Row, State, Table};
use crate::policy::reasoning::{self, About, Found, Look, Looks, Sample, Terms, Truths};
use crate::policy::shadows::wanted;

/// A table whose columns are not free of each other.
pub(super) struct Related<'p> {
    policy: &'p Policy,
    definition: &'p Definition,
    table: &'p Table,
    terms: Terms<'p>,
    day: Option<Date>,
}

/// Whether there are facts with which something is so of all answers together.
pub(super) enum Together {
    /// There are: the answers, and the facts where they can be written down.
    Can(Vec<State>, Option<Sample>),
    /// There are none.
    Cannot,
    /// It was not decided.
    NotDecided,
}

impl<'p> Related<'p> {
    /// Nothing where each column can be answered whatever the others are.
    pub(super) fn of(
        policy: &'p Policy,
        definition: &'p Definition,
        table: &'p Table,
        day: Option<Date>,
    ) -> Option<Self> {
        let mut terms = Terms::of(policy, day, &[]);
        let asked: Vec<&Expr> = table.columns.iter().map(|it| &it.asked).collect();
        if !terms.share_facts(&asked) {
            return None;
        }
        terms.gather_table(table);
        Some(Self { policy, definition, table, terms, day })
    }

    /// Facts with which all is answered and none of some rows applies.
    pub(super) fn left_open(&self, rows: impl Iterator<Item = usize>) -> Together {
        let rows: Vec<&Row> = rows.map(|it| &self.table.rows[it]).collect();
        self.case(&|look| Truths::any(rows.iter().map(|it| look.takes(self.table, it))).negate())
    }

    /// Facts with which two rows apply.
    pub(super) fn shared(&self, a: usize, b: usize) -> Together {
        let rows = [&self.table.rows[a], &self.table.rows[b]];
        self.case(&|look| Truths::all(rows.map(|it| look.takes(self.table, it))))
    }

    fn case(&self, holds: &dyn Fn(&Look<'_, '_>) -> Truths) -> Together {
        let judge = |look: &Look<'_, '_>| wanted(Truths::all([look.answers(self.table), holds(look)]), Truths::YES);
        let world = match reasoning::find(&self.terms, &judge, &Looks::new()) {
            Found::Case(world) => world,
            Found::None => return Together::Cannot,
            Found::Open => return Together::NotDecided,
        };
        let look = Look::new(&self.terms, &world);
        let answers = self.table.columns.iter().map(|it| look.state(&it.asked)).collect::<Option<Vec<State>>>();
        let about = About { subject: self.definition.of, each: self.definition.each, from: self.day, before: None };
        let sample = reasoning::sample(&self.terms, &world, about, "A");
        answers.map_or(Together::NotDecided, |it| Together::Can(it, sample))
    }

    /// An `example` that shows the case.
    pub(super) fn example(&self, answers: &[State], sample: &Sample, expected: &str) -> String {
        let title = crate::policy::table_sample::words(self.policy, self.table, answers);
        sample.example(&title, &[format!("{} of A{} is {expected}", self.definition.label.name, sample.period)])
    }
}
