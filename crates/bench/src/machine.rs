use serde::{Deserialize, Serialize};

/// Where and with what was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// Processors that this process may use.
    pub cores: usize,
    /// Their model, where the system tells.
    pub processor: Option<String>,
    /// Processes that wanted to run in the minute before.
    pub load: Option<f64>,
    /// Version of the program.
    pub version: String,
    /// Whether it was built to be fast.
    pub optimised: bool,
}

impl Machine {
    /// This one, now.
    pub fn here() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).ok();
        Self {
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            processor: read("/proc/cpuinfo").as_deref().and_then(model),
            load: read("/proc/loadavg").as_deref().and_then(first_number),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            optimised: !cfg!(debug_assertions),
        }
    }
}

fn model(info: &str) -> Option<String> {
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(':').map(|(_, name)| name.trim().to_owned())
}

fn first_number(load: &str) -> Option<f64> {
    load.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_and_load_are_found() {
        assert_eq!(model("processor\t: 0\nmodel name\t: A B 3\n").as_deref(), Some("A B 3"));
        assert_eq!(model(""), None);
        assert_eq!(first_number("0.24 0.73 1.46 1/200 7"), Some(0.24));
        assert!(Machine::here().cores >= 1);
    }
}
