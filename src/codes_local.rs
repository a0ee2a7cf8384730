//! The codes of local customisation: `M121.` and `M122.`.

use crate::codes::{Code, Entry, Severity, codes};

codes! { LOCAL;
    NOT_LEFT_OPEN = "M1210", Error, "a change of what is not left open",
        "A local text changes what the national text marks as `may be changed locally`, and nothing else. What the national text does not speak of may be added outside the `extend`.",
        "calendar c { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\nrecord person { id key text; mark number from 0 to 100; agreed event }\nparameter pass_mark 50 from 1 January 2020\nextend \"Our district\" { set pass_mark 55 from 1 January 2026 }",
        "calendar c { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\nrecord person { id key text; mark number from 0 to 100; agreed event }\nparameter pass_mark 50 from 1 January 2020, may be changed locally from 40 to 70\nextend \"Our district\" { set pass_mark 55 from 1 January 2026 }";
    OUT_OF_BOUNDS = "M1211", Error, "a local value beyond its bounds",
        "The national text says between which ends a local value lies; the ends belong to it. A length in months is compared with one in days from every day of four years.",
        "calendar c { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\nrecord person { id key text; mark number from 0 to 100; agreed event }\nparameter pass_mark 50 from 1 January 2020, may be changed locally from 40 to 70\nextend \"Our district\" { set pass_mark 71 from 1 January 2026 }",
        "calendar c { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\nrecord person { id key text; mark number from 0 to 100; agreed event }\nparameter pass_mark 50 from 1 January 2020, may be changed locally from 40 to 70\nextend \"Our district\" { set pass_mark 70 from 1 January 2026 }";
    NOTHING_TO_CHANGE = "M1212", Error, "a local text changes what is not there",
        "A local text sets and replaces what the national text says, by its kind and name.",
        "calendar c { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\nrecord person { id key text; mark number from 0 to 100; agreed event }\nparameter pass_mark 50 from 1 January 2020, may be changed locally\nextend \"Our district\" { set pas_mark 55 from 1 January 2026 }",
        "calendar c { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\nrecord person { id key text; mark number from 0 to 100; agreed event }\nparameter pass_mark 50 from 1 January 2020, may be changed locally\nextend \"Our district\" { set pass_mark 55 from 1 January 2026 }";
    CHANGED_TWICE = "M1213", Error, "changed locally twice",
        "Two local changes of one thing can't both hold. Several values or versions, each with its days, stand in one `extend`.",
        "calendar c { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\nrecord person { id key text; mark number from 0 to 100; agreed event }\nparameter pass_mark 50 from 1 January 2020, may be changed locally\nextend \"Our district\" { set pass_mark 55 from 1 January 2026 }\nextend \"Our town\" { set pass_mark 60 from 1 January 2027 }",
        "calendar c { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\nrecord person { id key text; mark number from 0 to 100; agreed event }\nparameter pass_mark 50 from 1 January 2020, may be changed locally\nextend \"Our district\" { set pass_mark 55 from 1 January 2026, 60 from 1 January 2027 }";
    BOUNDS = "M1214", Error, "bounds that bound nothing",
        "Behind `may be changed locally` stand the least and the most that a local text may say: for a parameter two plain values of its kind, for a due date that counts a length from something two lengths.",
        "calendar c { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\nrecord person { id key text; mark number from 0 to 100; agreed event }\nparameter pass_mark 50 from 1 January 2020, may be changed locally from 70 to 40",
        "calendar c { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\nrecord person { id key text; mark number from 0 to 100; agreed event }\nparameter pass_mark 50 from 1 January 2020, may be changed locally from 40 to 70";
}
