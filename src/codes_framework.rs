//! The codes of what is asked of whole populations, `M11..`, and those of frameworks from `M0910` on.

use crate::codes::{Code, Entry, Severity, codes};

/// People, their units and marks, and what is defined of them.
macro_rules! people {
    ($more:literal) => {
        concat!(
            "record unit { id key text }\nrecord person { id key text; unit unit; mark number; goal number }\n",
            $more
        )
    };
}

/// A framework over them, with these lines.
macro_rules! framework {
    ($lines:literal) => {
        concat!(
            "calendar office { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\n",
            "record unit { id key text; budget money USD }\nrecord person { id key text; unit unit; mark number; pay money USD; heard event }\n",
            "workflow hearing { for each person; stage hear { by person; fills heard; due 5 days after opening } }\n",
            "framework honours {\n  for each person each year; judged 30 June after the year\n  rewards all that apply\n",
            $lines,
            "\n}"
        )
    };
}

/// A framework with three administrative sanctions, and these lines.
macro_rules! sanctions {
    ($lines:literal) => {
        concat!(
            "calendar office { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\n",
            "record person { id key text; mark number from 0 to 100; fault yes/no }\n",
            "framework conduct {\n  for each person each year; judged 30 June after the year\n",
            "  severity advice (administrative) < caution (administrative) < warning (administrative)\n  sanctions the most severe that applies\n",
            $lines,
            "\n}"
        )
    };
}

/// Two frameworks over the same people, the second with this line and condition.
macro_rules! two {
    ($line:literal, $when:literal) => {
        concat!(
            "calendar office { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\n",
            "record person { id key text; mark number from 0 to 100 }\n",
            "framework conduct {\n  for each person each year; judged 30 June after the year\n",
            "  severity caution (administrative); sanctions all that apply\n  sanction caution { when mark < 50; automatic }\n}\n",
            "framework diligence {\n  for each person each year; judged 30 June after the year\n",
            $line,
            "  severity advice (administrative); sanctions all that apply\n  sanction advice { when ",
            $when,
            "; automatic }\n}"
        )
    };
}

/// A framework that judges so, and rewards whom this holds of.
macro_rules! judged {
    ($judged:literal, $when:literal) => {
        concat!(
            "calendar office { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\n",
            "record person { id key text }\nrecord review of person each year { mark number; agreed event }\nrecord note { id key text }\nrecord visit of person { happened event }\n",
            "workflow planning { for each person each year; stage goals { by person; fills agreed; due 1 month after opening } }\n",
            "framework honours {\n  for each person each year\n  judged ",
            $judged,
            "\n  rewards all that apply\n  reward prize { when ",
            $when,
            " }\n}"
        )
    };
}

codes! { FRAMEWORK;
    POOL_WITHOUT_AMOUNT = "M0910", Error, "a budget, and nothing that is paid",
        "`within` keeps what a rule pays inside a budget; the rule says with `amount` what it pays to each.",
        framework!("  reward bonus { when mark > 90; within unit.budget, pro rata }"),
        framework!("  reward bonus { when mark > 90; amount USD 100; within unit.budget, pro rata }");
    POOL_OF_NOBODY = "M0911", Error, "a budget that nobody shares",
        "A budget is that of all, or of a record which several have in common: `unit.budget`. One that is worked out for each person alone needs `, for each unit`, or whatever they have in common.",
        framework!("  reward bonus { when mark > 90; amount USD 100; within 5% of pay, pro rata }"),
        framework!("  reward bonus { when mark > 90; amount USD 100; within 5% of unit.budget, pro rata }");
    LADDER_ORDER = "M0912", Error, "a ladder whose steps do not rise",
        "The steps of a ladder are at least two sanctions of the framework, each once, from the less to the more severe as the line `severity` ranks them.",
        sanctions!("  ladder caution, advice, warning { a step when mark < 50 }\n  sanction advice { automatic }\n  sanction caution { automatic }\n  sanction warning { automatic }"),
        sanctions!("  ladder advice, caution, warning { a step when mark < 50 }\n  sanction advice { automatic }\n  sanction caution { automatic }\n  sanction warning { automatic }");
    LADDER_STEP = "M0913", Error, "a step that is not on the ladder",
        "`straight to` names a step of its own ladder, and a sanction stands on one ladder alone.",
        sanctions!("  ladder advice, caution { a step when mark < 50; straight to warning when fault }\n  sanction advice { automatic }\n  sanction caution { automatic }\n  sanction warning { when mark < 10; automatic }"),
        sanctions!("  ladder advice, caution, warning { a step when mark < 50; straight to warning when fault }\n  sanction advice { automatic }\n  sanction caution { automatic }\n  sanction warning { automatic }");
    LADDER_STANDS = "M0914", Error, "a ladder on which nobody steps",
        "A ladder says when its next step is taken (`a step when …`), or at least what leads straight to its first one.",
        sanctions!("  ladder advice, caution, warning { afresh after mark >= 80 }\n  sanction advice { automatic }\n  sanction caution { automatic }\n  sanction warning { automatic }"),
        sanctions!("  ladder advice, caution, warning { a step when mark < 50; afresh after mark >= 80 }\n  sanction advice { automatic }\n  sanction caution { automatic }\n  sanction warning { automatic }");
    SAME_FACTS = "M0915", Warning, "two frameworks on the same facts",
        "Frameworks decide apart, so that two of them may sanction the same person twice for the same fact. One gives way to the other, or their conditions exclude each other.",
        two!("", "mark < 60"),
        two!("  gives way to conduct\n", "mark < 60");
    GIVES_WAY = "M0916", Error, "a framework that can't give way",
        "`gives way to` names frameworks that judge the same people for the same periods, and that do not give way to this one in turn.",
        two!("  gives way to diligence\n", "mark < 60"),
        two!("  gives way to conduct\n", "mark < 60");
    EXCEPTION_CIRCLE = "M0917", Error, "exceptions in a circle",
        "An exception with a name can be excepted in turn, and that exception too; but the way leads back to a rule in the end.",
        sanctions!("  except sanction warning when fault, named excused\n  except pardon when mark > 80, named good\n  except good when mark > 90, named pardon\n  sanction advice { when mark < 50; automatic }\n  sanction caution { when mark < 40; automatic }\n  sanction warning { when mark < 30; automatic }"),
        sanctions!("  except sanction warning when fault, named excused\n  except excused when mark < 20, named gross\n  except gross when mark > 10\n  sanction advice { when mark < 50; automatic }\n  sanction caution { when mark < 40; automatic }\n  sanction warning { when mark < 30; automatic }");
    JUDGED_BY_OTHERS = "M0918", Error, "a judgement that waits for others",
        "`judged when … is done` names a stage of cases about the same people and periods, `judged when … appears` a record of which they may have any number.",
        judged!("when note appears", "mark > 90"),
        judged!("when visit appears", "mark > 90");
    JUDGED_ONE_BY_ONE = "M0919", Error, "a place among others, judged one by one",
        "A rank, a share of a population and a common budget compare people with each other. So everybody is judged at one moment: on a day, or on request.",
        judged!("when goals is done", "in the best 3 of all by mark, ties all in, unknown awaited, groups of at least 5"),
        judged!("31 January after the year", "in the best 3 of all by mark, ties all in, unknown awaited, groups of at least 5");
    RANKED_NOBODY = "M1101", Error, "nobody is ranked here",
        "A rank or share is that of the record which is spoken of, among those of its type.",
        people!("define r of person = rank of unit in unit by mark, unknown awaited, groups of at least 3"),
        people!("define r of person = rank of person in unit by mark, unknown awaited, groups of at least 3");
    RANKING_NOT_SAID = "M1102", Error, "not everything is said that decides a rank or share",
        "How a share is rounded to places, what becomes of those who tie at the last place, whether those of whom a fact is missing are awaited or left out, and from which size on a group is ranked: each changes who is among them, and none has a default.",
        people!("define best of person = in the top 5% of unit by mark"),
        people!("define best of person = in the top 5% of unit by mark, places rounded up, ties all in, unknown awaited, groups of at least 10");
    SAYS_NOTHING = "M1103", Error, "words that say nothing here",
        "A number of places needs no rounding, and a rank has no last place at which somebody ties.",
        people!("define best of person = in the top 3 of unit by mark, places rounded up, ties all in, unknown awaited, groups of at least 10"),
        people!("define best of person = in the top 3 of unit by mark, ties all in, unknown awaited, groups of at least 10");
    NO_SHARE = "M1104", Error, "no share of a group",
        "A share is above 0% and at most 100%; a number of places, and the size of a group, is a whole number from 1 on.",
        people!("define best of person = in the top 0% of unit by mark, places rounded up, ties all in, unknown awaited, groups of at least 10"),
        people!("define best of person = in the top 10% of unit by mark, places rounded up, ties all in, unknown awaited, groups of at least 10");
    RANKED_IN_WORKFLOW = "M1105", Error, "a workflow that rests on a rank",
        "A case is looked at alone, when a fact of its own changes; a rank changes when a fact of anybody does. Frameworks judge a whole population at one moment.",
        people!("define best of person = in the top 3 of unit by mark, ties all in, unknown awaited, groups of at least 10\nworkflow w { for each person where best; stage s { by person; fills goal; due 5 days after opening } }\ncalendar office { time zone \"UTC\"; working Monday to Friday; roll forward; month end back }"),
        people!("define best of person = in the top 3 of unit by mark, ties all in, unknown awaited, groups of at least 10\nworkflow w { for each person where mark > 9; stage s { by person; fills goal; due 5 days after opening } }\ncalendar office { time zone \"UTC\"; working Monday to Friday; roll forward; month end back }");
}
