//! Named points at which a test may stop the program for good: before and after each commit, and whatever leaves. In a release build
//! they are nothing.

/// Passes a point. In a debug build, `MERIT_POINTS=FILE` keeps the name of each point that is passed, and with
/// `MERIT_STOP_AT=name:n` the n-th passing says so on stderr and waits to be killed.
pub(crate) fn pass(name: &str) {
    #[cfg(debug_assertions)]
    debug::pass(name);
    #[cfg(not(debug_assertions))]
    let _ = name;
}

/// What is written until the next commit is of this kind, such as `import`.
pub(super) fn writes(kind: &str) {
    #[cfg(debug_assertions)]
    debug::KIND.with(|it| kind.clone_into(&mut it.borrow_mut()));
    #[cfg(not(debug_assertions))]
    let _ = kind;
}

/// Passes a point of the commit that is being made: `committing` an import is the point `committing-import`.
pub(super) fn pass_of_commit(what: &str) {
    #[cfg(debug_assertions)]
    debug::pass(&debug::KIND.with(|it| format!("{what}-{}", it.borrow().replace(' ', "-"))));
    #[cfg(not(debug_assertions))]
    let _ = what;
}

#[cfg(debug_assertions)]
mod debug {
    use std::cell::RefCell;
    use std::collections::BTreeMap;
    use std::fs::{File, OpenOptions};
    use std::io::Write;
    use std::sync::{Mutex, OnceLock};

    thread_local! {
        pub(super) static KIND: RefCell<String> = const { RefCell::new(String::new()) };
    }

    /// How often each point was passed; only a debug build counts.
    static PASSED: Mutex<BTreeMap<String, u64>> = Mutex::new(BTreeMap::new());
    static KEPT: OnceLock<Option<File>> = OnceLock::new();

    pub(super) fn pass(name: &str) {
        keep(name);
        let Ok(wanted) = std::env::var("MERIT_STOP_AT") else { return };
        let Some((at, nth)) = wanted.split_once(':') else { return };
        if at != name {
            return;
        }
        let passed = {
            let Ok(mut passed) = PASSED.lock() else { return };
            let count = passed.entry(name.to_owned()).or_default();
            *count += 1;
            *count
        };
        if nth.parse() != Ok(passed) {
            return;
        }
        let mut stderr = std::io::stderr().lock();
        if writeln!(stderr, "stopped at {wanted}").and_then(|()| stderr.flush()).is_ok() {
            drop(stderr);
            loop {
                std::thread::sleep(std::time::Duration::from_secs(3600));
            }
        }
    }

    /// One write for each name, so that a killed program leaves whole lines.
    fn keep(name: &str) {
        let open = || OpenOptions::new().create(true).append(true).open(std::env::var_os("MERIT_POINTS")?).ok();
        if let Some(mut file) = KEPT.get_or_init(open).as_ref() {
            // A test that misses the line says so.
            let _ = file.write_all(format!("{name}\n").as_bytes());
        }
    }
}
