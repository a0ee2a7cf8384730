//! One field of many records: whole numbers in as few bytes as they need, with what the blanks among them mean.

use std::sync::Arc;

use crate::calendar::{day_number, day_of_number};
use crate::ids::RecordId;
use crate::policy::model::{Blank, Field, FieldKind};
use crate::value::{Known, Number, Value};

/// Whole numbers in as few bytes as the greatest of them needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Units {
    /// One byte each.
    One(Vec<i8>),
    /// Two bytes each.
    Two(Vec<i16>),
    /// Four bytes each.
    Four(Vec<i32>),
    /// Eight bytes each.
    Eight(Vec<i64>),
}

/// What a column holds for each row. What stands at a blank is of no account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// Numbers and money as multiples of one over the denominator; days since 1970, moments in seconds, lengths of time, choices by
    /// their places, yes as 1, records by their rows.
    Units {
        /// How many.
        units: Units,
        /// By what they are divided: 100 for two decimals.
        denominator: i64,
        /// The least and the greatest that is known; nothing where none is.
        range: Option<(i64, i64)>,
    },
    /// Texts.
    Texts(Vec<Arc<str>>),
    /// What does not stand on one scale: each for itself.
    Values(Vec<Value>),
}

/// One field of the records of a type, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// What it holds.
    pub held: Held,
    /// Whether each is known; nothing where all are.
    pub known: Option<Vec<bool>>,
    /// What it means where one is not.
    pub blank: Blank,
}

impl Units {
    /// The same in as few bytes as numbers between two ends need.
    fn narrowed(self, (least, most): (i64, i64)) -> Self {
        let fits = |low: i64, high: i64| low <= least && most <= high;
        let (one, two) = (fits(i8::MIN.into(), i8::MAX.into()), fits(i16::MIN.into(), i16::MAX.into()));
        match self {
            Units::Eight(all) if one => Units::One(narrowed(&all)),
            Units::Eight(all) if two => Units::Two(narrowed(&all)),
            Units::Eight(all) if fits(i32::MIN.into(), i32::MAX.into()) => Units::Four(narrowed(&all)),
            Units::Four(all) if one => Units::One(narrowed(&all)),
            Units::Four(all) if two => Units::Two(narrowed(&all)),
            Units::Two(all) if one => Units::One(narrowed(&all)),
            as_they_are => as_they_are,
        }
    }

    /// The least and the greatest of those that are known.
    #[must_use]
    pub fn range(&self, known: Option<&[bool]>) -> Option<(i64, i64)> {
        match self {
            Units::One(all) => range(all, known),
            Units::Two(all) => range(all, known),
            Units::Four(all) => range(all, known),
            Units::Eight(all) => range(all, known),
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Units::One(all) => all.len(),
            Units::Two(all) => all.len(),
            Units::Four(all) => all.len(),
            Units::Eight(all) => all.len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of them, eight bytes each.
    #[must_use]
    pub fn widened(&self) -> Vec<i64> {
        let mut all = vec![0; self.len()];
        self.copy(0, &mut all);
        all
    }

    /// Those at some places, nought for [`NOWHERE`].
    fn picked(&self, places: &[u32]) -> Self {
        match self {
            Units::One(all) => Units::One(picked(all, places)),
            Units::Two(all) => Units::Two(picked(all, places)),
            Units::Four(all) => Units::Four(picked(all, places)),
            Units::Eight(all) => Units::Eight(picked(all, places)),
        }
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, at: usize) -> i64 {
        match self {
            Units::One(all) => all[at].into(),
            Units::Two(all) => all[at].into(),
            Units::Four(all) => all[at].into(),
            Units::Eight(all) => all[at],
        }
    }

    /// Some that follow one another, from `first` on.
    pub fn copy(&self, first: usize, into: &mut [i64]) {
        fn widen<T: Copy + Into<i64>>(from: &[T], into: &mut [i64]) {
            into.iter_mut().zip(from).for_each(|(into, from)| *into = (*from).into());
        }
        match self {
            Units::One(all) => widen(&all[first..], into),
            Units::Two(all) => widen(&all[first..], into),
            Units::Four(all) => widen(&all[first..], into),
            Units::Eight(all) => widen(&all[first..], into),
        }
    }
}

/// The place of what stands nowhere.
pub const NOWHERE: u32 = u32::MAX;

/// Each is known to fit.
fn narrowed<T: Copy, N: TryFrom<T> + Default>(numbers: &[T]) -> Vec<N> {
    numbers.iter().map(|it| N::try_from(*it).unwrap_or_default()).collect()
}

fn picked<T: Copy + Default>(from: &[T], places: &[u32]) -> Vec<T> {
    places.iter().map(|it| from.get(*it as usize).copied().unwrap_or_default()).collect()
}

fn range<T: Copy + Ord + Into<i64>>(numbers: &[T], known: Option<&[bool]>) -> Option<(i64, i64)> {
    let first = match known {
        None => 0,
        Some(known) => known.iter().position(|it| *it)?,
    };
    let first = *numbers.get(first)?;
    let (mut least, mut most) = (first, first);
    match known {
        None => numbers.iter().for_each(|it| (least, most) = (least.min(*it), most.max(*it))),
        Some(known) => {
            for (number, known) in numbers.iter().zip(known) {
                let number = if *known { *number } else { first };
                (least, most) = (least.min(number), most.max(number));
            }
        }
    }
    Some((least.into(), most.into()))
}

impl Column {
    /// One whose every row is blank.
    #[must_use]
    pub fn blank(rows: usize, blank: Blank) -> Self {
        let held = Held::Units { units: Units::One(vec![0; rows]), denominator: 1, range: None };
        Self { held, known: Some(vec![false; rows]), blank }
    }

    /// Whole numbers by a denominator; `known` says which of them are, nothing where all are.
    #[must_use]
    pub fn of_units(units: Units, known: Option<Vec<bool>>, denominator: i64, blank: Blank) -> Self {
        let known = known.filter(|it| it.contains(&false));
        let range = units.range(known.as_deref());
        let ends = range.map_or((0, 0), |(least, most)| (least.min(0), most.max(0)));
        Self { held: Held::Units { units: units.narrowed(ends), denominator, range }, known, blank }
    }

    /// The rows of records that are named; [`NOWHERE`] where none is.
    #[must_use]
    pub fn of_rows(rows: Vec<u32>, blank: Blank) -> Self {
        let known = rows.contains(&NOWHERE).then(|| rows.iter().map(|it| *it != NOWHERE).collect());
        let narrow = rows.iter().all(|it| *it == NOWHERE || i32::try_from(*it).is_ok());
        let units = match narrow {
            true => Units::Four(rows.iter().map(|it| i32::try_from(*it).unwrap_or(0)).collect()),
            false => Units::Eight(rows.iter().map(|it| if *it == NOWHERE { 0 } else { (*it).into() }).collect()),
        };
        Self::of_units(units, known, 1, blank)
    }

    /// Values of a field, none of them a record.
    #[must_use]
    pub fn of_values(field: &Field, values: Vec<Option<Known>>) -> Self {
        let mut column = ColumnBuilder::new(field);
        for value in values {
            let value = value.map_or_else(|| blank_value(field.blank), Value::Known);
            column.push(&value, |_| 0);
        }
        let nobody = |record, _| Known::Record(crate::value::RecordRef { record, key: Arc::from("") });
        column.finish(&field.kind, nobody)
    }

    /// How many rows it has.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.held {
            Held::Units { units, .. } => units.len(),
            Held::Texts(all) => all.len(),
            Held::Values(all) => all.len(),
        }
    }

    /// Whether it has no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether something is known of a row.
    #[must_use]
    pub fn is_known(&self, row: usize) -> bool {
        self.known.as_ref().is_none_or(|it| it[row])
    }

    /// What a row holds; `key_of` names a record of another type by its row.
    #[must_use]
    pub fn value(&self, kind: &FieldKind, row: usize, key_of: impl Fn(RecordId, usize) -> Known) -> Value {
        match &self.held {
            _ if !self.is_known(row) => blank_value(self.blank),
            Held::Values(all) => all[row].clone(),
            Held::Texts(all) => Known::Text(Arc::clone(&all[row])).into(),
            Held::Units { units, .. } => self.value_of(kind, Some(units.get(row)), key_of),
        }
    }

    /// What so many units stand for, of a column that holds units; nothing stands for a blank.
    #[must_use]
    pub fn value_of(&self, kind: &FieldKind, units: Option<i64>, key_of: impl Fn(RecordId, usize) -> Known) -> Value {
        let denominator = if let Held::Units { denominator, .. } = &self.held { *denominator } else { 1 };
        let known = units.and_then(|it| told(kind, it, denominator, key_of));
        known.map_or_else(|| blank_value(self.blank), Value::Known)
    }

    /// The same rows in another order, or some of them more than once; blank at [`NOWHERE`].
    #[must_use]
    pub fn picked(&self, rows: &[u32]) -> Self {
        let held = match &self.held {
            Held::Texts(all) => {
                let nothing: Arc<str> = Arc::from("");
                Held::Texts(rows.iter().map(|it| Arc::clone(all.get(*it as usize).unwrap_or(&nothing))).collect())
            }
            Held::Values(all) => Held::Values(
                rows.iter()
                    .map(|it| all.get(*it as usize).cloned().unwrap_or_else(|| blank_value(self.blank)))
                    .collect(),
            ),
            Held::Units { units, denominator, range } => {
                Held::Units { units: units.picked(rows), denominator: *denominator, range: *range }
            }
        };
        let known = match &self.known {
            None if !rows.contains(&NOWHERE) => None,
            None => Some(rows.iter().map(|it| *it != NOWHERE).collect()),
            Some(known) => Some(picked(known, rows)).filter(|it| it.contains(&false)),
        };
        Self { held, known, blank: self.blank }
    }
}

/// What an empty cell means.
pub(crate) fn blank_value(blank: Blank) -> Value {
    match blank {
        Blank::Unknown => Value::Unknown(Vec::new()),
        Blank::NotApplicable => Value::NotApplicable,
        Blank::NotHappened => Value::NotHappened,
    }
}

/// A number of units as the value that it stands for.
fn told(kind: &FieldKind, units: i64, denominator: i64, key_of: impl Fn(RecordId, usize) -> Known) -> Option<Known> {
    let number = || Number::fraction(units.into(), denominator.into()).ok();
    let place = || u32::try_from(units).ok();
    Some(match kind {
        FieldKind::Number { .. } => Known::Number(number()?),
        FieldKind::Money { currency, .. } => Known::Money { amount: number()?, currency: Arc::clone(currency) },
        FieldKind::Date | FieldKind::Event => Known::Date(day_of_number(units)?),
        FieldKind::Timestamp => Known::Moment(units),
        FieldKind::Duration(unit) => Known::Duration { count: units, unit: *unit },
        FieldKind::YesNo => Known::YesNo(units != 0),
        FieldKind::Choice(list) => Known::Choice(*list, place()?),
        FieldKind::Reference(record) => key_of(*record, place()? as usize),
        FieldKind::Text | FieldKind::Email | FieldKind::Post | FieldKind::Phone => return None,
    })
}

/// Makes a column, row by row.
#[derive(Debug)]
pub(super) struct ColumnBuilder {
    blank: Blank,
    denominator: i64,
    is_text: bool,
    numbers: Vec<i64>,
    texts: Vec<Arc<str>>,
    known: Vec<bool>,
    /// What does not fit the scale, with its row.
    odd: Vec<(usize, Value)>,
    nothing: Arc<str>,
}

/// Of what whole numbers of a field are parts; nothing where it is too great.
pub(super) fn denominator_of(kind: &FieldKind) -> Option<i64> {
    10_i64.checked_pow(kind.decimals_held())
}

impl ColumnBuilder {
    pub(super) fn new(field: &Field) -> Self {
        Self {
            blank: field.blank,
            denominator: denominator_of(&field.kind).unwrap_or(1),
            is_text: field.kind.is_text(),
            numbers: Vec::new(),
            texts: Vec::new(),
            known: Vec::new(),
            odd: Vec::new(),
            nothing: Arc::from(""),
        }
    }

    /// The next row; `row_of` finds the row of a record.
    pub(super) fn push(&mut self, value: &Value, row_of: impl FnOnce(&crate::value::RecordRef) -> i64) {
        let (row, known) = (self.known.len(), value.known());
        let units = known.and_then(|it| match it {
            Known::Text(_) => None,
            Known::Record(record) => Some(row_of(record)),
            other => units_of(other, self.denominator),
        });
        let odd = match (known, units) {
            (Some(Known::Text(_)), _) => !self.is_text,
            (Some(_), None) => true,
            (Some(_), Some(_)) => self.is_text,
            // A blank of another kind than the field's own: what does not apply though nobody has said.
            (None, _) => match value {
                Value::Unknown(_) => self.blank != Blank::Unknown,
                Value::NotApplicable => self.blank != Blank::NotApplicable,
                _ => self.blank != Blank::NotHappened,
            },
        };
        if odd {
            self.odd.push((row, value.clone()));
        }
        self.known.push(known.is_some() || odd);
        if self.is_text {
            let text = if let Some(Known::Text(text)) = known { text } else { &self.nothing };
            self.texts.push(Arc::clone(text));
        } else {
            self.numbers.push(units.unwrap_or(0));
        }
    }

    pub(super) fn finish(self, kind: &FieldKind, key_of: impl Fn(RecordId, usize) -> Known) -> Column {
        let Self { blank, denominator, numbers, texts, known, odd, .. } = self;
        let column = if self.is_text {
            let known = known.contains(&false).then_some(known);
            Column { held: Held::Texts(texts), known, blank }
        } else {
            Column::of_units(Units::Eight(numbers), Some(known), denominator, blank)
        };
        if odd.is_empty() {
            return column;
        }
        let mut values: Vec<Value> = (0..column.len()).map(|row| column.value(kind, row, &key_of)).collect();
        for (row, value) in odd {
            values[row] = value;
        }
        Column { held: Held::Values(values), known: None, blank }
    }
}

/// A known value as a number of units; nothing where it does not stand on the scale.
pub(super) fn units_of(known: &Known, denominator: i64) -> Option<i64> {
    match known {
        Known::Number(number) | Known::Money { amount: number, .. } => number.units_of(denominator),
        Known::Date(day) => Some(day_number(*day)),
        Known::Moment(at) => Some(*at),
        Known::Duration { count, .. } => Some(*count),
        Known::YesNo(yes) => Some(i64::from(*yes)),
        Known::Choice(_, at) => Some(i64::from(*at)),
        Known::Text(_) | Known::Record(_) => None,
    }
}
