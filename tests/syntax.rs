//! The language as text: what parses, what does not, and what is said about it.

use merit::diagnostic::Diagnostics;
use merit::source::Sources;
use merit::syntax;

#[test]
fn the_guide_parses() {
    let text = std::fs::read_to_string("tests/lang/good/guide.merit").unwrap();
    let sources = Sources::single("guide.merit", text);
    let mut found = Diagnostics::new();
    let files = syntax::parse(&sources, &mut found);
    assert!(found.is_empty(), "{}", found.render(&sources, false));
    println!("{files:#?}");
}
