//! Messages: wordings in languages, with placeholders checked against the records that they are about.

use crate::codes_policy as codes;
use crate::diagnostic::Diagnostic;
use crate::ids::{MessageId, RecordId};
use crate::policy::expressions::Place;
use crate::policy::framework::OutcomeRule;
use crate::policy::model::{Blank, Context, Expr, ExprKind, Message, Piece, Shape, Stage, Way, Wording};
use crate::policy::names::{Builder, label, nearest};
use crate::syntax::tree::{self, Item, Name, Template, TemplatePart};

fn way(channel: &Name) -> Option<Way> {
    Way::ALL.into_iter().find(|it| it.word() == channel.text)
}

impl Builder<'_, '_> {
    /// Gives messages their numbers before workflows refer to them.
    pub(super) fn message_names(&mut self) {
        let written: Vec<&tree::Message> =
            self.items.iter().filter_map(|it| if let Item::Message(it) = it { Some(it) } else { None }).collect();
        for message in written {
            let label = label(&message.name, message.title.as_ref());
            let mut ways: Vec<Way> = Vec::new();
            for way in message.channels.iter().filter_map(way) {
                if !ways.contains(&way) {
                    ways.push(way);
                }
            }
            if ways.is_empty() {
                ways.push(Way::Email);
            }
            self.policy.messages.push(Message {
                label,
                urgent: message.urgent.is_some(),
                ways,
                wordings: Vec::new(),
                about: RecordId(0),
            });
        }
    }

    /// What messages say, once it is known what they are about.
    pub(super) fn messages(&mut self) {
        let written: Vec<&tree::Message> =
            self.items.iter().filter_map(|it| if let Item::Message(it) = it { Some(it) } else { None }).collect();
        for (at, message) in written.iter().enumerate() {
            for channel in &message.channels {
                if way(channel).is_none() {
                    let known = Way::ALL.map(|it| it.word().to_owned());
                    let near = nearest(&channel.text, &known);
                    let help = near.map_or_else(
                        || "messages go by email, letter or phone".to_owned(),
                        |near| format!("did you mean `{near}`?"),
                    );
                    let words = format!("there is no channel `{}`", channel.text);
                    self.report(Diagnostic::new(codes::NO_CHANNEL, channel.span, words).help(help));
                }
            }
            let Some((about, each, proposal)) = self.uses.get(&message.name.text).cloned() else {
                // One that is misspelt where it is sent is told there.
                if !self.unparsed && self.half_said.is_empty() {
                    let words = format!("no workflow sends message `{}`", message.name.text);
                    self.report(
                        Diagnostic::new(codes::UNUSED_MESSAGE, message.name.span, words)
                            .help("send it with a `remind` or `escalate` line, or leave it out"),
                    );
                }
                continue;
            };
            let chosen = self.is_sent_by_choice(MessageId::at(at));
            let place = Place { in_case: true, chosen, proposal, ..Place::of(about, each) };
            let mut wordings = Vec::new();
            match &message.wording {
                Some(wording) => wordings.push(self.wording(None, wording, &place)),
                None if self.unparsed => {}
                None => {
                    let words = format!("message `{}` has no wording", message.name.text);
                    self.report(
                        Diagnostic::new(codes::NO_WORDING, message.name.span, words)
                            .help("add `subject \"…\"` and `body \"\"\"…\"\"\"`"),
                    );
                }
            }
            for (language, wording) in &message.languages {
                let code = &language.text;
                if !(2..=3).contains(&code.len()) || !code.bytes().all(|it| it.is_ascii_lowercase()) {
                    let words = format!("`{code}` is no code of a language");
                    self.report(
                        Diagnostic::new(codes::NO_LANGUAGE, language.span, words)
                            .help("codes have two or three small letters, such as \"en\" or \"sw\" (ISO 639)"),
                    );
                }
                wordings.push(self.wording(Some(code.clone()), wording, &place));
            }
            let message = &mut self.policy.messages[at];
            (message.wordings, message.about) = (wordings, about);
        }
    }

    /// Whether something was chosen whenever a message is sent.
    fn is_sent_by_choice(&self, id: MessageId) -> bool {
        let stages = || self.policy.workflows.iter().flat_map(|it| &it.stages);
        let told = |it: &Stage| {
            it.steps.iter().any(|step| step.message == Some(id))
                || it.lasting.as_ref().is_some_and(|it| it.message == Some(id))
                || it.choices.is_empty() && it.sends.iter().any(|it| it.message == id)
        };
        let notified = |it: &OutcomeRule| {
            it.notify.iter().any(|it| it.1 == id) || it.lasts.as_ref().is_some_and(|it| it.message == Some(id))
        };
        !stages().any(told) && !self.policy.frameworks.iter().flat_map(|it| &it.rules).any(notified)
    }

    fn wording(&mut self, language: Option<String>, written: &tree::Wording, place: &Place) -> Wording {
        for (part, word) in [(&written.subject, "subject"), (&written.body, "body")] {
            if part.is_none() && !self.unparsed {
                let words = format!("this wording has no {word}");
                self.report(
                    Diagnostic::new(codes::NO_WORDING, written.span, words).help(format!("add `{word} \"…\"`")),
                );
            }
        }
        let subject = written.subject.as_ref().map(|it| self.template(it, place)).unwrap_or_default();
        let body = written.body.as_ref().map(|it| self.template(it, place)).unwrap_or_default();
        Wording { language, subject, body }
    }

    fn template(&mut self, written: &Template, place: &Place) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for part in &written.parts {
            match part {
                TemplatePart::Text(text) => pieces.push(Piece::Text(text.clone())),
                TemplatePart::Placeholder { value, otherwise, span } => {
                    let Some(value) = self.expr(value, place, None) else { continue };
                    if otherwise.is_none() && self.may_be_missing(&value, place.chosen) {
                        let words = "this value may be missing, and the message does not say what is printed then";
                        let help = "write what is printed instead, such as `{… or \"not recorded\"}`, inside a body; a subject line holds only values that are always there, such as the key";
                        self.report(Diagnostic::new(codes::MAY_BE_MISSING, *span, words).help(help));
                    }
                    pieces.push(Piece::Value { value, otherwise: otherwise.as_ref().map(|it| it.text.clone()) });
                }
            }
        }
        pieces
    }

    /// Whether a value may be missing: every fact may, but for keys and what the case itself knows.
    fn may_be_missing(&self, expr: &Expr, chosen: bool) -> bool {
        match &expr.kind {
            ExprKind::Literal(_) | ExprKind::Subject | ExprKind::Today | ExprKind::Parameter(_) => false,
            ExprKind::Owner { of } => self.may_be_missing(of, chosen),
            ExprKind::Context(Context::Choice) => !chosen,
            ExprKind::Context(context) => matches!(context, Context::Holder | Context::Reason),
            ExprKind::Field { of, record, field } => {
                let is_key = matches!(self.policy.record(*record).shape, Shape::Entity { key } if key == *field);
                let blank = self.policy.field(*record, *field).blank;
                !is_key || blank == Blank::NotApplicable || self.may_be_missing(of, chosen)
            }
            _ => true,
        }
    }

    /// Examples are kept as they are written: they are run, not deployed.
    pub(super) fn examples(&mut self) {
        let written =
            self.items.iter().filter_map(|it| if let Item::Example(it) = it { Some(it.clone()) } else { None });
        self.policy.examples = written.collect();
    }
}
