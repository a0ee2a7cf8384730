//! Ladders of sanctions.

use super::context;
use super::cursor::Cursor;
use super::grammar::Rule;
use super::lower_expression::expr;
use super::lower_words as words;
use super::parse::Reader;
use super::split::Statement;
use super::tree::{Ladder, LadderLine, LadderLineKind};

impl<'s> Reader<'s> {
    pub(super) fn ladder(self, statement: &'s Statement) -> Option<Ladder> {
        let head = self.head(statement, Rule::ladder_head, &context::FRAMEWORK);
        let lines = self.lines(self.block(statement), &context::LADDER, |it| Some(line(it)));
        let mut head = head?;
        let span = head.span();
        Some(Ladder { steps: words::names(head.one(Rule::names)), lines, head: span })
    }
}

fn line(mut cursor: Cursor<'_>) -> LadderLine {
    let mut it = cursor.first();
    let span = it.span();
    let kind = match it.rule() {
        Rule::a_step_when => LadderLineKind::Step(expr(it.one(Rule::expr))),
        Rule::only_after_this => LadderLineKind::OnlyAfter(expr(it.one(Rule::expr))),
        Rule::afresh_after => LadderLineKind::Afresh(expr(it.one(Rule::expr))),
        Rule::straight_to => LadderLineKind::Straight {
            to: words::name(&it.one(Rule::name)),
            when: expr(it.one(Rule::when_part).one(Rule::expr)),
        },
        other => unreachable!("the grammar promises a line of a ladder, not {other:?}"),
    };
    LadderLine { kind, span }
}
