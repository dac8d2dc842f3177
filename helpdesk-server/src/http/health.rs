//! Whether this server can do its work: what a proxy asks before it sends requests here.
//!
//! `/api/method/ping` says that the process answers; this, that its database does, too.

use std::time::Duration;

use helpdesk_core::args::Args;
use helpdesk_core::cx::{Cx, Shared};
use helpdesk_core::db::Query;
use helpdesk_core::error::{Error, Result};
use helpdesk_core::method::BoxFuture;
use helpdesk_core::reply::Response;
use tokio::time::timeout;

/// How long the database has; less than the time-outs of proxies.
const PATIENCE: Duration = Duration::from_secs(2);

/// 200 when a database thread is free and the database answers it, else 503. No reasons: anybody may ask.
pub(super) fn answer(shared: Shared, _: Args) -> BoxFuture<Result<Response>> {
    Box::pin(async move {
        let is_well = match timeout(PATIENCE, ask(shared)).await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::warn!(%error, cause = ?error.cause(), "the database does not answer");
                false
            }
            Err(_) => {
                tracing::warn!("the database does not answer in time");
                false
            }
        };
        let (status, body) = if is_well {
            (200, r#"{"status":"ok"}"#)
        } else {
            (503, r#"{"status":"unavailable"}"#)
        };
        Ok(Response {
            status,
            headers: vec![
                ("content-type", "application/json".to_owned()),
                ("cache-control", "no-store".to_owned()),
            ],
            body: body.as_bytes().to_vec(),
        })
    })
}

async fn ask(shared: Shared) -> Result<()> {
    let site = std::sync::Arc::clone(&shared.site);
    let answered = site.pool.run(shared, |cx: &mut Cx| {
        let mut query = Query::fixed();
        query.sql("SELECT 1");
        cx.db().count(query)
    })?;
    answered
        .await
        .map_err(|_| Error::internal("the database thread went away"))??;
    Ok(())
}
