//! The command line as people type it.

pub(crate) mod run;
pub(crate) mod task;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use divisi_domain::id::TaskId;

/// Durable multi-agent work on your documents: a manager plans, specialists work in parallel, every step survives a crash.
#[derive(Debug, Parser)]
#[command(name = "divisi", version, max_term_width = 100, propagate_version = true)]
pub(crate) struct Cli {
    /// Where everything is kept; the platform's data folder where not given.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Configuration file; `config.toml` of the platform's configuration folder where not given.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Log to standard error, as in `info` or `divisi_engine=debug`.
    #[arg(long, global = true, value_name = "FILTER")]
    pub(crate) log: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Work on a question and print the report.
    Run(Box<run::RunArgs>),
    /// Look at tasks and change their course.
    #[command(subcommand)]
    Task(task::TaskCommand),
    /// What waits for a decision of yours.
    #[command(subcommand)]
    Approvals(ApprovalsCommand),
    /// The agents with their load and record.
    Agents {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Crews: who works on a task, and how.
    #[command(subcommand)]
    Crews(CrewsCommand),
    /// Keys of model services, sealed in a file: for those who keep none in the environment.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// The models that tasks can get here, what they cost, and what is lacking.
    Models {
        /// Also try what servers can, with a few small calls of their models.
        #[arg(long = "try")]
        try_them: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Check what is configured, found and missing, and the data folder itself.
    Doctor {
        /// Build the projections anew from the log and compare.
        #[arg(long)]
        rebuild: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// The settings in force.
    Config {
        #[command(subcommand)]
        command: Option<ConfigCommand>,
    },
    /// Stay and run every task of this data folder until Ctrl-C.
    Up {
        /// Stop by itself once nothing is left that could run.
        #[arg(long)]
        until_idle: bool,
    },
    /// Measure this build on this machine.
    #[command(subcommand)]
    Bench(crate::commands::bench::BenchCommand),
    /// Parse one document from standard input in a confined process.
    #[command(hide = true, name = "parse-document")]
    ParseDocument,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ApprovalsCommand {
    /// What is asked, oldest first.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Exactly what is asked: the plan, the tool call with its arguments, the draft of the report.
    Show {
        /// Id of the approval, as `divisi approvals list` shows it; a task's id where it asks only one thing.
        approval: String,
        /// Print JSON; `asked.report` in it is what `edit` takes back.
        #[arg(long)]
        json: bool,
    },
    /// Let it happen.
    Approve(AnswerArgs),
    /// Do not let it happen.
    Reject(AnswerArgs),
    /// Publish another report instead of the draft; each of its citations is checked.
    Edit {
        /// What is answered.
        #[command(flatten)]
        answer: AnswerArgs,
        /// A file with the report as JSON, as `show --json` prints it under `asked.report`; `-` is standard input.
        #[arg(long, value_name = "FILE")]
        report: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct AnswerArgs {
    /// Id of the approval, as `divisi approvals list` shows it; a task's id where it asks only one thing.
    pub(crate) approval: String,
    /// A word to the manager.
    #[arg(long, short = 'm', value_name = "TEXT")]
    pub(crate) comment: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CrewsCommand {
    /// The crews there are.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// One crew with its agent types.
    Show {
        /// Its name, or a file.
        crew: String,
        /// Print the file itself.
        #[arg(long)]
        source: bool,
    },
    /// Check a crew file and name every fault.
    Check {
        /// The file.
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Keep a key under the name of its variable. It is asked for without being shown, or read from standard input.
    Set {
        /// As in `OPENAI_API_KEY`.
        name: String,
        /// Never: other users and the shell's history see what stands here.
        #[arg(hide = true, allow_hyphen_values = true)]
        value: Option<String>,
    },
    /// The keys there are, and which of them are in force. None is shown.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Give up a key.
    Remove {
        /// Its name.
        #[arg(required_unless_present = "all")]
        name: Option<String>,
        /// All of them, also where the store does not open any more.
        #[arg(long, conflicts_with = "name")]
        all: bool,
    },
    /// Seal all keys with a new master key. The old one opens them no more.
    Rotate {
        /// The new master key is that of this file, which is made where there is none.
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum ConfigCommand {
    /// The settings in force and where they come from.
    Show,
    /// All settings with their defaults, as in `docs/reference/config.md`.
    Reference,
}

/// A task's id, in full or as `last`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TaskRef {
    /// The one submitted last.
    Last,
    /// This one.
    Id(TaskId),
}

impl std::str::FromStr for TaskRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "last" {
            return Ok(Self::Last);
        }
        let with_prefix = if text.starts_with("task_") { text.to_owned() } else { format!("task_{text}") };
        with_prefix.parse().map(Self::Id).map_err(|_| {
            format!("'{text}' is no task id: use one of `divisi task list`, or `last` for the newest")
        })
    }
}
