//! Slips that people make out of habit from prose and from other notations, each with its own way out.

/// The words around the place at which a statement can't be read on.
pub(super) struct Around<'s> {
    /// The word with which the statement begins.
    pub(super) first: &'s str,
    pub(super) before: &'s str,
    pub(super) found: &'s str,
    pub(super) next: &'s str,
}

/// Words that follow a comma.
const BEHIND_COMMA: &[(&str, &str)] = &[
    ("at", "least"),
    ("at", "most"),
    ("for", "late"),
    ("as", "is"),
    ("if", "unknown"),
    ("rounded", "half"),
    ("rounded", "up"),
    ("rounded", "down"),
    ("even", "if"),
];

const ROUNDED: &str = "say how: `rounded half up`, `rounded half even`, `rounded up` or `rounded down`";

/// What to do instead, where the slip is a known one.
pub(super) fn remedy(around: &Around<'_>) -> Option<String> {
    let &Around { first, before, found, next } = around;
    if before != "," && BEHIND_COMMA.contains(&(found, next)) {
        return Some(format!("put a comma before `{found} {next}`"));
    }
    let fixed = match (before, found, next) {
        (text, _, _) if text.starts_with('"') && opens_a_placeholder(text) => {
            "the text ends at this quote, inside a placeholder; a placeholder that holds a text stands in `\"\"\"…\"\"\"`"
        }
        (_, "=", _) if first != "define" => "to compare, write `is`; a fact is written without a sign: `level L4`",
        (_, "=", "=") => "to compare, write `is`",
        ("not", "known", _) => "write `is unknown`",
        (_, "rounded", _) => ROUNDED,
        ("any" | "every" | "no", "of", _) => "take it out, and name one of them: `any incident where …`",
        (_, "the", _) => "take it out",
        (_, "on", _) if matches!(first, "due" | "closes" | "opens") => "take it out: the date stands alone",
        (_, "<" | "<=" | ">" | ">=", _) if matches!(before, "and" | "or") => {
            "say what is compared, on both sides of `and`"
        }
        (_, ":", _) if first != "assume" => "take it out: between a name and its value stands a blank",
        ("on", "or", "before") => "to compare days, write `<=`: `received <= 31 March 2026`",
        ("on", "or", "after") => "to compare days, write `>=`: `received >= 1 April 2026`",
        (_, "before", _) if matches!(first, "define" | "done" | "qualifies" | "absent" | "gone") => {
            "to compare days, write `<`: `received < 31 March 2026`"
        }
        (_, "of", _) if matches!(first, "by" | "remind" | "escalate") => {
            "name one role here, and say in it whom it means: `role second of person { is manager of manager }`, then `by second`"
        }
        (_, "after", "year") if is_month(before) => "write `after the year`",
        (_, "after", _) if matches!(first, "define" | "done" | "qualifies" | "absent" | "gone") => {
            "to compare days, write `>`: `received > 31 March 2026`"
        }
        _ if is_month(found) && next.starts_with(|it: char| it.is_ascii_digit()) => "a day is written `31 July`",
        _ if looks_like_date(found) => "a date is written `31 July 2026`",
        _ => return None,
    };
    Some(fixed.to_owned())
}

/// `"Dear {officer.name or "`: the text ended inside its placeholder.
fn opens_a_placeholder(text: &str) -> bool {
    text.rfind('{').is_some_and(|at| !text[at..].contains('}'))
}

fn is_month(word: &str) -> bool {
    super::plain::RESERVED[..12].contains(&word)
}

/// `31.07`, as in `31.07.2026`
fn looks_like_date(word: &str) -> bool {
    word.split_once('.').is_some_and(|(day, month)| day.len() <= 2 && month.len() == 2)
}
