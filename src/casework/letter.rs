//! What one notice says, to whom and where.

use serde::{Deserialize, Serialize};

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
}
