//! Policy text to syntax tree, and back: parsing that tolerates mistakes, and later the formatter.
//!
//! Start reading at [`tree`].

pub mod tree;
