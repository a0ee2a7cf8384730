//! The framework of a policy that is made up.

use crate::writer::{Each, Here, Of, Writer};

impl Writer {
    /// Who is judged by what, and what follows.
    pub(crate) fn framework(&mut self) {
        let here = Here { of: Of::Officer, each: Each::Year, depth: 2, times: 1 };
        self.line("framework conduct {");
        let covered = match self.draw.percent(35) {
            true => format!(" where {}", self.condition(Here { depth: 0, ..here })),
            false => String::new(),
        };
        self.line(&format!("  for each officer each year{covered}"));
        self.line("  judged 31 January after the year");
        let sanctions: Vec<String> = (0..self.draw.below(3) + 1).map(|at| format!("sanction_{at}")).collect();
        let ranks: Vec<String> = sanctions.iter().map(|it| format!("{it} (administrative)")).collect();
        self.line(&format!("  severity {}", ranks.join(" < ")));
        let combination = match self.draw.below(3) {
            0 => "the first that applies",
            1 => "all that apply",
            _ => "the most severe that applies",
        };
        let meanwhile = if self.draw.one_in(3) { ", meanwhile the lesser" } else { "" };
        self.line(&format!("  sanctions {combination}{meanwhile}"));
        let combination = self.draw.pick(&["the first that applies", "all that apply"]);
        let unless = if self.draw.one_in(3) { ", unless a sanction applies" } else { "" };
        self.line(&format!("  rewards {combination}{unless}"));
        let mut rules: Vec<(&str, String)> = sanctions.into_iter().map(|it| ("sanction", it)).collect();
        rules.extend((0..self.draw.below(2) + 1).map(|at| ("reward", format!("reward_{at}"))));
        rules.extend((0..self.draw.below(2)).map(|at| ("measure", format!("measure_{at}"))));
        // Sanctions need not stand in the order of their severity.
        let turned = self.draw.place(rules.len());
        rules.rotate_left(turned);
        let mut exceptions: Vec<String> = Vec::new();
        for (what, name) in &rules {
            self.rule(here, what, name, &mut exceptions);
        }
        for (what, name) in &rules {
            if self.draw.one_in(10) {
                let when = self.condition(Here { depth: 1, ..here });
                let exception = self.named_exception(&mut exceptions);
                self.line(&format!("  except {what} {name} when {when}{exception}"));
            }
        }
        for name in exceptions.clone() {
            let when = self.condition(Here { depth: 1, ..here });
            let own = self.named_exception(&mut exceptions);
            self.line(&format!("  except {name} when {when}{own}"));
        }
        self.line("}");
    }

    fn named_exception(&mut self, exceptions: &mut Vec<String>) -> String {
        if exceptions.len() > 3 || self.draw.one_in(2) {
            return String::new();
        }
        let name = self.new_name("exception");
        exceptions.push(name.clone());
        format!(", named {name}")
    }

    fn rule(&mut self, here: Here, what: &str, name: &str, exceptions: &mut Vec<String>) {
        let time = match self.draw.below(20) {
            0 => " from 2026",
            1 => " until 2025",
            _ => "",
        };
        self.line(&format!("  {what} {name}{time} {{"));
        let mut when = self.condition(here);
        // Alone, most conditions hold for few.
        for _ in 0..self.draw.weighted(&[1, 2, 2]) {
            let depth = u32::from(self.draw.one_in(3));
            when = format!("({when} or {})", self.condition(Here { depth, ..here }));
        }
        self.line(&format!("    when {when}"));
        for _ in 0..self.draw.weighted(&[7, 2, 1]) {
            let unless = self.condition(Here { depth: 1, ..here });
            let named = self.named_exception(exceptions);
            self.line(&format!("    unless {unless}{named}"));
        }
        if what == "sanction" {
            self.line("    automatic");
        }
        if what == "reward" && self.draw.percent(60) {
            let mode = self.rounding();
            if self.draw.one_in(2) {
                let amount = self.money(here);
                self.line(&format!("    amount {amount}, {mode} to USD 1"));
            } else {
                let amount = self.number(here);
                self.line(&format!("    amount {amount}, {mode} to whole"));
            }
        }
        self.line("  }");
    }
}
