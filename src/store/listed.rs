//! What people ask a store for, and what is counted for them.

/// A stage whose due date lies behind a day, with one of its holders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenDeadline {
    /// The case.
    pub case_id: i64,
    /// The workflow's name.
    pub workflow: String,
    /// The name of the subject's record type.
    pub subject_type: String,
    /// The subject's key.
    pub subject: String,
    /// The stage's name.
    pub stage: String,
    /// The due date (ISO).
    pub due: String,
    /// The record type and key of a holder.
    pub holder: Option<(String, String)>,
    /// As what they hold it.
    pub capacity: String,
}

/// How many there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Open cases.
    pub open: u64,
    /// Open cases set aside.
    pub set_aside: u64,
    /// Effects that reach nobody.
    pub undeliverable: u64,
    /// Effects that wait until somebody releases them.
    pub held: u64,
}

/// Which cases or effects are asked for; nothing leaves nothing out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this workflow.
    pub workflow: Option<String>,
    /// Of this subject (or, for effects, to this recipient).
    pub subject: Option<String>,
    /// In this status (state).
    pub status: Option<String>,
    /// Of this case.
    pub case: Option<i64>,
    /// Effects whose key begins so.
    pub key: Option<String>,
    /// Effects that left, or are to leave, with a digest whose key begins so.
    pub digest: Option<String>,
    /// Only those set aside.
    pub set_aside: bool,
    /// Cases behind this number.
    pub after: i64,
    /// At most so many.
    pub limit: Option<usize>,
}
