//! From the tree of a framework to a checked one.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::codes_policy as codes;
use crate::diagnostic::Diagnostic;
use crate::policy::expressions::Place;
use crate::policy::framework::{Combination, Framework, Judged, OutcomeKind, OutcomeRule, Proposed};
use crate::policy::model::{Expr, ExprKind, Type};
use crate::policy::names::{Builder, Meaning, label};
use crate::source::Span;
use crate::syntax::tree::{self, Degree, FrameworkLineKind, Item, Name, Outcome, OutcomeLineKind};

impl Builder<'_, '_> {
    /// Every framework, in order.
    pub(super) fn frameworks(&mut self) {
        let mut declared: BTreeMap<String, (usize, &Outcome)> = BTreeMap::new();
        for (at, item) in self.items.clone().into_iter().enumerate() {
            if let Item::Framework(written) = item {
                for rule in outcomes(written) {
                    match declared.get(&rule.name.text) {
                        // Versions of one rule, each for its time.
                        Some((other, first)) if *other == at && may_be_versions(first, rule) => {}
                        Some((other, first)) => {
                            let words = format!("two rules are called `{}`", rule.name.text);
                            let twice = Diagnostic::new(codes::DECLARED_TWICE, rule.name.span, words);
                            let dated = [first, rule].iter().any(|it| it.from.is_some() || it.until.is_some());
                            let help = match *other == at && first.what == rule.what && dated {
                                true => "give each its days: `until 31 December 2026`, `from 1 January 2027`",
                                false => "give one of them another name",
                            };
                            self.report(twice.label(first.name.span, "the first").help(help));
                        }
                        None => {
                            declared.insert(rule.name.text.clone(), (at, rule));
                        }
                    }
                }
                let framework = self.framework(written);
                self.policy.frameworks.extend(framework);
            }
        }
    }

    fn framework(&mut self, written: &tree::Framework) -> Option<Framework> {
        let repeats = |it: &FrameworkLineKind| {
            matches!(
                it,
                FrameworkLineKind::Except { .. } | FrameworkLineKind::Outcome(_) | FrameworkLineKind::Ladder(_)
            )
        };
        self.said_once(written.lines.iter().map(|it| (&it.kind, it.span)), repeats);
        let named = written.lines.iter().find_map(|it| match &it.kind {
            FrameworkLineKind::Calendar(name) => Some(name),
            _ => None,
        });
        let (calendar, names_calendar) = (self.calendar_named(named), named.is_some());
        let for_each = written.lines.iter().find_map(|it| match &it.kind {
            FrameworkLineKind::ForEach { record, each: Some(each), condition } => Some((record, each, condition)),
            _ => None,
        });
        let Some((record, each, condition)) = for_each else {
            if !self.unparsed {
                let words =
                    format!("framework `{}` does not say for whom and for which period it judges", written.name.text);
                let help = "add a line such as `for each person each year where status is active`";
                self.report(Diagnostic::new(codes::NO_SUBJECT, written.name.span, words).help(help));
            }
            return None;
        };
        let (subject, each) = (self.record_id(record)?, self.period_kind(each)?);
        let mut place = Place { subject: Some(subject), each: Some(each), ..Place::nowhere() };
        let condition = condition.as_ref().and_then(|it| self.condition_at(it, &place));
        place.covered = condition.clone().map(Box::new);
        let judged = written.lines.iter().find_map(|it| match &it.kind {
            FrameworkLineKind::Judged(when) => Some(when),
            _ => None,
        });
        let judged = match judged {
            Some(when) => self.judged(when, &place),
            None => {
                let words = format!("framework `{}` does not say when it judges", written.name.text);
                self.missing_line(
                    codes::NO_JUDGEMENT,
                    written.name.span,
                    words,
                    "add a line such as `judged 30 September after the year`",
                );
                None
            }
        };
        let severity = self.severity(written);
        let (sanctions, rewards) = self.combinations(written);
        let day = if let Some(Judged::On(day)) = &judged { Some(day) } else { None };
        let ladders = self.ladders(written, &severity, day, &place);
        let mut rules: Vec<OutcomeRule> = outcomes(written)
            .filter_map(|it| {
                let step = ladders.whens.get(&it.name.text).cloned();
                self.outcome_rule(it, step, (written, &severity), &place)
            })
            .collect();
        end_before_the_next(&mut rules);
        Some(Framework {
            label: label(&written.name, written.title.as_ref()),
            cite: written.lines.iter().find_map(|it| match &it.kind {
                FrameworkLineKind::Cite(text) => Some(text.text.clone()),
                _ => None,
            }),
            calendar,
            names_calendar,
            subject,
            each,
            condition,
            judged: judged?,
            sanctions: sanctions.0,
            meanwhile_the_lesser: sanctions.1,
            rewards: rewards.0,
            unless_a_sanction: rewards.1,
            gives_way: Vec::new(),
            ladders: ladders.lines,
            exempt: Vec::new(),
            rules,
        })
    }

    fn missing_line(&mut self, code: crate::codes::Code, span: Span, words: String, help: &str) {
        if !self.unparsed {
            self.report(Diagnostic::new(code, span, words).help(help));
        }
    }

    /// The ranks of severity; each has its rule, and each sanction its rank.
    fn severity(&mut self, written: &tree::Framework) -> Vec<Degree> {
        let degrees: Vec<Degree> = written
            .lines
            .iter()
            .filter_map(
                |it| if let FrameworkLineKind::Severity(degrees) = &it.kind { Some(degrees.clone()) } else { None },
            )
            .flatten()
            .collect();
        for degree in &degrees {
            if !outcomes(written).any(|it| it.what == Proposed::Sanction && it.name.text == degree.name.text) {
                let words = format!("no sanction is called `{}`", degree.name.text);
                let help = format!("write `sanction {} {{ … }}`, or take it out of the order", degree.name.text);
                self.missing_line(codes::SEVERITY_WITHOUT_RULE, degree.name.span, words, &help);
            }
        }
        for sanction in outcomes(written).filter(|it| it.what == Proposed::Sanction) {
            if !degrees.iter().any(|it| it.name.text == sanction.name.text) {
                let words = format!("how severe sanction `{}` is, is not said", sanction.name.text);
                let help = "name it in the line `severity …`, from the least to the most severe";
                self.missing_line(codes::NO_SEVERITY, sanction.name.span, words, help);
            }
        }
        degrees
    }

    /// How sanctions and rewards combine; what there are rules for must be said.
    fn combinations(&mut self, written: &tree::Framework) -> ((Combination, bool), (Combination, bool)) {
        let (mut sanctions, mut rewards) = (None, None);
        for line in &written.lines {
            match &line.kind {
                FrameworkLineKind::Sanctions { combination, meanwhile_the_lesser } => {
                    sanctions = Some((*combination, *meanwhile_the_lesser));
                }
                FrameworkLineKind::Rewards { combination, unless_a_sanction } => {
                    if *combination == Combination::MostSevere {
                        let words = "rewards have no severity";
                        self.report(
                            Diagnostic::new(codes::NO_COMBINATION, line.span, words)
                                .help("write `all that apply` or `the first that applies`"),
                        );
                    }
                    rewards = Some((*combination, *unless_a_sanction));
                }
                _ => {}
            }
        }
        for (said, what, word, help) in [
            (sanctions, Proposed::Sanction, "sanctions", "add a line such as `sanctions the most severe that applies`"),
            (
                rewards,
                Proposed::Reward,
                "rewards",
                "add a line such as `rewards all that apply, unless a sanction applies`",
            ),
        ] {
            if said.is_none() && outcomes(written).any(|it| it.what == what) {
                let words =
                    format!("framework `{}` does not say which {word} count when several apply", written.name.text);
                self.missing_line(codes::NO_COMBINATION, written.name.span, words, help);
            }
        }
        let none = (Combination::All, false);
        (sanctions.unwrap_or(none), rewards.unwrap_or(none))
    }

    fn outcome_rule(
        &mut self,
        written: &Outcome,
        step: Option<Option<Expr>>,
        (framework, severity): (&tree::Framework, &[Degree]),
        place: &Place,
    ) -> Option<OutcomeRule> {
        let repeats =
            |it: &OutcomeLineKind| matches!(it, OutcomeLineKind::Unless { .. } | OutcomeLineKind::Notify { .. });
        self.said_once(written.lines.iter().map(|it| (&it.kind, it.span)), repeats);
        let when = written.lines.iter().find_map(|it| match &it.kind {
            OutcomeLineKind::When(condition) => Some(condition),
            _ => None,
        });
        if when.is_none() && step.is_none() {
            let words = format!("rule `{}` does not say when it applies", written.name.text);
            self.missing_line(codes::RULE_WITHOUT_CONDITION, written.name.span, words, "add a line `when …`");
            return None;
        }
        let own_when = match when {
            Some(when) => Some(self.condition_at(when, place)?),
            None => None,
        };
        // A ladder that is broken was reported.
        let ways: Vec<Expr> = own_when.clone().into_iter().chain(step.flatten()).collect();
        let when = match <[Expr; 1]>::try_from(ways) {
            Ok([only]) => only,
            Err(ways) if ways.is_empty() => return None,
            Err(ways) => Expr { kind: ExprKind::Or(ways), ty: Type::YesNo, span: written.name.span },
        };
        let mut rule = OutcomeRule {
            label: label(&written.name, written.title.as_ref()),
            from: written.from.as_ref().and_then(|it| self.first_day(it)),
            until: written.until.as_ref().and_then(|it| self.last_day(it)),
            cite: None,
            kind: if written.what == Proposed::Measure { OutcomeKind::Measure } else { OutcomeKind::Reward },
            when,
            own_when,
            unless: Vec::new(),
            amount: None,
            pool: None,
            lasts: None,
            lifted_by: Vec::new(),
            expunge: None,
            because: None,
            notify: Vec::new(),
        };
        let (mut automatic, mut through, mut pool) = (None, None, None);
        for line in &written.lines {
            match &line.kind {
                OutcomeLineKind::Cite(text) => rule.cite = Some(text.text.clone()),
                OutcomeLineKind::When(_) => {}
                OutcomeLineKind::Unless { .. } => {}
                OutcomeLineKind::Automatic => automatic = Some(line.span),
                OutcomeLineKind::Through(name) => through = Some((self.workflow_name(name), line.span)),
                OutcomeLineKind::Lasts(lasts) => {
                    rule.lasts = self.lasting(lasts, line.span, place);
                }
                OutcomeLineKind::MayBeLifted(by) => rule.lifted_by = self.parties(by, place),
                OutcomeLineKind::Expunge(length) => {
                    rule.expunge = self.length(length);
                    self.something_ends(written, line.span);
                }
                OutcomeLineKind::Amount(amount) => rule.amount = self.amount(amount, place),
                OutcomeLineKind::Within(written) => pool = Some((written, line.span)),
                OutcomeLineKind::Because(text) => rule.because = Some(text.text.clone()),
                OutcomeLineKind::Notify { who, message } => {
                    let parties: Vec<_> = who.iter().filter_map(|it| self.party(it, place)).collect();
                    let message = self.message_id(message, place);
                    rule.notify.extend(message.map(|it| (parties, it)));
                }
            }
        }
        rule.unless = self.exceptions(written, framework, place);
        if let Some((pool, span)) = pool {
            rule.pool = self.pool(pool, span, rule.amount.as_ref(), place);
        }
        if written.what == Proposed::Sanction {
            rule.kind = self.sanction(written, severity, automatic, through, rule.amount.is_some());
        } else if let Some(span) = automatic.or(through.map(|it| it.1)) {
            let help = format!("take the line out: a {} needs no hearing", written.what.word());
            self.report(Diagnostic::new(codes::NO_WAY, span, "this is said of sanctions only").help(help));
        }
        Some(rule)
    }

    /// A sanction follows by itself or is heard first; by itself only what is administrative and takes nothing.
    fn sanction(
        &mut self,
        written: &Outcome,
        severity: &[Degree],
        automatic: Option<Span>,
        through: Option<(Option<String>, Span)>,
        pays: bool,
    ) -> OutcomeKind {
        let rank = severity.iter().position(|it| it.name.text == written.name.text);
        let administrative = rank.is_some_and(|it| severity[it].administrative);
        match (automatic, &through) {
            (None, None) => {
                let words = format!("sanction `{}` does not say how it comes into force", written.name.text);
                let help = "write `through` and the workflow in which it is heard and decided, or `automatic` for one that is administrative";
                self.missing_line(codes::NO_WAY, written.name.span, words, help);
            }
            (Some(span), Some((_, other))) => {
                let words = "a sanction is either automatic or heard first";
                let both = Diagnostic::new(codes::NO_WAY, span, words).label(*other, "this says the other");
                self.report(both.help("keep one of the two"));
            }
            (Some(span), None) if !administrative || pays => {
                let words = if pays {
                    format!("sanction `{}` takes an amount without having been heard", written.name.text)
                } else {
                    format!("sanction `{}` would be in force unheard", written.name.text)
                };
                let help = "write `through` and a workflow with notice, answer, decision and appeal; only what `severity` marks `(administrative)` and takes nothing is automatic";
                self.report(Diagnostic::new(codes::UNHEARD, span, words).help(help));
            }
            _ => {}
        }
        OutcomeKind::Sanction { severity: rank.unwrap_or(0), administrative, through: through.and_then(|it| it.0) }
    }

    /// What is paid ends in a rounding to what can be paid.
    fn amount(&mut self, written: &tree::Expr, place: &Place) -> Option<Expr> {
        let amount = self.expr(written, place, None)?;
        if !matches!(amount.ty, Type::Money { .. } | Type::Number) {
            let words = format!("an amount is money or a number, and this is {}", self.type_words(&amount.ty));
            self.report(Diagnostic::new(codes::WRONG_TYPE, amount.span, words).help("write what is paid"));
            return None;
        }
        if !matches!(amount.kind, ExprKind::Round { .. } | ExprKind::Literal(_)) {
            let words = "an amount is not rounded in silence";
            let help = "end it in a rounding to what can be paid, such as `, rounded down to 0 decimals`";
            self.report(Diagnostic::new(codes::NOT_ROUNDED, amount.span, words).help(help));
        }
        Some(amount)
    }

    fn workflow_name(&mut self, name: &Name) -> Option<String> {
        if matches!(self.names.get(&name.text), Some((Meaning::Workflow, _))) {
            return Some(name.text.clone());
        }
        let known = self.names_of(|it| matches!(it, Meaning::Workflow));
        self.unknown_name(name, "workflow", &known);
        None
    }
}

/// Whether two rules of one name are versions of one: both carry days.
fn may_be_versions(one: &Outcome, other: &Outcome) -> bool {
    let dated = |it: &Outcome| it.from.is_some() || it.until.is_some();
    one.what == other.what && dated(one) && dated(other)
}

/// A version without a last day holds until the day before the next begins.
fn end_before_the_next(rules: &mut [OutcomeRule]) {
    let begins: Vec<(String, Date)> = rules.iter().filter_map(|it| Some((it.label.name.clone(), it.from?))).collect();
    for rule in rules.iter_mut().filter(|it| it.until.is_none()) {
        let later = begins.iter().filter(|(name, from)| *name == rule.label.name && Some(*from) > rule.from);
        rule.until = later.map(|it| it.1).min().and_then(|it| it.yesterday().ok());
    }
}

fn outcomes(written: &tree::Framework) -> impl Iterator<Item = &Outcome> {
    written.lines.iter().filter_map(|it| if let FrameworkLineKind::Outcome(it) = &it.kind { Some(it) } else { None })
}
