#![no_main]
//! Any text is checked without panic, and its findings can be shown.

use libfuzzer_sys::fuzz_target;
use merit::source::Sources;

fuzz_target!(|text: String| {
    let sources = Sources::single("fuzz.merit", text);
    let _shown = merit::policy::compile(&sources).diagnostics.render(&sources, false);
});
