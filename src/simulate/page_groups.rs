//! The part of the page that tells outcomes apart by groups: rates, their ratios as figures to look at, and what changes where.

use crate::simulate::page_charts::{Dot, ratios};
use crate::simulate::page_parts::{
    Cell, Column, could_add, counted, escaped, figures, known, listed, number, paragraph, people, rate, table, words,
};
use crate::simulate::{Group, Grouping, Ratio, SettingTold, Share};

/// How many groups are drawn; a table has them all.
const DRAWN: usize = 30;
/// How many are named in a sentence.
const NAMED: usize = 8;
/// Below this ratio groups are named.
const FOUR_FIFTHS: f64 = 0.8;

/// What is looked at.
struct Kind {
    title: &'static str,
    what: &'static str,
    of: fn(&Share) -> (usize, usize, Option<Ratio>),
    /// What a low ratio means.
    reads: &'static str,
}

const KINDS: [Kind; 2] = [
    Kind {
        title: "Sanctions",
        what: "a sanction",
        of: |it| (it.sanctioned, it.sanction_undetermined, it.sanction_ratio),
        reads: "A group far below 1 is sanctioned much less often than the one with the highest rate: look at that one first.",
    },
    Kind {
        title: "Rewards",
        what: "a reward",
        of: |it| (it.rewarded, it.reward_undetermined, it.reward_ratio),
        reads: "A group far below 1 is rewarded much less often than the one with the highest rate.",
    },
];

/// A word for each policy that is shown, and its place among the settings.
pub(super) type Sides<'a> = &'a [(&'static str, usize)];

/// A grouping, for one change or for one policy alone.
pub(super) fn grouping(of: &Grouping, settings: &[SettingTold], sides: Sides<'_>) -> String {
    let by = of.by.join(" and ");
    let mut page = format!("<h3>By {}</h3>\n", escaped(&by));
    if of.too_small > 0 {
        page += &paragraph(&format!(
            "{} with {} in all {} left out here, because so few people could be recognised. They are counted in all other figures.",
            counted(of.too_small, "small group", "small groups"),
            people(of.people_in_small),
            if of.too_small == 1 { "is" } else { "are" },
        ));
    }
    if of.groups.is_empty() {
        return page + &paragraph("No group is large enough to be told.");
    }
    for kind in &KINDS {
        let any = of.groups.iter().any(|group| sides.iter().any(|side| (kind.of)(&group.shares[side.1]).0 > 0));
        page += &if any {
            shares(of, kind, &by, sides)
        } else {
            paragraph(&format!("{} {} to nobody in these groups.", capital(kind.what), "is proposed"))
        };
    }
    page + &what_changes(of, settings, &by, sides)
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |it| it.to_uppercase().chain(letters).collect())
}

fn name(group: &Group) -> String {
    group.values.join(" / ")
}

/// The rates of one kind: a drawing, its table, and what to look at.
fn shares(of: &Grouping, kind: &Kind, by: &str, sides: Sides<'_>) -> String {
    let mut drawn: Vec<&Group> = of.groups.iter().collect();
    if drawn.len() > DRAWN {
        drawn.sort_by_key(|it| std::cmp::Reverse(it.people));
        drawn.truncate(DRAWN);
    }
    let dot = |group: &Group| -> Vec<Dot> {
        sides.iter().map(|(side, at)| Dot { side, ratio: (kind.of)(&group.shares[*at]).2 }).collect()
    };
    let dots: Vec<(String, Vec<Dot>)> = drawn.iter().map(|it| (name(it), dot(it))).collect();
    let title = format!("{} by {by}: each group's rate against the highest, with its interval", kind.title);
    let more = if of.groups.len() > DRAWN {
        format!(" The {DRAWN} groups with the most people are drawn; the table has all {}.", number(of.groups.len()))
    } else {
        String::new()
    };
    let caption = format!(
        "{}: the rate of each group divided by the rate of the group with the highest. The line through each dot is where the ratio \
         lies with a confidence of 95 %. The dashed line stands at 0.8. Who is undetermined counts as having none.{more}",
        kind.title
    );
    let mut part =
        format!("<figure>\n<figcaption>{}</figcaption>\n{}\n</figure>\n", escaped(&caption), ratios(&title, &dots));
    let head: [Column; 8] = [
        words(by),
        words("policy"),
        figures("people"),
        figures(&format!("with {}", kind.what)),
        figures("rate"),
        figures("undetermined"),
        figures("ratio"),
        figures("95 % interval"),
    ];
    let mut rows = Vec::new();
    for group in &of.groups {
        for (nth, (side, at)) in sides.iter().enumerate() {
            let (some, open, ratio) = (kind.of)(&group.shares[*at]);
            let mut row = Vec::new();
            if nth == 0 {
                row.push(Cell::Head(name(group), sides.len()));
            }
            row.push(Cell::Text((*side).to_owned()));
            let interval = match ratio {
                Some(it) if it.ratio >= 1.0 && it.low == it.high => "the highest".to_owned(),
                Some(it) => format!("{:.2}\u{2013}{:.2}", it.low, it.high),
                None => "\u{2013}".to_owned(),
            };
            let told = ratio.map_or_else(|| "\u{2013}".to_owned(), |it| format!("{:.2}", it.ratio));
            let cells = [number(group.people), number(some), rate(some, group.people), number(open), told, interval];
            row.extend(cells.map(Cell::Number));
            rows.push(row);
        }
    }
    part += &table(&format!("{} by {by}", kind.title), &head, &rows);
    part + &to_look_at(of, kind, sides)
}

/// Groups below four fifths, as a reason to look.
fn to_look_at(of: &Grouping, kind: &Kind, sides: Sides<'_>) -> String {
    let Some((side, at)) = sides.last() else { return String::new() };
    let low = |group: &&Group| {
        let (some, _, ratio) = (kind.of)(&group.shares[*at]);
        some == 0 || ratio.is_some_and(|it| it.ratio < FOUR_FIFTHS)
    };
    let any = of.groups.iter().any(|it| (kind.of)(&it.shares[*at]).0 > 0);
    let names: Vec<String> = of.groups.iter().filter(low).map(name).collect();
    let when = if *side == "after" { "after the change" } else { "as it is" };
    let told = match names.len() {
        _ if !any => return String::new(),
        0 => format!("No group lies below 0.8 {when}."),
        count => format!("{} below 0.8 {when}: {}.", counted(count, "group lies", "groups lie"), listed(&names, NAMED)),
    };
    paragraph(&format!(
        "{told} {} This is a reason to look, and no verdict: in small groups the ratio moves by chance, and the interval shows how far.",
        kind.reads
    ))
}

/// Who gets another outcome where, and what is paid there.
fn what_changes(of: &Grouping, settings: &[SettingTold], by: &str, sides: Sides<'_>) -> String {
    let paid = sides.iter().any(|side| !settings[side.1].cost.is_empty());
    let change = sides.get(1).map(|it| it.1 - 1);
    if !paid && change.is_none() {
        return String::new();
    }
    let mut head = vec![words(by), figures("people")];
    if change.is_some() {
        head.extend(["another sanction or reward", "more severe", "less severe"].map(figures));
    }
    if paid {
        for (side, _) in sides {
            head.push(figures(&format!("cost {side}")));
            head.push(figures("undetermined could add"));
        }
    }
    let row = |group: &Group| {
        let mut row = vec![Cell::Head(name(group), 1), Cell::Number(number(group.people))];
        row.extend(change.iter().flat_map(|it| group.changes[*it]).map(|it| Cell::Number(number(it))));
        if paid {
            for (_, at) in sides {
                row.push(Cell::Number(known(&group.shares[*at].cost)));
                row.push(Cell::Number(could_add(&group.shares[*at].cost)));
            }
        }
        row
    };
    let rows: Vec<Vec<Cell>> = of.groups.iter().map(row).collect();
    let caption = if change.is_some() { format!("What changes, by {by}") } else { format!("What is paid, by {by}") };
    table(&caption, &head, &rows)
}
