//! Questions and answers in words.

use std::cell::RefCell;

use crate::calendar::{Calendar, Period, day_in_words};
use crate::eval::{Question, What, render};
use crate::explain::Reason;
use crate::ids::ParameterId;
use crate::policy::model::{Interval, Policy, Scale};
use crate::source::{Sources, Span};
use crate::value::{Missing, RecordRef, Value};

/// How much of the author's text is shown of one expression.
const MOST_TEXT: usize = 100;

/// The policy, its text, and what was told already.
pub(super) struct Teller<'a> {
    pub(super) policy: &'a Policy,
    calendar: &'a Calendar,
    sources: &'a Sources,
    /// Definitions and scales that were explained: once is enough.
    told: RefCell<Vec<(What, RecordRef, Option<Period>)>>,
}

impl<'a> Teller<'a> {
    pub(super) fn new(policy: &'a Policy, calendar: &'a Calendar, sources: &'a Sources) -> Self {
        Self { policy, calendar, sources, told: RefCell::default() }
    }

    /// A question with everything that was asked for it; nothing for what is simply given. `around` is the question that it is a
    /// part of.
    pub(super) fn reason(&self, question: &Question, around: Option<&Question>) -> Option<Reason> {
        let (what, mut notes) = match question.what {
            What::Given => return None,
            What::Fact => (self.fact(question), Vec::new()),
            What::Parameter(id) => {
                (self.policy.parameters[id.index()].label.title.clone(), self.in_force(id, question))
            }
            What::Definition(id) => (
                self.named(&self.policy.definitions[id.index()].label.title, question),
                self.rows(body(question).into_iter().flat_map(|it| &it.applied)),
            ),
            What::Band(id) => {
                let scale = &self.policy.scales[id.index()];
                (self.named(&scale.label.title, question), self.band(scale, question))
            }
            What::NextStep | What::NotAbove => {
                let is = if question.what == What::NextStep { "is" } else { "is not above" };
                (format!("the next step {is} {}", self.squeezed(question.span)), question.notes.clone())
            }
            What::Rows
            | What::Conditions
            | What::Not
            | What::Comparison
            | What::History
            | What::Aggregate
            | What::Choice
            | What::Adjusted
            | What::Computed => (self.text(question, around), self.rows(&question.applied)),
        };
        notes.extend(body(question).filter(|it| it.what != What::Rows).map(|it| self.squeezed(it.span)));
        // The spells whose days count.
        let told = |it: &&Question| matches!(it.what, What::Aggregate | What::Computed);
        let spells = std::iter::once(question).chain(body(question)).filter(told).flat_map(|it| it.notes.clone());
        notes.extend(spells);
        let because = if self.was_told(question) {
            vec![Reason { what: "why".to_owned(), answer: "see above".to_owned(), ..Reason::default() }]
        } else {
            self.because(question)
        };
        let place = (question.span.end > 0).then(|| self.place(question.span));
        Some(Reason { what, answer: self.answer(&question.value), notes, place, because })
    }

    /// What a definition was made of, instead of its own text with the same value once more.
    fn because(&self, question: &Question) -> Vec<Reason> {
        let body = body(question);
        let around = body.unwrap_or(question);
        let others = question.parts.iter().filter(|it| body.is_some_and(|body| !std::ptr::eq(*it, body)));
        others.chain(&around.parts).flat_map(|part| self.reasons(part, around)).collect()
    }

    /// Conditions that stand where the whole does: the parts of a step of a ladder are told without the words of the whole again, and
    /// an exception from an exception as what it is.
    fn reasons(&self, part: &Question, around: &Question) -> Vec<Reason> {
        if part.span == around.span && matches!(part.what, What::Conditions | What::Not) {
            if is_step(around) {
                return part.parts.iter().flat_map(|it| self.reasons(it, around)).collect();
            }
            if part.what == What::Not {
                let except = |it: Reason| Reason { what: format!("except {}", it.what), ..it };
                return part.parts.iter().filter_map(|it| self.reason(it, Some(around))).map(except).collect();
            }
        }
        self.reason(part, Some(around)).into_iter().collect()
    }

    fn was_told(&self, question: &Question) -> bool {
        if !matches!(question.what, What::Definition(_) | What::Band(_)) || question.parts.len() < 2 {
            return false;
        }
        let (subject, period) = asked_of(question);
        let told = (question.what, subject.clone(), period);
        let mut before = self.told.borrow_mut();
        if before.contains(&told) {
            return true;
        }
        before.push(told);
        false
    }

    // ---- what was asked

    fn fact(&self, question: &Question) -> String {
        let Some(fact) = &question.fact else { return self.text(question, None) };
        let period = fact.period.and_then(|first| {
            let own = question.period.map(|it| it.kind)?;
            self.calendar.period_containing(own, first).ok()
        });
        let when = match period {
            Some(period) => format!(" in {}", self.calendar.label(&period)),
            None if fact.period.is_none() && self.policy.field(fact.record, fact.field).dated => {
                format!(" on {}", day_in_words(question.day))
            }
            None => String::new(),
        };
        format!("{} of {}{when}", self.policy.field(fact.record, fact.field).label.title, fact.of.key)
    }

    fn named(&self, title: &str, question: &Question) -> String {
        let (subject, period) = asked_of(question);
        format!("{title} of {}{}", subject.key, self.of_period(period))
    }

    pub(super) fn of_period(&self, period: Option<Period>) -> String {
        period.map_or_else(String::new, |it| format!(" in {}", self.calendar.label(&it)))
    }

    /// As the author wrote it; with record and period where they are others than those of what it is a part of.
    fn text(&self, question: &Question, around: Option<&Question>) -> String {
        let mut words = self.squeezed(question.span);
        if let Some(around) = around.filter(|it| !matches!(it.what, What::Definition(_) | What::Band(_))) {
            if around.subject != question.subject {
                words += &format!(" of {}", question.subject.key);
            }
            if around.period != question.period || around.what == What::History {
                words += &self.of_period(question.period);
            }
        }
        words
    }

    /// The text of a place on one line, without comments, shortened where it is long.
    pub(super) fn squeezed(&self, span: Span) -> String {
        let lines = self.sources.text(span).lines().map(|line| line.split(" #").next().unwrap_or(line));
        let words: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
        let words = words.join(" ");
        match words.char_indices().nth(MOST_TEXT) {
            Some((end, _)) => format!("{} …", words[..end].trim_end()),
            None => words,
        }
    }

    pub(super) fn place(&self, span: Span) -> String {
        let file = self.sources.file(span.file);
        format!("{}:{}", file.name, file.position(span.start).line)
    }

    // ---- what came

    /// What is missing is told where it is missing.
    pub(super) fn answer(&self, value: &Value) -> String {
        match value {
            Value::Unknown(missing) => {
                let reasons: Vec<&str> = missing
                    .iter()
                    .filter_map(|it| if let Missing::Reason(words) = it { Some(words.as_str()) } else { None })
                    .collect();
                if reasons.is_empty() { "unknown".to_owned() } else { format!("unknown: {}", reasons.join(", ")) }
            }
            known => render(known, self.policy),
        }
    }

    pub(super) fn whole_value(&self, value: &Value) -> String {
        render(value, self.policy)
    }

    fn rows<'s>(&self, lines: impl IntoIterator<Item = &'s Span>) -> Vec<String> {
        lines.into_iter().map(|it| format!("{}: {}", self.place(*it), self.squeezed(*it))).collect()
    }

    fn band(&self, scale: &Scale, question: &Question) -> Vec<String> {
        let versions = || scale.versions.iter().map(|it| &it.value);
        let applied = |span: &Span| question.applied.contains(span);
        let bands = versions().flat_map(|it| &it.bands).filter(|it| applied(&it.span));
        let caps = versions().flat_map(|it| &it.caps).map(|it| it.span).filter(applied).collect::<Vec<_>>();
        bands.map(|it| interval(&it.interval, self.policy)).chain(self.rows(&caps)).collect()
    }

    /// Between which days the value of a parameter holds.
    fn in_force(&self, id: ParameterId, question: &Question) -> Vec<String> {
        let day = question.period.map_or(question.day, |it| it.first);
        let parameter = &self.policy.parameters[id.index()];
        let holds = parameter.values.iter().rev().find(|it| {
            it.from.is_none_or(|from| from <= day)
                && it.until.is_none_or(|until| until >= day)
                && it.value == question.value
        });
        let words = holds.map(|it| {
            let from = it.from.map(|day| format!("from {}", day_in_words(day)));
            let until = it.until.map(|day| format!("until {}", day_in_words(day)));
            [from, until].into_iter().flatten().collect::<Vec<_>>().join(" ")
        });
        words.into_iter().filter(|it| !it.is_empty()).collect()
    }
}

/// Whether it is asked of a step of a ladder.
fn is_step(question: &Question) -> bool {
    let own = question.parts.iter().filter(|it| it.span == question.span);
    own.into_iter().any(|it| matches!(it.what, What::NextStep | What::NotAbove) || is_step(it))
}

/// Of whom and when a definition or scale was asked: as its own value was.
fn asked_of(question: &Question) -> (&RecordRef, Option<Period>) {
    let body = question.parts.iter().find(|it| it.what != What::Given).unwrap_or(question);
    (&body.subject, body.period)
}

fn interval(interval: &Interval, policy: &Policy) -> String {
    let end = |word: [&str; 2], bound: &crate::policy::model::Bound| {
        format!("{}{}", word[usize::from(!bound.included)], render(&bound.at, policy))
    };
    let low = interval.low.as_ref().map(|it| end(["", "above "], it));
    let high = interval.high.as_ref().map(|it| end(["", "below "], it));
    match (low, high) {
        (Some(low), Some(high)) => format!("{low} to {high}"),
        (Some(low), None) => format!("{low} and more"),
        (None, Some(high)) => format!("up to {high}"),
        (None, None) => "any".to_owned(),
    }
}

/// The own text of a definition, where it is more than the name of something else.
fn body(question: &Question) -> Option<&Question> {
    let named = |it: &Question| {
        matches!(it.what, What::Given | What::Fact | What::Parameter(_) | What::Definition(_) | What::Band(_))
    };
    let is_definition = matches!(question.what, What::Definition(_));
    question.parts.iter().rev().find(|it| is_definition && it.what != What::Given).filter(|it| !named(it))
}
