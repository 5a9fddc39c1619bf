//! A command at a terminal of its own.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// Somebody sits before it: standard input and standard error are the terminal.
pub(crate) struct Seat {
    pub(crate) child: Child,
    terminal: File,
    screen: String,
}

impl Seat {
    pub(crate) fn take(mut command: Command) -> Self {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap();
        let open =
            || rustix::fs::open(name.as_c_str(), OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        command.stdin(Stdio::from(open())).stderr(Stdio::from(open())).env("DIVISI_WIDTH", "100");
        let child = command.spawn().unwrap();
        Self { child, terminal: terminal.into(), screen: String::new() }
    }

    /// Looks at the screen until it shows the text.
    pub(crate) fn sees(&mut self, text: &str) {
        self.sees_before(text);
    }

    /// As [`Self::sees`]; what stood before the text.
    pub(crate) fn sees_before(&mut self, text: &str) -> String {
        let mut read = [0; 4_096];
        while !self.screen.contains(text) {
            // A terminal that nobody writes to any more cannot be read.
            let bytes = self.terminal.read(&mut read).unwrap_or(0);
            assert!(bytes > 0, "'{text}' never came:\n{}", self.screen);
            self.screen += &String::from_utf8_lossy(&read[..bytes]);
        }
        let at = self.screen.find(text).unwrap_or(0);
        let before = self.screen[..at].to_owned();
        self.screen.drain(..at + text.len());
        before
    }

    pub(crate) fn types(&mut self, line: &str) {
        self.terminal.write_all(line.as_bytes()).unwrap();
        self.terminal.write_all(b"\n").unwrap();
    }

    /// The exit code, once the command has ended.
    pub(crate) fn leaves(mut self) -> Option<i32> {
        let mut rest = Vec::new();
        let _ = self.terminal.read_to_end(&mut rest);
        self.child.wait().unwrap().code()
    }
}
