use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use divisi_api::Mode;
use divisi_domain::id::TaskId;
use divisi_domain::model_step::Purpose;
use divisi_domain::money::Price;
use divisi_engine::crew::RoutePriority;
use divisi_llm::policy::prices::PriceEntry;
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

/// Whether exchanges with models are kept, or taken from a cassette.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum CassetteUse {
    /// Neither.
    #[default]
    None,
    /// Those of this task are kept in this folder.
    Record(PathBuf, TaskId),
    /// They are taken from this folder.
    Replay(PathBuf),
}

/// How a model service is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Wire {
    /// `OpenAI` Chat Completions: what nearly every server speaks.
    #[default]
    Chat,
    /// `OpenAI` Responses.
    Responses,
    /// Anthropic Messages.
    Messages,
    /// Gemini `generateContent`.
    Gemini,
}

/// A model service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProviderSettings {
    /// How it is spoken to.
    #[serde(default)]
    pub(crate) wire: Wire,
    /// Its address.
    pub(crate) base_url: String,
    /// The environment variable that holds its key.
    #[serde(default)]
    pub(crate) key_env: Option<String>,
    /// The file that holds its key and nothing else.
    #[serde(default)]
    pub(crate) key_file: Option<PathBuf>,
    /// More headers of each request to it, as some proxies want them; what is secret belongs under `headers_env`.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    /// More headers of each request to it, each with the environment variable that holds its value.
    #[serde(default)]
    pub(crate) headers_env: BTreeMap<String, String>,
    /// Its models, the usual one first; asked for where not given.
    #[serde(default)]
    pub(crate) models: Vec<String>,
    /// Tokens of input and output together that its models take; asked for, else 32,768.
    #[serde(default)]
    pub(crate) context_tokens: Option<u32>,
    /// Requests that it allows in a minute.
    #[serde(default)]
    pub(crate) requests_per_minute: Option<u32>,
    /// Tokens that it allows in a minute.
    #[serde(default)]
    pub(crate) tokens_per_minute: Option<u32>,
    /// Calls that it answers at once.
    #[serde(default)]
    pub(crate) calls_in_flight_max: Option<u16>,
    /// Whether calls cost nothing: so for model servers on this machine, other than proxies, where not given.
    #[serde(default)]
    pub(crate) free: Option<bool>,
    /// Whether prompts are marked for the cache of a service of the wire `messages`; its price should say then what writing
    /// to that costs.
    #[serde(default)]
    pub(crate) prompt_cache: Option<bool>,
    /// How long it may take.
    #[serde(default)]
    pub(crate) deadlines: DeadlineSettings,
}

/// How long a model service may take; what is not given is as usual for where it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "each setting has its unit in its name")]
pub(crate) struct DeadlineSettings {
    /// Until the connection stands.
    pub(crate) connect_seconds: Option<u64>,
    /// Until the answer itself begins, thoughts and the server's queue included.
    pub(crate) first_token_seconds: Option<u64>,
    /// Between two pieces of text.
    pub(crate) idle_seconds: Option<u64>,
    /// Between two pieces while the model thinks or writes a call.
    pub(crate) quiet_seconds: Option<u64>,
    /// For the whole answer.
    pub(crate) total_seconds: Option<u64>,
}

/// A route: models for a purpose, a priority, both or neither.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RouteSettings {
    /// For this purpose only.
    #[serde(default)]
    pub(crate) purpose: Option<Purpose>,
    /// Where this matters most only.
    #[serde(default)]
    pub(crate) priority: Option<RoutePriority>,
    /// One to three, as `provider/model`, in the order in which they are tried.
    pub(crate) models: Vec<String>,
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
    /// Seconds that one call to a model on a machine of your own may take, where that is more than `call_seconds_max`, at least 1.
    pub(crate) own_call_seconds_max: u32,
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
    /// Model for every call of crews that name none, as `provider/model`. Not set: what the keys in the environment, then what servers on this machine offer, then the offline provider.
    pub(crate) model: Option<String>,
    /// Provider of that model, as in `openai` or `extractive`: its usual model where `model` is not set.
    pub(crate) provider: Option<String>,
    /// What matters most when models are chosen: `best`, `cheap` or `local`.
    #[schemars(with = "String")]
    pub(crate) route: RoutePriority,
    /// Whether model servers on this machine are looked for at their usual ports.
    pub(crate) detect_local_servers: bool,
    /// Seconds after which a running process looks again for model servers of your own that were not there when it began; 0: it does not.
    pub(crate) look_again_seconds: u32,
    /// File with the master key of the key store (32 random bytes in hexadecimal or base64, readable by you alone); not set: one of its own in the platform's configuration folder. The variable `DIVISI_MASTER_KEY` with the key itself wins.
    pub(crate) master_key_file: Option<PathBuf>,
    /// Model services of your own, by name; see `docs/models.md`.
    pub(crate) providers: BTreeMap<String, ProviderSettings>,
    /// Models by purpose and priority, which win over `model`; see `docs/models.md`.
    #[schemars(with = "Vec<serde_json::Value>")]
    pub(crate) routes: Vec<RouteSettings>,
    /// Prices that win over the table of this version: lines with `provider`, `model`, and micro-USD per million tokens as `input_per_million`, `output_per_million`, `cached_per_million`, and `cache_write_per_million` where writing to a cache costs more than input.
    #[schemars(with = "Vec<serde_json::Value>")]
    pub(crate) prices: Vec<PriceEntry>,
    /// The price of models that nobody priced, with the fields of `prices`. Not set: such a model is not called under a cap.
    #[schemars(with = "Option<serde_json::Value>")]
    pub(crate) price_ceiling: Option<Price>,
    /// What `--record` and `--replay` say.
    #[serde(skip)]
    pub(crate) cassette: CassetteUse,
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
        let least: [(&str, u64, u64); 8] = [
            ("running_tasks_max", self.running_tasks_max as u64, 1),
            ("calls_in_flight_max", self.calls_in_flight_max as u64, 1),
            ("call_seconds_max", self.call_seconds_max.into(), 1),
            ("own_call_seconds_max", self.own_call_seconds_max.into(), 1),
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
            own_call_seconds_max: 1_830,
            drain_seconds_max: 20,
            answer_seconds_max: 10,
            parser_memory_mib_max: 512,
            parser_cpu_seconds_max: 20,
            parser_processes_max: 2,
            model: None,
            provider: None,
            route: RoutePriority::Best,
            detect_local_servers: true,
            look_again_seconds: 10,
            master_key_file: None,
            providers: BTreeMap::new(),
            routes: Vec::new(),
            prices: Vec::new(),
            price_ceiling: None,
            cassette: CassetteUse::None,
            script: None,
            script_witness: None,
        }
    }
}
