//! Committees: seats, quorum, majority, and how one is formed for a case.

use super::cursor::Cursor;
use super::grammar::Rule;
use super::lower_expression::expr_in;
use super::lower_words as words;
use super::lower_workflow::times;
use super::tree::{CommitteeLine, CommitteeLineKind, MeetsEvery, Number, Seat, Share, VotesOf};

pub(super) fn line(mut cursor: Cursor<'_>) -> CommitteeLine {
    let mut it = cursor.first();
    let span = it.span();
    let kind = match it.rule() {
        Rule::members => CommitteeLineKind::Members(words::name(&it.one(Rule::name))),
        Rule::seats => CommitteeLineKind::Seats(it.all(Rule::seat).into_iter().map(seat).collect()),
        Rule::quorum => CommitteeLineKind::Quorum {
            count: words::number(&it.one(Rule::number)),
            of_voters: it.has(Rule::kw_of_those_who_vote),
            among: it.all(Rule::among).into_iter().map(|mut it| words::name(&it.one(Rule::name))).collect(),
        },
        Rule::majority => CommitteeLineKind::Majority { share: share(&it), of: votes_of(&it) },
        Rule::on_a_tie => CommitteeLineKind::OnATie(it.maybe(Rule::name).map(|it| words::name(&it))),
        Rule::recuse => CommitteeLineKind::Recuse(it.all(Rule::recused).into_iter().map(recused).collect()),
        Rule::meets => CommitteeLineKind::Meets(match it.maybe(Rule::length) {
            Some(length) => MeetsEvery::Length(words::length(length)),
            None => MeetsEvery::Period(words::name(&it.one(Rule::name))),
        }),
        Rule::at_least_where => CommitteeLineKind::AtLeast {
            count: words::number(&it.one(Rule::number)),
            condition: super::lower_expression::expr(it.one(Rule::where_part).one(Rule::expr)),
            when: expr_in(&mut it, Rule::when_part),
        },
        Rule::if_late => {
            let once = Number { text: "1".to_owned(), span };
            CommitteeLineKind::IfLate {
                times: it.maybe(Rule::times).map_or(once, times),
                none_again: it.has(Rule::none_again),
                default_by_each: it.has(Rule::default_by_each),
            }
        }
        other => unreachable!("the grammar promises a line of a committee, not {other:?}"),
    };
    CommitteeLine { kind, span }
}

fn seat(mut it: Cursor<'_>) -> Seat {
    Seat {
        span: it.span(),
        count: it.maybe(Rule::number).map(|it| words::number(&it)),
        name: words::name(&it.one(Rule::name)),
        without_vote: it.has(Rule::kw_without_vote),
        condition: expr_in(&mut it, Rule::where_part),
    }
}

fn share(it: &Cursor<'_>) -> Share {
    if it.has(Rule::kw_more_than_half) {
        Share::MoreThanHalf
    } else if it.has(Rule::kw_two_thirds) {
        Share::TwoThirds
    } else if it.has(Rule::kw_three_quarters) {
        Share::ThreeQuarters
    } else {
        Share::All
    }
}

fn votes_of(it: &Cursor<'_>) -> VotesOf {
    if it.has(Rule::kw_of_the_votes_cast) { VotesOf::Cast } else { VotesOf::Voters }
}

/// The subject, or the holder of a role of it.
fn recused(mut it: Cursor<'_>) -> Option<super::tree::Name> {
    it.maybe(Rule::name).map(|it| words::name(&it))
}
