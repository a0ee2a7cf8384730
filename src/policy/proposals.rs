//! Whom a workflow runs for: records and periods, or the proposals of a framework.

use crate::calendar::PeriodKind;
use crate::codes_policy as codes;
use crate::diagnostic::Diagnostic;
use crate::ids::{ChoiceId, RecordId};
use crate::policy::expressions::{Place, made};
use crate::policy::flow::{Proposal, Proposed};
use crate::policy::framework::{Framework, OutcomeKind, OutcomeRule};
use crate::policy::model::{ChoiceList, Context, Expr, ExprKind, Label, Order, ProposalPart, Type};
use crate::policy::names::{Builder, list};
use crate::source::Span;
use crate::syntax::tree::{self, Name, WorkflowLineKind};

/// Whom a workflow runs for.
pub(super) struct Whom<'t> {
    pub(super) subject: RecordId,
    pub(super) each: Option<PeriodKind>,
    pub(super) condition: Option<&'t tree::Expr>,
    pub(super) even_if_they_leave: bool,
    pub(super) proposal: Option<(Proposal, ProposalPlace)>,
}

/// A proposal that can be spoken of: `sanction`, `sanction.amount`.
#[derive(Debug, Clone)]
pub(super) struct ProposalPlace {
    what: Proposed,
    /// The rules that may have proposed it.
    rules: ChoiceId,
    /// The type of its amount; none if none of them pays anything, or they differ.
    amount: Option<Type>,
}

impl Place {
    /// Whether it is in the proceedings of a proposed sanction.
    pub(super) fn hears_sanctions(&self) -> bool {
        self.proposal.as_ref().is_some_and(|it| it.what == Proposed::Sanction)
    }
}

impl Builder<'_, '_> {
    pub(super) fn for_whom<'t>(&mut self, written: &'t tree::Workflow) -> Option<Whom<'t>> {
        let mut whom = None;
        let mut first: Option<Span> = None;
        for line in &written.lines {
            let found = match &line.kind {
                WorkflowLineKind::ForEach { record, each, condition, even_if_they_leave } => {
                    let subject = self.record_id(record);
                    let each = each.as_ref().and_then(|it| self.period_kind(it));
                    subject.map(|subject| Whom {
                        subject,
                        each,
                        condition: condition.as_ref(),
                        even_if_they_leave: *even_if_they_leave,
                        proposal: None,
                    })
                }
                WorkflowLineKind::ForEachProposed { what, of } => self.for_proposals(written, *what, of.as_ref()),
                _ => continue,
            };
            if let Some(first) = first {
                let words = "a workflow runs for records, or for what is proposed";
                let both = Diagnostic::new(codes::NO_SUBJECT, line.span, words).label(first, "this says the other");
                self.report(both.help("keep one of the two"));
                return whom;
            }
            first = Some(line.span);
            whom = found;
        }
        if first.is_none() && !self.unparsed {
            let words = format!("workflow `{}` does not say for whom it runs", written.name.text);
            let help = "add a line such as `for each complaint where received is known`";
            self.report(Diagnostic::new(codes::NO_SUBJECT, written.name.span, words).help(help));
        }
        whom
    }

    /// The people and period of the framework whose proposals a workflow hears.
    fn for_proposals<'t>(&mut self, written: &tree::Workflow, what: Proposed, of: Option<&Name>) -> Option<Whom<'t>> {
        let workflow = written.name.text.as_str();
        let frameworks: Vec<&Framework> = match of {
            Some(name) => self.policy.frameworks.iter().filter(|it| it.label.name == name.text).collect(),
            None => {
                let through = |it: &&Framework| it.rules.iter().any(|rule| rule_goes_through(rule, workflow));
                let named: Vec<&Framework> = self.policy.frameworks.iter().filter(through).collect();
                if named.is_empty() { self.policy.frameworks.iter().collect() } else { named }
            }
        };
        let mut subjects: Vec<(RecordId, PeriodKind)> = frameworks.iter().map(|it| (it.subject, it.each)).collect();
        subjects.dedup();
        let rules: Vec<&OutcomeRule> = frameworks
            .iter()
            .flat_map(|it| &it.rules)
            .filter(|it| is_what(it, what) && (of.is_some() || rule_may_go_through(it, workflow)))
            .collect();
        let mut labels: Vec<Label> = Vec::new();
        for rule in &rules {
            if !labels.iter().any(|it| it.name == rule.label.name) {
                labels.push(rule.label.clone());
            }
        }
        let mut amounts: Vec<Type> = rules.iter().filter_map(|it| it.amount.as_ref()).map(|it| it.ty.clone()).collect();
        amounts.dedup();
        let one_framework = (subjects.len() == 1).then(|| subjects[0]);
        let Some((subject, each)) = one_framework else {
            self.no_framework(written, what, of, subjects.len());
            return None;
        };
        let amount = if amounts.len() == 1 { amounts.pop() } else { None };
        self.policy.choices.push(ChoiceList { choices: labels, order: Order::None, counts: Vec::new() });
        let rules = ChoiceId::at(self.policy.choices.len() - 1);
        let proposal = Proposal { what, of: of.map(|it| it.text.clone()) };
        Some(Whom {
            subject,
            each: Some(each),
            condition: None,
            even_if_they_leave: true,
            proposal: Some((proposal, ProposalPlace { what, rules, amount })),
        })
    }

    fn no_framework(&mut self, written: &tree::Workflow, what: Proposed, of: Option<&Name>, found: usize) {
        if let (Some(name), 0) = (of, found) {
            let known: Vec<String> = self.policy.frameworks.iter().map(|it| it.label.name.clone()).collect();
            self.unknown_name(name, "framework", &known);
        } else if !self.unparsed && (found > 1 || !self.items.iter().any(|it| matches!(it, tree::Item::Framework(_)))) {
            let word = what.word();
            let words = if found > 1 {
                format!("the {word}s that are proposed are about different people or periods")
            } else {
                format!("no framework proposes a {word}")
            };
            let help = format!("say whose: `for each proposed {word} of` and the name of a framework");
            self.report(Diagnostic::new(codes::NO_SUBJECT, written.name.span, words).help(help));
        }
    }

    /// `sanction`, where the case is about one.
    pub(super) fn proposal(&self, name: &Name, place: &Place) -> Option<Expr> {
        let proposal = place.proposal.as_ref().filter(|it| it.what.word() == name.text)?;
        made(ExprKind::Context(Context::Proposed(ProposalPart::Rule)), Type::Choice(proposal.rules), name.span)
    }

    /// `sanction.amount`; the inner nothing: it was reported.
    pub(super) fn proposal_part(
        &mut self,
        base: &tree::Expr,
        part: &Name,
        place: &Place,
        span: Span,
    ) -> Option<Option<Expr>> {
        let proposal =
            place.proposal.as_ref().filter(|it| base.as_name().is_some_and(|name| it.what.word() == name.text))?;
        let amount = proposal.amount.clone();
        let (part, ty) = match (part.text.as_str(), amount) {
            ("because", _) => (ProposalPart::Because, Type::Text),
            ("proposed", _) => (ProposalPart::Day, Type::Date),
            ("amount", Some(ty)) => (ProposalPart::Amount, ty),
            (_, amount) => {
                let mut known = vec!["because".to_owned(), "proposed".to_owned()];
                known.extend(amount.map(|_| "amount".to_owned()));
                let words = format!("a {} has no `{}` here", proposal.what.word(), part.text);
                let help = format!("known here: {}", list(&known));
                self.report(Diagnostic::new(codes::UNKNOWN_NAME, part.span, words).help(help));
                return Some(None);
            }
        };
        Some(made(ExprKind::Context(Context::Proposed(part)), ty, span))
    }
}

fn is_what(rule: &OutcomeRule, what: Proposed) -> bool {
    rule.what() == what
}

fn rule_goes_through(rule: &OutcomeRule, workflow: &str) -> bool {
    matches!(&rule.kind, OutcomeKind::Sanction { through: Some(name), .. } if name == workflow)
}

fn rule_may_go_through(rule: &OutcomeRule, workflow: &str) -> bool {
    !matches!(rule.kind, OutcomeKind::Sanction { .. }) || rule_goes_through(rule, workflow)
}
