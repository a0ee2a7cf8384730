//! The codes of what is gathered: trees and spells.

use crate::codes::{Code, Entry, Severity, codes};

codes! { GATHERED;
    NO_TREE = "M0808", Error, "nothing stands below",
        "Records are a tree if each may name the one above it, in a field called `parent`. It is optional: what stands at the top has none.",
        "record unit { id key text; above optional unit }\nrecord person { id key text; unit unit }\ndefine staff of unit = count of persons whose unit is within this unit",
        "record unit { id key text; parent optional unit }\nrecord person { id key text; unit unit }\ndefine staff of unit = count of persons whose unit is within this unit";
    SPELL_DAYS = "M0809", Error, "no days between which it lies",
        "A spell is one of any number of records of another. Two of its fields, dates or events, hold its first and its last day; while the last is empty, it goes on.",
        "record person { id key text }\nrecord posting of person from station until ended { station text; ended event }",
        "record person { id key text }\nrecord posting of person from started until ended { station text; started event; ended event }";
    NO_SPELL = "M0810", Error, "this is no spell",
        "Only a spell runs on some days and not on others. Its record says between which, in its head.",
        "record person { id key text }\nrecord posting of person { started event; ended event }\ndefine posted of person = any posting under way",
        "record person { id key text }\nrecord posting of person from started until ended { started event; ended event }\ndefine posted of person = any posting under way";
    PUTS_OFF_NOTHING = "M0811", Error, "this puts off no end",
        "A run that counts forward has an end, which spells of whom it is about put off by their days. How long a spell must be is said in days.",
        "record person { id key text; joined date }\nrecord leave of person from began until back { began date; back optional date }\ndefine confirmed of person = 1 year after joined, not counting each leave over 2 months",
        "record person { id key text; joined date }\nrecord leave of person from began until back { began date; back optional date }\ndefine confirmed of person = 1 year after joined, not counting each leave over 60 days";
}
