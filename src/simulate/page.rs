//! A simulation as one page for people: a summary in sentences, and for each change its figures as drawings and tables.
//!
//! The page stands by itself: it asks for nothing from elsewhere and runs nothing. It is read on a screen of any width and on paper. Start
//! reading at [`page`].

use crate::calendar::day_in_words;
use crate::simulate::page_charts::{Bar, PATTERNS, bars};
use crate::simulate::page_curve::curve;
use crate::simulate::page_groups::{Sides, grouping};
use crate::simulate::page_parts::{
    Cell, could_add, counted, difference, escaped, figures, known, listed, money, number, paragraph, people, rate,
    table, words,
};
use crate::simulate::{Both, Change, Cost, Move, SettingTold, Simulation, side_by_side};
use crate::value::Number;

const STYLE: &str = include_str!("page.css");

/// How many missing facts are listed.
const FACTS: usize = 20;

/// A simulation, or those of several periods, as a page of HTML.
///
/// Names are the policy's own and may hold any sign; they are escaped. The same simulation gives the same page.
#[must_use]
pub fn page(simulations: &[Simulation]) -> String {
    let (Some(first), Some(last)) = (simulations.first(), simulations.last()) else { return String::new() };
    let until = if simulations.len() > 1 { format!(" to {}", last.period) } else { String::new() };
    let title = escaped(&format!("{}, {}{until}", first.framework, first.period));
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}: what would change</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{PATTERNS}<main>\n"
    );
    if simulations.len() > 1 {
        page += &paragraph(
            "These periods follow one another: what is proposed in one counts as imposed, from the day of its judgement, in those behind it; \
             what is undetermined does not.",
        );
    }
    for simulation in simulations {
        page += &of_a_period(simulation);
    }
    page + "</main>\n</body>\n</html>\n"
}

fn of_a_period(simulation: &Simulation) -> String {
    let mut page = format!("<h1>{}</h1>\n", escaped(&format!("{}, {}", simulation.framework, simulation.period)));
    page += &summary(simulation);
    if simulation.changes.is_empty() {
        page += &as_it_is(simulation);
    }
    match &simulation.varied {
        Some(varied) => page += &curve(simulation, varied),
        None => {
            for (place, change) in simulation.changes.iter().enumerate() {
                page += &section(simulation, change, place + 1);
            }
        }
    }
    page + &again(simulation)
}

fn day(simulation: &Simulation) -> String {
    simulation.on.parse().map_or_else(|_| simulation.on.clone(), day_in_words)
}

// ---- the summary

fn summary(told: &Simulation) -> String {
    let mut part = "<section>\n<h2>In short</h2>\n".to_owned();
    part += &paragraph(&format!(
        "This page tells what the rules of \u{201c}{}\u{201d} come to for {}, judged for {} as on {}. Nobody is judged by \
         it, and nothing is sent: it is a trial.",
        told.framework,
        people(told.people),
        told.period,
        day(told),
    ));
    // Of many values of a parameter the curve tells.
    let policies = if told.varied.is_some() { 1 } else { told.settings.len() };
    for (change, after) in told.changes.iter().zip(&told.settings[1..policies]) {
        part += &paragraph(&in_short(told, change, after));
    }
    let open: Vec<&SettingTold> = told.settings[..policies].iter().filter(|it| it.undetermined > 0).collect();
    if open.is_empty() {
        part += &paragraph("Every outcome can be told: no fact is missing.");
    }
    for setting in open {
        let facts: Vec<String> = setting.missing.iter().map(|it| it.what.replace('_', " ")).collect();
        let for_want =
            if facts.is_empty() { String::new() } else { format!(" Most often missing: {}.", listed(&facts, 3)) };
        part += &paragraph(&format!(
            "By {} the outcome of {} is undetermined, because facts are missing.{for_want}",
            called(setting),
            people(setting.undetermined),
        ));
    }
    part + "</section>\n"
}

/// What a policy is called inside a sentence.
pub(super) fn called(setting: &SettingTold) -> String {
    match setting.title.as_str() {
        "in force" => "the policy in force".to_owned(),
        "working policy" => "the working policy".to_owned(),
        title => format!("\u{201c}{title}\u{201d}"),
    }
}

/// What a section about a policy is headed with.
fn headed(setting: &SettingTold) -> String {
    match setting.title.as_str() {
        "working policy" => "The working policy".to_owned(),
        title => title.to_owned(),
    }
}

fn in_short(told: &Simulation, change: &Change, after: &SettingTold) -> String {
    let before = &told.settings[0];
    let begins = format!("With {} in place of {}", called(after), called(before));
    let cost = cost_in_short(before, after);
    if change.changed == 0 {
        return format!("{begins}, nothing is otherwise for anybody. {cost}");
    }
    let mut words = format!(
        "{begins}, another outcome follows for {} ({}).",
        people(change.changed),
        rate(change.changed, told.people)
    );
    let lines = [
        (change.more_severe, "get a more severe sanction", "gets a more severe sanction"),
        (
            change.less_severe,
            "get a less severe sanction or none any more",
            "gets a less severe sanction or none any more",
        ),
        (change.more_money, "get more money", "gets more money"),
        (change.less_money, "get less money", "gets less money"),
        (change.newly_undetermined, "are undetermined now", "is undetermined now"),
        (change.newly_decided, "can be told now", "can be told now"),
    ];
    let told: Vec<String> = lines
        .iter()
        .filter(|it| it.0 > 0)
        .map(|(count, many, one)| format!("{} {}", number(*count), if *count == 1 { one } else { many }))
        .collect();
    if !told.is_empty() {
        words += &format!(" Of all, {}.", listed(&told, told.len()));
    }
    words + " " + &cost
}

/// What is paid before and after, currency by currency.
fn both_costs<'a>(before: &'a [Cost], after: &'a [Cost]) -> Vec<(Option<&'a str>, Cost, Cost)> {
    let mut currencies: Vec<Option<&str>> = Vec::new();
    for cost in before.iter().chain(after) {
        if !currencies.contains(&cost.currency.as_deref()) {
            currencies.push(cost.currency.as_deref());
        }
    }
    let of = |costs: &[Cost], currency| {
        let found = costs.iter().find(|it| it.currency.as_deref() == currency).cloned();
        found.unwrap_or_else(|| Cost::nothing(currency))
    };
    currencies.into_iter().map(|it| (it, of(before, it), of(after, it))).collect()
}

fn cost_in_short(before: &SettingTold, after: &SettingTold) -> String {
    let told = both_costs(&before.cost, &after.cost).into_iter().map(|(currency, before, after)| {
        let not_known = before.not_known.max(after.not_known);
        let beside = match not_known {
            0 => String::new(),
            count => format!(" Up to {} not known, and in no sum.", counted(count, "amount is", "amounts are")),
        };
        let (was, becomes) = (money(currency, before.known), money(currency, after.known));
        let open = if after.could_add == Number::ZERO {
            String::new()
        } else {
            format!(", and what is undetermined could add {}", money(currency, after.could_add))
        };
        let told = match (before.known == after.known, before.known < after.known) {
            (true, _) => format!("What is paid stays at {was}{open}."),
            (_, true) => format!("What is paid rises from {was} to {becomes}{open}."),
            (_, false) => format!("What is paid falls from {was} to {becomes}{open}."),
        };
        told + &beside
    });
    told.collect::<Vec<_>>().join(" ")
}

// ---- one policy alone

fn as_it_is(told: &Simulation) -> String {
    let setting = &told.settings[0];
    let sides: Sides<'_> = &[("now", 0)];
    let mut part = format!("<section>\n<h2>As it is {}</h2>\n", escaped(&setting.title));
    let both = side_by_side(setting, setting);
    let bar = |it: &Both| {
        let side = it.before.clone().unwrap_or_default();
        (format!("{} ({})", it.title, it.kind), vec![rule_bar("now", side.proposed, side.undetermined)])
    };
    part += &rules_drawn(&both.iter().map(bar).collect::<Vec<_>>());
    let row = |it: &Both| {
        let side = it.before.clone().unwrap_or_default();
        let mut row = vec![Cell::Head(it.title.clone(), 1), Cell::Text(it.kind.clone())];
        let cells = [number(side.proposed), number(side.undetermined), known(&side.cost), could_add(&side.cost)];
        row.extend(cells.map(Cell::Number));
        row
    };
    let head = [
        words("rule"),
        words("kind"),
        figures("proposed"),
        figures("undetermined"),
        figures("cost"),
        figures("undetermined could add"),
    ];
    part += &table("What each rule comes to", &head, &both.iter().map(row).collect::<Vec<_>>());
    part += &undetermined(&[("now", setting)]);
    told.groupings.iter().for_each(|it| part += &grouping(it, &told.settings, sides));
    part + "</section>\n"
}

// ---- one change

fn section(told: &Simulation, change: &Change, place: usize) -> String {
    let (before, after) = (&told.settings[0], &told.settings[place]);
    let mut part = format!("<section>\n<h2>{}</h2>\n", escaped(&headed(after)));
    part += &paragraph(&format!("Before: {}. After: {}.", called(before), called(after)));
    part += &rules(before, after);
    part += &who_changes(change, told.people);
    part += &cost(before, after);
    part += &undetermined(&[("before", before), ("after", after)]);
    let sides: Sides<'_> = &[("before", 0), ("after", place)];
    told.groupings.iter().for_each(|it| part += &grouping(it, &told.settings, sides));
    part + "</section>\n"
}

fn rule_bar(side: &'static str, proposed: usize, open: usize) -> Bar {
    let words = if open > 0 { format!("{} + {}", number(proposed), number(open)) } else { number(proposed) };
    Bar { side, known: proposed as f64, open: open as f64, words }
}

fn rules_drawn(of: &[(String, Vec<Bar>)]) -> String {
    format!(
        "<figure>\n<figcaption>To how many people each rule proposes something. Hatched: undetermined, because a fact is missing.\
         </figcaption>\n{}\n</figure>\n",
        bars("To how many people each rule proposes something", of)
    )
}

fn rules(before: &SettingTold, after: &SettingTold) -> String {
    let both = side_by_side(before, after);
    let mut part = "<h3>What each rule comes to</h3>\n".to_owned();
    let drawn = |it: &Both| {
        let sides = [("before", &it.before), ("after", &it.after)];
        let bars = sides.iter().filter_map(|(side, of)| {
            let of = of.as_ref()?;
            Some(rule_bar(side, of.proposed, of.undetermined))
        });
        (format!("{} ({})", it.title, it.kind), bars.collect())
    };
    part += &rules_drawn(&both.iter().map(drawn).collect::<Vec<_>>());
    let row = |it: &Both| {
        let mut row = vec![Cell::Head(it.title.clone(), 1), Cell::Text(it.kind.clone())];
        for side in [&it.before, &it.after] {
            let cells = side.as_ref().map_or_else(
                || ["no such rule".to_owned(), "\u{2013}".to_owned()],
                |it| [number(it.proposed), number(it.undetermined)],
            );
            row.extend(cells.map(Cell::Number));
        }
        row.push(Cell::Number(difference(it.difference())));
        row
    };
    let head = [
        words("rule"),
        words("kind"),
        figures("before"),
        figures("undetermined before"),
        figures("after"),
        figures("undetermined after"),
        figures("difference"),
    ];
    part + &table("People to whom each rule proposes something", &head, &both.iter().map(row).collect::<Vec<_>>())
}

fn who_changes(change: &Change, all: usize) -> String {
    let mut part = "<h3>Who changes</h3>\n".to_owned();
    if change.changed == 0 {
        return part + &paragraph("Nothing is otherwise for anybody.");
    }
    let lines = [
        ("another outcome, or the same with another amount", change.changed),
        ("a more severe sanction", change.more_severe),
        ("a less severe sanction, or none any more", change.less_severe),
        ("more money", change.more_money),
        ("less money", change.less_money),
        ("undetermined now, and told before", change.newly_undetermined),
        ("told now, and undetermined before", change.newly_decided),
    ];
    let rows: Vec<Vec<Cell>> = lines
        .iter()
        .map(|(what, count)| {
            let told = [number(*count), rate(*count, all)].map(Cell::Number);
            std::iter::once(Cell::Head((*what).to_owned(), 1)).chain(told).collect()
        })
        .collect();
    part += &table("For how many something changes", &[words("what"), figures("people"), figures("of all")], &rows);
    part += &matrix("Sanctions: from the most severe before to that after", &change.sanctions);
    part += &matrix("Rewards: from those before to those after", &change.rewards);
    part
}

/// From each outcome, down, to each, across.
fn matrix(caption: &str, moves: &[Move]) -> String {
    let ends = moves.iter().flat_map(|it| [(it.places[0], &it.from), (it.places[1], &it.to)]);
    let mut outcomes: Vec<(usize, &String)> = Vec::new();
    for (place, outcome) in ends {
        match outcomes.iter_mut().find(|it| it.1 == outcome) {
            Some(known) => known.0 = known.0.min(place),
            None => outcomes.push((place, outcome)),
        }
    }
    if outcomes.len() < 2 {
        return String::new();
    }
    outcomes.sort();
    let count = |from: &str, to: &str| -> usize {
        moves.iter().filter(|it| it.from == from && it.to == to).map(|it| it.people).sum()
    };
    let from = |from: &str| -> usize { moves.iter().filter(|it| it.from == from).map(|it| it.people).sum() };
    let to = |to: &str| -> usize { moves.iter().filter(|it| it.to == to).map(|it| it.people).sum() };
    let mut head = vec![words("before, down; after, across")];
    head.extend(outcomes.iter().map(|it| figures(it.1)));
    head.push(figures("all before"));
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for (_, before) in &outcomes {
        let mut row = vec![Cell::Head((*before).clone(), 1)];
        for (_, after) in &outcomes {
            let words = number(count(before, after));
            row.push(if before == after { Cell::Same(words) } else { Cell::Number(words) });
        }
        row.push(Cell::Sum(number(from(before))));
        rows.push(row);
    }
    let mut sums = vec![Cell::Head("all after".to_owned(), 1)];
    sums.extend(outcomes.iter().map(|it| Cell::Sum(number(to(it.1)))));
    sums.push(Cell::Sum(number(moves.iter().map(|it| it.people).sum())));
    rows.push(sums);
    table(caption, &head, &rows) + "<p class=\"note\">Shaded and framed: those for whom it stays the same.</p>\n"
}

/// As far as a drawing needs to know it.
pub(super) fn roughly(amount: Number) -> f64 {
    amount.to_string().trim_start_matches('\u{2248}').parse().unwrap_or(0.0)
}

fn cost(before: &SettingTold, after: &SettingTold) -> String {
    let both = both_costs(&before.cost, &after.cost);
    if both.is_empty() {
        return String::new();
    }
    let mut part = "<h3>What it costs</h3>\n".to_owned();
    for (currency, was, becomes) in &both {
        let bar = |side, cost: &Cost| {
            let open = match cost.could_add {
                Number::ZERO => String::new(),
                open => format!(", up to {} more", money(*currency, open)),
            };
            let words = format!("{}{open}", money(*currency, cost.known));
            Bar { side, known: roughly(cost.known), open: roughly(cost.could_add), words }
        };
        let drawn = vec![(String::new(), vec![bar("before", was), bar("after", becomes)])];
        let title = format!("What is paid in {}", currency.unwrap_or("plain numbers"));
        part += &format!(
            "<figure>\n<figcaption>{}. Hatched: what those could add of whom it is undetermined.</figcaption>\n{}\n</figure>\n",
            escaped(&title),
            bars(&title, &drawn)
        );
    }
    let paying = side_by_side(before, after).into_iter().filter(|it| {
        let pays = |side: &Option<crate::simulate::Side>| side.as_ref().is_some_and(|it| !it.cost.is_empty());
        pays(&it.before) || pays(&it.after)
    });
    let cells = |costs: &[Cost]| [known(costs), could_add(costs)];
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for rule in paying {
        let side = |it: Option<crate::simulate::Side>| cells(&it.unwrap_or_default().cost).map(Cell::Number);
        let both = [side(rule.before), side(rule.after)].into_iter().flatten();
        rows.push(std::iter::once(Cell::Head(rule.title, 1)).chain(both).collect());
    }
    let sums = [cells(&before.cost), cells(&after.cost)].into_iter().flatten().map(Cell::Sum);
    rows.push(std::iter::once(Cell::Head("in all".to_owned(), 1)).chain(sums).collect());
    let head = [
        words("rule"),
        figures("before"),
        figures("undetermined could add"),
        figures("after"),
        figures("undetermined could add"),
    ];
    part += &table("What is paid", &head, &rows);
    for (side, setting) in [("Before", before), ("After", after)] {
        let not_known: usize = setting.cost.iter().map(|it| it.not_known).sum();
        if not_known > 0 {
            let amounts = counted(not_known, "amount is", "amounts are");
            part += &paragraph(&format!(
                "{side}, {amounts} not known, for a fact on which it rests is missing. It is in no sum."
            ));
        }
    }
    part
}

fn undetermined(of: &[(&str, &SettingTold)]) -> String {
    let mut part = "<h3>What is undetermined</h3>\n".to_owned();
    if of.iter().all(|it| it.1.undetermined == 0) {
        return part + &paragraph("Nothing: every outcome can be told.");
    }
    for (side, setting) in of {
        let mut words = format!(
            "{}: undetermined for {}.",
            if *side == "now" {
                "As it is"
            } else if *side == "before" {
                "Before"
            } else {
                "After"
            },
            people(setting.undetermined)
        );
        if setting.missing_asked == 0 && setting.undetermined > 0 {
            words += " What is missing was not asked.";
        } else if setting.missing_asked < setting.undetermined {
            words += &format!(" What is missing was asked of {} of them.", number(setting.missing_asked));
        }
        part += &paragraph(&words);
    }
    let mut facts: Vec<&str> = Vec::new();
    for lack in of.iter().flat_map(|it| &it.1.missing) {
        if !facts.contains(&lack.what.as_str()) {
            facts.push(&lack.what);
        }
    }
    if facts.is_empty() {
        return part;
    }
    let count =
        |setting: &SettingTold, what: &str| setting.missing.iter().find(|it| it.what == what).map_or(0, |it| it.people);
    let most = |what: &str| of.iter().map(|it| count(it.1, what)).max().unwrap_or(0);
    facts.sort_by(|a, b| most(b).cmp(&most(a)).then_with(|| a.cmp(b)));
    let row = |what: &&str| {
        let counts = of.iter().map(|it| Cell::Number(number(count(it.1, what))));
        std::iter::once(Cell::Head(what.replace('_', " "), 1)).chain(counts).collect()
    };
    let rows: Vec<Vec<Cell>> = facts.iter().take(FACTS).map(row).collect();
    let mut head = vec![words("missing fact")];
    head.extend(of.iter().map(|it| figures(&format!("people {}", it.0))));
    part += &table("People of whom something is undetermined for want of it", &head, &rows);
    if facts.len() > FACTS {
        part += &paragraph(&format!(
            "Beside these, {} missing more rarely.",
            counted(facts.len() - FACTS, "fact is", "facts are")
        ));
    }
    part
}

// ---- the end

fn again(told: &Simulation) -> String {
    let mut part = "<section>\n<h2>How to get these figures again</h2>\n".to_owned();
    part +=
        &paragraph("The same program, policies and records give the same figures. These are the ones that were used.");
    let text = |what: &str, is: &str| vec![Cell::Head(what.to_owned(), 1), Cell::Text(is.to_owned())];
    let mut rows = vec![
        text("program", &format!("merit {}", told.program)),
        text("framework", &told.framework),
        text("period", &told.period),
        text("as known on", &told.on),
        text("people", &format!("{} ({} records)", number(told.people), told.subject)),
    ];
    for setting in &told.settings {
        let name = if setting.title == setting.name {
            setting.name.clone()
        } else {
            format!("{} ({})", setting.title, setting.name)
        };
        rows.push(text(&format!("policy: {name}"), &setting.policy));
    }
    if !told.data.is_empty() {
        rows.push(text("records", &told.data));
    }
    part += &table("What these figures were made from", &[words("what"), words("which")], &rows);
    part += &paragraph(
        "The long numbers are SHA-256 sums of the policies' texts and of all records. Where one differs, something else was judged. Ratios \
         have their interval from the logarithm of the ratio (Katz, Baptista, Azen and Pike, 1978). The line at 0.8 is the four-fifths rule \
         of the Uniform Guidelines on Employee Selection Procedures of the United States (29 CFR 1607.4 D, 1978).",
    );
    part + "</section>\n"
}
