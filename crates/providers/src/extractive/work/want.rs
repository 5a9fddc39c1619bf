//! Whether a statement has the kind of value that a question wants.

use super::frame::Want;
use crate::extractive::text::language::Language;
use crate::extractive::text::number::{has_number, is_year};

const MONTHS: &str = " january february march april may june july august september october november december monday tuesday \
    wednesday thursday friday saturday sunday januar februar märz mai juni juli oktober dezember montag dienstag mittwoch donnerstag \
    freitag samstag sonntag janvier février mars avril juin juillet août septembre octobre novembre décembre lundi mardi mercredi \
    jeudi vendredi samedi dimanche enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre gennaio \
    febbraio aprile maggio giugno luglio settembre ottobre dicembre ";
const TIMES: &str = " day days week weeks month months year years hour hours quarter today tomorrow yesterday immediately once until \
    tag tage tagen werktag monats jahres woche wochen monat monate monaten jahr jahre jahren uhr jahresende quartal jour jours semaine semaines mois ans \
    heures heure día días semana mes año giorno settimana mese anno ";

/// Whether `text` has what is wanted; what may be anything is in none.
pub(super) fn is_in(want: Want, text: &str, language: Language) -> bool {
    match want {
        Want::Other => false,
        Want::Number => has_number(text) || is_free(text),
        Want::Money => has_number(text) && has_currency(text) || is_free(text),
        Want::Time => has_time(text),
        Want::Person => has_person(text, language),
        Want::Place => has_place(text),
    }
}

fn has_currency(text: &str) -> bool {
    const NAMED: &str = " euro euros eur pound pounds gbp dollar dollars usd franken francs chf pence cent cents fee price cost costs rate \
        charge charges rent salary pay paid preis kosten kostet gebühr miete prix coûte tarif cotisation salaire loyer precio prezzo ";
    text.contains(['€', '$', '£', '¥'])
        || words(text).any(|word| NAMED.contains(&format!(" {} ", word.to_lowercase())))
}

fn is_free(text: &str) -> bool {
    let free = ["free", "kostenlos", "kostenfrei", "gratis", "gratuit", "gratuite", "gratuits", "gratuito"];
    words(text).any(|word| free.contains(&word.to_lowercase().as_str()))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

fn has_time(text: &str) -> bool {
    let dated = words(text).any(|word| MONTHS.contains(&format!(" {} ", word.to_lowercase())));
    let timed = words(text).any(|word| TIMES.contains(&format!(" {} ", word.to_lowercase())));
    let clock = text.split_whitespace().any(|word| {
        word.split_once(':').is_some_and(|(hour, minute)| {
            hour.ends_with(|c: char| c.is_ascii_digit()) && minute.starts_with(|c: char| c.is_ascii_digit())
        })
    });
    let lower = text.to_lowercase();
    let spoken = ["half past ", "quarter past ", "quarter to ", "o'clock", " noon", " midnight"];
    let spoken = spoken.iter().any(|mark| lower.contains(mark));
    dated || timed || clock || spoken || words(text).any(is_year)
}

/// Two words with a capital side by side, a title before one, or, but in German, one that does not open the statement.
fn has_person(text: &str, language: Language) -> bool {
    let loose = language != Language::German && words(text).skip(1).any(is_name);
    is_called(text) || loose
}

/// Whether somebody or something is called by a name: `Ann Lee`, `Mrs Lee`, `called Tidepool`.
pub(super) fn is_called(text: &str) -> bool {
    const CALLING: [&str; 22] = [
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "herr",
        "herrn",
        "frau",
        "mme",
        "monsieur",
        "madame",
        "named",
        "called",
        "by",
        "is",
        "heißt",
        "namens",
        "namen",
        "s'appelle",
        "señor",
        "señora",
        "signor",
    ];
    let parts: Vec<&str> = text.split_whitespace().collect();
    let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    parts.windows(2).any(|pair| {
        let (one, other) = (bare(pair[0]), bare(pair[1]));
        let joined = pair[0].ends_with(char::is_alphanumeric);
        let titled = CALLING.contains(&one.to_lowercase().as_str());
        is_name(&other) && (titled || joined && is_name(&one) && !is_article(&one))
    })
}

/// A word with a capital, neither a month nor an acronym.
fn is_name(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(char::is_uppercase)
        && letters.next().is_some_and(char::is_lowercase)
        && !MONTHS.contains(&format!(" {} ", word.to_lowercase()))
}

fn is_article(word: &str) -> bool {
    matches!(
        word,
        "The"
            | "A"
            | "An"
            | "Der"
            | "Die"
            | "Das"
            | "Dem"
            | "Den"
            | "Ein"
            | "Eine"
            | "Le"
            | "La"
            | "Les"
            | "Un"
            | "Une"
            | "El"
            | "Il"
            | "Für"
            | "Zwischen"
            | "Über"
            | "Each"
            | "Every"
            | "All"
            | "Vorsitzende"
            | "Kein"
            | "Keine"
            | "Im"
            | "In"
            | "Am"
    )
}

fn has_place(text: &str) -> bool {
    words(text).any(|word| {
        matches!(
            word.to_lowercase().as_str(),
            "in" | "at"
                | "to"
                | "from"
                | "on"
                | "near"
                | "room"
                | "street"
                | "im"
                | "am"
                | "bei"
                | "nach"
                | "à"
                | "au"
                | "dans"
                | "chez"
                | "en"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_known_by_their_marks() {
        let rows = [
            (Want::Time, "It ends on 3 May.", true),
            (Want::Time, "It ends soon.", false),
            (Want::Time, "It opens at 9:30.", true),
            (Want::Time, "It opens at half past nine.", true),
            (Want::Time, "It costs 3.000 Euro.", false),
            (Want::Person, "The chair is Ann Lee.", true),
            (Want::Person, "Lotte was against it.", false),
            (Want::Person, "The water is cold.", false),
            (Want::Number, "It costs three pounds.", true),
            (Want::Number, "It is cheap.", false),
            (Want::Money, "Each meal costs GBP 9.80.", true),
            (Want::Money, "One meal in three is free.", true),
            (Want::Money, "One meal in three is vegetarian.", false),
            (Want::Place, "We meet in the shed.", true),
            (Want::Place, "We meet.", false),
            (Want::Other, "We meet on 3 May.", false),
        ];
        for (want, text, expected) in rows {
            assert_eq!(is_in(want, text, Language::English), expected, "{want:?} {text}");
        }
    }
}
