//! Lines typed at the terminal, read by a thread of their own: whoever waits for one can give up waiting.

use std::io::BufRead;

use rustix::termios::{QueueSelector, tcflush};
use tokio::sync::mpsc;

use crate::failure::Failure;

/// Lines that were typed and that nobody has taken yet.
const LINES_WAITING_MAX: usize = 64;

/// The keyboard of this process. Its thread ends with the process, or with standard input.
#[derive(Debug)]
pub(crate) struct Keyboard(mpsc::Receiver<String>);

impl Keyboard {
    /// Begins to read.
    pub(crate) fn open() -> Result<Self, Failure> {
        let (typed, lines) = mpsc::channel(LINES_WAITING_MAX);
        let reading = std::thread::Builder::new().name("keyboard".to_owned()).spawn(move || {
            for line in std::io::stdin().lock().lines().map_while(Result::ok) {
                if typed.blocking_send(line).is_err() {
                    return;
                }
            }
        });
        reading.map_err(|error| Failure::setup(format!("The keyboard cannot be read: {error}.")))?;
        Ok(Self(lines))
    }

    /// Forgets what was typed so far: it was meant for another question.
    pub(crate) fn forget(&mut self) {
        // Where it is no terminal there is nothing half typed.
        let _ = tcflush(std::io::stdin(), QueueSelector::IFlush);
        while self.0.try_recv().is_ok() {}
    }

    /// The next line; `None` where no more will come.
    pub(crate) async fn line(&mut self) -> Option<String> {
        self.0.recv().await
    }
}
