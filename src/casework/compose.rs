//! Who of those who were drawn makes up a committee: every seat taken by somebody who fits it, and every rule on the whole kept.

/// Somebody who was drawn and may sit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Drawn {
    /// The seats that they fit, by their places.
    pub seats: Vec<usize>,
    /// Which of the rules they help to keep.
    pub counts_for: Vec<bool>,
}

/// Who takes each of the vacant seats (seats by their places, those alike next to each other), so that of each rule so many are among
/// them; the first drawn go first. Nothing where there is no such committee.
pub(super) fn compose(vacant: &[usize], needed: &[usize], drawn: &[Drawn]) -> Option<Vec<usize>> {
    let mut chosen = Vec::with_capacity(vacant.len());
    let mut tries = MOST_TRIES;
    fill(vacant, needed.to_vec(), drawn, &mut chosen, &mut tries).then_some(chosen)
}

/// A committee of a dozen seats under half a dozen rules asks for far fewer.
const MOST_TRIES: u32 = 200_000;

fn fill(vacant: &[usize], needed: Vec<usize>, drawn: &[Drawn], chosen: &mut Vec<usize>, tries: &mut u32) -> bool {
    let left = vacant.len() - chosen.len();
    if *tries == 0 || needed.iter().any(|it| *it > left) {
        return false;
    }
    let Some(seat) = vacant.get(chosen.len()) else { return true };
    // Of seats alike it does not matter who takes which: the first drawn the first.
    let alike = chosen.len().checked_sub(1).filter(|before| vacant[*before] == *seat);
    let from = alike.map_or(0, |before| chosen[before] + 1);
    let mut tried: Vec<&Drawn> = Vec::new();
    for (at, one) in drawn.iter().enumerate().skip(from) {
        if !one.seats.contains(seat) || chosen.contains(&at) || tried.contains(&one) {
            continue;
        }
        *tries = tries.saturating_sub(1);
        tried.push(one);
        let rest = needed.iter().zip(&one.counts_for).map(|(it, counts)| it.saturating_sub(usize::from(*counts)));
        chosen.push(at);
        if fill(vacant, rest.collect(), drawn, chosen, tries) {
            return true;
        }
        chosen.pop();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(seats: &[usize], counts_for: &[bool]) -> Drawn {
        Drawn { seats: seats.to_vec(), counts_for: counts_for.to_vec() }
    }

    #[test]
    fn the_first_drawn_sit_where_nothing_else_is_asked() {
        let drawn = vec![one(&[0], &[]), one(&[0], &[]), one(&[0], &[]), one(&[0], &[])];
        assert_eq!(compose(&[0, 0, 0], &[], &drawn), Some(vec![0, 1, 2]));
        assert_eq!(compose(&[0, 0, 0, 0, 0], &[], &drawn), None);
    }

    #[test]
    fn who_helps_to_keep_a_rule_goes_before_who_was_drawn_earlier() {
        let drawn = vec![one(&[0], &[false]), one(&[0], &[false]), one(&[0], &[false]), one(&[0], &[true])];
        assert_eq!(compose(&[0, 0, 0], &[1], &drawn), Some(vec![0, 1, 3]));
        assert_eq!(compose(&[0, 0, 0], &[2], &drawn), None);
    }

    #[test]
    fn who_fits_two_seats_takes_the_one_that_nobody_else_fits() {
        let drawn = vec![one(&[0, 1], &[]), one(&[0], &[]), one(&[0], &[])];
        assert_eq!(compose(&[0, 0, 1], &[], &drawn), Some(vec![1, 2, 0]));
    }

    #[test]
    fn two_rules_may_be_kept_by_one_member() {
        let drawn = vec![one(&[0], &[true, false]), one(&[0], &[false, false]), one(&[0], &[true, true])];
        assert_eq!(compose(&[0], &[1, 1], &drawn), Some(vec![2]));
        assert_eq!(compose(&[0, 0], &[2, 1], &drawn), Some(vec![0, 2]));
    }
}
