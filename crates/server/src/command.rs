//! Commands to a task. One that comes with a key of the caller's is carried out once, however often it is sent.

use divisi_api::Code;
use divisi_domain::id::{InputId, TaskId};
use divisi_domain::task::Input;
use divisi_engine::core::Side;
use divisi_engine::driver::Handle;
use serde::Serialize;

use crate::api::Api;
use crate::problem::Failure;

/// Events read at a time.
const PAGE_EVENTS: usize = 1_000;
/// Bytes of an input id that stand for the caller's key; the others stand for the request.
const KEY_BYTES: usize = 8;

/// The id under which a command is recorded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Command {
    id: InputId,
    keyed: bool,
}

impl Api {
    /// The id of a command: of the caller's key and of the request, else a fresh one.
    pub(crate) fn named(
        &self,
        handle: &Handle,
        key: Option<&str>,
        verb: &str,
        body: &impl Serialize,
    ) -> Command {
        let Some(key) = key else { return Command { id: handle.fresh_input(), keyed: false } };
        let mut id = self.derived("divisi command key v1", key);
        let mut request = blake3::Hasher::new_derive_key("divisi command request v1");
        request.update(verb.as_bytes());
        request.update(&[0]);
        // Bodies are plain data, which always encodes.
        let written = serde_json::to_writer(&mut request, body);
        debug_assert!(written.is_ok());
        let digest = request.finalize();
        let (_, rest) = id.split_at_mut(KEY_BYTES);
        rest.copy_from_slice(&digest.as_bytes()[..rest.len()]);
        Command { id: InputId(id), keyed: true }
    }

    /// Tells a task something. When this returns it is durable; a command that was carried out before changes nothing.
    pub(crate) async fn command(
        &self,
        task: TaskId,
        command: Command,
        input: Input,
        sides: Vec<Side>,
    ) -> Result<(), Failure> {
        if self.known(task, command).await? {
            return Ok(());
        }
        match self.handle()?.command(self.key(task), command.id, input, sides).await {
            Ok(_) => Ok(()),
            // The same command may have come first on another connection.
            Err(_) if self.known(task, command).await? => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether the log has this command. Another request under the same key is refused.
    async fn known(&self, task: TaskId, command: Command) -> Result<bool, Failure> {
        if !command.keyed {
            return Ok(false);
        }
        let (stream, id) = (self.key(task).stream(), command.id);
        self.read(move |reads| {
            let mut after = 0;
            loop {
                let page = reads.events(&stream, after, PAGE_EVENTS)?;
                let same = page.iter().find(|event| event.input_id.0[..KEY_BYTES] == id.0[..KEY_BYTES]);
                match (same, page.last()) {
                    (Some(event), _) if event.input_id == id => return Ok(true),
                    (Some(_), _) => return Err(mismatch()),
                    (None, Some(last)) if page.len() == PAGE_EVENTS => after = last.seq,
                    (None, _) => return Ok(false),
                }
            }
        })
        .await
    }
}

fn mismatch() -> Failure {
    let sentence = "This key was used for another request to this task before. Take a fresh one.";
    Failure::new(Code::IdempotencyMismatch, sentence)
}
