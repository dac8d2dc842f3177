//! A few threads for slow work, with a bounded queue: what hashes passwords, what writes exports.
//!
//! A flood of logins fills its queue and is refused there. Database threads and the reactor never notice it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use tokio::sync::oneshot;

use crate::error::{Error, ErrorKind, Result};

type Job = Box<dyn FnOnce() + Send>;

/// Threads of its own for slow work; started with the first job.
#[derive(Debug)]
pub struct Lane {
    name: &'static str,
    threads: usize,
    queue: usize,
    /// What callers are told when the queue is full.
    full: &'static str,
    jobs: OnceLock<crossbeam_channel::Sender<Job>>,
    taken: AtomicU64,
}

impl Lane {
    /// A lane of `threads` threads with room for `queue` waiting jobs; `full` is told to those it has no room for. The
    /// threads carry its name.
    pub fn new(name: &'static str, threads: usize, queue: usize, full: &'static str) -> Lane {
        Lane {
            name,
            threads: threads.max(1),
            queue,
            full,
            jobs: OnceLock::new(),
            taken: AtomicU64::new(0),
        }
    }

    /// The lane passwords are hashed on: half the cores, so that the other half goes on answering.
    pub fn for_passwords() -> Lane {
        let cores = thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Lane::new(
            "password",
            (cores / 2).clamp(1, 4),
            64,
            "Too many people are signing in at once; try again in a moment",
        )
    }

    /// The lane exports are written on: few at a time, for each holds a connection as long as its reader takes.
    pub fn for_exports() -> Lane {
        Lane::new(
            "export",
            2,
            16,
            "Too many lists are exported at once; try again in a moment",
        )
    }

    /// Runs `work` on one of the threads.
    ///
    /// # Errors
    /// 503 `QueueOverloaded` when the queue is full; 500 when `work` panics.
    pub async fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let (reply, done) = oneshot::channel();
        let job: Job = Box::new(move || {
            // Whoever hung up while waiting costs nothing more.
            if !reply.is_closed() {
                let _ = reply.send(work());
            }
        });
        self.start(job)?;
        done.await
            .map_err(|_| Error::internal(format!("work on the lane {} panicked", self.name)))
    }

    /// Runs `work` on one of the threads, and doesn't wait for it.
    ///
    /// # Errors
    /// 503 `QueueOverloaded` when the queue is full.
    pub fn spawn(&self, work: impl FnOnce() + Send + 'static) -> Result<()> {
        self.start(Box::new(work))
    }

    /// How many jobs it has taken on since it was made.
    pub fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    fn start(&self, job: Job) -> Result<()> {
        let full = |_| Error::new(ErrorKind::QueueOverloaded, self.full);
        self.jobs()?.try_send(job).map_err(full)?;
        self.taken.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn jobs(&self) -> Result<&crossbeam_channel::Sender<Job>> {
        if let Some(jobs) = self.jobs.get() {
            return Ok(jobs);
        }
        let (jobs, work) = crossbeam_channel::bounded::<Job>(self.queue);
        for number in 0..self.threads {
            let work = work.clone();
            thread::Builder::new()
                .name(format!("{}-{number}", self.name))
                .spawn(move || {
                    yield_to_others();
                    while let Ok(job) = work.recv() {
                        // The reply is dropped with the job; whoever waits for it learns of the panic that way.
                        let _ = catch_unwind(AssertUnwindSafe(job));
                    }
                })?;
        }
        // Where two came first at once, the threads of the one that lost end with its channel.
        Ok(self.jobs.get_or_init(|| jobs))
    }
}

/// How much less of a core than other threads the calling thread gets while they want it.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;
/// The lowest priority there is.
#[cfg(target_os = "linux")]
const LEAST: i32 = 19;

/// Lets the rest of the server go first where cores are scarce. On Linux alone: elsewhere this would be about the whole
/// process.
fn yield_to_others() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::getpriority_process(None)
        .and_then(|now| rustix::process::setpriority_process(None, (now + NICE).min(LEAST)))
    {
        tracing::debug!(%error, "slow work runs with the priority of all else");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_full_lane_refuses_at_once() {
        let lane = Lane::new("test", 1, 1, "full");
        let (release, held) = mpsc::channel::<()>();
        let (started, running) = mpsc::channel::<()>();
        let busy = lane.run(move || {
            let _ = started.send(());
            let _ = held.recv();
            1
        });
        let mut busy = std::pin::pin!(busy);
        // Polled once, the job is under way.
        tokio::select! { biased; _ = busy.as_mut() => panic!("held"), () = async {} => {} }
        running.recv().unwrap();
        let mut waiting = std::pin::pin!(lane.run(|| 2));
        tokio::select! { biased; _ = waiting.as_mut() => panic!("waits"), () = async {} => {} }

        let refused = lane.run(|| 3).await.unwrap_err();

        assert_eq!(refused.kind(), ErrorKind::QueueOverloaded);
        release.send(()).unwrap();
        assert_eq!(busy.await.unwrap(), 1);
        assert_eq!(waiting.await.unwrap(), 2);
        assert_eq!(lane.taken(), 2);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn slow_work_alone_gives_way() {
        let nice = || rustix::process::getpriority_process(None).unwrap();
        let before = nice();
        let lane = Lane::new("test", 1, 4, "full");

        assert_eq!(lane.run(nice).await.unwrap(), (before + NICE).min(LEAST));
        assert_eq!(nice(), before);
    }

    #[tokio::test]
    async fn a_panic_ends_one_job_alone() {
        let lane = Lane::new("test", 1, 4, "full");

        assert!(lane.run(|| -> u8 { panic!("on purpose") }).await.is_err());
        assert_eq!(lane.run(|| 7).await.unwrap(), 7);
    }
}
