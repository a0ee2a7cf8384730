//! What a framework proposes, as nodes: a verdict for each rule, and what is paid.

use crate::eval::framework::ranked;
use crate::plan::node::{Node, NodeId, Op, Part, state};
use crate::plan::{At, Lowered, NoKernel, Planner, Quotient};
use crate::policy::framework::{Combination, Framework, OutcomeRule, Proposed};
use crate::policy::model::{Expr, ExprKind};

/// A framework in a plan.
#[derive(Debug, Clone)]
pub struct Judging {
    /// Its rules, in its order.
    pub rules: Vec<RuleNodes>,
}

/// A rule in a plan.
#[derive(Debug, Clone, Copy)]
pub struct RuleNodes {
    /// Its verdict.
    pub verdict: NodeId,
    /// What is paid, where something is.
    pub amount: Amount,
}

/// What a rule pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// Nothing.
    None,
    /// A number of each row.
    Number(Quotient),
    /// What the evaluator that goes row by row says.
    RowByRow,
}

impl<'a> Planner<'a> {
    /// A framework of a ground's policy, by its place, for a period and a day.
    ///
    /// # Errors
    /// When it judges children, gives way to another, stands on a ladder, lets people off or shares out money: that is asked row by row.
    pub fn judging(&mut self, ground: usize, framework: usize, at: At) -> Result<Judging, NoKernel> {
        let policy = self.grounds[ground].policy;
        // Batches are cut by those to whom children belong.
        if policy.child_of(at.space).is_some() {
            return Err(NoKernel);
        }
        Ok(Judging { rules: self.verdicts(ground, &policy.frameworks[framework], at)? })
    }

    fn verdicts(&mut self, ground: usize, framework: &'a Framework, at: At) -> Result<Vec<RuleNodes>, NoKernel> {
        let alone = framework.gives_way.is_empty()
            && framework.exempt.is_empty()
            && framework.ladders.is_empty()
            && framework.rules.iter().all(|it| it.pool.is_none());
        if !alone {
            return Err(NoKernel);
        }
        let covered = match &framework.condition {
            Some(condition) => self.truth(ground, at, condition)?,
            None => self.constant(at.space, 0, state::KNOWN),
        };
        let own = framework.rules.iter().map(|it| self.own(ground, at, it, covered));
        let own = own.collect::<Result<Vec<NodeId>, NoKernel>>()?;
        let mut verdicts = own.clone();
        let sanctions = ranked(framework, Proposed::Sanction);
        let rewards = ranked(framework, Proposed::Reward);
        self.combine(&own, &sanctions, (framework.sanctions, framework.meanwhile_the_lesser), &mut verdicts);
        self.combine(&own, &rewards, (framework.rewards, false), &mut verdicts);
        let measures = (framework.combination(Proposed::Measure), false);
        self.combine(&own, &ranked(framework, Proposed::Measure), measures, &mut verdicts);
        if framework.unless_a_sanction && !sanctions.is_empty() {
            let earlier = self.together(sanctions.iter().map(|it| own[*it]).collect());
            for reward in rewards {
                verdicts[reward] = self.behind(verdicts[reward], earlier, false);
            }
        }
        let rules = framework.rules.iter().zip(verdicts);
        rules.map(|(rule, verdict)| self.paid(ground, at, rule, verdict)).collect()
    }

    /// Whether a rule applies by itself.
    fn own(&mut self, ground: usize, at: At, rule: &'a OutcomeRule, covered: NodeId) -> Result<NodeId, NoKernel> {
        if !rule.holds_on(at.rules()) {
            return Ok(self.constant(at.space, 0, state::UNFIT));
        }
        let mut parts = vec![covered, self.followed(ground, at, &rule.when)?];
        if !rule.unless.is_empty() {
            let unless = rule.unless.iter().map(|it| {
                let held = self.truth(ground, at, it)?;
                Ok(self.or_no(held))
            });
            let unless = unless.collect::<Result<Vec<_>, NoKernel>>()?;
            let held = self.any(at, unless);
            parts.push(self.negated(held));
        }
        let verdict = self.all(at, parts);
        if self.may(covered) == state::KNOWN {
            return Ok(verdict);
        }
        let may = self.may(verdict) | state::UNFIT;
        Ok(self.truth_node(verdict, Op::Covered { covered, verdict }, may))
    }

    /// When a rule applies: open only where what is open could change it.
    fn followed(&mut self, ground: usize, at: At, when: &'a Expr) -> Result<NodeId, NoKernel> {
        let of = self.truth(ground, at, when)?;
        let mut parts = Vec::new();
        self.parts(ground, at, when, &mut parts)?;
        let any = parts.iter().fold(0, |any, it| any | if let Part::One(one) = it { self.may(*one) } else { 0 });
        // Where all can be asked, each open part could change what is open.
        if parts.len() == 1 || any & state::UNFIT == 0 || self.may(of) & state::UNKNOWN == 0 {
            return Ok(of);
        }
        let may = state::KNOWN | state::UNKNOWN | state::UNFIT | state::NO;
        Ok(self.truth_node(of, Op::Followed { of, parts }, may))
    }

    fn parts(&mut self, ground: usize, at: At, expr: &'a Expr, parts: &mut Vec<Part<NodeId>>) -> Result<(), NoKernel> {
        match &expr.kind {
            ExprKind::And(of) | ExprKind::Or(of) => {
                of.iter().try_for_each(|it| self.parts(ground, at, it, parts))?;
                let all = matches!(expr.kind, ExprKind::And(_));
                parts.push(if all { Part::All(of.len()) } else { Part::Any(of.len()) });
            }
            ExprKind::Not(inner) | ExprKind::OrNo(inner) => {
                self.parts(ground, at, inner, parts)?;
                parts.push(if matches!(expr.kind, ExprKind::Not(_)) { Part::Not } else { Part::OrNo });
            }
            _ => {
                let one = self.truth(ground, at, expr)?;
                parts.push(Part::One(one));
            }
        }
        Ok(())
    }

    fn combine(
        &mut self,
        own: &[NodeId],
        rules: &[usize],
        (combination, meanwhile): (Combination, bool),
        verdicts: &mut [NodeId],
    ) {
        if combination == Combination::All {
            return;
        }
        let mut earlier: Option<NodeId> = None;
        for rule in rules {
            if let Some(earlier) = earlier {
                verdicts[*rule] = self.behind(own[*rule], earlier, meanwhile);
            }
            earlier = Some(match earlier {
                Some(earlier) => self.together(vec![earlier, own[*rule]]),
                None => own[*rule],
            });
        }
    }

    fn together(&mut self, of: Vec<NodeId>) -> NodeId {
        let may = of.iter().fold(0, |any, it| any | self.may(*it));
        match of.as_slice() {
            [one] => *one,
            _ => self.truth_node(of[0], Op::Together(of.clone()), may),
        }
    }

    fn behind(&mut self, verdict: NodeId, earlier: NodeId, meanwhile: bool) -> NodeId {
        let may = self.may(verdict) | self.may(earlier) & state::UNKNOWN | state::NO;
        self.truth_node(verdict, Op::Behind { verdict, earlier, meanwhile }, may)
    }

    fn paid(&mut self, ground: usize, at: At, rule: &'a OutcomeRule, verdict: NodeId) -> Result<RuleNodes, NoKernel> {
        let Some(amount) = &rule.amount else { return Ok(RuleNodes { verdict, amount: Amount::None }) };
        let (node, amount) = match self.lower(ground, at, amount) {
            Ok(Lowered::Number(of)) => (of.above, Amount::Number(of)),
            Ok(Lowered::Units(_) | Lowered::Truth(_)) => return Err(NoKernel),
            Err(NoKernel) => (self.whether_known(ground, at, amount), Amount::RowByRow),
        };
        let blank = self.may(node) & !state::KNOWN;
        if blank == 0 {
            return Ok(RuleNodes { verdict, amount });
        }
        let unfit = if blank & (state::UNFIT | state::NO) == 0 { 0 } else { state::UNFIT };
        let may = self.may(verdict) | (blank & state::UNKNOWN) | unfit;
        let verdict = self.truth_node(verdict, Op::Paid { verdict, amount: node }, may);
        Ok(RuleNodes { verdict, amount })
    }

    /// Whether something without a kernel is known.
    fn whether_known(&mut self, ground: usize, at: At, expr: &'a Expr) -> NodeId {
        let asked = self.ask(ground, expr);
        let may = state::KNOWN | state::UNKNOWN | state::UNFIT | state::NO;
        self.nodes.add(Node { op: Op::Plain { asked, at }, space: at.space, may, range: (0, 0), whole: false })
    }
}
