//! The plan of a sample: `sample.toml` beside a pack.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What to make up.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// For each record type, by name.
    pub records: BTreeMap<String, RecordPlan>,
}

/// How the records of a type are made up.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordPlan {
    /// How many; `--size` replaces the greatest, and the others in proportion.
    #[serde(default)]
    pub count: Option<u64>,
    /// The form of a key: `{n}` is the row's number with six digits.
    #[serde(default = "key_form")]
    pub key: String,
    /// Records given as they are; fields left out are made up.
    #[serde(default)]
    pub rows: Vec<BTreeMap<String, String>>,
    /// For panels: the label of the period.
    #[serde(default)]
    pub period: Option<String>,
    /// For panels: the periods before, and how those are made up.
    #[serde(default)]
    pub before: Option<Before>,
    /// For children: how many each owner has (1, unless said).
    #[serde(default)]
    pub each: Option<u64>,
    /// Which share of the owners has one (1 is all).
    #[serde(default = "all")]
    pub share: f64,
    /// For each field, by name.
    #[serde(default)]
    pub fields: BTreeMap<String, FieldPlan>,
}

/// How the periods before the one of a plan are made up.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Before {
    /// Their labels.
    pub periods: Vec<String>,
    /// Which share of the owners has one (1 is all).
    #[serde(default = "all")]
    pub share: f64,
    /// For each field, by name.
    #[serde(default)]
    pub fields: BTreeMap<String, FieldPlan>,
}

/// How a field is made up; what is left out follows its type.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldPlan {
    /// Which share is left blank.
    #[serde(default)]
    pub blank: f64,
    /// Always this.
    pub fixed: Option<String>,
    /// A form in which `{key}` is the record's key in small letters.
    pub pattern: Option<String>,
    /// Weights of choices; a choice left out does not occur.
    #[serde(default)]
    pub weights: BTreeMap<String, u64>,
    /// Lists of words: one of each, joined by blanks.
    #[serde(default)]
    pub words: Vec<Vec<String>>,
    /// The least whole number.
    pub least: Option<i64>,
    /// The greatest.
    pub most: Option<i64>,
    /// A multiple of this.
    pub step: Option<i64>,
    /// The first day.
    pub from: Option<String>,
    /// The last day.
    pub to: Option<String>,
    /// A reference to the record above in a forest.
    pub forest: Option<Forest>,
    /// A reference to the record of another type whose row is that of the root above.
    pub root_of: Option<Forest>,
    /// For children: of those of each owner, the first has the first of these values, the second the second, and so on.
    #[serde(default)]
    pub in_turn: Vec<String>,
    /// For children: a reference to one of those right below the root of the owner's row, the first for the first child, and so on. A
    /// child for whom there is none is left out.
    pub below: Option<Forest>,
    /// A reference to the record of another type in the same row, as far as there are any.
    #[serde(default)]
    pub same_row: bool,
}

/// Trees side by side: the first rows are roots, every other has so many below it.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forest {
    /// How many roots.
    pub roots: u64,
    /// How many stand directly below each.
    pub span: u64,
}

impl Forest {
    /// The row above; none for a root.
    #[must_use]
    pub fn parent(self, row: u64) -> Option<u64> {
        row.checked_sub(self.roots.max(1)).map(|below| below / self.span.max(1))
    }

    /// The row of one of those right below a root, from nought; nothing beyond the last of them.
    #[must_use]
    pub fn below(self, root: u64, nth: u64) -> Option<u64> {
        (nth < self.span).then(|| self.roots.max(1) + root * self.span + nth)
    }

    /// The row of the root above.
    #[must_use]
    pub fn root(self, row: u64) -> u64 {
        let mut at = row;
        while let Some(above) = self.parent(at) {
            at = above;
        }
        at
    }
}

fn key_form() -> String {
    "R{n}".to_owned()
}

fn all() -> f64 {
    1.0
}
