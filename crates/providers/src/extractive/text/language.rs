//! The language of a question, told by its small words, with what is known of that language.

use rust_stemmers::{Algorithm, Stemmer};

/// A language with a stop list and word forms of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Language {
    /// Also what no other language is told by.
    English,
    German,
    French,
    Spanish,
    Italian,
}

const ENGLISH: &str = " the a an of and or to in on at is are was were be do does did what which who whom whose when where why how \
    many much may can must should will with for from by this that these those there it its i my we our you your has have ";

const GERMAN: &str = " der die das den dem des ein eine einen einem einer eines kein keine keinen und oder aber nicht auch noch nur \
    ist sind war waren wird werden wurde wurden sein bin hat haben hatte habe kann können könnte darf dürfen durfte muss müssen soll sollen \
    will wollen mag möchte er sie es wir ihr ich du man mich mir mein meine meinen meiner sich uns unser ihre ihrer ihren ihrem seine seinen seiner \
    wer wen wem wessen was wie wo wann warum wieso weshalb wozu woher wohin welche welcher welches welchen welchem viel viele vielen \
    hoch lang lange oft weit alt in im an am auf aus bei beim bis durch für gegen mit nach ohne seit über um unter von vom vor zu zum zur zwischen \
    als ob wenn dass weil denn so da dort hier dann dies diese dieser dieses diesem diesen jede jeder jedes alle allen alles etwas gibt es \
    pro je laut gemäß etwa sehr schon mehr ";

const FRENCH: &str = " le la les un une des du de d l au aux et ou mais donc or ni car ne pas plus que qui quoi dont où quand comment combien \
    pourquoi quel quelle quels quelles est sont était être été a ai as ont avait avoir y en se s sa son ses ce cet cette ces c il elle ils elles on \
    nous vous je j tu me m te t lui leur leurs mon ma mes notre nos votre vos par pour sur sous dans avec sans chez entre vers jusqu à si \
    peut peuvent puis peux pouvoir doit doivent dois faut fait faire t-il t-elle t-on tout tous toute toutes très aussi chaque qu n lorsque après avant ";

const SPANISH: &str = " el la los las un una unos unas de del al y o u pero no ni que qué quién quiénes quien cuál cuáles cuándo cuánto cuánta \
    cuántos cuántas dónde cómo por para con sin sobre entre hasta desde en es son era fue ser está están estar ha han hay se su sus mi mis \
    me lo le les este esta estos estas ese esa puede pueden puedo debe deben debo tiene tienen si más muy cada todo todos toda todas ";

const ITALIAN: &str = " il lo la i gli le un uno una di del dello della dei degli delle a al allo alla ai agli alle da dal dalla in nel nella nei \
    nelle con su sul sulla per tra fra e o ma non che chi cosa quale quali quando quanto quanta quanti quante dove come perché è sono era \
    essere ha hanno ho c si suo sua suoi sue mio mia può possono posso deve devono devo se più molto ogni tutto tutti tutta tutte questo questa ";

/// Words that a question in this language often has and its answer often lacks.
const SOFT: &str = " groß gelten gilt sagt steht stehen betragen beträgt dauert dauern findet statt machen macht tun bekommen erhalten erlaubt verboten \
    möglich nötig notwendig kosten kostet höhe anzahl nummer name tag tage tagen woche wochen monat monate monaten jahr jahre jahren stunden stunde uhr \
    dit dire indique prévoit prévu coûte coûter dure durée numéro nom nombre jour jours semaine semaines mois an ans année années heure heures \
    autorisé autorisée autorisées interdit interdite passe montant \
    dice cuesta dura duración número nombre día días semana semanas mes meses año años hora horas \
    dice costa durata numero nome giorno giorni settimana settimane mese mesi anno anni ora ore ";

/// Words that mean nearly the same in plain documents of other languages, a group a line.
const GROUPS: &str = "miete mietzins kaltmiete grundmiete warmmiete
kosten kostet preis betrag gebühr entgelt beitrag
lohn gehalt vergütung entgelt verdienst
urlaub ferien urlaubstage
hund hunde tier tiere haustier haustiere tierhaltung
katze katzen tier tiere haustier haustiere
wohnung wohnfläche fläche größe quadratmeter räume
groß größe fläche
zahlen zahlung bezahlen gezahlt fällig
kündigen gekündigt kündigung kündigungsfrist beenden
austreten austritt
eintreten eintritt beitreten beitritt aufnahme
beginnen beginnt beginn anfang anfangen startet
enden endet ende ablauf
reparatur reparaturen instandhaltung schönheitsreparaturen
erlauben erlaubt gestattet zulässig dürfen zustimmung
verbieten verboten untersagt
rauchen raucher rauchverbot
öffnungszeiten geöffnet öffnung
telefon telefonnummer tel mobil
adresse anschrift
leiter vorsitzender vorsitzende chef
anwesend teilnehmer teilgenommen
verschieben verschoben verlegt
loyer bail
prix coûter coûte tarif cotisation montant euros frais
salaire rémunération paie
congés vacances
horaires ouverture ouvert ouverte ouvre accueille heures
fermé fermée ferme fermeture
manger nourriture repas
fumer tabac
boire boisson boissons
interdit interdite interdites interdire défendu autorisé autorisées autorisée permis
emprunter emprunt prêt
rendre retour restituer
retard amende pénalité
perdre perds perdu perdue perte
employeur société entreprise
téléphone tél portable
adresse domicile
commencer commence début débute
finir fin termine
préavis démission résiliation rupture
animal animaux chien chat
animaux animal
précio coste cuesta tarifa
alquiler renta
abierto horario abre
cerrado cierra
prezzo costo costa tariffa
affitto canone
aperto orario apre
chiuso chiude";

impl Language {
    const ALL: [Self; 5] = [Self::English, Self::German, Self::French, Self::Spanish, Self::Italian];

    /// The language whose small words `text` has most of; English where none has more than it.
    pub(crate) fn of(text: &str) -> Self {
        let words: Vec<String> = split(text).collect();
        let count = |language: Self| words.iter().filter(|word| language.has_small(word)).count();
        let mut best = (Self::English, count(Self::English));
        for language in Self::ALL {
            let found = count(language);
            if found > best.1 {
                best = (language, found);
            }
        }
        best.0
    }

    /// Whether a word, in lower case, carries nothing in this language.
    pub(crate) fn has_small(self, word: &str) -> bool {
        let list = match self {
            Self::English => ENGLISH,
            Self::German => GERMAN,
            Self::French => FRENCH,
            Self::Spanish => SPANISH,
            Self::Italian => ITALIAN,
        };
        !word.is_empty() && !word.contains(' ') && list.contains(&format!(" {word} "))
    }

    /// Whether a question in another language than English often has this word and its answer often lacks it.
    pub(crate) fn is_soft(self, word: &str) -> bool {
        self != Self::English && SOFT.contains(&format!(" {word} "))
    }

    /// Words of other languages that mean nearly the same.
    pub(crate) fn alike(self, word: &str) -> Vec<&'static str> {
        if self == Self::English {
            return Vec::new();
        }
        let groups = GROUPS.lines().filter(|line| line.split(' ').any(|one| one == word));
        let mut found: Vec<&str> =
            groups.flat_map(|line| line.split(' ')).filter(|one| *one != word).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The stem in this language of a word or of its English stem.
    pub(crate) fn folded(self, stem: &str) -> String {
        let algorithm = match self {
            Self::English => return stem.to_owned(),
            Self::German => Algorithm::German,
            Self::French => Algorithm::French,
            Self::Spanish => Algorithm::Spanish,
            Self::Italian => Algorithm::Italian,
        };
        let folded = Stemmer::create(algorithm).stem(stem).into_owned();
        match folded.strip_prefix("ge") {
            // `gekündigt` and `Kündigung`.
            Some(rest) if self == Self::German && folded.ends_with('t') && rest.len() > 4 => rest.to_owned(),
            _ => folded,
        }
    }
}

/// Lower-case words, elided articles apart.
fn split(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_told_by_its_small_words() {
        let rows = [
            ("What is the rent?", Language::English),
            ("rent", Language::English),
            ("Wie hoch ist die Miete?", Language::German),
            ("Darf der Mieter einen Hund halten?", Language::German),
            ("Quel est le prix du billet ?", Language::French),
            ("Peut-on fumer dans la salle ?", Language::French),
            ("¿Cuánto cuesta el billete?", Language::Spanish),
            ("Quanto costa il biglietto?", Language::Italian),
            ("Who wrote Also sprach Zarathustra?", Language::English),
        ];
        for (text, expected) in rows {
            assert_eq!(Language::of(text), expected, "{text}");
        }
    }

    #[test]
    fn forms_of_a_word_have_one_stem() {
        let rows = [
            (Language::German, "mieten", "miete"),
            (Language::German, "gekündigt", "gekündigte"),
            (Language::French, "autorisées", "autorisé"),
            (Language::Spanish, "billetes", "billete"),
            (Language::Italian, "biglietti", "biglietto"),
            (Language::English, "rent", "rent"),
        ];
        for (language, one, other) in rows {
            assert_eq!(language.folded(one), language.folded(other), "{one} {other}");
        }
        assert!(Language::German.alike("miete").contains(&"kaltmiete"));
        assert!(Language::English.alike("miete").is_empty());
        assert!(Language::French.is_soft("durée") && !Language::English.is_soft("durée"));
    }
}
