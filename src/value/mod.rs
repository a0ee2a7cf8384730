//! What a fact or a computed thing can be: exact numbers, money, dates, choices, and the three blanks.
//!
//! It never holds a float. Start reading at [`Value`].

use std::fmt;
use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ids::{ChoiceId, RecordId};

mod answer;
mod number;
mod truth;

pub use answer::Answer;
pub use number::{Number, NumberFault, Rounding, grouped};
pub use truth::Truth;

/// A value, or the reason why there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// Known.
    Known(Known),
    /// Nobody has said, or it could not be computed; with the reasons, each once.
    Unknown(Vec<Missing>),
    /// There is none: an optional field left empty.
    NotApplicable,
    /// An event that has not happened.
    NotHappened,
}

/// A known value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Known {
    /// Yes or no.
    YesNo(bool),
    /// A number; 5 % is 0.05.
    Number(Number),
    /// An amount in a currency.
    Money {
        /// How much, in the currency's main unit.
        amount: Number,
        /// The currency's code, such as `UGX`.
        currency: Arc<str>,
    },
    /// A civil date.
    Date(Date),
    /// A moment: whole seconds UTC since 1970.
    Moment(i64),
    /// A length of time in one unit.
    Duration {
        /// How many.
        count: i64,
        /// Of what.
        unit: TimeUnit,
    },
    /// A text.
    Text(Arc<str>),
    /// One of a list of choices, by its place.
    Choice(ChoiceId, u32),
    /// A record.
    Record(RecordRef),
}

/// A record: its type and its key. A child's key is its owner's key, `/` and its own number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RecordRef {
    /// The type.
    pub record: RecordId,
    /// The key.
    pub key: Arc<str>,
}

/// Units of time that a duration can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeUnit {
    /// 60 minutes.
    Hours,
    /// Calendar days.
    Days,
    /// Working days of a calendar.
    WorkingDays,
    /// 7 days.
    Weeks,
    /// Calendar months.
    Months,
    /// 12 months.
    Years,
}

/// Why something is unknown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Missing {
    /// A fact that nobody has entered: `status of Akello`, in words.
    Fact(String),
    /// A division by nought, a number too large, a parameter without a value on that day: in words.
    Reason(String),
    /// Facts of so many others with whom somebody is compared, beside those that are named.
    Others(u32),
}

impl Value {
    /// Unknown for one reason.
    #[must_use]
    pub fn because(words: impl Into<String>) -> Self {
        Value::Unknown(vec![Missing::Reason(words.into())])
    }

    /// The value, if it is known.
    #[must_use]
    pub fn known(&self) -> Option<&Known> {
        match self {
            Value::Known(known) => Some(known),
            _ => None,
        }
    }
}

impl From<Known> for Value {
    fn from(known: Known) -> Self {
        Value::Known(known)
    }
}

impl From<Truth> for Value {
    fn from(truth: Truth) -> Self {
        match truth {
            Truth::Yes => Value::Known(Known::YesNo(true)),
            Truth::No => Value::Known(Known::YesNo(false)),
            Truth::Unknown(missing) => Value::Unknown(missing),
            Truth::NotApplicable => Value::NotApplicable,
        }
    }
}

impl Missing {
    /// What several lack together: in order, each once. Of how many others facts are missing is told once, as the most that was said.
    #[must_use]
    pub fn merged(of: impl IntoIterator<Item = Missing>) -> Vec<Missing> {
        let mut once: Vec<Missing> = of.into_iter().collect();
        once.sort();
        once.dedup_by(|later, it| match (&*later, &mut *it) {
            (Missing::Others(more), Missing::Others(most)) => {
                *most = *more;
                true
            }
            (later, it) => later == it,
        });
        once
    }

    /// What is missing, apart from whose it is: `score` of `score of Akello in 2025/26`.
    #[must_use]
    pub fn what(&self) -> String {
        match self {
            Missing::Fact(words) => words.split_once(" of ").map_or(words.clone(), |it| it.0.to_owned()),
            Missing::Reason(words) => words.clone(),
            Missing::Others(_) => "facts of others".to_owned(),
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Missing::Fact(words) | Missing::Reason(words) => formatter.write_str(words),
            Missing::Others(1) => formatter.write_str("facts of 1 other"),
            Missing::Others(count) => write!(formatter, "facts of {} others", grouped(&count.to_string())),
        }
    }
}
