//! Records as bytes and back: the columns as they are, in their few bytes each, the low byte first. What was imposed is no part of them.
//!
//! Whoever keeps them says beside them of which records they are, and proves that they are whole.

use std::io::{self, Read, Write};
use std::sync::Arc;

use jiff::civil::Date;

use crate::ids::{FieldId, RecordId};
use crate::policy::model::{FieldKind, Policy, Shape};
use crate::table::{Called, Column, Dated, Field, Held, Keys, Records, Rows, Units};

/// How many bytes are turned at a time.
const TOGETHER: usize = 64 * 1024;

impl Records {
    /// Writes all of them but what was imposed.
    ///
    /// # Errors
    /// When whoever takes the bytes refuses them; [`io::ErrorKind::Unsupported`] where a column holds what does not stand on one scale.
    pub fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        let mut writing = Writing { to, buffer: Vec::new() };
        for (at, rows) in self.types.iter().enumerate() {
            writing.rows(self, RecordId::at(at), rows)?;
        }
        writing.count(self.panels.len())?;
        for ((panel, first), columns) in &self.panels {
            writing.count(panel.index())?;
            writing.days(&[*first])?;
            writing.count(columns.len())?;
            columns.iter().try_for_each(|it| writing.column(it))?;
        }
        Ok(())
    }

    /// Reads what was written of the records of a policy, from so many bytes.
    ///
    /// # Errors
    /// When they can't be read; [`io::ErrorKind::InvalidData`] where they are not such records.
    pub fn read(policy: &Policy, from: &mut dyn Read, length: u64) -> io::Result<Self> {
        let mut reading = Reading { policy, from, left: length, buffer: Vec::new() };
        let mut records = Records::default();
        for at in 0..policy.records.len() {
            let rows = reading.rows(RecordId::at(at))?;
            records.types.push(rows);
        }
        for _ in 0..reading.count()? {
            let panel = RecordId::at(reading.count()?);
            let first = reading.days()?.first().copied().ok_or_else(wrong)?;
            let Some(Shape::Panel { of, .. }) = policy.records.get(panel.index()).map(|it| it.shape) else {
                return Err(wrong());
            };
            let (fields, count) = (&policy.record(panel).fields, records.rows(of).len());
            if reading.count()? != fields.len() {
                return Err(wrong());
            }
            let columns = fields.iter().map(|it| reading.column(it.blank, count)).collect::<io::Result<_>>()?;
            records.panels.insert((panel, first), columns);
        }
        if reading.left > 0 || !records.fit(policy) {
            return Err(wrong());
        }
        Ok(records)
    }

    /// Whether children have their owners, and whatever is named by its place is there.
    fn fit(&self, policy: &Policy) -> bool {
        let lies = |column: &Column, kind: &FieldKind| {
            let end = match kind {
                FieldKind::Reference(of) => self.rows(*of).with_named(),
                FieldKind::Choice(list) => policy.choices[list.index()].choices.len(),
                _ => return true,
            };
            match &column.held {
                Held::Units { range: Some((least, most)), .. } => {
                    *least >= 0 && usize::try_from(*most).is_ok_and(|it| it < end)
                }
                Held::Units { range: None, .. } => true,
                Held::Texts(_) | Held::Values(_) => false,
            }
        };
        let own = self.types.iter().enumerate().all(|(at, rows)| {
            let owned = match &rows.called {
                Called::OfOwner { owners, .. } => rows.first_of_owner.len() == self.rows(*owners).len() + 1,
                Called::Keys(_) => true,
            };
            let fields = rows.fields.iter().enumerate().all(|(field, held)| {
                let kind = &policy.field(RecordId::at(at), FieldId::at(field)).kind;
                match held {
                    Field::Key => true,
                    Field::Plain(column) => lies(column, kind),
                    Field::Dated(dated) => lies(dated.values(), kind),
                }
            });
            owned && fields
        });
        own && self.panels.iter().all(|((panel, _), columns)| {
            let kinds = policy.record(*panel).fields.iter().map(|it| &it.kind);
            columns.iter().zip(kinds).all(|it| lies(it.0, it.1))
        })
    }
}

fn wrong() -> io::Error {
    io::Error::from(io::ErrorKind::InvalidData)
}

fn packed(day: Date) -> i32 {
    (i32::from(day.year()) << 16) | (i32::from(day.month()) << 8) | i32::from(day.day())
}

fn unpacked(packed: i32) -> Option<Date> {
    let [day, month, ..] = packed.to_le_bytes();
    Date::new((packed >> 16).try_into().ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

struct Writing<'w> {
    to: &'w mut dyn Write,
    buffer: Vec<u8>,
}

impl Writing<'_> {
    fn count(&mut self, count: usize) -> io::Result<()> {
        self.to.write_all(&(count as u64).to_le_bytes())
    }

    /// Numbers, a part of them at a time, without their count.
    fn all<T: Copy, const N: usize>(&mut self, numbers: &[T], bytes: impl Fn(T) -> [u8; N]) -> io::Result<()> {
        for part in numbers.chunks(TOGETHER / N) {
            self.buffer.clear();
            part.iter().for_each(|it| self.buffer.extend_from_slice(&bytes(*it)));
            self.to.write_all(&self.buffer)?;
        }
        Ok(())
    }

    fn days(&mut self, days: &[Date]) -> io::Result<()> {
        self.count(days.len())?;
        self.all(days, |it| packed(it).to_le_bytes())
    }

    fn places(&mut self, places: &[u32]) -> io::Result<()> {
        self.count(places.len())?;
        self.all(places, u32::to_le_bytes)
    }

    /// Texts: their lengths, and then all of them.
    fn texts<'t>(&mut self, texts: impl Iterator<Item = &'t str> + Clone) -> io::Result<()> {
        let lengths: Vec<u32> = texts.clone().map(|it| u32::try_from(it.len()).unwrap_or(u32::MAX)).collect();
        self.places(&lengths)?;
        texts.into_iter().try_for_each(|it| self.to.write_all(it.as_bytes()))
    }

    fn rows(&mut self, records: &Records, record: RecordId, rows: &Rows) -> io::Result<()> {
        match &rows.called {
            Called::Keys(keys) => {
                let all: Vec<Arc<str>> = (0..keys.with_named()).map(|it| records.key(record, it)).collect();
                let (own, named) = all.split_at(keys.len());
                self.texts(own.iter().map(|it| &**it))?;
                self.texts(named.iter().map(|it| &**it))?;
            }
            Called::OfOwner { numbers, .. } => {
                self.places(&rows.owner)?;
                self.places(&rows.first_of_owner)?;
                let numbers = numbers.as_deref().unwrap_or_default();
                self.count(numbers.len())?;
                self.all(numbers, i64::to_le_bytes)?;
            }
        }
        self.days(&rows.first_kept)?;
        self.count(rows.fields.len())?;
        for field in &rows.fields {
            match field {
                Field::Key => self.to.write_all(&[0])?,
                Field::Plain(column) => {
                    self.to.write_all(&[1])?;
                    self.count(column.len())?;
                    self.column(column)?;
                }
                Field::Dated(dated) => {
                    self.to.write_all(&[2])?;
                    self.places(dated.first())?;
                    self.days(dated.since())?;
                    self.column(dated.values())?;
                }
            }
        }
        Ok(())
    }

    fn column(&mut self, column: &Column) -> io::Result<()> {
        match &column.known {
            None => self.to.write_all(&[0])?,
            Some(known) => {
                self.to.write_all(&[1])?;
                let eight = |it: &[bool]| it.iter().rev().fold(0_u8, |byte, it| (byte << 1) | u8::from(*it));
                let bits: Vec<u8> = known.chunks(8).map(eight).collect();
                self.to.write_all(&bits)?;
            }
        }
        match &column.held {
            Held::Units { units, denominator, range } => {
                let (least, most) = range.unwrap_or((1, 0));
                let width = match units {
                    Units::One(_) => 1,
                    Units::Two(_) => 2,
                    Units::Four(_) => 4,
                    Units::Eight(_) => 8,
                };
                self.to.write_all(&[width])?;
                self.all(&[*denominator, least, most], i64::to_le_bytes)?;
                match units {
                    Units::One(all) => self.all(all, i8::to_le_bytes),
                    Units::Two(all) => self.all(all, i16::to_le_bytes),
                    Units::Four(all) => self.all(all, i32::to_le_bytes),
                    Units::Eight(all) => self.all(all, i64::to_le_bytes),
                }
            }
            Held::Texts(all) => {
                self.to.write_all(&[0])?;
                self.texts(all.iter().map(|it| &**it))
            }
            Held::Values(_) => Err(io::Error::from(io::ErrorKind::Unsupported)),
        }
    }
}

struct Reading<'r> {
    policy: &'r Policy,
    from: &'r mut dyn Read,
    /// How many bytes are still to come.
    left: u64,
    buffer: Vec<u8>,
}

impl Reading<'_> {
    fn fill(&mut self, into: &mut [u8]) -> io::Result<()> {
        self.left = self.left.checked_sub(into.len() as u64).ok_or_else(wrong)?;
        self.from.read_exact(into)
    }

    fn byte(&mut self) -> io::Result<u8> {
        let mut byte = [0];
        self.fill(&mut byte)?;
        Ok(byte[0])
    }

    fn count(&mut self) -> io::Result<usize> {
        let mut bytes = [0; 8];
        self.fill(&mut bytes)?;
        usize::try_from(u64::from_le_bytes(bytes)).map_err(|_| wrong())
    }

    /// So many numbers of so many bytes each; no more than there are bytes for.
    fn all<T, const N: usize>(&mut self, count: usize, number: impl Fn([u8; N]) -> T) -> io::Result<Vec<T>> {
        if count.checked_mul(N).is_none_or(|it| it as u64 > self.left) {
            return Err(wrong());
        }
        let mut numbers = Vec::with_capacity(count);
        let mut buffer = std::mem::take(&mut self.buffer);
        while numbers.len() < count {
            buffer.resize((count - numbers.len()).min(TOGETHER / N) * N, 0);
            self.fill(&mut buffer)?;
            numbers.extend(buffer.as_chunks::<N>().0.iter().map(|it| number(*it)));
        }
        self.buffer = buffer;
        Ok(numbers)
    }

    fn days(&mut self) -> io::Result<Vec<Date>> {
        let count = self.count()?;
        let mut last = (packed(Date::MAX), Date::MAX);
        let packed = self.all(count, i32::from_le_bytes)?;
        let mut days = Vec::with_capacity(count);
        for it in packed {
            if it != last.0 {
                last = (it, unpacked(it).ok_or_else(wrong)?);
            }
            days.push(last.1);
        }
        Ok(days)
    }

    fn places(&mut self) -> io::Result<Vec<u32>> {
        let count = self.count()?;
        self.all(count, u32::from_le_bytes)
    }

    /// Each text in turn, put where it is wanted.
    fn texts(&mut self) -> io::Result<(String, Vec<u32>)> {
        let lengths = self.places()?;
        let length: u64 = lengths.iter().map(|it| u64::from(*it)).sum();
        let length = usize::try_from(length).map_err(|_| wrong())?;
        let bytes = self.all(length, u8::from_le_bytes)?;
        Ok((String::from_utf8(bytes).map_err(|_| wrong())?, lengths))
    }

    fn rows(&mut self, record: RecordId) -> io::Result<Rows> {
        let kind = self.policy.record(record);
        let mut rows = Rows::default();
        match kind.shape {
            Shape::Entity { .. } | Shape::Panel { .. } => {
                let (all, lengths) = self.texts()?;
                let (named, named_lengths) = self.texts()?;
                let mut keys = Keys::texts(cut(&all, &lengths)?);
                keys.name(cut(&named, &named_lengths)?.into_iter().map(Arc::from).collect());
                rows.called = Called::Keys(keys);
            }
            Shape::Child { of } => {
                rows.owner = self.places()?;
                rows.first_of_owner = self.places()?;
                let count = self.count()?;
                let numbers = self.all(count, i64::from_le_bytes)?;
                let owners = rows.first_of_owner.windows(2).enumerate();
                let mut owned = owners.flat_map(|(owner, it)| (it[0]..it[1]).map(move |_| owner));
                let right = rows.owner.iter().all(|it| owned.next() == Some(*it as usize)) && owned.next().is_none();
                if numbers.len() != rows.owner.len() || !rows.first_of_owner.is_sorted() || !right {
                    return Err(wrong());
                }
                rows.called = Called::OfOwner { owners: of, numbers: Some(numbers) };
            }
        }
        rows.first_kept = self.days()?;
        let (count, fields) = (rows.len(), self.count()?);
        let all = if matches!(kind.shape, Shape::Panel { .. }) { 0 } else { kind.fields.len() };
        if fields != all || ![0, count].contains(&rows.first_kept.len()) {
            return Err(wrong());
        }
        for field in &kind.fields[..all] {
            let held = match self.byte()? {
                0 => Field::Key,
                1 => {
                    let length = self.count()?;
                    Field::Plain(self.column(field.blank, length).and_then(|it| of_length(it, count))?)
                }
                2 => {
                    let (first, since) = (self.places()?, self.days()?);
                    let ends = (first.first().copied(), first.last().map(|it| *it as usize));
                    if first.len() != count + 1 || !first.is_sorted() || ends != (Some(0), Some(since.len())) {
                        return Err(wrong());
                    }
                    let values = self.column(field.blank, since.len())?;
                    Field::Dated(Dated::new(first, since, values))
                }
                _ => return Err(wrong()),
            };
            rows.fields.push(held);
        }
        Ok(rows)
    }

    fn column(&mut self, blank: crate::policy::model::Blank, count: usize) -> io::Result<Column> {
        let known = match self.byte()? {
            0 => None,
            1 => {
                let bits = self.all(count.div_ceil(8), u8::from_le_bytes)?;
                let mut known = Vec::with_capacity(bits.len() * 8);
                bits.iter().for_each(|byte| known.extend((0..8).map(|bit| (byte >> bit) & 1 == 1)));
                known.truncate(count);
                Some(known)
            }
            _ => return Err(wrong()),
        };
        let width = self.byte()?;
        let held = if width == 0 {
            let (all, lengths) = self.texts()?;
            Held::Texts(cut(&all, &lengths)?.into_iter().map(Arc::from).collect())
        } else {
            let about = self.all(3, i64::from_le_bytes)?;
            let (denominator, range) = (about[0], (about[1] <= about[2]).then_some((about[1], about[2])));
            let units = match width {
                1 => Units::One(self.all(count, i8::from_le_bytes)?),
                2 => Units::Two(self.all(count, i16::from_le_bytes)?),
                4 => Units::Four(self.all(count, i32::from_le_bytes)?),
                8 => Units::Eight(self.all(count, i64::from_le_bytes)?),
                _ => return Err(wrong()),
            };
            if denominator < 1 {
                return Err(wrong());
            }
            Held::Units { units, denominator, range }
        };
        of_length(Column { held, known, blank }, count)
    }
}

fn of_length(column: Column, count: usize) -> io::Result<Column> {
    if column.len() == count { Ok(column) } else { Err(wrong()) }
}

/// A text cut into pieces of these lengths.
fn cut<'t>(all: &'t str, lengths: &[u32]) -> io::Result<Vec<&'t str>> {
    let mut at = 0;
    let piece = |length: &u32| {
        let piece = all.get(at..at + *length as usize);
        at += *length as usize;
        piece.ok_or_else(wrong)
    };
    lengths.iter().map(piece).collect()
}
