//! Tables whose columns rest on the same fact: only what can come together is found, held to a look at every mark.

use merit::policy::compile;
use merit::source::Sources;

const HEAD: &str = "calendar c { time zone \"UTC\"; working Monday to Friday; roll forward; month end back }\n\
    record person { id key text; mark whole number from 0 to 10 }\n\
    scale rating of mark { good 6 to 10; poor 0 to below 6 }\n\
    define twice of person = mark * 2\n";

/// Numbers that are the same on every run.
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

struct Row {
    rating: u64,
    mark: (u64, u64),
    twice: Option<(u64, u64)>,
    gives: u64,
}

impl Row {
    fn draw(draw: &mut Draw) -> Self {
        let mut stretch = |most: u64| {
            let (a, b) = (draw.below(most + 1), draw.below(most + 1));
            (a.min(b), a.max(b))
        };
        let (mark, twice) = (stretch(10), stretch(20));
        let twice = (draw.below(3) == 0).then_some(twice);
        Self { rating: draw.below(3), mark, twice, gives: draw.below(2) }
    }

    fn takes(&self, mark: u64) -> bool {
        let rated = match self.rating {
            0 => true,
            1 => mark >= 6,
            _ => mark < 6,
        };
        let within = |it: (u64, u64), at: u64| it.0 <= at && at <= it.1;
        rated && within(self.mark, mark) && self.twice.is_none_or(|it| within(it, 2 * mark))
    }

    fn text(&self) -> String {
        let rating = ["any", "good", "poor"][usize::try_from(self.rating).unwrap_or_default()];
        let twice = self.twice.map_or("any".to_owned(), |(low, high)| format!("{low} to {high}"));
        format!("  | {rating} | {} to {} | {twice} | {} |\n", self.mark.0, self.mark.1, self.gives)
    }
}

#[test]
fn only_what_can_come_together_is_found() {
    let (mut gaps, mut conflicts, mut clean) = (0, 0, 0);
    for seed in 0..400 {
        let mut draw = Draw(seed);
        let mut rows: Vec<Row> = (0..1 + draw.below(4)).map(|_| Row::draw(&mut draw)).collect();
        if draw.below(2) == 0 {
            // Cut to fit: what is good lies from 6 on.
            rows = vec![
                Row { rating: 1, mark: (6 - draw.below(3), 10), twice: None, gives: 1 },
                Row { rating: 2, mark: (0, 5 + draw.below(3)), twice: None, gives: 0 },
            ];
        }
        let lines: String = rows.iter().map(Row::text).collect();
        let text = format!(
            "{HEAD}table t of person : number, exactly one row {{\n  | rating | mark | twice | => |\n{lines}}}\n"
        );
        let found = compile(&Sources::single("t.merit", text.clone())).diagnostics;
        if found.iter().any(|it| !["M0701", "M0702", "M0703", "M0708"].contains(&it.code.0)) {
            let codes: Vec<&str> = found.iter().map(|it| it.code.0).collect();
            assert!(codes.iter().all(|it| it.starts_with("M07")), "{text}{codes:?}");
            continue;
        }
        let given = |mark: u64| rows.iter().filter(|it| it.takes(mark)).map(|it| it.gives).collect::<Vec<_>>();
        let open = |mark: &u64| given(*mark).is_empty();
        let differ = |mark: &u64| given(*mark).windows(2).any(|it| it[0] != it[1]);
        let said = |code: &str| found.iter().find(|it| it.code.0 == code).map(|it| it.message.clone());
        // The mark that a finding names.
        let named = |message: &str| -> u64 {
            let words = message.split("`mark` is ").nth(1).unwrap_or_default();
            words.split(|it: char| !it.is_ascii_digit()).next().and_then(|it| it.parse().ok()).unwrap_or(99)
        };
        match said("M0702") {
            Some(message) => {
                conflicts += 1;
                assert!(differ(&named(&message)), "{text}{message}");
            }
            None => {
                assert!(!(0..=10).any(|it| differ(&it)), "{text}");
                match said("M0701") {
                    Some(message) => {
                        gaps += 1;
                        assert!(open(&named(&message)), "{text}{message}");
                    }
                    None => {
                        clean += 1;
                        assert!(!(0..=10).any(|it| open(&it)), "{text}");
                    }
                }
            }
        }
    }
    assert!(gaps > 20 && conflicts > 20 && clean > 20, "{gaps} {conflicts} {clean}");
}
