//! CPU time as the kernel's scheduler counts it, in nanoseconds.

use std::fs;

/// CPU time of all threads of a process so far.
pub(crate) fn of_process(pid: u32) -> u64 {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("the server runs");
    tasks
        .flatten()
        .map(|task| first_number(&task.path().join("schedstat")))
        .sum()
}

/// CPU time of the calling thread so far; finer than the scheduler's figure, which moves with its ticks.
pub(crate) fn of_thread() -> u64 {
    u64::try_from(cpu_time::ThreadTime::now().as_duration().as_nanos()).unwrap_or(u64::MAX)
}

fn first_number(path: &std::path::Path) -> u64 {
    fs::read_to_string(path)
        .ok()
        .and_then(|text| text.split(' ').next()?.parse().ok())
        .unwrap_or(0)
}

/// The middle of some figures.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
