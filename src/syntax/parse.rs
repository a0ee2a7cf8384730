//! From text to trees. Every statement is read on its own, so a mistake in one costs the others nothing.

use std::cell::RefCell;

use pest::Parser as _;

use super::context::{self, Context};
use super::cursor::{Cursor, Place};
use super::errors;
use super::grammar::{Grammar, Rule};
use super::lower_record::RecordLine;
use super::lower_scale::ScaleLine;
use super::split::{self, Block, Split, Statement};
use super::tree::{
    Calendar, Example, ExampleLine, ExampleLineKind, FactValue, File, Framework, FrameworkLine, FrameworkLineKind,
    Guarantee, Item, Message, Name, Outcome, Record, Role, Scale, Table, Template, Text, Wording,
};
use super::{
    lower_calendar, lower_example, lower_framework, lower_guarantee, lower_message, lower_record, lower_rule,
    lower_scale, lower_table,
};
use super::{lower_expression as expression, lower_words as words};
use crate::codes_syntax as codes;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::side_by_side::side_by_side;
use crate::source::{FileId, Sources, Span};

/// From so many statements on a file is worth more than one hand.
const LONG: usize = 50;

/// Reads all files as far as they can be read; what can't is reported and left out of the trees.
#[must_use]
pub fn parse(sources: &Sources, found: &mut Diagnostics) -> Vec<File> {
    let files = sources.iter().map(|(id, file)| parse_file(id, &file.text, found)).collect();
    found.tidy();
    files
}

/// Reads all files, or says what is wrong with them. Whoever runs a policy reads it so.
///
/// # Errors
///
/// Everything that is wrong, in the order of its places.
pub fn parse_strictly(sources: &Sources) -> Result<Vec<File>, Diagnostics> {
    let mut found = Diagnostics::new();
    let files = parse(sources, &mut found);
    if found.no_errors() { Ok(files) } else { Err(found) }
}

/// Reads one file.
pub(super) fn parse_file(file: FileId, source: &str, found: &mut Diagnostics) -> File {
    let split = split::split(file, source);
    let (items, findings) = items(file, source, &split);
    let crowds =
        |it: &&Diagnostic| it.code == codes::TWO_ON_A_LINE && findings.iter().any(|other| other.span == it.span);
    split.found.iter().filter(|it| !crowds(it)).chain(&findings).for_each(|it| found.push(it.clone()));
    File { file, items, comments: split.comments, blank_lines: split.blank_lines }
}

/// All items of a file, and what is wrong with its statements. Each statement is read on its own, those of a long file side by side.
fn items(file: FileId, source: &str, split: &Split) -> (Vec<Item>, Vec<Diagnostic>) {
    let read = |statement: &Statement| {
        let found = RefCell::new(Vec::new());
        let reader = Reader { file, source, split, found: &found };
        let (item, goes_on) = (reader.item(statement), reader.may_go_on_from_trouble(statement));
        (item, goes_on, found.into_inner())
    };
    let statements = &split.statements;
    let read: Vec<_> =
        if statements.len() < LONG { statements.iter().map(read).collect() } else { side_by_side(statements, read) };
    let (mut items, mut findings) = (Vec::new(), Vec::new());
    let mut in_trouble = false;
    for (statement, (item, goes_on, found)) in statements.iter().zip(read) {
        if in_trouble && goes_on {
            continue;
        }
        in_trouble = statement.broken || !found.is_empty();
        items.extend(item);
        findings.extend(found);
    }
    (items, findings)
}

/// Reads the statements of one file.
#[derive(Clone, Copy)]
pub(super) struct Reader<'s> {
    pub(super) file: FileId,
    pub(super) source: &'s str,
    pub(super) split: &'s Split,
    pub(super) found: &'s RefCell<Vec<Diagnostic>>,
}

impl<'s> Reader<'s> {
    /// Whether a statement looks like the rest of an item that could not be read: it stands farther right than items do.
    fn may_go_on_from_trouble(self, statement: &Statement) -> bool {
        let item = context::TOP.words.iter().chain(context::TOP.later).any(|it| self.begins_with(statement, it));
        let before = self.source.get(..statement.bytes.start).unwrap_or("");
        !item && statement.block.is_none() && !before.is_empty() && !before.ends_with('\n')
    }

    fn item(self, statement: &'s Statement) -> Option<Item> {
        match errors::leading_word(self, statement, &context::TOP)? {
            "calendar" => self.calendar(statement).map(Item::Calendar),
            "record" => self.record(statement).map(Item::Record),
            "role" => self.role(statement).map(Item::Role),
            "parameter" => {
                self.alone(statement, Rule::parameter, &context::TOP).map(lower_rule::parameter).map(Item::Parameter)
            }
            "define" => self
                .alone(statement, Rule::define, &context::TOP)
                .map(lower_rule::define)
                .map(Box::new)
                .map(Item::Define),
            "scale" => self.scale(statement).map(Box::new).map(Item::Scale),
            "table" => self.table(statement).map(Box::new).map(Item::Table),
            "message" => self.message(statement).map(Item::Message),
            "framework" => self.framework(statement).map(Item::Framework),
            "workflow" => self.workflow(statement).map(Item::Workflow),
            "committee" => self.committee(statement).map(Item::Committee),
            "extend" => self.extend(statement).map(Item::Extend),
            "scenario" => self.scenario(statement).map(Item::Scenario),
            "guarantee" => self.guarantee(statement).map(Item::Guarantee),
            "adjust" => self.adjust(statement).map(Item::Adjust),
            "exempt" => self.exempt(statement).map(Item::Exempt),
            "example" => self.example(statement).map(Item::Example),
            _ => None,
        }
    }

    fn calendar(self, statement: &'s Statement) -> Option<Calendar> {
        let head = self.head(statement, Rule::calendar_head, &context::TOP);
        let lines = self.lines(self.block(statement), &context::CALENDAR, |it| Some(lower_calendar::line(it)));
        let (name, title) = name_and_title(&mut head?);
        Some(Calendar { name, title, lines, span: self.whole(statement) })
    }

    fn record(self, statement: &'s Statement) -> Option<Record> {
        let head = self.head(statement, Rule::record_head, &context::TOP);
        let lines = self.lines(self.block(statement), &context::RECORD, |it| {
            let span = it.span();
            Some((span, lower_record::line(it)))
        });
        let mut head = head?;
        let (name, title) = name_and_title(&mut head);
        let mut record = Record {
            name,
            title,
            of: words::name_in(&mut head, Rule::of_part),
            each: words::name_in(&mut head, Rule::each_part),
            spell: head.maybe(Rule::spell_part).map(lower_record::spell),
            may_be_missing: head.has(Rule::kw_may_be_missing),
            may_overlap: head.maybe(Rule::kw_may_overlap).map(|it| it.span()),
            fields: Vec::new(),
            absent_when: None,
            gone_when: None,
            goes_by: Vec::new(),
            span: self.whole(statement),
        };
        for (span, line) in lines {
            match line {
                RecordLine::AbsentWhen(it) => self.once(&mut record.absent_when, it, span, "absent when"),
                RecordLine::GoneWhen(it) => self.once(&mut record.gone_when, it, span, "gone when"),
                RecordLine::GoesBy(it) => record.goes_by.push(it),
                RecordLine::MayBeMissing => record.may_be_missing = true,
                RecordLine::MayOverlap => record.may_overlap = Some(span),
                RecordLine::Field(it) => record.fields.push(*it),
            }
        }
        Some(record)
    }

    fn role(self, statement: &'s Statement) -> Option<Role> {
        let head = self.head(statement, Rule::role_head, &context::TOP);
        let lines = self.lines(self.block(statement), &context::ROLE, |it| Some(lower_rule::role_line(it)));
        let mut head = head?;
        let (name, title) = name_and_title(&mut head);
        let of = words::name(&head.one(Rule::of_part).one(Rule::name));
        Some(Role { name, title, of, local: lower_rule::local(&mut head), lines, span: self.whole(statement) })
    }

    fn scale(self, statement: &'s Statement) -> Option<Scale> {
        let head = self.head(statement, Rule::scale_head, &context::TOP);
        let lines = self.lines(self.block(statement), &context::SCALE, |it| Some(lower_scale::line(it)));
        let (mut bands, mut caps) = (Vec::new(), Vec::new());
        for line in lines {
            match line {
                ScaleLine::Band(it) => bands.push(*it),
                ScaleLine::Cap(it) => caps.push(*it),
            }
        }
        let mut head = head?;
        let (name, title) = name_and_title(&mut head);
        Some(Scale {
            name,
            title,
            of: expression::sum(head.one(Rule::sum)),
            from: expression::operand_in(&mut head, Rule::from_part),
            until: expression::operand_in(&mut head, Rule::until_part),
            local: lower_rule::local(&mut head),
            bands,
            caps,
            span: self.whole(statement),
        })
    }

    fn table(self, statement: &'s Statement) -> Option<Table> {
        let head = self.head(statement, Rule::table_head, &context::TOP);
        let mut lines = statements(self.block(statement)).iter();
        let columns = lines.next().and_then(|it| self.table_line(it, Rule::table_columns));
        let rows = lines.filter_map(|it| self.table_line(it, Rule::table_row)).map(lower_table::row).collect();
        let mut head = head?;
        let (name, title) = name_and_title(&mut head);
        let of = words::name_in(&mut head, Rule::of_part);
        let each = words::name_in(&mut head, Rule::each_part);
        let from = expression::operand_in(&mut head, Rule::from_part);
        let until = expression::operand_in(&mut head, Rule::until_part);
        let outcome = head.one(Rule::outcome_type);
        Some(Table {
            name,
            title,
            of,
            each,
            from,
            until,
            outcome_span: outcome.span(),
            outcome: lower_table::outcome(outcome),
            hit: lower_table::hit(head.one(Rule::hit)),
            local: lower_rule::local(&mut head),
            columns: columns.map(lower_table::columns).unwrap_or_default(),
            rows,
            span: self.whole(statement),
        })
    }

    /// A line of a table: unlike any other it begins with a sign.
    fn table_line(self, statement: &'s Statement, rule: Rule) -> Option<Cursor<'s>> {
        if !statement.broken && !self.begins_with(statement, "|") {
            errors::leading_word(self, statement, &context::TABLE);
            return None;
        }
        self.alone(statement, rule, &context::TABLE)
    }

    // ---- messages

    fn message(self, statement: &'s Statement) -> Option<Message> {
        let head = self.head(statement, Rule::message_head, &context::TOP);
        let span = self.whole(statement);
        let mut channels = Vec::new();
        let mut urgent = None;
        let mut wording = Wording { subject: None, body: None, span };
        let mut languages = Vec::new();
        for line in statements(self.block(statement)) {
            if self.begins_with(line, "in") {
                languages.extend(self.language(line));
            } else if let Some(mut it) = self.line(line, &context::MESSAGE) {
                let mut it = it.first();
                match it.rule() {
                    Rule::channels => channels.extend(words::names(it.one(Rule::names))),
                    Rule::kw_urgent => self.once(&mut urgent, it.span(), it.span(), "urgent"),
                    _ => self.word(&mut wording, it),
                }
            }
        }
        let mut head = head?;
        let (name, title) = name_and_title(&mut head);
        let worded = wording.subject.is_some() || wording.body.is_some();
        Some(Message {
            name,
            title,
            local: lower_rule::local(&mut head),
            channels,
            urgent,
            wording: worded.then_some(wording),
            languages,
            span,
        })
    }

    fn language(self, statement: &'s Statement) -> Option<(Text, Wording)> {
        let head = self.head(statement, Rule::wording_head, &context::MESSAGE);
        let mut wording = Wording { subject: None, body: None, span: self.whole(statement) };
        for line in statements(self.block(statement)) {
            if let Some(mut it) = self.line(line, &context::WORDING) {
                self.word(&mut wording, it.first());
            }
        }
        Some((words::text(&head?.one(Rule::text)), wording))
    }

    /// Puts a subject or body where it belongs.
    fn word(self, wording: &mut Wording, line: Cursor<'s>) {
        let (span, is_subject) = (line.span(), line.rule() == Rule::subject);
        let template: Template = lower_message::template(line);
        if is_subject {
            self.once(&mut wording.subject, template, span, "subject");
        } else {
            self.once(&mut wording.body, template, span, "body");
        }
    }

    // ---- frameworks

    fn framework(self, statement: &'s Statement) -> Option<Framework> {
        let head = self.head(statement, Rule::framework_head, &context::TOP);
        let mut lines = Vec::new();
        for line in statements(self.block(statement)) {
            match errors::leading_word(self, line, &context::FRAMEWORK) {
                Some("sanction" | "reward" | "measure") => {
                    let kind = self.outcome(line).map(FrameworkLineKind::Outcome);
                    lines.extend(kind.map(|kind| FrameworkLine { kind, span: self.whole(line) }));
                }
                Some("ladder") => {
                    let kind = self.ladder(line).map(FrameworkLineKind::Ladder);
                    lines.extend(kind.map(|kind| FrameworkLine { kind, span: self.whole(line) }));
                }
                Some(_) => {
                    lines.extend(self.alone(line, Rule::framework_line, &context::FRAMEWORK).map(lower_framework::line))
                }
                None => {}
            }
        }
        let (name, title) = name_and_title(&mut head?);
        Some(Framework { name, title, lines, span: self.whole(statement) })
    }

    fn outcome(self, statement: &'s Statement) -> Option<Outcome> {
        let head = self.head(statement, Rule::outcome_head, &context::FRAMEWORK);
        let lines = self.lines(self.block(statement), &context::OUTCOME, |it| Some(lower_framework::outcome_line(it)));
        let mut head = head?;
        let what = lower_framework::proposed(&head);
        let (name, title) = name_and_title(&mut head);
        let from = expression::operand_in(&mut head, Rule::from_part);
        let until = expression::operand_in(&mut head, Rule::until_part);
        Some(Outcome { what, name, title, from, until, lines, span: self.whole(statement) })
    }

    // ---- guarantees

    fn guarantee(self, statement: &'s Statement) -> Option<Guarantee> {
        let head = self.head(statement, Rule::guarantee_head, &context::TOP);
        let lines = self.lines(self.block(statement), &context::GUARANTEE, |it| Some(lower_guarantee::line(it)));
        let title = words::text(&head?.one(Rule::text));
        Some(Guarantee { title, lines, span: self.whole(statement) })
    }

    // ---- examples

    fn example(self, statement: &'s Statement) -> Option<Example> {
        let head = self.head(statement, Rule::example_head, &context::TOP);
        let mut lines = Vec::new();
        for line in statements(self.block(statement)) {
            if line.block.is_some() {
                let kind = self.facts(line);
                lines.extend(kind.map(|kind| ExampleLine { kind, span: self.whole(line) }));
            } else if let Some(it) = self.line(line, &context::EXAMPLE) {
                lines.extend(lower_example::line(it));
            }
        }
        let title = words::text(&head?.one(Rule::text));
        Some(Example { title, lines, span: self.whole(statement) })
    }

    fn facts(self, statement: &'s Statement) -> Option<ExampleLineKind> {
        let head = self.head(statement, Rule::facts_head, &context::EXAMPLE);
        let values: Vec<FactValue> = self.lines(self.block(statement), &context::FACTS, |mut it| {
            Some(lower_example::fact(it.one(Rule::fact_value)))
        });
        Some(lower_example::facts(head?, values))
    }

    // ---- statements

    /// Reads the lines of a block that holds no other blocks.
    pub(super) fn lines<T>(
        self,
        block: Option<&'s Block>,
        context: &'static Context,
        lower: impl Fn(Cursor<'s>) -> Option<T>,
    ) -> Vec<T> {
        statements(block).iter().filter_map(|it| self.line(it, context)).filter_map(lower).collect()
    }

    pub(super) fn line(self, statement: &'s Statement, context: &'static Context) -> Option<Cursor<'s>> {
        errors::leading_word(self, statement, context)?;
        self.alone(statement, context.line, context)
    }

    /// Reads a statement that has no block.
    pub(super) fn alone(self, statement: &'s Statement, rule: Rule, context: &Context) -> Option<Cursor<'s>> {
        if statement.block.is_some() && !statement.broken {
            self.report(errors::needless_block(self, statement));
            return None;
        }
        self.read(statement, rule, context)
    }

    /// Reads the head of a block.
    pub(super) fn head(self, statement: &'s Statement, rule: Rule, context: &Context) -> Option<Cursor<'s>> {
        let head = self.read(statement, rule, context)?;
        if statement.block.is_none() {
            self.report(errors::missing_block(self, statement));
        }
        Some(head)
    }

    fn read(self, statement: &'s Statement, rule: Rule, context: &Context) -> Option<Cursor<'s>> {
        if statement.broken {
            return None;
        }
        let text = self.split.laid.get(statement.bytes.clone()).unwrap_or("");
        match Grammar::parse(rule, text) {
            Ok(mut pairs) => pairs.next().map(|it| Cursor::new(it, self.place(statement.bytes.start))),
            Err(error) => {
                self.explain(statement, context, &error);
                None
            }
        }
    }

    /// Says what is wrong with a statement, unless something is said of it already.
    fn explain(self, statement: &Statement, context: &Context, error: &pest::error::Error<Rule>) {
        let said = self.found.borrow().last().is_some_and(|it| statement.bytes.contains(&(it.span.start as usize)));
        if !said {
            self.report(errors::explain(self, statement, context, error));
        }
    }

    fn place(self, base: usize) -> Place<'s> {
        Place { file: self.file, source: self.source, base, found: self.found }
    }

    pub(super) fn report(self, finding: Diagnostic) {
        self.found.borrow_mut().push(finding);
    }

    pub(super) fn block(self, statement: &'s Statement) -> Option<&'s Block> {
        statement.block.as_ref()
    }

    /// The place of a statement with its block.
    pub(super) fn whole(self, statement: &Statement) -> Span {
        let end = statement.block.as_ref().map_or(statement.bytes.end, |it| it.end);
        Span::new(self.file, statement.bytes.start, end)
    }

    pub(super) fn begins_with(self, statement: &Statement, word: &str) -> bool {
        self.word_at(statement.tokens.start) == word
    }

    /// The text of a token.
    pub(super) fn word_at(self, token: usize) -> &'s str {
        self.split.tokens.get(token).and_then(|it| self.source.get(it.start..it.end)).unwrap_or("")
    }

    /// Keeps what may be said only once.
    pub(super) fn once<T>(self, place: &mut Option<T>, value: T, span: Span, what: &str) {
        if place.is_some() {
            let message = format!("`{what}` is said a second time");
            self.report(Diagnostic::new(codes::SAID_TWICE, span, message).help("keep one of the two"));
        } else {
            *place = Some(value);
        }
    }
}

pub(super) fn statements(block: Option<&Block>) -> &[Statement] {
    block.map_or(&[], |it| &it.statements)
}

pub(super) fn name_and_title(head: &mut Cursor<'_>) -> (Name, Option<Text>) {
    (words::name(&head.one(Rule::name)), words::title(head))
}
