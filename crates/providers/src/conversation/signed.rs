//! Call ids that carry a vendor's signature.
//!
//! Gemini wants the opaque signature of a call back with it in the next turn, from the model that made it. The id of a
//! call is the one thing that goes with it through storage, restarts and other wires, so model and signature travel
//! behind the id. `~` is in no id that a wire takes: other wires give such a call an id of their own (see `turns`).

const MARK: char = '~';

/// The signature of a call, and the model that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Signature<'a> {
    /// The model.
    pub(crate) model: &'a str,
    /// What it signed the call with.
    pub(crate) text: &'a str,
}

/// `id` with its signature behind it.
pub(crate) fn signed(id: &str, signature: Option<Signature<'_>>) -> String {
    let id = id.replace(MARK, "_");
    match signature {
        Some(Signature { model, text }) => format!("{id}{MARK}{model}{MARK}{text}"),
        None => id,
    }
}

/// The id and the signature that [`signed`] put together.
pub(crate) fn unsigned(id: &str) -> (&str, Option<Signature<'_>>) {
    let Some((bare, rest)) = id.split_once(MARK) else { return (id, None) };
    (bare, rest.split_once(MARK).map(|(model, text)| Signature { model, text }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_comes_back_as_it_went() {
        let rows = [
            ("call_1", None, "call_1"),
            ("call_1", Some("Ab+/=="), "call_1"),
            ("", Some("A~B"), ""),
            ("a~b", Some("S"), "a_b"),
            ("a~b", None, "a_b"),
        ];
        for (id, text, id_back) in rows {
            let signature = text.map(|text| Signature { model: "gemini-3-pro", text });
            let whole = signed(id, signature);
            assert_eq!(unsigned(&whole), (id_back, signature), "{whole}");
        }
    }
}
