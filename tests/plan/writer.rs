//! The words of a policy that is being made up: what may be spoken of where, and how deep one is in it.

use std::fmt::Write;

use crate::draw::Draw;

/// Of what kind a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    YesNo,
    Number,
    Money,
    Day,
    /// Days, so many.
    Length,
    /// One of a list, by its place among the lists.
    Choice(usize),
    /// A record of a type.
    Record(Of),
}

/// The types of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    Unit,
    Officer,
    Incident,
    Leave,
}

impl Of {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Of::Unit => "unit",
            Of::Officer => "officer",
            Of::Incident => "incident",
            Of::Leave => "leave",
        }
    }

    pub(crate) fn is_child(self) -> bool {
        matches!(self, Of::Incident | Of::Leave)
    }
}

/// For each of which period something has a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Each {
    Never,
    Year,
    Quarter,
}

impl Each {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Each::Never => "",
            Each::Year => " each year",
            Each::Quarter => " each quarter",
        }
    }

    pub(crate) fn unit(self) -> &'static str {
        if self == Each::Quarter { "quarters" } else { "years" }
    }
}

/// The numbers that something mostly is: the least and the greatest in its smallest steps, and how many decimals these have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stretch {
    pub(crate) least: i64,
    pub(crate) most: i64,
    pub(crate) decimals: u32,
    pub(crate) percent: bool,
}

impl Stretch {
    pub(crate) const PLAIN: Stretch = Stretch { least: 0, most: 40, decimals: 0, percent: false };

    /// A number of it as it is written.
    pub(crate) fn written(self, steps: i64) -> String {
        let sign = if steps < 0 { "-" } else { "" };
        let (steps, of_one) = (steps.unsigned_abs(), 10_u64.pow(self.decimals));
        let mut text = format!("{sign}{}", steps / of_one);
        if self.decimals > 0 && steps % of_one != 0 {
            let _ = write!(text, ".{:0width$}", steps % of_one, width = self.decimals as usize);
        }
        if self.percent {
            text.push('%');
        }
        text
    }
}

/// Something that has a name: a field, a definition, a scale, a parameter.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) of: Of,
    pub(crate) each: Each,
    pub(crate) kind: Kind,
    pub(crate) stretch: Stretch,
    pub(crate) is_field: bool,
    pub(crate) dated: bool,
    /// How much work it is to say what it is.
    pub(crate) work: u64,
}

/// A list of choices.
#[derive(Debug, Clone)]
pub(crate) struct List {
    pub(crate) choices: Vec<String>,
    pub(crate) ordered: bool,
    /// A scale whose bands count as numbers.
    pub(crate) counts: bool,
}

/// Where an expression stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Here {
    pub(crate) of: Of,
    pub(crate) each: Each,
    /// How many brackets may still open in it.
    pub(crate) depth: u32,
    /// How often it is worked out for one answer.
    pub(crate) times: u64,
}

impl Here {
    pub(crate) fn deeper(self) -> Here {
        Here { depth: self.depth.saturating_sub(1), ..self }
    }

    pub(crate) fn times(self, times: u64) -> Here {
        Here { times: self.times * times, ..self.deeper() }
    }
}

/// More than this is never asked for one answer.
pub(crate) const MOST_WORK: u64 = 1_500;

/// Writes a policy.
pub(crate) struct Writer {
    pub(crate) draw: Draw,
    pub(crate) text: String,
    pub(crate) fields: Vec<Named>,
    pub(crate) defined: Vec<Named>,
    pub(crate) parameters: Vec<Named>,
    pub(crate) lists: Vec<List>,
    /// Whether units stand in a tree.
    pub(crate) tree: bool,
    pub(crate) numbered: u32,
    /// The work of the expression at hand.
    pub(crate) work: u64,
}

impl Writer {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            draw: Draw::new(seed),
            text: String::new(),
            fields: Vec::new(),
            defined: Vec::new(),
            parameters: Vec::new(),
            lists: Vec::new(),
            tree: false,
            numbered: 0,
            work: 0,
        }
    }

    /// A name that nothing has yet.
    pub(crate) fn new_name(&mut self, word: &str) -> String {
        self.numbered += 1;
        format!("{word}{}", self.numbered)
    }

    pub(crate) fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// A literal of a kind.
    pub(crate) fn literal(&mut self, kind: Kind, stretch: Stretch) -> Option<String> {
        Some(match kind {
            Kind::YesNo => if self.draw.one_in(2) { "yes" } else { "no" }.to_owned(),
            Kind::Number => self.number_in(stretch),
            Kind::Money => format!("USD {}", self.draw.below(40) * 100_000),
            Kind::Day => self.day(),
            Kind::Length => format!("{} days", self.draw.below(400) + 1),
            Kind::Choice(list) => {
                let at = self.draw.place(self.lists[list].choices.len());
                self.lists[list].choices[at].clone()
            }
            Kind::Record(_) => return None,
        })
    }

    /// A number where the values of something mostly lie.
    pub(crate) fn number_in(&mut self, stretch: Stretch) -> String {
        let near = i64::try_from(self.draw.below(12)).unwrap_or(0);
        let far = i64::try_from(self.draw.below(u64::try_from(stretch.most - stretch.least).unwrap_or(0) + 1));
        let steps = if self.draw.one_in(2) { near } else { far.unwrap_or(0) };
        stretch.written(stretch.least + steps)
    }

    pub(crate) fn day(&mut self) -> String {
        let day = self.draw.day();
        let months = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ];
        format!("{} {} {}", day.day(), months[usize::try_from(day.month()).unwrap() - 1], day.year())
    }

    /// A kind, as often as values of it are asked for.
    pub(crate) fn any_kind(&mut self, here: Here) -> Kind {
        let kinds: Vec<Kind> =
            self.spoken_of(here).map(|it| it.kind).filter(|it| !matches!(it, Kind::Record(_))).collect();
        kinds.get(self.draw.place(kinds.len())).copied().unwrap_or(Kind::YesNo)
    }

    /// What can be called by its name alone.
    pub(crate) fn spoken_of(&self, here: Here) -> impl Iterator<Item = &Named> {
        let own = move |it: &&Named| it.of == here.of && (it.each == Each::Never || it.each == here.each);
        let bearable = move |it: &&Named| it.work * here.times <= MOST_WORK;
        self.fields.iter().chain(&self.defined).filter(own).filter(bearable)
    }

    /// Something of a kind that one name, or few, call; nothing where nothing of it is at hand.
    pub(crate) fn called(&mut self, here: Here, kind: Kind) -> Option<(String, Stretch)> {
        let own: Vec<Named> = self.spoken_of(here).filter(|it| it.kind == kind).cloned().collect();
        let others = self.of_others(here, kind);
        let parameters: Vec<Named> = self.parameters.iter().filter(|it| it.kind == kind).cloned().collect();
        let weights = [own.len() as u64 * 3, others.len() as u64 * 2, u64::from(!parameters.is_empty())];
        if weights.iter().sum::<u64>() == 0 {
            return None;
        }
        Some(match self.draw.weighted(&weights) {
            0 => {
                let of = own[self.draw.place(own.len())].clone();
                self.work += of.work * here.times;
                (self.own_words(here, &of), of.stretch)
            }
            1 => {
                let (words, of) = others[self.draw.place(others.len())].clone();
                self.work += (of.work + 1) * here.times;
                (words, of.stretch)
            }
            _ => {
                let of = &parameters[self.draw.place(parameters.len())];
                (of.name.clone(), of.stretch)
            }
        })
    }

    /// What belongs to the record at hand, now or in another period, or on another day.
    fn own_words(&mut self, here: Here, of: &Named) -> String {
        let name = &of.name;
        if of.each != Each::Never && self.draw.percent(35) {
            return match self.draw.below(4) {
                0 | 1 => format!("(previous {name})"),
                2 => format!("({name} {} {} ago)", self.draw.below(3) + 1, of.each.unit()),
                _ if of.each == Each::Year => format!("({name} in {})", 2022 + self.draw.below(6)),
                _ => format!("(previous {name})"),
            };
        }
        if of.dated && self.draw.percent(40) {
            let words = if here.each == Each::Never { 2 } else { self.draw.below(3) };
            let period = if here.each == Each::Quarter { "quarter" } else { "year" };
            return match words {
                0 => format!("({name} at start of {period})"),
                1 => format!("({name} at end of {period})"),
                _ => format!("({name} on {})", self.day()),
            };
        }
        name.clone()
    }

    /// What belongs to those whom a record names, or to its owner.
    fn of_others(&self, here: Here, kind: Kind) -> Vec<(String, Named)> {
        let mut found = Vec::new();
        let mut ways: Vec<(String, Of)> = Vec::new();
        if here.of.is_child() {
            ways.push(("officer".to_owned(), Of::Officer));
        }
        for reference in self.fields.iter().filter(|it| it.of == here.of) {
            if let Kind::Record(other) = reference.kind {
                ways.push((reference.name.clone(), other));
            }
        }
        for (way, other) in ways.clone() {
            for reference in self.fields.iter().filter(|it| it.of == other) {
                if let Kind::Record(next) = reference.kind {
                    ways.push((format!("{way}.{}", reference.name), next));
                }
            }
        }
        for (way, other) in ways {
            for it in self.fields.iter().filter(|it| it.of == other && it.each == Each::Never && it.kind == kind) {
                found.push((format!("{way}.{}", it.name), it.clone()));
            }
            let fits =
                |it: &&Named| it.of == other && it.kind == kind && (it.each == Each::Never || it.each == here.each);
            let bearable = |it: &&Named| it.work * here.times <= MOST_WORK;
            for it in self.defined.iter().filter(fits).filter(bearable) {
                found.push((format!("({} of {way})", it.name), it.clone()));
            }
        }
        found
    }
}
