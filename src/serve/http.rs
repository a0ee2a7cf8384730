//! Three pages over HTTP: is it alive, does it work, and its numbers. Nothing about anybody stands on them.

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::serve::clock::Clock;
use crate::serve::numbers::Numbers;
use crate::store::sqlite::{Access, SqliteStore};
use crate::store::{Depths, StoreError};

/// How many may ask at once.
const AT_ONCE: usize = 64;
/// How long somebody may take to say what they ask.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a count of the store is good enough for the next who asks.
const FRESH: Duration = Duration::from_secs(2);

/// What the pages are made of.
pub(super) struct Page {
    numbers: Arc<Numbers>,
    clock: Clock,
    path: PathBuf,
    /// A connection only to read, and what was counted last.
    waits: Mutex<Waits>,
}

#[derive(Default)]
struct Waits {
    store: Option<SqliteStore>,
    counted: Option<(Instant, Depths, Option<i64>)>,
}

impl Page {
    pub(super) fn new(numbers: Arc<Numbers>, clock: Clock, path: PathBuf) -> Arc<Self> {
        Arc::new(Self { numbers, clock, path, waits: Mutex::default() })
    }

    /// What waits in the store, counted at most every few seconds; nothing while the store can't be read.
    fn waits(&self) -> Option<(Depths, Option<i64>)> {
        let mut waits = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((when, depths, next)) = &waits.counted
            && when.elapsed() < FRESH
        {
            return Some((depths.clone(), *next));
        }
        match self.count(&mut waits) {
            Ok(counted) => {
                waits.counted = Some((Instant::now(), counted.0.clone(), counted.1));
                Some(counted)
            }
            Err(error) => {
                tracing::warn!(%error, "what waits can't be counted");
                *waits = Waits::default();
                None
            }
        }
    }

    fn count(&self, waits: &mut Waits) -> Result<(Depths, Option<i64>), StoreError> {
        if waits.store.is_none() {
            waits.store = Some(SqliteStore::open(&self.path, Access::ReadOnly)?);
        }
        match &waits.store {
            Some(store) => Ok((store.depths((self.clock)())?, store.next_departure()?)),
            None => Ok((Depths::default(), None)),
        }
    }
}

/// Answers until nobody listens any more. One that asks badly harms nobody else.
pub(super) async fn answer(listener: TcpListener, page: Arc<Page>) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Too many open files, or the caller has gone: neither is a reason to end.
                tracing::debug!(%error, "a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let page = Arc::clone(&page);
        tokio::spawn(async move {
            let _place = place;
            let service = service_fn(move |request| respond(Arc::clone(&page), request));
            let served = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(PATIENCE)
                .serve_connection(TokioIo::new(stream), service);
            if let Err(error) = served.await {
                tracing::debug!(%error, "a connection ended");
            }
        });
    }
}

async fn respond(page: Arc<Page>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    if ![Method::GET, Method::HEAD].contains(request.method()) {
        let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "only GET is answered\n".to_owned());
        response.headers_mut().insert(ALLOW, hyper::header::HeaderValue::from_static("GET, HEAD"));
        return Ok(response);
    }
    Ok(match request.uri().path() {
        "/healthz" => said(page.numbers.standstill(), "alive"),
        "/readyz" => said(page.numbers.trouble(), "ready"),
        "/metrics" => {
            let asked = Arc::clone(&page);
            let waits = tokio::task::spawn_blocking(move || asked.waits()).await.unwrap_or_default();
            plain(StatusCode::OK, page.numbers.text(waits))
        }
        _ => plain(StatusCode::NOT_FOUND, "there are /healthz, /readyz and /metrics\n".to_owned()),
    })
}

fn said(trouble: Option<String>, word: &str) -> Response<Full<Bytes>> {
    match trouble {
        None => plain(StatusCode::OK, format!("{word}\n")),
        Some(why) => plain(StatusCode::SERVICE_UNAVAILABLE, format!("not {word}: {why}\n")),
    }
}

fn plain(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let fixed = hyper::header::HeaderValue::from_static;
    response.headers_mut().insert(CONTENT_TYPE, fixed("text/plain; version=0.0.4; charset=utf-8"));
    response.headers_mut().insert(CACHE_CONTROL, fixed("no-store"));
    response
}
