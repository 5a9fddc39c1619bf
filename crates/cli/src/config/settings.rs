use std::path::PathBuf;
use std::time::Duration;

use divisi_api::Mode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether colours and links are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Everything that can be set. The doc of each field is its text in the reference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// Folder that holds all data; the platform's data folder where not set. `--data-dir` wins.
    pub(crate) data_dir: Option<PathBuf>,
    /// Folder with crews of your own: files `<name>.toml`, which win over shipped crews of the same name.
    pub(crate) crews_dir: Option<PathBuf>,
    /// Crew of tasks that name none.
    pub(crate) crew: String,
    /// How much you are asked where `--mode` is not given: `full_autonomous`, `assisted`, `manual` or `hybrid`. Not set: the crew's own mode, else `full_autonomous`.
    #[schemars(with = "Option<String>")]
    pub(crate) mode: Option<Mode>,
    /// Spending cap of tasks that name none, in US dollars; no cap where not set.
    pub(crate) budget_usd: Option<f64>,
    /// Colours and links on the terminal: `auto`, `always` or `never`.
    #[schemars(with = "String")]
    pub(crate) color: ColorChoice,
    /// Columns of the terminal; found out where not set.
    pub(crate) width: Option<u16>,
    /// What is logged to standard error, as in `warn` or `divisi_engine=debug`.
    pub(crate) log: String,
    /// Tasks that run at once, at least 1; more are queued.
    pub(crate) running_tasks_max: usize,
    /// Model and tool calls in flight at once over all tasks, at least 1.
    pub(crate) calls_in_flight_max: usize,
    /// Seconds that one call may take, at least 1.
    pub(crate) call_seconds_max: u32,
    /// Seconds that calls in flight may go on after the process was asked to stop.
    pub(crate) drain_seconds_max: u32,
    /// Seconds in which the process that runs the tasks of a data folder has to answer, at least 1; later it counts as one that does not.
    pub(crate) answer_seconds_max: u32,
    /// Mebibytes of memory of a process that parses a document, at least 64.
    pub(crate) parser_memory_mib_max: u64,
    /// Processor seconds of a process that parses a document, at least 1.
    pub(crate) parser_cpu_seconds_max: u32,
    /// Documents that are parsed at once, at least 1.
    pub(crate) parser_processes_max: usize,
    /// For developers: a script (JSON) that the provider `scripted` plays; without it there is no such provider.
    pub(crate) script: Option<PathBuf>,
    /// For developers: the Unix socket of a witness, which answers each scripted attempt before it may go on.
    pub(crate) script_witness: Option<PathBuf>,
}

/// Memory without which no parser starts.
const PARSER_MEMORY_MIB_MIN: u64 = 64;

impl Settings {
    /// What is wrong with a setting, as a sentence: with less than this nothing would ever go on.
    pub(crate) fn fault(&self) -> Option<String> {
        let least: [(&str, u64, u64); 7] = [
            ("running_tasks_max", self.running_tasks_max as u64, 1),
            ("calls_in_flight_max", self.calls_in_flight_max as u64, 1),
            ("call_seconds_max", self.call_seconds_max.into(), 1),
            ("answer_seconds_max", self.answer_seconds_max.into(), 1),
            ("parser_memory_mib_max", self.parser_memory_mib_max, PARSER_MEMORY_MIB_MIN),
            ("parser_cpu_seconds_max", self.parser_cpu_seconds_max.into(), 1),
            ("parser_processes_max", self.parser_processes_max as u64, 1),
        ];
        let fault = least.into_iter().find(|(_, value, least)| value < least);
        fault.map(|(name, value, least)| format!("{name} is {value}; it is at least {least}"))
    }

    /// [`Self::drain_seconds_max`].
    pub(crate) fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds_max.into())
    }

    /// [`Self::answer_seconds_max`].
    pub(crate) fn answer(&self) -> Duration {
        Duration::from_secs(self.answer_seconds_max.into())
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data_dir: None,
            crews_dir: None,
            crew: divisi_engine::crew::DEFAULT_CREW.to_owned(),
            mode: None,
            budget_usd: None,
            color: ColorChoice::Auto,
            width: None,
            log: "error".to_owned(),
            running_tasks_max: 1_000,
            calls_in_flight_max: 100,
            call_seconds_max: 600,
            drain_seconds_max: 20,
            answer_seconds_max: 10,
            parser_memory_mib_max: 512,
            parser_cpu_seconds_max: 20,
            parser_processes_max: 2,
            script: None,
            script_witness: None,
        }
    }
}
