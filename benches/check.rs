//! The analysis of a table of eight columns and a hundred rows, beside only reading its text.
//!
//! Each figure is the median of eleven runs in one process; the ratio is that of the two. `cargo bench --bench check`.

use std::time::{Duration, Instant};

use merit::diagnostic::Diagnostics;
use merit::policy::compile;
use merit::source::Sources;
use merit::syntax;

const ROUNDS: usize = 11;

fn main() {
    for (what, overlap) in [("rows that overlap at random", true), ("rows that cut the cases into pieces", false)] {
        let sources = Sources::single("table.merit", table(overlap));
        let read = median(|| {
            let mut found = Diagnostics::new();
            assert_eq!(syntax::parse(&sources, &mut found).len(), 1);
        });
        let mut counted = 0;
        let checked = median(|| counted = compile(&sources).diagnostics.len());
        let ratio = checked.as_secs_f64() / read.as_secs_f64();
        println!("{what}: read {read:.1?}, checked {checked:.1?} ({ratio:.1} times), {counted} findings");
    }
}

fn median(mut run: impl FnMut()) -> Duration {
    let mut took: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .collect();
    took.sort();
    took[ROUNDS / 2]
}

fn table(overlap: bool) -> String {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let fields: String = names.iter().map(|it| format!("; {it} whole number from 0 to 99")).collect();
    let asked = names.join(" | ");
    let mut text = format!(
        "record person {{ id key text{fields} }}\ntable t of person : number, first row that applies {{\n  | {asked} | => |\n"
    );
    for row in 0..100_usize {
        let cell = |column: usize| match (overlap, (row * 7 + column * 13) % 5) {
            (false, _) if column < 3 => {
                let digit = (row / [1, 5, 25][column]) % 5;
                format!("{} to {}", digit * 20, digit * 20 + 19)
            }
            (false, _) | (_, 0) => "any".to_owned(),
            (_, 1) => format!("below {}", 1 + (row * 31 + column * 17) % 99),
            (_, 2) => format!("{} and more", (row * 23 + column * 29) % 100),
            _ => format!("{} to {}", (row * 11 + column) % 50, 50 + (row * 19 + column * 3) % 50),
        };
        let cells: Vec<String> = (0..8).map(cell).collect();
        text.push_str(&format!("  | {} | {row} |\n", cells.join(" | ")));
    }
    text + "  | otherwise | | | | | | | | 0 |\n}\n"
}
