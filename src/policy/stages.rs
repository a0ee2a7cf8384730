//! Stages and decisions: their lines, and where choices and lapses lead.

use crate::codes_flow as flow_codes;
use crate::codes_policy as codes;
use crate::diagnostic::Diagnostic;
use crate::ids::StageId;
use crate::policy::calendars::roll_of;
use crate::policy::expressions::Place;
use crate::policy::flow::{Confirms, Decision, Needs, OnChoice, Sends, Then};
use crate::policy::model::{Done, DueLine, Extension, Label, Party, Stage, Step, StepKind, Type};
use crate::policy::names::{Builder, Meaning, label};
use crate::source::Span;
use crate::syntax::tree::{self, ExprKind, Name, StageLineKind};

/// A stage of the text with its place: inside which other, beside which others.
pub(super) struct Placed<'t> {
    pub(super) stage: &'t tree::Stage,
    /// The stage inside which it stands.
    pub(super) inside: Option<StageId>,
    /// The number of its `together` block.
    pub(super) together: Option<u32>,
    /// Whether at most one stage of that block is open at a time.
    pub(super) one_at_a_time: bool,
}

/// Every stage of a workflow in the order of the text, those inside others behind them.
pub(super) fn placed(written: &tree::Workflow) -> Vec<Placed<'_>> {
    let mut stages = Vec::new();
    let mut block = 0;
    for line in &written.lines {
        match &line.kind {
            tree::WorkflowLineKind::Stage(stage) => place(stage, None, None, &mut stages),
            tree::WorkflowLineKind::Together { stages: beside, one_at_a_time } => {
                beside.iter().for_each(|it| place(it, None, Some((block, *one_at_a_time)), &mut stages));
                block += 1;
            }
            _ => {}
        }
    }
    stages
}

fn place<'t>(
    stage: &'t tree::Stage,
    inside: Option<StageId>,
    block: Option<(u32, bool)>,
    stages: &mut Vec<Placed<'t>>,
) {
    let id = StageId::at(stages.len());
    let (together, one_at_a_time) = (block.map(|it| it.0), block.is_some_and(|it| it.1));
    stages.push(Placed { stage, inside, together, one_at_a_time });
    for line in &stage.lines {
        if let StageLineKind::OnInside { stage: inner, .. } = &line.kind {
            place(inner, Some(id), None, stages);
        }
    }
}

impl Builder<'_, '_> {
    pub(super) fn stage(&mut self, placed: &Placed<'_>, place: &Place, ends: &[Label]) -> Stage {
        let written = placed.stage;
        let mut place = place.clone();
        self.stage_lines_are_said_once(written);
        let mut stage = Stage {
            label: label(&written.name, written.title.as_ref()),
            cite: None,
            opens: None,
            after: Vec::new(),
            enough: None,
            leaving_out: false,
            only_if: None,
            due: Vec::new(),
            closes: None,
            lapses_at_due: false,
            on_lapse: Then::Continue,
            lapse_mark: None,
            by: Vec::new(),
            but_not: Vec::new(),
            fills: Vec::new(),
            done: Done::AllFilled,
            steps: Vec::new(),
            extension: None,
            decision: None,
            choices: Vec::new(),
            on_choice: Vec::new(),
            sends: Vec::new(),
            deemed_received: None,
            needs: Vec::new(),
            inside: placed.inside,
            together: placed.together,
            one_at_a_time: placed.one_at_a_time,
            for_each: None,
            adjusted: Vec::new(),
            lasting: None,
        };
        if let Some(by) = &written.decided_by {
            self.decided_by(&mut stage, by, &place);
            place.committee = stage.decision.as_ref().and_then(|it| it.committee);
        }
        if let Some(each) = &written.for_each {
            stage.for_each = self.one_each(each, &mut place);
        }
        stage.choices = self.choices_of(written);
        for line in &written.lines {
            self.stage_line(&mut stage, line, &place, ends);
        }
        if let Some(lasting) = stage.lasting.clone() {
            self.ends_with_its_time(&mut stage, &lasting, &written.name);
        }
        if stage.for_each.is_some() {
            self.each_does_a_part(&mut stage, &written.name);
        }
        let says_done = !stage.fills.is_empty()
            || !stage.choices.is_empty()
            || !stage.sends.is_empty()
            || stage.decision.is_some()
            || stage.for_each.is_some()
            || stage.lasting.is_some()
            || !matches!(stage.done, Done::AllFilled);
        if !says_done && !self.unparsed {
            let words = format!("nobody can complete stage `{}`: it does not say when it is done", written.name.text);
            let help = "say which fields its actor `fills`, or `done when …`, or `done on …`";
            self.report(Diagnostic::new(codes::NEVER_DONE, written.name.span, words).help(help));
        }
        stage
    }

    /// A stage for each of several people lies with them, and each does a part of their own.
    fn each_does_a_part(&mut self, stage: &mut Stage, name: &Name) {
        let words = if !stage.choices.is_empty() {
            "what each of them would choose says nothing of how the case goes on"
        } else if !stage.sends.is_empty() {
            "it opens once for each of several people, and sends nothing for all of them"
        } else if !matches!(stage.done, Done::AllFilled) {
            "it is done when each of them has done their part"
        } else if stage.by.iter().any(|it| *it != Party::One) {
            "it lies with each of those for whom it opens"
        } else {
            stage.by = vec![Party::One];
            return;
        };
        let called = stage.for_each.as_ref().map_or_else(String::new, |it| it.name.clone());
        let help = format!("say `by {called}` and what each `fills`; who decides together is a committee");
        self.report(Diagnostic::new(flow_codes::EACH_A_PART, name.span, words).help(help));
    }

    /// Reminders, rungs, and due dates that hold under a condition or for a time may stand more than once.
    fn stage_lines_are_said_once(&mut self, written: &tree::Stage) {
        let repeats = |it: &StageLineKind| match it {
            StageLineKind::Remind { .. }
            | StageLineKind::Escalate { .. }
            | StageLineKind::Sends { .. }
            | StageLineKind::On { .. }
            | StageLineKind::OnInside { .. }
            | StageLineKind::Needs { .. } => true,
            StageLineKind::Due(due) => due.when.is_some() || due.from.is_some() || due.until.is_some(),
            _ => false,
        };
        self.said_once(written.lines.iter().map(|it| (&it.kind, it.span)), repeats);
    }

    fn stage_line(&mut self, stage: &mut Stage, line: &tree::StageLine, place: &Place, ends: &[Label]) {
        match &line.kind {
            StageLineKind::Cite(text) => stage.cite = Some(text.text.clone()),
            StageLineKind::Opens { when, after } => {
                stage.opens = when.as_ref().and_then(|it| self.date_rule(it, place));
                stage.after = after.stages.iter().filter_map(|it| self.stage_id(it, place)).collect();
                stage.enough = after.enough.as_ref().and_then(|it| self.how_many_suffice(it, &after.stages));
                stage.leaving_out = after.leaving_out;
            }
            StageLineKind::Due(due) => {
                self.length_is_left_open(due);
                let due = self.due_line(due, line.span, place);
                stage.due.extend(due);
            }
            StageLineKind::Closes(date) => stage.closes = self.date_rule(date, place),
            StageLineKind::By { who, but_not } => {
                self.decides_in_its_head(stage, line.span);
                stage.by.extend(self.parties(who, place));
                stage.but_not = self.parties(but_not, place);
            }
            StageLineKind::Fills(fields) => stage.fills = fields.iter().filter_map(|it| self.fill(it, place)).collect(),
            StageLineKind::DoneWhen(condition) => {
                if let Some(condition) = self.condition_at(condition, place) {
                    stage.done = Done::When(condition);
                }
            }
            StageLineKind::DoneOn(date) => {
                if let Some(date) = self.expr(date, place, Some(&Type::Date)) {
                    if date.ty == Type::Date {
                        stage.done = Done::On(date);
                    } else {
                        let words =
                            format!("a date is expected behind `done on`, and this is {}", self.type_words(&date.ty));
                        self.error(codes::WRONG_TYPE, date.span, words);
                    }
                }
            }
            StageLineKind::Remind { who, timing, message, named } => {
                let step = self.step(stage, StepKind::Reminder, timing, named.as_ref(), line.span);
                let (to, message) = (self.parties(who, place), self.message_id(message, place));
                stage.steps.extend(step.map(|step| Step { to, message, ..step }));
            }
            StageLineKind::Escalate { to, timing, message, default_by, named } => {
                let step = self.step(stage, StepKind::Rung, timing, named.as_ref(), line.span);
                let to = self.parties(to, place);
                let message = message.as_ref().and_then(|it| self.message_id(it, place));
                let default_by = default_by.as_ref().and_then(|it| self.party(it, place));
                stage.steps.extend(step.map(|step| Step { to, message, default_by, ..step }));
            }
            StageLineKind::Extend { times, at_most, by } => {
                let at_most = match &at_most.kind {
                    ExprKind::Length(length) => self.length(length),
                    _ => {
                        self.error(
                            codes::WRONG_TYPE,
                            at_most.span,
                            "a length of time is expected here, such as `30 days`",
                        );
                        None
                    }
                };
                let by = self.party(by, place);
                if let (Ok(times), Some(at_most), Some(by)) = (times.text.parse(), at_most, by) {
                    stage.extension = Some(Extension { times, at_most, by });
                }
            }
            StageLineKind::LapsesAtDue { marked } => {
                stage.lapses_at_due = true;
                if let Some(mark) = marked {
                    stage.lapse_mark = Some(mark.text.clone());
                }
            }
            StageLineKind::OnLapse { then, marked } => {
                stage.on_lapse = self.then(then, place, ends).unwrap_or(Then::Continue);
                if let Some(mark) = marked {
                    stage.lapse_mark = Some(mark.text.clone());
                }
            }
            StageLineKind::OnlyIf(condition) => stage.only_if = self.condition_at(condition, place),
            StageLineKind::Sends { message, to } => {
                let to = self.parties(to, place);
                stage.sends.extend(self.message_id(message, place).map(|message| Sends { message, to }));
            }
            StageLineKind::Choose(_) => {}
            StageLineKind::On { choice, then, marked, lessens } => {
                if *lessens && !place.hears_sanctions() {
                    let words = "only the proceedings of a proposed sanction can lessen it";
                    let help = "take it out, or say `for each proposed sanction` in the head of the workflow";
                    self.report(Diagnostic::new(flow_codes::LESSENS_NOTHING, line.span, words).help(help));
                }
                let then = self.then(then, place, ends);
                let mark = marked.as_ref().map(|it| it.text.clone());
                let choice = self.choice_of(stage, choice);
                if let (Some(choice), Some(then)) = (choice, then) {
                    self.leads_once(stage, choice, line.span);
                    stage.on_choice.push(OnChoice { choice, then, mark, lessens: *lessens, span: line.span });
                }
            }
            StageLineKind::OnInside { choice, stage: inner } => {
                let Some(id) = place.stage_named(&inner.name.text) else { return };
                if choice.text == "lapse" {
                    stage.on_lapse = Then::Inside(id);
                } else if let Some(choice) = self.choice_of(stage, choice) {
                    self.leads_once(stage, choice, line.span);
                    stage.on_choice.push(OnChoice {
                        choice,
                        then: Then::Inside(id),
                        mark: None,
                        lessens: false,
                        span: line.span,
                    });
                }
            }
            StageLineKind::Stays(stays) => match &mut stage.decision {
                Some(decision) => decision.stays = Some(*stays),
                None => self.only_in_a_decision(line.span),
            },
            StageLineKind::Confirms { fields, on } => {
                let confirms = self.confirms((fields, on), stage, line.span, place);
                match &mut stage.decision {
                    Some(decision) => decision.confirms = Some(confirms),
                    None => self.only_in_a_decision(line.span),
                }
            }
            StageLineKind::Needs { fields, when } => {
                let fields = fields.iter().filter_map(|it| self.fill(it, place)).collect();
                stage.needs.extend(self.condition_at(when, place).map(|when| Needs { fields, when }));
            }
            StageLineKind::Deemed(length) => stage.deemed_received = self.length(length),
            StageLineKind::Lasts(lasts) => {
                stage.lasting = self.lasting(lasts, line.span, place);
                // Where it is not understood, only that is told.
                stage.lapses_at_due |= stage.lasting.is_none();
            }
        }
    }

    fn due_line(&mut self, due: &tree::Due, span: Span, place: &Place) -> Option<DueLine> {
        let when = due.when.as_ref().and_then(|it| self.condition_at(it, place));
        let clock = due.clock.as_ref().or_else(|| clock_in(&due.date)).map(|it| self.clock(it));
        Some(DueLine {
            span,
            when,
            date: self.date_rule(&due.date, place)?,
            or_else: due.or_else.as_ref().and_then(|it| self.date_rule(it, place)),
            clock,
            late_comers: due.late_comers.as_ref().and_then(|it| self.date_rule(it, place)),
            roll: due.roll.map(roll_of),
            from: due.from.as_ref().and_then(|it| self.first_day(it)),
            until: due.until.as_ref().and_then(|it| self.last_day(it)),
        })
    }

    pub(super) fn stage_id(&mut self, name: &Name, place: &Place) -> Option<StageId> {
        let found = place.stage_named(&name.text);
        if found.is_none() {
            self.unknown_name(name, "stage", &place.stages.clone());
        }
        found
    }

    /// Of the stages named, fewer than all suffice.
    fn how_many_suffice(&mut self, written: &tree::Number, stages: &[Name]) -> Option<u32> {
        let enough = self.small(written);
        let all = u32::try_from(stages.len()).unwrap_or(u32::MAX);
        if (1..all).contains(&enough) {
            return Some(enough);
        }
        let words = match stages {
            [_] => "of one stage it can only wait for that one".to_owned(),
            _ => format!("it waits for {enough} of {all} stages"),
        };
        let names = stages.iter().map(|it| it.text.as_str()).collect::<Vec<_>>().join(", ");
        let fewer =
            if all > 2 { format!("a number from 1 to {}", all - 1) } else { "`the first of` several".to_owned() };
        let help = format!("write `after {names}` if it waits for all of them, or {fewer}");
        self.report(Diagnostic::new(flow_codes::SO_MANY_OF, written.span, words).help(help));
        None
    }

    // ---- choices and decisions

    /// By whom a decision is made: a committee, or somebody whom the case knows.
    fn decided_by(&mut self, stage: &mut Stage, by: &Name, place: &Place) {
        let mut decision = Decision::default();
        match self.names.get(&by.text) {
            Some((Meaning::Committee(at), _)) => decision.committee = Some(*at),
            _ => stage.by = self.party(by, place).into_iter().collect(),
        }
        stage.decision = Some(decision);
    }

    fn decides_in_its_head(&mut self, stage: &Stage, span: Span) {
        if stage.decision.is_some() {
            let words = "who decides stands in the head of a decision";
            self.report(Diagnostic::new(flow_codes::DECIDES_IN_HEAD, span, words).help("take this line out"));
        }
    }

    fn only_in_a_decision(&mut self, span: Span) {
        let words = "only a decision confirms something, or stays what was decided before";
        self.report(
            Diagnostic::new(flow_codes::ONLY_IN_DECISION, span, words).help("write it into a `decision … by … { … }`"),
        );
    }

    fn choices_of(&mut self, written: &tree::Stage) -> Vec<Label> {
        let lines = written.lines.iter();
        let choose = lines.filter_map(|it| if let StageLineKind::Choose(it) = &it.kind { Some(it) } else { None });
        let mut choices: Vec<Label> = Vec::new();
        for choice in choose.flatten() {
            if let Some(first) = choices.iter().find(|it| it.name == choice.name.text) {
                let words = format!("`{}` stands twice among the choices", choice.name.text);
                let twice = Diagnostic::new(codes::DECLARED_TWICE, choice.name.span, words);
                self.report(twice.label(first.span, "the first").help("leave one of them out"));
            } else {
                choices.push(label(&choice.name, choice.title.as_ref()));
            }
        }
        choices
    }

    fn choice_of(&mut self, stage: &Stage, name: &Name) -> Option<usize> {
        let found = stage.choices.iter().position(|it| it.name == name.text);
        if found.is_none() {
            let known: Vec<String> = stage.choices.iter().map(|it| it.name.clone()).collect();
            self.unknown_name(name, "choice", &known);
        }
        found
    }

    fn confirms(
        &mut self,
        (fields, on): (&[tree::Expr], &[tree::Name]),
        stage: &Stage,
        span: Span,
        place: &Place,
    ) -> Confirms {
        let fields = fields.iter().filter_map(|it| self.fill(it, place)).collect();
        let choices = on.iter().filter(|it| it.text != "lapse");
        let named: Vec<usize> = choices.filter_map(|it| self.choice_of(stage, it)).collect();
        let on_lapse = on.iter().any(|it| it.text == "lapse");
        Confirms { fields, on: (!on.is_empty()).then_some(named), on_lapse, span }
    }

    fn leads_once(&mut self, stage: &Stage, choice: usize, span: Span) {
        if let Some(first) = stage.on_choice.iter().find(|it| it.choice == choice) {
            let words = format!("it is said twice where `{}` leads", stage.choices[choice].name);
            let twice =
                Diagnostic::new(flow_codes::LEADS_TWICE, span, words).label(first.span, "it is said here first");
            self.report(twice.help("keep one of the two"));
        }
    }

    /// Where a choice or a lapse leads; the ends of the workflow are known here, if it names any.
    fn then(&mut self, written: &tree::Then, place: &Place, ends: &[Label]) -> Option<Then> {
        Some(match written {
            tree::Then::Continue => Then::Continue,
            tree::Then::Cancel => Then::Cancel,
            tree::Then::Finish(None) => Then::Finish(None),
            tree::Then::Finish(Some(end)) => {
                if !ends.iter().any(|it| it.name == end.text) {
                    let known: Vec<String> = ends.iter().map(|it| it.name.clone()).collect();
                    if known.is_empty() {
                        let words = format!("this workflow does not say that it may end in `{}`", end.text);
                        let help = format!("add a line `ends {}` with every way in which it may end", end.text);
                        self.report(Diagnostic::new(flow_codes::NO_SUCH_END, end.span, words).help(help));
                    } else {
                        self.unknown_name(end, "end of this workflow called", &known);
                    }
                    return None;
                }
                Then::Finish(Some(end.text.clone()))
            }
            tree::Then::LeaveOut(stages) => {
                Then::LeaveOut(stages.iter().filter_map(|it| self.stage_id(it, place)).collect())
            }
            tree::Then::GoBack { to, at_most } => {
                Then::GoBack { to: self.stage_id(to, place)?, at_most: at_most.text.parse().unwrap_or(1) }
            }
        })
    }
}

fn clock_in(date: &tree::Expr) -> Option<&tree::Clock> {
    match &date.kind {
        ExprKind::AtClock { clock, .. } => Some(clock),
        _ => None,
    }
}
