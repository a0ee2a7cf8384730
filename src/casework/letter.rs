//! What one notice says, to whom and where.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What a notice follows from.
#[derive(Debug, Clone, Copy)]
pub struct Occasion<'a> {
    /// The stage.
    pub stage: &'a str,
    /// The day.
    pub day: Date,
    /// The reason that whoever acted gave.
    pub reason: Option<&'a str>,
}

/// A notice as it was written on its day: what is sent is what was decided.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// The recipient's name.
    pub name: Option<String>,
    /// The recipient's address; nothing if there is none.
    pub address: Option<String>,
    /// The language.
    #[serde(skip)]
    pub language: String,
    /// The subject line.
    pub subject: String,
    /// The body.
    pub text: String,
    /// The title of the workflow, for the mail's own headers.
    pub workflow: String,
    /// The calendar by which the recipient goes: on which days, and from which hour, it may leave.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub calendar: String,
    /// Whether it leaves at once, at any hour of any day.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub urgent: bool,
    /// Whether it only reminds of something: done before it leaves, it does not leave any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reminds: bool,
    /// The way by which it would have gone first, where there is no address for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<String>,
    /// What stands on paper besides the words, of a letter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<Sheet>,
}

/// What a letter on paper tells besides its words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// The title of the stage.
    pub stage: String,
    /// What it rests on: the title of the rule or the workflow, and the text where it stands.
    pub rests_on: Vec<(String, Option<String>)>,
    /// The reason that the rule gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// The facts of which it speaks, with their names.
    pub facts: Vec<(String, String)>,
    /// What runs now, and until when.
    pub dates: Vec<(String, Date)>,
    /// Whether the one concerned may appeal, and until when, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appeal: Option<Appeal>,
}

/// The right of appeal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appeal {
    /// The last day, while the time for it runs.
    pub until: Option<Date>,
}
