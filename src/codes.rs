//! The table of diagnostic codes: each with its severity, its title and an explanation with a wrong and a right example.
//!
//! Codes never change their meaning and are never used again. `M01..` is syntax, `M02..` names and types, `M03..` time,
//! `M04..` workflows and messages, `M05..` examples, `M06..` scales, `M07..` tables, `M08..` history and aggregates, `M09..`
//! frameworks, `M10..` committees, decisions and due process, `M11..` populations, `M12..` scenarios, guarantees and
//! local customisation, `M13..` conditions and rules.

/// The code of a finding, such as `M0101`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub &'static str);

/// How bad it is: an error keeps the policy from being used, a warning does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The policy can't be used until it is mended.
    Error,
    /// The policy can be used; somebody should look.
    Warning,
}

/// What is to be known of a code.
#[derive(Debug)]
pub struct Entry {
    /// The code.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// A few words.
    pub title: &'static str,
    /// What it means and the way out, for policy staff.
    pub explanation: &'static str,
    /// A small policy that shows it.
    pub wrong: &'static str,
    /// The same, mended.
    pub right: &'static str,
}

impl Code {
    /// The severity that findings of this code have; an unknown code is an error.
    #[must_use]
    pub fn severity(self) -> Severity {
        entry(self.0).map_or(Severity::Error, |it| it.severity)
    }
}

/// Makes a constant of each code, and a table of them all.
macro_rules! codes {
    ($table:ident; $($name:ident = $code:literal, $severity:ident, $title:literal, $explanation:literal, $wrong:expr, $right:expr;)*) => {
        $(pub(crate) const $name: Code = Code($code);)*

        /// What can be wrong, in the order of the codes.
        pub(crate) const $table: &[Entry] = &[$(Entry {
            code: $name,
            severity: Severity::$severity,
            title: $title,
            explanation: $explanation,
            wrong: $wrong,
            right: $right,
        },)*];
    };
}
pub(crate) use codes;

/// Looks a code up.
#[must_use]
pub fn entry(code: &str) -> Option<&'static Entry> {
    all().find(|it| it.code.0.eq_ignore_ascii_case(code))
}

/// Every code, in order.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    let (syntax, policy) = (crate::codes_syntax::SYNTAX, crate::codes_policy::POLICY);
    let all = syntax.iter().chain(policy).chain(crate::codes_framework::FRAMEWORK);
    all.chain(crate::codes_flow::FLOW).chain(crate::codes_local::LOCAL).chain(crate::codes_gathered::GATHERED)
}
