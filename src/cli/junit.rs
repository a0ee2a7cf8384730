//! The outcome of examples as JUnit XML, which build servers read.

use crate::casework::examples::Verdict;
use crate::source::Sources;

/// A whole file: one suite, a case for each example. `lines` tells a failure.
pub(super) fn report(
    sources: &Sources,
    verdicts: &[Verdict],
    lines: impl Fn(&crate::casework::examples::Failure) -> Vec<String>,
) -> String {
    let failed = verdicts.iter().filter(|it| !it.failures.is_empty()).count();
    let counts = format!("tests=\"{}\" failures=\"{failed}\" errors=\"0\" skipped=\"0\"", verdicts.len());
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {counts}>\n  <testsuite name=\"merit test\" {counts}>\n"
    );
    for verdict in verdicts {
        let file = sources.file(verdict.span.file);
        let line = file.position(verdict.span.start).line;
        let (title, name) = (escaped(&verdict.title), escaped(&file.name));
        xml += &format!("    <testcase classname=\"{name}\" name=\"{title}\" file=\"{name}\" line=\"{line}\"");
        if verdict.failures.is_empty() {
            xml += "/>\n";
            continue;
        }
        xml += ">\n";
        for failure in &verdict.failures {
            let message = format!("expected {}; came: {}", failure.expected, failure.came);
            let text = lines(failure).join("\n");
            xml += &format!("      <failure message=\"{}\">{}</failure>\n", escaped(&message), escaped(&text));
        }
        xml += "    </testcase>\n";
    }
    xml + "  </testsuite>\n</testsuites>\n"
}

/// Text as XML holds it, in an attribute or an element. What XML can't hold at all becomes the sign for that.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&apos;",
            '\n' => out += "&#10;",
            '\t' => out += "&#9;",
            '\r' => out += "&#13;",
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}
