//! The grammar made into a parser. It stands alone because deriving it takes longer than anything else here.

/// Reads one statement by the rules of the grammar files.
#[derive(pest_derive::Parser)]
#[grammar = "grammar/words.pest"]
#[grammar = "grammar/keywords.pest"]
#[grammar = "grammar/expressions.pest"]
#[grammar = "grammar/populations.pest"]
#[grammar = "grammar/gathered.pest"]
#[grammar = "grammar/statements.pest"]
#[grammar = "grammar/orders.pest"]
#[grammar = "grammar/assumptions.pest"]
#[grammar = "grammar/ladders.pest"]
pub(super) struct Grammar;
