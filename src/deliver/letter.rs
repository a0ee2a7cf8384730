//! A notice on paper: a page in HTML that stands alone and is ready for print, and a short text for a telephone.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::Date;
use serde::Deserialize;

use super::encode::escaped;
use super::letter_words::LetterWords;
use super::settings::SettingsFault;
use crate::casework::{Letter, Sheet};

/// The greatest picture that a letter carries.
const GREATEST_LOGO: u64 = 1_000_000;

/// The `[letters]` section as it is written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LetterSettings {
    /// The folder, relative to the project; `letters` if none is given.
    pub folder: Option<PathBuf>,
    /// The name of the office.
    pub office: Option<String>,
    /// Its address; a new line for each of its lines.
    pub address: Option<String>,
    /// A picture (PNG, JPEG or SVG), relative to the project.
    pub logo: Option<PathBuf>,
    /// Who signs: name or office, below the line for the signature.
    pub signed_by: Option<String>,
}

/// The `[phone]` section as it is written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PhoneSettings {
    /// The folder, relative to the project; `texts` if none is given.
    pub folder: Option<PathBuf>,
}

/// What stands on every letter of an office.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Letterhead {
    office: String,
    address: String,
    /// The picture, as an address that holds all of it.
    logo: Option<String>,
    signed_by: String,
}

impl Letterhead {
    /// The head that the settings describe; reads the picture.
    ///
    /// # Errors
    /// When the picture can't be read, is none, or is too great.
    pub fn of(settings: &LetterSettings, project: &Path) -> Result<Self, SettingsFault> {
        Ok(Self {
            office: settings.office.clone().unwrap_or_default(),
            address: settings.address.clone().unwrap_or_default(),
            logo: settings.logo.as_ref().map(|it| inlined(project.join(it))).transpose()?,
            signed_by: settings.signed_by.clone().unwrap_or_default(),
        })
    }
}

fn inlined(path: PathBuf) -> Result<String, SettingsFault> {
    let kind = match path.extension().and_then(|it| it.to_str()).map(str::to_ascii_lowercase).as_deref() {
        Some("png") => "png",
        Some("jpg" | "jpeg") => "jpeg",
        Some("svg") => "svg+xml",
        _ => return Err(SettingsFault::Logo { path, fault: "is no picture that ends in .png, .jpg or .svg" }),
    };
    match fs::metadata(&path) {
        Ok(it) if it.len() > GREATEST_LOGO => {
            return Err(SettingsFault::Logo { path, fault: "is greater than a million bytes" });
        }
        _ => {}
    }
    let bytes = fs::read(&path).map_err(|_| SettingsFault::Logo { path, fault: "can't be read" })?;
    Ok(format!("data:image/{kind};base64,{}", STANDARD.encode(bytes)))
}

/// A page of paper: A4, without anything from elsewhere; it prints as it stands.
const STYLE: &str = "@page { size: A4; margin: 20mm 20mm 25mm 25mm }
* { box-sizing: border-box }
body { font: 11pt/1.4 Georgia, 'Times New Roman', serif; color: #000; max-width: 165mm; margin: 0 auto }
header { display: flex; justify-content: space-between; border-bottom: 1pt solid #000; padding-bottom: 4mm }
header img { max-height: 25mm; max-width: 60mm }
header strong { font-size: 14pt }
.to { margin-top: 12mm; min-height: 28mm }
.reference { text-align: right }
h1 { font-size: 12pt; margin: 8mm 0 4mm }
h2 { font-size: 11pt; margin: 6mm 0 1mm }
h2, dt, .signature { break-after: avoid; break-inside: avoid }
ul { margin: 0; padding-left: 6mm }
.signature { margin-top: 22mm; width: 75mm; border-top: 1pt solid #000; padding-top: 2mm }
@media screen { body { padding: 15mm } }";

/// A letter as a page in HTML. The same letter is the same bytes, whenever it is made. All that stands in it is text: nothing from a record or a
/// policy is ever markup.
#[must_use]
pub fn letter_page(head: &Letterhead, letter: &Letter, (case, language): (i64, &str), day: &str) -> Vec<u8> {
    let words = LetterWords::of(language);
    let sheet = letter.sheet.clone().unwrap_or_default();
    let mut page = String::new();
    let dated = day.parse::<Date>().map_or_else(|_| day.to_owned(), |it| words.day(it));
    let (title, tag) = (escaped(&letter.subject), escaped(language));
    // Writing to a String can't fail.
    let _ = write!(
        page,
        "<!DOCTYPE html>\n<html lang=\"{tag}\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n<style>\n{STYLE}\n</style>\n</head>\n<body>\n<header>\n<div><strong>{}</strong><br>\n{}</div>\n",
        escaped(&head.office),
        lines(&head.address)
    );
    if let Some(logo) = &head.logo {
        let _ = writeln!(page, "<img alt=\"\" src=\"{logo}\">");
    }
    let name = letter.name.as_ref().map_or_else(String::new, |it| format!("{}<br>\n", escaped(it)));
    let address = letter.address.as_deref().unwrap_or_default().replace(';', "\n");
    let _ = write!(
        page,
        "</header>\n<address class=\"to\" style=\"font-style: normal\">{name}{}</address>\n<p class=\"reference\">{}<br>\n{}: {case}</p>\n<h1>{title}</h1>\n",
        lines(&address),
        escaped(&dated),
        words.our_reference
    );
    for paragraph in letter.text.split("\n\n").map(str::trim).filter(|it| !it.is_empty()) {
        let _ = writeln!(page, "<p>{}</p>", lines(paragraph));
    }
    below(&mut page, words, &sheet);
    let signed = if head.signed_by.is_empty() { &head.office } else { &head.signed_by };
    let _ = write!(page, "<div class=\"signature\">{}</div>\n</body>\n</html>\n", lines(signed));
    page.into_bytes()
}

/// What stands below the words: on what it rests, the facts, the dates that run, the right of appeal.
fn below(page: &mut String, words: &LetterWords, sheet: &Sheet) {
    let rests_on = sheet.rests_on.iter().map(|(title, cite)| match cite {
        Some(cite) => format!("{title}: {cite}"),
        None => title.clone(),
    });
    listed(page, words.rests_on, rests_on.chain(sheet.because.iter().map(|it| format!("{}: {it}", words.because))));
    listed(page, words.facts, sheet.facts.iter().map(|(name, value)| format!("{}: {value}", spelled(name))));
    let dates = sheet.dates.iter().map(|(what, day)| format!("{what}: {} {}", words.until, words.day(*day)));
    listed(page, words.dates, dates);
    listed(
        page,
        words.appeal,
        sheet.appeal.iter().map(|it| match it.until {
            Some(day) => format!("{} {}.", words.appeal_until, words.day(day)),
            None => words.appeal_soon.to_owned(),
        }),
    );
}

fn listed(page: &mut String, title: &str, items: impl Iterator<Item = String>) {
    let items: Vec<String> = items.map(|it| format!("<li>{}</li>", lines(&it))).collect();
    if !items.is_empty() {
        let _ = write!(page, "<h2>{}</h2>\n<ul>\n{}\n</ul>\n", escaped(title), items.join("\n"));
    }
}

/// A name as people read it: `own_grade` is "Own grade".
fn spelled(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut signs = words.chars();
    signs.next().map_or_else(String::new, |first| first.to_uppercase().chain(signs).collect())
}

fn lines(text: &str) -> String {
    text.lines().map(|it| escaped(it.trim())).collect::<Vec<_>>().join("<br>\n")
}

/// A notice as a short text: the number on the first line, then the subject, then the words. No markup.
#[must_use]
pub fn phone_text(letter: &Letter) -> Vec<u8> {
    let number = letter.address.as_deref().unwrap_or_default();
    let number: String = number.chars().filter(|it| !it.is_control()).collect();
    let words: Vec<&str> = letter.text.lines().map(str::trim).filter(|it| !it.is_empty()).collect();
    format!("{number}\n{}\n{}\n", letter.subject, words.join("\n")).into_bytes()
}
