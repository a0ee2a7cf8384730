//! Policy text to syntax tree: parsing that tolerates mistakes. And policy text to its canonical form.
//!
//! A file is cut into tokens, the tokens into statements and blocks; the grammar reads each statement on its own, and what
//! it gives is lowered to the tree. Start reading at [`parse()`], then [`tree`]. The form of a file is made by [`format()`], of its tokens
//! and lines alone.

mod act_tree;
mod assume_tree;
mod changes;
mod columns;
mod committee_tree;
mod context;
mod cursor;
mod depth;
mod errors;
mod expression;
mod extend_tree;
mod format;
mod framework_tree;
mod grammar;
mod guarantee_tree;
mod habits;
mod ladder_tree;
mod lines;
mod lower_aggregate;
mod lower_assume;
mod lower_calendar;
mod lower_committee;
mod lower_example;
mod lower_expression;
mod lower_framework;
mod lower_guarantee;
mod lower_history;
mod lower_message;
mod lower_order;
mod lower_population;
mod lower_record;
mod lower_rule;
mod lower_scale;
mod lower_scenario;
mod lower_table;
mod lower_words;
mod lower_workflow;
mod order_tree;
mod parse;
mod parse_extend;
mod parse_ladder;
mod parse_scenario;
mod parse_workflow;
mod plain;
mod population_tree;
mod scale;
mod scenario_tree;
mod spacing;
mod split;
mod table;
mod token;
pub mod tree;
mod workflow_tree;

pub use changes::{Change, changes};
pub use format::format;
pub use parse::{parse, parse_strictly};
