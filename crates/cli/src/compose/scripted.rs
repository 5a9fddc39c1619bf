//! The scripted provider with its clock and its witness: there only where a setting names a script.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;

use divisi_domain::name::Name;
use divisi_domain::time::Millis;
use divisi_engine::core::Terms;
use divisi_llm::Provider as _;
use divisi_providers::Scripted;
use divisi_providers::scripted::{EffectSink, Script, Sleeper};
use futures::future::BoxFuture;

use super::session::SessionError;
use crate::config::Settings;

/// Input tokens that a scripted call is said to take at most.
const SCRIPT_INPUT_TOKENS_MAX: u32 = 8_000;

/// The provider of the script that the settings name, if they name one.
pub(super) fn scripted(settings: &Settings) -> Result<Option<Scripted>, SessionError> {
    let Some(path) = &settings.script else { return Ok(None) };
    let unusable =
        |why: String| SessionError::Setup(format!("the script '{}' cannot be used: {why}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| unusable(error.to_string()))?;
    let script = Script::from_json(&text).map_err(|error| unusable(error.to_string()))?;
    let scripted = Scripted::new(script).with_sleeper(Arc::new(TokioSleeper));
    Ok(Some(match &settings.script_witness {
        Some(socket) => scripted.with_sink(Arc::new(Witness { socket: socket.clone() })),
        None => scripted,
    }))
}

/// What calls of the script's own model cost; `None` where the script names no model.
pub(super) fn script_terms(script: &Scripted) -> Option<(Name, Name, Terms)> {
    let model = script.script().model.parse().ok()?;
    let terms = Terms::of(script.script().price, SCRIPT_INPUT_TOKENS_MAX);
    Some((script.name().clone(), model, terms))
}

/// Waits as long as the script says.
struct TokioSleeper;

impl Sleeper for TokioSleeper {
    #[expect(clippy::disallowed_methods, reason = "a script's latency is real time")]
    fn sleep(&self, span: Millis) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(span.into()))
    }
}

/// Another process that notes every attempt before it goes on: one line in, one byte back.
struct Witness {
    socket: PathBuf,
}

impl EffectSink for Witness {
    fn attempt_started(&self, idempotency_key: &str, attempt: u16) -> std::io::Result<()> {
        // The witness may take its time: other work of this thread goes on elsewhere.
        tokio::task::block_in_place(|| {
            let mut stream = UnixStream::connect(&self.socket)?;
            stream.write_all(format!("{idempotency_key} {attempt}\n").as_bytes())?;
            stream.read_exact(&mut [0])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_no_scripted_provider_without_a_script() {
        assert!(scripted(&Settings::default()).unwrap().is_none());
    }

    #[test]
    fn a_script_that_cannot_be_used_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "{\"colour\": 1}").unwrap();
        for path in [file.path().to_owned(), PathBuf::from("nowhere.json")] {
            let settings = Settings { script: Some(path.clone()), ..Settings::default() };
            let error = scripted(&settings).unwrap_err().to_string();
            assert!(error.contains(&path.display().to_string()), "{error}");
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn the_witness_hears_of_an_attempt_before_it_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("witness");
        let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let heard = std::thread::scope(|scope| {
            let listening = scope.spawn(|| {
                let (mut stream, _) = listener.accept().unwrap();
                let mut heard = [0; 64];
                let read = stream.read(&mut heard).unwrap();
                stream.write_all(b".").unwrap();
                String::from_utf8_lossy(&heard[..read]).into_owned()
            });
            Witness { socket: socket.clone() }.attempt_started("task_x/p1/analyse", 2).unwrap();
            listening.join().unwrap()
        });
        assert_eq!(heard, "task_x/p1/analyse 2\n");
        drop(listener);
        std::fs::remove_file(&socket).unwrap();
        assert!(Witness { socket }.attempt_started("task_x/p1/analyse", 3).is_err());
    }
}
