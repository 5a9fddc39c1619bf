//! A secret that is typed and not shown, or read from standard input where that is no terminal.

use std::io::{BufRead, IsTerminal, Read};

use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use secrecy::SecretString;

use crate::failure::Failure;
use crate::output;

/// The most that is read.
const BYTES_MAX: u64 = 64 * 1024;
const CTRL_C: u8 = 0x03;
const CTRL_D: u8 = 0x04;
const CTRL_U: u8 = 0x15;
const BACKSPACE: u8 = 0x08;
const DELETE: u8 = 0x7f;

/// Asks for a secret. `None`: it was left with Ctrl-C.
pub(crate) fn secret(question: &str) -> Result<Option<SecretString>, Failure> {
    if !std::io::stdin().is_terminal() {
        let mut text = String::new();
        let read = std::io::stdin().lock().take(BYTES_MAX).read_to_string(&mut text);
        let secret = SecretString::from(text);
        let refused = |error| Failure::Input(format!("Standard input cannot be read: {error}."));
        return read.map(|_| Some(secret)).map_err(refused);
    }
    // Silent before it asks: nothing that is typed at once is shown.
    let silence = Silence::begin()?;
    output::ask(question)?;
    let typed = typed(std::io::stdin().lock());
    drop(silence);
    output::show("\n");
    typed
}

/// One line; only what steers it is not part of it.
fn typed(input: impl BufRead) -> Result<Option<SecretString>, Failure> {
    let mut line = Vec::new();
    for byte in input.take(BYTES_MAX).bytes() {
        match byte.map_err(|error| Failure::Input(format!("The terminal cannot be read: {error}.")))? {
            CTRL_C => return Ok(None),
            b'\n' | b'\r' | CTRL_D => break,
            CTRL_U => line.clear(),
            BACKSPACE | DELETE => {
                line.pop();
            }
            other => line.push(other),
        }
    }
    let text =
        String::from_utf8(line).map_err(|_| Failure::Input("What was typed is no text.".to_owned()))?;
    Ok(Some(SecretString::from(text)))
}

/// A terminal that shows nothing and leaves every key to us, also Ctrl-C: it must not stay silent when we go.
struct Silence(Termios);

impl Silence {
    fn begin() -> Result<Self, Failure> {
        let failed = |error| Failure::Other(format!("The terminal cannot be made silent: {error}."));
        let before = tcgetattr(std::io::stdin()).map_err(failed)?;
        let mut silent = before.clone();
        silent.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        silent.special_codes[SpecialCodeIndex::VMIN] = 1;
        silent.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(std::io::stdin(), OptionalActions::Flush, &silent).map_err(failed)?;
        Ok(Self(before))
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        // A terminal that is gone needs no echo.
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Flush, &self.0);
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn what_is_typed_is_edited_and_left_as_usual() {
        let rows: [(&[u8], Option<&str>); 6] = [
            (b"sk-1\nmore", Some("sk-1")),
            (b"sk-x\x7f1\r", Some("sk-1")),
            (b"wrong\x15sk-1\n", Some("sk-1")),
            (b"sk\x03", None),
            (b"\x04", Some("")),
            (b"", Some("")),
        ];
        for (keys, expected) in rows {
            let typed = typed(keys).unwrap();
            assert_eq!(typed.as_ref().map(ExposeSecret::expose_secret), expected, "{keys:?}");
        }
    }
}
