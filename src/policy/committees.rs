//! From the tree of a committee to a checked one.

use crate::codes_flow as flow_codes;
use crate::codes_policy as codes;
use crate::diagnostic::Diagnostic;
use crate::ids::{FieldId, RecordId};
use crate::policy::committee::{AtLeast, Committee, IfLate, Majority, Meets, Membership, Quorum, Recused, Seat};
use crate::policy::expressions::{Place, made};
use crate::policy::flow::OneEach;
use crate::policy::model::{Context, Expr, ExprKind, FieldKind, Shape, Type};
use crate::policy::names::{Builder, Meaning, label};
use crate::syntax::tree::{self, CommitteeLine, CommitteeLineKind as Line, Item, Name, Number};

impl Builder<'_, '_> {
    /// Every committee, in order.
    pub(super) fn committees(&mut self) {
        for item in self.items.clone() {
            if let Item::Committee(written) = item {
                let committee = self.committee(written);
                self.policy.committees.push(committee);
            }
        }
    }

    fn committee(&mut self, written: &tree::Committee) -> Committee {
        let of = written.of.as_ref().and_then(|it| self.record_id(it));
        let subject = self.subject_of_committee(written).or(of);
        let people = self.people(subject);
        let mut committee = Committee {
            label: label(&written.name, written.title.as_ref()),
            of,
            people,
            members: None,
            seats: Vec::new(),
            quorum: None,
            majority: None,
            recused: Vec::new(),
            meets: None,
            for_each_case: false,
            at_least: Vec::new(),
            if_late: None,
        };
        let place = Place { subject, one: Some(("member".to_owned(), people)), each: None, ..Place::default() };
        // Seats first: other lines name them.
        self.all_seats(&written.lines, &mut committee, &place);
        self.committee_lines(&written.lines, &mut committee, &place);
        let late = |lines: &[CommitteeLine]| lines.iter().any(|it| matches!(it.kind, Line::OnATie(_)));
        if late(&written.lines) && committee.majority.is_none() && !self.unparsed {
            let words =
                format!("committee `{}` says what follows a tie, but not what a majority is", written.name.text);
            let help = "add a line such as `majority more than half of the votes cast`";
            self.report(Diagnostic::new(flow_codes::NO_MAJORITY, written.name.span, words).help(help));
        }
        committee
    }

    fn committee_lines(&mut self, lines: &[CommitteeLine], committee: &mut Committee, place: &Place) {
        self.said_once(lines.iter().map(|it| (&it.kind, it.span)), |it| matches!(it, Line::AtLeast { .. }));
        for line in lines {
            self.committee_line(line, committee, place);
        }
    }

    fn all_seats(&mut self, lines: &[CommitteeLine], committee: &mut Committee, place: &Place) {
        for line in lines {
            match &line.kind {
                Line::Seats(seats) => seats.iter().for_each(|it| self.seat(it, committee, place)),
                Line::ForEachCase(lines) => self.all_seats(lines, committee, place),
                Line::Members(_)
                | Line::Quorum { .. }
                | Line::Majority { .. }
                | Line::OnATie(_)
                | Line::Recuse(_)
                | Line::Meets(_)
                | Line::AtLeast { .. }
                | Line::IfLate { .. } => {}
            }
        }
    }

    fn seat(&mut self, written: &tree::Seat, committee: &mut Committee, place: &Place) {
        if let Some(first) = committee.seats.iter().find(|it| it.label.name == written.name.text) {
            let words = format!("seat `{}` is named twice", written.name.text);
            let twice = Diagnostic::new(codes::DECLARED_TWICE, written.name.span, words);
            self.report(twice.label(first.label.span, "the first").help("write how many there are before the name"));
            return;
        }
        committee.seats.push(Seat {
            label: label(&written.name, None),
            count: written.count.as_ref().map_or(1, |it| self.small(it)),
            votes: !written.without_vote,
            condition: written.condition.as_ref().and_then(|it| self.condition_at(it, place)),
        });
    }

    pub(super) fn small(&mut self, number: &Number) -> u32 {
        match number.text.parse() {
            Ok(count) if (1..=1000).contains(&count) => count,
            _ => {
                let words = format!("`{}` is no number of people", number.text);
                self.error(codes::WRONG_TYPE, number.span, words);
                1
            }
        }
    }

    fn committee_line(&mut self, line: &CommitteeLine, committee: &mut Committee, place: &Place) {
        match &line.kind {
            Line::Seats(_) => {}
            Line::Members(name) => committee.members = self.membership(name, committee),
            Line::Quorum { count, of_voters, among } => {
                let among = among.iter().filter_map(|it| self.seat_named(it, committee)).collect();
                let count = self.small(count);
                committee.quorum = Some(Quorum { count, of_voters: *of_voters, among, span: line.span });
            }
            Line::Majority { share, of } => {
                let on_a_tie = committee.majority.as_ref().and_then(|it| it.on_a_tie);
                committee.majority = Some(Majority { share: *share, of: *of, on_a_tie });
            }
            Line::OnATie(who) => {
                let seat = who.as_ref().and_then(|it| self.seat_named(it, committee));
                if let Some(majority) = &mut committee.majority {
                    majority.on_a_tie = seat;
                }
            }
            Line::Recuse(who) => {
                for role in who {
                    let recused = match role {
                        None => Some(Recused::Subject),
                        Some(role) => self.role_id(role).map(Recused::Role),
                    };
                    committee.recused.extend(recused);
                }
            }
            Line::Meets(tree::MeetsEvery::Period(name)) => {
                committee.meets = self.period_kind(name).map(Meets::Period);
            }
            Line::Meets(tree::MeetsEvery::Length(length)) => {
                committee.meets = self.length(length).map(Meets::Every);
            }
            Line::AtLeast { count, condition, when } => {
                let when = when.as_ref().and_then(|it| self.condition_at(it, place));
                let count = self.small(count);
                let condition = self.condition_at(condition, place);
                committee.at_least.extend(condition.map(|condition| AtLeast { count, condition, when }));
            }
            Line::IfLate { times, none_again, default_by_each } => {
                let times = self.small(times);
                committee.if_late = Some(IfLate { times, none_again: *none_again, default_by_each: *default_by_each });
            }
            Line::ForEachCase(lines) => {
                committee.for_each_case = true;
                self.committee_lines(lines, committee, place);
            }
        }
    }

    /// The records that say who sits where: each names a person, and a seat by its name.
    fn membership(&mut self, name: &Name, committee: &Committee) -> Option<Membership> {
        let record = self.record_id(name)?;
        let kind = self.policy.record(record);
        let fits = match (kind.shape, committee.of) {
            (Shape::Child { of }, Some(own)) => of == own,
            (Shape::Entity { .. }, None) => true,
            _ => false,
        };
        let named = |list: &FieldKind| match list {
            FieldKind::Choice(list) => {
                let choices = &self.policy.choices[list.index()].choices;
                committee.seats.iter().all(|seat| choices.iter().any(|it| it.name == seat.label.name))
            }
            _ => false,
        };
        let fields = || kind.fields.iter().enumerate();
        let seat = fields().find(|(_, it)| named(&it.kind)).map(|it| FieldId::at(it.0));
        // Whom else they refer to, such as who appointed them, does not sit there.
        let to = |kind: &FieldKind| if let FieldKind::Reference(to) = kind { Some(*to) } else { None };
        let all: Vec<(FieldId, RecordId)> =
            fields().filter_map(|it| Some((FieldId::at(it.0), to(&it.1.kind)?))).collect();
        let known: Vec<FieldId> = all.iter().filter(|it| it.1 == committee.people).map(|it| it.0).collect();
        let people: Vec<FieldId> = if known.is_empty() { all.iter().map(|it| it.0).collect() } else { known };
        if let (true, Some(seat), [person]) = (fits, seat, people.as_slice()) {
            return Some(Membership { record, person: *person, seat });
        }
        let words = format!("`{}` does not say who sits on committee `{}`", name.text, committee.label.name);
        let people = &self.policy.record(committee.people).label.name;
        let seats: Vec<&str> = committee.seats.iter().map(|it| it.label.name.as_str()).collect();
        let whose = committee.of.map_or_else(String::new, |it| format!(" of {}", self.policy.record(it).label.name));
        let key = if committee.of.is_none() { "id key text; " } else { "" };
        let help = format!(
            "declare `record {}{whose} {{ {key}person {people}; seat one of {} }}`",
            name.text,
            seats.join(", ")
        );
        self.report(Diagnostic::new(flow_codes::MEMBERS, name.span, words).help(help));
        None
    }

    fn seat_named(&mut self, name: &Name, committee: &Committee) -> Option<usize> {
        let found = committee.seats.iter().position(|it| it.label.name == name.text);
        if found.is_none() {
            let known: Vec<String> = committee.seats.iter().map(|it| it.label.name.clone()).collect();
            self.unknown_name(name, "seat", &known);
        }
        found
    }

    /// The subject of the first workflow in which the committee decides.
    fn subject_of_committee(&self, written: &tree::Committee) -> Option<RecordId> {
        let decides = |it: &tree::Workflow| {
            super::stages::placed(it)
                .iter()
                .any(|it| it.stage.decided_by.as_ref().is_some_and(|by| by.text == written.name.text))
        };
        let workflow = self
            .items
            .iter()
            .filter_map(|it| if let Item::Workflow(it) = it { Some(it) } else { None })
            .find(|it| decides(it))?;
        let record = workflow.lines.iter().find_map(|line| match &line.kind {
            tree::WorkflowLineKind::ForEach { record, .. } => Some(record.text.clone()),
            tree::WorkflowLineKind::ForEachProposed { of, .. } => {
                let frameworks = &self.policy.frameworks;
                let named = |it: &&super::framework::Framework| of.as_ref().is_none_or(|of| it.label.name == of.text);
                frameworks.iter().find(named).map(|it| self.policy.record(it.subject).label.name.clone())
            }
            _ => None,
        })?;
        match self.names.get(&record) {
            Some((Meaning::Record(id), _)) => Some(*id),
            _ => None,
        }
    }

    /// The record type of people: that with an address, else that of the subject.
    pub(super) fn people(&self, subject: Option<RecordId>) -> RecordId {
        let written_to =
            self.policy.records.iter().position(|it| it.fields.iter().any(|field| field.kind == FieldKind::Email));
        written_to.map(RecordId::at).or(subject).unwrap_or(RecordId(0))
    }

    /// `for each reviewer in nominations where …, at least 3 of them`
    pub(super) fn one_each(&mut self, written: &tree::OneEach, place: &mut Place) -> Option<OneEach> {
        let subject = place.subject?;
        let members = match &written.whose {
            Some((within, [field, this])) => {
                let (records, field, this) = (written.records.clone(), field.clone(), this.clone());
                tree::Members::Referring { records, field, within: *within, this }
            }
            None => tree::Members::Children(written.records.clone()),
        };
        let (members, about) = self.members(&members, subject, place)?;
        let records = about.subject?;
        let kind = self.policy.record(records);
        let person = kind.field_named(&written.name.text);
        let who = match person.map(|it| &kind.fields[it.index()].kind) {
            Some(FieldKind::Reference(record)) => *record,
            _ if matches!(kind.shape, Shape::Entity { .. }) => records,
            _ => {
                let words = format!("`{}` names nobody called `{}`", kind.label.name, written.name.text);
                let help = format!("give it a field `{}` that refers to a person", written.name.text);
                self.report(Diagnostic::new(codes::UNKNOWN_NAME, written.name.span, words).help(help));
                return None;
            }
        };
        let person = person.filter(|_| who != records);
        let condition = written.condition.as_ref().and_then(|it| self.condition_at(it, &about));
        let at_least = written.at_least.as_ref().map(|it| self.small(it));
        place.each_one = Some((written.name.text.clone(), records));
        Some(OneEach { name: written.name.text.clone(), members, person, condition, at_least })
    }

    /// The person at hand: somebody who may sit on a committee.
    pub(super) fn one(&self, name: &Name, place: &Place) -> Option<Expr> {
        let (_, record) = place.one.as_ref().filter(|(word, _)| *word == name.text)?;
        made(ExprKind::Context(Context::One), Type::Record(*record), name.span)
    }
}
