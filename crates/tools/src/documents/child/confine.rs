//! The limits a child sets to itself before it looks at the file.

use rustix::process::{Resource, Rlimit, setrlimit};

use super::wire::Job;

/// Memory, processor time, no core file, no files written, no more files opened.
pub(super) fn confine(job: &Job) -> std::io::Result<()> {
    let seconds = u64::from(job.cpu_seconds_max);
    set(Resource::As, job.memory_bytes_max)?;
    setrlimit(Resource::Cpu, Rlimit { current: Some(seconds), maximum: Some(seconds + 1) })?;
    set(Resource::Core, 0)?;
    set(Resource::Fsize, 0)?;
    set(Resource::Nofile, 16)
}

fn set(resource: Resource, limit: u64) -> std::io::Result<()> {
    Ok(setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) })?)
}
