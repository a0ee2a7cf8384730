#![no_main]
//! Any text is parsed without panic, and its findings can be shown.

use libfuzzer_sys::fuzz_target;
use merit::diagnostic::Diagnostics;
use merit::source::Sources;

fuzz_target!(|text: String| {
    let sources = Sources::single("fuzz.merit", text);
    let mut found = Diagnostics::new();
    let _files = merit::syntax::parse(&sources, &mut found);
    let _shown = found.render(&sources, false);
});
