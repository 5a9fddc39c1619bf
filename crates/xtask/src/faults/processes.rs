//! Faults of whole processes, with the real binary: several race for one data folder, and one is stopped for a while.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Duration;

use divisi_engine::crew::shipped;
use divisi_store::{Maintenance, Reads};
use divisi_store_sqlite::{DataFolder, Ownership, SqliteStore, StoreOptions};
use divisi_testkit::faults::{Broken, Extent, Tally};

/// Processes that want the folder at once.
const RACERS: usize = 4;
/// How an owner, and one that came too late, say so.
const OWNS: &str = "Running the tasks of";
const TOO_LATE: &str = "runs this data folder already";
/// How long a process stands still.
const STOPPED: Duration = Duration::from_mins(1);
/// Tasks under way then.
const TASKS: usize = 4;

fn broken(what: &'static str) -> impl Fn(std::io::Error) -> Broken {
    move |error| Broken::at(what, error)
}

struct Place {
    root: tempfile::TempDir,
    program: PathBuf,
}

impl Place {
    fn new() -> Result<Self, Broken> {
        let root = tempfile::tempdir().map_err(broken("a folder"))?;
        let program = std::env::current_exe().map_err(broken("the binary"))?.with_file_name("divisi");
        let place = Self { root, program };
        place.configure().map_err(broken("writing the configuration"))?;
        Ok(place)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// The research crew on a scripted model whose calls take a while.
    fn configure(&self) -> std::io::Result<()> {
        std::fs::create_dir(self.at("crews"))?;
        let research = shipped().iter().find(|crew| crew.name == "research").map_or("", |crew| crew.source);
        let crew = format!("{research}\n[routes]\ndefault = [\"scripted/scripted\"]\n");
        std::fs::write(self.at("crews/research.toml"), crew)?;
        let script = serde_json::json!({ "model": "scripted", "latency_millis": 200, "seed": 1 });
        std::fs::write(self.at("script.json"), script.to_string())?;
        let named = |name: &str| self.at(name).display().to_string();
        let config = format!("crews_dir = {:?}\nscript = {:?}\n", named("crews"), named("script.json"));
        std::fs::write(self.at("config.toml"), config)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("--data-dir").arg(self.at("data")).arg("--config").arg(self.at("config.toml"));
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }
}

/// A process that is killed when nobody holds it any more.
struct Process {
    child: Child,
    /// Kept open: whoever writes to a closed pipe dies of it.
    heard: Option<BufReader<ChildStderr>>,
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.heard.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    fn start(mut command: Command) -> Result<Self, Broken> {
        let child = command.spawn().map_err(broken("starting a process"))?;
        Ok(Self { child, heard: None })
    }

    /// Whether the process owns the folder; it says so, or that it came too late.
    fn owns(&mut self) -> Result<bool, Broken> {
        let stderr =
            self.child.stderr.take().ok_or_else(|| Broken("a process without standard error".into()))?;
        let mut reader = BufReader::new(stderr);
        let (mut said, mut line) = (Vec::new(), String::new());
        while reader.read_line(&mut line).map_err(broken("listening to a process"))? > 0 {
            if line.contains(OWNS) || line.contains(TOO_LATE) {
                self.heard = Some(reader);
                return Ok(line.contains(OWNS));
            }
            said.push(std::mem::take(&mut line));
        }
        Err(Broken(format!("a process ended without a word on the folder: {said:?}")))
    }
}

/// Processes race for a new folder: one gets it, the others say who has it.
pub(super) fn owners(extent: Extent, _: u64) -> Result<Tally, Broken> {
    let mut tally = Tally::expecting(&[
        "process in the race",
        "process that came too late",
        "owner killed, folder taken over",
    ]);
    for _ in extent.range() {
        let place = Place::new()?;
        for round in 0..2 {
            let mut racers = Vec::new();
            for _ in 0..RACERS {
                racers.push(Process::start(place.command(&["up"]))?);
            }
            let mut owners = 0;
            for racer in &mut racers {
                owners += u64::from(racer.owns()?);
            }
            if owners != 1 {
                return Err(Broken(format!("{owners} of {RACERS} processes own the folder")));
            }
            tally.inject("process in the race", RACERS as u64);
            tally.inject("process that came too late", RACERS as u64 - owners);
            tally.inject("owner killed, folder taken over", round);
        }
    }
    Ok(tally)
}

/// An owner is stopped in the middle of its work, and goes on later as if nothing had been.
pub(super) fn stopped(extent: Extent, _: u64) -> Result<Tally, Broken> {
    let mut tally = Tally::expecting(&["process stopped for 60 s"]);
    for _ in extent.range() {
        let place = Place::new()?;
        let mut owner = Process::start(place.command(&["up", "--until-idle"]))?;
        if !owner.owns()? {
            return Err(Broken("the owner does not own the folder".into()));
        }
        for number in 0..TASKS {
            let question = format!("What follows from number {number}?");
            let asked =
                place.command(&["run", &question, "--detach"]).status().map_err(broken("submitting"))?;
            if !asked.success() {
                return Err(Broken(format!("a submission ended with {asked}")));
            }
        }
        signal("-STOP", owner.child.id())?;
        pause();
        signal("-CONT", owner.child.id())?;
        tally.inject("process stopped for 60 s", 1);
        let ended = owner.child.wait().map_err(broken("waiting for the owner"))?;
        if !ended.success() {
            return Err(Broken(format!("the owner ended with {ended}")));
        }
        judge(&place.at("data"))?;
        tally.see("tasks complete afterwards", TASKS as u64);
    }
    Ok(tally)
}

fn signal(name: &str, process: u32) -> Result<(), Broken> {
    let sent = Command::new("kill").args([name, &process.to_string()]).status().map_err(broken("kill"))?;
    if sent.success() { Ok(()) } else { Err(Broken(format!("kill {name} ended with {sent}"))) }
}

#[expect(clippy::disallowed_methods, reason = "the fault is that time passes while the process stands still")]
fn pause() {
    std::thread::sleep(STOPPED);
}

/// Everything has ended, and every promise holds.
fn judge(data: &Path) -> Result<(), Broken> {
    let failed = |error: divisi_store::StoreError| Broken::at("reading the folder", error);
    let folder = DataFolder::open(data).map_err(failed)?;
    let ownership = Ownership::acquire(&folder).map_err(failed)?;
    let ownership = ownership.ok_or_else(|| Broken("somebody still owns the folder".into()))?;
    let store = SqliteStore::open(&folder, ownership, StoreOptions::default()).map_err(failed)?;
    let open = store.open_tasks(None, 10).map_err(failed)?;
    let damage = store.verify().map_err(failed)?.damage;
    if open.is_empty() && damage.is_empty() {
        return Ok(());
    }
    Err(Broken(format!("tasks that have not ended: {open:?}; damage: {damage:?}")))
}
