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

/// CPU time of the calling thread so far.
pub(crate) fn of_thread() -> u64 {
    first_number(std::path::Path::new("/proc/thread-self/schedstat"))
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
