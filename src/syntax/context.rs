//! What may stand where: the words with which the lines of each block begin.

use super::grammar::Rule;

/// A kind of block and its lines.
pub(super) struct Context {
    /// What begins with those words, as in "no line of a stage".
    pub(super) what: &'static str,
    /// The rule of its lines.
    pub(super) line: Rule,
    /// The keywords with which its lines begin.
    pub(super) words: &'static [&'static str],
    /// Keywords of this place that this version does not know yet.
    pub(super) later: &'static [&'static str],
    /// What a line is that begins with a word of the author's, if there are such lines.
    pub(super) free: Option<&'static str>,
}

pub(super) static TOP: Context = Context {
    what: "item",
    line: Rule::EOI,
    words: super::token::ITEM_WORDS,
    later: super::token::LATER_ITEM_WORDS,
    free: None,
};

pub(super) static CALENDAR: Context = Context {
    what: "line of a calendar",
    line: Rule::calendar_line,
    words: &["time zone", "working", "period", "holiday", "substitute", "roll", "month end", "notices at"],
    later: &[],
    free: None,
};

pub(super) static RECORD: Context = Context {
    what: "line of a record",
    line: Rule::record_line,
    words: &["absent when", "gone when", "by calendar", "may be missing", "may overlap"],
    later: &[],
    free: Some("a field, such as `name text`"),
};

pub(super) static ROLE: Context = Context {
    what: "line of a role",
    line: Rule::role_line,
    words: &["is", "otherwise", "qualifies when", "may still act until", "may delegate", "not"],
    later: &[],
    free: None,
};

pub(super) static SCALE: Context = Context {
    what: "line of a scale",
    line: Rule::scale_line,
    words: &["at most", "at least"],
    later: &[],
    free: Some("a band, such as `Good 60 to below 80`"),
};

pub(super) static TABLE: Context =
    Context { what: "line of a table", line: Rule::table_row, words: &["|"], later: &[], free: None };

pub(super) static MESSAGE: Context = Context {
    what: "line of a message",
    line: Rule::message_line,
    words: &["by", "urgent", "subject", "body", "in"],
    later: &[],
    free: None,
};

pub(super) static WORDING: Context = Context {
    what: "line of the wording in a language",
    line: Rule::wording_line,
    words: &["subject", "body"],
    later: &[],
    free: None,
};

pub(super) static WORKFLOW: Context = Context {
    what: "line of a workflow",
    line: Rule::workflow_line,
    words: &[
        "cite",
        "by calendar",
        "for each",
        "for each proposed",
        "ends",
        "suspend the clock while",
        "cancel when",
        "may be withdrawn by",
        "may be cancelled by",
        "may be exempted by",
        "may be suspended by",
        "may be corrected by",
        "case closes",
        "keep",
        "expunge",
        "stage",
        "decision",
        "together",
    ],
    later: &["committee", "grace", "stale after", "only if", "finish", "go back"],
    free: None,
};

pub(super) static TOGETHER: Context = Context {
    what: "part of what runs together",
    line: Rule::stage_line,
    words: &["stage", "decision"],
    later: &[],
    free: None,
};

/// The lines of a committee; the last of them opens those of one that is formed for each case.
const OF_A_COMMITTEE: [&str; 10] = [
    "members",
    "seats",
    "quorum",
    "majority",
    "on a tie",
    "recuse",
    "meets every",
    "at least",
    "if late a new one",
    "for each case",
];

pub(super) static COMMITTEE: Context =
    Context { what: "line of a committee", line: Rule::committee_line, words: &OF_A_COMMITTEE, later: &[], free: None };

pub(super) static PANEL: Context = Context {
    what: "line of a committee formed for each case",
    line: Rule::committee_line,
    // One that is formed for each case says so but once.
    words: OF_A_COMMITTEE.split_at(9).0,
    later: &[],
    free: None,
};

pub(super) static FRAMEWORK: Context = Context {
    what: "line of a framework",
    line: Rule::framework_line,
    words: &[
        "cite",
        "by calendar",
        "for each",
        "judged",
        "severity",
        "sanctions",
        "rewards",
        "except",
        "sanction",
        "reward",
        "measure",
        "ladder",
        "gives way to",
    ],
    later: &["keep", "expunge"],
    free: None,
};

pub(super) static LADDER: Context = Context {
    what: "line of a ladder",
    line: Rule::ladder_line,
    words: &["a step when", "only after", "afresh after", "straight to"],
    later: &[],
    free: None,
};

pub(super) static OUTCOME: Context = Context {
    what: "line of a sanction, a reward or a measure",
    line: Rule::outcome_line,
    words: &[
        "cite",
        "when",
        "unless",
        "automatic",
        "through",
        "lasts",
        "may be lifted by",
        "expunge",
        "amount",
        "within",
        "because",
        "notify",
    ],
    later: &[],
    free: None,
};

pub(super) static STAGE: Context = Context {
    what: "line of a stage",
    line: Rule::stage_line,
    words: &[
        "cite",
        "opens",
        "due",
        "closes",
        "by",
        "fills",
        "done when",
        "done on",
        "remind",
        "escalate to",
        "may be extended",
        "lapses at due",
        "on lapse",
        "on",
        "only if",
        "sends",
        "choose",
        "needs",
        "deemed received",
        "lasts",
        "stays the sanction",
        "does not stay",
        "confirms",
    ],
    later: &["decision", "go back", "finish", "at least"],
    free: None,
};

pub(super) static EXAMPLE: Context = Context {
    what: "line of an example",
    line: Rule::example_line,
    words: &["adopted", "expect", "on"],
    later: &["as known on"],
    free: Some("facts, such as `member Okot { terms permanent }`"),
};

pub(super) static FACTS: Context = Context {
    what: "line of the facts of a record",
    line: Rule::fact_line,
    words: &[],
    later: &[],
    free: Some("a field and its value, such as `terms permanent`"),
};

pub(super) static SCENARIO: Context = Context {
    what: "line of a scenario",
    line: Rule::scenario_line,
    words: &["set", "replace", "add", "remove", "assume"],
    later: &[],
    free: None,
};

pub(super) static EXTEND: Context = Context {
    what: "line of a local text",
    line: Rule::extend_line,
    words: &["set", "set due of", "replace"],
    later: &[],
    free: None,
};

pub(super) static GUARANTEE: Context = Context {
    what: "line of a guarantee",
    line: Rule::guarantee_line,
    words: &[
        "sanctions never get more severe as",
        "sanctions never get less severe as",
        "rewards never fall as",
        "rewards never rise as",
        "no",
        "every",
    ],
    later: &[],
    free: Some("a rule and when it is proposed, such as `warning is proposed only when score < 50`"),
};

pub(super) static ADJUST: Context = Context {
    what: "line of an order that moves a date",
    line: Rule::adjust_line,
    words: &["due", "closes", "reopens", "by order"],
    later: &[],
    free: None,
};

pub(super) static EXEMPT: Context =
    Context { what: "line of an exemption", line: Rule::exempt_line, words: &["by order"], later: &[], free: None };

/// All kinds of blocks, for words that stand in the wrong one.
pub(super) static ALL: [&Context; 23] = [
    &TOP, &CALENDAR, &RECORD, &ROLE, &SCALE, &TABLE, &MESSAGE, &WORDING, &FRAMEWORK, &LADDER, &OUTCOME, &WORKFLOW,
    &TOGETHER, &STAGE, &COMMITTEE, &GUARANTEE, &SCENARIO, &EXTEND, &ADJUST, &EXEMPT, &PANEL, &EXAMPLE, &FACTS,
];
