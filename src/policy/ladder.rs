//! Ladders of sanctions: the step above the last one that was imposed, in the order of severity.
//!
//! A ladder is taken apart into an ordinary condition for each of its steps, so that whatever is known of conditions holds for it. Only
//! where somebody stands on it is asked of what was imposed.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::codes_framework as codes;
use crate::codes_policy::WRONG_TYPE;
use crate::diagnostic::Diagnostic;
use crate::policy::expressions::Place;
use crate::policy::framework::Proposed;
use crate::policy::happened::How;
use crate::policy::model::{DateRule, Definition, Expr, ExprKind, Type, When};
use crate::policy::names::Builder;
use crate::source::Span;
use crate::syntax::tree::{self, Degree, FrameworkLineKind, LadderLineKind, Name, Outcome};

/// More steps, or lines that go straight to one, nobody follows any more.
const MOST: usize = 12;

/// A ladder of sanctions.
#[derive(Debug, Clone)]
pub struct Ladder {
    /// The sanctions, from the least severe up.
    pub steps: Vec<String>,
    /// It begins afresh after a period in which this holds.
    pub afresh: Option<Expr>,
    /// The day on which its framework judges; nothing where no day is named.
    pub judged: Option<DateRule>,
}

/// Where somebody stands on a ladder.
#[derive(Debug, Clone)]
pub struct OnLadder {
    /// Which.
    pub ladder: Arc<Ladder>,
    /// What is asked.
    pub asked: LadderAsked,
}

/// What is asked of a ladder, since it began afresh.
#[derive(Debug, Clone)]
pub enum LadderAsked {
    /// Whether this step comes next: the one above the last that was imposed, the last one again where there is none above.
    Next {
        /// The step.
        step: usize,
        /// The same in two questions: not above this step, and not already one below it.
        parts: Vec<Expr>,
    },
    /// Whether the step that comes next is not above this one.
    NotAbove(usize),
    /// Whether a measure was completed.
    Completed(String),
}

/// The lines of a ladder, each as it was written.
#[derive(Debug, Clone, Default)]
pub struct LadderLines {
    /// What a step is taken on: its condition, and what must come before.
    pub climbs: Option<Expr>,
    /// The conditions under which one goes straight to a step, or begins afresh, with the words before them.
    pub others: Vec<(&'static str, Expr)>,
}

/// The ladders of a framework: their lines, and for each sanction on one when it follows; nothing where that could not be told.
#[derive(Default)]
pub(super) struct Ladders {
    pub(super) lines: Vec<LadderLines>,
    pub(super) whens: BTreeMap<String, Option<Expr>>,
}

fn yes_no(kind: ExprKind, span: Span) -> Expr {
    Expr { kind, ty: Type::YesNo, span }
}

/// All of some conditions, or any: one alone needs no word between.
fn joined(mut of: Vec<Expr>, all: bool, span: Span) -> Expr {
    match of.len() {
        1 => of.swap_remove(0),
        _ if all => yes_no(ExprKind::And(of), span),
        _ => yes_no(ExprKind::Or(of), span),
    }
}

/// What can't be asked does not hold.
pub(super) fn or_no(inner: Expr) -> Expr {
    let span = inner.span;
    yes_no(ExprKind::OrNo(Box::new(inner)), span)
}

/// What goes straight to a step.
struct Straight {
    to: usize,
    when: Expr,
}

impl Builder<'_, '_> {
    /// Every ladder of a framework.
    pub(super) fn ladders(
        &mut self,
        written: &tree::Framework,
        severity: &[Degree],
        judged: Option<&DateRule>,
        place: &Place,
    ) -> Ladders {
        let mut ladders = Ladders::default();
        for line in &written.lines {
            let FrameworkLineKind::Ladder(ladder) = &line.kind else { continue };
            let steps_stand = self.steps_stand(ladder, written, severity, &ladders);
            let lines = self.ladder_lines(ladder, judged, place);
            let each = lines.filter(|_| steps_stand).map(|(ladder, climbs, straight)| {
                ladders.lines.push(lines_of(&ladder, climbs.as_ref(), &straight));
                (ladder, climbs, straight)
            });
            for (step, name) in ladder.steps.iter().enumerate() {
                let when = each.as_ref().map(|(ladder, climbs, straight)| {
                    follows(&Step { ladder, step, span: name.span }, climbs.as_deref(), straight)
                });
                ladders.whens.entry(name.text.clone()).or_insert(when);
            }
        }
        ladders
    }

    /// The steps are sanctions of the framework that stand on no other ladder, each more severe than the one below.
    fn steps_stand(
        &mut self,
        ladder: &tree::Ladder,
        written: &tree::Framework,
        severity: &[Degree],
        others: &Ladders,
    ) -> bool {
        let sanctions: Vec<String> =
            outcomes(written).filter(|it| it.what == Proposed::Sanction).map(|it| it.name.text.clone()).collect();
        let rank = |name: &Name| severity.iter().position(|it| it.name.text == name.text);
        let mut stand = true;
        let refuse = |builder: &mut Self, finding: Diagnostic, help: &str| {
            builder.report(finding.help(help));
            false
        };
        for (at, step) in ladder.steps.iter().enumerate() {
            let below = &ladder.steps[..at];
            if !sanctions.contains(&step.text) {
                self.unknown_name(step, "sanction", &sanctions);
                stand = false;
            } else if let Some(first) = below.iter().find(|it| it.text == step.text) {
                let words = format!("`{}` stands on the ladder twice", step.text);
                let twice = Diagnostic::new(codes::LADDER_ORDER, step.span, words).label(first.span, "the first time");
                stand = refuse(self, twice, "take one of the two out");
            } else if others.whens.contains_key(&step.text) {
                let words = format!("`{}` stands on another ladder, too", step.text);
                let finding = Diagnostic::new(codes::LADDER_STEP, step.span, words);
                stand = refuse(self, finding, "a sanction stands on one ladder alone: take it out of one of them");
            } else if let Some(lower) = below.last().filter(|it| rank(it).zip(rank(step)).is_some_and(|(a, b)| a > b)) {
                let words = format!("`{}` is less severe than `{}`, the step below it", step.text, lower.text);
                let order = Diagnostic::new(codes::LADDER_ORDER, step.span, words).label(lower.span, "the step below");
                stand = refuse(self, order, "write the steps in the order of the line `severity …`");
            }
        }
        if let ([only], true) = (ladder.steps.as_slice(), stand) {
            let finding = Diagnostic::new(codes::LADDER_ORDER, only.span, "a ladder has at least two steps");
            stand = refuse(self, finding, "name the step above it, or write `when …` in the sanction itself");
        }
        if let (Some(beyond), true) = (ladder.steps.get(MOST), stand) {
            let words = format!("a ladder has at most {MOST} steps");
            stand = refuse(self, Diagnostic::new(codes::LADDER_ORDER, beyond.span, words), "make it two ladders");
        }
        let straight = ladder.lines.iter().filter(|it| matches!(it.kind, LadderLineKind::Straight { .. }));
        if let (Some(beyond), true) = (straight.clone().nth(MOST), stand) {
            let words = format!("a ladder has at most {MOST} lines `straight to`");
            let finding = Diagnostic::new(codes::LADDER_STEP, beyond.span, words);
            stand = refuse(self, finding, "say it in fewer: `straight to demotion when theft or fraud`");
        }
        stand
    }

    #[expect(clippy::type_complexity, reason = "a ladder, what a step is taken on, and what goes straight to one")]
    fn ladder_lines(
        &mut self,
        written: &tree::Ladder,
        judged: Option<&DateRule>,
        place: &Place,
    ) -> Option<(Arc<Ladder>, Option<Vec<Expr>>, Vec<Straight>)> {
        let lines = || written.lines.iter().map(|it| (&it.kind, it.span));
        self.said_once(lines(), |it| matches!(it, LadderLineKind::Straight { .. }));
        let (mut step, mut only_after, mut afresh, mut straight) = (None, None, None, Vec::new());
        let mut all_read = true;
        for (line, _) in lines() {
            let condition = match line {
                LadderLineKind::Step(it) | LadderLineKind::OnlyAfter(it) | LadderLineKind::Afresh(it) => it,
                LadderLineKind::Straight { when, .. } => when,
            };
            let Some(condition) = self.condition_at(condition, place) else {
                all_read = false;
                continue;
            };
            match line {
                LadderLineKind::Step(_) => step = Some(condition),
                LadderLineKind::OnlyAfter(_) => only_after = Some(condition),
                LadderLineKind::Afresh(_) => afresh = Some(condition),
                LadderLineKind::Straight { to, .. } => match written.steps.iter().position(|it| it.text == to.text) {
                    Some(to) => straight.push(Straight { to, when: or_no(condition) }),
                    None => {
                        let words = format!("`{}` is no step of this ladder", to.text);
                        let known: Vec<String> = written.steps.iter().map(|it| format!("`{}`", it.text)).collect();
                        let help = format!("its steps are {}", known.join(", "));
                        self.report(Diagnostic::new(codes::LADDER_STEP, to.span, words).help(help));
                        all_read = false;
                    }
                },
            }
        }
        let says_when = |it: &LadderLineKind| matches!(it, LadderLineKind::Step(_) | LadderLineKind::Straight { .. });
        if !lines().any(|it| says_when(it.0)) && !self.unparsed {
            let words = "this ladder does not say when a step is taken, so that none ever is";
            self.ladder_stands(written.head, words);
            return None;
        }
        let lowest = straight.iter().map(|it| it.to).min();
        if let (true, None, Some(1..)) = (all_read, &step, lowest) {
            let words =
                format!("nobody ever takes the step `{}`: all go straight to one above it", written.steps[0].text);
            self.ladder_stands(written.head, &words);
            return None;
        }
        let steps = written.steps.iter().map(|it| it.text.clone()).collect();
        let ladder = Arc::new(Ladder { steps, afresh, judged: judged.cloned() });
        let after = only_after.map(|it| or_no(since_afresh(it, &ladder, &self.policy.definitions)));
        let climbs = step.map(|it| std::iter::once(it).chain(after).collect());
        all_read.then_some((ladder, climbs, straight))
    }

    fn ladder_stands(&mut self, head: Span, words: &str) {
        let help = "add a line such as `a step when rating is poor`";
        self.report(Diagnostic::new(codes::LADDER_STANDS, head, words).help(help));
    }

    /// What is completed is a measure.
    pub(super) fn is_completed(&mut self, which: &tree::WhichOutcome, measures: &[String], span: Span) -> Option<()> {
        match which {
            tree::WhichOutcome::Named(name) if !measures.contains(&name.text) => {
                self.unknown_name(name, "measure", measures);
                None
            }
            tree::WhichOutcome::Named(_) => Some(()),
            tree::WhichOutcome::AnySanction | tree::WhichOutcome::NoSanction => {
                let words = "what is completed is a measure; a sanction is imposed";
                self.report(Diagnostic::new(WRONG_TYPE, span, words).help("write `imposed`, or name a measure"));
                None
            }
        }
    }
}

fn outcomes(written: &tree::Framework) -> impl Iterator<Item = &Outcome> {
    written.lines.iter().filter_map(|it| if let FrameworkLineKind::Outcome(it) = &it.kind { Some(it) } else { None })
}

/// Each line as it is checked and told of.
fn lines_of(ladder: &Ladder, climbs: Option<&Vec<Expr>>, straight: &[Straight]) -> LadderLines {
    let climbs = climbs.and_then(|it| Some(joined(it.clone(), true, it.first()?.span)));
    let straight = straight.iter().map(|it| ("straight to", it.when.clone()));
    let afresh = ladder.afresh.iter().map(|it| ("afresh after", it.clone()));
    LadderLines { climbs, others: straight.chain(afresh).collect() }
}

/// Of a measure that must come before, it counts only what was completed since the ladder began afresh, unless periods are named; also
/// where a definition asks for it of the same record and period.
fn since_afresh(expr: Expr, ladder: &Arc<Ladder>, definitions: &[Definition]) -> Expr {
    let all = |of: Vec<Expr>| of.into_iter().map(|it| since_afresh(it, ladder, definitions)).collect();
    let kind = match expr.kind {
        ExprKind::And(parts) => ExprKind::And(all(parts)),
        ExprKind::Or(parts) => ExprKind::Or(all(parts)),
        ExprKind::Not(inner) => ExprKind::Not(Box::new(since_afresh(*inner, ladder, definitions))),
        ExprKind::Definition { id, of, when: When::Now }
            if matches!(of.kind, ExprKind::Subject)
                && asks_for_completed(&definitions[id.index()].value, definitions, DEEPEST) =>
        {
            return since_afresh(definitions[id.index()].value.clone(), ladder, definitions);
        }
        ExprKind::Definition { id, of, when } => ExprKind::Definition { id, of, when },
        ExprKind::Happened(happened) => match (happened.how, happened.outcomes.as_slice()) {
            (How::Completed { periods: None }, [measure]) => {
                let asked = LadderAsked::Completed(measure.name.clone());
                ExprKind::OnLadder(Box::new(OnLadder { ladder: Arc::clone(ladder), asked }))
            }
            _ => ExprKind::Happened(happened),
        },
        other => other,
    };
    Expr { kind, ..expr }
}

/// Whether it is among what a condition asks for, not in periods that are named.
fn asks_for_completed(expr: &Expr, definitions: &[Definition], depth: u32) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let asks = |it: &Expr| asks_for_completed(it, definitions, depth);
    match &expr.kind {
        ExprKind::Happened(happened) => matches!(happened.how, How::Completed { periods: None }),
        ExprKind::Definition { id, when: When::Now, .. } => asks(&definitions[id.index()].value),
        kind => kind.parts().into_iter().any(asks),
    }
}

/// How deep definitions are followed.
const DEEPEST: u32 = 12;

/// A step of a ladder, and its place in the head.
struct Step<'l> {
    ladder: &'l Arc<Ladder>,
    step: usize,
    span: Span,
}

impl Step<'_> {
    fn asks(&self, asked: LadderAsked) -> Expr {
        yes_no(ExprKind::OnLadder(Box::new(OnLadder { ladder: Arc::clone(self.ladder), asked })), self.span)
    }

    fn not_above(&self, step: usize) -> Expr {
        self.asks(LadderAsked::NotAbove(step))
    }

    fn is_next(&self) -> Expr {
        let below = self.step.checked_sub(1).map(|it| yes_no(ExprKind::Not(Box::new(self.not_above(it))), self.span));
        let parts = std::iter::once(self.not_above(self.step)).chain(below).collect();
        self.asks(LadderAsked::Next { step: self.step, parts })
    }
}

/// When a step follows: it comes next and a step is taken; or one goes straight to it and has not come that far. Whoever goes straight
/// to a step above does not stop here.
fn follows(step: &Step<'_>, climbs: Option<&[Expr]>, straight: &[Straight]) -> Expr {
    let (top, span) = (step.ladder.steps.len() - 1, step.span);
    let when = |which: &dyn Fn(usize) -> bool| {
        let which = straight.iter().filter(|it| which(it.to)).map(|it| it.when.clone());
        which.collect::<Vec<Expr>>()
    };
    let (below, here, above) = (when(&|to| to < step.step), when(&|to| to == step.step), when(&|to| to > step.step));
    let mut ways = Vec::new();
    let climbs = climbs.map(<[Expr]>::to_vec);
    if below.is_empty() {
        ways.extend(climbs.map(|it| joined(std::iter::once(step.is_next()).chain(it).collect(), true, span)));
    } else {
        let any = climbs.map(|it| joined(it, true, span)).into_iter().chain(below).collect();
        ways.push(joined(vec![step.is_next(), joined(any, false, span)], true, span));
    }
    if !here.is_empty() {
        let here = joined(here, false, span);
        let far = (step.step < top).then(|| step.not_above(step.step));
        ways.push(joined(far.into_iter().chain([here]).collect(), true, span));
    }
    let ways = joined(ways, false, span);
    match above.is_empty() {
        true => ways,
        false => {
            let on = yes_no(ExprKind::Not(Box::new(joined(above, false, span))), span);
            joined(vec![ways, on], true, span)
        }
    }
}
