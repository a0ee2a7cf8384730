//! What records are called: by their rows, and back. Room is taken only for what can't be reckoned.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::{Arc, OnceLock};

use hashbrown::{DefaultHashBuilder, HashTable};

/// The keys of the records of a type, in the order of their rows.
#[derive(Debug, Default)]
pub struct Keys {
    held: Held,
    /// Those that are only named by others, behind all.
    named: Vec<Arc<str>>,
    /// Rows in the order of keys that are numbers, made when one is first looked for that does not stand at its own row.
    order: OnceLock<Vec<u32>>,
    /// Rows by keys that are texts, made when a key is first looked for.
    places: OnceLock<Places>,
}

/// Rows by their keys, which stand elsewhere.
#[derive(Debug)]
struct Places {
    hasher: DefaultHashBuilder,
    rows: HashTable<u32>,
}

impl Places {
    /// Of rows with the same key the first counts.
    fn of<'k>(count: usize, key: impl Fn(usize) -> &'k str) -> Self {
        let mut places = Self { hasher: DefaultHashBuilder::default(), rows: HashTable::with_capacity(count) };
        for (row, number) in (0..count).zip(0..) {
            if places.row(key(row), &key).is_none() {
                let Self { hasher, rows } = &mut places;
                rows.insert_unique(hasher.hash_one(key(row)), number, |it| hasher.hash_one(key(*it as usize)));
            }
        }
        places
    }

    fn row<'k>(&self, wanted: &str, key: impl Fn(usize) -> &'k str) -> Option<u32> {
        self.rows.find(self.hasher.hash_one(wanted), |it| key(*it as usize) == wanted).copied()
    }
}

#[derive(Debug)]
enum Held {
    /// Each as it is: all together, and where each ends.
    Texts { all: String, ends: Vec<usize> },
    /// Whole numbers, written as such.
    Numbers(Vec<i64>),
}

impl Default for Held {
    fn default() -> Self {
        Held::Texts { all: String::new(), ends: Vec::new() }
    }
}

impl Keys {
    /// Keys as texts.
    #[must_use]
    pub fn texts<T: AsRef<str>>(keys: impl IntoIterator<Item = T>) -> Self {
        let (mut all, mut ends) = (String::new(), Vec::new());
        for key in keys {
            all.push_str(key.as_ref());
            ends.push(all.len());
        }
        Self { held: Held::Texts { all, ends }, ..Self::default() }
    }

    /// Keys that are whole numbers.
    #[must_use]
    pub fn numbers(keys: Vec<i64>) -> Self {
        Self { held: Held::Numbers(keys), ..Self::default() }
    }

    /// How many records there are; those that are only named do not count.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.held {
            Held::Texts { ends, .. } => ends.len(),
            Held::Numbers(all) => all.len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many rows there are, with those that are only named.
    #[must_use]
    pub fn with_named(&self) -> usize {
        self.len() + self.named.len()
    }

    /// The key of a row.
    #[must_use]
    pub fn key(&self, row: usize) -> Arc<str> {
        match &self.held {
            _ if row >= self.len() => Arc::clone(&self.named[row - self.len()]),
            Held::Texts { .. } => Arc::from(self.text(row)),
            Held::Numbers(all) => Arc::from(all[row].to_string()),
        }
    }

    /// Whether a row is called so.
    #[must_use]
    pub fn is(&self, row: usize, key: &str) -> bool {
        match &self.held {
            _ if row >= self.len() => false,
            Held::Texts { .. } => self.text(row) == key,
            Held::Numbers(all) => all[row].to_string() == key,
        }
    }

    fn text(&self, row: usize) -> &str {
        match &self.held {
            Held::Texts { all, ends } => &all[if row == 0 { 0 } else { ends[row - 1] }..ends[row]],
            Held::Numbers(_) => "",
        }
    }

    /// The row of a key.
    #[must_use]
    pub fn row(&self, key: &str) -> Option<u32> {
        self.row_of_record(key).or_else(|| {
            let place = self.named.iter().position(|it| **it == *key)?;
            u32::try_from(self.len() + place).ok()
        })
    }

    fn row_of_record(&self, key: &str) -> Option<u32> {
        match &self.held {
            Held::Numbers(_) => {
                let number = key.parse().ok().filter(|it: &i64| it.to_string() == key)?;
                self.row_of_number(number)
            }
            Held::Texts { .. } => {
                let places = self.places.get_or_init(|| Places::of(self.len(), |row| self.text(row)));
                places.row(key, |row| self.text(row))
            }
        }
    }

    /// The row of a key that is a whole number.
    #[must_use]
    pub fn row_of_number(&self, number: i64) -> Option<u32> {
        let Held::Numbers(all) = &self.held else { return self.row_of_record(&number.to_string()) };
        // Numbered from nought on, as they often are.
        if usize::try_from(number).ok().and_then(|it| all.get(it)) == Some(&number) {
            return u32::try_from(number).ok();
        }
        let order = self.order.get_or_init(|| self.sorted(|a, b| all[a].cmp(&all[b])));
        let at = order.binary_search_by(|row| all[*row as usize].cmp(&number)).ok()?;
        Some(order[at])
    }

    /// The same, where it is likely to stand at a row or right behind it.
    #[must_use]
    pub fn row_near(&self, number: i64, near: u32) -> Option<u32> {
        let Held::Numbers(all) = &self.held else { return self.row_of_number(number) };
        let stands = |row: &u32| all.get(*row as usize) == Some(&number);
        [near, near.saturating_add(1)].into_iter().find(stands).or_else(|| self.row_of_number(number))
    }

    fn sorted(&self, by: impl Fn(usize, usize) -> Ordering) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.len()).filter_map(|it| u32::try_from(it).ok()).collect();
        order.sort_by(|a, b| by(*a as usize, *b as usize));
        order
    }

    /// A key that stands twice, if one does.
    #[must_use]
    pub fn twice(&self) -> Option<Arc<str>> {
        let same = |a: u32, b: u32| match &self.held {
            Held::Texts { .. } => self.text(a as usize) == self.text(b as usize),
            Held::Numbers(all) => all[a as usize] == all[b as usize],
        };
        let order = match &self.held {
            Held::Texts { .. } => self.sorted(|a, b| self.text(a).cmp(self.text(b))),
            Held::Numbers(all) if all.windows(2).all(|it| it[0] < it[1]) => return None,
            Held::Numbers(all) => self.sorted(|a, b| all[a].cmp(&all[b])),
        };
        order.windows(2).find(|it| same(it[0], it[1])).map(|it| self.key(it[0] as usize))
    }

    /// Gives those that are only named rows of their own, behind all others.
    pub(super) fn name(&mut self, named: Vec<Arc<str>>) {
        self.named = named;
    }
}

/// Rows of those that are only named, while records are read.
#[derive(Debug, Default)]
pub(super) struct Named {
    rows: HashMap<Arc<str>, u32>,
    keys: Vec<Arc<str>>,
}

impl Named {
    /// The row of somebody who is only named, behind so many records.
    pub(super) fn row(&mut self, key: &Arc<str>, behind: usize) -> u32 {
        let next = u32::try_from(behind + self.keys.len()).unwrap_or(u32::MAX);
        *self.rows.entry(Arc::clone(key)).or_insert_with(|| {
            self.keys.push(Arc::clone(key));
            next
        })
    }

    pub(super) fn key(&self, row: usize, behind: usize) -> Option<&Arc<str>> {
        self.keys.get(row.checked_sub(behind)?)
    }

    pub(super) fn keys(self) -> Vec<Arc<str>> {
        self.keys
    }
}

#[cfg(test)]
mod tests {
    use super::Keys;

    #[test]
    fn a_key_is_found_where_it_stands_and_nowhere_else() {
        let keys = Keys::texts(["b", "a", "", "ab"]);
        let rows: Vec<Option<u32>> = ["a", "b", "ab", "", "abc", "c"].iter().map(|it| keys.row(it)).collect();
        assert_eq!(rows, [Some(1), Some(0), Some(3), Some(2), None, None]);
        assert_eq!((&*keys.key(3), keys.twice()), ("ab", None));
        let many = Keys::texts((0..1_000).map(|it| format!("U{:03}", it * 7)));
        assert!((0..1_000).all(|it| many.row(&format!("U{:03}", it * 7)) == Some(it)));
        assert!((0..7_000).filter(|it| it % 7 != 0).all(|it| many.row(&format!("U{it:03}")).is_none()));
        assert_eq!(Keys::texts([""; 0]).row(""), None);
        assert_eq!(Keys::texts(["x", "y", "x"]).twice().as_deref(), Some("x"));
    }

    #[test]
    fn numbers_are_keys_as_they_are_written() {
        let keys = Keys::numbers(vec![7, 1, 0, -3]);
        assert_eq!([keys.row("7"), keys.row("1"), keys.row("-3")], [Some(0), Some(1), Some(3)]);
        assert_eq!([keys.row("07"), keys.row("+1"), keys.row(" 1"), keys.row("x")], [None; 4]);
        assert_eq!(Keys::numbers(vec![3, 1, 3]).twice().as_deref(), Some("3"));
    }
}
