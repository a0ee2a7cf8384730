//! A rule of a framework, clause by clause.

use crate::calendar::{Period, day_in_words};
use crate::eval::framework::{Verdict, Why};
use crate::eval::{Question, What};
use crate::explain::Reason;
use crate::explain::tell::Teller;
use crate::policy::framework::Framework;
use crate::policy::model::Expr;
use crate::value::{Missing, RecordRef};

/// What is needed to tell of a rule.
pub(super) struct Told<'a> {
    pub(super) teller: &'a Teller<'a>,
    pub(super) framework: &'a Framework,
    pub(super) verdicts: &'a [Verdict],
    pub(super) questions: &'a [Question],
    pub(super) subject: &'a RecordRef,
    pub(super) period: Option<Period>,
}

impl Told<'_> {
    /// A rule with its verdict, whom the framework covers, its clauses, and the rule that counts instead of it.
    pub(super) fn rule(&self, at: usize) -> Reason {
        let rule = &self.framework.rules[at];
        let teller = self.teller;
        let mut notes: Vec<String> =
            rule.cite.iter().chain(&self.framework.cite).map(|it| format!("by {it}")).collect();
        let from = rule.from.map(|it| format!("from {}", day_in_words(it)));
        let until = rule.until.map(|it| format!("until {}", day_in_words(it)));
        let time = from.into_iter().chain(until).collect::<Vec<_>>().join(" ");
        notes.extend(Some(time).filter(|it| !it.is_empty()));
        notes.extend(rule.because.iter().map(|it| format!("because: {it}")));
        let covered = self.framework.condition.iter().map(|it| ("it covers whoever", it));
        let when = std::iter::once(("when", &rule.when));
        let unless = rule.unless.iter().map(|it| ("unless", it));
        let amount = rule.amount.iter().map(|it| ("amount", it));
        let clauses = covered.chain(when).chain(unless).chain(amount);
        let mut because: Vec<Reason> = clauses.map(|(word, clause)| self.clause(word, clause)).collect();
        because.extend(self.instead(at));
        Reason {
            what: format!("{} for {}{}", rule.label.title, self.subject.key, teller.of_period(self.period)),
            answer: self.verdict(at),
            notes,
            place: Some(teller.place(rule.label.span)),
            because,
        }
    }

    /// A clause with its answer; one that nobody had to ask says so.
    fn clause(&self, word: &str, clause: &Expr) -> Reason {
        let asked = self.questions.iter().find(|it| it.span == clause.span);
        let reason = asked.and_then(|it| self.teller.reason(it, None));
        let own = || Reason {
            what: self.teller.squeezed(clause.span),
            answer: asked.map_or_else(|| "not asked".to_owned(), |it| self.teller.answer(&it.value)),
            place: Some(self.teller.place(clause.span)),
            ..Reason::default()
        };
        let mut reason = reason.unwrap_or_else(own);
        let named = asked.is_some_and(|it| matches!(it.what, What::Definition(_) | What::Band(_) | What::Fact));
        let text = if named { self.teller.squeezed(clause.span) } else { std::mem::take(&mut reason.what) };
        if named {
            let inner = std::mem::take(&mut reason);
            reason =
                Reason { answer: inner.answer.clone(), place: inner.place.clone(), because: vec![inner], ..reason };
        }
        reason.what = format!("{word} {text}");
        reason
    }

    fn verdict(&self, at: usize) -> String {
        let title = |at: usize| &self.framework.rules[at].label.title;
        match &self.verdicts[at] {
            Verdict::Proposed(None) => "proposed".to_owned(),
            Verdict::Proposed(Some(amount)) => format!("proposed, {}", self.teller.whole_value(amount)),
            Verdict::No(Why::Condition) => "no, its condition does not hold".to_owned(),
            Verdict::No(Why::Exception) => "no, an exception holds it back".to_owned(),
            Verdict::No(Why::Behind(other)) => format!("no, {} counts instead", title(*other)),
            Verdict::No(Why::Sanction(other)) => format!("no, a sanction applies: {}", title(*other)),
            Verdict::No(Why::Elsewhere { framework, rule }) => {
                let other = &self.teller.policy.frameworks[*framework];
                let (title, of) = (&other.rules[*rule].label.title, &other.label.title);
                format!("no, a sanction applies by {of}: {title}")
            }
            Verdict::No(Why::Spent) => "no, the money is spent".to_owned(),
            Verdict::NotCovered => "not covered".to_owned(),
            Verdict::Undetermined(missing) => {
                let words: Vec<String> = missing.iter().map(Missing::to_string).collect();
                format!("undetermined, for want of {}", words.join(", "))
            }
        }
    }

    /// The rule that counts instead, with its own clauses; and, where a verdict waits for others, those that it waits for.
    fn instead(&self, at: usize) -> Vec<Reason> {
        if let Verdict::No(Why::Elsewhere { framework, rule }) = &self.verdicts[at] {
            let rule = &self.teller.policy.frameworks[*framework].rules[*rule];
            let place = Some(self.teller.place(rule.label.span));
            let because = vec![self.clause("when", &rule.when)];
            let (what, answer) = (rule.label.title.clone(), "applies".to_owned());
            return vec![Reason { what, answer, place, because, ..Reason::default() }];
        }
        let others: Vec<usize> = match &self.verdicts[at] {
            Verdict::No(Why::Behind(other) | Why::Sanction(other)) => vec![*other],
            Verdict::Undetermined(_) => {
                let waiting = |other: &usize| *other != at && matches!(self.verdicts[*other], Verdict::Undetermined(_));
                (0..self.verdicts.len()).filter(waiting).collect()
            }
            Verdict::Proposed(_)
            | Verdict::No(Why::Condition | Why::Exception | Why::Spent | Why::Elsewhere { .. })
            | Verdict::NotCovered => Vec::new(),
        };
        others
            .into_iter()
            .map(|other| {
                let rule = &self.framework.rules[other];
                Reason {
                    what: rule.label.title.clone(),
                    answer: self.verdict(other),
                    place: Some(self.teller.place(rule.label.span)),
                    because: vec![self.clause("when", &rule.when)],
                    ..Reason::default()
                }
            })
            .collect()
    }
}
