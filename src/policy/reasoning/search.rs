//! Looks for a case: facts with which something holds. Exact as far as it goes: it says that there is none only if there is none.
//!
//! What conditions ask for is gone through piece by piece; where what is asked is reckoned from facts, facts are looked for that give
//! it, by halves.

use std::cell::Cell;

use crate::policy::model::{History, Stretch};
use crate::policy::reasoning::extent::Extent;
use crate::policy::reasoning::look::{Look, World};
use crate::policy::reasoning::terms::{TermKind, Terms};
use crate::policy::reasoning::truths::Truths;
use crate::value::Number;

/// How many looks all searches of one kind may take.
const ALL_LOOKS: u32 = 1_000_000;
/// How many looks a search may take.
const MOST_LOOKS: u32 = 20_000;
/// A look at something long counts as several: one more for each so many parts that are reckoned.
const PARTS_OF_A_LOOK: u32 = 64;
/// How many looks it may take to find the facts of one case.
const MOST_TRIES: u32 = 1_500;

/// What is said of a world in which some terms may still be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::policy) enum Judged {
    /// It holds, whatever the open ones are.
    Holds,
    /// It does not, whatever they are.
    Fails,
    /// It depends.
    Open,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::policy) enum Found {
    /// A case, with one value for each fact.
    Case(World),
    /// There is none.
    None,
    /// It was not decided.
    Open,
}

/// A question put to a world.
pub(in crate::policy) type Judge<'j> = &'j dyn Fn(&Look<'_, '_>) -> Judged;

struct Search<'t, 'p, 'j> {
    terms: &'t Terms<'p>,
    judge: Judge<'j>,
    /// The terms to go through piece by piece, in this order.
    asked: Vec<(usize, Vec<Extent>)>,
    looks: u32,
}

/// What a world comes to.
enum Comes {
    To(World),
    ToNothing,
    /// Out of looks.
    Nowhere,
}

/// How many looks are left for all searches of one kind, so that no policy keeps its author waiting.
#[derive(Debug)]
pub(in crate::policy) struct Looks(Cell<u32>);

impl Looks {
    pub(in crate::policy) fn new() -> Self {
        Self(Cell::new(ALL_LOOKS))
    }
}

/// Looks for a case of which `judge` says that it holds.
pub(in crate::policy) fn find(terms: &Terms<'_>, judge: Judge<'_>, left: &Looks) -> Found {
    let pieces = |at: usize| (at, terms.list[at].pieces());
    let asked = (0..terms.list.len()).filter(|at| terms.list[*at].is_asked).map(pieces).collect();
    let most = MOST_LOOKS.min(left.0.get());
    let mut search = Search { terms, judge, asked, looks: most };
    let comes = search.pieces(&vec![None; terms.list.len()], 0);
    left.0.set(left.0.get() - (most - search.looks));
    match comes {
        Comes::To(case) => Found::Case(case),
        Comes::ToNothing => Found::None,
        Comes::Nowhere => Found::Open,
    }
}

/// What a search for two cases found.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::policy) enum Pairs {
    /// Two cases: the one with less of the term, and the one with more.
    Two(World, World),
    /// There are none.
    None,
    /// It was not decided.
    Open,
}

/// What is seen of a world, and what is said of two worlds of which so much is seen.
pub(in crate::policy) struct JudgeOfTwo<'j> {
    pub(in crate::policy) sees: &'j dyn Fn(&Look<'_, '_>) -> Vec<Truths>,
    pub(in crate::policy) holds: &'j dyn Fn(&[Truths], &[Truths]) -> Truths,
}

/// Looks for two cases that differ in one term (and what it is made of) alone, of which `holds` says yes.
pub(in crate::policy) fn find_pair(terms: &Terms<'_>, term: usize, judge: JudgeOfTwo<'_>) -> Pairs {
    // What follows from the term differs with it.
    let other = |at: &usize| terms.list[*at].is_asked && *at != term && !terms.follows_from(*at, term);
    let asked = (0..terms.list.len()).filter(other);
    let asked = asked.map(|at| (at, terms.list[at].pieces())).collect();
    let steps: Vec<Extent> = terms.list[term].pieces().into_iter().filter(|it| it.known.is_some()).collect();
    let search = Search { terms, judge: &|_| Judged::Holds, asked, looks: MOST_LOOKS };
    let (varied, counts) = (terms.varied(term), terms.counts_with(term));
    let mut two = Two { search, term, varied, counts, steps, judge };
    let nothing = vec![None; terms.list.len()];
    let steps = two.steps.len();
    let all: Vec<(usize, usize)> = (1..steps).flat_map(|more| (0..more).map(move |less| (less, more))).collect();
    match two.pieces(&nothing, &nothing, 0, &all) {
        Ok(Some((less, more))) => Pairs::Two(less, more),
        Ok(None) => Pairs::None,
        Err(OutOfLooks) => Pairs::Open,
    }
}

struct OutOfLooks;

struct Two<'t, 'p, 'j> {
    search: Search<'t, 'p, 'j>,
    term: usize,
    /// The facts that the term is made of.
    varied: Vec<usize>,
    /// Counts over periods that need this one to hold or can do without it, each with what it counts: the one who differs in this
    /// period may differ in the count.
    counts: Vec<(usize, &'p History)>,
    /// What the term can be, from the least to the greatest.
    steps: Vec<Extent>,
    judge: JudgeOfTwo<'j>,
}

/// A world in which the term is one of its steps, and what is seen of it: looked at once, and beside many others.
struct Side {
    world: World,
    fits: bool,
    seen: Vec<Truths>,
    /// Of each count whether this period has what it counts, and how it stands itself; nothing where that is not known.
    counts: Vec<Option<(u8, Option<u8>)>>,
}

impl Two<'_, '_, '_> {
    /// What is seen at these steps; nothing at the others.
    fn sides(&mut self, world: &World, steps: impl Iterator<Item = usize>) -> Vec<Option<Side>> {
        let mut sides: Vec<Option<Side>> = self.steps.iter().map(|_| None).collect();
        for step in steps {
            if sides[step].is_none() {
                sides[step] = Some(self.side(world, step));
            }
        }
        sides
    }

    fn side(&mut self, world: &World, step: usize) -> Side {
        let mut world = world.clone();
        world[self.term] = Some(self.steps[step].clone());
        let look = Look::new(self.search.terms, &world);
        let fits = look.fits();
        self.search.looks = self.search.looks.saturating_sub(look.reckoned() / PARTS_OF_A_LOOK);
        let (mut seen, mut counts) = (Vec::new(), Vec::new());
        if fits {
            seen = (self.judge.sees)(&look);
            counts.extend(self.counts.iter().map(|(at, history)| {
                let now = look.truths(&history.condition).rank()?;
                let count = look.left(*at)?.truths();
                // A count can be asked wherever what it counts can be asked of this period.
                Some((now, if count.is_only(Truths::UNFIT) { None } else { Some(count.rank()?) }))
            }));
        }
        Side { world, fits, seen, counts }
    }

    /// Goes through the pairs of steps (the one with less, the one with more) that are left: of a smaller world nothing can be said
    /// that could not be said of the one around it, so that a pair which is settled there is settled in all of its pieces.
    fn pieces(
        &mut self,
        one: &World,
        other: &World,
        next: usize,
        left: &[(usize, usize)],
    ) -> Result<Option<(World, World)>, OutOfLooks> {
        let (less, more) = (left.iter().map(|it| it.0), left.iter().map(|it| it.1));
        let (own, beside) = if one == other {
            (self.sides(one, less.chain(more)), None)
        } else {
            (self.sides(one, less), Some(self.sides(other, more)))
        };
        let others = beside.as_ref().unwrap_or(&own);
        let mut open = Vec::new();
        for (less, more) in left {
            self.search.looks = self.search.looks.checked_sub(1).ok_or(OutOfLooks)?;
            let (Some(a), Some(b)) = (&own[*less], &others[*more]) else { continue };
            if !(a.fits && b.fits) {
                continue;
            }
            let counted = counted(a, b);
            let truths = if counted == Some(false) { Truths::NO } else { (self.judge.holds)(&a.seen, &b.seen) };
            if truths.has(Truths::YES) {
                open.push((*less, *more));
            }
            if counted == Some(true)
                && truths.is_only(Truths::YES)
                && let Some(cases) = self.cases(&a.world, &b.world)?
            {
                return Ok(Some(cases));
            }
        }
        if open.is_empty() {
            return Ok(None);
        }
        let Some((at, pieces)) = self.search.asked.get(next).cloned() else { return Err(OutOfLooks) };
        let apart = self.counts.iter().any(|it| it.0 == at);
        for (place, piece) in pieces.iter().enumerate() {
            let others = if apart { &pieces[..] } else { &pieces[place..=place] };
            for same_or_other in others {
                let (mut inside, mut beside) = (one.clone(), other.clone());
                inside[at] = Some(piece.clone());
                beside[at] = Some(same_or_other.clone());
                if let Some(cases) = self.pieces(&inside, &beside, next + 1, &open)? {
                    return Ok(Some(cases));
                }
            }
        }
        Ok(None)
    }

    /// Facts of both: those that the term is not made of are the same.
    fn cases(&mut self, one: &World, other: &World) -> Result<Option<(World, World)>, OutOfLooks> {
        let less = match self.search.facts(one) {
            Comes::To(case) => case,
            Comes::ToNothing => return Ok(None),
            Comes::Nowhere => return Err(OutOfLooks),
        };
        let is_fact = |at: usize| matches!(self.search.terms.list[at].kind, TermKind::Fact);
        let counted = |at: usize| self.counts.iter().any(|it| it.0 == at);
        let mut more = other.clone();
        for at in (0..more.len()).filter(|at| is_fact(*at) && !self.varied.contains(at) && !counted(*at)) {
            more[at].clone_from(&less[at]);
        }
        match self.search.facts(&more) {
            Comes::To(more) => Ok(Some((less, more))),
            Comes::ToNothing => Ok(None),
            Comes::Nowhere => Err(OutOfLooks),
        }
    }
}

/// Whether the counts of both can be theirs; nothing where that is not known. The periods before are the same, so that who meets in this
/// period what is counted has no less of it.
fn counted(a: &Side, b: &Side) -> Option<bool> {
    let mut all = Some(true);
    for (one, other) in a.counts.iter().zip(&b.counts) {
        let fits = one.zip(*other).map(|((now, count), (other_now, other_count))| match (count, other_count) {
            (Some(one), Some(other)) => one == other || one.cmp(&other) == now.cmp(&other_now),
            (None, _) | (_, None) => false,
        });
        all = match (all, fits) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), it) => it,
            (None, _) => None,
        };
    }
    all
}

impl Search<'_, '_, '_> {
    /// What is said of a world: it fails too where its terms do not fit each other.
    fn look(&mut self, world: &World) -> Option<Judged> {
        self.looks = self.looks.checked_sub(1)?;
        let look = Look::new(self.terms, world);
        let judged = (self.judge)(&look);
        let fits = judged == Judged::Fails || look.fits();
        self.looks = self.looks.saturating_sub(look.reckoned() / PARTS_OF_A_LOOK);
        Some(if fits { judged } else { Judged::Fails })
    }

    fn pieces(&mut self, world: &World, next: usize) -> Comes {
        let Some(judged) = self.look(world) else { return Comes::Nowhere };
        if judged == Judged::Fails {
            return Comes::ToNothing;
        }
        if judged == Judged::Holds || next == self.asked.len() {
            let mut tries = MOST_TRIES.min(self.looks);
            self.looks -= tries;
            std::mem::swap(&mut self.looks, &mut tries);
            let came = self.facts(world);
            self.looks += tries;
            // What has no facts as a whole may have none in any of its pieces: all that is left is said already.
            if !matches!(came, Comes::Nowhere) || next == self.asked.len() {
                return came;
            }
        }
        let (term, pieces) = &self.asked[next];
        let (term, pieces) = (*term, pieces.clone());
        let mut out = Comes::ToNothing;
        for piece in pieces {
            let mut inside = world.clone();
            inside[term] = Some(piece);
            match self.pieces(&inside, next + 1) {
                Comes::To(case) => return Comes::To(case),
                Comes::Nowhere => out = Comes::Nowhere,
                Comes::ToNothing => {}
            }
        }
        out
    }

    // ---- facts

    /// Facts within a world: those that others are reckoned from are halved until everything fits.
    fn facts(&mut self, world: &World) -> Comes {
        let Some(judged) = self.look(world) else { return Comes::Nowhere };
        if judged == Judged::Fails {
            return Comes::ToNothing;
        }
        if judged == Judged::Holds && Look::new(self.terms, world).fits_whatever() {
            return Comes::To(self.chosen(world));
        }
        for plain in self.plain_cases(world) {
            if self.look(&plain) == Some(Judged::Holds) && Look::new(self.terms, &plain).fits_whatever() {
                return Comes::To(plain);
            }
        }
        self.halves(world)
    }

    fn halves(&mut self, world: &World) -> Comes {
        match self.look(world) {
            None => return Comes::Nowhere,
            Some(Judged::Fails) => return Comes::ToNothing,
            Some(Judged::Holds) if Look::new(self.terms, world).fits_whatever() => {
                return Comes::To(self.chosen(world));
            }
            Some(Judged::Holds | Judged::Open) => {}
        }
        let wide =
            |at: &usize| matches!(self.terms.list[*at].kind, TermKind::Fact) && self.left(world, *at).point().is_none();
        let divisible = |at: &usize| !is_one_blank(self.left(world, *at));
        let open: Vec<usize> = (0..self.terms.list.len()).filter(|at| wide(at) && divisible(at)).collect();
        let part = open.iter().find(|at| self.terms.list[**at].is_part).or(open.first());
        let Some(at) = part.copied() else { return Comes::Nowhere };
        let Some(parts) = self.divided(at, self.left(world, at)) else { return Comes::Nowhere };
        let mut out = Comes::ToNothing;
        for part in parts {
            let mut inside = world.clone();
            inside[at] = Some(part);
            match self.halves(&inside) {
                Comes::To(case) => return Comes::To(case),
                Comes::Nowhere => out = Comes::Nowhere,
                Comes::ToNothing => {}
            }
        }
        out
    }

    fn left<'w>(&'w self, world: &'w World, at: usize) -> &'w Extent {
        world[at].as_ref().unwrap_or(&self.terms.list[at].full)
    }

    /// The parts of what a fact can be: its blanks apart, its known values in two.
    fn divided(&self, at: usize, left: &Extent) -> Option<Vec<Extent>> {
        let blanks = [left.unknown, left.unfit, left.not_happened].iter().filter(|it| **it).count();
        let mut parts = Vec::new();
        if let Some(known) = &left.known {
            if blanks > 0 {
                parts.push(Extent::known(known.clone()));
            } else {
                parts.extend(halved(known, self.terms.list[at].axis.step)?.map(Extent::known));
            }
        }
        parts.extend(left.unknown.then(Extent::unknown));
        parts.extend(left.unfit.then(|| Extent { unfit: true, ..Extent::default() }));
        parts.extend(left.not_happened.then(|| Extent { not_happened: true, ..Extent::default() }));
        Some(parts)
    }

    /// Cases that are easily read: all that something is reckoned from is as much as it is itself.
    fn plain_cases(&self, world: &World) -> Vec<World> {
        let made = self.terms.list.iter().zip(world).filter(|(term, _)| matches!(term.kind, TermKind::Made));
        let left = made.filter_map(|(_, left)| left.as_ref()?.known.as_ref());
        let ends = left.flat_map(|it| [it.low, it.high].into_iter().flatten().filter(|it| it.1).map(|it| it.0));
        let ends: Vec<Number> = ends.collect();
        let fill = |value: Number| {
            let each = self.terms.list.iter().enumerate().map(|(at, term)| {
                let left = self.left(world, at);
                let own = || {
                    left.known.as_ref()?.both(&Stretch::at(value)).filter(|it| !it.on_grid(term.axis.step).is_empty())
                };
                match own().filter(|_| term.is_part && matches!(term.kind, TermKind::Fact)) {
                    Some(own) => Some(Extent::known(own)),
                    None if matches!(term.kind, TermKind::Fact) => Some(chosen(left, term.axis.step)),
                    None => world[at].clone(),
                }
            });
            each.collect()
        };
        ends.into_iter().map(fill).collect()
    }

    /// One value for each fact.
    fn chosen(&self, world: &World) -> World {
        let each = self.terms.list.iter().enumerate().map(|(at, term)| match term.kind {
            TermKind::Fact => Some(chosen(self.left(world, at), term.axis.step)),
            TermKind::Made | TermKind::Order(..) => world[at].clone(),
        });
        let mut case: World = each.collect();
        let yes = Some(Extent::at(Number::ONE));
        // A count that follows from one that holds was perhaps not looked at.
        for _ in &self.terms.chains {
            for (one, other) in self.terms.chains.iter().filter(|it| world[it.1].is_none()) {
                if case[*one] == yes {
                    case[*other].clone_from(&yes);
                }
            }
        }
        case
    }
}

fn is_one_blank(left: &Extent) -> bool {
    left.known.is_none() && [left.unknown, left.unfit, left.not_happened].iter().filter(|it| **it).count() <= 1
}

/// One value of several: one that is known if there is one, and that at an end if it has one.
fn chosen(left: &Extent, step: Option<Number>) -> Extent {
    let at = left.known.as_ref().and_then(|it| one_of(it, step));
    match at {
        Some(at) => Extent::at(at),
        None if left.unknown => Extent::unknown(),
        None if left.unfit => Extent { unfit: true, ..Extent::default() },
        None => left.clone(),
    }
}

/// A value in a stretch, the plainest at hand.
fn one_of(stretch: &Stretch, step: Option<Number>) -> Option<Number> {
    let step = step.unwrap_or(Number::ONE);
    let inside = |it: &Number| stretch.both(&Stretch::at(*it)).is_some();
    let (low, high) = (stretch.low.map(|it| it.0), stretch.high.map(|it| it.0));
    let near = [
        low,
        high,
        Some(Number::ZERO).filter(|_| low.is_none() && high.is_none()),
        low.and_then(|it| it.multiple(step, true).ok()),
        low.and_then(|it| it.add(step).ok()),
        high.and_then(|it| it.multiple(step, false).ok()),
        high.and_then(|it| it.subtract(step).ok()),
        low.zip(high).and_then(|(a, b)| a.add(b).and_then(|it| it.divide(Number::from(2))).ok()),
    ];
    near.into_iter().flatten().find(inside)
}

/// A stretch in two, each on the grid; nothing where it has no end or no grid.
fn halved(stretch: &Stretch, step: Option<Number>) -> Option<impl Iterator<Item = Stretch>> {
    let ((low, _), (high, _)) = stretch.low.zip(stretch.high)?;
    let middle = low.add(high).ok()?.divide(Number::from(2)).ok()?;
    let at = middle.multiple(step?, false).ok()?;
    let below = Stretch { low: stretch.low, high: Some((at, true)) };
    let above = Stretch { low: Some((at, false)), high: stretch.high }.on_grid(step);
    Some([below, above].into_iter().filter(|it| !it.is_empty()))
}
