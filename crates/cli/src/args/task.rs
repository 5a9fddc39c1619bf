use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use divisi_api::Scope;

use super::TaskRef;
use super::run::parse_span;

#[derive(Debug, Subcommand)]
pub(crate) enum TaskCommand {
    /// Tasks, newest first.
    List(ListArgs),
    /// Where a task stands.
    Show(OneArgs),
    /// The report of a finished task.
    Result(ResultArgs),
    /// Everything that was recorded, event by event.
    Events(EventsArgs),
    /// The plan with the state of each subtask.
    Plan(OneArgs),
    /// Stop a task for ever.
    Cancel {
        /// Its id, or `last`.
        task: TaskRef,
    },
    /// Ask for a change of a finished task.
    Revise(ReviseArgs),
    /// Go on with a task that is parked or failed, or that a crash left behind.
    Resume(ResumeArgs),
    /// Follow a task until it ends.
    Watch(OneArgs),
    /// Delete a finished task with all it holds.
    Delete {
        /// Its id, or `last`.
        task: TaskRef,
        /// Do not ask.
        #[arg(long, short)]
        yes: bool,
    },
    /// Delete finished tasks that are older than a time.
    Prune {
        /// As in `30d`.
        #[arg(long, value_name = "TIME", value_parser = parse_span, default_value = "30d")]
        older_than: Duration,
        /// Do not ask.
        #[arg(long, short)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct OneArgs {
    /// Its id, or `last`.
    pub(crate) task: TaskRef,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only tasks with this status, as in `failed`.
    #[arg(long)]
    pub(crate) status: Option<String>,
    /// Rows at most.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) limit: u32,
    /// Page, from 1.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) page: u32,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ResultArgs {
    /// Its id, or `last`.
    pub(crate) task: TaskRef,
    /// Write it there instead of to standard output.
    #[arg(long, short = 'o', value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct EventsArgs {
    /// Its id, or `last`.
    pub(crate) task: TaskRef,
    /// Only events after this number.
    #[arg(long, default_value_t = 0)]
    pub(crate) after: u64,
    /// Print one JSON object a line.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ReviseArgs {
    /// Its id, or `last`.
    pub(crate) task: TaskRef,
    /// What is to be changed.
    pub(crate) request: String,
    /// A part of the result that it is about. May be given several times.
    #[arg(long = "area", value_name = "TEXT")]
    pub(crate) areas: Vec<String>,
    /// What is done again.
    #[arg(long, value_enum)]
    pub(crate) scope: Option<ScopeArg>,
    /// Number of a subtask to do again. May be given several times.
    #[arg(long = "subtask", value_name = "N")]
    pub(crate) subtasks: Vec<u16>,
    /// Only record the request; `divisi task resume` or `divisi up` does the work.
    #[arg(long)]
    pub(crate) no_wait: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ResumeArgs {
    /// Its id, or `last`.
    pub(crate) task: TaskRef,
    /// A new spending cap for the whole task, in US dollars.
    #[arg(long, value_name = "USD")]
    pub(crate) budget: Option<f64>,
    /// Print the result as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScopeArg {
    /// From the analysis on.
    FullTask,
    /// Some subtasks and what follows from them.
    SpecificSubtasks,
    /// The report alone.
    FinalAnswer,
}

impl From<ScopeArg> for Scope {
    fn from(scope: ScopeArg) -> Self {
        match scope {
            ScopeArg::FullTask => Self::FullTask,
            ScopeArg::SpecificSubtasks => Self::SpecificSubtasks,
            ScopeArg::FinalAnswer => Self::FinalAnswer,
        }
    }
}
