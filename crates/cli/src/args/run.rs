use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use divisi_api::limits::{BUDGET_USD_MAX, TIMEOUT_MS_MAX};
use divisi_api::{Mode, Priority, Route};

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The question or order; `-` reads it from standard input.
    pub(crate) question: String,
    /// A file, folder or glob to work on; `-` is standard input. May be given several times.
    #[arg(long = "file", short = 'f', value_name = "PATH")]
    pub(crate) files: Vec<String>,
    /// A short title; derived from the question where not given.
    #[arg(long)]
    pub(crate) title: Option<String>,
    /// Something to keep to. May be given several times.
    #[arg(long = "constraint", value_name = "TEXT")]
    pub(crate) constraints: Vec<String>,
    /// Name of a crew, or a crew file.
    #[arg(long, value_name = "CREW")]
    pub(crate) crew: Option<String>,
    /// The most that the whole task may cost, in US dollars.
    #[arg(long, value_name = "USD", value_parser = parse_budget, allow_hyphen_values = true)]
    pub(crate) budget: Option<f64>,
    /// The model for every call, as `provider/model` or a name that `divisi models` lists.
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Option<String>,
    /// The provider of the model, as in `openai`, `ollama` or `extractive` (offline); its usual model without --model.
    #[arg(long, value_name = "NAME")]
    pub(crate) provider: Option<String>,
    /// What matters most when models are chosen.
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) route: Option<RouteArg>,
    /// Keep every exchange with a model in this folder, as a cassette.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["replay", "detach"])]
    pub(crate) record: Option<PathBuf>,
    /// Answer every call of a model from the cassette in this folder, offline, in a data folder of its own.
    #[arg(long, value_name = "DIR", conflicts_with = "detach")]
    pub(crate) replay: Option<PathBuf>,
    /// How much you are asked.
    #[arg(long, value_enum)]
    pub(crate) mode: Option<ModeArg>,
    /// How urgent it is among the tasks of this data folder.
    #[arg(long, value_enum)]
    pub(crate) priority: Option<PriorityArg>,
    /// Show the plan and the most it can cost, and stop there.
    #[arg(long, conflicts_with = "detach")]
    pub(crate) plan_only: bool,
    /// Wall time after which the result is not wanted any more, as in `90s`, `10m` or `2h`.
    #[arg(long, value_name = "TIME", value_parser = parse_timeout)]
    pub(crate) timeout: Option<Duration>,
    /// Leave the work to a process in the background and print the task's id.
    #[arg(long)]
    pub(crate) detach: bool,
    /// Write the report there instead of to standard output.
    #[arg(long, short = 'o', value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Print the result as JSON; `--json=events` prints every event as a line of JSON instead.
    #[arg(long, value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "result")]
    pub(crate) json: Option<JsonArg>,
    /// Say nothing on standard error while it runs.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum JsonArg {
    /// The result.
    Result,
    /// Every event, one a line.
    Events,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ModeArg {
    /// Nothing is asked.
    FullAutonomous,
    /// The plan.
    Assisted,
    /// The plan, tool calls with side effects, and the result.
    Manual,
    /// What the crew's automation rules say.
    Hybrid,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RouteArg {
    /// The best answer.
    Best,
    /// The lowest cost.
    Cheap,
    /// That nothing leaves this machine.
    Local,
}

impl From<RouteArg> for Route {
    fn from(route: RouteArg) -> Self {
        match route {
            RouteArg::Best => Self::Best,
            RouteArg::Cheap => Self::Cheap,
            RouteArg::Local => Self::Local,
        }
    }
}

impl From<ModeArg> for Mode {
    fn from(mode: ModeArg) -> Self {
        match mode {
            ModeArg::FullAutonomous => Self::FullAutonomous,
            ModeArg::Assisted => Self::Assisted,
            ModeArg::Manual => Self::Manual,
            ModeArg::Hybrid => Self::Hybrid,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PriorityArg {
    /// After the others.
    Low,
    /// The usual.
    Medium,
    /// Before the others.
    High,
    /// Before all others.
    Urgent,
}

impl From<PriorityArg> for Priority {
    fn from(priority: PriorityArg) -> Self {
        match priority {
            PriorityArg::Low => Self::Low,
            PriorityArg::Medium => Self::Medium,
            PriorityArg::High => Self::High,
            PriorityArg::Urgent => Self::Urgent,
        }
    }
}

/// Dollars of a spending cap.
pub(crate) fn parse_budget(text: &str) -> Result<f64, String> {
    let dollars = text.parse::<f64>().ok().filter(|dollars| *dollars > 0.0 && *dollars <= BUDGET_USD_MAX);
    dollars.ok_or_else(|| {
        format!("a cap is a number of US dollars, more than 0 and at most {BUDGET_USD_MAX}, as in 0.50")
    })
}

/// `500ms`, `90s`, `10m`, `2h`, `7d`; a bare number is seconds.
pub(crate) fn parse_span(text: &str) -> Result<Duration, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let wrong = || format!("'{text}' is no time: write a number and s, m, h or d, as in 10m");
    let number: u64 = text[..digits].parse().map_err(|_| wrong())?;
    let seconds = match &text[digits..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "ms" if number > 0 => return Ok(Duration::from_millis(number)),
        _ => return Err(wrong()),
    };
    let span = number.checked_mul(seconds).filter(|seconds| *seconds > 0).ok_or_else(wrong)?;
    Ok(Duration::from_secs(span))
}

fn parse_timeout(text: &str) -> Result<Duration, String> {
    let span = parse_span(text)?;
    let fits = span <= Duration::from_millis(TIMEOUT_MS_MAX);
    fits.then_some(span).ok_or_else(|| format!("'{text}' is too long: a task may take 3650d at most"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cap_is_a_positive_number_of_dollars() {
        for text in ["0.5", "1", "1000000", "1e-3"] {
            assert!(parse_budget(text).is_ok(), "{text}");
        }
        for text in ["", "abc", "0", "-0", "-1", "nan", "inf", "1000001", "1,5", "$2"] {
            assert!(parse_budget(text).unwrap_err().contains("more than 0"), "{text}");
        }
    }

    #[test]
    fn spans_read_as_people_write_them() {
        let rows = [("90", 90), ("90s", 90), ("10m", 600), ("2h", 7_200), ("7d", 604_800)];
        for (text, seconds) in rows {
            assert_eq!(parse_span(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "s", "0", "0m", "-5s", "5 m", "5w", "99999999999999999999h", "1.5h"] {
            assert!(parse_span(text).is_err(), "{text}");
        }
        assert!(parse_timeout("3650d").is_ok());
        assert!(parse_timeout("3651d").unwrap_err().contains("at most"));
        assert_eq!(parse_span("500ms"), Ok(Duration::from_millis(500)));
    }
}
