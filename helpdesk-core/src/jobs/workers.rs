//! The threads that run jobs, and the one that keeps their leases.
//!
//! A worker that finds nothing sleeps until the bell rings: it rings when a transaction of this process that left a job
//! is committed, and when the keeper, looking once a second, finds a job that is due.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use super::claim::{self, Claimed, Claimer, Wanted};
use super::registry::Queue;
use super::run;
use super::schedule;
use crate::db::Tx;
use crate::error::Result;
use crate::secret;
use crate::site::Site;

/// How often the keeper looks.
const BEAT: Duration = Duration::from_secs(1);
/// How often the schedule is looked at.
const TICK: Duration = Duration::from_secs(10);
/// A worker that heard no bell looks by itself.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);
/// How long after its time a job may go on before it counts as stuck: most end at their next statement.
const GRACE: Duration = Duration::from_secs(2);
/// The wait after a failure of the database.
const DATABASE_WAIT: Duration = Duration::from_secs(2);

/// Wakes workers of this process.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    rung: Mutex<u64>,
    heard: Condvar,
}

impl Bell {
    /// Wakes all who wait.
    pub(crate) fn ring(&self) {
        *self.rung.lock() += 1;
        self.heard.notify_all();
    }

    fn count(&self) -> u64 {
        *self.rung.lock()
    }

    /// Waits until it has rung more often than `seen`.
    fn wait(&self, seen: u64, longest: Duration) {
        let mut rung = self.rung.lock();
        if *rung == seen {
            self.heard.wait_for(&mut rung, longest);
        }
    }
}

/// Who this process is as a holder of leases.
pub(super) fn claimer(site: &Site) -> Claimer {
    let seconds = i64::try_from(site.config.job_lease.max(1)).unwrap_or(i64::MAX / 1000);
    Claimer {
        owner: format!("{}-{}", std::process::id(), secret::hex(4)),
        lease_ms: seconds.saturating_mul(1000),
    }
}

/// A job that runs.
struct Busy {
    claimed: Claimed,
    deadline: Instant,
    /// Set when another thread took the place of the one that runs it.
    replaced: Arc<AtomicBool>,
}

struct Crew {
    site: Arc<Site>,
    claimer: Claimer,
    stopping: AtomicBool,
    /// Set once nobody waits for the threads any more.
    ended: AtomicBool,
    /// Threads that live, the keeper aside.
    alive: Mutex<usize>,
    gone: Condvar,
    busy: Mutex<HashMap<String, Busy>>,
    stuck: AtomicUsize,
    most_stuck: usize,
}

/// The workers of a site in this process; they end with [`Workers::stop`], or when they are dropped.
pub struct Workers {
    crew: Arc<Crew>,
    keeper: Option<thread::JoinHandle<()>>,
}

impl std::fmt::Debug for Workers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Workers").finish_non_exhaustive()
    }
}

impl Workers {
    /// Starts `threads` workers (at least one), each with a connection of its own, and a keeper, which runs the schedule
    /// as well.
    ///
    /// # Errors
    /// When a thread can't be started.
    pub fn start(site: &Arc<Site>, threads: usize) -> Result<Workers> {
        let threads = threads.max(1);
        let crew = Arc::new(Crew {
            site: Arc::clone(site),
            claimer: claimer(site),
            stopping: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            alive: Mutex::new(0),
            gone: Condvar::new(),
            busy: Mutex::default(),
            stuck: AtomicUsize::new(0),
            most_stuck: threads * 4,
        });
        for number in 0..threads {
            // One keeps free of jobs that take minutes, so that short ones never wait for them all.
            let queues = if number == 0 && threads > 1 {
                &Queue::ALL[..2]
            } else {
                &Queue::ALL[..]
            };
            hire(&crew, number, queues)?;
        }
        let keeper = Arc::clone(&crew);
        let keeper = thread::Builder::new()
            .name("jobs-keeper".to_owned())
            .spawn(move || keep(&keeper))?;
        Ok(Workers {
            crew,
            keeper: Some(keeper),
        })
    }

    /// Has the workers finish what they run, for as long as `patience`; jobs that still run then are given back, and
    /// what they do can't be committed any more.
    pub fn stop(mut self, patience: Duration) {
        self.end(patience);
    }

    fn end(&mut self, patience: Duration) {
        let Some(keeper) = self.keeper.take() else {
            return;
        };
        let crew = &self.crew;
        crew.stopping.store(true, Ordering::Release);
        crew.site.bell.ring();
        let until = Instant::now() + patience;
        let mut alive = crew.alive.lock();
        while *alive > 0 && !crew.gone.wait_until(&mut alive, until).timed_out() {}
        let left = *alive;
        drop(alive);
        crew.ended.store(true, Ordering::Release);
        crew.gone.notify_all();
        if keeper.join().is_err() {
            tracing::error!("the keeper of jobs panicked");
        }
        if left > 0 {
            crew.give_back();
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.end(Duration::from_secs(5));
    }
}

impl Crew {
    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    fn give_back(&self) {
        let busy: Vec<Claimed> = self
            .busy
            .lock()
            .values()
            .map(|busy| busy.claimed.clone())
            .collect();
        let given = self.site.database().connect().and_then(|mut tx| {
            for claimed in &busy {
                claim::release(&mut tx, &claimed.id, claimed.token)?;
            }
            tx.commit().map(|_| ())
        });
        match given {
            Ok(()) => tracing::warn!(jobs = busy.len(), "jobs were given back unfinished"),
            Err(error) => {
                tracing::error!(%error, "unfinished jobs could not be given back; their leases run out");
            }
        }
    }
}

fn hire(crew: &Arc<Crew>, number: usize, queues: &'static [Queue]) -> Result<()> {
    let worker = Arc::clone(crew);
    *crew.alive.lock() += 1;
    let hired = thread::Builder::new()
        .name(format!("job-{number}"))
        .spawn(move || {
            let replaced = work(&worker, number, queues);
            if replaced {
                worker.stuck.fetch_sub(1, Ordering::Relaxed);
            } else {
                *worker.alive.lock() -= 1;
            }
            worker.gone.notify_all();
        });
    if let Err(error) = hired {
        *crew.alive.lock() -= 1;
        return Err(error.into());
    }
    Ok(())
}

/// Runs jobs until told to stop; whether another thread took this one's place.
fn work(crew: &Arc<Crew>, number: usize, queues: &'static [Queue]) -> bool {
    let mut kept: Option<Tx> = None;
    loop {
        // Heard first: a bell that rings from here on is not slept through.
        let seen = crew.site.bell.count();
        if crew.is_stopping() {
            return false;
        }
        match next(crew, &mut kept, queues) {
            Ok(Some(claimed)) => {
                let replaced = Arc::new(AtomicBool::new(false));
                let timeout = Duration::from_secs(u64::try_from(claimed.timeout).unwrap_or(1));
                let busy = Busy {
                    claimed: claimed.clone(),
                    deadline: Instant::now() + timeout + GRACE,
                    replaced: Arc::clone(&replaced),
                };
                crew.busy.lock().insert(claimed.id.clone(), busy);
                if let Some(tx) = kept.take() {
                    kept = run::run(&crew.site, tx, &crew.claimer, &claimed).0;
                }
                let mut busy = crew.busy.lock();
                // A stuck job may meanwhile run under another lease, in another thread.
                if busy
                    .get(&claimed.id)
                    .is_some_and(|busy| busy.claimed.token == claimed.token)
                {
                    busy.remove(&claimed.id);
                }
                if replaced.load(Ordering::Acquire) {
                    tracing::warn!(worker = number, "a job that was given up has come to its end");
                    return true;
                }
            }
            Ok(None) => crew.site.bell.wait(seen, LONGEST_SLEEP),
            Err(error) => {
                tracing::error!(%error, "a worker can't look for jobs");
                kept = None;
                crew.site.bell.wait(seen, DATABASE_WAIT);
            }
        }
    }
}

fn next(crew: &Crew, kept: &mut Option<Tx>, queues: &[Queue]) -> Result<Option<Claimed>> {
    if kept.is_none() {
        *kept = Some(crew.site.database().connect()?);
    }
    let Some(tx) = kept else { return Ok(None) };
    tx.refresh();
    let now = crew.site.clock.timestamp().as_millisecond();
    claim::claim(tx, &crew.claimer, Wanted::Next(queues, now))
}

fn keep(crew: &Arc<Crew>) {
    let mut kept: Option<Tx> = None;
    let mut ticked: Option<Instant> = None;
    let mut renewed = Instant::now();
    let renewal = Duration::from_millis(u64::try_from(crew.claimer.lease_ms / 3).unwrap_or(1000));
    loop {
        if let Err(error) = beat(crew, &mut kept, &mut renewed, renewal, &mut ticked) {
            tracing::error!(%error, "the keeper of jobs can't do its work");
            kept = None;
        }
        let mut alive = crew.alive.lock();
        if !crew.ended.load(Ordering::Acquire) {
            crew.gone.wait_for(&mut alive, BEAT.min(renewal));
        }
        if crew.ended.load(Ordering::Acquire) {
            return;
        }
    }
}

/// One look: leases of ours are lengthened, stuck jobs given up, lost ones taken back, the schedule and the clock asked
/// what is due.
fn beat(
    crew: &Arc<Crew>,
    kept: &mut Option<Tx>,
    renewed: &mut Instant,
    renewal: Duration,
    ticked: &mut Option<Instant>,
) -> Result<()> {
    let mut tx = match kept.take() {
        Some(tx) => tx,
        None => crew.site.database().connect()?,
    };
    tx.refresh();
    give_up_stuck(crew)?;
    if renewed.elapsed() >= renewal {
        *renewed = Instant::now();
        let held: Vec<(String, i64)> = crew
            .busy
            .lock()
            .values()
            .map(|busy| (busy.claimed.id.clone(), busy.claimed.token))
            .collect();
        // One transaction each: a row that its own job is about to mark done is waited for alone.
        for (id, token) in held {
            claim::renew(&mut tx, &id, token, crew.claimer.until())?;
            tx.commit()?;
        }
    }
    if crew.is_stopping() {
        *kept = Some(tx);
        return Ok(());
    }
    crew.site.hear_of_changes(&mut tx)?;
    let now = crew.site.clock.timestamp().as_millisecond();
    let lost = claim::reclaim(&mut tx, now)?;
    if lost > 0 {
        tracing::warn!(jobs = lost, "leases of workers that went away ran out");
    }
    if ticked.is_none_or(|at| at.elapsed() >= TICK) {
        *ticked = Some(Instant::now());
        tx = schedule::tick_on(&crew.site, tx)?;
    }
    if claim::is_due(&mut tx, now)? {
        crew.site.bell.ring();
    }
    *kept = Some(tx);
    Ok(())
}

/// A job whose time is over and that does not end by itself is a failure now; another thread takes the place of the one
/// that is stuck in it, which ends with it.
fn give_up_stuck(crew: &Arc<Crew>) -> Result<()> {
    for (claimed, replaced) in stuck(crew) {
        let text = format!(
            "it took longer than {} s and could not be stopped",
            claimed.timeout
        );
        run::failed(&crew.site, None, &claimed, &text, false);
        if replaced {
            *crew.alive.lock() -= 1;
            hire(crew, crew.most_stuck, &Queue::ALL)?;
        }
    }
    Ok(())
}

/// The stuck jobs, no longer among the busy ones, and whether their threads are to be replaced.
fn stuck(crew: &Crew) -> Vec<(Claimed, bool)> {
    let now = Instant::now();
    let mut busy = crew.busy.lock();
    let stuck = busy.extract_if(|_, busy| busy.deadline <= now);
    stuck
        .map(|(_, busy)| {
            let replaced = crew.stuck.load(Ordering::Relaxed) < crew.most_stuck;
            if replaced {
                crew.stuck.fetch_add(1, Ordering::Relaxed);
                // Under the lock: the thread asks for it with the lock held, when it comes to its end.
                busy.replaced.store(true, Ordering::Release);
            }
            (busy.claimed, replaced)
        })
        .collect()
}
