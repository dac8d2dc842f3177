//! The database threads: each owns its connection; the reactor hands jobs over a bounded channel.
//!
//! Measured against `spawn_blocking` with a pool and against an async pool: 0.5 and 0.2 of their CPU a request
//! (design/data-layer.md §2).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use tokio::sync::oneshot;

use super::{Database, Tx};
use crate::cx::{Cx, Outbox, Shared};
use crate::error::{Error, ErrorKind, Result};

type Job = Box<dyn FnOnce(&mut Worker) + Send>;

/// What a database thread keeps between jobs.
struct Worker {
    database: Arc<Database>,
    tx: Option<Tx>,
}

impl Worker {
    fn connection(&mut self) -> Result<Tx> {
        match self.tx.take() {
            Some(mut tx) => {
                tx.refresh();
                Ok(tx)
            }
            None => self.database.connect(),
        }
    }
}

/// What a finished job leaves beside its result.
pub struct Finished<T> {
    /// The result of the job's body, or of the commit.
    pub result: Result<T>,
    /// Messages, side keys, after-commit work (dropped already where the job rolled back).
    pub out: Outbox,
    /// When the commit is durable; `None` where nothing was committed.
    pub ticket: Option<super::Ticket>,
}

/// The database threads of a site.
#[derive(Debug)]
pub struct Pool {
    jobs: crossbeam_channel::Sender<Job>,
    threads: usize,
}

impl Pool {
    /// Starts `threads` threads with room for `queue` waiting jobs.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn start(database: &Arc<Database>, threads: usize, queue: usize) -> Result<Pool> {
        let (jobs, work) = crossbeam_channel::bounded::<Job>(queue);
        for number in 0..threads {
            let work = work.clone();
            let database = Arc::clone(database);
            thread::Builder::new()
                .name(format!("db-{number}"))
                .spawn(move || {
                    // Made here: a connection's transaction never leaves its thread.
                    let mut worker = Worker { database, tx: None };
                    while let Ok(job) = work.recv() {
                        job(&mut worker);
                    }
                })?;
        }
        Ok(Pool { jobs, threads })
    }

    /// How many threads there are.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Runs `body` on a database thread in one transaction: committed when it returns `Ok` and the request's verb
    /// commits (or the body asked for it), rolled back otherwise, and on panic.
    ///
    /// # Errors
    /// `QueueOverloaded` when the queue is full.
    pub fn submit<T, F>(&self, shared: Shared, body: F) -> Result<oneshot::Receiver<Finished<T>>>
    where
        T: Send + 'static,
        F: FnOnce(&mut Cx) -> Result<T> + Send + 'static,
    {
        let (reply, done) = oneshot::channel();
        let job: Job = Box::new(move |worker| {
            if reply.is_closed() {
                return;
            }
            // The client that went away while we ran has no use for the answer.
            let _ = reply.send(run(worker, shared, body));
        });
        self.jobs.try_send(job).map_err(|_| {
            Error::new(
                ErrorKind::QueueOverloaded,
                "The server has more work than it can take on; try again in a moment",
            )
        })?;
        Ok(done)
    }

    /// As [`Pool::submit`], waiting for the durable commit and running the after-commit work; for callers that want
    /// the result alone.
    ///
    /// # Errors
    /// `QueueOverloaded` when the queue is full.
    pub fn run<T, F>(
        &self,
        shared: Shared,
        body: F,
    ) -> Result<impl Future<Output = Result<Result<T>, oneshot::error::RecvError>> + Send + use<T, F>>
    where
        T: Send + 'static,
        F: FnOnce(&mut Cx) -> Result<T> + Send + 'static,
    {
        let after = shared.clone();
        let done = self.submit(shared, body)?;
        Ok(async move {
            let finished = done.await?;
            Ok(crate::call::settle(&after, finished).await.result)
        })
    }
}

fn run<T>(worker: &mut Worker, shared: Shared, body: impl FnOnce(&mut Cx) -> Result<T>) -> Finished<T> {
    let tx = match worker.connection() {
        Ok(tx) => tx,
        Err(error) => {
            return Finished {
                result: Err(error),
                out: Outbox::default(),
                ticket: None,
            };
        }
    };
    let commits = shared.request.verb.commits();
    let mut cx = Cx::new(shared, tx);
    let outcome = catch_unwind(AssertUnwindSafe(|| body(&mut cx)));
    let (_, mut tx) = cx.into_parts();
    let (mut result, ticket) = match outcome {
        Ok(Ok(value)) if commits || tx.out.commit => match tx.commit() {
            Ok(ticket) => (Ok(value), ticket),
            Err(error) => (Err(error), None),
        },
        Ok(Ok(value)) => {
            tx.rollback();
            tx.out.roll_back();
            (Ok(value), None)
        }
        Ok(Err(error)) => (Err(error), None),
        Err(panic) => {
            tracing::error!(panic = panic_text(&*panic), "a method panicked");
            drop(tx);
            return Finished {
                result: Err(Error::internal("a method panicked")),
                out: Outbox::default(),
                ticket: None,
            };
        }
    };
    let mut out = std::mem::take(&mut tx.out);
    if result.is_err() {
        tx.rollback();
        out.roll_back();
        if result.as_ref().is_err_and(|error| error.kind().status() >= 500) && !tx.is_alive() {
            // The next job gets a new connection.
            return Finished {
                result,
                out,
                ticket: None,
            };
        }
    }
    if let Err(error) = &mut result
        && let Some(cause) = error.cause()
        && error.kind().status() >= 500
    {
        tracing::error!(%cause, "a request failed");
    }
    worker.tx = Some(tx);
    Finished { result, out, ticket }
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no text)")
}
