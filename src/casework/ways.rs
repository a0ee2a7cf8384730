//! By which ways a notice goes, and what a letter on paper tells besides its words.

use std::sync::Arc;

use crate::casework::desk::Desk;
use crate::casework::letter::{Appeal, Letter, Occasion, Sheet};
use crate::eval::{self, CaseContext};
use crate::ids::{StageId, WorkflowId};
use crate::policy::model::{Party, Way, Workflow};
use crate::value::RecordRef;
use crate::workflow::{Case, Notice, StageStatus};

impl Desk<'_> {
    /// A notice by each way on which it goes: all that its message names and for which its recipient has an address. Where they have none,
    /// it goes as a letter, if the office makes `letters`; who can't be reached at all has one without an address.
    #[must_use]
    pub fn by_each_way(
        &self,
        flow: WorkflowId,
        (case, number): (&Case, i64),
        of: Occasion<'_>,
        notice: &Notice,
        letters: bool,
    ) -> Vec<(Way, Letter)> {
        let first = self.letter(flow, case, number, of, notice);
        let message = self.policy().messages.iter().find(|it| it.label.name == notice.message);
        let wanted: &[Way] = message.map_or(&[Way::Email], |it| &it.ways);
        let record = self.policy().record_named(&notice.to.0);
        let Some(recipient) = record.map(|record| RecordRef { record, key: Arc::from(&*notice.to.1) }) else {
            return vec![(wanted[0], first)];
        };
        let address = |way: Way| self.address_by(way, &recipient, of.day);
        let mut ways: Vec<(Way, String)> = wanted.iter().filter_map(|it| Some((*it, address(*it)?))).collect();
        if ways.is_empty() && letters {
            ways.extend(address(Way::Letter).map(|it| (Way::Letter, it)));
        }
        if ways.is_empty() {
            return vec![(wanted[0], Letter { address: None, ..first })];
        }
        let lacking = wanted.iter().find(|it| ways.iter().all(|(way, _)| way != *it));
        let instead_of = lacking.map(|it| it.word().to_owned());
        let by = |(way, address): (Way, String)| {
            let sheet = (way == Way::Letter).then(|| self.sheet(flow, case, of, notice, &first.language));
            (way, Letter { address: Some(address), instead_of: instead_of.clone(), sheet, ..first.clone() })
        };
        ways.into_iter().map(by).collect()
    }

    fn sheet(&self, flow: WorkflowId, case: &Case, of: Occasion<'_>, notice: &Notice, language: &str) -> Sheet {
        let workflow = self.policy().workflow(flow);
        let stage = workflow.stages.iter().find(|it| it.label.name == of.stage);
        let proposed = case.proposal.as_ref();
        let rule = proposed.and_then(|it| {
            let framework = self.policy().frameworks.iter().find(|framework| framework.label.name == it.framework)?;
            framework.rules.iter().find(|rule| rule.label.name == it.rule)
        });
        let mut rests_on: Vec<(String, Option<String>)> = Vec::new();
        rests_on.extend(rule.map(|it| (it.label.title.clone(), it.cite.clone())));
        rests_on.push((workflow.label.title.clone(), workflow.cite.clone()));
        rests_on.extend(stage.filter(|it| it.cite.is_some()).map(|it| (it.label.title.clone(), it.cite.clone())));
        let outlook = self.outlook(workflow, case, 0);
        let context = CaseContext { ..outlook.context_of(case, of.stage, of.day) };
        let scope = outlook.scope(of.day).with_context(&context);
        let message = self.policy().messages.iter().find(|it| it.label.name == notice.message);
        let open = |name: &str| {
            let state = case.stages.get(name).filter(|it| it.status == StageStatus::Running)?;
            state.dates.due.as_ref().map(|it| it.day).filter(|it| *it >= of.day)
        };
        let dates = workflow.stages.iter().filter_map(|it| Some((it.label.title.clone(), open(&it.label.name)?)));
        Sheet {
            stage: stage.map_or_else(String::new, |it| it.label.title.clone()),
            rests_on,
            because: proposed.and_then(|it| it.because.clone()),
            facts: message.map_or_else(Vec::new, |it| eval::facts_told(&scope, it, language)),
            dates: dates.collect(),
            appeal: appeal(workflow, case, of, notice),
        }
    }
}

/// What the one concerned is told of their right of appeal: with each decision behind which the workflow lets them choose one, while the
/// time for it has not ended.
fn appeal(workflow: &Workflow, case: &Case, of: Occasion<'_>, notice: &Notice) -> Option<Appeal> {
    let told = workflow.stages.iter().position(|it| it.label.name == of.stage && it.decision.is_some())?;
    if !case.concerns(&notice.to) {
        return None;
    }
    let theirs = |at: usize| workflow.stages[at].by.iter().any(|it| matches!(it, Party::Subject | Party::Owner));
    let heard =
        |at: usize| workflow.stages.iter().any(|it| it.inside == Some(StageId::at(at)) && it.decision.is_some());
    let window = (told + 1..workflow.stages.len()).find(|at| theirs(*at) && heard(*at))?;
    let state = case.stage(&workflow.stages[window].label.name);
    let over = state.is_some_and(|it| !matches!(it.status, StageStatus::Running));
    (!over).then(|| Appeal { until: state.and_then(|it| it.dates.due.as_ref()).map(|it| it.day) })
}
