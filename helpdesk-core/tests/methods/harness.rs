//! Calls a method's handler without a server.

use std::path::Path;
use std::sync::Arc;

use helpdesk_core::args::Args;
use helpdesk_core::config::{Config, Durability};
use helpdesk_core::cx::{AsyncCx, Cx, Request, Shared};
use helpdesk_core::dispatch::Dispatch;
use helpdesk_core::error::Result;
use helpdesk_core::method::{Handler, Method, Verb};
use helpdesk_core::reply::{HEADROOM, Reply};
use helpdesk_core::session::Session;
use helpdesk_core::site::{OpenMode, Opening, Site};
use serde_json::Value;

/// Opens a new site in a folder, for this process alone.
pub(crate) fn open(folder: &Path) -> Arc<Site> {
    Site::open(Opening {
        folder: folder.to_owned(),
        config: Config {
            durability: Durability::Relaxed,
            ..Config::default()
        },
        clock: None,
        mode: OpenMode::Exclusive,
    })
    .unwrap()
}

/// A site of its own: counters start at nothing.
pub(crate) struct Desk {
    _folder: tempfile::TempDir,
    shared: Shared,
}

impl Desk {
    pub(crate) fn new() -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let site = open(folder.path());
        let session = Session {
            user: Arc::from("ada@desk.example"),
            ..Session::guest()
        };
        let request = Request::internal(Verb::Post);
        Desk {
            _folder: folder,
            shared: Shared {
                site,
                session: Arc::new(session),
                request,
            },
        }
    }

    /// The same desk, its caller holding a role.
    pub(crate) fn with_role(mut self, role: &str) -> Desk {
        let session = Session {
            roles: Arc::from([Arc::from(role)]),
            ..(*self.shared.session).clone()
        };
        self.shared.session = Arc::new(session);
        self
    }

    /// Runs a method as dispatch does; a JSON reply as value, nothing as null.
    pub(crate) fn call(&self, path: &str, args: Value) -> Result<Value> {
        self.reply(path, args).map(|reply| match reply {
            Reply::Empty => Value::Null,
            Reply::Json(bytes) => serde_json::from_slice(&bytes[HEADROOM..]).unwrap(),
            Reply::Raw(response) => panic!("{response:?}"),
            Reply::File(file) => panic!("{file:?}"),
            Reply::Stream(stream) => panic!("{stream:?}"),
        })
    }

    /// Runs a method and gives what it answers beside the result, too.
    pub(crate) fn headers(&self, path: &str, args: Value) -> Vec<(&'static str, String)> {
        let mut cx = self.context();
        let Handler::Blocking(handle) = find(path).handler else {
            panic!("not a plain fn: {path}")
        };
        handle(&mut cx, arguments(args)).unwrap();
        std::mem::take(&mut cx.into_parts().1.out.headers)
    }

    pub(crate) fn reply(&self, path: &str, args: Value) -> Result<Reply> {
        let args = arguments(args);
        match find(path).handler {
            Handler::Blocking(handle) => handle(&mut self.context(), args),
            Handler::Inline(handle) => handle(&self.shared, args),
            Handler::Async(handle) => {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                runtime.block_on(handle(AsyncCx::new(self.shared.clone()), args))
            }
            Handler::Document(_) => panic!("a method of a document: {path}"),
        }
    }

    fn context(&self) -> Cx {
        Cx::new(
            self.shared.clone(),
            self.shared.site.database().connect().unwrap(),
        )
    }

    /// The text a call is refused with.
    pub(crate) fn refusal(&self, path: &str, args: Value) -> String {
        self.reply(path, args).unwrap_err().text().to_owned()
    }
}

pub(crate) fn find(path: &str) -> &'static Method {
    Dispatch::collect()
        .unwrap()
        .get(path)
        .unwrap_or_else(|| panic!("no method {path}"))
}

fn arguments(args: Value) -> Args {
    Args::from_object(args.as_object().cloned().unwrap_or_default())
}
