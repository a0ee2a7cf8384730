//! The rules of two policies side by side, by their names.

use crate::simulate::{Cost, SettingTold};

/// A rule as two policies have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Both {
    /// Its title, as the first that has it gives it.
    pub title: String,
    /// `sanction`, `reward` or `measure`.
    pub kind: String,
    /// What it comes to before; nothing where that policy does not have it.
    pub before: Option<Side>,
    /// What it comes to after.
    pub after: Option<Side>,
}

/// What a rule comes to in one policy, its versions added up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Side {
    /// To how many it is proposed.
    pub proposed: usize,
    /// Of how many it is undetermined.
    pub undetermined: usize,
    /// What is paid, by currency.
    pub cost: Vec<Cost>,
}

impl Both {
    /// How many more it is proposed to after than before.
    #[must_use]
    pub fn difference(&self) -> i128 {
        let proposed = |side: &Option<Side>| side.as_ref().map_or(0, |it| it.proposed as i128);
        proposed(&self.after) - proposed(&self.before)
    }
}

/// Every rule that one of the two has, each once, in the order of the first and then of the second.
#[must_use]
pub fn side_by_side(before: &SettingTold, after: &SettingTold) -> Vec<Both> {
    let mut seen: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    for rule in before.rules.iter().chain(&after.rules) {
        if seen.contains(&rule.name.as_str()) {
            continue;
        }
        seen.push(&rule.name);
        let (title, kind) = (rule.title.clone(), rule.kind.clone());
        found.push(Both { title, kind, before: side(before, &rule.name), after: side(after, &rule.name) });
    }
    found
}

fn side(setting: &SettingTold, name: &str) -> Option<Side> {
    let mut same = setting.rules.iter().filter(|it| it.name == name).peekable();
    same.peek()?;
    let mut side = Side::default();
    for rule in same {
        side.proposed += rule.proposed;
        side.undetermined += rule.undetermined;
        if let Some(paid) = &rule.cost {
            match side.cost.iter_mut().find(|it| it.currency == paid.currency) {
                Some(sum) => sum.add(paid),
                None => side.cost.push(paid.clone()),
            }
        }
    }
    Some(side)
}
