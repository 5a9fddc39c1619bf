//! The language of a document or a query, told by its small words; word forms and stop words follow it.

use rust_stemmers::Algorithm;
use unicode_segmentation::UnicodeSegmentation;

/// A language whose word forms are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Language {
    /// Also what no other language is told by.
    English,
    German,
    French,
    Spanish,
    Italian,
}

/// Bytes of a document by which its language is told.
const TOLD_BYTES_MAX: usize = 16_000;

const ENGLISH: &str = " the a an of and or to in on at is are was were be been do does did what which who when where why how many much may can \
must should will shall with for from by this that these those there it its i you we our your his her has have had not no if as any all than such ";

const GERMAN: &str = " der die das den dem des ein eine einen einem einer eines kein keine keinen und oder aber nicht auch noch nur ist sind war \
waren wird werden wurde wurden sein hat haben hatte kann können darf dürfen muss müssen soll sollen er sie es wir ihr ich du man mich mir mein meine \
sich uns wer wen wem was wie wo wann warum welche welcher welches welchen viel viele im an am auf aus bei beim bis durch für gegen mit nach ohne seit \
über um unter von vom vor zu zum zur zwischen als ob wenn dass weil so diese dieser dieses jede jeder jedes alle gibt ";

const FRENCH: &str = " le la les un une des du de d l au aux et ou mais ne pas plus que qui quoi dont où quand comment combien pourquoi quel quelle \
quels quelles est sont était être été a ont avait avoir y en se s sa son ses ce cet cette ces il elle on nous vous je tu lui leur leurs par pour sur \
sous dans avec sans chez entre vers à si peut peuvent puis doit doivent faut tout tous toute toutes chaque qu n ";

const SPANISH: &str = " el la los las un una unos unas de del al y o pero no que qué quién cuál cuándo cuánto cuánta cuántos dónde cómo por para \
con sin sobre entre hasta desde en es son era fue ser está están estar ha han hay se su sus mi me lo le les este esta estos estas puede pueden debe \
deben tiene tienen si cada todo todos toda todas ";

const ITALIAN: &str = " il lo la i gli le un uno una di del dello della dei degli delle al allo alla ai agli alle da dal dalla nel nella nei nelle \
con su sul sulla per tra fra e o ma non che chi cosa quale quali quando quanto quanta quanti quante dove come perché è sono era essere ha hanno si \
suo sua può possono deve devono se ogni tutto tutti ";

impl Language {
    const ALL: [Self; 5] = [Self::English, Self::German, Self::French, Self::Spanish, Self::Italian];

    /// The language whose small words the beginning of `text` has most of; English where none has more.
    pub(super) fn of(text: &str) -> Self {
        let text = &text[..text.floor_char_boundary(TOLD_BYTES_MAX)];
        let mut counts = [0_usize; Self::ALL.len()];
        for word in text.unicode_words() {
            let lower = word.to_lowercase();
            for (count, language) in counts.iter_mut().zip(Self::ALL) {
                *count += usize::from(language.has_small(&lower));
            }
        }
        let mut best = 0;
        for at in 1..counts.len() {
            if counts[at] > counts[best] {
                best = at;
            }
        }
        Self::ALL[best]
    }

    /// Whether a word, in lower case, carries no topic in this language.
    pub(super) fn has_small(self, word: &str) -> bool {
        let list = match self {
            Self::English => ENGLISH,
            Self::German => GERMAN,
            Self::French => FRENCH,
            Self::Spanish => SPANISH,
            Self::Italian => ITALIAN,
        };
        !word.is_empty() && !word.contains(' ') && list.contains(&format!(" {word} "))
    }

    /// Its stemmer.
    pub(super) const fn algorithm(self) -> Algorithm {
        match self {
            Self::English => Algorithm::English,
            Self::German => Algorithm::German,
            Self::French => Algorithm::French,
            Self::Spanish => Algorithm::Spanish,
            Self::Italian => Algorithm::Italian,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_words_tell_the_language() {
        let rows = [
            ("The tenant pays the rent.", Language::English),
            ("Der Mieter zahlt die Miete an den Vermieter.", Language::German),
            ("Le locataire paie le loyer au propriétaire.", Language::French),
            ("El inquilino paga la renta por mes.", Language::Spanish),
            ("L'inquilino paga il canone ogni mese.", Language::Italian),
            ("fn main() { println!(\"x\"); }", Language::English),
            ("", Language::English),
        ];
        for (text, expected) in rows {
            assert_eq!(Language::of(text), expected, "{text}");
        }
    }
}
