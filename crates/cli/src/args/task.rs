use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use divisi_api::{ResolutionWord, Scope};

use divisi_domain::id::TaskId;

use super::TaskRef;
use super::run::{PriorityArg, parse_budget, parse_span};

#[derive(Debug, Subcommand)]
pub(crate) enum TaskCommand {
    /// Tasks, newest first; with --search those that have all of its words.
    List(Box<ListArgs>),
    /// Where a task stands.
    Show(OneArgs),
    /// The report of a finished task.
    Result(ResultArgs),
    /// Everything that was recorded, event by event.
    Events(EventsArgs),
    /// Make a test of a finished task: a folder that `divisi run --replay` plays, with the question, files and result.
    ExportTest(ExportTestArgs),
    /// The plan with the state of each subtask; with --edit another plan in its place, while it waits for approval.
    Plan(PlanArgs),
    /// Stop a task for ever.
    Cancel {
        /// Its id, or `last`.
        task: TaskRef,
    },
    /// Ask for a change of a finished task.
    Revise(ReviseArgs),
    /// Go on with a task that is parked or failed, or that a crash left behind; print the report of one that has completed.
    /// `last` is the newest that stands still, else the newest.
    Resume(ResumeArgs),
    /// Follow a task until it ends.
    Watch(OneArgs),
    /// Say what became of a tool call that was interrupted and may or may not have happened.
    Resolve(ResolveArgs),
    /// Say how good the result of a finished task is.
    Rate(RateArgs),
    /// Delete a finished task, or one that is damaged, with all it holds.
    Delete {
        /// Its id, or `last`.
        task: TaskRef,
        /// Erase what it was asked, was given and has found; keep the skeleton of its events and costs.
        #[arg(long)]
        erase: bool,
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
pub(crate) struct ExportTestArgs {
    /// Its id, or `last`.
    pub(crate) task: TaskRef,
    /// The folder, which must be empty or new; `test-ID` where not given.
    #[arg(long, short = 'o', value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    /// Its id, or `last`.
    pub(crate) task: TaskRef,
    /// Print JSON; `draft` in it is what --edit takes back.
    #[arg(long)]
    pub(crate) json: bool,
    /// A file with the plan that is to run instead, as --json prints it; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) edit: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ResolveArgs {
    /// Its id, or `last`.
    pub(crate) task: TaskRef,
    /// What to do about the call.
    #[arg(value_enum)]
    pub(crate) outcome: OutcomeArg,
    /// The result of the call, for `enter`.
    #[arg(long, value_name = "TEXT", required_if_eq("outcome", "enter"))]
    pub(crate) result: Option<String>,
    /// The call, as `divisi task show` names it; not needed where only one waits.
    #[arg(long, value_name = "EFFECT")]
    pub(crate) effect: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutcomeArg {
    /// It did not happen, or may happen twice: make it again.
    Retry,
    /// It happened, and --result is what it brought.
    Enter,
    /// Go on without its result.
    Skip,
    /// Give up the run that needs it.
    Fail,
}

impl From<OutcomeArg> for ResolutionWord {
    fn from(outcome: OutcomeArg) -> Self {
        match outcome {
            OutcomeArg::Retry => Self::Retry,
            OutcomeArg::Enter => Self::Enter,
            OutcomeArg::Skip => Self::Skip,
            OutcomeArg::Fail => Self::Fail,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct RateArgs {
    /// Its id, or `last`.
    pub(crate) task: TaskRef,
    /// From 1 (useless) to 5 (as wished).
    #[arg(value_parser = clap::value_parser!(u8).range(1..=5))]
    pub(crate) rating: u8,
    /// Why.
    #[arg(long, short = 'm', value_name = "TEXT")]
    pub(crate) comment: Option<String>,
    /// What had to be changed before the result could be used.
    #[arg(long, value_name = "TEXT")]
    pub(crate) changed: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only tasks that have all these words in their title, question, result or documents; the best matches first.
    #[arg(long, short, value_name = "TEXT")]
    pub(crate) search: Option<String>,
    /// Only tasks with this status, as in `failed`.
    #[arg(long)]
    pub(crate) status: Option<String>,
    /// Only tasks of this priority.
    #[arg(long, value_enum)]
    pub(crate) priority: Option<PriorityArg>,
    /// Only tasks submitted then or later: a date, as in 2026-01-31, or an RFC 3339 time in UTC.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(crate) from: Option<String>,
    /// Only tasks submitted before then.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(crate) to: Option<String>,
    /// By what they are sorted.
    #[arg(long, value_enum)]
    pub(crate) sort: Option<SortArg>,
    /// Which end comes first.
    #[arg(long, value_enum)]
    pub(crate) order: Option<OrderArg>,
    /// Go on after the task with this id: for pages deep in a long list.
    #[arg(long, value_name = "TASK", conflicts_with = "page")]
    pub(crate) cursor: Option<TaskId>,
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
    /// What this pass brought, from 1; the last one where none is named.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) pass: Option<u16>,
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
    #[arg(long, value_name = "USD", value_parser = parse_budget, allow_hyphen_values = true)]
    pub(crate) budget: Option<f64>,
    /// Print the result as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// A date or a time as the contract writes it.
fn parse_time(text: &str) -> Result<String, String> {
    let full = if text.contains('T') { text.to_owned() } else { format!("{text}T00:00:00Z") };
    let known = divisi_api::time::parse(&full);
    known
        .map(|_| full)
        .ok_or_else(|| format!("'{text}' is no date such as 2026-01-31 and no RFC 3339 time in UTC"))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SortArg {
    /// When they were submitted.
    CreatedAt,
    /// When they last changed.
    UpdatedAt,
    /// How urgent they are.
    Priority,
}

impl SortArg {
    /// The word on the wire.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::CreatedAt => "created_at",
            Self::UpdatedAt => "updated_at",
            Self::Priority => "priority",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OrderArg {
    /// The largest or newest.
    Desc,
    /// The smallest or oldest.
    Asc,
}

impl OrderArg {
    /// The word on the wire.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Desc => "desc",
            Self::Asc => "asc",
        }
    }
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
