//! The codes of what is gathered: trees and spells.

use crate::codes::{Code, Entry, Severity, codes};

codes! { GATHERED;
    NO_TREE = "M0808", Error, "nothing stands below",
        "Records are a tree if each may name the one above it, in a field called `parent`. It is optional: what stands at the top has none.",
        "record unit { id key text; above optional unit }\nrecord person { id key text; unit unit }\ndefine staff of unit = count of persons whose unit is within this unit",
        "record unit { id key text; parent optional unit }\nrecord person { id key text; unit unit }\ndefine staff of unit = count of persons whose unit is within this unit";
}
