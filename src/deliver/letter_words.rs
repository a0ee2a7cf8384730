//! The few fixed words of a letter on paper, in the languages in which they are known.

use jiff::civil::Date;

/// The fixed words in one language.
#[derive(Debug)]
pub(super) struct LetterWords {
    /// The code of the language.
    pub(super) language: &'static str,
    pub(super) our_reference: &'static str,
    pub(super) rests_on: &'static str,
    pub(super) because: &'static str,
    pub(super) facts: &'static str,
    pub(super) dates: &'static str,
    pub(super) until: &'static str,
    pub(super) appeal: &'static str,
    /// The right of appeal while its time runs: the day follows.
    pub(super) appeal_until: &'static str,
    /// The right of appeal while its time has not begun.
    pub(super) appeal_soon: &'static str,
    /// Between day, month and year.
    between: &'static str,
    months: [&'static str; 12],
}

impl LetterWords {
    /// The words of a language (`sw`, or `sw-UG`); English where they are not known.
    pub(super) fn of(language: &str) -> &'static LetterWords {
        let code = language.split(['-', '_']).next().unwrap_or_default();
        ALL.iter().find(|it| it.language == code).unwrap_or(&ALL[0])
    }

    /// A day as people write it.
    pub(super) fn day(&self, day: Date) -> String {
        let month = usize::try_from(day.month()).ok().and_then(|it| self.months.get(it.checked_sub(1)?));
        let (between, month) = (self.between, month.copied().unwrap_or_default());
        format!("{}{between}{month}{between}{}", day.day(), day.year())
    }
}

const ALL: [LetterWords; 5] = [
    LetterWords {
        language: "en",
        our_reference: "Our reference",
        rests_on: "What this rests on",
        because: "Reason",
        facts: "Facts that were used",
        dates: "Dates that run",
        until: "until",
        appeal: "Your right of appeal",
        appeal_until: "You may appeal until",
        appeal_soon: "You may appeal. You will be told from when the time for it runs.",
        between: " ",
        months: [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ],
    },
    LetterWords {
        language: "fr",
        our_reference: "Notre référence",
        rests_on: "Fondement",
        because: "Motif",
        facts: "Faits retenus",
        dates: "Délais en cours",
        until: "jusqu'au",
        appeal: "Votre droit de recours",
        appeal_until: "Vous pouvez former un recours jusqu'au",
        appeal_soon: "Vous pouvez former un recours. Vous serez informé du début du délai.",
        between: " ",
        months: [
            "janvier",
            "février",
            "mars",
            "avril",
            "mai",
            "juin",
            "juillet",
            "août",
            "septembre",
            "octobre",
            "novembre",
            "décembre",
        ],
    },
    LetterWords {
        language: "sw",
        our_reference: "Kumbukumbu yetu",
        rests_on: "Msingi wa barua hii",
        because: "Sababu",
        facts: "Taarifa zilizotumika",
        dates: "Tarehe za mwisho",
        until: "hadi",
        appeal: "Haki yako ya kukata rufaa",
        appeal_until: "Unaweza kukata rufaa hadi",
        appeal_soon: "Unaweza kukata rufaa. Utaarifiwa muda utakapoanza.",
        between: " ",
        months: [
            "Januari", "Februari", "Machi", "Aprili", "Mei", "Juni", "Julai", "Agosti", "Septemba", "Oktoba",
            "Novemba", "Desemba",
        ],
    },
    LetterWords {
        language: "es",
        our_reference: "Nuestra referencia",
        rests_on: "Fundamento",
        because: "Motivo",
        facts: "Hechos considerados",
        dates: "Plazos en curso",
        until: "hasta el",
        appeal: "Su derecho de recurso",
        appeal_until: "Puede presentar un recurso hasta el",
        appeal_soon: "Puede presentar un recurso. Se le comunicará cuándo empieza el plazo.",
        between: " de ",
        months: [
            "enero",
            "febrero",
            "marzo",
            "abril",
            "mayo",
            "junio",
            "julio",
            "agosto",
            "septiembre",
            "octubre",
            "noviembre",
            "diciembre",
        ],
    },
    LetterWords {
        language: "pt",
        our_reference: "Nossa referência",
        rests_on: "Fundamento",
        because: "Motivo",
        facts: "Factos considerados",
        dates: "Prazos em curso",
        until: "até",
        appeal: "O seu direito de recurso",
        appeal_until: "Pode apresentar recurso até",
        appeal_soon: "Pode apresentar recurso. Será informado do início do prazo.",
        between: " de ",
        months: [
            "janeiro",
            "fevereiro",
            "março",
            "abril",
            "maio",
            "junho",
            "julho",
            "agosto",
            "setembro",
            "outubro",
            "novembro",
            "dezembro",
        ],
    },
];
