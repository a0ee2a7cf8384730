//! Answers what the case machine asks, by the rules of the case's policy and the facts as they are known.

use std::sync::Arc;

use jiff::civil::Date;

use crate::calendar::{Calendar, DateRole, Deadline, Direction, Extension, Length, Period, SuspendedDays};
use crate::casework::desk::opening_day;
use crate::casework::entered::Laid;
use crate::eval::{self, Calendars, CaseContext, DateOptions, Facts, Listener, Possible, Resolution, Scope};
use crate::ids::StageId;
use crate::policy::flow::Needs;
use crate::policy::model::{
    Cancel, Done, DueLine, Expr, ExprKind, Fill, Party, Policy, Shape, Stage, StageState, Type, Workflow,
};
use crate::source::Span;
use crate::value::{Known, RecordRef, Truth, Value};
use crate::workflow::{
    Alarm, Anchored, Answer, Asked, Case, DueDate, Forming, Granted, HolderNote, Outlook, Sitting, StageCase,
    StageDates, StageStatus, Suspension,
};

/// The facts and rules around one case.
pub(super) struct CaseOutlook<'a> {
    policy: &'a Policy,
    facts: &'a dyn Facts,
    /// The same with what is still to be confirmed in the case, if anything is.
    laid: Option<Laid<'a>>,
    pub(super) workflow: &'a Workflow,
    calendar: &'a Calendar,
    subject: RecordRef,
    pub(super) period: Option<Period>,
    grace_after_adoption: u32,
    listener: Option<&'a dyn Listener>,
}

impl<'a> CaseOutlook<'a> {
    pub(super) fn new(
        policy: &'a Policy,
        facts: &'a dyn Facts,
        workflow: &'a Workflow,
        case: &Case,
        grace_after_adoption: u32,
    ) -> Self {
        let calendar = &policy.calendars[workflow.calendar];
        let first: Option<Date> = case.period.parse().ok();
        let period = workflow.each.zip(first).and_then(|(kind, first)| calendar.period_containing(kind, first).ok());
        let subject = RecordRef { record: workflow.subject, key: Arc::from(case.subject.as_str()) };
        let laid = Laid::over(facts, policy, &subject, case);
        Self { policy, facts, laid, workflow, calendar, subject, period, grace_after_adoption, listener: None }
    }

    pub(super) fn heard_by(self, listener: Option<&'a dyn Listener>) -> Self {
        Self { listener, ..self }
    }

    pub(super) fn scope(&self, on: Date) -> Scope<'_> {
        Scope::new(self.policy, self.calendar, self.facts(), self.subject.clone(), self.period, on)
            .in_case_of(&self.workflow.label.name)
            .by_one_calendar(self.workflow.names_calendar)
            .heard_by(self.listener)
    }

    /// The calendars by which the subject may go on a day.
    pub(super) fn calendars(&self, day: Date) -> Calendars<'_> {
        if self.workflow.names_calendar || self.policy.calendar_lines(self.subject.record).is_none() {
            // Nobody need be asked: it is asked many times in each look.
            return Calendars::of_everybody(self.calendar, day);
        }
        self.scope(day).calendars(day)
    }

    /// What only the case knows, as seen from one of its stages on a day.
    pub(super) fn context_of(&self, case: &Case, stage: &str, day: Date) -> CaseContext {
        let state = case.stages.get(stage);
        let place = self.workflow.stages.iter().position(|it| it.label.name == stage);
        // What its alarm tells is due ends on its last day.
        let due = state.map_or(case.alarmed, |it| it.dates.due.as_ref().map(|it| it.day));
        let holder = state.and_then(|it| it.holders.first()).and_then(|it| it.who.as_ref());
        let record = |(record, key): &(String, String)| {
            Some(RecordRef { record: self.policy.record_named(record)?, key: Arc::from(key.as_str()) })
        };
        CaseContext {
            workflow: self.workflow.label.title.clone(),
            stage: place.map_or_else(String::new, |at| self.workflow.stages[at].label.title.clone()),
            choice: place.and_then(|at| self.workflow.stages[at].title_of(state?.choice.as_deref()?)),
            opening: state.and_then(|it| it.opening.as_ref()).map(|it| it.anchor.clone()),
            due,
            today: Some(day),
            holder: holder.and_then(record),
            stages: self.workflow.stages.iter().map(|it| moments_of(case, &it.label.name)).collect(),
            proposal: case.proposal.as_ref().map(|it| eval::ProposedFacts {
                rule: it.rule.clone(),
                amount: it.amount.clone(),
                because: it.because.clone(),
                on: it.on,
            }),
            ..CaseContext::default()
        }
    }

    /// A line of the policy that is no expression was gone by.
    pub(super) fn goes_by(&self, line: Span) {
        self.listener.iter().for_each(|it| it.applied(line));
    }

    pub(super) fn policy(&self) -> &'a Policy {
        self.policy
    }

    pub(super) fn facts(&self) -> &dyn Facts {
        self.laid.as_ref().map_or(self.facts, |it| it)
    }

    pub(super) fn subject(&self) -> &RecordRef {
        &self.subject
    }

    pub(super) fn stage(&self, id: StageId) -> &'a Stage {
        self.workflow.stage(id)
    }

    pub(super) fn note(&self, found: Resolution, capacity: String) -> HolderNote {
        let name = |who: &RecordRef| (self.policy.record(who.record).label.name.clone(), who.key.to_string());
        let mut why = found.why;
        why.extend(found.missing.iter().map(|it| format!("{it} is not known")));
        HolderNote { who: found.holder.as_ref().map(name), capacity, why, part: None }
    }

    /// Who somebody of the case is, these left aside; nobody stands in a role for themselves.
    fn found(&self, asked: Asked<'_>, party: &Party, mut never: Vec<RecordRef>) -> HolderNote {
        if matches!(party, Party::Role(_)) {
            never.push(self.subject.clone());
        }
        let found = eval::holder_except(&self.scope(asked.on), party, &never);
        self.note(found, self.capacity(party))
    }

    fn capacity(&self, party: &Party) -> String {
        match party {
            Party::Subject => self.policy.record(self.workflow.subject).label.name.clone(),
            Party::Role(role) => self.policy.roles[role.index()].label.name.clone(),
            Party::Owner => {
                let owner = self.policy.child_of(self.workflow.subject);
                owner.map(|it| self.policy.record(it).label.name.clone()).unwrap_or_default()
            }
            Party::Reference(field) => self.policy.field(self.workflow.subject, *field).label.name.clone(),
            Party::One => "one of them".to_owned(),
            Party::Members | Party::Seat(_) => "member".to_owned(),
        }
    }

    /// The days that the clock stood still since a stage opened, as the calendar wants them.
    pub(super) fn suspended(case: &Case, since: Date) -> Vec<SuspendedDays> {
        let after = case.suspensions.iter().filter_map(|it| Some((it.from.max(since), it.until?)));
        after
            .filter(|(from, until)| from <= until)
            .map(|(from, until)| SuspendedDays { from, until, why: "the clock stood still".to_owned() })
            .collect()
    }

    /// The extensions that a stage was granted since a day, as the calendar wants them.
    pub(super) fn granted(&self, asked: Asked<'_>, since: Date) -> Vec<Extension> {
        let state = asked.case.stage(&self.stage(asked.stage).label.name);
        let extension = |it: &Granted| {
            let because = it.because.as_ref().map_or_else(String::new, |it| format!(": {it}"));
            let why = format!("granted by {} on {}{because}", it.by, crate::calendar::day_in_words(it.on));
            Extension { length: it.length, why }
        };
        state
            .filter(|it| it.status == StageStatus::Running)
            .map_or_else(Vec::new, |it| it.extensions.iter().filter(|it| it.on >= since).map(extension).collect())
    }

    /// Since when a condition that holds on a day has held. What holds since the case opened was learnt later, on the day at hand.
    fn since(&self, case: &Case, condition: &Expr, holds_on: Date, found: Date) -> Date {
        let opened = case.opened.unwrap_or(found);
        let (stretches, _) = eval::true_days(&self.scope(holds_on), condition, opened, holds_on);
        stretches.last().map(|it| it.0).filter(|it| *it > opened).unwrap_or(found)
    }

    /// The due date that the first line that applies gives. While a fact is missing that tells which, it is the latest of those that
    /// may apply, for the sake of the person concerned.
    fn due(
        &self,
        scope: &Scope<'_>,
        asked: Asked<'_>,
        opening: &Anchored,
        dates: &mut StageDates,
    ) -> Result<(), String> {
        if let Some(due) = self.ordered_due(asked, opening)? {
            dates.due = Some(due_date(the_later(due, dates)));
            return Ok(());
        }
        let mut possible = Vec::new();
        for line in self.lines_that_may_apply(scope, asked, dates) {
            let Some(due) = self.due_of(line, scope, asked, opening, dates)? else { return Ok(()) };
            possible.push(due);
        }
        let only = if possible.len() == 1 { possible.pop() } else { self.calendar.latest_of(possible) };
        dates.due = only.map(due_date);
        Ok(())
    }

    /// After which day nobody may write.
    fn closes(
        &self,
        asked: Asked<'_>,
        context: &CaseContext,
        dates: &mut StageDates,
    ) -> Result<Option<DueDate>, String> {
        if let Some(closes) = self.ordered_closing(asked)? {
            return Ok(Some(due_date(the_later(closes, dates))));
        }
        let Some(rule) = &self.stage(asked.stage).closes else { return Ok(None) };
        let context = CaseContext { due: dates.due.as_ref().map(|it| it.day), ..context.clone() };
        let scope = self.scope(asked.on).with_context(&context);
        let closes = settle(eval::possible_date(&scope, rule, &DateOptions::closing())?, dates);
        Ok(if let Answer::Known(closes) = closes { Some(due_date(closes)) } else { None })
    }

    /// What one line gives: its date, or that for late comers where it would lie before the opening.
    fn due_of(
        &self,
        line: &DueLine,
        scope: &Scope<'_>,
        asked: Asked<'_>,
        opening: &Anchored,
        dates: &mut StageDates,
    ) -> Result<Option<Deadline>, String> {
        let bare = DateOptions {
            role: DateRole::Due,
            roll: line.roll,
            at: line.clock,
            suspensions: Self::suspended(asked.case, opening.day),
            ..DateOptions::due()
        };
        let (first, rule) = match (eval::possible_date(scope, &line.date, &bare)?, &line.or_else) {
            (Answer::NotYet, Some(rule)) => (eval::possible_date(scope, rule, &bare)?, rule),
            (answer, _) => (answer, &line.date),
        };
        let Answer::Known(due) = settle(first, dates) else { return Ok(None) };
        // Which date it is does not hang on what was granted beyond it.
        let in_time = due.date >= opening.day || asked.case.adopted.is_some_and(|adopted| due.date < adopted);
        let rule = match &line.late_comers {
            Some(late) if due.date < opening.day => late,
            _ if in_time => rule,
            _ => {
                let stage = &self.stage(asked.stage).label.name;
                return Err(format!(
                    "`{stage}` would be due on {}, before it opened on {}, and the policy has no date for late comers",
                    due.date, opening.day
                ));
            }
        };
        let options = DateOptions { extensions: self.granted(asked, Date::MIN), ..bare };
        if due.date >= opening.day && options.extensions.is_empty() {
            return Ok(Some(due));
        }
        let due = settle(eval::possible_date(scope, rule, &options)?, dates);
        Ok(if let Answer::Known(due) = due { Some(due) } else { None })
    }

    /// When a stage is due again that was overdue on the day of adoption; one that was over by then keeps its true dates.
    fn grace_after_adoption(
        &self,
        scope: &Scope<'_>,
        asked: Asked<'_>,
        opening: &Anchored,
        dates: &mut StageDates,
    ) -> Result<Option<DueDate>, String> {
        let Some(adopted) = asked.case.adopted else { return Ok(None) };
        let Some(due) = self.overdue_by(scope, asked, opening, dates, (adopted, Date::MIN))? else { return Ok(None) };
        let was_due = eval::render(&Value::Known(Known::Date(due)), self.policy);
        let what = format!("the adoption of the store (it had been due on {was_due})");
        let more = self.granted(asked, Date::MIN);
        let again = eval::grace(&self.scope(adopted), adopted, self.grace_after_adoption, (&what, more))?;
        Ok(Some(due_date(the_later(again, dates))))
    }

    /// When a stage is due that was in time when its case moved to this version of the policy, and by it would have been overdue: as
    /// long after the move as after adoption.
    fn grace_after_move(
        &self,
        scope: &Scope<'_>,
        asked: Asked<'_>,
        opening: &Anchored,
        dates: &mut StageDates,
    ) -> Result<Option<DueDate>, String> {
        let spared = asked.case.stage(&self.stage(asked.stage).label.name).and_then(|it| it.spared);
        let Some(moved) = spared else { return Ok(None) };
        let Some(due) = self.overdue_by(scope, asked, opening, dates, (moved, moved))? else { return Ok(None) };
        let was_due = eval::render(&Value::Known(Known::Date(due)), self.policy);
        let what = format!("the move to this version of the policy (by it, it would have been due on {was_due})");
        let again =
            eval::grace(&self.scope(moved), moved, self.grace_after_adoption, (&what, self.granted(asked, moved)))?;
        Ok(Some(due_date(the_later(again, dates))))
    }

    /// The day on which a stage had been due, if it was overdue on a day and not over by then. It does not hang on what was granted
    /// since.
    fn overdue_by(
        &self,
        scope: &Scope<'_>,
        asked: Asked<'_>,
        opening: &Anchored,
        dates: &StageDates,
        (day, granted_since): (Date, Date),
    ) -> Result<Option<Date>, String> {
        let mut bare = dates.clone();
        if !self.granted(asked, granted_since).is_empty() {
            let mut case = asked.case.clone();
            for stage in case.stages.values_mut() {
                Arc::make_mut(stage).extensions.retain(|it| it.on < granted_since);
            }
            bare = StageDates::default();
            self.due(scope, Asked { case: &case, ..asked }, opening, &mut bare)?;
        }
        let due = bare.due.map(|it| it.day).filter(|due| *due < day);
        let closed = dates.closes.as_ref().is_some_and(|it| it.day < day);
        let over = due.is_none() || closed || matches!(self.done(asked), Answer::Known(on) if on < day);
        Ok(due.filter(|_| !over))
    }

    /// The first line that applies, behind those of which a missing fact leaves it open; none if it is open whether any does.
    fn lines_that_may_apply(&self, scope: &Scope<'_>, asked: Asked<'_>, dates: &mut StageDates) -> Vec<&'a DueLine> {
        let rule_day = self.period.map_or(asked.on, |it| it.first);
        let mut possible = Vec::new();
        for line in &self.stage(asked.stage).due {
            let holds = line.from.is_none_or(|it| it <= rule_day) && line.until.is_none_or(|it| it >= rule_day);
            if !holds {
                continue;
            }
            match line.when.as_ref().map_or(Truth::Yes, |it| eval::truth(scope, it)) {
                Truth::Yes => {
                    scope.applied(line.span);
                    possible.push(line);
                    return possible;
                }
                Truth::Unknown(missing) => {
                    dates.waiting_for.extend(missing.iter().map(ToString::to_string));
                    possible.push(line);
                }
                Truth::No | Truth::NotApplicable => {}
            }
        }
        Vec::new()
    }

    /// Whether everything that a stage fills is there, and the last day that an event among it states.
    ///
    /// What it needs under a condition belongs to it while that may hold.
    fn all_filled(&self, stage: &Stage, scope: &Scope<'_>, on: Date) -> Answer<Option<Date>> {
        let mut last_event = None;
        for fill in self.filled_by(stage, scope) {
            match self.value_filled(fill, on) {
                Value::Known(Known::Date(day)) => last_event = last_event.max(Some(day)),
                Value::Known(_) => {}
                Value::Unknown(_) | Value::NotApplicable | Value::NotHappened => return Answer::NotYet,
            }
        }
        if stage.fills.is_empty() { Answer::NotYet } else { Answer::Known(last_event) }
    }

    /// What a stage fills, and what it needs while the condition of that may hold.
    pub(super) fn filled_by<'s>(&self, stage: &'s Stage, scope: &Scope<'_>) -> Vec<&'s Fill> {
        let may_hold = |it: &&Needs| matches!(eval::truth(scope, &it.when), Truth::Yes | Truth::Unknown(_));
        let needed = stage.needs.iter().filter(may_hold).flat_map(|it| &it.fields);
        stage.fills.iter().chain(needed).collect()
    }

    pub(super) fn value_filled(&self, fill: &Fill, on: Date) -> Value {
        match self.policy.record(fill.record).shape {
            Shape::Panel { each, .. } => match self.period {
                Some(period) => self.facts().panel(&self.subject, fill.record, each, period.first, fill.field),
                None => Value::Unknown(Vec::new()),
            },
            Shape::Entity { .. } | Shape::Child { .. } => self.facts().field(&self.subject, fill.field, on),
        }
    }
}

fn settle(answer: Answer<Possible<Deadline>>, dates: &mut StageDates) -> Answer<Deadline> {
    if let Answer::Unknown(missing) = &answer {
        dates.waiting_for.extend(missing.iter().cloned());
    }
    answer.map(|it| the_later(it, dates))
}

/// Of the dates that it may be, the later one, for the sake of the person concerned.
fn the_later(possible: Possible<Deadline>, dates: &mut StageDates) -> Deadline {
    dates.waiting_for.extend(possible.missing);
    possible.latest
}

fn due_date(deadline: Deadline) -> DueDate {
    DueDate {
        day: deadline.date,
        until: deadline.moment.0,
        expected: deadline.expected,
        derivation: deadline.derivation,
    }
}

fn moments_of(case: &Case, stage: &str) -> eval::StageDays {
    let state = case.stages.get(stage);
    eval::StageDays {
        opened: state.and_then(|it| it.opening.as_ref()).map(|it| it.day),
        due: state.and_then(|it| it.dates.due.as_ref()).map(|it| it.day),
        done: state.filter(|it| it.status == StageStatus::Done && it.has_ended()).and_then(|it| it.ended),
        ended: state.filter(|it| it.has_ended()).and_then(|it| it.ended),
        sent: state.filter(|it| it.again.is_not()).and_then(|it| case.left_on(it)),
        received: state.filter(|it| it.again.is_not()).and_then(|it| case.received(it)),
        state: state.filter(|it| it.again.is_not()).and_then(|it| match it.status {
            StageStatus::Done if it.late => Some(StageState::Late),
            StageStatus::Done => Some(StageState::OnTime),
            StageStatus::Lapsed => Some(StageState::Lapsed),
            StageStatus::LeftOut => Some(StageState::LeftOut),
            StageStatus::Running | StageStatus::Cancelled => None,
        }),
    }
}

impl Outlook for CaseOutlook<'_> {
    fn left(&self, case: &Case, on: Date) -> Option<Date> {
        if let Some(since) = eval::let_off_since(&self.scope(on), self.workflow, on) {
            return Some(since).filter(|it| case.opened.is_none_or(|opened| *it > opened)).or(Some(on));
        }
        let condition = self.workflow.condition.as_ref()?;
        let last = self.period.map_or(on, |it| it.last.min(on));
        if eval::truth(&self.scope(last), condition) != Truth::No {
            return None;
        }
        let (span, kind) = (condition.span, ExprKind::Not(Box::new(condition.clone())));
        Some(self.since(case, &Expr { kind, ty: Type::YesNo, span }, last, on))
    }

    fn cancelled(&self, case: &Case, on: Date) -> Option<(usize, Date)> {
        let holds = |it: &Cancel| eval::truth(&self.scope(on), &it.when) == Truth::Yes;
        let which = self.workflow.cancels.iter().position(holds)?;
        Some((which, self.since(case, &self.workflow.cancels[which].when, on, on)))
    }

    fn suspensions(&self, _case: &Case, from: Date, until: Date) -> Vec<Suspension> {
        let Some(condition) = &self.workflow.suspend else { return Vec::new() };
        let (days, _) = eval::true_days(&self.scope(until), condition, from, until);
        days.into_iter()
            .map(|(first, last)| Suspension { from: first, until: (last < until).then_some(last) })
            .collect()
    }

    fn case_closes(&self, _case: &Case) -> Answer<Option<Date>> {
        let Some(rule) = &self.workflow.closes else { return Answer::Known(None) };
        let on = self.period.map_or(Date::ZERO, |it| it.first);
        match eval::possible_date(&self.scope(on), rule, &DateOptions::closing()) {
            Ok(Answer::Known(possible)) => Answer::Known(Some(possible.latest.date)),
            Ok(Answer::NotYet) => Answer::NotYet,
            Ok(Answer::Unknown(missing)) => Answer::Unknown(missing),
            Err(words) => Answer::Unknown(vec![words]),
        }
    }

    fn over_since(&self, case: &Case, since: Date) -> Option<Date> {
        let note = case.proposal.as_ref()?;
        let framework = self.policy.frameworks.iter().find(|it| it.label.name == note.framework)?;
        match eval::last_day_in_force(&self.scope(since), framework.lasts_from(&note.rule, since)?, since) {
            Ok(Answer::Known(last)) => last.date.tomorrow().ok(),
            Ok(Answer::NotYet | Answer::Unknown(_)) | Err(_) => None,
        }
    }

    fn alarm(&self, case: &Case, since: Date, on: Date) -> Option<Alarm> {
        self.alarm_of(case, since, on)
    }

    fn takes_place(&self, asked: Asked<'_>) -> Truth {
        let condition = self.stage(asked.stage).only_if.as_ref();
        let context = self.context_of(asked.case, &self.stage(asked.stage).label.name, asked.on);
        condition.map_or(Truth::Yes, |it| eval::truth(&self.scope(asked.on).with_context(&context), it))
    }

    fn opening(&self, asked: Asked<'_>) -> Answer<Anchored> {
        let stage = self.stage(asked.stage);
        let Some(rule) = &stage.opens else { return Answer::NotYet };
        let context = self.context_of(asked.case, &stage.label.name, asked.on);
        match eval::anchor(&self.scope(asked.on).with_context(&context), rule) {
            Answer::Known(anchor) => match opening_day(&anchor) {
                Some(day) => Answer::Known(Anchored { day, anchor }),
                None => Answer::NotYet,
            },
            Answer::NotYet => Answer::NotYet,
            Answer::Unknown(missing) => Answer::Unknown(missing),
        }
    }

    fn dates(&self, asked: Asked<'_>, opening: &Anchored) -> Result<StageDates, String> {
        let stage = self.stage(asked.stage);
        let mut context = self.context_of(asked.case, &stage.label.name, asked.on);
        context.opening = Some(opening.anchor.clone());
        let scope = self.scope(asked.on).with_context(&context);
        let mut dates = StageDates::default();
        self.due(&scope, asked, opening, &mut dates)?;
        dates.closes = self.closes(asked, &context, &mut dates)?;
        if let Some(again) = self.grace_after_adoption(&scope, asked, opening, &mut dates)? {
            dates.due = Some(again);
            dates.closes = self.closes(asked, &context, &mut dates)?;
        }
        if let Some(again) = self.grace_after_move(&scope, asked, opening, &mut dates)? {
            dates.due = Some(again);
            dates.closes = self.closes(asked, &context, &mut dates)?;
        }
        Ok(dates)
    }

    fn reopened_by(&self, asked: Asked<'_>) -> Option<String> {
        self.order_that_reopens(asked)
    }

    fn why_moved(&self, asked: Asked<'_>, before: &StageDates, now: &StageDates) -> String {
        if let Some(order) = self.new_order(asked, before, now) {
            return order;
        }
        let named = |name: &str| self.policy.calendars.iter().find(|it| it.name() == name);
        let same = |it: &DueDate| {
            let now = it.derivation.recompute_by(&named);
            now.is_ok_and(|now| (now.date, now.expected) == (it.day, it.expected))
        };
        if before.due.iter().chain(&before.closes).all(same) {
            "a fact that the date rests on changed".to_owned()
        } else {
            "the calendar changed".to_owned()
        }
    }

    fn done(&self, asked: Asked<'_>) -> Answer<Date> {
        let stage = self.stage(asked.stage);
        if let Some(each) = &stage.for_each {
            return self.done_by_each(asked, each);
        }
        let context = self.context_of(asked.case, &stage.label.name, asked.on);
        let scope = self.scope(asked.on).with_context(&context);
        let sent = asked.case.stage(&stage.label.name).and_then(StageCase::sent);
        if !stage.sends.is_empty() && stage.choices.is_empty() {
            let Some(sent) = sent else { return Answer::NotYet };
            if matches!(&stage.done, Done::AllFilled) && stage.fills.is_empty() {
                return Answer::Known(sent);
            }
        }
        let stated = match &stage.done {
            Done::AllFilled => self.all_filled(stage, &scope, asked.on),
            Done::When(condition) => match eval::truth(&scope, condition) {
                Truth::Yes => return Answer::Known(asked.on),
                _ => Answer::NotYet,
            },
            Done::On(date) => match eval::value(&scope, date) {
                Value::Known(Known::Date(day)) => Answer::Known(Some(day)),
                _ => Answer::NotYet,
            },
        };
        let Answer::Known(stated) = stated else { return Answer::NotYet };
        let all = asked.case.stage(&stage.label.name).filter(|_| stage.by.len() > 1);
        if let Some(all) = all.filter(|_| matches!(&stage.done, Done::AllFilled)) {
            // Several must all sign, whoever wrote what it fills.
            return match all.signed_on().filter(|_| all.is_signed()) {
                Some(on) => Answer::Known(stated.map_or(on, |it| it.max(on))),
                None => Answer::NotYet,
            };
        }
        // Nor does what was there before somebody was charged count as an answer to it.
        let charged = asked.case.proposal.is_some();
        let anew = asked.case.stage(&stage.label.name).filter(|it| charged || it.came_anew());
        let opened = anew.and_then(|it| it.opening.as_ref()).map_or(Date::MIN, |it| it.day);
        // What was there before the case went back does not count again by itself.
        let counts = anew.is_none_or(|it| it.completed.is_some()) || stated.is_some_and(|it| it > opened);
        let stated = stated.filter(|it| *it >= opened).or(anew.and_then(|it| it.completed));
        if counts { Answer::Known(stated.unwrap_or(asked.on)) } else { Answer::NotYet }
    }

    fn filled(&self, asked: Asked<'_>) -> bool {
        let stage = self.stage(asked.stage);
        let context = self.context_of(asked.case, &stage.label.name, asked.on);
        let scope = self.scope(asked.on).with_context(&context);
        matches!(self.all_filled(stage, &scope, asked.on), Answer::Known(last) if last.is_none_or(|it| it <= asked.on))
    }

    fn unfilled(&self, asked: Asked<'_>) -> Vec<String> {
        let stage = self.stage(asked.stage);
        let context = self.context_of(asked.case, &stage.label.name, asked.on);
        let scope = self.scope(asked.on).with_context(&context);
        let missing = |fill: &Fill| {
            let name = &self.policy.field(fill.record, fill.field).label.name;
            match self.value_filled(fill, asked.on) {
                Value::Known(Known::Date(day)) if day > asked.on => {
                    Some(format!("`{name}` ({} is still to come)", crate::calendar::day_in_words(day)))
                }
                Value::Known(_) => None,
                Value::Unknown(_) | Value::NotApplicable | Value::NotHappened => Some(format!("`{name}`")),
            }
        };
        self.filled_by(stage, &scope).into_iter().filter_map(missing).collect()
    }

    fn has_done(&self, asked: Asked<'_>, holder: &HolderNote) -> bool {
        self.part_done(asked, holder).is_some()
    }

    fn panel(&self, asked: Asked<'_>) -> Vec<Sitting> {
        let committee = self.stage(asked.stage).decision.as_ref().and_then(|it| it.committee);
        let committee = committee.and_then(|at| self.policy.committees.get(at));
        committee.map_or_else(Vec::new, |it| self.sitting(asked, it))
    }

    fn forming(&self, asked: Asked<'_>) -> Option<Forming> {
        let at = self.stage(asked.stage).decision.as_ref()?.committee?;
        let committee = self.policy.committees.get(at).filter(|it| it.for_each_case)?;
        Some(self.form(asked, committee))
    }

    fn holders(&self, asked: Asked<'_>) -> Vec<HolderNote> {
        if let Some(forming) = self.forming(asked) {
            return forming.holders;
        }
        let stage = self.stage(asked.stage);
        if let Some(committee) = stage.decision.as_ref().and_then(|it| self.policy.committees.get(it.committee?)) {
            return self.members(asked, committee);
        }
        let scope = self.scope(asked.on);
        if let Some(each) = &stage.for_each {
            return self.each(asked, each);
        }
        let never: Vec<RecordRef> = stage.but_not.iter().filter_map(|it| eval::holder(&scope, it).holder).collect();
        stage.by.iter().map(|it| self.found(asked, it, never.clone())).collect()
    }

    fn has_gone(&self, asked: Asked<'_>, party: &Party) -> bool {
        eval::concerned(self.policy, &self.subject, party)
            .is_some_and(|it| eval::gone(&self.scope(asked.on), &it).is_some())
    }

    fn concerned(&self, party: &Party) -> Option<(String, String)> {
        let who = eval::concerned(self.policy, &self.subject, party)?;
        Some((self.policy.record(who.record).label.name.clone(), who.key.to_string()))
    }

    fn who(&self, asked: Asked<'_>, party: &Party) -> HolderNote {
        self.found(asked, party, Vec::new())
    }

    fn step_day(&self, from: Date, length: Option<Length>, before: bool) -> Option<Date> {
        let direction = if before { Direction::Before } else { Direction::After };
        let day = |it: &Calendar| it.step_day(from, length, direction).ok();
        // Who is reminded of a date is reminded sooner; what follows upon it follows later.
        let calendars = self.calendars(from);
        if before { calendars.earliest(day) } else { calendars.latest(day) }
    }

    fn working_day_from(&self, day: Date) -> Date {
        self.calendars(day).latest(|it| it.next_working_day(day).unwrap_or(day))
    }

    fn working_days_after(&self, day: Date, count: u32) -> Date {
        self.calendars(day).latest(|it| it.add_working_days(day, i64::from(count)).unwrap_or(day))
    }

    fn working_days_between(&self, after: Date, until: Date) -> i64 {
        self.calendars(after).earliest(|it| it.working_days_between(after, until))
    }

    fn begin_of(&self, day: Date) -> i64 {
        self.calendars(day).latest(|it| it.start_of_day(day).0)
    }

    fn end_of(&self, day: Date) -> i64 {
        self.calendars(day).latest(|it| it.end_of_day(day).0)
    }

    fn notices_of(&self, day: Date) -> i64 {
        self.calendars(day).latest(|it| it.notices_at(day).0)
    }
}
