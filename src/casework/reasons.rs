//! Why an expectation was not met: the outcome asked once more by somebody who listens, or what the stages in question rest on.

use jiff::civil::Date;

use crate::casework::bench::BenchCase;
use crate::casework::examples::Theatre;
use crate::explain;
use crate::syntax::tree::{Expectation, Name};
use crate::workflow::{Case, StageCase};

/// How many lines tell what stages rest on.
const MOST_LINES: usize = 12;

impl Theatre<'_> {
    /// The outcome that was expected, asked once more by somebody who listens.
    pub(super) fn why(&self, expectation: &Expectation, on: Date) -> Option<explain::Asked> {
        let (name, of, period) = match expectation {
            Expectation::Value { name, of, period, .. } => (name, of, period),
            Expectation::Outcome { rule, of, period, .. } => (rule, of, period),
            Expectation::Nothing
            | Expectation::Notice { .. }
            | Expectation::NoNotice { .. }
            | Expectation::StageOpen { .. }
            | Expectation::StageNotOpen { .. }
            | Expectation::StageDue { .. }
            | Expectation::StageState { .. }
            | Expectation::CaseState { .. }
            | Expectation::Default { .. } => return None,
        };
        let period = period.as_ref().map(|it| it.label.as_str());
        explain::ask(self.policy, self.bench.facts(), &name.text, &of.text, period, on).ok()
    }

    /// What the stages in question rest on: how they came to be due, with whom they lie, what they wait for.
    pub(super) fn because(&self, expectation: &Expectation) -> Vec<String> {
        let told = |stage: &Name, of: Option<&Name>| {
            let found = self.stage_and_case(stage, of);
            found.map_or_else(Vec::new, |(case, it)| stage_words(case, &stage.text, it))
        };
        match expectation {
            Expectation::StageOpen { stage, of, .. }
            | Expectation::StageNotOpen { stage, of }
            | Expectation::StageDue { stage, of, .. }
            | Expectation::StageState { stage, of, .. } => told(stage, of.as_ref()),
            Expectation::Notice { message, to } => self.stages_that_send(&message.text, to),
            Expectation::Nothing
            | Expectation::NoNotice { .. }
            | Expectation::CaseState { .. }
            | Expectation::Value { .. }
            | Expectation::Outcome { .. }
            | Expectation::Default { .. } => Vec::new(),
        }
    }

    /// The stages that are open and could send a message, each with what it rests on: of the cases of those who should get it if
    /// there are any, else of all.
    fn stages_that_send(&self, message: &str, to: &[Name]) -> Vec<String> {
        let Some(id) = self.policy.messages.iter().position(|it| it.label.name == message) else { return Vec::new() };
        let sends =
            |it: &crate::policy::model::Stage| it.steps.iter().any(|it| it.message.is_some_and(|it| it.index() == id));
        let theirs: Vec<&BenchCase> =
            self.bench.cases.iter().filter(|it| to.iter().any(|who| self.is_about(&it.case, &who.text))).collect();
        let cases = if theirs.is_empty() { self.bench.cases.iter().collect() } else { theirs };
        let mut words = Vec::new();
        for running in cases {
            for stage in self.policy.workflow(running.flow).stages.iter().filter(|it| sends(it)) {
                if let Some(state) = running.case.stage(&stage.label.name) {
                    words.extend(stage_words(&running.case, &stage.label.name, state));
                }
            }
        }
        words.truncate(MOST_LINES);
        words
    }
}

/// Where a stage stands, and why.
fn stage_words(case: &Case, name: &str, stage: &StageCase) -> Vec<String> {
    let due = stage.dates.due.as_ref();
    let status = format!("{:?}", stage.status).to_lowercase();
    let due_on = due.map_or_else(String::new, |it| format!(", due {}", it.day));
    let mut words = vec![format!("`{name}` of {}: {status}{due_on}", case.subject)];
    words.extend(due.into_iter().flat_map(|it| it.derivation.lines()).map(|it| format!("  due: {it}")));
    words.extend(stage.holders.iter().map(|it| {
        let who = it.who.as_ref().map_or("nobody", |(_, key)| key.as_str());
        format!("  with {who} as {}: {}", it.capacity, it.why.join("; "))
    }));
    words.extend(stage.dates.waiting_for.iter().map(|it| format!("  waits for {it}")));
    words
}
