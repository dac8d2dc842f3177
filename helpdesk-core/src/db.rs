//! STUB while the engine is written; replaced by the data layer.
use crate::cx::Outbox;
use crate::error::Result;
/// Transaction.
#[derive(Default)]
pub struct Tx { /** Out. */ pub out: Outbox }
impl Tx {
    /// Begin.
    pub fn savepoint_begin(&mut self) -> Result<()> { Ok(()) }
    /// End.
    pub fn savepoint_end(&mut self, _keep: bool) -> Result<()> { Ok(()) }
}
/// Pool.
#[derive(Debug, Default)]
pub struct Pool;
impl Pool {
    /// Run.
    pub fn run<T: Send + 'static>(&self, _s: crate::cx::Shared, _f: impl FnOnce(&mut crate::cx::Cx) -> Result<T> + Send + 'static) -> Result<tokio::sync::oneshot::Receiver<Result<T>>> { Err(crate::error::no_route()) }
}
