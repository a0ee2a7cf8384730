//! Due process: nobody is sanctioned unheard. Every way to `imposed` is walked, and what it lacks is shown with the way.

use std::collections::BTreeSet;

use crate::codes_flow as codes;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ids::StageId;
use crate::policy::framework::OutcomeKind;
use crate::policy::model::{Party, Policy, Stage, Workflow};
use crate::policy::paths::{self, Ending, Next, Way};

/// So many different situations are looked at before the question is left open.
const MOST_STEPS: usize = 20_000;

/// What must have come before a sanction is in force, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    Notice,
    Answer,
    Decision,
    Appeal,
}

const NEEDS: [Need; 4] = [Need::Notice, Need::Answer, Need::Decision, Need::Appeal];

impl Need {
    fn words(self) -> &'static str {
        match self {
            Need::Notice => "without a notice sent to the one concerned",
            Need::Answer => "before the one concerned has answered, or had time to",
            Need::Decision => "without a decision",
            Need::Appeal => "before the time for a first appeal is over",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Need::Notice => "let a stage send one: `sends … to` the subject",
            Need::Answer => "put a stage `by` the subject between notice and decision, with `lapses at due`",
            Need::Decision => "add a `decision … by … { choose … }` behind the answer",
            Need::Appeal => {
                "put a stage `by` the subject behind the decision, with `choose appeal`, `lapses at due` and `on lapse finish imposed`"
            }
        }
    }

    /// Whether a stage is what is needed, if it takes place.
    fn is_met_by(self, stage: &Stage) -> bool {
        let by_subject = stage.by.contains(&Party::Subject);
        match self {
            Need::Notice => stage.sends.iter().any(|it| it.to.contains(&Party::Subject)),
            Need::Answer | Need::Appeal => by_subject,
            Need::Decision => stage.decision.is_some() && !by_subject,
        }
    }
}

/// Every sanction that takes effect through a workflow is heard in it.
pub(super) fn nobody_is_sanctioned_unheard(policy: &Policy, found: &mut Diagnostics) {
    for workflow in &policy.workflows {
        let heard = policy.frameworks.iter().flat_map(|it| &it.rules).find(|rule| {
            matches!(&rule.kind, OutcomeKind::Sanction { administrative: false, through: Some(name), .. } if *name == workflow.label.name)
        });
        let Some(sanction) = heard.filter(|_| workflow.has_end("imposed")) else { continue };
        if !paths::is_a_line(workflow) {
            let words = format!(
                "whether sanction `{}` is heard in `{}` is not decided: its stages do not follow each other as they are written",
                sanction.label.name, workflow.label.name
            );
            let help = "let each stage wait for the one above it, or say `opens …, after` that stage";
            found.push(Diagnostic::new(codes::HEARING_NOT_DECIDED, workflow.label.span, words).help(help));
            continue;
        }
        let faults = BTreeSet::new();
        let mut walk = Walk { workflow, seen: BTreeSet::new(), faults, shown: Vec::new(), unstayed: None };
        let start =
            Come { at: StageId(0), met: 0, block: None, left_out: None, early: None, decided: None, back: Vec::new() };
        walk.go(start, &mut Vec::new());
        if walk.seen.len() >= MOST_STEPS {
            let words = format!(
                "whether sanction `{}` is heard in `{}` is not decided: there are too many ways through it",
                sanction.label.name, workflow.label.name
            );
            let help = "divide the workflow, or take out ways back that are not needed";
            found.push(Diagnostic::new(codes::HEARING_NOT_DECIDED, workflow.label.span, words).help(help));
        }
        for (need, left_out, way) in &walk.shown {
            let words = format!("sanction `{}` could be in force {}: {way}", sanction.label.name, need.words());
            let mut finding = Diagnostic::new(codes::SANCTIONED_UNHEARD, workflow.label.span, words)
                .label(sanction.label.span, "this sanction");
            finding = match left_out.map(|it| workflow.stage(it)).and_then(|it| Some((it, it.only_if.as_ref()?))) {
                Some((stage, condition)) => finding
                    .label(condition.span, format!("`{}` is left out unless this holds", stage.label.name))
                    .help("take the condition out, or let the case finish otherwise where it does not hold"),
                None => finding.help(need.help()),
            };
            found.push(finding);
        }
        if let Some(stage) = walk.unstayed.map(|it| workflow.stage(it)) {
            let words = format!(
                "decision `{}` is a first appeal, and a first appeal always stays the sanction",
                stage.label.name
            );
            let help = "take `does not stay` out; a further appeal may say it";
            found.push(Diagnostic::new(codes::FIRST_APPEAL_STAYS, stage.label.span, words).help(help));
        }
    }
}

/// How far a case has come: two ways that agree in it differ in nothing that matters behind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Come {
    at: StageId,
    /// How many of the needs are met, in their order.
    met: usize,
    /// The `together` block in which the last of them was met.
    block: Option<u32>,
    /// The stage that would have met the next need, and was left out.
    left_out: Option<StageId>,
    /// A decision came before an answer: with it, the stage that was left out before it. What answers later is an appeal.
    early: Option<Option<StageId>>,
    /// The first decision on the way.
    decided: Option<StageId>,
    /// The ways back that were taken: once each is enough, for what has been done stays done.
    back: Vec<(StageId, StageId)>,
}

struct Walk<'p> {
    workflow: &'p Workflow,
    seen: BTreeSet<Come>,
    /// What was found already: what is needed, and the stage whose leaving out is to blame.
    faults: BTreeSet<(Need, Option<StageId>)>,
    shown: Vec<(Need, Option<StageId>, String)>,
    /// A first appeal that does not stay the sanction.
    unstayed: Option<StageId>,
}

impl Walk<'_> {
    fn go(&mut self, come: Come, way: &mut Way) {
        if self.seen.len() >= MOST_STEPS || !self.seen.insert(come.clone()) {
            return;
        }
        for (ending, next) in paths::endings(self.workflow, come.at) {
            way.push((come.at, ending));
            let mut behind = self.behind(&come, ending);
            match next {
                Next::Stage(next) => self.go(Come { at: next, ..behind }, way),
                Next::Back(to) if !come.back.contains(&(come.at, to)) => {
                    behind.back.push((come.at, to));
                    self.go(Come { at: to, ..behind }, way);
                }
                Next::Finish(Some(end)) if end == "imposed" => self.judge(&behind, way),
                Next::Back(_) | Next::Finish(_) | Next::Cancel => {}
            }
            way.pop();
        }
    }

    /// What is met once a stage has ended so.
    fn behind(&mut self, come: &Come, ending: Ending) -> Come {
        let mut behind = come.clone();
        let stage = self.workflow.stage(come.at);
        if let Some(decision) = stage.decision.as_ref().filter(|_| ending != Ending::LeftOut) {
            let is_first_appeal = come.decided.is_some_and(|it| it != come.at) && stage.inside.is_some();
            if is_first_appeal && decision.stays == Some(false) && !self.is_further(come.at) {
                self.unstayed = Some(come.at);
            }
            behind.decided = behind.decided.or(Some(come.at));
            if NEEDS.get(come.met) == Some(&Need::Answer) {
                behind.early = behind.early.or(Some(come.left_out));
            }
        }
        let Some(need) = NEEDS.get(come.met) else { return behind };
        let beside = stage.together.is_some() && stage.together == come.block;
        if beside || !need.is_met_by(stage) {
            return behind;
        }
        let took_place = match need {
            Need::Notice | Need::Decision => matches!(ending, Ending::Done | Ending::Chosen(_)),
            Need::Answer | Need::Appeal => ending != Ending::LeftOut,
        };
        if took_place {
            (behind.met, behind.block, behind.left_out) = (come.met + 1, stage.together, None);
        } else if ending == Ending::LeftOut {
            behind.left_out = behind.left_out.or(Some(come.at));
        }
        behind
    }

    /// Whether an appeal comes behind another: those in which a decision stands inside a stage, further up in the text.
    fn is_further(&self, id: StageId) -> bool {
        let earlier = &self.workflow.stages[..id.index()];
        earlier.iter().filter(|it| it.decision.is_some()).count() > 1
    }

    /// What a whole way to `imposed` lacks.
    fn judge(&mut self, come: &Come, way: &Way) {
        let Some(missing) = NEEDS.get(come.met).copied() else { return };
        let (need, left_out) = match come.early {
            Some(left_out) if missing > Need::Answer => (Need::Answer, left_out),
            _ => (missing, come.left_out),
        };
        if self.faults.insert((need, left_out)) {
            self.shown.push((need, left_out, paths::told(self.workflow, way, "imposed")));
        }
    }
}
