//! What the documents say is true: their policies check, their links lead somewhere.

#![expect(clippy::unwrap_used, reason = "a document that can't be read has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use merit::casework::examples;
use merit::policy::compile;
use merit::source::Sources;

#[test]
fn the_policies_of_the_language_page_check_and_their_examples_hold() {
    let page = fs::read_to_string("docs/language.md").unwrap();
    for text in page.split("```merit\n").skip(1) {
        let sources = Sources::single("docs/language.md", text.split("```").next().unwrap());
        let compilation = compile(&sources);
        assert!(compilation.diagnostics.is_empty(), "{}", compilation.diagnostics.render(&sources, false));
        let policy = compilation.policy.unwrap();
        let failures: Vec<_> = policy.examples.iter().flat_map(|it| examples::run(&policy, it).failures).collect();
        assert!(failures.is_empty() && !policy.examples.is_empty(), "{failures:?}");
    }
}

/// The lines of all blocks of a kind in a document, without the comments behind commands.
fn blocks(document: &str, kind: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(document).unwrap();
    let open = format!("```{kind}\n");
    let block = |it: &str| it.split("```").next().unwrap().lines().map(str::to_owned).collect();
    text.split(&open).skip(1).map(block).collect()
}

fn merit(folder: &Path, words: &[String]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_merit")).args(words).current_dir(folder).env("NO_COLOR", "1").output().unwrap()
}

/// The words of a command as a shell splits them, its comment left out.
fn words_of(line: &str) -> Vec<String> {
    let line = line.split(" #").next().unwrap().trim();
    let parts = line.split('"').enumerate();
    let split = |(at, part): (usize, &str)| -> Vec<String> {
        if at % 2 == 1 { vec![part.to_owned()] } else { part.split_whitespace().map(str::to_owned).collect() }
    };
    parts.flat_map(split).collect()
}

#[test]
fn the_commands_of_the_readme_do_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let mut here: PathBuf = folder.path().to_owned();
    let readme = fs::read_to_string("README.md").unwrap();
    let (old, new) = readme.split_once("change `").unwrap().1.split_once("` to `").unwrap();
    let new = new.split('`').next().unwrap();
    let file = readme.split_once("Open `").unwrap().1.split('`').next().unwrap();
    let mut printed = String::new();
    for (at, lines) in blocks("README.md", "sh").iter().enumerate() {
        if at == 2 {
            let text = fs::read_to_string(here.join(file)).unwrap();
            assert!(text.contains(old), "{file} holds no `{old}`");
            fs::write(here.join(file), text.replace(old, new)).unwrap();
        }
        for line in lines {
            let words = words_of(line);
            match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
                ["cd", to] => here = here.join(to),
                ["cargo", "test"] => {
                    let ci = fs::read_to_string(".ci/run").unwrap();
                    assert!(ci.lines().any(|it| it == "cargo test"), ".ci/run does not call the README's test command");
                }
                ["cargo", "run", "--release", "--", ..] => {
                    let mut words = words[4..].to_vec();
                    words.extend(["--size".to_owned(), "120".to_owned()]);
                    let output = merit(&here, &words);
                    assert_eq!(output.status.code(), Some(0), "{line}: {}", String::from_utf8_lossy(&output.stderr));
                }
                ["merit", ..] => {
                    let output = merit(&here, &words[1..]);
                    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
                    assert!(output.status.code().is_some_and(|it| it <= 1), "{line}: {out}{err}");
                    printed += &out;
                }
                other => panic!("the README tells people to run {other:?}, which this test does not know"),
            }
        }
    }
    assert!(
        printed.contains("no notice that day, but plan_due to Okot on 2026-07-14"),
        "a failed example says what came instead"
    );
    assert!(printed.contains("(version 2 is in force for new cases)"), "an open case keeps its version");
    assert!(printed.contains("policy version 2; open"), "a new case follows the new rule");
}

/// What a document tells people to do, in order.
enum Told {
    /// Write a file.
    Write(String, String),
    /// Change some words of a file to others.
    Change(String, String, String),
    /// A command.
    Run(String),
}

/// The texts between backquotes in a line.
fn quoted(line: &str) -> Vec<String> {
    line.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn told(document: &str) -> Vec<Told> {
    let text = fs::read_to_string(document).unwrap();
    let (mut told, mut file) = (Vec::new(), None);
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some((_, named)) = line.split_once("Write this into `") {
            file = named.split('`').next().map(str::to_owned);
        } else if line.starts_with("Change `") {
            let [old, new, file]: [String; 3] = quoted(line).try_into().unwrap();
            told.push(Told::Change(file, old, new));
        } else if let Some(kind) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|it| *it != "```").collect();
            if kind == "sh" {
                told.extend(block.iter().map(|it| Told::Run((*it).to_owned())));
            } else if let Some(file) = file.take() {
                told.push(Told::Write(file, block.join("\n") + "\n"));
            }
        }
    }
    told
}

/// A command, its exit code, and what it said beside its result.
type Ended = (String, Option<i32>, String);

/// Does all that a document tells people to do: what the commands printed, how each ended, and where that was.
fn walk(document: &str, folder: &Path) -> (String, Vec<Ended>, PathBuf) {
    let mut here = folder.to_owned();
    let (mut printed, mut codes) = (String::new(), Vec::new());
    for step in told(document) {
        match step {
            Told::Write(file, text) => fs::write(here.join(file), text).unwrap(),
            Told::Change(file, old, new) => {
                let text = fs::read_to_string(here.join(&file)).unwrap();
                assert_eq!(text.matches(&old).count(), 1, "{file} holds `{old}` once");
                fs::write(here.join(file), text.replace(&old, &new)).unwrap();
            }
            Told::Run(line) => {
                let mut words = words_of(&line);
                if words[0] == "cd" {
                    here = here.join(&words[1]);
                    continue;
                }
                if words[1] == "demo" {
                    words.extend(["--size".to_owned(), "120".to_owned()]);
                }
                let output = merit(&here, &words[1..]);
                printed += &String::from_utf8_lossy(&output.stdout);
                codes.push((line, output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned()));
            }
        }
    }
    (printed, codes, here)
}

#[test]
fn the_page_on_versions_can_be_walked_as_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (printed, codes, _) = walk("docs/versions.md", folder.path());
    for (line, code, words) in &codes {
        // What a person should look at is found by the way.
        // One case of the demonstration can't go on, and so can't be moved.
        let all_cases = ["merit plan --migrate --as-of", "merit plan --again", "merit migrate --by"];
        let looked_at =
            line.starts_with("merit run") || line == "merit demo" || all_cases.iter().any(|it| line.starts_with(it));
        assert!(*code == Some(0) || (looked_at && *code == Some(1)), "{line}: {code:?} {words}");
    }
    for words in [
        "Policy version 2 would be in force for new cases.\nOpen cases would keep theirs.",
        "because the case moved to policy version 2: 20 working days after the start of financial_year",
        "2 cases moved to policy version 2.",
        "registrar moves the case from policy version 1 to 2, because \"Circular 7 holds for plans under way\"",
        "No case moved to policy version 2.",
        "mend the records or the policy, then move it again",
        "Policy version 3 is in force.",
        "The journal verifies",
    ] {
        assert!(printed.contains(words), "nothing printed says `{words}`: {printed}");
    }
}

#[test]
fn the_guide_can_be_walked_as_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (printed, codes, here) = walk("docs/guide.md", folder.path());
    let with = |code: i32| codes.iter().filter(|it| it.1 == Some(code)).map(|it| it.0.as_str()).collect::<Vec<_>>();
    assert_eq!(with(0).len() + with(1).len(), codes.len(), "{codes:?}");
    let expected = [
        "merit demo",
        "merit status",
        "merit check                           # ends with 1: something needs you",
        "merit test                            # ends with 1: something needs you",
    ];
    assert!(with(1).iter().all(|it| expected.contains(it)), "these ended with 1: {:?}", with(1));
    for words in ["no band holds 80", "Caution for U000008 in 2026/27-Q1: proposed", "undetermined"] {
        assert!(printed.contains(words), "nothing printed says `{words}`");
    }
    let policy = fs::read_to_string(here.join("rules/absence.merit")).unwrap();
    assert!(fs::read_to_string("docs/guide.md").unwrap().contains(&policy), "the guide's policy stands in its form");
}

#[test]
fn the_page_on_simulation_can_be_walked_as_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (printed, codes, here) = walk("docs/simulate.md", folder.path());
    assert_eq!(
        merit(&here, &["fmt", "--check"].map(str::to_owned)).status.code(),
        Some(0),
        "its policy stands in its form"
    );
    for (line, code, words) in &codes {
        // Of some of the made-up people a fact is missing.
        let undetermined = ["higher_mark", "--vary", "years.csv"].iter().any(|it| line.contains(it));
        assert!(
            *code == Some(0) || ((line == "merit demo" || undetermined) && *code == Some(1)),
            "{line}: {code:?} {words}"
        );
    }
    for words in [
        "From in force to higher_mark",
        "From in force to wider_rewards",
        "pass_mark = 70",
        "From in force to a_week_more",
        "Thanks for an early plan",
        "a less severe sanction",
        "By grade, sex",
    ] {
        assert!(printed.contains(words), "nothing printed says `{words}`: {printed}");
    }
    let report = fs::read_to_string(here.join("report.html")).unwrap();
    assert!(report.contains("Pass mark of 60") && report.contains("A tenth commended"), "both scenarios are told");
    assert!(fs::read_to_string(here.join("plans.html")).unwrap().contains("A week more for everybody"));
    let page = fs::read_to_string("docs/simulate.md").unwrap();
    for table in ["rules.csv", "moves.csv", "groups.csv", "people.csv"] {
        let head = fs::read_to_string(here.join("plans").join(table)).unwrap().lines().next().unwrap().to_owned();
        let told = |column: &str| page.contains(&format!("`{column}`")) || column.starts_with("reward");
        let untold: Vec<&str> = head.split(',').filter(|it| !told(it)).collect();
        assert!(untold.is_empty(), "docs/simulate.md does not tell of these columns of {table}: {untold:?}");
    }
    let results = fs::read_to_string(here.join("results.csv")).unwrap();
    let head: Vec<&str> = results.lines().next().unwrap().split(',').collect();
    for column in ["key", "period", "grade", "in_force.bonus.amount_ugx", "higher_mark.caution"] {
        assert!(head.contains(&column) && page.contains(column), "{column}: {head:?}");
    }
    let people = fs::read_to_string(here.join("records/officer.csv")).unwrap().lines().count() - 1;
    let rows = |file: &str| fs::read_to_string(here.join(file)).unwrap().lines().count() - 1;
    assert_eq!([rows("results.csv"), rows("years.csv")], [people, 3 * people], "a row for each person and period");
    let call = "simulate --framework plans --scenario a_week_more --in 2026/27 --by sex --format json"
        .split(' ')
        .map(str::to_owned);
    let told: serde_json::Value = serde_json::from_slice(&merit(&here, &call.collect::<Vec<_>>()).stdout).unwrap();
    let mut keys = BTreeSet::new();
    keys_of(&told, &mut keys);
    let known = shape_of("simulate");
    let untold: Vec<_> = keys.difference(&known).collect();
    assert!(untold.is_empty(), "docs/cli.md does not tell of these keys of `merit simulate`: {untold:?}");
}

#[test]
fn the_page_on_forecasts_can_be_walked_as_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (printed, codes, here) = walk("docs/forecast.md", folder.path());
    for (line, code, words) in &codes {
        assert!(*code == Some(0) || (line == "merit demo" && *code == Some(1)), "{line}: {code:?} {words}");
    }
    assert!(printed.contains("share in time") && printed.contains("2 years from"), "{printed}");
    let page = fs::read_to_string("docs/forecast.md").unwrap();
    let table = fs::read_to_string(here.join("years.csv")).unwrap();
    let head = table.lines().next().unwrap();
    assert!(head.split(',').all(|it| page.contains(&format!("`{it}`"))), "docs/forecast.md does not tell of {head}");
    let untold: Vec<_> = table.lines().skip(1).filter_map(|it| it.split(',').nth(2)).collect();
    assert!(untold.iter().all(|it| page.contains(&format!("`{it}`"))), "{untold:?}");
    let call = |seed: &str| {
        let words = format!("forecast --years 1 --runs 2 --seed {seed} --format json");
        let output = merit(&here, &words.split(' ').map(str::to_owned).collect::<Vec<_>>());
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    let told = call("7");
    assert_eq!(told, call("7"), "the same seed gives the same");
    assert_ne!(told["settings"][0]["figures"], call("8")["settings"][0]["figures"], "another seed gives others");
    let mut keys = BTreeSet::new();
    keys_of(&told, &mut keys);
    let known = shape_of("forecast");
    let untold: Vec<_> = keys.difference(&known).collect();
    assert!(untold.is_empty(), "docs/cli.md does not tell of these keys of `merit forecast`: {untold:?}");
}

#[test]
fn the_page_of_registers_shows_what_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut here = folder.path().to_owned();
    let mut asked = BTreeSet::new();
    for line in blocks("docs/registers.md", "sh").into_iter().flatten() {
        let mut words = words_of(&line);
        match words[1].as_str() {
            to if words[0] == "cd" => {
                here = here.join(to);
                continue;
            }
            "demo" => words.extend(["--size".to_owned(), "120".to_owned()]),
            "report" => asked.extend(words.get(2).cloned()),
            _ => {}
        }
        let output = merit(&here, &words[1..]);
        assert_eq!(output.status.code(), Some(0), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(!output.stdout.is_empty(), "{line}");
    }
    let list = merit(&here, &["report", "--format", "json"].map(str::to_owned));
    let list: serde_json::Value = serde_json::from_slice(&list.stdout).unwrap();
    let named = list["registers"].as_array().unwrap().iter().map(|it| it["register"].as_str().unwrap().to_owned());
    let named: BTreeSet<String> = named.collect();
    assert_eq!(named, asked, "each register has an example on its page");
    let page = fs::read_to_string("docs/registers.md").unwrap();
    assert!(named.iter().all(|it| page.contains(&format!("## `{it}`: "))));
}

#[test]
fn the_policy_of_the_readme_is_the_one_that_is_shipped() {
    let shipped = fs::read_to_string("workflows/uganda/staff_appraisal.merit").unwrap();
    let words = |it: &str| it.split('#').next().unwrap().split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let mut lines = shipped.lines().map(words);
    for line in &blocks("README.md", "merit")[0] {
        assert!(lines.any(|it| it == words(line)), "the shipped policy has no line `{line}`, or not in this place");
    }
}

/// Every key that stands in a JSON value, at whatever depth.
fn keys_of(value: &serde_json::Value, keys: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(map) => map.iter().for_each(|(key, value)| {
            keys.insert(key.clone());
            keys_of(value, keys);
        }),
        serde_json::Value::Array(list) => list.iter().for_each(|it| keys_of(it, keys)),
        _ => {}
    }
}

/// The words that the page of the command line has for what a verb prints as JSON.
fn shape_of(verb: &str) -> BTreeSet<String> {
    let page = fs::read_to_string("docs/cli.md").unwrap();
    let shapes = page.split("## JSON").nth(1).unwrap().split("\nDays are").next().unwrap();
    let shape = shapes.split("\n- `").find(|it| it.starts_with(&format!("{verb}`"))).unwrap();
    shape.split(|it: char| !it.is_alphanumeric() && it != '_').map(str::to_owned).collect()
}

#[test]
fn every_key_of_the_json_is_documented() {
    let of = shape_of;
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().join("merit-demo");
    let words = |it: &str| it.split(' ').map(str::to_owned).collect::<Vec<_>>();
    merit(folder.path(), &words("demo --size 60"));
    fs::write(here.join("rules/wrong.merit"), "record\n").unwrap();
    let wrong = merit(&here, &words("check --format json"));
    fs::remove_file(here.join("rules/wrong.merit")).unwrap();
    let mut tried = vec![("check", wrong)];
    for (verb, call) in [
        ("test", "test --coverage --mutate"),
        ("fmt", "fmt"),
        ("import", "import records --dry-run"),
        ("deploy", "deploy --note again"),
        ("run", "run --as-of 2027-03-01"),
        ("plan", "plan --migrate --to 1 --as-of 2027-03-01"),
        ("migrate", "migrate --by registrar --because moved --as-of 2027-03-01"),
        ("outbox", "outbox"),
        ("status", "status"),
        ("cases", "cases"),
        ("report", "report"),
        ("report overdue", "report overdue"),
        ("report overdue", "report overdue --by unit"),
        ("report missed", "report missed --by unit"),
        ("report in-force", "report in-force"),
        ("report appeals", "report appeals"),
        ("report quorum", "report quorum"),
        ("report meetings", "report meetings"),
        ("report returns", "report returns"),
        ("report ranking", "report ranking --by unit"),
        ("report ranking", "report ranking --score score"),
        ("case", "case U000002"),
        ("explain ID", "explain 2"),
        ("explain NAME", "explain rating --of U000002 --in 2026/27"),
        ("journal verify", "journal verify"),
    ] {
        tried.push((verb, merit(&here, &words(&format!("{call} --format json")))));
    }
    for (verb, output) in tried {
        let out = String::from_utf8_lossy(&output.stdout);
        let value = serde_json::from_str(&out).unwrap_or_else(|it| panic!("{verb}: {it}: {out}"));
        let mut keys = BTreeSet::new();
        keys_of(&value, &mut keys);
        assert!(keys.len() > 1, "{verb} printed {out}");
        // A row that is not there tells nothing of its keys: what all registers print is held to the page by their CSV.
        if let Some(register) = verb.strip_prefix("report ") {
            let by = if register == "ranking" { " --by unit" } else { "" };
            let head = merit(&here, &words(&format!("report {register}{by} --format csv")));
            keys.extend(String::from_utf8_lossy(&head.stdout).lines().next().unwrap().split(',').map(str::to_owned));
        }
        let mut told = of(verb);
        if verb == "explain ID" {
            told.extend(of("case"));
        }
        if verb == "migrate" {
            told.extend(of("run"));
        }
        let untold: Vec<_> = keys.difference(&told).collect();
        assert!(untold.is_empty(), "docs/cli.md does not tell of these keys of `merit {verb}`: {untold:?}");
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    let pages = fs::read_dir("docs").unwrap().map(|it| it.unwrap().path());
    let others = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(PathBuf::from);
    for document in pages.chain(others) {
        let text = fs::read_to_string(&document).unwrap();
        let folder = document.parent().unwrap();
        let document = document.display();
        for target in text.split("](").skip(1).filter_map(|it| it.split(')').next()) {
            assert!(
                target.starts_with("http") || folder.join(target).exists(),
                "{document} links to {target}, which is not there"
            );
        }
    }
}

/// The page of findings, as the table of codes gives it.
fn page_of_findings() -> String {
    let mut page = "# Findings of `merit check`\n\nWhat each code means, with an example that shows it and the same mended. `merit explain CODE` says the same.\n\
        This page is written from the program's table of codes.\n"
        .to_owned();
    for entry in merit::codes::all() {
        let severity = match entry.severity {
            merit::codes::Severity::Error => "an error: the policy can't be used until it is mended",
            merit::codes::Severity::Warning => "a warning: the policy can be used; somebody should look",
        };
        page += &format!("\n## {}: {}\n{}\n\n*{severity}*\n", entry.code.0, entry.title, entry.explanation);
        for (word, text) in [("Wrong", entry.wrong), ("Right", entry.right)] {
            page += &format!("\n{word}:\n```\n{}\n```\n", text.trim_matches('\n'));
        }
    }
    page
}

#[test]
fn the_page_of_findings_is_the_table_of_codes() {
    let page = page_of_findings();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write("docs/diagnostics.md", &page).unwrap();
    }
    assert!(
        fs::read_to_string("docs/diagnostics.md").is_ok_and(|it| it == page),
        "docs/diagnostics.md is not what the table of codes gives: UPDATE_EXPECT=1 cargo test --test docs writes it anew"
    );
}

/// Whether pieces of a text, told with `…` between them, stand in it in that order, however it is broken into lines.
fn quotes(text: &str, told: &str) -> bool {
    let one_line = |it: &str| it.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = one_line(text);
    let mut rest = text.as_str();
    told.split('…').map(one_line).all(|piece| match rest.split_once(&piece) {
        Some((_, behind)) => {
            rest = behind;
            true
        }
        None => false,
    })
}

#[test]
fn the_page_of_patterns_has_a_row_for_each_and_quotes_transcripts_that_are_played() {
    let page = fs::read_to_string("docs/patterns.md").unwrap();
    let mut played: BTreeSet<String> = fs::read_dir("tests/workflow")
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .filter(|it| it.starts_with("pattern_"))
        .collect();
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|it| it.starts_with("| ") && !it.starts_with("| WCP"))
        .map(|it| it.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let mut run = 0;
    for (at, row) in rows.iter().enumerate() {
        let [number, _, how, shown] = row[..] else { panic!("four columns: {row:?}") };
        assert_eq!(number, (at + 1).to_string(), "every pattern, in order");
        if shown.starts_with("left out: ") {
            assert!(how.is_empty(), "{number} is left out");
            continue;
        }
        run += 1;
        let path = shown.split_once("](../").unwrap().1.trim_end_matches(')');
        let file = path.rsplit('/').next().unwrap();
        let numbered = format!("pattern_{:02}_", at + 1);
        assert!(file.starts_with(&numbered) && played.remove(file), "{number} names no transcript of its own: {file}");
        let text = fs::read_to_string(path).unwrap();
        let policy = text.split("----").next().unwrap();
        for told in how.split('`').skip(1).step_by(2).filter(|it| it.contains(' ')) {
            assert!(quotes(policy, told), "{path} has no `{told}`");
        }
    }
    assert_eq!(rows.len(), 43);
    assert!(played.is_empty(), "docs/patterns.md does not tell of {played:?}");
    assert!(page.contains(&format!(": {run} of them run.")), "{run} of them run");
}
