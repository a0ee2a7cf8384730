#![no_main]
//! Any text that can be read has a form, and the form of that is itself.

use libfuzzer_sys::fuzz_target;
use merit::diagnostic::Diagnostics;
use merit::source::FileId;
use merit::syntax::format;

fuzz_target!(|text: String| {
    let mut found = Diagnostics::new();
    if let Some(once) = format(FileId(0), &text, &mut found) {
        assert_eq!(format(FileId(0), &once, &mut found).as_ref(), Some(&once));
    }
});
