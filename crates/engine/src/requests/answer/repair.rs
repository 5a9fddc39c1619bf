//! What was done to an answer before it could be used: for the trace.

use std::collections::BTreeSet;

/// One kind of repair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Repair {
    /// Thoughts, fences or prose around the object were left out.
    Surroundings,
    /// A comment was skipped.
    Comment,
    /// A comma that nothing follows was skipped.
    Comma,
    /// Other quotes than JSON's were read.
    Quotes,
    /// A key without quotes was read.
    BareKey,
    /// A literal of Python, or a word without quotes, was read.
    Literal,
    /// A number in another notation was read.
    Number,
    /// An escape that JSON does not have was read as its character.
    Escape,
    /// A line end or another control character stood in a text.
    ControlCharacter,
    /// The last brace was missing.
    Closed,
    /// An object around the answer was taken off.
    Unwrapped,
    /// One value stood where a list is wanted, or the other way round.
    List,
    /// A key was written in another way.
    Key,
    /// A text was a number, or a number a text.
    Type,
    /// A constant was written in another way.
    Constant,
    /// `null` stood where something optional may be left out.
    Null,
    /// Names that do not exist, or more items than asked for, were left out.
    LeftOut,
    /// A quotation was read from the place that its citation names.
    Quotation,
}

/// All kinds that were needed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Repairs(BTreeSet<Repair>);

impl Repairs {
    pub(super) fn note(&mut self, repair: Repair) {
        self.0.insert(repair);
    }

    pub(super) fn extend(&mut self, more: &Self) {
        self.0.extend(&more.0);
    }

    pub(super) fn has(&self, repair: Repair) -> bool {
        self.0.contains(&repair)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
