//! The server as a programme for scripts: `divisi-vendors [--port N] [--port-file F]`. It prints nothing, writes its
//! port into the file once it listens, and runs until it is killed. It does nothing that the library does not.

use std::path::PathBuf;
use std::process::ExitCode;

use divisi_vendors::{Behaviour, Server};

#[derive(Debug, Default, PartialEq, Eq)]
struct Arguments {
    port: u16,
    port_file: Option<PathBuf>,
}

fn arguments(given: impl IntoIterator<Item = String>) -> Option<Arguments> {
    let mut given = given.into_iter();
    let mut arguments = Arguments::default();
    while let Some(name) = given.next() {
        let value = given.next()?;
        match name.as_str() {
            "--port" => arguments.port = value.parse().ok()?,
            "--port-file" => arguments.port_file = Some(PathBuf::from(value)),
            _ => return None,
        }
    }
    Some(arguments)
}

#[tokio::main]
async fn main() -> std::io::Result<ExitCode> {
    let Some(arguments) = arguments(std::env::args().skip(1)) else {
        use std::io::Write as _;
        writeln!(std::io::stderr(), "usage: divisi-vendors [--port N] [--port-file F]")?;
        return Ok(ExitCode::from(2));
    };
    let server = Server::start_on(arguments.port, Behaviour::default()).await?;
    if let Some(file) = arguments.port_file {
        // Whoever waits for the file must not see it half written.
        let partial = file.with_extension("partial");
        std::fs::write(&partial, server.address().port().to_string())?;
        std::fs::rename(partial, file)?;
    }
    server.ended().await;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_a_port_and_a_file() {
        let read = |line: &str| arguments(line.split_whitespace().map(str::to_owned));
        let file = Some(PathBuf::from("f"));
        assert_eq!(read(""), Some(Arguments::default()));
        assert_eq!(read("--port 80 --port-file f"), Some(Arguments { port: 80, port_file: file }));
        for wrong in ["--port", "--port many", "--port 70000", "--else 1", "f"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
