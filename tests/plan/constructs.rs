//! What policies made up are made of: each construct of the language that a plan must know, and in how many policies it occurs.

use std::collections::{BTreeMap, BTreeSet};

use merit::policy::framework::{Combination, OutcomeKind};
use merit::policy::model::{
    Aggregate, AggregateWord, ArithmeticOp, AsOn, CompareOp, Expr, ExprKind, History, Hit, Members, MissingPeriods,
    Order, Policy, Type, When,
};
use merit::policy::population::{Asked, Places, Population};
use merit::value::{Known, Rounding, TimeUnit, Value};

/// Every construct that is counted.
pub(crate) fn all() -> Vec<&'static str> {
    ALL.concat()
}

const ALL: [&[&str]; 7] = [VALUES, RECKONED, CONDITIONS, HISTORIES, AGGREGATES, RANKINGS, FRAMEWORKS];

const VALUES: &[&str] = &[
    "a field",
    "a dated field",
    "a field of another record",
    "a field of the owner",
    "a field of the period",
    "a field of an earlier period",
    "a parameter",
    "a definition",
    "a definition of an earlier period",
    "a definition of a period by its name",
    "a definition of another record",
    "a scale",
    "a scale of an earlier period",
    "a scale with a cap",
    "a scale that counts",
    "as on the first day",
    "as on the last day",
    "as on a day",
    "versions",
    "a date rule",
    "the record itself",
    "a table with exactly one row",
    "a table with the first row",
    "a table with the highest row",
    "a table with the lowest row",
    "a table with all rows",
];

const RECKONED: &[&str] = &[
    "plus",
    "minus",
    "times",
    "by",
    "negative",
    "the least of",
    "the greatest of",
    "the earliest of",
    "the latest of",
    "the worst or best choice of",
    "at least",
    "at most",
    "a choice at least or at most",
    "rounded half up",
    "rounded half even",
    "rounded up",
    "rounded down",
    "if unknown",
    "if then else of numbers",
    "if then else of truths",
    "if then else of choices",
    "if then else of days",
    "weighted",
    "share of points",
    "days between",
    "money",
    "a length",
];

const CONDITIONS: &[&str] = &[
    "not",
    "and",
    "or",
    "exception from an exception",
    "less",
    "at most as much",
    "more",
    "at least as much",
    "is",
    "is not",
    "days compared",
    "choices compared",
    "bands compared",
    "truths compared",
    "records compared",
    "lengths compared",
    "money compared",
    "is known",
    "is one of",
    "is in a range",
    "on every day",
    "on any day",
    "was imposed",
];

const HISTORIES: &[&str] = &[
    "consecutive periods",
    "periods of the last",
    "consecutive periods of the last",
    "missing periods awaited",
    "missing periods skipped",
    "missing periods counted as yes",
    "missing periods counted as no",
    "periods that break the run",
    "periods afresh",
];

const AGGREGATES: &[&str] = &[
    "count of",
    "sum of",
    "average of",
    "least of those",
    "greatest of those",
    "any of those",
    "none of those",
    "every one of those",
    "days of spells",
    "of children",
    "of those who refer",
    "of those within a tree",
    "of shorter periods",
    "of the last periods",
    "where",
    "of spells",
    "of those known",
    "weighted by",
    "enough of the weight",
];

const RANKINGS: &[&str] = &[
    "from the top",
    "from the bottom",
    "so many places",
    "places rounded up",
    "places rounded down",
    "a rank",
    "a split",
    "ties in",
    "ties out",
    "a tie-break, the higher first",
    "a tie-break, the lower first",
    "unknown awaited",
    "unknown left out",
    "some ranked",
    "everybody ranked together",
    "groups",
    "groups of two marks",
    "small groups not ranked",
    "ranked in a framework that covers some",
    "ranked by a scale or choice",
];

const FRAMEWORKS: &[&str] = &[
    "some covered",
    "the most severe sanction",
    "the first sanction",
    "all sanctions",
    "meanwhile the lesser",
    "the first reward",
    "all rewards",
    "unless a sanction applies",
    "unless",
    "several exceptions",
    "a rule for a time",
    "an amount of money",
    "an amount as a number",
    "a measure",
];

/// Adds one to each construct that a policy has.
pub(crate) fn count(policy: &Policy, seen: &mut BTreeMap<&'static str, u64>) {
    let mut found = Found { policy, found: BTreeSet::new() };
    for definition in &policy.definitions {
        found.expr(&definition.value);
    }
    for scale in &policy.scales {
        for version in &scale.versions {
            found.expr(&version.value.of);
            found.when(!version.value.caps.is_empty(), "a scale with a cap");
            version.value.caps.iter().for_each(|it| found.expr(&it.when));
        }
    }
    found.frameworks();
    for name in found.found {
        *seen.entry(name).or_default() += 1;
    }
}

struct Found<'p> {
    policy: &'p Policy,
    found: BTreeSet<&'static str>,
}

impl Found<'_> {
    fn when(&mut self, holds: bool, name: &'static str) {
        if holds {
            self.found.insert(name);
        }
    }

    fn frameworks(&mut self) {
        for framework in &self.policy.frameworks {
            self.when(framework.condition.is_some(), "some covered");
            framework.condition.iter().for_each(|it| self.expr(it));
            let sanctions = framework.rules.iter().filter(|it| matches!(it.kind, OutcomeKind::Sanction { .. })).count();
            let combination = match framework.sanctions {
                Combination::MostSevere => "the most severe sanction",
                Combination::First => "the first sanction",
                Combination::All => "all sanctions",
            };
            self.when(sanctions > 1, combination);
            self.when(sanctions > 1 && framework.meanwhile_the_lesser, "meanwhile the lesser");
            self.when(framework.rewards == Combination::First, "the first reward");
            self.when(framework.rewards == Combination::All, "all rewards");
            self.when(framework.unless_a_sanction, "unless a sanction applies");
            for rule in &framework.rules {
                self.when(!rule.unless.is_empty(), "unless");
                self.when(rule.unless.len() > 1, "several exceptions");
                self.when(rule.from.is_some() || rule.until.is_some(), "a rule for a time");
                self.when(rule.kind == OutcomeKind::Measure, "a measure");
                if let Some(amount) = &rule.amount {
                    self.found.insert(match amount.ty {
                        Type::Number => "an amount as a number",
                        _ => "an amount of money",
                    });
                    self.expr(amount);
                }
                self.expr(&rule.when);
                rule.unless.iter().for_each(|it| self.expr(it));
            }
        }
    }

    fn expr(&mut self, expr: &Expr) {
        self.when(matches!(expr.ty, Type::Money { .. }), "money");
        self.when(matches!(expr.ty, Type::Duration(_)), "a length");
        match &expr.kind {
            ExprKind::Field { .. } | ExprKind::Panel { .. } | ExprKind::Definition { .. } | ExprKind::Band { .. } => {
                self.told(&expr.kind);
            }
            ExprKind::Parameter(_) => self.when(true, "a parameter"),
            ExprKind::Versions(_) => self.when(true, "versions"),
            ExprKind::DateOf(_) => self.when(true, "a date rule"),
            ExprKind::AsOn { day, .. } => self.when(
                true,
                match day {
                    AsOn::Start => "as on the first day",
                    AsOn::End => "as on the last day",
                    AsOn::Day(_) => "as on a day",
                },
            ),
            ExprKind::Table(table) => self.when(
                true,
                match table.hit {
                    Hit::ExactlyOne => "a table with exactly one row",
                    Hit::First => "a table with the first row",
                    Hit::Highest => "a table with the highest row",
                    Hit::Lowest => "a table with the lowest row",
                    Hit::AddedUp => "a table with all rows",
                },
            ),
            ExprKind::History(history) => self.history(history),
            ExprKind::Aggregate(aggregate) => self.aggregate(aggregate),
            ExprKind::Population(population) => self.population(population),
            ExprKind::Compare { op, left, right } => self.compared(*op, left, right),
            _ => self.reckoned(expr),
        }
        expr.kind.parts().into_iter().for_each(|it| self.expr(it));
    }

    fn told(&mut self, kind: &ExprKind) {
        let (of, name) = match kind {
            ExprKind::Field { of, record, field } => {
                self.when(self.policy.field(*record, *field).dated, "a dated field");
                (of, ["a field", "a field of the owner", "a field of another record"])
            }
            ExprKind::Panel { of, when, .. } => {
                let name = if *when == When::Now { "a field of the period" } else { "a field of an earlier period" };
                (of, [name; 3])
            }
            ExprKind::Definition { of, when, .. } => {
                self.when(matches!(when, When::Ago(_)), "a definition of an earlier period");
                self.when(matches!(when, When::In(_)), "a definition of a period by its name");
                (of, ["a definition", "a definition", "a definition of another record"])
            }
            ExprKind::Band { of, when, .. } => {
                let name = if *when == When::Now { "a scale" } else { "a scale of an earlier period" };
                (of, [name; 3])
            }
            _ => return,
        };
        self.found.insert(match of.kind {
            ExprKind::Subject => name[0],
            ExprKind::Owner { .. } => name[1],
            _ => name[2],
        });
    }

    fn reckoned(&mut self, expr: &Expr) {
        let name = match &expr.kind {
            ExprKind::Arithmetic { op: ArithmeticOp::Add, .. } => "plus",
            ExprKind::Arithmetic { op: ArithmeticOp::Subtract, .. } => "minus",
            ExprKind::Arithmetic { op: ArithmeticOp::Multiply, .. } => "times",
            ExprKind::Arithmetic { op: ArithmeticOp::Divide, .. } => "by",
            ExprKind::Negative(_) => "negative",
            ExprKind::Counts(_) => "a scale that counts",
            ExprKind::Extreme { greatest, .. } => match (&expr.ty, greatest) {
                (Type::Date, false) => "the earliest of",
                (Type::Date, true) => "the latest of",
                (Type::Choice(_), _) => "the worst or best choice of",
                (_, false) => "the least of",
                (_, true) => "the greatest of",
            },
            ExprKind::Limit { at_most, .. } => match (&expr.ty, at_most) {
                (Type::Choice(_), _) => "a choice at least or at most",
                (_, true) => "at most",
                (_, false) => "at least",
            },
            ExprKind::Round { mode, .. } => match mode {
                Rounding::HalfUp => "rounded half up",
                Rounding::HalfEven => "rounded half even",
                Rounding::Up => "rounded up",
                Rounding::Down => "rounded down",
            },
            ExprKind::IfUnknown { .. } => "if unknown",
            ExprKind::If { .. } => match expr.ty {
                Type::YesNo => "if then else of truths",
                Type::Choice(_) => "if then else of choices",
                Type::Date => "if then else of days",
                _ => "if then else of numbers",
            },
            ExprKind::Weighted(_) => "weighted",
            ExprKind::Share(_) => "share of points",
            ExprKind::Between { unit: TimeUnit::Days, .. } => "days between",
            ExprKind::Not(_) => "not",
            ExprKind::And(_) => "and",
            ExprKind::Or(_) => "or",
            ExprKind::OrNo(_) => "exception from an exception",
            ExprKind::IsKnown(_) => "is known",
            ExprKind::OneOf { .. } => "is one of",
            ExprKind::InRange { .. } => "is in a range",
            ExprKind::OverDays { every: true, .. } => "on every day",
            ExprKind::OverDays { every: false, .. } => "on any day",
            ExprKind::Happened(_) => "was imposed",
            _ => return,
        };
        self.found.insert(name);
    }

    fn compared(&mut self, op: CompareOp, left: &Expr, right: &Expr) {
        self.found.insert(match op {
            CompareOp::Less => "less",
            CompareOp::AtMost => "at most as much",
            CompareOp::More => "more",
            CompareOp::AtLeast => "at least as much",
            CompareOp::Is => "is",
            CompareOp::IsNot => "is not",
        });
        let of = |list: merit::ids::ChoiceId| self.policy.choices[list.index()].order;
        let literal = matches!(right.kind, ExprKind::Literal(Value::Known(Known::YesNo(_))));
        let name = match left.ty {
            Type::Date => "days compared",
            Type::Choice(list) if of(list) == Order::BestFirst => "bands compared",
            Type::Choice(_) => "choices compared",
            Type::YesNo if !literal => "truths compared",
            Type::Record(_) => "records compared",
            Type::Duration(_) => "lengths compared",
            Type::Money { .. } => "money compared",
            _ => return,
        };
        self.found.insert(name);
        let subject = |it: &Expr| matches!(it.kind, ExprKind::Subject);
        self.when(matches!(left.ty, Type::Record(_)) && (subject(left) || subject(right)), "the record itself");
    }

    fn history(&mut self, history: &History) {
        self.found.insert(match (history.consecutive, history.count == history.last) {
            (true, true) => "consecutive periods",
            (true, false) => "consecutive periods of the last",
            (false, _) => "periods of the last",
        });
        self.found.insert(match history.missing {
            MissingPeriods::Awaited => "missing periods awaited",
            MissingPeriods::Skipped => "missing periods skipped",
            MissingPeriods::Counted(true) => "missing periods counted as yes",
            MissingPeriods::Counted(false) => "missing periods counted as no",
        });
        self.when(history.breaks, "periods that break the run");
        self.when(history.afresh, "periods afresh");
    }

    fn aggregate(&mut self, aggregate: &Aggregate) {
        self.found.insert(match aggregate.word {
            AggregateWord::Count => "count of",
            AggregateWord::Sum => "sum of",
            AggregateWord::Average => "average of",
            AggregateWord::Least => "least of those",
            AggregateWord::Greatest => "greatest of those",
            AggregateWord::Every => "every one of those",
            AggregateWord::Any => "any of those",
            AggregateWord::No => "none of those",
            AggregateWord::Days => "days of spells",
        });
        self.found.insert(match aggregate.members {
            Members::Children(_) => "of children",
            Members::Referring(..) => "of those who refer",
            Members::Within { .. } => "of those within a tree",
            Members::Periods(_) => "of shorter periods",
            Members::Last(_) => "of the last periods",
        });
        self.when(aggregate.filter.is_some(), "where");
        self.when(aggregate.window.is_some(), "of spells");
        self.when(aggregate.those_known, "of those known");
        self.when(aggregate.weight.is_some(), "weighted by");
        self.when(aggregate.enough.is_some(), "enough of the weight");
        for part in aggregate.filter.iter().chain(&aggregate.value).chain(&aggregate.weight) {
            self.expr(part);
        }
    }

    fn population(&mut self, population: &Population) {
        let mut places = |places: &Places| {
            self.found.insert(match places {
                Places::Count(_) => "so many places",
                Places::Part { up: true, .. } => "places rounded up",
                Places::Part { up: false, .. } => "places rounded down",
            });
        };
        let asked = match &population.asked {
            Asked::Among { top, places: of } => {
                places(of);
                if *top { "from the top" } else { "from the bottom" }
            }
            Asked::Rank => "a rank",
            Asked::Split { ends, .. } => {
                ends.iter().for_each(places);
                "a split"
            }
        };
        self.found.insert(asked);
        self.found.insert(if population.ties_in { "ties in" } else { "ties out" });
        self.found.insert(if population.awaited { "unknown awaited" } else { "unknown left out" });
        self.found.insert(match population.group.len() {
            0 => "everybody ranked together",
            1 => "groups",
            _ => "groups of two marks",
        });
        self.when(population.filter.is_some(), "some ranked");
        self.when(population.at_least > 1, "small groups not ranked");
        self.when(population.covered.is_some(), "ranked in a framework that covers some");
        self.when(matches!(population.by.ty, Type::Choice(_)), "ranked by a scale or choice");
        if let Some(tie) = &population.tie {
            let name = if tie.lower_first { "a tie-break, the lower first" } else { "a tie-break, the higher first" };
            self.found.insert(name);
            self.expr(&tie.by);
        }
        let parts = population.covered.iter().chain(&population.filter).chain(&population.group);
        parts.chain([&population.by]).for_each(|it| self.expr(it));
    }
}
