//! Emphasis and colours, or nothing where they are not wanted.

/// Whether escapes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Paint(pub(crate) bool);

macro_rules! styles {
    ($($name:ident = $open:literal, $close:literal;)+) => {
        impl Paint {
            $(pub(crate) fn $name(self, text: &str) -> String {
                if self.0 && !text.is_empty() { format!("\x1b[{}m{text}\x1b[{}m", $open, $close) } else { text.to_owned() }
            })+
        }
    };
}

styles! {
    bold = 1, 22;
    dim = 2, 22;
    italic = 3, 23;
    underline = 4, 24;
    red = 31, 39;
    green = 32, 39;
    yellow = 33, 39;
    cyan = 36, 39;
}
