//! The codes of the syntax: `M01..`.

use crate::codes::{Code, Entry};

pub(crate) const DOES_NOT_FIT: Code = Code("M0101");
pub(crate) const ENDS_TOO_EARLY: Code = Code("M0102");
pub(crate) const UNKNOWN_LINE: Code = Code("M0103");
pub(crate) const MISSPELT: Code = Code("M0104");
pub(crate) const TEXT_NOT_CLOSED: Code = Code("M0105");
pub(crate) const BLOCK_NOT_CLOSED: Code = Code("M0106");
pub(crate) const CLOSES_NOTHING: Code = Code("M0107");
pub(crate) const BRACKETS: Code = Code("M0108");
pub(crate) const BRACE_ON_NEXT_LINE: Code = Code("M0109");
pub(crate) const MISSING_BLOCK: Code = Code("M0110");
pub(crate) const NEEDLESS_BLOCK: Code = Code("M0111");
pub(crate) const TWO_ON_A_LINE: Code = Code("M0112");
pub(crate) const BEGINS_WITH_SIGN: Code = Code("M0113");
pub(crate) const AND_BESIDE_OR: Code = Code("M0114");
pub(crate) const SIGN_WITHOUT_BLANKS: Code = Code("M0115");
pub(crate) const COMMA_WITHOUT_BLANK: Code = Code("M0116");
pub(crate) const RESERVED_WORD: Code = Code("M0117");
pub(crate) const STRANGE_SIGN: Code = Code("M0118");
pub(crate) const PLACEHOLDER: Code = Code("M0119");
pub(crate) const SAID_TWICE: Code = Code("M0120");
pub(crate) const NUMBER_OUT_OF_RANGE: Code = Code("M0121");
pub(crate) const TOO_DEEP: Code = Code("M0122");
pub(crate) const NOT_YET: Code = Code("M0123");

/// What can be wrong with the words themselves.
pub(crate) const SYNTAX: &[Entry] = &[];
