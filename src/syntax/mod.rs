//! Policy text to syntax tree, and back: parsing that tolerates mistakes, and later the formatter.
//!
//! A file is cut into tokens, the tokens into statements and blocks; the grammar reads each statement on its own, and what
//! it gives is lowered to the tree. Start reading at [`parse`], then [`tree`].

mod context;
mod cursor;
mod depth;
mod errors;
mod expression;
mod grammar;
mod habits;
mod lines;
mod lower_aggregate;
mod lower_calendar;
mod lower_example;
mod lower_expression;
mod lower_history;
mod lower_message;
mod lower_record;
mod lower_rule;
mod lower_words;
mod lower_workflow;
mod parse;
mod plain;
mod split;
mod token;
pub mod tree;

pub use parse::{parse, parse_strictly};
