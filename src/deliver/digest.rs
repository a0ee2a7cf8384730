//! What stands in a digest: how many matters it holds, a list of them, then each notice as it would have come by itself.

use jiff::civil::Date;

use super::letter_words::LetterWords;
use super::mail::shown;

/// What parts one notice from the next.
const RULE: &str = "----------------------------------------";

/// The fixed words in one language; `{n}` is the number, `{day}` the day.
struct Words {
    language: &'static str,
    subject: &'static str,
    /// The same where the day is not known.
    without_day: &'static str,
    opening: &'static str,
}

const ALL: [Words; 5] = [
    Words {
        language: "en",
        subject: "{n} matters on {day}",
        without_day: "{n} matters",
        opening: "This mail holds {n} notices. Each of them stands in full below.",
    },
    Words {
        language: "fr",
        subject: "{n} affaires du {day}",
        without_day: "{n} affaires",
        opening: "Ce message réunit {n} avis. Chacun figure en entier ci-dessous.",
    },
    Words {
        language: "sw",
        subject: "Mambo {n} ya {day}",
        without_day: "Mambo {n}",
        opening: "Barua pepe hii ina taarifa {n}. Kila moja imeandikwa yote hapa chini.",
    },
    Words {
        language: "es",
        subject: "{n} asuntos del {day}",
        without_day: "{n} asuntos",
        opening: "Este correo reúne {n} avisos. Cada uno figura completo a continuación.",
    },
    Words {
        language: "pt",
        subject: "{n} assuntos de {day}",
        without_day: "{n} assuntos",
        opening: "Este correio reúne {n} avisos. Cada um segue completo abaixo.",
    },
];

/// Subject and text of a digest in a language (English where it is not known), from the subject and text of each notice.
///
/// ```
/// let day = jiff::civil::date(2026, 10, 6);
/// let (subject, text) = merit::deliver::digest_text("fr", Some(day), &[("Plan de Okot", "Le plan manque.\n"), ("Congé", "À décider.")]);
/// assert_eq!(subject, "2 affaires du 6 octobre 2026");
/// assert!(text.contains("1. Plan de Okot\n2. Congé\n"));
/// assert!(text.contains("1. Plan de Okot\n\nLe plan manque.\n"));
/// ```
pub fn digest_text(language: &str, day: Option<Date>, notices: &[(&str, &str)]) -> (String, String) {
    let code = language.split(['-', '_']).next().unwrap_or_default();
    let words = ALL.iter().find(|it| it.language == code).unwrap_or(&ALL[0]);
    let number = notices.len().to_string();
    let subject = match day {
        Some(day) => words.subject.replace("{day}", &LetterWords::of(language).day(day)),
        None => words.without_day.to_owned(),
    };
    let heads: Vec<String> = (1..).zip(notices).map(|(n, (subject, _))| format!("{n}. {}", shown(subject))).collect();
    let mut text = format!("{}\n\n{}\n", words.opening.replace("{n}", &number), heads.join("\n"));
    for (head, (_, words)) in heads.iter().zip(notices) {
        text += &format!("\n{RULE}\n{head}\n\n{}\n", words.trim_end());
    }
    (subject.replace("{n}", &number), text)
}
