//! Lines of guarantees.

use super::cursor::Cursor;
use super::grammar::Rule;
use super::lower_expression::{expr, operand};
use super::lower_words as words;
use super::tree::{GuaranteeLine, GuaranteeLineKind, GuaranteedRules};

pub(super) fn line(mut cursor: Cursor<'_>) -> GuaranteeLine {
    let mut it = cursor.first();
    let span = it.span();
    let kind = match it.rule() {
        Rule::monotone => {
            let mut which = it.one(Rule::never_get);
            let which = which.first();
            let (sanctions, better) = match which.rule() {
                Rule::kw_sanctions_never_get_more_severe_as => (true, true),
                Rule::kw_sanctions_never_get_less_severe_as => (true, false),
                Rule::kw_rewards_never_fall_as => (false, true),
                _ => (false, false),
            };
            GuaranteeLineKind::Monotone { sanctions, better, as_rises: operand(it.one(Rule::operand)) }
        }
        Rule::never_when => {
            GuaranteeLineKind::NeverWhen { rules: rules(it.one(Rule::guaranteed)), when: expr(it.one(Rule::expr)) }
        }
        Rule::only_when => {
            GuaranteeLineKind::OnlyWhen { rules: rules(it.one(Rule::guaranteed)), when: expr(it.one(Rule::expr)) }
        }
        Rule::only_after => {
            let rules = rules(it.one(Rule::guaranteed));
            let heard = it.maybe(Rule::kw_not_administrative).is_some();
            let stages = it.all(Rule::name).iter().map(words::name).collect();
            let rules = if heard { GuaranteedRules::HeardSanctions } else { rules };
            GuaranteeLineKind::OnlyAfter { rules, stages }
        }
        other => unreachable!("the grammar promises a line of a guarantee, not {other:?}"),
    };
    GuaranteeLine { kind, span }
}

fn rules(mut cursor: Cursor<'_>) -> GuaranteedRules {
    let it = cursor.first();
    match it.rule() {
        Rule::kw_sanction => GuaranteedRules::Sanctions,
        Rule::kw_reward => GuaranteedRules::Rewards,
        _ => GuaranteedRules::Named(words::name(&it)),
    }
}
