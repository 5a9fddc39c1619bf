//! What the system says of this process. `None` where it does not say.

use std::fs::read_to_string;
use std::path::Path;
use std::time::Duration;

/// Ticks in a second of the counters in `stat`: what Linux gives every program, whatever the kernel's own is.
const TICKS_PER_SECOND: u32 = 100;

/// Memory now, in bytes.
pub(crate) fn resident_bytes() -> Option<u64> {
    status("VmRSS:")
}

/// The most memory so far, in bytes.
pub(crate) fn resident_bytes_max() -> Option<u64> {
    status("VmHWM:")
}

fn status(field: &str) -> Option<u64> {
    let text = read_to_string("/proc/self/status").ok()?;
    kibibytes(&text, field).map(|kib| kib * 1_024)
}

fn kibibytes(status: &str, field: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Processor time of all threads, ended ones included.
pub(crate) fn processor_time() -> Option<Duration> {
    ticks(&read_to_string("/proc/self/stat").ok()?)
}

/// The same of another process.
pub(crate) fn processor_time_of(process: u32) -> Option<Duration> {
    ticks(&read_to_string(format!("/proc/{process}/stat")).ok()?)
}

fn ticks(stat: &str) -> Option<Duration> {
    // The name of the program is in brackets and may hold anything; user and system time are the 12th and 13th after it.
    let mut after = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let ticks: u32 = after.next()?.parse::<u32>().ok()? + after.next()?.parse::<u32>().ok()?;
    Some(Duration::from_secs(1) * ticks / TICKS_PER_SECOND)
}

/// Processor time of the living threads of this name.
pub(crate) fn thread_time(name: &str) -> Option<Duration> {
    let threads = std::fs::read_dir("/proc/self/task").ok()?;
    let times = threads.flatten().filter_map(|thread| time_of(&thread.path(), name));
    times.reduce(|sum, time| sum + time)
}

fn time_of(thread: &Path, name: &str) -> Option<Duration> {
    let own = read_to_string(thread.join("comm")).ok()?;
    (own.trim() == name).then_some(())?;
    let schedule = read_to_string(thread.join("schedstat")).ok()?;
    schedule.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_writes_is_understood() {
        let status = "Name:\tdivisi\nVmHWM:\t   20480 kB\nVmRSS:\t    1024 kB\n";
        assert_eq!(kibibytes(status, "VmRSS:"), Some(1_024));
        assert_eq!(kibibytes(status, "VmSwap:"), None);
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 9 0 100 200 300";
        assert_eq!(ticks(stat), Some(Duration::from_secs(3)));
        assert_eq!(ticks("7 (a"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_has_memory_and_threads() {
        assert!(resident_bytes().unwrap() <= resident_bytes_max().unwrap());
        let own = processor_time();
        // The later look sees as much or more.
        assert!(own.is_some() && own <= processor_time_of(std::process::id()));
        assert_eq!(processor_time_of(u32::MAX), None);
        assert_eq!(thread_time("no such thread"), None);
    }
}
