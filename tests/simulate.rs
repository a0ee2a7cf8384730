//! What `merit simulate` tells and writes: its words, its page and its tables tell the same figures, and the page stands by itself.

#![expect(clippy::unwrap_used, reason = "a test whose files can't be read has failed")]

mod folders;
#[expect(dead_code, reason = "other tests look at a city that answers complaints")]
mod program;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use jiff::civil::{Date, date};
use merit::calendar::PeriodKind;
use merit::eval::{Facts, MemoryFacts};
use merit::ids::{FieldId, RecordId};
use merit::plan::Working;
use merit::policy::compile;
use merit::policy::model::Policy;
use merit::simulate::{Progress, Question, Setting, Simulation, page, simulate};
use merit::source::Sources;
use merit::table::gather;
use merit::value::{Known, Number, RecordRef, Value};
use program::{Project, merit, text};
use serde_json::Value as Json;

const ASKED: [&str; 15] = [
    "simulate",
    "--scenario",
    "stricter",
    "--scenario",
    "as_before",
    "--by",
    "team",
    "--by",
    "gender,team",
    "--at-least",
    "8",
    "--in",
    "2026",
    "--as-of",
    "2027-01-31",
];

fn marks() -> Project {
    let project = Project::of("marks");
    project.merit(0, &["deploy", "--adopt", "2026-01-01"]);
    project.merit(0, &["import", "records", "--from", "2026-01-01"]);
    project
}

fn written(project: &Project) -> (Json, String) {
    let told = project.json(1, &[&ASKED[..], &["--html", "page.html"]].concat());
    (told, fs::read_to_string(project.path("page.html")).unwrap())
}

fn expect(file: &str, came: &str) {
    let file = Path::new("tests/simulate").join(file);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&file, came).unwrap();
    }
    assert!(fs::read_to_string(&file).is_ok_and(|it| it == came), "{}: UPDATE_EXPECT=1 writes it anew", file.display());
}

/// A text of a page as a browser shows it.
fn shown(html: &str) -> String {
    let mut text = String::new();
    for (at, part) in html.split('<').enumerate() {
        text += if at == 0 { part } else { part.split_once('>').unwrap().1 };
    }
    for (sign, is) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")] {
        text = text.replace(sign, is);
    }
    text.replace('\u{a0}', " ")
}

/// The tables of a piece of a page by their captions: the cells of each row.
fn tables(page: &str) -> BTreeMap<String, Vec<Vec<String>>> {
    let rows = |table: &str| -> Vec<Vec<String>> {
        let cells = |row: &str| -> Vec<String> {
            let row = row.split("</tr>").next().unwrap().replace("</th>", "</td>");
            let cells: Vec<&str> = row.split("</td>").collect();
            cells[..cells.len() - 1].iter().map(|it| shown(it)).collect()
        };
        table.split("<tr>").skip(1).map(cells).collect()
    };
    let named = |table: &str| {
        let caption = table.split("<caption>").nth(1).unwrap().split("</caption>").next().unwrap();
        (shown(caption), rows(table.split("</table>").next().unwrap()))
    };
    page.split("<table>").skip(1).map(named).collect()
}

/// The sections of a page: in short, each change, and how to get the figures again.
fn sections(page: &str) -> Vec<&str> {
    page.split("<section>").skip(1).collect()
}

fn grouped(number: &Json) -> String {
    merit::value::grouped(&number.to_string())
}

#[test]
fn the_page_tells_the_figures_that_programs_get() {
    let project = marks();
    let (told, page) = written(&project);
    let sections = sections(&page);
    assert_eq!(sections.len(), 4);
    for place in 0..2 {
        let (change, before, after) = (&told["changes"][place], &told["settings"][0], &told["settings"][place + 1]);
        let tables = tables(sections[place + 1]);
        let rules = &tables["People to whom each rule proposes something"];
        for (at, rule) in before["rules"].as_array().unwrap().iter().enumerate() {
            let then = &after["rules"][at];
            let row = &rules[at + 1];
            assert_eq!(row[0], rule["title"].as_str().unwrap());
            let figures = [&rule["proposed"], &rule["undetermined"], &then["proposed"], &then["undetermined"]];
            assert_eq!(row[2..6], figures.map(grouped));
        }
        if change["changed"] == 0 {
            continue;
        }
        let counted: Vec<&String> =
            tables["For how many something changes"].iter().skip(1).map(|row| &row[1]).collect();
        let keys = [
            "changed",
            "more_severe",
            "less_severe",
            "more_money",
            "less_money",
            "newly_undetermined",
            "newly_decided",
        ];
        assert_eq!(counted, keys.map(|it| grouped(&change[it])).iter().collect::<Vec<_>>());
        for (kind, caption) in [
            ("sanctions", "Sanctions: from the most severe before to that after"),
            ("rewards", "Rewards: from those before to those after"),
        ] {
            let matrix = &tables[caption];
            let mut sum = 0;
            for moved in change[kind].as_array().unwrap() {
                let (from, to) = (moved["from"].as_str().unwrap(), moved["to"].as_str().unwrap());
                let row = matrix.iter().find(|it| it[0] == from).unwrap();
                let column = matrix[0].iter().position(|it| it == to).unwrap();
                assert_eq!(row[column], grouped(&moved["people"]), "{from} to {to}");
                sum += moved["people"].as_u64().unwrap();
            }
            assert_eq!(matrix.last().unwrap().last().unwrap(), &sum.to_string());
        }
        let paid = tables["What is paid"].last().unwrap();
        let cost = |setting: &Json, key: &str| {
            let words = setting["cost"][0][key].as_str().unwrap().to_owned();
            if words == "0" { "–".to_owned() } else { format!("KES {}", merit::value::grouped(&words)) }
        };
        let figures =
            [cost(before, "known"), cost(before, "could_add"), cost(after, "known"), cost(after, "could_add")];
        assert_eq!(paid[1..], figures);
    }
}

#[test]
fn the_page_tells_the_groups_that_programs_get() {
    let project = marks();
    let (told, page) = written(&project);
    for place in 0..2 {
        let tables = tables(sections(&page)[place + 1]);
        for grouping in told["groupings"].as_array().unwrap() {
            let by: Vec<&str> = grouping["by"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
            for (kind, count, ratio) in
                [("Sanctions", "sanctioned", "sanction_ratio"), ("Rewards", "rewarded", "reward_ratio")]
            {
                let rows = &tables[&format!("{kind} by {}", by.join(" and "))][1..];
                for (at, group) in grouping["groups"].as_array().unwrap().iter().enumerate() {
                    let sides = [&rows[2 * at][1..], &rows[2 * at + 1][..]];
                    for (side, share) in sides.iter().zip([&group["shares"][0], &group["shares"][place + 1]]) {
                        let told = match share[ratio]["ratio"].as_f64() {
                            Some(it) => format!("{it:.2}"),
                            None => "–".to_owned(),
                        };
                        assert_eq!(
                            [&side[1], &side[2], &side[5]],
                            [&grouped(&group["people"]), &grouped(&share[count]), &told]
                        );
                    }
                }
            }
        }
    }
    let small = &told["groupings"][1];
    assert!(small["too_small"].as_u64().unwrap() > 0, "some group is too small");
    assert!(shown(&page).contains(&format!("with {} people in all", small["people_in_small"])));
}

#[test]
fn the_page_stands_by_itself() {
    let project = marks();
    let (_, page) = written(&project);
    let lower = page.to_lowercase();
    for mark in ["http", "src=", "<script", "<link", "@import", "<iframe", "onload", "onclick"] {
        assert!(!lower.contains(mark), "the page holds `{mark}`");
    }
    assert_eq!(lower.matches("url(").count(), lower.matches("url(#open)").count());
    assert!(page.starts_with("<!doctype html>\n<html lang=\"en\">"));
    assert!(page.contains("@media print"));
    let drawings = page.matches("role=\"img\"").count();
    assert!(drawings > 0);
    assert_eq!(page.matches("role=\"img\" width=\"100%\"").count(), page.matches("<figure>").count());
    for drawing in page.split("role=\"img\"").skip(1) {
        assert!(drawing.split_once('>').unwrap().1.starts_with("<title>"), "each drawing has a title");
    }
    for behind in page.split("</figure>\n").skip(1) {
        assert!(
            behind.starts_with("<div class=\"box\"") || behind.starts_with("<figure>"),
            "a table follows each drawing"
        );
    }
    assert_eq!(page.matches("<table>").count(), page.matches("<caption>").count());
    let mut level = 0;
    for heading in page.split("<h").skip(1).filter_map(|it| it.chars().next()?.to_digit(10)) {
        assert!(heading <= level + 1, "no heading leaves a level out");
        level = heading;
    }
}

#[test]
fn names_are_shown_as_they_are_written() {
    let project = marks();
    let (_, page) = written(&project);
    for (raw, escaped) in [
        ("North & <East>", "North &amp; &lt;East&gt;"),
        ("Letter <b>of thanks</b>", "Letter &lt;b&gt;of thanks&lt;/b&gt;"),
        ("Reprimand 'in writing'", "Reprimand &#39;in writing&#39;"),
        ("Rewards & <sanctions>", "Rewards &amp; &lt;sanctions&gt;"),
        ("A pass mark of 55 & no bonus", "A pass mark of 55 &amp; no bonus"),
    ] {
        assert!(page.contains(escaped) && !page.contains(raw), "{raw}");
        assert!(shown(&page).contains(raw));
    }
}

#[test]
fn a_scenario_that_changes_nothing_makes_no_difference() {
    let project = marks();
    let (told, page) = written(&project);
    let change = &told["changes"][1];
    assert_eq!((&change["to"], &change["changed"]), (&Json::from("as_before"), &Json::from(0)));
    assert_eq!(told["settings"][0]["policy"], told["settings"][2]["policy"]);
    let section = shown(sections(&page)[2]);
    assert!(section.contains("Nothing is otherwise for anybody."), "{section}");
    let rules = &tables(sections(&page)[2])["People to whom each rule proposes something"];
    assert!(rules[1..].iter().all(|row| row[6] == "0"), "{rules:?}");
}

/// The policy of the marks in other words: other numbers for the same, a condition written as a definition and as its opposite, other
/// orders.
fn in_other_words(project: &Project) -> String {
    let text = fs::read_to_string(project.path("policy/marks.merit")).unwrap();
    let (caution, reprimand) = (
        "  sanction caution \"Caution\" { when mark < pass_mark; automatic }\n",
        "  sanction reprimand \"Reprimand 'in writing'\" { when mark < 30; automatic }\n",
    );
    let low = "define low of person each year = mark < pass_mark\n\nframework marks";
    let changes = [
        ("\"Pass mark\" 50 from", "\"Pass mark\" 50.0 from"),
        ("mark < pass_mark; automatic", "low; automatic"),
        ("framework marks", low),
        ("when mark >= 80", "when not (mark < 80)"),
        ("mark / 100, rounded", "(mark * 2) / 200, rounded"),
    ];
    let swapped = text.replace(&format!("{caution}{reprimand}"), &format!("{reprimand}{caution}"));
    assert_ne!(swapped, text);
    changes.iter().fold(swapped, |text, (was, is)| {
        assert!(text.contains(was), "{was}");
        text.replace(was, is)
    })
}

#[test]
fn the_same_in_other_words_makes_no_difference() {
    let project = marks();
    fs::create_dir(project.path("other")).unwrap();
    fs::write(project.path("other/marks.merit"), in_other_words(&project)).unwrap();
    let asked = ["simulate", "--against", "other", "--by", "team", "--in", "2026", "--as-of", "2027-01-31"];
    let told = project.json(1, &asked);
    let change = &told["changes"][0];
    assert_ne!(told["settings"][0]["policy"], told["settings"][1]["policy"], "it is another text");
    assert_eq!(change["changed"], 0);
    for moves in ["sanctions", "rewards"] {
        let moved = |it: &&Json| it["from"] != it["to"];
        assert!(change[moves].as_array().unwrap().iter().all(|it| !moved(&it)), "{moves}");
    }
    assert_eq!(told["settings"][0]["cost"], told["settings"][1]["cost"]);
    for group in told["groupings"][0]["groups"].as_array().unwrap() {
        assert_eq!(group["shares"][0], group["shares"][1]);
    }
}

#[test]
fn a_framework_that_judges_other_records_is_no_candidate() {
    let project = marks();
    let text = fs::read_to_string(project.path("policy/marks.merit")).unwrap();
    let team = "record group \"Group\" { id key text }\n\nparameter pass_mark";
    let text = text[..text.find("scenario stricter").unwrap()].replace("parameter pass_mark", team);
    fs::write(project.path("policy/marks.merit"), &text).unwrap();
    project.merit(0, &["deploy"]);
    let other = text.split("framework marks").next().unwrap().to_owned()
        + "framework marks \"Of groups\" { for each group each year; judged 31 January after the year; rewards all that apply\n\
           reward letter \"Letter\" { when id is \"a\" }\n}\n";
    fs::create_dir(project.path("other")).unwrap();
    fs::write(project.path("other/marks.merit"), other).unwrap();
    let said = project.merit(2, &["simulate", "--against", "other", "--in", "2026"]);
    assert!(said.contains("in `other` the framework judges other records"), "{said}");
}

#[test]
fn a_parameter_at_many_values_gives_what_each_gives_alone() {
    let project = marks();
    let asked = ["simulate", "--by", "team", "--in", "2026", "--as-of", "2027-01-31"];
    let vary = ["--vary", "pass_mark", "from", "45", "to", "60", "step", "5"];
    let told = project.json(1, &[&asked[..], &vary].concat());
    let titles: Vec<&Json> = told["settings"].as_array().unwrap().iter().map(|it| &it["title"]).collect();
    assert_eq!(titles[1..], ["pass_mark = 45", "pass_mark = 50", "pass_mark = 55", "pass_mark = 60"]);
    assert_eq!(told["changes"][1]["changed"], 0, "50 is what it is in force");
    let text = fs::read_to_string(project.path("policy/marks.merit")).unwrap();
    fs::create_dir(project.path("other")).unwrap();
    for (place, value) in ["45", "50", "55", "60"].into_iter().enumerate() {
        let text = text.replace("\"Pass mark\" 50 from", &format!("\"Pass mark\" {value} from"));
        // Its examples tell of the mark in force.
        fs::write(project.path("other/marks.merit"), text).unwrap();
        let alone = project.json(1, &[&asked[..], &["--against", "other"]].concat());
        for part in ["rules", "cost", "undetermined", "missing"] {
            assert_eq!(told["settings"][place + 1][part], alone["settings"][1][part], "{part} at {value}");
        }
        for part in ["changed", "more_severe", "less_severe", "more_money", "less_money", "sanctions", "rewards"] {
            assert_eq!(told["changes"][place][part], alone["changes"][0][part], "{part} at {value}");
        }
    }
    let curve = project.merit(1, &[&asked[..], &vary].concat());
    let lines: Vec<&str> = curve.lines().filter(|it| it.contains("pass_mark = ")).collect();
    assert_eq!(lines.len(), 4, "{curve}");
    // The page draws a curve for each rule, and its table holds the same figures.
    project.merit(1, &[&asked[..], &vary, &["--html", "page.html"]].concat());
    assert_eq!(told["varied"]["values"], serde_json::json!(["45", "50", "55", "60"]));
    let page = fs::read_to_string(project.path("page.html")).unwrap();
    let rules = told["settings"][0]["rules"].as_array().unwrap();
    let costs = 1;
    assert_eq!(
        page.matches("class=\"curve\"").count(),
        (rules.len() + 1 + costs) * 3,
        "four values, three lines between them"
    );
    let table = &tables(&page)["All figures"];
    assert_eq!(table.len(), 6, "a head, in force, and four values");
    for (row, setting) in table[1..].iter().zip(told["settings"].as_array().unwrap()) {
        let mut figures: Vec<String> =
            setting["rules"].as_array().unwrap().iter().map(|it| grouped(&it["proposed"])).collect();
        figures.push(grouped(&setting["undetermined"]));
        assert_eq!(row[1..=figures.len()], figures, "{setting}");
    }
}

/// What a call that is refused says on stderr.
fn refused(project: &Project, vary: &[&str]) -> String {
    let arguments = [&["simulate", "--in", "2026", "--vary"][..], vary].concat();
    let output = merit(project.folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(2));
    text(&output.stderr)
}

#[test]
fn what_can_not_be_varied_is_said_with_the_way_out() {
    let project = marks();
    let near = refused(&project, &["pass_marks", "from", "1", "to", "2", "step", "1"]);
    assert!(
        near.contains("there is no parameter `pass_marks`") && near.contains("did you mean `pass_mark`?"),
        "{near}"
    );
    let word = refused(&project, &["pass_mark", "from", "1", "until", "2", "step", "1"]);
    assert!(word.contains("can't be read") && word.contains("from 50 to 70 step 1"), "{word}");
    let none = refused(&project, &["pass_mark", "from", "1", "to", "2", "step", "0"]);
    assert!(none.contains("values go up"), "{none}");
    let many = refused(&project, &["pass_mark", "from", "1", "to", "2", "step", "0.001"]);
    assert!(many.contains("more than 200 values"), "{many}");
}

#[test]
fn the_order_of_the_rows_of_files_is_of_no_account() {
    let project = marks();
    let told = |folder: &str| {
        let files = ["person", "review"].map(|it| format!("{it}={folder}/{it}.csv"));
        let mut asked = ASKED.to_vec();
        files.iter().for_each(|it| asked.extend(["--data", it]));
        project.json(1, &asked)
    };
    let as_written = told("records");
    fs::create_dir(project.path("turned")).unwrap();
    for file in ["person.csv", "review.csv"] {
        let text = fs::read_to_string(project.path("records").join(file)).unwrap();
        let (head, rows) = text.split_once('\n').unwrap();
        let mut rows: Vec<&str> = rows.lines().collect();
        rows.reverse();
        rows.rotate_left(7);
        fs::write(project.path("turned").join(file), format!("{head}\n{}\n", rows.join("\n"))).unwrap();
    }
    assert_eq!(told("turned"), as_written);
    assert_eq!(as_written["changes"], project.json(1, &ASKED)["changes"], "files and store tell the same");
}

#[test]
fn what_is_wrong_of_a_file_is_told_row_by_row_and_left_out() {
    let project = marks();
    let put = |file: &str, text: &str| fs::write(project.path(file), text).unwrap();
    put("person.csv", "id,team,gender\nA,south,male\nB,east,male\nC,west,\n");
    let reviews =
        ["A,2026,20", "B,2026,101", "C,20x6,50", ",2026,50", "Z,2026,50", "A,2026,99", "Z,,101", "C,2026,95", "C,,95"];
    put("review.csv", &format!("person,period,mark\n{}\n", reviews.join("\n")));
    let asked = ["simulate", "--in", "2026", "--as-of", "2027-01-31", "--data", "person.csv", "--data", "review.csv"];
    let lines = [
        "person.csv, line 3, column `team`: `east` is no choice",
        "review.csv, line 3, column `mark`: ",
        "review.csv, line 4, column `year`: ",
        "review.csv, line 5, column `person`: is empty",
        "review.csv, line 6, column `person`: there is no person `Z`",
        "review.csv, line 7, column `person`: this period stands twice",
        "review.csv, line 8, column `person`: there is no person `Z`",
        "review.csv, line 10, column `year`: is empty",
    ];
    let said = project.merit(2, &asked);
    let places: Vec<usize> =
        lines[1..].iter().map(|it| said.find(it).unwrap_or_else(|| panic!("{it}: {said}"))).collect();
    assert!(places.is_sorted() && said.find(", line 3, column `team`").is_some(), "{said}");
    assert_eq!(said.matches(".csv, line ").count(), lines.len(), "each row once: {said}");
    // What is left: 20 of A, 95 of C, and B of whom nothing is known.
    let told = project.json(1, &[&asked[..], &["--skip-bad"]].concat());
    let rules = told["settings"][0]["rules"].as_array().unwrap();
    let of = |name: &str| {
        rules.iter().find(|it| it["name"] == name).map(|it| [&it["proposed"], &it["undetermined"]]).unwrap()
    };
    assert_eq!((of("reprimand"), of("letter")), ([&Json::from(1), &Json::from(1)], [&Json::from(1), &Json::from(1)]));
}

#[test]
fn the_words_and_the_page_are_as_they_were() {
    let project = marks();
    let words = project.merit(1, &[&ASKED[..], &["--people", "6", "--html", "page.html"]].concat());
    let lines = words.lines().map(|it| it.trim_end().to_owned() + "\n");
    expect("marks.txt", &lines.collect::<String>());
    let page = fs::read_to_string(project.path("page.html")).unwrap();
    expect("marks.html", &page.replace(&format!("merit {}", env!("CARGO_PKG_VERSION")), "merit VERSION"));
}

fn rows(project: &Project, name: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(project.path("tables").join(name)).unwrap();
    reader.deserialize().map(|row| row.unwrap()).collect()
}

#[test]
fn the_tables_hold_the_same_figures() {
    let project = marks();
    let told = project.json(1, &[&ASKED[..], &["--csv", "tables"]].concat());
    let rules = rows(&project, "rules.csv");
    assert_eq!(rules.len(), 12);
    let bonus = rules.iter().find(|it| it["policy"] == "stricter" && it["rule"] == "bonus").unwrap();
    let known = &told["settings"][1]["rules"][3]["cost"]["known"];
    assert_eq!((bonus["currency"].as_str(), &bonus["cost"]), ("KES", &known.as_str().unwrap().to_owned()));
    let moves = rows(&project, "moves.csv");
    let sum = |kind: &str| -> u64 {
        let of = moves.iter().filter(|it| it["to"] == "stricter" && it["kind"] == kind);
        of.map(|it| it["people"].parse::<u64>().unwrap()).sum()
    };
    assert_eq!((sum("sanction"), sum("reward")), (80, 80));
    let groups = rows(&project, "groups.csv");
    assert!(groups.iter().any(|it| it["by"] == "team" && it["group"] == "North & <East>"));
    let people = rows(&project, "people.csv");
    assert_eq!(people.len() as u64, told["changes"][0]["changed"].as_u64().unwrap());
    let formula = people.iter().find(|it| it["key"].contains("P005")).unwrap();
    assert_eq!(formula["key"], "'-P005", "a spreadsheet takes it as a text");
    assert!(people.iter().any(|it| it["before"].contains("KES 9,300") && !it["after"].contains("Bonus")));
}

#[test]
fn files_are_written_whole_and_in_their_place() {
    let project = marks();
    fs::write(project.path("page.html"), "of yesterday").unwrap();
    project.merit(1, &[&ASKED[..], &["--html", "page.html"]].concat());
    assert!(fs::read_to_string(project.path("page.html")).unwrap().ends_with("</html>\n"));
    let left: Vec<String> = fs::read_dir(project.folder.path())
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .filter(|it| it.contains("unfinished"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    for (place, says) in [
        ("merit.db", "is the store itself"),
        ("records", "is a folder"),
        ("nowhere/page.html", "there is no folder nowhere"),
    ] {
        let refused = project.merit(2, &[&ASKED[..], &["--html", place]].concat());
        assert!(refused.contains(says), "{refused}");
    }
    let refused = project.merit(2, &[&ASKED[..], &["--csv", "page.html"]].concat());
    assert!(refused.contains("is a file, and no folder"), "{refused}");
    let output = merit(project.folder.path(), &[&ASKED[..], &["--html", "page.html", "--quiet"]].concat());
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn without_a_scenario_the_working_policy_is_compared() {
    let project = marks();
    fs::write(project.path("policy/marks.merit"), {
        let policy = fs::read_to_string(project.path("policy/marks.merit")).unwrap();
        policy.replace("when mark < 30;", "when mark < 35;")
    })
    .unwrap();
    project.merit(1, &["simulate", "--in", "2026", "--as-of", "2027-01-31", "--html", "page.html"]);
    let page = shown(&fs::read_to_string(project.path("page.html")).unwrap());
    assert!(page.contains("With the working policy in place of the policy in force"), "{page}");
}

/// Cautions and rewards that rest on what was imposed before: whoever is cautioned gets neither a second caution nor thanks for two years.
const IN_TURN: &str = r#"
calendar c { time zone "UTC"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }
record person { id key text }
record review of person each year { mark number from 0 to 100 }
framework marks "Marks" {
  for each person each year
  judged    31 March after the year
  severity  caution (administrative) < warning (administrative)
  sanctions the most severe that applies
  rewards   all that apply, unless a sanction applies
  sanction caution "Caution" {
    when mark < 50 and not (caution imposed in the last 2 years)
    automatic
    lasts 18 months
  }
  sanction warning "Warning" { when mark < 50 and caution in force; automatic }
  reward thanks "Thanks" { when mark >= 50 and not (caution imposed in the last 2 years); amount UGX 100 }
}
scenario milder "Only below 40" {
  replace sanction caution {
    when mark < 40 and not (caution imposed in the last 2 years)
    automatic
    lasts 18 months
  }
}
"#;

#[test]
fn periods_in_turn_come_to_what_the_engine_judges_year_by_year() {
    let project = Project::of("marks");
    fs::remove_dir_all(project.path("records")).unwrap();
    fs::create_dir(project.path("records")).unwrap();
    fs::write(project.path("policy/marks.merit"), IN_TURN).unwrap();
    let (mut people, mut reviews) = ("id\n".to_owned(), "person,year,mark\n".to_owned());
    for nth in 0..40_u32 {
        people += &format!("p{nth:02}\n");
        for year in 2020..2025 {
            // Marks that go up and down, and one in twenty that nobody knows.
            let mark = (nth * 37 + year * 53 + nth * year * 11) % 100;
            let mark = if (nth + year) % 20 == 0 { String::new() } else { mark.to_string() };
            reviews += &format!("p{nth:02},{year},{mark}\n");
        }
    }
    fs::write(project.path("records/person.csv"), people).unwrap();
    fs::write(project.path("records/review.csv"), reviews).unwrap();
    project.merit(0, &["deploy", "--adopt", "2020-01-01"]);
    project.merit(0, &["import", "records", "--from", "2020-01-01"]);
    let asked = ["simulate", "--in", "2020", "--to", "2024", "--as-of", "2025-04-30", "--scenario", "milder"];
    let before = project.json(1, &asked);
    for year in 2021..=2025 {
        merit(project.folder.path(), &["run", "--as-of", &format!("{year}-04-30"), "--no-send"]);
    }
    let came = project.json(0, &["outcomes", "--top", "1000"]);
    let came = came["outcomes"].as_array().unwrap();
    let mut all = 0;
    let periods = before["periods"].as_array().unwrap();
    assert_eq!(
        periods.iter().map(|it| it["period"].as_str().unwrap()).collect::<Vec<_>>(),
        ["2020", "2021", "2022", "2023", "2024"]
    );
    for period in periods {
        for rule in period["settings"][0]["rules"].as_array().unwrap() {
            let is = |it: &&Json| it["period"] == period["period"] && it["rule"] == rule["name"];
            let of = |open: bool| came.iter().filter(is).filter(|it| (it["state"] == "undetermined") == open).count();
            assert_eq!(
                (of(false), of(true)),
                (rule["proposed"].as_u64().unwrap() as usize, rule["undetermined"].as_u64().unwrap() as usize),
                "{} in {}",
                rule["name"],
                period["period"]
            );
            all += of(false);
        }
    }
    assert!(all > 60, "much is proposed: {all}");
    // What the engine has imposed meanwhile does not count twice.
    let after = project.json(1, &asked);
    for (before, after) in periods.iter().zip(after["periods"].as_array().unwrap()) {
        assert_eq!(before["settings"], after["settings"]);
    }
    // A year by itself knows nothing of those before it.
    let alone = project.json(1, &["simulate", "--in", "2020", "--as-of", "2025-04-30", "--no-snapshot"]);
    assert_eq!(alone["settings"][0]["rules"][0]["proposed"], periods[0]["settings"][0]["rules"][0]["proposed"]);
    assert_eq!(periods[0]["settings"][1]["rules"][0]["title"], "Caution", "a rule that is replaced keeps its title");
    let milder = |at: usize| periods[at]["settings"][1]["rules"][1]["proposed"].as_u64().unwrap();
    assert_ne!(
        milder(1),
        periods[1]["settings"][0]["rules"][1]["proposed"].as_u64().unwrap(),
        "each policy has its own past"
    );
    project.merit(1, &[&asked[..], &["--html", "page.html", "--csv", "tables"]].concat());
    let page = shown(&fs::read_to_string(project.path("page.html")).unwrap());
    assert!(["Marks, 2020 to 2024", "Marks, 2022"].iter().all(|it| page.contains(it)), "{page}");
    assert!(project.path("tables/2023/rules.csv").is_file());
    let words = project.merit(1, &asked);
    assert!(words.contains("In all, 2020 to 2024"), "{words}");
    let wrong = project.merit(2, &["simulate", "--in", "2024", "--to", "2020"]);
    assert!(wrong.contains("2024 to 2020 ends before it begins"), "{wrong}");
}

#[test]
fn a_plan_and_a_deployment_tell_what_the_framework_would_come_to() {
    let project = marks();
    let edit = |was: &str, now: &str| {
        let policy = fs::read_to_string(project.path("policy/marks.merit")).unwrap();
        assert!(policy.contains(was));
        fs::write(project.path("policy/marks.merit"), policy.replace(was, now)).unwrap();
    };
    project.merit(0, &["run", "--as-of", "2027-01-31", "--no-send"]);
    assert_eq!(
        project.json(0, &["plan", "--as-of", "2027-01-31"])["judgements"],
        Json::Array(Vec::new()),
        "it is the same policy"
    );
    edit("when mark < 30;", "when mark < 35;");
    let simulated = project.json(1, &["simulate", "--in", "2026", "--as-of", "2027-01-31", "--missing", "0"]);
    let same = |told: &Json| {
        let judgement = &told["judgements"][0];
        assert_eq!((&judgement["period"], &judgement["on"]), (&Json::from("2026"), &Json::from("2027-01-31")));
        assert_eq!(judgement["before"]["rules"], simulated["settings"][0]["rules"]);
        assert_eq!(judgement["after"]["rules"], simulated["settings"][1]["rules"]);
        assert_eq!(judgement["change"]["sanctions"], simulated["changes"][0]["sanctions"]);
        assert_ne!(judgement["change"]["changed"], Json::from(0));
    };
    same(&project.json(0, &["plan", "--as-of", "2027-01-31"]));
    let planned = project.merit(0, &["plan", "--as-of", "2027-01-31"]);
    let table = "judged for 2026 on the records as they stand:\n";
    let (_, planned) = planned.split_once(table).unwrap();
    // Nobody sits before a terminal here, so that nobody is asked.
    let deployed = project.merit(0, &["deploy"]);
    let (_, deployed) = deployed.split_once(table).unwrap();
    assert!(deployed.contains("Policy version 2 is in force."), "{deployed}");
    assert_eq!(planned.split_once("Nothing was").unwrap().0, deployed.split_once("`merit plan`").unwrap().0);
    assert_eq!(project.merit(0, &["deploy"]).lines().next(), Some("Nothing changed: policy version 2 stays in force."));
    edit("when mark < 35;", "when mark < 30;");
    let back = project.json(0, &["deploy", "--yes"]);
    assert_eq!(back["judgements"][0]["before"]["rules"], simulated["settings"][1]["rules"]);
    assert_eq!(back["judgements"][0]["after"]["rules"], simulated["settings"][0]["rules"]);
}

/// The policy of the project over some marks, by itself.
fn alone(marks: &[i64]) -> Simulation {
    let policy = fs::read_to_string("tests/projects/marks/policy/marks.merit").unwrap();
    let policy = compile(&Sources::single("marks.merit", policy)).policy.unwrap();
    let id = |name: &str| RecordId::at(policy.records.iter().position(|it| it.label.name == name).unwrap());
    let mut facts = MemoryFacts::new(&policy);
    for (nth, mark) in marks.iter().enumerate() {
        let who = RecordRef { record: id("person"), key: format!("p{nth:05}").into() };
        facts.declare(&who);
        let field = policy.record(id("review")).field_named("mark").unwrap();
        let mark = Value::Known(Known::Number(Number::from(*mark)));
        facts.set_panel(&who, id("review"), date(2026, 1, 1), field, mark);
    }
    let records = gather(&policy, &facts, date(2027, 1, 31), &mut |_, _, _| {});
    let framework = &policy.frameworks[0];
    let question = Question {
        framework: framework.label.name.clone(),
        period: policy.main().period_from_label(framework.each, "2026").unwrap(),
        on: date(2027, 1, 31),
        by: Vec::new(),
        least: 10,
        ask_missing: 10,
        people: 0,
        working: Working::default(),
        progress: Progress::default(),
    };
    simulate(&[Setting { name: "in force", policy: &policy, records: &records }], &question).unwrap()
}

#[test]
fn one_policy_alone_is_told_as_it_is() {
    let told = alone(&[100; 1_234]);
    let text = page(std::slice::from_ref(&told));
    let section = sections(&text)[1];
    assert!(section.starts_with("\n<h2>As it is in force</h2>"), "{section}");
    let rules = &tables(section)["What each rule comes to"];
    assert_eq!(rules[4], ["Bonus", "reward", "1,234", "0", "KES 12,340,000", "–"]);
    assert!(!section.contains("before"), "there is nothing to compare");
    let nobody = alone(&[]);
    assert!(shown(&page(std::slice::from_ref(&nobody))).contains("come to for 0 people"));
}

// ---- what the records hash to

/// The same facts, told in the other order.
struct Backwards<'a>(&'a MemoryFacts<'a>);

impl Facts for Backwards<'_> {
    fn field(&self, of: &RecordRef, field: FieldId, on: Date) -> Value {
        Facts::field(self.0, of, field, on)
    }

    fn panel(&self, of: &RecordRef, panel: RecordId, period: PeriodKind, first: Date, field: FieldId) -> Value {
        Facts::panel(self.0, of, panel, period, first, field)
    }

    fn spells(&self, of: &RecordRef, field: FieldId) -> Vec<(Date, Value)> {
        Facts::spells(self.0, of, field)
    }

    fn first_kept(&self, of: &RecordRef) -> Option<Date> {
        Facts::first_kept(self.0, of)
    }

    fn records(&self, kind: RecordId) -> Vec<RecordRef> {
        Facts::records(self.0, kind).into_iter().rev().collect()
    }

    fn children(&self, of: &RecordRef, kind: RecordId) -> Vec<RecordRef> {
        Facts::children(self.0, of, kind).into_iter().rev().collect()
    }

    fn referring(&self, to: &RecordRef, kind: RecordId, field: FieldId) -> Vec<RecordRef> {
        Facts::referring(self.0, to, kind, field)
    }
}

const KEPT: &str = "calendar c { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, \
    written 2026; roll forward; month end back }\n\
    record person { id key text; boss optional person; grade dated one of low, high }\n\
    record incident of person { weight number from 0 to 9 }\n\
    record review of person each year { mark number from 0 to 100 }\n";

/// What some facts hash to: forwards and backwards.
fn hashes(policy: &Policy, change: impl Fn(&mut MemoryFacts<'_>)) -> [String; 2] {
    let id = |name: &str| RecordId::at(policy.records.iter().position(|it| it.label.name == name).unwrap());
    let field = |record: &str, name: &str| policy.record(id(record)).field_named(name).unwrap();
    let number = |it: i64| Value::Known(Known::Number(Number::from(it)));
    let mut facts = MemoryFacts::new(policy);
    for (nth, key) in ["a", "b", "c"].into_iter().enumerate() {
        let who = RecordRef { record: id("person"), key: key.into() };
        facts.declare(&who);
        let boss = RecordRef { record: id("person"), key: "z".into() };
        facts.set(&who, field("person", "boss"), Date::MIN, Known::Record(boss).into());
        for weight in 0..nth {
            let incident = facts.add_child(&who, id("incident"));
            facts.set(&incident, field("incident", "weight"), Date::MIN, number(weight as i64));
        }
        facts.set_panel(&who, id("review"), date(2026, 1, 1), field("review", "mark"), number(50 + nth as i64));
    }
    change(&mut facts);
    let until = date(2026, 12, 31);
    let forwards = gather(policy, &facts, until, &mut |_, _, _| {});
    let backwards = gather(policy, &Backwards(&facts), until, &mut |_, _, _| {});
    [forwards.hash(policy), backwards.hash(policy)]
}

#[test]
fn the_hash_of_the_records_knows_no_order_and_every_value() {
    let policy = compile(&Sources::single("kept.merit", KEPT)).policy.unwrap();
    let [forwards, backwards] = hashes(&policy, |_| {});
    assert_eq!(forwards, backwards);
    assert_eq!(forwards.len(), 64);
    let id = |name: &str| RecordId::at(policy.records.iter().position(|it| it.label.name == name).unwrap());
    let who = |key: &str| RecordRef { record: id("person"), key: key.into() };
    let mark = policy.record(id("review")).field_named("mark").unwrap();
    let grade = policy.record(id("person")).field_named("grade").unwrap();
    let high = || -> Value {
        let list = match &policy.field(id("person"), grade).kind {
            merit::policy::model::FieldKind::Choice(list) => *list,
            other => panic!("{other:?}"),
        };
        Known::Choice(list, 1).into()
    };
    let others = [
        hashes(&policy, |it| it.set_panel(&who("a"), id("review"), date(2026, 1, 1), mark, Value::NotApplicable)),
        hashes(&policy, |it| it.set(&who("a"), grade, date(2026, 1, 1), high())),
        hashes(&policy, |it| it.set(&who("a"), grade, date(2026, 1, 2), high())),
        hashes(&policy, |it| it.set(&who("b"), grade, date(2026, 1, 1), high())),
        hashes(&policy, |it| drop(it.add_child(&who("a"), id("incident")))),
        hashes(&policy, |it| it.declare(&who("d"))),
    ];
    let mut seen = vec![forwards];
    for [one, other] in others {
        assert_eq!(one, other);
        assert!(!seen.contains(&one), "another fact gives another hash");
        seen.push(one);
    }
    let moved = KEPT.replace(
        "boss optional person; grade dated one of low, high",
        "grade dated one of low, high; boss optional person",
    );
    let moved = compile(&Sources::single("kept.merit", moved)).policy.unwrap();
    assert_eq!(hashes(&moved, |_| {})[0], seen[0], "where a field stands is of no account");
}
