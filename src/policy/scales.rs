//! Scales: what is banded, the bands, what caps them; several versions of one name, each for its time.

use crate::codes_policy as codes;
use crate::diagnostic::Diagnostic;
use crate::ids::{ChoiceId, RecordId, ScaleId};
use crate::policy::expressions::{Place, made};
use crate::policy::model::{
    Band, Bands, Bound, Cap, ChoiceList, Dated, Expr, ExprKind, Interval, Label, Order, Scale, Type,
};
use crate::policy::names::{Builder, Meaning, Rests, label};
use crate::policy::table_subject::words_of;
use crate::syntax::tree;
use crate::value::{Known, Number, Value};

impl Builder<'_, '_> {
    /// Bands as choices, and of whom the scale speaks.
    pub(super) fn declare_scale(&mut self, id: ScaleId) {
        let versions = self.written.scales[id.index()].clone();
        let Some(first) = versions.first() else { return };
        let choices = self.bands_as_choices(&versions);
        let about = self.about(&first.name.text);
        if about.is_none() {
            self.scale_of_nothing(first);
            self.mark_broken(&first.name.text);
        }
        let (subject, each) = about.map_or((RecordId(0), None), |it| (it.subject, it.each));
        let label = label(&first.name, first.title.as_ref());
        self.policy.scales.push(Scale { label, subject, each, choices, versions: Vec::new() });
    }

    /// Why it can't be told what a scale bands: a word that stands for nothing, or one that could be many things.
    fn scale_of_nothing(&mut self, written: &tree::Scale) {
        let words = words_of(&written.of);
        let field = |it: &&tree::Name| {
            self.names.contains_key(&it.text)
                || self.policy.records.iter().any(|kind| kind.field_named(&it.text).is_some())
        };
        if let Some(unknown) = words.iter().find(|it| !field(it)) {
            let mut known = self.names_of(|it| matches!(it, Meaning::Definition(_) | Meaning::Record(_)));
            known.extend(self.policy.records.iter().flat_map(|it| it.fields.iter().map(|it| it.label.name.clone())));
            return self.unknown_name(unknown, "definition or field", &known);
        }
        if words.iter().any(|it| self.is_broken(&it.text)) || self.unparsed {
            return;
        }
        let words = format!("it can't be told of which record `{}` speaks", written.name.text);
        let help = "write the record before the field, such as `review.mark`, or define it first: `define … of … = …`";
        self.report(Diagnostic::new(codes::SCALE_OF_WHAT, written.of.span, words).help(help));
    }

    /// The bands of all versions in one order. A band that only a later version has stands behind the one before it there.
    fn bands_as_choices(&mut self, versions: &[&tree::Scale]) -> ChoiceId {
        let mut choices: Vec<Label> = Vec::new();
        let mut counts: Vec<Option<Number>> = Vec::new();
        for (at, version) in versions.iter().enumerate() {
            let mut behind = 0;
            for (place, band) in version.bands.iter().enumerate() {
                if let Some(first) = version.bands[..place].iter().find(|it| it.name.text == band.name.text) {
                    let words = format!("band `{}` stands twice in this scale", band.name.text);
                    let twice = Diagnostic::new(codes::DECLARED_TWICE, band.name.span, words);
                    self.report(twice.label(first.name.span, "the first").help("give one of them another name"));
                    self.mark_broken(&version.name.text);
                    continue;
                }
                let number = band.counts_as.as_ref().and_then(|it| self.counts_as(it));
                match choices.iter().position(|it| it.name == band.name.text) {
                    Some(known) if at > 0 && known < behind => {
                        let words =
                            format!("band `{}` is better here than in another version of the scale", band.name.text);
                        let order = Diagnostic::new(codes::VERSIONS_DIFFER, band.name.span, words);
                        self.report(
                            order
                                .label(choices[known].span, "the other version")
                                .help("write the bands of all versions in one order, best first"),
                        );
                    }
                    Some(known) => {
                        if counts[known] != number {
                            let words =
                                format!("band `{}` counts as another number in another version", band.name.text);
                            let differ = Diagnostic::new(codes::VERSIONS_DIFFER, band.span, words);
                            self.report(
                                differ
                                    .label(choices[known].span, "the other version")
                                    .help("let it count alike, or look the number up in a table"),
                            );
                        }
                        behind = known + 1;
                    }
                    None => {
                        choices.insert(behind, label(&band.name, band.title.as_ref()));
                        counts.insert(behind, number);
                        behind += 1;
                    }
                }
            }
        }
        if let Some(silent) = counts.iter().position(Option::is_none)
            && counts.iter().any(Option::is_some)
        {
            let words = format!("band `{}` does not say what it counts as, and others do", choices[silent].name);
            let help = "add `counts as …` to every band, or to none";
            self.report(Diagnostic::new(codes::COUNTS_AS, choices[silent].span, words).help(help));
        }
        let counts = counts.into_iter().collect::<Option<Vec<_>>>().unwrap_or_default();
        self.policy.choices.push(ChoiceList { choices, order: Order::BestFirst, counts });
        ChoiceId::at(self.policy.choices.len() - 1)
    }

    fn counts_as(&mut self, written: &tree::Expr) -> Option<Number> {
        let expr = self.expr(written, &Place::nowhere(), Some(&Type::Number))?;
        match expr.kind {
            ExprKind::Literal(Value::Known(Known::Number(number))) => Some(number),
            _ => {
                self.error(codes::WRONG_TYPE, expr.span, "a band counts as a plain number");
                None
            }
        }
    }

    /// Lowers a scale where it is first needed.
    pub(super) fn scale(&mut self, id: ScaleId) {
        let name = self.policy.scales[id.index()].label.name.clone();
        if self.is_broken(&name) || !self.policy.scales[id.index()].versions.is_empty() {
            return;
        }
        self.under_way.push(Rests::Scale(id));
        let mut versions = Vec::new();
        for written in self.written.scales[id.index()].clone() {
            if let Some(value) = self.bands(id, written) {
                let from = written.from.as_ref().and_then(|it| self.first_day(it));
                let until = written.until.as_ref().and_then(|it| self.last_day(it));
                versions.push((written.name.span, Dated { value, from, until }));
            } else {
                self.mark_broken(&name);
            }
        }
        self.under_way.pop();
        self.policy.scales[id.index()].versions = self.in_time(versions);
    }

    fn bands(&mut self, id: ScaleId, written: &tree::Scale) -> Option<Bands> {
        let scale = &self.policy.scales[id.index()];
        let (choices, place) = (scale.choices, Place::of(scale.subject, scale.each));
        let of = self.expr(&written.of, &place, None)?;
        let of = self.reckoned(of);
        if !matches!(of.ty, Type::Number | Type::Money { .. }) {
            self.wrong(&of, "a scale bands a number or money");
            return None;
        }
        let mut bands = Vec::new();
        for band in &written.bands {
            let choice = self.band_named(choices, &band.name)?;
            bands.push(Band { choice, interval: self.interval(&band.range, &of.ty), span: band.name.span });
        }
        let mut caps = Vec::new();
        for cap in &written.caps {
            let own = written.bands.iter().any(|it| it.name.text == cap.band.text);
            let choice = if own { self.band_named(choices, &cap.band) } else { self.no_such_band(written, &cap.band) };
            let when = self.condition_at(&cap.when, &place);
            let because = cap.because.as_ref().map(|it| it.text.clone());
            caps.push(Cap { at_most: cap.at_most, choice: choice?, when: when?, because, span: cap.span });
        }
        Some(Bands { of, bands, caps, span: written.span })
    }

    fn band_named(&mut self, choices: ChoiceId, name: &tree::Name) -> Option<u32> {
        match self.choice(choices, &name.text, name.span)?.kind {
            ExprKind::Literal(Value::Known(Known::Choice(_, at))) => Some(at),
            _ => None,
        }
    }

    fn no_such_band(&mut self, written: &tree::Scale, name: &tree::Name) -> Option<u32> {
        let known: Vec<String> = written.bands.iter().map(|it| it.name.text.clone()).collect();
        self.no_such_choice(&name.text, &known, name.span);
        None
    }

    fn interval(&mut self, range: &tree::Range, ty: &Type) -> Interval {
        let mut end = |end: &Option<Box<tree::Expr>>, open: bool| {
            let expr = self.expr(end.as_ref()?, &Place::nowhere(), Some(ty))?;
            match expr.kind {
                ExprKind::Literal(at) if expr.ty == *ty => Some(Bound { at, included: !open }),
                _ => {
                    let words = "the end of a band is a plain value of what the scale bands";
                    self.error(codes::WRONG_TYPE, expr.span, words);
                    None
                }
            }
        };
        let low = end(&range.low, range.low_open);
        Interval { low, high: end(&range.high, range.high_open) }
    }

    /// A band where a number is expected: the number that it counts as.
    pub(super) fn reckoned(&self, expr: Expr) -> Expr {
        let Type::Choice(list) = expr.ty else { return expr };
        if self.policy.choices[list.index()].counts.is_empty() {
            return expr;
        }
        let span = expr.span;
        let plain = expr.clone();
        made(ExprKind::Counts(Box::new(expr)), Type::Number, span).unwrap_or(plain)
    }
}
