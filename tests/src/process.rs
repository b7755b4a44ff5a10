//! What a running process holds besides memory, and what this machine is. Only Linux tells.

use std::fs;
use std::thread;

/// Ticks of the processors' clock in a second, as Linux counts them for programs on every architecture.
const TICKS: f64 = 100.0;

/// Least and most of what was counted.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// The least.
    pub least: usize,
    /// The most.
    pub most: usize,
}

impl Range {
    fn take_in(range: &mut Option<Self>, count: usize) {
        let Self { least, most } = range.unwrap_or(Self { least: count, most: count });
        *range = Some(Self { least: least.min(count), most: most.max(count) });
    }
}

/// Looks at a process's open files and threads.
#[derive(Clone, Copy, Debug, Default)]
pub struct HandleWatch {
    /// Open files and connections; `None` before the first look.
    pub files: Option<Range>,
    /// Threads.
    pub threads: Option<Range>,
}

impl HandleWatch {
    /// Counts those of process `pid` now.
    pub fn look(&mut self, pid: u32) {
        let count = |folder: &str| fs::read_dir(format!("/proc/{pid}/{folder}")).ok().map(Iterator::count);
        if let (Some(files), Some(threads)) = (count("fd"), count("task")) {
            Range::take_in(&mut self.files, files);
            Range::take_in(&mut self.threads, threads);
        }
    }
}

/// The most memory that process `pid` had, kB.
pub fn peak_kilobytes(pid: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok())
}

/// Seconds of processor time that process `pid` took so far.
pub fn processor_seconds(pid: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before it may hold anything, spaces and brackets too.
    let (_, fields) = stat.rsplit_once(") ")?;
    let ticks: Vec<f64> = fields.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse().ok()).collect();
    Some(ticks.iter().sum::<f64>() / TICKS)
}

/// This machine, in words.
pub fn machine() -> String {
    let line = |file: &str, name: &str| {
        let text = fs::read_to_string(file).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(name))?.to_owned();
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let model = line("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let memory = line("/proc/meminfo", "MemTotal").and_then(|size| size.trim_end_matches(" kB").parse::<f64>().ok());
    format!("{cores} cores ({model}), {:.0} GiB of memory", memory.unwrap_or_default() / 1048576.0)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_files_threads_and_used_the_processor() {
        let mut watch = HandleWatch::default();
        let me = std::process::id();
        (0..2).for_each(|_| watch.look(me));
        assert!(watch.files.unwrap().least > 2 && watch.threads.unwrap().most > 0);
        assert!(processor_seconds(me).is_some() && peak_kilobytes(me).unwrap() > 1e3 && machine().contains("cores"));
    }
}
