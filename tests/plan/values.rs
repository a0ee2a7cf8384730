//! Values of a policy that is made up: whatever is reckoned, chosen or gathered.

use crate::writer::{Each, Here, Kind, Named, Of, Stretch, Writer};

impl Writer {
    /// A value of a kind; nothing where there is none of it.
    pub(crate) fn of_kind(&mut self, here: Here, kind: Kind) -> Option<String> {
        match kind {
            Kind::YesNo => Some(self.condition(here)),
            Kind::Number => Some(self.number(here)),
            Kind::Money => Some(self.money(here)),
            Kind::Day => Some(self.some_day(here)),
            Kind::Choice(_) => self.choice(here, kind),
            Kind::Length => Some(self.length(here)),
            Kind::Record(_) => self.called(here, kind).map(|it| it.0),
        }
    }

    pub(crate) fn number(&mut self, here: Here) -> String {
        self.number_and_stretch(here).0
    }

    /// What is called, or else a literal.
    fn plain(&mut self, here: Here, kind: Kind) -> String {
        let called = self.called(here, kind).map(|it| it.0);
        called.or_else(|| self.literal(kind, Stretch::PLAIN)).unwrap_or_else(|| "yes".to_owned())
    }

    fn plain_number(&mut self, here: Here) -> (String, Stretch) {
        match self.called(here, Kind::Number) {
            Some(found) => found,
            None => (self.number_in(Stretch::PLAIN), Stretch::PLAIN),
        }
    }

    pub(crate) fn number_and_stretch(&mut self, here: Here) -> (String, Stretch) {
        let (plain, stretch) = self.plain_number(here);
        if here.depth == 0 {
            return (plain, stretch);
        }
        let in_period = here.each != Each::Never;
        let gathers = u64::from(here.times < 40);
        let weights = [
            5,
            6,
            2,
            2,
            3,
            3,
            3,
            4,
            2,
            2,
            2,
            6 * gathers,
            u64::from(in_period) * 3 * gathers,
            2,
            2,
            u64::from(in_period) * gathers,
        ];
        let inner = here.deeper();
        let text = match self.draw.weighted(&weights) {
            0 => return (plain, stretch),
            1 => {
                let sign = self.draw.pick(&["+", "-", "*", "/"]);
                let other = if self.draw.one_in(3) { self.number_in(stretch) } else { self.number(inner) };
                let below_nought = sign == "/" && self.draw.one_in(4);
                let other = if below_nought { format!("-{}", self.draw.below(9) + 1) } else { other };
                let first = if self.draw.one_in(2) { self.number(inner) } else { plain };
                // A sum of few things stays where it can be banded.
                format!("({first} {sign} {other})")
            }
            2 => {
                let money = self.money(inner);
                let other = self.plain(inner, Kind::Money);
                format!("({money} / {other})")
            }
            3 => format!("(-{plain})"),
            4 => {
                let word = self.draw.pick(&["least", "greatest"]);
                let (other, third) = (self.number(inner), self.plain(inner, Kind::Number));
                format!("({word} of {plain}, {other}, {third})")
            }
            5 => {
                let word = self.draw.pick(&["at least", "at most"]);
                let limit = if self.draw.one_in(3) { self.number_in(stretch) } else { self.number(inner) };
                let value = if self.draw.one_in(2) { plain } else { self.number(inner) };
                format!("({value}, {word} {limit})")
            }
            6 => {
                let (mode, to) = (self.rounding(), self.grid());
                let value = self.number(inner);
                format!("({value}, {mode} to {to})")
            }
            7 => {
                let condition = self.condition(inner);
                // Both ways often give the same.
                let other = match self.draw.below(3) {
                    0 => plain.clone(),
                    1 => self.number_in(stretch),
                    _ => self.number(inner),
                };
                format!("(if {condition} then {plain} else {other})")
            }
            8 => {
                let default = if self.draw.one_in(2) { self.number_in(stretch) } else { self.number(inner) };
                let value = match self.draw.below(4) {
                    0 => plain,
                    // By nought nobody knows how much it is.
                    1 => {
                        let (by, limit) = (self.plain_number(inner).0, self.plain_number(inner).0);
                        let by = if self.draw.one_in(2) { by } else { format!("({by}, at least {limit})") };
                        format!("({plain} / {by}, rounded half up to whole)")
                    }
                    _ => self.number(inner),
                };
                format!("({value}, if unknown treat as {default})")
            }
            9 => return self.weighted(inner),
            10 => {
                let (other, out_of) = (self.number(inner), self.number_in(stretch));
                let most = self.plain(inner, Kind::Number);
                format!("(share of points {{ {plain} out of {out_of}, {other} out of {most} }})")
            }
            11 => self.gathered_number(here),
            12 => self.number_of_periods(here),
            13 => {
                let counted: Vec<usize> = (0..self.lists.len()).filter(|it| self.lists[*it].counts).collect();
                let Some(list) = counted.get(self.draw.place(counted.len())) else { return (plain, stretch) };
                match self.called(inner, Kind::Choice(*list)) {
                    Some((band, _)) => format!("({band} + {plain})"),
                    None => return (plain, stretch),
                }
            }
            14 => {
                let (a, b) = (self.length(inner), self.literal(Kind::Length, stretch).unwrap_or_default());
                format!("({a} / {b})")
            }
            _ => {
                let ranked = self.ranked(here);
                match ranked {
                    Some((among, words)) => format!("(rank of {} {among}, {words})", here.of.name()),
                    None => return (plain, stretch),
                }
            }
        };
        (text, stretch)
    }

    fn weighted(&mut self, inner: Here) -> (String, Stretch) {
        let (a, stretch) = self.plain_number(inner);
        let b = self.number(inner);
        let words = match self.draw.below(4) {
            0 => format!("(average of {a}, {b})"),
            1 => format!("(weighted {{ 100% {a}, 0% {b} }})"),
            2 => {
                let c = self.plain(inner, Kind::Number);
                format!("(weighted {{ 50% {a}, 12.5% {b}, 37.5% {c} }})")
            }
            _ => format!("(weighted {{ 70% {a}, 30% {b} }})"),
        };
        (words, stretch)
    }

    pub(crate) fn rounding(&mut self) -> &'static str {
        self.draw.pick(&["rounded half up", "rounded half even", "rounded up", "rounded down"])
    }

    fn grid(&mut self) -> &'static str {
        self.draw.pick(&["1 decimal", "2 decimals", "whole", "5", "0.5", "10"])
    }

    pub(crate) fn money(&mut self, here: Here) -> String {
        let plain = self.plain(here, Kind::Money);
        if here.depth == 0 {
            return plain;
        }
        let inner = here.deeper();
        match self.draw.below(10) {
            0 | 1 => plain,
            2 => {
                let other = self.money(inner);
                let sign = self.draw.pick(&["+", "-"]);
                format!("({plain} {sign} {other})")
            }
            3 | 4 => {
                let (sign, by) = (self.draw.pick(&["*", "/"]), self.plain_number(inner).0);
                format!("({plain} {sign} {by})")
            }
            5 => {
                let (mode, value) = (self.rounding(), self.money(inner));
                format!("({value}, {mode} to USD 1)")
            }
            6 => {
                let word = self.draw.pick(&["at least", "at most"]);
                let limit = self.money(inner);
                format!("({plain}, {word} {limit})")
            }
            7 => {
                let (condition, other) = (self.condition(inner), self.money(inner));
                format!("(if {condition} then {plain} else {other})")
            }
            8 => {
                let (word, other) = (self.draw.pick(&["least", "greatest"]), self.money(inner));
                format!("({word} of {plain}, {other})")
            }
            _ => self.gathered(here, Kind::Money).unwrap_or(plain),
        }
    }

    pub(crate) fn some_day(&mut self, here: Here) -> String {
        let plain = self.plain(here, Kind::Day);
        if here.depth == 0 {
            return plain;
        }
        let inner = here.deeper();
        match self.draw.below(10) {
            0 | 1 => plain,
            2 | 3 => {
                let (a, b) = (self.plain(inner, Kind::Day), self.some_day(inner));
                let word = self.draw.pick(&["earliest", "latest"]);
                format!("({word} of {plain}, {a}, {b})")
            }
            4 => {
                let (condition, other) = (self.condition(inner), self.some_day(inner));
                format!("(if {condition} then {plain} else {other})")
            }
            5 => {
                let other = self.some_day(inner);
                format!("({plain}, if unknown treat as {other})")
            }
            6 => {
                let (length, side) =
                    (self.draw.pick(&["3 months", "10 days", "5 working days"]), self.draw.pick(&["after", "before"]));
                format!("({length} {side} {plain})")
            }
            7 if here.each == Each::Year => self.draw.pick(&["(start of year)", "(end of year)"]).to_owned(),
            8 => {
                let word = self.draw.pick(&["at least", "at most"]);
                let limit = self.some_day(inner);
                format!("({plain}, {word} {limit})")
            }
            9 => self.gathered(here, Kind::Day).unwrap_or(plain),
            _ => "today".to_owned(),
        }
    }

    pub(crate) fn length(&mut self, here: Here) -> String {
        let plain = self.plain(here, Kind::Length);
        if here.depth == 0 || self.draw.one_in(3) {
            return plain;
        }
        let inner = here.deeper();
        match self.draw.below(5) {
            0 => {
                let other = self.plain(inner, Kind::Length);
                format!("({plain} + {other})")
            }
            1 => self.gathered(here, Kind::Length).unwrap_or(plain),
            _ => {
                let (a, b) = (self.plain(inner, Kind::Day), self.some_day(inner));
                format!("(days from {a} to {b})")
            }
        }
    }

    /// One of a list; it begins with what is called, so that everybody knows of what list.
    pub(crate) fn choice(&mut self, here: Here, kind: Kind) -> Option<String> {
        let (plain, _) = self.called(here, kind)?;
        let Kind::Choice(list) = kind else { return None };
        if here.depth == 0 {
            return Some(plain);
        }
        // Of bands the best stands first: the least and the greatest of them are told apart.
        if self.lists[list].choices[0].starts_with("scale")
            && self.draw.one_in(3)
            && let Some(of_several) = self.gathered(here, kind)
        {
            return Some(of_several);
        }
        let inner = here.deeper();
        let literal = self.literal(kind, Stretch::PLAIN)?;
        let other = if self.draw.one_in(2) { literal } else { self.choice(inner, kind)? };
        Some(match self.draw.below(if self.lists[list].ordered { 9 } else { 4 }) {
            0 => {
                let condition = self.condition(inner);
                format!("(if {condition} then {plain} else {other})")
            }
            1 => format!("({plain}, if unknown treat as {other})"),
            2 | 3 => plain,
            4 | 7 => {
                let word = self.draw.pick(&["at least", "at most"]);
                format!("({plain}, {word} {other})")
            }
            5 | 6 => {
                let word = self.draw.pick(&["greatest", "least"]);
                format!("({word} of {plain}, {other})")
            }
            _ => self.gathered(here, kind).unwrap_or(plain),
        })
    }

    // ---- several

    /// Whose and which, and where they are asked.
    pub(crate) fn members(&mut self, here: Here) -> Option<(String, Here)> {
        let mut ways: Vec<(String, Of)> = Vec::new();
        let below = self.tree && here.of == Of::Unit && self.draw.one_in(2);
        if here.of == Of::Officer {
            ways.push(("incidents".to_owned(), Of::Incident));
            ways.push(("incidents".to_owned(), Of::Incident));
            if self.fields.iter().any(|it| it.of == Of::Leave) {
                let window = match self.draw.below(if here.each == Each::Year { 4 } else { 2 }) {
                    0 => "",
                    1 => " under way",
                    2 => " within this year",
                    _ => " under way at start of year",
                };
                ways.push((format!("leaves{window}"), Of::Leave));
            }
        }
        for field in self.fields.iter().filter(|it| it.kind == Kind::Record(here.of) && it.each == Each::Never) {
            let (name, own) = (&field.name, here.of.name());
            let within = if below { "is within this" } else { "is this" };
            ways.push((format!("{}s whose {name} {within} {own}", field.of.name()), field.of));
        }
        let at = self.draw.place(ways.len());
        let (words, of) = ways.get(at)?.clone();
        let inner = Here { of, ..here.times(if of.is_child() { 2 } else { 3 }) };
        let filtered = self.draw.percent(60);
        if !filtered {
            return Some((words, inner));
        }
        let filter = self.condition(inner);
        Some((format!("{words} where {filter}"), inner))
    }

    /// The sum, average, least or greatest of a kind of values.
    pub(crate) fn gathered(&mut self, here: Here, kind: Kind) -> Option<String> {
        if here.times > 40 {
            return None;
        }
        let (members, inner) = self.members(here)?;
        let value = match kind {
            Kind::Number | Kind::Money if inner.depth > 0 && self.draw.one_in(3) => self.of_kind(inner, kind)?,
            _ => self.called(inner, kind)?.0,
        };
        let words: &[&str] = match kind {
            Kind::Number => &["sum", "sum", "average", "least", "greatest"],
            Kind::Money => &["sum", "least", "greatest", "average"],
            Kind::Length => &["sum", "least", "greatest"],
            _ => &["least", "greatest"],
        };
        let word = self.draw.pick(words);
        let known = if self.draw.one_in(8) { " of those known" } else { "" };
        let value = if value.starts_with('(') { value } else { format!("({value})") };
        if word == "average" && self.draw.one_in(2) {
            let weight = self.called(Here { depth: 0, ..inner }, Kind::Number);
            if let Some((weight, _)) = weight {
                let enough = self.draw.pick(&[
                    "",
                    " over those known",
                    " over those known, at least 60% of the weight",
                    " over those known, at least 30% of the weight",
                ]);
                return Some(format!("({word} of {value} of {members} weighted by ({weight}){enough})"));
            }
        }
        Some(format!("({word} of {value} of {members}{known})"))
    }

    fn gathered_number(&mut self, here: Here) -> String {
        if self.draw.one_in(2)
            && let Some((members, _)) = self.members(here)
        {
            if members.starts_with("leaves") && !members.contains("whose") && !self.draw.one_in(3) {
                return format!("((days of {members}) / 1 day)");
            }
            let known = if self.draw.one_in(8) { " of those known" } else { "" };
            return format!("(count of {members}{known})");
        }
        let gathered = self.gathered(here, Kind::Number);
        gathered.unwrap_or_else(|| self.plain_number(here).0)
    }

    fn number_of_periods(&mut self, here: Here) -> String {
        let inner = here.times(4);
        let known = if self.draw.one_in(4) { " of those known" } else { "" };
        let quarters: Vec<Named> =
            self.fields.iter().filter(|it| it.each == Each::Quarter && it.kind == Kind::Number).cloned().collect();
        if here.each == Each::Year && here.of == Of::Officer && !quarters.is_empty() && self.draw.one_in(2) {
            let of = &quarters[self.draw.place(quarters.len())].name;
            let word = self.draw.pick(&["sum", "average", "least", "greatest"]);
            return format!("({word} of {of} of the quarters in this year)");
        }
        let (count, unit) = (self.draw.below(3) + 2, here.each.unit());
        if self.draw.one_in(3) {
            let condition = self.condition(inner);
            return format!("(count of ({condition}) of the last {count} {unit}{known})");
        }
        let word = self.draw.pick(&["sum", "average", "least", "greatest"]);
        let value = self.number(inner);
        format!("({word} of ({value}) of the last {count} {unit}{known})")
    }

    /// Who is ranked with whom by what, and all that must be said of it but how many places there are.
    pub(crate) fn ranked(&mut self, here: Here) -> Option<(String, String)> {
        if here.of.is_child() || here.times > 1 {
            return None;
        }
        let inner = Here { times: 12, depth: here.depth.saturating_sub(1).min(1), ..here };
        let mut groups: Vec<String> = Vec::new();
        for _ in 0..self.draw.below(3) {
            let kinds: Vec<Kind> = self.spoken_of(inner).map(|it| it.kind).collect();
            let grouping = |it: &Kind| matches!(it, Kind::Choice(_) | Kind::Record(_) | Kind::YesNo);
            let kinds: Vec<Kind> = kinds.into_iter().filter(grouping).collect();
            if let Some(kind) = kinds.get(self.draw.place(kinds.len())).copied() {
                groups.extend(self.called(inner, kind).map(|it| it.0));
            }
        }
        groups.dedup();
        let group = if groups.is_empty() { "all".to_owned() } else { groups.join(" and ") };
        let by = self.mark(inner);
        let filter = match self.draw.one_in(2) {
            true => format!(" where {}", self.condition(inner)),
            false => String::new(),
        };
        let awaited = self.draw.pick(&["unknown awaited", "unknown left out"]);
        let least = [1, 1, 2, 3, 5][self.draw.place(5)];
        let among = if group == "all" { "among" } else { "in" };
        Some((format!("{among} {group} by {by}{filter}"), format!("{awaited}, groups of at least {least}")))
    }

    /// What ranks; what is no name stands in brackets.
    pub(crate) fn mark(&mut self, here: Here) -> String {
        let mark = self.some_mark(here);
        if mark.starts_with(|it: char| it.is_lowercase() || it == '(') { mark } else { format!("({mark})") }
    }

    fn some_mark(&mut self, here: Here) -> String {
        let orders = |lists: &[crate::writer::List], it: &Kind| matches!(it, Kind::Choice(at) if lists[*at].ordered);
        let choices: Vec<Kind> = self.spoken_of(here).map(|it| it.kind).filter(|it| orders(&self.lists, it)).collect();
        match self.draw.below(6) {
            0 if !choices.is_empty() => {
                let kind = choices[self.draw.place(choices.len())];
                self.called(here, kind).map_or_else(|| "id".to_owned(), |it| it.0)
            }
            1 => self.plain(here, Kind::Day),
            2 => self.plain(here, Kind::Money),
            3 => self.number(here),
            _ => self.plain_number(here).0,
        }
    }
}
