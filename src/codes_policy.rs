//! The codes of the checker: `M02..` and up.

use crate::codes::{Code, Entry, Severity};

macro_rules! codes {
    ($($name:ident = $code:literal, $severity:ident, $title:literal, $explanation:literal, $wrong:literal, $right:literal;)*) => {
        $(pub(crate) const $name: Code = Code($code);)*

        /// What can be wrong with what the words mean.
        pub(crate) const POLICY: &[Entry] = &[$(Entry {
            code: $name,
            severity: Severity::$severity,
            title: $title,
            explanation: $explanation,
            wrong: $wrong,
            right: $right,
        },)*];
    };
}

codes! {
    DECLARED_TWICE = "M0201", Error, "declared twice",
        "A name stands for one thing. Give one of the two another name, or leave one out.",
        "record person { id key text; name text; name text }",
        "record person { id key text; name text; family text }";
    UNKNOWN_NAME = "M0202", Error, "there is no such name",
        "The word stands for nothing that can be spoken of here. Look for a slip of the pen; the nearest name is offered.",
        "record person { id key text; boss optional persn }",
        "record person { id key text; boss optional person }";
    TWO_FIT = "M0203", Error, "a name that can mean two things",
        "A bare name is looked up among definitions, parameters and scales, and among the fields of the subject. If two fit, write the record's name and a dot before the field.",
        "parameter mark 50 from 1 July 2020\nrecord person { id key text; mark number }\ndefine high of person = mark",
        "parameter pass 50 from 1 July 2020\nrecord person { id key text; mark number }\ndefine high of person = mark";
    NO_SUCH_CHOICE = "M0204", Error, "none of the choices",
        "The word is not in the list of choices of the field on the other side.",
        "record person { id key text; status one of active, gone; gone when status is left }",
        "record person { id key text; status one of active, gone; gone when status is gone }";
    WRONG_TYPE = "M0205", Error, "another kind of thing is expected here",
        "A condition, a number, a date and a record can't stand for each other.",
        "record person { id key text; age number; gone when age }",
        "record person { id key text; age number; gone when age > 60 }";
    UNITS_DIFFER = "M0206", Error, "units or currencies differ",
        "Only things of one kind, unit and currency can be added or compared. A month has no fixed number of days, and one currency becomes another only at a written rate.",
        "record person { id key text; pay money USD; gone when pay > 100 }",
        "record person { id key text; pay money USD; gone when pay > USD 100 }";
    NO_ORDER = "M0207", Error, "nothing is more or less here",
        "Choices have an order only when they are written with `<` between them.",
        "record person { id key text; rank one of a, b; gone when rank < b }",
        "record person { id key text; rank one of a < b; gone when rank < b }";
    NO_KEY = "M0208", Error, "a record without a key",
        "Records are told apart by their key, and imported by it.",
        "record person { name text }",
        "record person { id key text; name text }";
    DEFINED_BY_ITSELF = "M0209", Error, "defined by itself",
        "A definition may use its own earlier period (`previous …`), never itself.",
        "record person { id key text }\ndefine a of person = b + 1\ndefine b of person = a + 1",
        "record person { id key text; c number }\ndefine a of person = b + 1\ndefine b of person = c + 1";
    WEIGHTS = "M0210", Error, "weights that do not total 100%",
        "The weights of a weighted sum total 100%; a part that does not apply gives its weight to the others.",
        "record person { id key text; a number; b number }\ndefine s of person = weighted { 70% a, 20% b }",
        "record person { id key text; a number; b number }\ndefine s of person = weighted { 70% a, 30% b }";
    EMPTY_ROLE = "M0211", Error, "a role that nobody can hold",
        "A role says how its holder is found.",
        "record person { id key text }\nrole boss of person { }",
        "record person { id key text; above optional person }\nrole boss of person { is person.above }";
    NO_PERIOD = "M0212", Error, "no period at hand",
        "What is said for each period has a value only where a period is spoken of. A workflow or definition that has one says `each` and the period.",
        "record person { id key text; a number }\ndefine s of person = previous s + 1",
        "record person { id key text; a number }\ndefine s of person = a + 1";
    NO_CALENDAR = "M0301", Error, "no calendar",
        "Without a calendar no working day can be counted.",
        "record person { id key text; done event }\nworkflow w { for each person; stage s { by person; fills done; due 5 days after opening } }",
        "calendar office { time zone \"UTC\"; working Monday to Friday; roll forward }\nrecord person { id key text; done event }\nworkflow w { for each person; stage s { by person; fills done; due 5 days after opening } }";
    NO_TIME_ZONE = "M0302", Error, "a calendar without a time zone",
        "A due date ends at the end of its day, and a day begins and ends somewhere.",
        "calendar office { working Monday to Friday }",
        "calendar office { time zone \"UTC\"; working Monday to Friday }";
    UNKNOWN_ZONE = "M0303", Error, "no such time zone",
        "Time zones are named as in the IANA database: a continent, a slash and a city.",
        "calendar office { time zone \"Afrika/Kampala\"; working Monday to Friday }",
        "calendar office { time zone \"Africa/Kampala\"; working Monday to Friday }";
    NOTHING_WORKED = "M0304", Error, "no working day",
        "A calendar says which weekdays are worked.",
        "calendar office { time zone \"UTC\" }",
        "calendar office { time zone \"UTC\"; working Monday to Friday }";
    NO_SUCH_DAY = "M0305", Error, "a day that does not exist",
        "The date is in no calendar: 31 June, 30 February, a period that is written otherwise.",
        "calendar office { time zone \"UTC\"; working Monday to Friday; holiday \"None\" 31 June }",
        "calendar office { time zone \"UTC\"; working Monday to Friday; holiday \"None\" 30 June }";
    DAY_WITHOUT_YEAR = "M0306", Error, "a day without a year",
        "A day and month, or the start of a period, takes its year from the period at hand. A workflow that runs once for each record has none.",
        "record person { id key text; done event }\nworkflow w { for each person; stage s { opens 1 July; by person; fills done } }",
        "record person { id key text; done event }\nworkflow w { for each person; stage s { opens 1 July 2026; by person; fills done } }";
    HOLE = "M0307", Error, "a time without a value",
        "Between two values of a parameter there must be no day without one.",
        "parameter mark 50 from 1 July 2011 until 30 June 2020, 60 from 1 July 2026",
        "parameter mark 50 from 1 July 2011 until 30 June 2026, 60 from 1 July 2026";
    OVERLAP = "M0308", Error, "two values on one day",
        "On each day a parameter has one value.",
        "parameter mark 50 from 1 July 2011 until 30 June 2027, 60 from 1 July 2026",
        "parameter mark 50 from 1 July 2011, 60 from 1 July 2026";
    NO_ROLL = "M0309", Error, "a due date that may fall on a day off",
        "A calendar says where a due date on a day off goes: to the next working day, to the one before, or nowhere. There is no silent choice.",
        "calendar office { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; month end back }\nrecord person { id key text; joined event; done event }\nworkflow w { for each person where joined is known; stage s { opens joined; by person; fills done; due 1 month after opening } }",
        "calendar office { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; month end back; roll forward }\nrecord person { id key text; joined event; done event }\nworkflow w { for each person where joined is known; stage s { opens joined; by person; fills done; due 1 month after opening } }";
    NO_MONTH_END = "M0310", Error, "a day that its month may lack",
        "One month after 31 January is no day. A calendar by which months are counted says whether that means the last day of February, 1 March, or that it can't be told.",
        "calendar office { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward }\nrecord person { id key text; joined event; done event }\nworkflow w { for each person where joined is known; stage s { opens joined; by person; fills done; due 1 month after opening } }",
        "calendar office { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\nrecord person { id key text; joined event; done event }\nworkflow w { for each person where joined is known; stage s { opens joined; by person; fills done; due 1 month after opening } }";
    NO_SUBJECT = "M0401", Error, "a workflow for nobody",
        "A workflow says for which records it runs: `for each …`.",
        "record person { id key text; done event }\nworkflow w { stage s { by person; fills done } }",
        "record person { id key text; done event }\nworkflow w { for each person; stage s { by person; fills done } }";
    NO_STAGE = "M0402", Error, "a workflow without a stage",
        "Without a stage nothing happens.",
        "record person { id key text }\nworkflow w { for each person }",
        "record person { id key text; done event }\nworkflow w { for each person; stage s { by person; fills done } }";
    NEVER_DONE = "M0403", Error, "a stage that nobody can complete",
        "A stage is done when all that it fills is known, or when it says so: `done when …`, `done on …`.",
        "record person { id key text }\nworkflow w { for each person; stage s { by person } }",
        "record person { id key text; done event }\nworkflow w { for each person; stage s { by person; fills done } }";
    NEVER_OPENS = "M0404", Error, "a stage that never opens",
        "Stages that wait for each other never open.",
        "record person { id key text; x event; y event }\nworkflow w {\n  for each person\n  stage a { opens after b; by person; fills x }\n  stage b { opens after a; by person; fills y }\n}",
        "record person { id key text; x event; y event }\nworkflow w {\n  for each person\n  stage a { by person; fills x }\n  stage b { opens after a; by person; fills y }\n}";
    NOBODY_ACTS = "M0405", Warning, "a stage in which nobody acts",
        "A stage says who acts: nobody is reminded and it lies with nobody otherwise.",
        "record person { id key text; done event }\nworkflow w { for each person; stage s { fills done } }",
        "record person { id key text; done event }\nworkflow w { for each person; stage s { by person; fills done } }";
    NOTHING_DUE = "M0406", Error, "a step that counts from no date",
        "Reminders and ladders count from the due date of their stage.",
        "record person { id key text; done event }\nmessage m { by email; subject \"a\"; body \"b\" }\nworkflow w { for each person; stage s { by person; fills done; remind person on due with m } }",
        "record person { id key text; done event }\nmessage m { by email; subject \"a\"; body \"b\" }\nworkflow w { for each person; stage s { by person; fills done; due 5 days after opening; remind person on due with m } }";
    LADDER_OUT_OF_ORDER = "M0407", Error, "a ladder out of order",
        "The rungs of a ladder stand in the order in which they come due, so that it reads as it climbs.",
        "record person { id key text; done event }\nmessage m { by email; subject \"a\"; body \"b\" }\nworkflow w {\n  for each person\n  stage s {\n    by person; fills done; due 5 days after opening\n    escalate to person 9 days overdue with m\n    escalate to person 3 days overdue with m\n  }\n}",
        "record person { id key text; done event }\nmessage m { by email; subject \"a\"; body \"b\" }\nworkflow w {\n  for each person\n  stage s {\n    by person; fills done; due 5 days after opening\n    escalate to person 3 days overdue with m\n    escalate to person 9 days overdue with m\n  }\n}";
    LATE_COMERS = "M0408", Error, "no date for those who come late",
        "A date that is the same for everybody can lie before the day on which somebody comes in, or before the stage opens. Nobody is overdue on the day a stage opens, so the policy says what holds then.",
        "calendar c { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\nrecord person { id key text; here yes/no; done event }\nworkflow w { for each person each year where here is yes; stage s { by person; fills done; due 31 July } }",
        "calendar c { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\nrecord person { id key text; here yes/no; done event }\nworkflow w { for each person each year where here is yes; stage s { by person; fills done; due 31 July, for late comers 1 month after opening } }";
    MESSAGE_FOR_TWO = "M0409", Error, "a message about two kinds of things",
        "A message speaks of one kind of record, so that its placeholders have a meaning.",
        "record person { id key text; done event }\nrecord body { id key text; done event; head optional person }\nmessage m { by email; subject \"a\"; body \"b\" }\nworkflow v { for each person; stage s { by person; fills done; due 5 days after opening; remind person on due with m } }\nworkflow w { for each body; stage s { by head; fills done; due 5 days after opening; remind head on due with m } }",
        "record person { id key text; done event }\nrecord body { id key text; done event; head optional person }\nmessage m { by email; subject \"a\"; body \"b\" }\nmessage n { by email; subject \"a\"; body \"b\" }\nworkflow v { for each person; stage s { by person; fills done; due 5 days after opening; remind person on due with m } }\nworkflow w { for each body; stage s { by head; fills done; due 5 days after opening; remind head on due with n } }";
    MAY_BE_MISSING = "M0410", Error, "a placeholder that may be empty",
        "A message says what is printed when a fact is missing.",
        "record person { id key text; name text; done event }\nmessage m { by email; subject \"a\"; body \"Dear {person.name}\" }\nworkflow w { for each person; stage s { by person; fills done; due 5 days after opening; remind person on due with m } }",
        "record person { id key text; name text; done event }\nmessage m { by email; subject \"a\"; body \"\"\"Dear {person.name or \"colleague\"}\"\"\" }\nworkflow w { for each person; stage s { by person; fills done; due 5 days after opening; remind person on due with m } }";
    NO_CHANNEL = "M0411", Error, "no such channel",
        "Messages go by email.",
        "record person { id key text; done event }\nmessage m { by pigeon; subject \"a\"; body \"b\" }\nworkflow w { for each person; stage s { by person; fills done; due 5 days after opening; remind person on due with m } }",
        "record person { id key text; done event }\nmessage m { by email; subject \"a\"; body \"b\" }\nworkflow w { for each person; stage s { by person; fills done; due 5 days after opening; remind person on due with m } }";
    UNUSED_MESSAGE = "M0412", Warning, "a message that nobody is sent",
        "No workflow sends this message.",
        "record person { id key text; done event }\nmessage m { by email; subject \"a\"; body \"b\" }\nworkflow w { for each person; stage s { by person; fills done; due 5 days after opening } }",
        "record person { id key text; done event }\nmessage m { by email; subject \"a\"; body \"b\" }\nworkflow w { for each person; stage s { by person; fills done; due 5 days after opening; remind person on due with m } }";
    NO_WORDING = "M0413", Error, "a message without words",
        "A message has a subject and a body.",
        "record person { id key text; done event }\nmessage m { by email; subject \"a\" }\nworkflow w { for each person; stage s { by person; fills done; due 5 days after opening; remind person on due with m } }",
        "record person { id key text; done event }\nmessage m { by email; subject \"a\"; body \"b\" }\nworkflow w { for each person; stage s { by person; fills done; due 5 days after opening; remind person on due with m } }";
    NO_LANGUAGE = "M0414", Error, "no such language",
        "Languages are named by their codes of two or three small letters (ISO 639).",
        "record person { id key text; done event }\nmessage m { by email; subject \"a\"; body \"b\"; in \"English\" { subject \"a\"; body \"b\" } }\nworkflow w { for each person; stage s { by person; fills done; due 5 days after opening; remind person on due with m } }",
        "record person { id key text; done event }\nmessage m { by email; subject \"a\"; body \"b\"; in \"en\" { subject \"a\"; body \"b\" } }\nworkflow w { for each person; stage s { by person; fills done; due 5 days after opening; remind person on due with m } }";
    GAP = "M0601", Error, "a gap between two bands",
        "Every value between the lowest and the highest band lies in one, on the decimals of what is banded.",
        "record person { id key text; a number }\ndefine s of person = a, rounded half up to 1 decimal\nscale r of s { good 50 to 100; bad 0 to 49 }",
        "record person { id key text; a number }\ndefine s of person = a, rounded half up to 1 decimal\nscale r of s { good 50 to 100; bad 0 to below 50 }";
    BANDS_OVERLAP = "M0602", Error, "a value in two bands",
        "A value lies in one band.",
        "record person { id key text; a number }\ndefine s of person = a, rounded half up to 1 decimal\nscale r of s { good 50 to 100; bad 0 to 50 }",
        "record person { id key text; a number }\ndefine s of person = a, rounded half up to 1 decimal\nscale r of s { good 50 to 100; bad 0 to below 50 }";
    EMPTY_BAND = "M0603", Error, "a band without a value",
        "The lower end of a band stands first.",
        "record person { id key text; a number }\ndefine s of person = a, rounded half up to 1 decimal\nscale r of s { good 100 to 50 }",
        "record person { id key text; a number }\ndefine s of person = a, rounded half up to 1 decimal\nscale r of s { good 50 to 100 }";
    SCALE_OF_WHAT = "M0604", Error, "a scale of nothing in particular",
        "A scale speaks of the record that it bands. Where several could be meant, write the record before the field, or define what is banded first.",
        "record person { id key text; mark number }\nrecord team { id key text; mark number }\nscale r of mark { good 50 and more; bad below 50 }",
        "record person { id key text; mark number }\nrecord team { id key text; mark number }\nscale r of team.mark { good 50 and more; bad below 50 }";
    COUNTS_AS = "M0605", Error, "not said what a band counts as",
        "One reckons with a scale only if every band says what number it counts as.",
        "record person { id key text; mark number }\nscale r of mark { good 50 and more, counts as 2; bad below 50 }",
        "record person { id key text; mark number }\nscale r of mark { good 50 and more, counts as 2; bad below 50, counts as 1 }";
    IDLE_CAP = "M0606", Warning, "a cap that changes nothing",
        "Bands stand best first. Nothing is better than the first band, and nothing worse than the last.",
        "record person { id key text; mark number; away number }\nscale r of mark { good 50 and more; bad below 50; at most good when away > 30 }",
        "record person { id key text; mark number; away number }\nscale r of mark { good 50 and more; bad below 50; at most bad when away > 30 }";
    VERSIONS_DIFFER = "M0213", Error, "versions that do not belong together",
        "Several versions of one name speak of the same record and period and give the same kind of value; the bands of a scale keep their order and what they count as.",
        "record person { id key text; mark number }\ndefine s of person until 31 December 2025 = mark\ndefine s of person from 1 January 2026 = mark > 50",
        "record person { id key text; mark number }\ndefine s of person until 31 December 2025 = mark\ndefine s of person from 1 January 2026 = 2 * mark";
    CHANGE_INSIDE = "M0311", Warning, "a rule that changes inside a period",
        "What is judged for a period goes by the rules of its first day. A rule that begins later in the period counts only from the next period on; say so by its day.",
        "calendar office { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward }\nrecord person { id key text }\nrecord review of person each year { mark number }\nparameter pass 50 from 1 January 2020, 60 from 1 July 2026\ndefine good of person each year = mark >= pass",
        "calendar office { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward }\nrecord person { id key text }\nrecord review of person each year { mark number }\nparameter pass 50 from 1 January 2020, 60 from 1 January 2027\ndefine good of person each year = mark >= pass";
    NO_JUDGEMENT = "M0901", Error, "a framework that never judges",
        "A framework names the day on which it judges. There is no default.",
        "calendar office { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\nrecord person { id key text; late number; pay money USD per year; heard event }\nworkflow hearing { for each person; stage hear { by person; fills heard; due 5 days after opening } }\nframework conduct {\n  for each person each year\n  severity note (administrative) < warning\n  sanctions the most severe that applies\n  sanction note { when late > 3; automatic }\n  sanction warning { when late > 9; through hearing }\n}",
        "calendar office { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\nrecord person { id key text; late number; pay money USD per year; heard event }\nworkflow hearing { for each person; stage hear { by person; fills heard; due 5 days after opening } }\nframework conduct {\n  for each person each year; judged 30 June after the year\n  severity note (administrative) < warning\n  sanctions the most severe that applies\n  sanction note { when late > 3; automatic }\n  sanction warning { when late > 9; through hearing }\n}";
    NO_SEVERITY = "M0902", Error, "a sanction without a rank",
        "The line `severity` names every sanction of the framework, from the least to the most severe, so that it is known which one counts.",
        "calendar office { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\nrecord person { id key text; late number; pay money USD per year; heard event }\nworkflow hearing { for each person; stage hear { by person; fills heard; due 5 days after opening } }\nframework conduct {\n  for each person each year; judged 30 June after the year\n  severity note (administrative)\n  sanctions the most severe that applies\n  sanction note { when late > 3; automatic }\n  sanction warning { when late > 9; through hearing }\n}",
        "calendar office { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\nrecord person { id key text; late number; pay money USD per year; heard event }\nworkflow hearing { for each person; stage hear { by person; fills heard; due 5 days after opening } }\nframework conduct {\n  for each person each year; judged 30 June after the year\n  severity note (administrative) < warning\n  sanctions the most severe that applies\n  sanction note { when late > 3; automatic }\n  sanction warning { when late > 9; through hearing }\n}";
    SEVERITY_WITHOUT_RULE = "M0903", Error, "a rank without a sanction",
        "Every name in the line `severity` is a sanction of the framework.",
        "calendar office { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\nrecord person { id key text; late number; pay money USD per year; heard event }\nworkflow hearing { for each person; stage hear { by person; fills heard; due 5 days after opening } }\nframework conduct {\n  for each person each year; judged 30 June after the year\n  severity note (administrative) < warning\n  sanctions the most severe that applies\n  sanction note { when late > 3; automatic }\n}",
        "calendar office { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\nrecord person { id key text; late number; pay money USD per year; heard event }\nworkflow hearing { for each person; stage hear { by person; fills heard; due 5 days after opening } }\nframework conduct {\n  for each person each year; judged 30 June after the year\n  severity note (administrative) < warning\n  sanctions the most severe that applies\n  sanction note { when late > 3; automatic }\n  sanction warning { when late > 9; through hearing }\n}";
    NO_COMBINATION = "M0904", Error, "not said which rules count",
        "Several rules may apply to one person. The framework says which of them count: all, the first, or the most severe.",
        "calendar office { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\nrecord person { id key text; late number; pay money USD per year; heard event }\nworkflow hearing { for each person; stage hear { by person; fills heard; due 5 days after opening } }\nframework conduct {\n  for each person each year; judged 30 June after the year\n  severity note (administrative) < warning\n  cite \"Circular 1\"\n  sanction note { when late > 3; automatic }\n  sanction warning { when late > 9; through hearing }\n}",
        "calendar office { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\nrecord person { id key text; late number; pay money USD per year; heard event }\nworkflow hearing { for each person; stage hear { by person; fills heard; due 5 days after opening } }\nframework conduct {\n  for each person each year; judged 30 June after the year\n  severity note (administrative) < warning\n  sanctions the most severe that applies\n  sanction note { when late > 3; automatic }\n  sanction warning { when late > 9; through hearing }\n}";
    RULE_WITHOUT_CONDITION = "M0905", Error, "a rule without a condition",
        "A sanction or reward says when it applies.",
        "calendar office { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\nrecord person { id key text; late number; pay money USD per year; heard event }\nworkflow hearing { for each person; stage hear { by person; fills heard; due 5 days after opening } }\nframework conduct {\n  for each person each year; judged 30 June after the year\n  severity note (administrative) < warning\n  sanctions the most severe that applies\n  sanction note { when late > 3; automatic }\n  sanction warning { through hearing }\n}",
        "calendar office { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\nrecord person { id key text; late number; pay money USD per year; heard event }\nworkflow hearing { for each person; stage hear { by person; fills heard; due 5 days after opening } }\nframework conduct {\n  for each person each year; judged 30 June after the year\n  severity note (administrative) < warning\n  sanctions the most severe that applies\n  sanction note { when late > 3; automatic }\n  sanction warning { when late > 9; through hearing }\n}";
    NO_WAY = "M0906", Error, "not said how a sanction comes into force",
        "A sanction is heard and decided in a workflow, or, where it is administrative, follows by itself. It says one of the two.",
        "calendar office { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\nrecord person { id key text; late number; pay money USD per year; heard event }\nworkflow hearing { for each person; stage hear { by person; fills heard; due 5 days after opening } }\nframework conduct {\n  for each person each year; judged 30 June after the year\n  severity note (administrative) < warning\n  sanctions the most severe that applies\n  sanction note { when late > 3; automatic }\n  sanction warning { when late > 9 }\n}",
        "calendar office { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\nrecord person { id key text; late number; pay money USD per year; heard event }\nworkflow hearing { for each person; stage hear { by person; fills heard; due 5 days after opening } }\nframework conduct {\n  for each person each year; judged 30 June after the year\n  severity note (administrative) < warning\n  sanctions the most severe that applies\n  sanction note { when late > 3; automatic }\n  sanction warning { when late > 9; through hearing }\n}";
    UNHEARD = "M0907", Error, "a sanction in force unheard",
        "Only what the line `severity` marks `(administrative)`, and what takes nothing, may follow by itself. Everything else needs notice, an answer, a decision and the time for an appeal.",
        "calendar office { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\nrecord person { id key text; late number; pay money USD per year; heard event }\nworkflow hearing { for each person; stage hear { by person; fills heard; due 5 days after opening } }\nframework conduct {\n  for each person each year; judged 30 June after the year\n  severity note (administrative) < warning\n  sanctions the most severe that applies\n  sanction note { when late > 3; automatic }\n  sanction warning { when late > 9; automatic }\n}",
        "calendar office { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\nrecord person { id key text; late number; pay money USD per year; heard event }\nworkflow hearing { for each person; stage hear { by person; fills heard; due 5 days after opening } }\nframework conduct {\n  for each person each year; judged 30 June after the year\n  severity note (administrative) < warning\n  sanctions the most severe that applies\n  sanction note { when late > 3; automatic }\n  sanction warning { when late > 9; through hearing }\n}";
    NOT_ROUNDED = "M0908", Error, "an amount that is not rounded",
        "An amount ends in a rounding to what can be paid, so that nobody is paid a fraction in silence.",
        "calendar office { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\nrecord person { id key text; late number; pay money USD per year; heard event }\nworkflow hearing { for each person; stage hear { by person; fills heard; due 5 days after opening } }\nframework conduct {\n  for each person each year; judged 30 June after the year\n  severity note (administrative) < warning\n  sanctions the most severe that applies\n  sanction note { when late > 3; automatic }\n  sanction warning { when late > 9; through hearing }\n  rewards all that apply\n  reward bonus { when late is 0; amount 3 * late }\n}",
        "calendar office { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\nrecord person { id key text; late number; pay money USD per year; heard event }\nworkflow hearing { for each person; stage hear { by person; fills heard; due 5 days after opening } }\nframework conduct {\n  for each person each year; judged 30 June after the year\n  severity note (administrative) < warning\n  sanctions the most severe that applies\n  sanction note { when late > 3; automatic }\n  sanction warning { when late > 9; through hearing }\n  rewards all that apply\n  reward bonus { when late is 0; amount 3 * late, rounded down to 0 decimals }\n}";
    TABLE_GAP = "M0701", Error, "a case that no row takes",
        "Every case is taken by a row, on the decimals and between the ends that the records declare; `otherwise` takes what is left. A case that no row takes has no outcome.",
        "record person { id key text; mark whole number from 0 to 9; kind one of a, b; sum number; other number }\ntable t of person : percent, exactly one row {\n  | mark | => |\n  | 5 to 9 | 1% |\n  | 0 to 3 | 0% |\n}",
        "record person { id key text; mark whole number from 0 to 9; kind one of a, b; sum number; other number }\ntable t of person : percent, exactly one row {\n  | mark | => |\n  | 5 to 9 | 1% |\n  | 0 to 4 | 0% |\n}";
    ROWS_DIFFER = "M0702", Error, "two rows that both apply and differ",
        "Under `exactly one row` a case has one outcome. Two rows may both apply only if they give the same.",
        "record person { id key text; mark whole number from 0 to 9; kind one of a, b; sum number; other number }\ntable t of person : percent, exactly one row {\n  | mark | => |\n  | 5 to 9 | 1% |\n  | 0 to 5 | 0% |\n}",
        "record person { id key text; mark whole number from 0 to 9; kind one of a, b; sum number; other number }\ntable t of person : percent, exactly one row {\n  | mark | => |\n  | 5 to 9 | 1% |\n  | 0 to 4 | 0% |\n}";
    MASKED_ROW = "M0703", Warning, "a row that never decides",
        "Other rows take all that this row would take, so that nothing would change without it. Often it stands too far down, or is a copy.",
        "record person { id key text; mark whole number from 0 to 9; kind one of a, b; sum number; other number }\ntable t of person : percent, first row that applies {\n  | mark | => |\n  | 4 to 9 | 1% |\n  | 5 to 6 | 2% |\n  | 0 to 3 | 0% |\n}",
        "record person { id key text; mark whole number from 0 to 9; kind one of a, b; sum number; other number }\ntable t of person : percent, first row that applies {\n  | mark | => |\n  | 5 to 6 | 2% |\n  | 4 to 9 | 1% |\n  | 0 to 3 | 0% |\n}";
    IDLE_OTHERWISE = "M0704", Warning, "nothing is left for `otherwise`",
        "The rows above take every case. `otherwise` never takes an unknown: where a fact is missing, the table waits for it.",
        "record person { id key text; mark whole number from 0 to 9; kind one of a, b; sum number; other number }\ntable t of person : percent, exactly one row {\n  | mark | => |\n  | 5 to 9 | 1% |\n  | 0 to 4 | 0% |\n  | otherwise | 0% |\n}",
        "record person { id key text; mark whole number from 0 to 9; kind one of a, b; sum number; other number }\ntable t of person : percent, exactly one row {\n  | mark | => |\n  | 5 to 9 | 1% |\n  | otherwise | 0% |\n}";
    EMPTY_CELL = "M0705", Error, "a cell that takes nothing",
        "The ends of a stretch are turned round, or what the cell says lies beyond what the record declares.",
        "record person { id key text; mark whole number from 0 to 9; kind one of a, b; sum number; other number }\ntable t of person : percent, exactly one row {\n  | mark | => |\n  | 9 to 5 | 1% |\n  | otherwise | 0% |\n}",
        "record person { id key text; mark whole number from 0 to 9; kind one of a, b; sum number; other number }\ntable t of person : percent, exactly one row {\n  | mark | => |\n  | 5 to 9 | 1% |\n  | otherwise | 0% |\n}";
    NOT_DECIDED = "M0706", Warning, "not decided",
        "The checker found no fault, and can't say that there is none: two rows that both apply give what only the facts can tell, or the table has too many cases. It never takes what it could not decide for right.",
        "record person { id key text; mark whole number from 0 to 9; kind one of a, b; sum number; other number }\ntable t of person : number, exactly one row {\n  | mark | => |\n  | 5 to 9 | sum |\n  | 0 to 5 | other |\n}",
        "record person { id key text; mark whole number from 0 to 9; kind one of a, b; sum number; other number }\ntable t of person : number, exactly one row {\n  | mark | => |\n  | 5 to 9 | sum |\n  | 0 to 4 | other |\n}";
    TABLE_SHAPE = "M0707", Error, "a row of the wrong shape",
        "Each row has a cell for each column; `any` stands where it does not matter. `otherwise` stands in the first cell of the last row, whose other cells are empty. The last cell is one value.",
        "record person { id key text; mark whole number from 0 to 9; kind one of a, b; sum number; other number }\ntable t of person : percent, exactly one row {\n  | mark | => |\n  | 5 to 9 | a | 1% |\n  | otherwise | 0% |\n}",
        "record person { id key text; mark whole number from 0 to 9; kind one of a, b; sum number; other number }\ntable t of person : percent, exactly one row {\n  | mark | => |\n  | 5 to 9 | 1% |\n  | otherwise | 0% |\n}";
    TABLE_OF_WHAT = "M0708", Error, "a table of nothing in particular",
        "A table speaks of the record that its columns ask. Where several could be meant, its head says which: `of person each year`, before the colon.",
        "record person { id key text; mark number }\nrecord team { id key text; mark number }\ntable t : percent, exactly one row {\n  | mark | => |\n  | above 5 | 1% |\n  | otherwise | 0% |\n}",
        "record person { id key text; mark number }\nrecord team { id key text; mark number }\ntable t of person : percent, exactly one row {\n  | mark | => |\n  | above 5 | 1% |\n  | otherwise | 0% |\n}";
    SAID_TWICE_IN_CELL = "M0709", Warning, "said twice in a cell",
        "A part of the cell holds nothing that the rest does not hold already.",
        "record person { id key text; mark whole number from 0 to 9; kind one of a, b; sum number; other number }\ntable t of person : percent, exactly one row {\n  | mark | => |\n  | 5 to 9, 7 | 1% |\n  | otherwise | 0% |\n}",
        "record person { id key text; mark whole number from 0 to 9; kind one of a, b; sum number; other number }\ntable t of person : percent, exactly one row {\n  | mark | => |\n  | 5 to 9 | 1% |\n  | otherwise | 0% |\n}";
    OTHER_PERIOD = "M0801", Error, "not the period at hand",
        "What is said for each year counts back in years. A longer period lies around a shorter one only if it begins and ends with one.",
        "calendar office { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward }\nrecord person { id key text }\nrecord review of person each year { mark number from 0 to 100 }\ndefine risen of person each year = mark - (mark 2 quarters ago)",
        "calendar office { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward }\nrecord person { id key text }\nrecord review of person each year { mark number from 0 to 100 }\ndefine risen of person each year = mark - (mark 2 years ago)";
    NOT_BY_PERIOD = "M0802", Error, "no value for each period",
        "Only what is kept or defined for each period has a value of another period.",
        "calendar office { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward }\nrecord person { id key text }\nrecord review of person each year { mark number from 0 to 100 }\ndefine base of person = id\ndefine same of person each year = base 2 years ago is base",
        "calendar office { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward }\nrecord person { id key text }\nrecord review of person each year { mark number from 0 to 100 }\ndefine base of person each year = mark\ndefine same of person each year = base 2 years ago is base";
    HISTORY_COUNT = "M0803", Error, "periods that can not be counted so",
        "A history looks back on 1 to 60 periods, `then afresh` on at most 12, and asks for no more of them than there are.",
        "calendar office { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward }\nrecord person { id key text }\nrecord review of person each year { mark number from 0 to 100 }\ndefine weak of person each year = mark < 50 in 4 of the last 3 years",
        "calendar office { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward }\nrecord person { id key text }\nrecord review of person each year { mark number from 0 to 100 }\ndefine weak of person each year = mark < 50 in 3 of the last 4 years";
    NOT_BEFORE_HISTORY = "M0804", Error, "a denial with two readings",
        "`not passed in 2 consecutive years` may mean that each of the two was failed, or only that not both were passed. Brackets say which.",
        "calendar office { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward }\nrecord person { id key text }\nrecord review of person each year { mark number from 0 to 100 }\ndefine passed of person each year = mark >= 50\ndefine weak of person each year = not passed in 2 consecutive years",
        "calendar office { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward }\nrecord person { id key text }\nrecord review of person each year { mark number from 0 to 100 }\ndefine passed of person each year = mark >= 50\ndefine weak of person each year = (not passed) in 2 consecutive years";
    NOTHING_GATHERED = "M0805", Error, "nothing that belongs to it",
        "What is counted are the children of the record that is spoken of, or the records of which a field refers to it.",
        "record person { id key text; above optional person }\nrecord incident of person { kind one of absence, fraud }\ndefine many of person = count of persons > 3",
        "record person { id key text; above optional person }\nrecord incident of person { kind one of absence, fraud }\ndefine many of person = count of persons whose above is this person > 3";
    NOTHING_SATISFIED = "M0806", Error, "every one of them, and nothing said",
        "`every` says what each of them satisfies.",
        "record person { id key text; above optional person }\nrecord incident of person { kind one of absence, fraud }\ndefine calm of person = every incident where kind is absence",
        "record person { id key text; above optional person }\nrecord incident of person { kind one of absence, fraud }\ndefine calm of person = every incident satisfies kind is absence";
    NEVER_HOLDS = "M1301", Warning, "a condition that never holds",
        "No facts that the records allow make it hold, by no value that a parameter ever has. Mostly two bounds exclude each other, or one lies outside of what a field takes.",
        "calendar c { time zone \"UTC\"; working Monday to Friday }\nrecord person { id key text; mark number from 0 to 100 }\ndefine middling of person = mark < 50 and mark > 60",
        "calendar c { time zone \"UTC\"; working Monday to Friday }\nrecord person { id key text; mark number from 0 to 100 }\ndefine middling of person = mark > 50 and mark < 60";
    ALWAYS_HOLDS = "M1302", Warning, "a condition that always holds",
        "As soon as it can be told at all, it holds, whatever the facts: it decides nothing. Facts that show it stand below, ready to paste.",
        "calendar c { time zone \"UTC\"; working Monday to Friday }\nrecord person { id key text; mark number from 0 to 100 }\ndefine passed of person = mark >= 0",
        "calendar c { time zone \"UTC\"; working Monday to Friday }\nrecord person { id key text; mark number from 0 to 100 }\ndefine passed of person = mark >= 50";
    SHADOWED = "M1303", Warning, "a rule that never takes effect",
        "Wherever the rule applies, another one applies that counts before it: a more severe sanction, one written above it where the first counts, or a sanction that takes rewards away. Facts that show it stand below, ready to paste.",
        "record person { id key text; mark number from 0 to 100; away yes/no; heard event }\ncalendar c { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward }\nworkflow hearing { for each person; stage hear { by person; fills heard; due 5 days after opening } }\nframework f { for each person each year; judged 30 June after the year; severity caution (administrative) < warning; sanctions the most severe that applies\nsanction caution { when mark < 40; automatic }; sanction warning { when mark < 50; through hearing } }",
        "record person { id key text; mark number from 0 to 100; away yes/no; heard event }\ncalendar c { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward }\nworkflow hearing { for each person; stage hear { by person; fills heard; due 5 days after opening } }\nframework f { for each person each year; judged 30 June after the year; severity caution (administrative) < warning; sanctions the most severe that applies\nsanction caution { when mark < 50; automatic }; sanction warning { when mark < 40; through hearing } }";
    CONTRADICTORY = "M1304", Warning, "a rule that contradicts itself",
        "Its condition holds for nobody whom the framework covers, or wherever it holds an exception holds too: nothing ever follows from it.",
        "record person { id key text; mark number from 0 to 100; away yes/no; heard event }\ncalendar c { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward }\nworkflow hearing { for each person; stage hear { by person; fills heard; due 5 days after opening } }\nframework f { for each person each year; judged 30 June after the year; severity caution (administrative) < warning; sanctions the most severe that applies\nsanction caution { when mark < 40; unless mark < 50; automatic }; sanction warning { when mark < 30; through hearing } }",
        "record person { id key text; mark number from 0 to 100; away yes/no; heard event }\ncalendar c { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward }\nworkflow hearing { for each person; stage hear { by person; fills heard; due 5 days after opening } }\nframework f { for each person each year; judged 30 June after the year; severity caution (administrative) < warning; sanctions the most severe that applies\nsanction caution { when mark < 40; unless away; automatic }; sanction warning { when mark < 30; through hearing } }";
    SAME_RULE = "M1305", Warning, "two rules that say the same",
        "Two rules differ in nothing but their name. One of them was perhaps copied and not changed.",
        "record person { id key text; mark number from 0 to 100; away yes/no; heard event }\ncalendar c { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward }\nworkflow hearing { for each person; stage hear { by person; fills heard; due 5 days after opening } }\nframework f { for each person each year; judged 30 June after the year; severity caution (administrative) < warning; sanctions all that apply\nsanction caution { when mark < 40; through hearing }; sanction warning { when mark < 40; through hearing } }",
        "record person { id key text; mark number from 0 to 100; away yes/no; heard event }\ncalendar c { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward }\nworkflow hearing { for each person; stage hear { by person; fills heard; due 5 days after opening } }\nframework f { for each person each year; judged 30 June after the year; severity caution (administrative) < warning; sanctions all that apply\nsanction caution { when mark < 40; automatic }; sanction warning { when mark < 40; through hearing } }";
}
