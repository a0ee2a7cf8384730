//! Everybody among the others: where there are few groups and marks, how many have each mark is counted; else all stand in order once.

use std::collections::HashMap;
use std::ops::Range;

use crate::plan::lane::Lane;
use crate::plan::node::{Node, NodeId, state};
use crate::plan::place::{Ranking, Sought};
use crate::side_by_side::side_by_side;

/// A node that stands whole, and how far it may reach.
type Whole<'v> = (&'v Lane, (i64, i64));

/// What a ranking looks at, of all rows.
struct Looked<'r, 'v> {
    ranking: &'r Ranking,
    /// How many rows are records; those behind are only named by others, and take no part.
    there: usize,
    takes_part: &'v Lane,
    own: &'v Lane,
    by: Whole<'v>,
    group: Vec<Whole<'v>>,
    tie: Option<(&'v Lane, bool)>,
}

/// By what somebody is ranked, and what ranks those who tie; more is better.
type Mark = (i64, Option<i64>);

/// In which group somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grouped {
    In(usize),
    /// Nobody knows.
    Adrift,
    None,
}

/// What is missing of whom others wait for.
struct Missing {
    /// Whether a fact is missing of somebody in a group.
    loose: Vec<bool>,
    /// Whether of somebody it is not known in which group they are.
    adrift: bool,
}

impl Missing {
    fn leaves_open(&self, group: usize) -> bool {
        self.adrift || self.loose[group]
    }
}

/// What is found for somebody.
#[derive(Debug, Clone, Copy)]
enum Found {
    Place(i64, u8),
    /// A missing fact leaves it open.
    Open,
    None,
}

/// Everybody's place, and the rows of groups in which a fact is missing. `whole` gives a node of all rows; those behind the first `there`
/// are only named by others.
pub(super) fn placed<'v>(
    ranking: &Ranking,
    node: &Node,
    (there, rows): (usize, usize),
    parts: usize,
    whole: impl Fn(NodeId) -> Whole<'v>,
) -> (Lane, Vec<u32>) {
    let looked = Looked {
        ranking,
        there,
        takes_part: whole(ranking.takes_part).0,
        own: whole(ranking.own).0,
        by: whole(ranking.by),
        group: ranking.group.iter().map(|it| whole(*it)).collect(),
        tie: ranking.tie.map(|(node, turned)| (whole(node).0, turned)),
    };
    match Table::of(&looked, rows) {
        Some(table) => looked.by_counting(node, rows, parts, &table),
        None => looked.in_order(node, rows),
    }
}

fn as_row(row: usize) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX)
}

impl Looked<'_, '_> {
    /// Nothing where a fact is missing.
    fn mark(&self, row: usize) -> Option<Mark> {
        let better = |units: i64, turned: bool| if turned { -units } else { units };
        let by = self.by.0;
        let by = (by.state[row] == state::KNOWN).then(|| better(by.unit(row), self.ranking.turned))?;
        let Some((tie, turned)) = &self.tie else { return Some((by, None)) };
        match tie.state[row] {
            state::KNOWN => Some((by, Some(better(tie.unit(row), *turned)))),
            state::UNKNOWN => None,
            _ => Some((by, None)),
        }
    }

    fn grouped(&self, row: usize, number: impl FnOnce() -> usize) -> Grouped {
        let states = self.group.iter().fold(0, |all, it| all | it.0.state[row]);
        if states & (state::UNFIT | state::NO) != 0 {
            Grouped::None
        } else if states & state::UNKNOWN != 0 {
            Grouped::Adrift
        } else {
            Grouped::In(number())
        }
    }

    /// What each of some rows is to the others, and asks of them, as [`TAKES`] and the like.
    fn classes(&self, rows: Range<usize>) -> Vec<u8> {
        let mut rest = match &self.tie {
            Some((tie, _)) => {
                tie.state[rows.clone()].iter().map(|it| (*it & state::UNKNOWN).max(state::KNOWN)).collect()
            }
            None => vec![state::KNOWN; rows.len()],
        };
        for lane in self.group.iter().map(|it| it.0).chain([self.by.0]) {
            rest.iter_mut().zip(&lane.state[rows.clone()]).for_each(|(all, own)| *all |= own);
        }
        let out = state::UNFIT | state::NO;
        let takes_part = &self.takes_part.state[rows.clone()];
        let mut classes = Vec::with_capacity(rows.len());
        classes.extend(takes_part.iter().zip(&self.own.state[rows.clone()]).zip(&rest).map(|((takes, own), rest)| {
            // Whether all of it is there, and whether none of it is out.
            let takes = (u8::from(*takes | rest == state::KNOWN), u8::from((*takes | rest) & out == 0));
            let own = (u8::from(*own | rest == state::KNOWN), u8::from((*own | rest) & out == 0));
            let own = (own.0 * ASKS) | ((own.1 & !own.0) * WAITS_FOR_PLACE);
            own | (takes.0 * TAKES) | ((takes.1 & !takes.0) * WAITS)
        }));
        let waits = if self.ranking.awaited { u8::MAX } else { !(WAITS | WAITS_FOR_PLACE) };
        for (row, class) in rows.zip(&mut classes) {
            *class &= if row < self.there { waits } else { waits & !(TAKES | WAITS) };
        }
        classes
    }

    /// The place of one of a group, of which so many have a lesser mark, so many one that is not greater, and the rest more.
    fn place(&self, takes_part: bool, (all, less, not_more): (usize, usize, usize), ends: &[usize]) -> Found {
        let others = not_more - less - usize::from(takes_part);
        let from_top = !matches!(self.ranking.asked, Sought::Among { top: false, .. });
        let before = if from_top { all - not_more } else { less };
        let ties_stand_before = !matches!(self.ranking.asked, Sought::Rank) && !self.ranking.ties_in;
        let before = before + if ties_stand_before { others } else { 0 };
        if size(all, takes_part) < self.ranking.at_least as usize {
            return Found::None;
        }
        let units = |it: usize| i64::try_from(it).unwrap_or(i64::MAX);
        match &self.ranking.asked {
            Sought::Among { .. } if before < ends[0] => Found::Place(0, state::KNOWN),
            Sought::Among { .. } => Found::Place(0, state::NO),
            Sought::Rank => Found::Place(units(before + 1), state::KNOWN),
            Sought::Split(_) => {
                let part = ends.iter().position(|it| before < *it).unwrap_or(ends.len());
                Found::Place(units(part), state::KNOWN)
            }
        }
    }

    /// How many places there are in a group of a size.
    fn ends(&self, size: usize) -> Vec<usize> {
        match &self.ranking.asked {
            Sought::Among { places, .. } => vec![places.of(size)],
            Sought::Rank => Vec::new(),
            Sought::Split(ends) => ends.iter().map(|it| it.of(size)).collect(),
        }
    }

    // ---- in order

    fn in_order(&self, node: &Node, rows: usize) -> (Lane, Vec<u32>) {
        let mut numbers: HashMap<Vec<i64>, usize> = HashMap::new();
        let mut marks: Vec<Vec<Mark>> = Vec::new();
        let mut missing = Missing { loose: Vec::new(), adrift: false };
        let classes = self.classes(0..rows);
        let mut stands = Vec::with_capacity(rows);
        for (row, class) in classes.iter().enumerate() {
            let grouped = self.grouped(row, || {
                let next = numbers.len();
                *numbers.entry(self.group.iter().map(|it| it.0.unit(row)).collect()).or_insert(next)
            });
            if marks.len() < numbers.len() {
                marks.push(Vec::new());
                missing.loose.push(false);
            }
            let stand = if let Grouped::In(group) = grouped { self.mark(row).map(|mark| (group, mark)) } else { None };
            stands.push(stand);
            match (class & (TAKES | WAITS), grouped, stand) {
                (TAKES, _, Some((group, mark))) => marks[group].push(mark),
                (WAITS, Grouped::In(group), _) => missing.loose[group] = true,
                (WAITS, Grouped::Adrift, _) => missing.adrift = true,
                _ => {}
            }
        }
        marks.iter_mut().for_each(|it| it.sort_unstable());
        let ends: Vec<[Vec<usize>; 2]> =
            marks.iter().map(|it| [false, true].map(|part| self.ends(size(it.len(), part)))).collect();
        let (mut lane, mut open) = (Lane::with(node, rows), Vec::new());
        for (row, (class, stand)) in classes.into_iter().zip(stands).enumerate() {
            let found = match (class & (ASKS | WAITS_FOR_PLACE), stand) {
                (ASKS, Some((group, _))) if missing.leaves_open(group) => Found::Open,
                (ASKS, Some((group, mark))) => {
                    let marks = &marks[group];
                    let takes_part = class & TAKES != 0;
                    let less = marks.partition_point(|it| *it < mark);
                    let not_more = marks.partition_point(|it| *it <= mark);
                    let ends = &ends[group][usize::from(takes_part)];
                    self.place(takes_part, (marks.len(), less, not_more), ends)
                }
                (WAITS_FOR_PLACE, _) => Found::Open,
                _ => Found::None,
            };
            found.take(row, &mut lane, &mut open);
        }
        (lane, open)
    }

    // ---- by counting

    fn by_counting(&self, node: &Node, rows: usize, parts: usize, table: &Table) -> (Lane, Vec<u32>) {
        let in_part = rows.div_ceil(parts.max(1)).max(1);
        let parts: Vec<Range<usize>> = (0..rows).step_by(in_part).map(|at| at..(at + in_part).min(rows)).collect();
        let looked = side_by_side(&parts, |rows| self.look(rows.clone(), table));
        let mut counts = vec![0_u32; table.groups * table.marks];
        let mut missing = Missing { loose: vec![false; table.groups], adrift: false };
        for part in &looked {
            counts.iter_mut().zip(&part.counts).for_each(|(all, more)| *all += more);
            missing.loose.iter_mut().zip(&part.missing.loose).for_each(|(all, part)| *all |= part);
            missing.adrift |= part.missing.adrift;
        }
        // How many of a group have a lesser mark.
        let mut less = counts.clone();
        let mut sizes = Vec::with_capacity(table.groups);
        for group in less.chunks_mut(table.marks) {
            let mut before = 0;
            for mark in group {
                let own = std::mem::replace(mark, before);
                before += own;
            }
            sizes.push(before as usize);
        }
        let ends: Vec<[Vec<usize>; 2]> =
            sizes.iter().map(|all| [false, true].map(|part| self.ends(size(*all, part)))).collect();
        let place = |at: usize, takes_part: bool| {
            let (group, less, own) = (at / table.marks, less[at] as usize, counts[at] as usize);
            if missing.leaves_open(group) {
                return Found::Open;
            }
            self.place(takes_part, (sizes[group], less, less + own), &ends[group][usize::from(takes_part)])
        };
        // Those who take part with one mark have one place.
        let listed: Vec<Found> =
            (0..counts.len()).map(|at| if counts[at] == 0 { Found::None } else { place(at, true) }).collect();
        let parts: Vec<(&Range<usize>, &Part)> = parts.iter().zip(&looked).collect();
        let found = side_by_side(&parts, |(rows, part)| {
            let (mut lane, mut open) =
                (Lane::with(node, if rows.start == 0 { self.by.0.state.len() } else { rows.len() }), Vec::new());
            for (row, (class, at)) in (rows.start..).zip(part.classes.iter().zip(&part.at)) {
                let found = match *class {
                    TAKES_AND_ASKS => listed[*at as usize],
                    class if class & ASKS != 0 => place(*at as usize, class & TAKES != 0),
                    class if class & WAITS_FOR_PLACE != 0 => Found::Open,
                    _ => Found::None,
                };
                found.take(row, &mut lane, &mut open);
            }
            (lane, open)
        });
        let mut found = found.into_iter();
        let (mut lane, mut open) = found.next().unwrap_or_else(|| (Lane::with(node, 0), Vec::new()));
        for (more, rows) in found {
            lane.append(&more);
            open.extend(rows);
        }
        (lane, open)
    }

    /// Where some rows stand, and how many stand there.
    fn look(&self, rows: Range<usize>, table: &Table) -> Part {
        let mut at = vec![0_u32; rows.len()];
        for (lane, (least, most)) in &self.group {
            let span = u32::try_from(most - least + 1).unwrap_or(u32::MAX);
            at.iter_mut().for_each(|at| *at = at.wrapping_mul(span));
            lane.add_to(rows.clone(), (1, -least), &mut at);
        }
        let marks = u32::try_from(table.marks).unwrap_or(u32::MAX);
        at.iter_mut().for_each(|at| *at = at.wrapping_mul(marks));
        let by = self.by.0;
        by.add_to(rows.clone(), if self.ranking.turned { (-1, -table.least) } else { (1, -table.least) }, &mut at);
        let last = u32::try_from(table.groups * table.marks - 1).unwrap_or(u32::MAX);
        at.iter_mut().for_each(|at| *at = (*at).min(last));
        let classes = self.classes(rows.clone());
        let mut counts = vec![0_u32; table.groups * table.marks];
        let mut missing = Missing { loose: vec![false; table.groups], adrift: false };
        for (row, (at, class)) in rows.zip(at.iter().zip(&classes)) {
            counts[*at as usize] += u32::from(class & TAKES);
            if class & WAITS != 0 {
                match self.grouped(row, || table.group(self, row)) {
                    Grouped::In(group) => missing.loose[group] = true,
                    Grouped::Adrift => missing.adrift = true,
                    Grouped::None => {}
                }
            }
        }
        Part { at, classes, counts, missing }
    }
}

/// Somebody takes part among the others.
const TAKES: u8 = 1;
/// A fact is missing of whether and where they do.
const WAITS: u8 = 2;
/// Somebody asks for a place.
const ASKS: u8 = 4;
/// The same, and a fact is missing.
const WAITS_FOR_PLACE: u8 = 8;
const TAKES_AND_ASKS: u8 = TAKES | ASKS;

/// Where some rows stand.
struct Part {
    /// The place of group and mark in the table; of no account where either is not known.
    at: Vec<u32>,
    classes: Vec<u8>,
    counts: Vec<u32>,
    missing: Missing,
}

/// How many there are in a group with one who asks.
fn size(all: usize, takes_part: bool) -> usize {
    all + usize::from(!takes_part)
}

impl Found {
    fn take(self, row: usize, lane: &mut Lane, open: &mut Vec<u32>) {
        match self {
            Found::Place(units, state) => lane.push(units, state),
            Found::None => lane.push(0, state::UNFIT),
            Found::Open => {
                lane.push(0, state::UNFIT);
                open.push(as_row(row));
            }
        }
    }
}

/// Groups and marks by number, where there are few.
struct Table {
    groups: usize,
    marks: usize,
    /// The least mark.
    least: i64,
}

/// How many counts may be kept.
const MOST_COUNTS: usize = 1 << 22;

impl Table {
    /// Nothing where counting would take longer than putting everybody in order.
    fn of(looked: &Looked<'_, '_>, rows: usize) -> Option<Self> {
        let span = |(least, most): (i64, i64)| usize::try_from(most.checked_sub(least)?.checked_add(1)?).ok();
        let mut groups = 1_usize;
        for (_, range) in &looked.group {
            groups = groups.checked_mul(span(*range)?)?;
        }
        // Marks may lie closer together than anybody knew beforehand.
        let (least, most) = looked.by.0.reach().unwrap_or((0, 0));
        let marks = span((least, most))?;
        let counts = groups.checked_mul(marks)?;
        let few = counts <= MOST_COUNTS && counts <= rows.saturating_mul(4).saturating_add(1_024);
        let least = if looked.ranking.turned { -most } else { least };
        (few && looked.tie.is_none()).then_some(Self { groups, marks, least })
    }

    fn group(&self, looked: &Looked<'_, '_>, row: usize) -> usize {
        let number = looked.group.iter().fold(0, |all, (lane, (least, most))| {
            let at = usize::try_from(lane.unit(row) - least).unwrap_or(0);
            all * usize::try_from(most - least + 1).unwrap_or(1) + at
        });
        number.min(self.groups - 1)
    }
}
