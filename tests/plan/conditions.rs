//! Conditions of a policy that is made up.

use crate::writer::{Each, Here, Kind, Named, Of, Stretch, Writer};

impl Writer {
    /// Yes or no, in brackets unless it is a single word.
    pub(crate) fn condition(&mut self, here: Here) -> String {
        if here.depth == 0 || self.draw.one_in(4) {
            return self.comparison(Here { depth: 0, ..here });
        }
        let inner = here.deeper();
        let in_period = u64::from(here.each != Each::Never);
        let few = u64::from(here.times <= 4);
        let weights = [9, 6, 5, 2, 6 * in_period * few, 5 * few, 4 * in_period * few, 2, 2, 2 * in_period, 1];
        match self.draw.weighted(&weights) {
            0 => self.comparison(inner),
            1 | 2 => {
                let word = self.draw.pick(&[" and ", " or ", " or "]);
                let parts: Vec<String> = (0..self.draw.below(2) + 2).map(|_| self.condition(inner)).collect();
                format!("({})", parts.join(word))
            }
            3 => format!("(not {})", self.condition(inner)),
            4 => self.history(here),
            5 => self.quantified(here).unwrap_or_else(|| self.comparison(inner)),
            6 => self.share_of_all(here).unwrap_or_else(|| self.comparison(inner)),
            7 => {
                let (a, b, c) = (self.condition(inner), self.condition(inner), self.condition(inner));
                format!("(if {a} then {b} else {c})")
            }
            8 => {
                let (value, default) = (self.condition(inner), self.draw.pick(&["yes", "no"]));
                format!("({value}, if unknown treat as {default})")
            }
            9 => self.over_days(here).unwrap_or_else(|| self.comparison(inner)),
            _ => match here.of == Of::Officer && here.each == Each::Year {
                true => "(any sanction imposed in the last 2 years)".to_owned(),
                false => self.comparison(inner),
            },
        }
    }

    /// A comparison of values of any kind.
    fn comparison(&mut self, here: Here) -> String {
        match self.any_kind(here) {
            _ if self.draw.percent(5) => self.same_record(here),
            Kind::YesNo => self.truth(here),
            kind if self.draw.percent(10) => {
                let value = self.of_kind(here, kind).unwrap_or_else(|| "today".to_owned());
                format!("({value} {})", self.draw.pick(&["is known", "is unknown"]))
            }
            Kind::Number => {
                let (value, stretch) = self.number_and_stretch(here);
                self.compared(here, value, (Kind::Number, true), stretch)
            }
            kind @ Kind::Choice(list) => match self.choice(here, kind) {
                Some(value) => self.compared(here, value, (kind, self.lists[list].ordered), Stretch::PLAIN),
                None => self.truth(here),
            },
            kind => {
                let value = self.of_kind(here, kind).unwrap_or_default();
                // An event that is another's too meets what has not happened on both sides.
                self.compared(here, value, (kind, true), Stretch::PLAIN)
            }
        }
    }

    fn truth(&mut self, here: Here) -> String {
        let called = self.called(here, Kind::YesNo).map(|it| it.0);
        let Some(called) = called else {
            let (value, stretch) = self.number_and_stretch(here);
            return self.compared(here, value, (Kind::Number, true), stretch);
        };
        match self.draw.below(8) {
            0 => format!("({called} is {})", self.draw.pick(&["yes", "no", "not yes"])),
            1 => {
                let other = self.called(here, Kind::YesNo).map_or_else(|| "yes".to_owned(), |it| it.0);
                format!("({called} {} {other})", self.draw.pick(&["is", "is not"]))
            }
            2 => format!("({called} {})", self.draw.pick(&["is known", "is unknown"])),
            _ => called,
        }
    }

    fn compared(&mut self, here: Here, value: String, (kind, ordered): (Kind, bool), stretch: Stretch) -> String {
        let inner = here.deeper();
        let literal = |writer: &mut Self| writer.literal(kind, stretch).unwrap_or_default();
        let other = if here.depth > 0 && self.draw.one_in(2) { self.of_kind(inner, kind) } else { None };
        let other = match other {
            Some(other) => other,
            None if kind != Kind::Number && self.draw.one_in(3) => {
                self.called(inner, kind).map_or_else(|| String::from("?"), |it| it.0)
            }
            None => literal(self),
        };
        let other = if other == "?" { literal(self) } else { other };
        match self.draw.below(if ordered { 12 } else { 4 }) {
            0 => format!("({value} is {other})"),
            1 | 4 => format!("({value} is not {other})"),
            2 | 3 => {
                let (a, b) = (literal(self), literal(self));
                format!(
                    "({value} {} {other}, {a}, {b})",
                    self.draw.pick(&["is one of", "is not one of", "is not one of"])
                )
            }
            5 => {
                let below = self.draw.pick(&["", "below "]);
                let low = literal(self);
                format!("({value} is {low} to {below}{other})")
            }
            6 => {
                let low = literal(self);
                format!("({value} is {}above {low} to {other})", self.draw.pick(&["", "not "]))
            }
            at => format!("({value} {} {other})", ["<", "<=", ">", ">=", "<"][usize::try_from(at).unwrap_or(7) - 7]),
        }
    }

    /// Whether two name the same.
    fn same_record(&mut self, here: Here) -> String {
        let names: Vec<Named> = self.spoken_of(here).filter(|it| matches!(it.kind, Kind::Record(_))).cloned().collect();
        let Some(one) = names.get(self.draw.place(names.len())).cloned() else { return self.truth(here) };
        let other = self.called(here, one.kind).map(|it| it.0);
        let other = match (one.kind, here.of) {
            (Kind::Record(Of::Officer), Of::Officer) if self.draw.one_in(3) => "officer".to_owned(),
            _ => other.unwrap_or_else(|| one.name.clone()),
        };
        format!("({} {} {other})", one.name, self.draw.pick(&["is", "is not"]))
    }

    fn history(&mut self, here: Here) -> String {
        let count = self.draw.below(3) + 1;
        let last = count + self.draw.below(4 - count.min(3)) + u64::from(self.draw.one_in(2));
        let inner = here.times(last);
        let condition = self.condition(inner);
        let unit = here.each.unit();
        let run = match self.draw.below(3) {
            0 => format!("in {} consecutive {unit}", count.max(2)),
            1 => format!("in {count} of the last {last} {unit}"),
            _ => format!("in any {} consecutive of the last {} {unit}", count.max(2), last.max(3)),
        };
        let missing = match self.draw.below(6) {
            0 | 1 => ", skipping missing",
            2 => ", counting missing as yes",
            3 => ", counting missing as no",
            _ => "",
        };
        let breaks = if self.draw.one_in(3) { ", which breaks the run" } else { "" };
        let afresh = if self.draw.one_in(12) { ", then afresh" } else { "" };
        let condition = if condition.starts_with('(') { condition } else { format!("({condition})") };
        format!("({condition} {run}{breaks}{missing}{afresh})")
    }

    fn quantified(&mut self, here: Here) -> Option<String> {
        let (members, inner) = self.members(here)?;
        let word = self.draw.pick(&["any", "no", "every"]);
        if word == "every" || self.draw.one_in(3) {
            let condition = self.condition(inner);
            return Some(format!("({word} {members} satisfies {condition})"));
        }
        Some(format!("({word} {members})"))
    }

    fn share_of_all(&mut self, here: Here) -> Option<String> {
        let (among, words) = self.ranked(here)?;
        let among = among.split_once(' ').map(|it| it.1.to_owned())?;
        let inner = Here { times: 12, depth: 0, ..here };
        let ties = match self.draw.below(4) {
            0 => "ties all in".to_owned(),
            1 => "ties all out".to_owned(),
            _ => {
                let order = self.draw.pick(&["", "the earlier ", "the later ", "the higher ", "the lower "]);
                let kind = if order.contains("er ") && (order.contains("earl") || order.contains("lat")) {
                    Kind::Day
                } else {
                    Kind::Number
                };
                let then = self.draw.pick(&["then all in", "then all out"]);
                match self.called(inner, kind) {
                    Some((by, _)) => format!("ties by {order}{by}, {then}"),
                    None => "ties all in".to_owned(),
                }
            }
        };
        let rounded = self.draw.pick(&["places rounded up", "places rounded down"]);
        if self.draw.one_in(4) {
            let name = self.new_name("part");
            let parts = format!("{{ {name}_0 first 20%, {name}_1 up to 60%, {name}_2 the rest }}");
            let at = self.draw.below(3);
            let sign = self.draw.pick(&[">=", "is", "<"]);
            return Some(format!("((split {among} into {parts}, {rounded}, {ties}, {words}) {sign} {name}_{at})"));
        }
        if self.draw.one_in(2) {
            let (end, share) =
                (self.draw.pick(&["top", "bottom", "best", "worst"]), self.draw.pick(&["10%", "25%", "50%"]));
            return Some(format!("(in the {end} {share} of {among}, {rounded}, {ties}, {words})"));
        }
        let (end, count) = (self.draw.pick(&["best", "worst"]), self.draw.below(4) + 1);
        Some(format!("(in the {end} {count} of {among}, {ties}, {words})"))
    }

    /// A comparison asked of every day of the year.
    fn over_days(&mut self, here: Here) -> Option<String> {
        if here.each != Each::Year {
            return None;
        }
        let dated: Vec<Named> = self.spoken_of(here).filter(|it| it.dated).cloned().collect();
        let of = dated.get(self.draw.place(dated.len()))?.clone();
        // What is no begins like what gathers.
        let literal = if of.kind == Kind::YesNo { "yes".to_owned() } else { self.literal(of.kind, of.stretch)? };
        Some(format!("({} is {literal} {})", of.name, self.draw.pick(&["throughout year", "at any time in year"])))
    }
}
