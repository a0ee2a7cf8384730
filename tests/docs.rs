//! What the documents say is true: their policies check, their links lead somewhere.

use std::fs;
use std::path::Path;

use merit::casework::examples;
use merit::policy::compile;
use merit::source::Sources;

#[test]
fn the_policy_of_the_language_page_checks_and_its_example_holds() {
    let page = fs::read_to_string("docs/language.md").unwrap();
    let text = page.split("```merit\n").nth(1).unwrap().split("```").next().unwrap();
    let sources = Sources::single("docs/language.md", text);
    let compilation = compile(&sources);
    assert!(compilation.diagnostics.is_empty(), "{}", compilation.diagnostics.render(&sources, false));
    let policy = compilation.policy.unwrap();
    let failures: Vec<_> = policy.examples.iter().flat_map(|it| examples::run(&policy, it).failures).collect();
    assert!(failures.is_empty(), "{failures:?}");
}

#[test]
fn links_between_documents_lead_somewhere() {
    for document in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let text = fs::read_to_string(document).unwrap();
        for target in text.split("](").skip(1).filter_map(|it| it.split(')').next()) {
            assert!(
                target.starts_with("http") || Path::new(target).exists(),
                "{document} links to {target}, which is not there"
            );
        }
    }
}
