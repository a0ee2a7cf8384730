//! Orders about one period.

use super::context;
use super::cursor::Cursor;
use super::grammar::Rule;
use super::lower_calendar::roll;
use super::lower_expression::expr_in;
use super::lower_words as words;
use super::parse::Reader;
use super::split::Statement;
use super::tree::{Adjust, AdjustLine, ByOrder, Exempt, NewDue, PeriodLiteral};

impl<'s> Reader<'s> {
    pub(super) fn adjust(self, statement: &'s Statement) -> Option<Adjust> {
        let head = self.head(statement, Rule::adjust_head, &context::TOP);
        let lines = self.lines(self.block(statement), &context::ADJUST, |it| {
            let span = it.span();
            Some((span, adjust_line(it)))
        });
        let mut head = head?;
        let mut adjust = Adjust {
            workflow: words::name(&head.one(Rule::name)),
            stage: words::name(&head.one(Rule::name)),
            period: period(&mut head),
            due: None,
            closes: None,
            reopens: None,
            by: None,
            span: self.whole(statement),
        };
        for (span, line) in lines {
            match line {
                AdjustLine::Due(it) => self.once(&mut adjust.due, it, span, "due"),
                AdjustLine::Closes(it) => self.once(&mut adjust.closes, it, span, "closes"),
                AdjustLine::Reopens(it) => self.once(&mut adjust.reopens, it, span, "reopens"),
                AdjustLine::By(it) => self.once(&mut adjust.by, it, span, "by order"),
            }
        }
        Some(adjust)
    }

    pub(super) fn exempt(self, statement: &'s Statement) -> Option<Exempt> {
        let head = self.head(statement, Rule::exempt_head, &context::TOP);
        let lines = self.lines(self.block(statement), &context::EXEMPT, |mut it| {
            let span = it.span();
            Some((span, by_order(it.one(Rule::ordered_by))))
        });
        let mut head = head?;
        let record = words::name(&head.one(Rule::name));
        let mut exempt = Exempt {
            record,
            condition: expr_in(&mut head, Rule::where_part),
            from: words::name(&head.one(Rule::name)),
            period: period(&mut head),
            by: None,
            span: self.whole(statement),
        };
        for (span, by) in lines {
            self.once(&mut exempt.by, by, span, "by order");
        }
        Some(exempt)
    }
}

fn adjust_line(mut cursor: Cursor<'_>) -> AdjustLine {
    let mut it = cursor.first();
    let span = it.span();
    match it.rule() {
        Rule::new_due => AdjustLine::Due(NewDue {
            date: words::date(it.one(Rule::date)),
            clock: it.maybe(Rule::at_clock).map(|mut it| words::clock(&it.one(Rule::clock))),
            roll: it.maybe(Rule::due_roll).map(|mut it| roll(it.one(Rule::roll))),
        }),
        Rule::new_closing => AdjustLine::Closes(words::date(it.one(Rule::date))),
        Rule::reopens => AdjustLine::Reopens(span),
        Rule::ordered_by => AdjustLine::By(by_order(it)),
        other => unreachable!("the grammar promises a line of an order, not {other:?}"),
    }
}

fn by_order(mut cursor: Cursor<'_>) -> ByOrder {
    let span = cursor.span();
    ByOrder { authority: words::text(&cursor.one(Rule::text)), of: words::date(cursor.one(Rule::date)), span }
}

fn period(cursor: &mut Cursor<'_>) -> PeriodLiteral {
    let period = words::period_or_year(cursor);
    period.unwrap_or_else(|| unreachable!("the grammar promises a period"))
}
