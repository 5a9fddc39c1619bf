//! JSON schemas in the dialects that vendors accept.
//!
//! Ours are derived from Rust types: `$defs`, `$ref`, number formats, `oneOf` of constants with descriptions. What a
//! dialect cannot say and may be left out (bounds, formats, defaults) is left out, since our own check stands behind
//! every answer. Where leaving out would change what the shape *is* (maps, tuples, anything goes), there is no
//! conversion, and the caller asks in another way.

mod asked;
mod bounded;
mod convert;
mod converted;
mod node;
mod steps;

pub(crate) use asked::asked_in_words;
pub(crate) use bounded::bounded;
pub(crate) use convert::convert;
pub(crate) use converted::{Converted, written};

/// How a vendor wants references.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refs {
    /// `$defs` stay; types may refer to themselves.
    Kept,
    /// `$defs` stay; a type that refers to itself cannot be said.
    KeptAcyclic,
    /// Every reference is replaced by what it refers to.
    Inlined,
}

/// How a vendor wants "or null".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nulls {
    /// `anyOf` with the type `null`.
    AnyOf,
    /// `nullable: true`.
    Nullable,
}

/// What a vendor accepts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dialect {
    /// References.
    pub(crate) refs: Refs,
    /// "Or null".
    pub(crate) nulls: Nulls,
    /// Whether objects say `additionalProperties: false` and require every property. An optional property of ours
    /// may always be given, so that every answer to the stricter schema also fits ours.
    pub(crate) strict: bool,
    /// Keywords that are kept as they are.
    pub(crate) kept: &'static [&'static str],
    /// Values of `format` that are kept.
    pub(crate) formats: &'static [&'static str],
    /// Whether types are written in capitals.
    pub(crate) capitals: bool,
    /// Whether a number with bounds is written as the values that it may have: grammars of local servers hold a model to
    /// an enumeration and pass over bounds. Every answer to the narrower schema also fits ours.
    pub(crate) steps: bool,
}
