//! What is made of several records or periods: whose they are, and of what type it is.

use crate::codes_gathered as gathered;
use crate::codes_policy as codes;
use crate::diagnostic::Diagnostic;
use crate::ids::{FieldId, RecordId};
use crate::policy::expressions::{Place, made};
use crate::policy::history::MOST_PERIODS;
use crate::policy::model::{Aggregate, AggregateWord, Expr, ExprKind, FieldKind, Members, Shape, SpellWindow, Type};
use crate::policy::names::Builder;
use crate::source::Span;
use crate::syntax::tree::{self, AggregateWord as Word, Members as Written, Name};
use crate::value::{Number, TimeUnit};

impl Builder<'_, '_> {
    /// `count of incidents where kind is absence`
    pub(super) fn aggregate(&mut self, written: &tree::Aggregate, place: &Place, span: Span) -> Option<Expr> {
        let Some(subject) = place.subject else {
            let words = "no record is spoken of here, so that nothing belongs to it";
            let help = "use it where something is said of a record";
            self.report(Diagnostic::new(codes::NOTHING_GATHERED, span, words).help(help));
            return None;
        };
        let (members, mut inner) = self.members(&written.members, subject, place)?;
        let window = match &written.window {
            Some(window) => Some(self.spell_window(window, members, place, span)?),
            None => None,
        };
        inner.days_within = matches!(window, Some(SpellWindow::Within { .. }));
        if written.word == Word::Days {
            self.spell_of(members, span)?;
        }
        let filter = match &written.filter {
            Some(filter) => Some(self.condition_at(filter, &inner)?),
            None => None,
        };
        let word = word(written.word);
        let value = match (&written.value, word) {
            (None, AggregateWord::Every) => {
                let help = "say what every one satisfies: `every … satisfies …`";
                let words = "`every` says nothing of them";
                self.report(Diagnostic::new(codes::NOTHING_SATISFIED, span, words).help(help));
                return None;
            }
            (None, _) => None,
            (Some(value), AggregateWord::Every | AggregateWord::Any | AggregateWord::No) => {
                Some(self.condition_at(value, &inner)?)
            }
            (Some(value), AggregateWord::Sum | AggregateWord::Average) => {
                let value = self.expr(value, &inner, None)?;
                Some(self.reckoned(value))
            }
            (Some(value), _) => Some(self.expr(value, &inner, None)?),
        };
        let ty = self.made_of(word, value.as_ref())?;
        let subject = Expr { kind: ExprKind::Subject, ty: Type::Record(subject), span };
        let weight = match &written.weight {
            Some(weight) => Some(self.weight(weight, &inner)?),
            None => None,
        };
        let hundred = Number::from(100);
        let enough = match &written.enough {
            Some(enough) => Some(self.number(enough)?.divide(hundred).ok()?),
            None => None,
        };
        if (weight.is_some() || enough.is_some()) && word != AggregateWord::Average {
            let words = "only an average has a weight";
            self.report(Diagnostic::new(codes::NO_WEIGHT, span, words).help("leave the weight out"));
            return None;
        }
        let those_known = written.those_known;
        let aggregate = Aggregate { subject, word, members, window, filter, value, weight, those_known, enough };
        made(ExprKind::Aggregate(Box::new(aggregate)), ty, span)
    }

    fn weight(&mut self, written: &tree::Expr, inner: &Place) -> Option<Expr> {
        let weight = self.expr(written, inner, None)?;
        match weight.ty {
            Type::Number | Type::Duration(_) => Some(weight),
            _ => self.wrong(&weight, "a weight is a number or a length of time"),
        }
    }

    fn made_of(&mut self, word: AggregateWord, value: Option<&Expr>) -> Option<Type> {
        let Some(value) = value else {
            return Some(match word {
                AggregateWord::Count => Type::Number,
                AggregateWord::Days => Type::Duration(TimeUnit::Days),
                _ => Type::YesNo,
            });
        };
        match word {
            AggregateWord::Sum | AggregateWord::Average => match value.ty {
                Type::Duration(_) if word == AggregateWord::Sum => Some(value.ty.clone()),
                Type::Number | Type::Money { .. } => Some(value.ty.clone()),
                _ => {
                    self.wrong(value, "numbers or amounts of money are added up");
                    None
                }
            },
            AggregateWord::Least | AggregateWord::Greatest => {
                self.ordered(&value.ty, value.span)?;
                Some(value.ty.clone())
            }
            AggregateWord::Count => Some(Type::Number),
            AggregateWord::Days => Some(Type::Duration(TimeUnit::Days)),
            AggregateWord::Every | AggregateWord::Any | AggregateWord::No => Some(Type::YesNo),
        }
    }

    /// Which they are, and the place from which one of them is spoken of.
    pub(super) fn members(&mut self, written: &Written, subject: RecordId, place: &Place) -> Option<(Members, Place)> {
        match written {
            Written::Children(name) => {
                let record = self.gathered(name)?;
                match self.policy.record(record).shape {
                    Shape::Child { of } if of == subject => {
                        Some((Members::Children(record), Place::of(record, place.each)))
                    }
                    _ => {
                        let owner = self.policy.record(subject).label.name.clone();
                        let words = format!("`{}` are not children of `{owner}`", name.text);
                        let help = format!("declare the record `of {owner}`, or say which: `whose … is this {owner}`");
                        self.report(Diagnostic::new(codes::NOTHING_GATHERED, name.span, words).help(help));
                        None
                    }
                }
            }
            Written::Referring { records, field, within, this } => {
                let record = self.gathered(records)?;
                self.is_subject(this, subject)?;
                let field = self.referring_field(record, field, subject)?;
                let parent = self.policy.parent_of(subject);
                let inner = Place::of(record, place.each);
                if *within {
                    let parent = parent.or_else(|| self.no_tree(this, subject))?;
                    return Some((Members::Within { record, field, parent }, inner));
                }
                let below = record == subject && parent == Some(field);
                Some((Members::Referring(record, field), Place { below, ..inner }))
            }
            Written::Last { count, kind } => {
                self.at_hand(kind, place, count.span.to(kind.span))?;
                Some((Members::Last(self.count(count, MOST_PERIODS)?), place.clone()))
            }
            Written::Periods { inner, this } => {
                let (kind, own) = (self.period_kind(inner)?, self.period_kind(this)?);
                if place.each == Some(own) && self.policy.main().nests(kind, own) {
                    return Some((Members::Periods(kind), Place { each: Some(kind), ..place.clone() }));
                }
                let words = format!("no `{}` lie in this `{}` here", inner.text, this.text);
                let help = "name the period at hand, and a shorter one of which it holds a whole number";
                self.report(Diagnostic::new(codes::OTHER_PERIOD, inner.span, words).help(help));
                None
            }
        }
    }

    /// A record type by its name, or by what the name is of several.
    fn gathered(&mut self, name: &Name) -> Option<RecordId> {
        let singular = name.text.strip_suffix("ies").map(|it| format!("{it}y"));
        let plain = name.text.strip_suffix('s').map(str::to_owned);
        let near = [Some(name.text.clone()), plain, singular].into_iter().flatten();
        let found = near.into_iter().find_map(|it| self.policy.record_named(&it));
        found.or_else(|| self.record_id(name))
    }

    /// What stands below what is told only by a reference of each record to the one above.
    fn no_tree<T>(&mut self, this: &Name, subject: RecordId) -> Option<T> {
        let owner = self.policy.record(subject).label.name.clone();
        let words = format!("nothing says what stands below a record of `{owner}`");
        let help = format!("give `{owner}` a field `parent optional {owner}`, or write `is this {owner}`");
        self.report(Diagnostic::new(gathered::NO_TREE, this.span, words).help(help));
        None
    }

    fn is_subject(&mut self, this: &Name, subject: RecordId) -> Option<()> {
        let owner = self.policy.record(subject).label.name.clone();
        if this.text == owner {
            return Some(());
        }
        let words = format!("here `{owner}` is spoken of, not `{}`", this.text);
        let help = format!("write `is this {owner}`");
        self.report(Diagnostic::new(codes::NOTHING_GATHERED, this.span, words).help(help));
        None
    }

    fn referring_field(&mut self, record: RecordId, field: &Name, subject: RecordId) -> Option<FieldId> {
        let id = self.field_id(record, field)?;
        let by_period = matches!(self.policy.record(record).shape, Shape::Panel { .. });
        if !by_period && self.policy.field(record, id).kind == FieldKind::Reference(subject) {
            return Some(id);
        }
        let owner = self.policy.record(subject).label.name.clone();
        let words = format!("no record is found by `{}` of `{owner}`", field.text);
        let help = format!("name a field that refers to `{owner}`, of a record that is not kept by period");
        self.report(Diagnostic::new(codes::NOTHING_GATHERED, field.span, words).help(help));
        None
    }
}

fn word(written: Word) -> AggregateWord {
    match written {
        Word::Count => AggregateWord::Count,
        Word::Sum => AggregateWord::Sum,
        Word::Average => AggregateWord::Average,
        Word::Least => AggregateWord::Least,
        Word::Greatest => AggregateWord::Greatest,
        Word::Every => AggregateWord::Every,
        Word::Any => AggregateWord::Any,
        Word::No => AggregateWord::No,
        Word::Days => AggregateWord::Days,
    }
}
