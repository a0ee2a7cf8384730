//! Cases of gaps, overlaps and rows that never decide as they are described in what was published on decision tables, in words and
//! numbers of our own; and rules with exceptions of exceptions from the literature on defeasible rules.

use super::{CALENDAR, compiled, said};

/// The findings about the rows of a table over these fields: code, and the line where it stands, its blanks folded.
fn table(fields: &str, hit: &str, rows: &[&str]) -> Vec<String> {
    let columns: Vec<&str> = fields.split("; ").filter_map(|it| it.split(' ').next()).collect();
    let mut text = format!("record person {{ id key text; {fields} }}\ntable t of person : number, {hit} {{\n");
    text += &format!("  | {} | => |\n", columns.join(" | "));
    rows.iter().for_each(|it| text += &format!("  | {it} |\n"));
    said(&(text + "}\n"))
}

/// What is found, and the finding's own words.
fn told(fields: &str, hit: &str, rows: &[&str]) -> String {
    let columns: Vec<&str> = fields.split("; ").filter_map(|it| it.split(' ').next()).collect();
    let mut text =
        format!("{CALENDAR}record person {{ id key text; {fields} }}\ntable t of person : number, {hit} {{\n");
    text += &format!("  | {} | => |\n", columns.join(" | "));
    rows.iter().for_each(|it| text += &format!("  | {it} |\n"));
    let (compilation, sources) = compiled(&(text + "}\n"));
    compilation.diagnostics.render(&sources, false)
}

const LOAN: &str = "income whole number from 0 to 9999; loan whole number from 0 to 9999";
const UNIQUE: &str = "exactly one row";
const FIRST: &str = "first row that applies";

/// Calvanese, Dumas, Laurson, Maggi, Montali, Teinemaa: "Semantics and Analysis of DMN Decision Tables" (2016): the loan grades, whose
/// rules overlap in a box and leave a corner open. Found geometrically there, box by box.
#[test]
fn loan_grades_overlap_and_leave_a_corner_open() {
    let rows = [
        "0 to 1000  | 0 to 1000     | 1",
        "250 to 750 | 4000 to 5000  | 2",
        "500 to 1500 | 500 to 3000  | 3",
        "2000 to 2500 | 0 to 2000   | 4",
    ];
    let overlap = table(LOAN, UNIQUE, &rows);
    assert_eq!(overlap, ["M0702 | 500 to 1500 | 500 to 3000  | 3 |"]);
    assert!(told(LOAN, UNIQUE, &rows).contains("`income` is 500 and `loan` is 500"), "{}", told(LOAN, UNIQUE, &rows));
    // The overlap taken away, what is missing is told.
    let apart = ["0 to 499 | any | 1", "500 to 9999 | 0 to 3000 | 2"];
    assert_eq!(table(LOAN, UNIQUE, &apart), ["M0701 t of person : number, exactly one row {"]);
    assert!(told(LOAN, UNIQUE, &apart).contains("`loan` is 3001"), "{}", told(LOAN, UNIQUE, &apart));
    assert!(table(LOAN, UNIQUE, &[apart[0], apart[1], "500 and more | above 3000 | 3"]).is_empty());
}

/// The same paper: two rules whose intervals touch overlap in the point that both include, and in none if one leaves it out.
#[test]
fn intervals_that_touch_overlap_where_both_include_the_end() {
    let touching = ["0 to 100 | any | 1", "100 and more | any | 2"];
    assert_eq!(table(LOAN, UNIQUE, &touching).len(), 1);
    assert!(told(LOAN, UNIQUE, &touching).contains("`income` is 100"));
    assert!(table(LOAN, UNIQUE, &["0 to below 100 | any | 1", "100 and more | any | 2"]).is_empty());
    // Both leave it out: a gap of one point, also where numbers have decimals.
    let gap = ["below 100 | 1", "above 100 | 2"];
    assert!(told("income number from 0 to 999 with 2 decimals", UNIQUE, &gap).contains("`income` is 100"));
    assert!(table("income whole number from 0 to 999", UNIQUE, &["below 100 | 1", "above 99 | 2"]).is_empty());
}

/// KIE (Drools) decision-table analysis, gap analysis: what is found is found over all columns at once, not column by column.
#[test]
fn a_gap_may_need_all_columns() {
    let fields = "age whole number from 0 to 120; member yes/no; region one of north, south";
    let rows = ["below 18 | any | any | 1", "18 and more | yes | any | 2", "18 and more | no | north | 3"];
    let shown = told(fields, UNIQUE, &rows);
    assert!(
        shown.contains("`age` is 18") && shown.contains("`member` is no") && shown.contains("`region` is south"),
        "{shown}"
    );
    assert!(table(fields, UNIQUE, &[rows[0], rows[1], rows[2], "18 and more | no | south | 4"]).is_empty());
}

/// KIE, masked rows: under "first", a row below a wider one with another outcome never decides. Also where several rows mask it together.
#[test]
fn a_row_is_masked_by_one_or_by_several() {
    let score = "score whole number from 0 to 100";
    let never = "M0703 | 60 to 70 | 2 |";
    assert_eq!(table(score, FIRST, &["50 and more | 1", "60 to 70 | 2", "below 50 | 3"]), [never]);
    assert_eq!(table(score, FIRST, &["50 to 65 | 1", "66 and more | 3", "60 to 70 | 2", "below 50 | 4"]), [never]);
    // The other way round the narrow row decides first, and nothing is masked.
    assert!(table(score, FIRST, &["60 to 70 | 2", "50 and more | 1", "below 50 | 3"]).is_empty());
}

/// KIE, misleading rows: under the highest ("priority"), a row that another one outdoes wherever it applies never decides.
#[test]
fn a_row_that_is_outdone_everywhere_never_decides() {
    let score = "score whole number from 0 to 100";
    let rows = ["any | 10", "80 and more | 20", "90 and more | 15"];
    assert_eq!(table(score, "highest row that applies", &rows), ["M0703 | 90 and more | 15 |"]);
    assert_eq!(
        table(score, "lowest row that applies", &rows),
        ["M0703 | 80 and more | 20 |", "M0703 | 90 and more | 15 |"]
    );
}

/// KIE, subsumption; DMN hit policy "any": rows that overlap and agree are no contradiction, and one that adds nothing is idle.
#[test]
fn rows_that_agree_may_overlap_but_one_may_be_idle() {
    let score = "score whole number from 0 to 100";
    assert!(table(score, UNIQUE, &["0 to 60 | 1", "40 to 100 | 1"]).is_empty());
    assert_eq!(table(score, UNIQUE, &["0 to 100 | 1", "40 to 50 | 1"]), ["M0703 | 40 to 50 | 1 |"]);
    assert_eq!(table(score, UNIQUE, &["0 to 60 | 1", "40 to 100 | 2"]), ["M0702 | 40 to 100 | 2 |"]);
}

/// DMN TCK, hit policy "collect" with a sum: overlaps are what it is for, and no row at all is nought.
#[test]
fn what_is_added_up_may_overlap_and_may_be_nought() {
    let fields = "years whole number from 0 to 40; age whole number from 18 to 70";
    let rows = ["15 to below 30 | any | 2", "30 and more | any | 5", "any | 60 and more | 3", "any | below 18 | 1"];
    // The last asks for an age that nobody can have.
    assert_eq!(table(fields, "all rows that apply, added up", &rows), ["M0705 below 18 | 1 |"]);
    assert!(table(fields, "all rows that apply, added up", &rows[..3]).is_empty());
}

/// DMN TCK, "otherwise" as the last row: needed where something is left, idle where nothing is.
#[test]
fn otherwise_takes_what_is_left_and_only_that() {
    let fields = "risk one of low, medium, high; here yes/no";
    let full = ["low | any | 1", "medium, high | yes | 2", "medium, high | no | 3"];
    assert!(table(fields, UNIQUE, &full).is_empty());
    assert_eq!(table(fields, UNIQUE, &[&full[..], &["otherwise | | 9"]].concat()), ["M0704 | otherwise | | 9 |"]);
    assert!(table(fields, UNIQUE, &[full[0], full[1], "otherwise | | 9"]).is_empty());
}

// ---- exceptions of exceptions

/// What follows for three animals by the book: birds fly, penguins do not, unless they have a rocket.
///
/// The example of Nute's and Antoniou's defeasible logics, a chain of rules each stronger than the one that it excepts.
#[test]
fn an_exception_may_have_an_exception() {
    let policy = |examples: &str| {
        format!(
            "{CALENDAR}record animal {{ id key text; bird yes/no; penguin yes/no; rocket yes/no }}\n\
             define flies of animal = bird and not (penguin and not rocket)\n\
             table flying of animal : number, first row that applies {{\n  | bird | penguin | rocket | => |\n  | yes | yes | no | 0 |\n  | yes | any | any | 1 |\n  | otherwise | | | 0 |\n}}\n{examples}"
        )
    };
    let animal = |name: &str, facts: &str, flies: &str, flying: &str| {
        format!(
            "example \"{name}\" {{\n  animal A {{ {facts} }}\n  expect flies of A is {flies}\n  expect flying of A is {flying}\n}}\n"
        )
    };
    let examples = [
        animal("A sparrow flies", "bird yes; penguin no; rocket no", "yes", "1"),
        animal("A penguin does not", "bird yes; penguin yes; rocket no", "no", "0"),
        animal("A penguin with a rocket does", "bird yes; penguin yes; rocket yes", "yes", "1"),
        animal("No bird is no bird", "bird no; penguin no; rocket yes", "no", "0"),
        // Who is no penguin needs no rocket: what is not known does not matter.
        animal("Nobody asks a sparrow for a rocket", "bird yes; penguin no", "yes", "1"),
        animal("Of a penguin it matters", "bird yes; penguin yes", "unknown", "unknown"),
    ];
    let (compilation, sources) = compiled(&policy(&examples.concat()));
    let shown = compilation.diagnostics.render(&sources, false);
    let policy = compilation.policy.unwrap_or_else(|| panic!("{shown}"));
    assert!(compilation.diagnostics.is_empty(), "{shown}");
    for example in &policy.examples {
        let failures = merit::casework::examples::run(&policy, example).failures;
        assert!(failures.is_empty(), "{}: {failures:?}", example.title.text);
    }
}

/// The Nixon diamond: two rules of equal strength that contradict each other. Nothing decides between them, and that is said.
#[test]
fn two_rules_of_equal_strength_that_contradict_are_found() {
    let fields = "quaker yes/no; republican yes/no";
    let rows = ["yes | any | 1", "any | yes | 0", "no | no | 0"];
    assert!(told(fields, UNIQUE, &rows).contains("`quaker` is yes and `republican` is yes"));
    // A preference decides.
    assert!(table(fields, FIRST, &rows).is_empty());
}
