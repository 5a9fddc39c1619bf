//! What a question wants and which of its words only frame it: the reader's own word for the thing (`which candidates`)
//! and its verb seldom stand in the documents, the thing asked about does.

use crate::extractive::text::language::Language;
use crate::extractive::text::lexicon::is_stop;
use crate::extractive::text::word::{Word, words};

/// What kind of answer is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    /// Somebody.
    Person,
    /// A date or a time of day.
    Time,
    /// A place.
    Place,
    /// A number.
    Number,
    /// A sum of money.
    Money,
    /// Anything.
    Other,
}

/// A question's frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) want: Want,
    /// Stems of the words that name what the answer is.
    categories: Vec<String>,
    /// Stems of its verbs.
    verbs: Vec<String>,
}

/// What a word of the frame weighs where the documents do not have it.
const CATEGORY: f64 = 0.25;
const VERB: f64 = 0.4;
/// Bytes of `longest` and its like.
const SUPERLATIVE_BYTES_MIN: usize = 5;

const HELPING: &str = " do does did is are was were be been can could may might must shall should will would has have had \
    kann kannst können darf dürfen muss müssen soll sollen wird werden wurde hat haben ist sind war gibt \
    peut peuvent puis doit doivent faut est sont a ont sera \
    puede pueden debe deben es son está tiene può possono deve devono è sono ha ";
const SUBJECTS: &str = " i you we he she it they one somebody someone staff people man ich sie er wir je tu il elle on nous vous ";
const BEFORE_NOUNS: &str = " the a an of in on at for with to my your our their his her its this that any no every each \
    from by about per under der die das dem den des ein eine einen einem einer kein keine mein meine meinen zum zur vom im am \
    le la les l un une des du de d mon ma mes el los las una il lo gli dei delle della ";

impl Frame {
    /// The frame of `question`.
    pub(super) fn of(question: &str) -> Self {
        let words = words(question);
        let raw: Vec<String> =
            words.iter().map(|word| question[word.start..word.end].to_lowercase()).collect();
        let mut frame = Self { want: want(&raw), categories: Vec::new(), verbs: Vec::new() };
        for at in 0..words.len() {
            frame.take(at, &words, &raw, Language::of(question));
        }
        frame
    }

    /// What an absent word weighs, as a share of what it would otherwise.
    pub(super) fn absent(&self, stem: &str) -> Option<f64> {
        let has = |stems: &[String]| stems.iter().any(|known| known == stem);
        if has(&self.categories) {
            Some(CATEGORY)
        } else if has(&self.verbs) {
            Some(VERB)
        } else {
            None
        }
    }

    /// Whether a word is a verb of the question.
    pub(super) fn is_verb(&self, stem: &str) -> bool {
        self.verbs.iter().any(|known| known == stem)
    }

    fn take(&mut self, at: usize, words: &[Word], raw: &[String], language: Language) {
        let small = |at: usize| match language {
            Language::English => is_stop(&words[at].stem),
            _ => language.has_small(&raw[at]),
        };
        let next = at + 1;
        let stem = |at: usize| words[at].stem.clone();
        match raw[at].as_str() {
            "which" | "any" | "welche" | "welcher" | "welches" | "welchen" | "quel" | "quelle" | "quels"
            | "quelles" | "cuál" | "quale" | "quali" => {
                if let Some(noun) = (next..words.len()).find(|next| !small(*next)) {
                    self.categories.push(stem(noun));
                    if noun + 1 < words.len() && !small(noun + 1) {
                        self.verbs.push(stem(noun + 1));
                    }
                }
            }
            "who" | "wer" | "qui" | "quién" | "chi" if next < words.len() && !small(next) => {
                self.verbs.push(stem(next));
            }
            "how" if next < words.len() && !small(next) => self.categories.push(stem(next)),
            one if SUBJECTS.contains(&format!(" {one} ")) && next < words.len() && !small(next) => {
                self.verbs.push(stem(next));
            }
            _ => {}
        }
        // The best of a kind is the reader's word; the documents give the values.
        if raw[at].len() > SUPERLATIVE_BYTES_MIN && raw[at].ends_with("est") {
            self.categories.push(stem(at));
        }
        let helps = raw[..at].iter().any(|word| HELPING.contains(&format!(" {word} ")));
        let behind_noun_mark = at > 0 && BEFORE_NOUNS.contains(&format!(" {} ", raw[at - 1]));
        // `Is the water heated?` asks for nothing but that.
        let told = matches!(raw[0].as_str(), "is" | "are" | "was" | "were");
        if next == words.len() && at > 1 && helps && !told && !behind_noun_mark && !small(at) {
            self.verbs.push(stem(at));
        }
    }
}

fn want(raw: &[String]) -> Want {
    let has = |cues: &[&str]| raw.iter().take(4).any(|word| cues.contains(&word.as_str()));
    let first = |cues: &[&str]| raw.first().is_some_and(|word| cues.contains(&word.as_str()));
    let pair = |one: &str, others: &[&str]| {
        raw.windows(2).any(|pair| pair[0] == one && others.contains(&pair[1].as_str()))
    };
    if has(&["when", "wann", "quand", "cuándo", "quando", "heure"]) || raw.join(" ").contains("what time") {
        return Want::Time;
    }
    let joined = format!(" {} ", raw.join(" "));
    let costs = [
        "cost", "costs", "price", "kostet", "kosten", "teuer", "coûte", "cuesta", "costa", "salary", "pay",
        "rate", "fee", "rent", "paid", "zahlen", "gezahlt", "zahlt", "bezahlt", "miete", "prix", "payer",
        "payé",
    ];
    if raw.iter().any(|word| costs.contains(&word.as_str()))
        || [" how much is ", " how much are ", " how much does ", " how much do ", " how much will "]
            .iter()
            .any(|cue| joined.contains(cue))
    {
        return Want::Money;
    }
    if pair(
        "how",
        &["many", "much", "long", "old", "high", "far", "large", "big", "often", "warm", "cold", "hot"],
    ) || pair(
        "wie",
        &["viel", "viele", "hoch", "lang", "lange", "groß", "oft", "weit", "alt", "teuer", "schwer"],
    ) || has(&[
        "combien", "cuánto", "cuánta", "cuántos", "cuántas", "quanto", "quanta", "quanti", "quante",
    ]) || has(&["amount"])
    {
        Want::Number
    } else if first(&["who", "whom", "whose", "wer", "wen", "wem", "qui", "quién", "chi"]) {
        Want::Person
    } else if has(&["where", "wo", "wohin", "où", "dónde", "dove"]) {
        Want::Place
    } else {
        Want::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extractive::text::word::stems;

    #[test]
    fn the_readers_own_words_weigh_little_where_they_are_absent() {
        let rows = [
            ("Which candidates know Rust?", "candidates", true),
            ("Which candidates know Rust?", "Rust", false),
            ("Who speaks German?", "speaks", true),
            ("Was the release postponed?", "postponed", false),
            ("Did they postpone the release?", "postpone", true),
            ("Was the release postponed?", "release", false),
            ("Who has the longest experience?", "longest", true),
            ("Can I bring my dog?", "bring", true),
            ("Can I bring my dog?", "dog", false),
            ("What is the weight of the shelf?", "weight", false),
            ("Must I wear a helmet?", "helmet", false),
            ("Wer reinigt die Treppe?", "reinigt", true),
            ("Darf man einen Hund halten?", "halten", true),
            ("Darf man einen Hund halten?", "Hund", false),
            ("Que se passe-t-il si je perds un livre ?", "perds", true),
        ];
        for (question, word, expected) in rows {
            let stem = stems(word).remove(0);
            assert_eq!(Frame::of(question).absent(&stem).is_some(), expected, "{question} {word}");
        }
    }

    #[test]
    fn what_is_wanted_is_told_by_the_first_words() {
        let rows = [
            ("Who wrote it?", Want::Person),
            ("When does it end?", Want::Time),
            ("Where is it?", Want::Place),
            ("How many are there?", Want::Number),
            ("What does a ticket cost?", Want::Money),
            ("How much of it is left?", Want::Number),
            ("Wie hoch ist sie?", Want::Number),
            ("Wer ist es?", Want::Person),
            ("Quand commence-t-il ?", Want::Time),
            ("Wann muss die Miete gezahlt werden?", Want::Time),
            ("What is it?", Want::Other),
        ];
        for (question, expected) in rows {
            assert_eq!(Frame::of(question).want, expected, "{question}");
        }
    }
}
