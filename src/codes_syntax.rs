//! The codes of the syntax: `M01..`.

use crate::codes::{Code, Entry, Severity};

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
pub(crate) const WHERE_IS_OPEN: Code = Code("M0124");

/// What can be wrong with the words themselves.
pub(crate) const SYNTAX: &[Entry] = &[
    Entry {
        code: DOES_NOT_FIT,
        severity: Severity::Error,
        title: "a word does not fit",
        explanation: "The line can be read up to the word shown, but that word can't stand there. The help lists what \
            can. Often a word before it is missing or stands in the wrong order.",
        wrong: "workflow w { stage s { remind member 14 days after due with late } }",
        right: "workflow w { stage s { remind member 14 days before due with late } }",
    },
    Entry {
        code: ENDS_TOO_EARLY,
        severity: Severity::Error,
        title: "a line ends too early",
        explanation: "The line is right as far as it goes, but something must follow. A statement ends with its line; it \
            goes on over the line end only behind a comma, an operator sign, `=`, `and`, `or` or an open \
            bracket, and onto a line that begins with `and` or `or`.",
        wrong: "record member { email optional }",
        right: "record member { email optional text }",
    },
    Entry {
        code: UNKNOWN_LINE,
        severity: Severity::Error,
        title: "no such line here",
        explanation: "Every line of a block begins with a word that says what it is, and each kind of block has its own. \
            The word shown begins none of those that can stand here; the nearest one is offered, or the block in \
            which it belongs is named.",
        wrong: "workflow w { stage s { opnes start of financial_year } }",
        right: "workflow w { stage s { opens start of financial_year } }",
    },
    Entry {
        code: MISSPELT,
        severity: Severity::Error,
        title: "a word is not known",
        explanation: "The word shown is not one that can stand here, but it is near to one that can. Keywords of several \
            words, such as `may be extended`, are written out in full and on one line.",
        wrong: "workflow w { stage s { due 1 month aftr opening } }",
        right: "workflow w { stage s { due 1 month after opening } }",
    },
    Entry {
        code: TEXT_NOT_CLOSED,
        severity: Severity::Error,
        title: "a text is not closed",
        explanation: "A text in `\"…\"` ends on its line and holds no `\"` itself. A text of several lines stands between \
            `\"\"\"` and `\"\"\"`.",
        wrong: "calendar c { time zone \"Africa/Nairobi }",
        right: "calendar c { time zone \"Africa/Nairobi\" }",
    },
    Entry {
        code: BLOCK_NOT_CLOSED,
        severity: Severity::Error,
        title: "a block is not closed",
        explanation: "A block begins with `{` and ends with `}`. The place shown is the `{` whose `}` is missing, as far \
            as the indentation and the next item tell.",
        wrong: "record member {\n  name text\n",
        right: "record member {\n  name text\n}",
    },
    Entry {
        code: CLOSES_NOTHING,
        severity: Severity::Error,
        title: "a `}` too many",
        explanation: "The `}` shown belongs to no `{`. Either it is one too many, or a `}` above has closed the block too \
            early.",
        wrong: "record member { name text }\n}",
        right: "record member { name text }",
    },
    Entry {
        code: BRACKETS,
        severity: Severity::Error,
        title: "round brackets do not match",
        explanation: "Every `(` needs a `)` in the same statement, and the `{` of `weighted` its `}`.",
        wrong: "define a of member = (b + c",
        right: "define a of member = (b + c)",
    },
    Entry {
        code: BRACE_ON_NEXT_LINE,
        severity: Severity::Error,
        title: "a `{` on a line of its own",
        explanation: "The `{` of a block stands at the end of the line that it belongs to, since a statement ends with \
            its line.",
        wrong: "record member\n{\n  name text\n}",
        right: "record member {\n  name text\n}",
    },
    Entry {
        code: MISSING_BLOCK,
        severity: Severity::Error,
        title: "a block is missing",
        explanation: "What is shown needs lines of its own, between `{` and `}`.",
        wrong: "workflow w { stage plan; stage review { by member } }",
        right: "workflow w { stage plan { by member }; stage review { by member } }",
    },
    Entry {
        code: NEEDLESS_BLOCK,
        severity: Severity::Error,
        title: "a block where none belongs",
        explanation: "The line shown is complete without a block.",
        wrong: "parameter pass_mark 50 { from 1 July 2011 }",
        right: "parameter pass_mark 50 from 1 July 2011",
    },
    Entry {
        code: TWO_ON_A_LINE,
        severity: Severity::Error,
        title: "two statements on one line",
        explanation: "Several statements on one line have `;` between them, also behind the `}` of a block.",
        wrong: "workflow w { stage a { by member } stage b { by member } }",
        right: "workflow w { stage a { by member }; stage b { by member } }",
    },
    Entry {
        code: BEGINS_WITH_SIGN,
        severity: Severity::Error,
        title: "a line begins with a sign",
        explanation: "A statement ends with its line unless the line ends in an operator sign. So the sign stands at the \
            end of the first line, not at the beginning of the second.",
        wrong: "define a of member = b\n  + c",
        right: "define a of member = b +\n  c",
    },
    Entry {
        code: AND_BESIDE_OR,
        severity: Severity::Error,
        title: "`and` beside `or` without brackets",
        explanation: "Readers disagree about what `a and b or c` means, so what belongs together is put in brackets.",
        wrong: "record member { absent when a is 1 and b is 2 or c is 3 }",
        right: "record member { absent when (a is 1 and b is 2) or c is 3 }",
    },
    Entry {
        code: SIGN_WITHOUT_BLANKS,
        severity: Severity::Error,
        title: "blanks are missing around a sign",
        explanation: "The signs `+ - * /` have a blank on both sides, so that `2025/26` is always a period and never a \
            division.",
        wrong: "define a of member = 2025/2",
        right: "define a of member = 2025 / 2",
    },
    Entry {
        code: COMMA_WITHOUT_BLANK,
        severity: Severity::Error,
        title: "a blank is missing behind a comma",
        explanation: "A comma before exactly three digits separates thousands; behind every other comma stands a blank or \
            a line end. Decimals are written with a point.",
        wrong: "parameter pass_mark 45,6",
        right: "parameter pass_mark 45.6",
    },
    Entry {
        code: RESERVED_WORD,
        severity: Severity::Error,
        title: "a word of the language used as a name",
        explanation: "Months, weekdays and some small words such as `last`, `due` or `end` are no names unless they stand \
            in backquotes.",
        wrong: "record last { name text }",
        right: "record `last` { name text }",
    },
    Entry {
        code: STRANGE_SIGN,
        severity: Severity::Error,
        title: "a sign that the language does not use",
        explanation: "Quotes, dashes and signs of word processors and of mathematics have plain counterparts: `\"…\"`, \
            `-`, `*`, `<=`, `and`.",
        wrong: "define a of member = b × c",
        right: "define a of member = b * c",
    },
    Entry {
        code: PLACEHOLDER,
        severity: Severity::Error,
        title: "a placeholder can't be read",
        explanation: "In a message `{` and `}` enclose a value that is filled in when it is sent, with words for the case \
            that the value is missing: `{member.name or \"colleague\"}`. Such a placeholder stands only in a \
            text between `\"\"\"` and `\"\"\"`.",
        wrong: "message m { subject \"Dear {member.}\" }",
        right: "message m { subject \"Dear {member.name}\" }",
    },
    Entry {
        code: SAID_TWICE,
        severity: Severity::Error,
        title: "said twice",
        explanation: "A line of this kind stands only once in its block.",
        wrong: "message m { subject \"a\"; subject \"b\" }",
        right: "message m { subject \"a\" }",
    },
    Entry {
        code: NUMBER_OUT_OF_RANGE,
        severity: Severity::Error,
        title: "a number out of range",
        explanation: "A time of day runs from `00:00` to `23:59`; counts of days around a holiday are small.",
        wrong: "calendar c { notices at 24:30 }",
        right: "calendar c { notices at 08:30 }",
    },
    Entry {
        code: TOO_DEEP,
        severity: Severity::Error,
        title: "too many brackets in each other",
        explanation: "More than fifty brackets or blocks, or a hundred parts of a sum or waiting words, stand in each other, which nobody \
            can read. A part of it can have a name of its own, with `define`.",
        wrong: "define a of member = (((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((b)))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))",
        right: "define a of member = b + c",
    },
    Entry {
        code: NOT_YET,
        severity: Severity::Error,
        title: "not part of this version yet",
        explanation: "What is shown belongs to the language, but this version of the program can't use it yet.",
        wrong: "workflow w { grace after downtime 5 working days }",
        right: "# Later: grace after downtime",
    },
    Entry {
        code: WHERE_IS_OPEN,
        severity: Severity::Error,
        title: "a `where` that may go on",
        explanation: "Behind `any incident where a and b` nobody can tell whether `b` is asked of the incident or beside it. \
            Brackets say it.",
        wrong: "define a of member = any incident where kind is absence and days > 3",
        right: "define a of member = any incident where (kind is absence and days > 3)",
    },
];
