use std::collections::BTreeMap;

use divisi_api::{UsageLine, UsageView};
use divisi_domain::id::TaskId;
use divisi_domain::money::MicroUsd;
use divisi_store::UsageRow;

/// Sums over all attempts of a task.
pub(crate) fn view(task: TaskId, rows: &[UsageRow], excess: MicroUsd) -> UsageView {
    let by = |key: fn(&UsageRow) -> Option<String>| {
        let mut lines: BTreeMap<String, UsageLine> = BTreeMap::new();
        for (key, row) in rows.iter().filter_map(|row| Some((key(row)?, row))) {
            let line = lines.entry(key.clone()).or_insert_with(|| UsageLine { key, ..UsageLine::default() });
            add(line, row);
        }
        lines.into_values().collect()
    };
    let mut total = UsageLine { key: "total".to_owned(), ..UsageLine::default() };
    for row in rows {
        add(&mut total, row);
    }
    UsageView {
        task_id: task,
        total,
        excess_micro_usd: excess.0,
        purposes: by(|row| Some(row.purpose.to_string())),
        agents: by(|row| row.agent.map(|agent| agent.to_string())),
        subtasks: by(|row| row.subtask.map(|number| number.to_string())),
        revisions: by(|row| Some(format!("pass{}", row.path.pass))),
        models: by(|row| Some(format!("{}/{}", row.provider, row.model))),
    }
}

fn add(line: &mut UsageLine, row: &UsageRow) {
    line.calls += 1;
    line.input_tokens = line.input_tokens.saturating_add(row.usage.input_tokens);
    line.output_tokens = line.output_tokens.saturating_add(row.usage.output_tokens);
    line.cache_read_tokens = line.cache_read_tokens.saturating_add(row.usage.cached_tokens);
    line.cache_write_tokens = line.cache_write_tokens.saturating_add(row.usage.cache_write_tokens);
    line.cost_micro_usd = line.cost_micro_usd.saturating_add(row.cost.0);
    line.estimated_calls += u64::from(row.estimated);
    line.cached_calls += u64::from(row.from_cache);
}
