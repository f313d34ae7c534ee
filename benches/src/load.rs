//! Closed-loop load: each of C connections sends its next request when it has the last answer.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use futures::future::join_all;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde_json::json;
use tokio::net::TcpStream;

/// Requests on each connection before anything counts.
const WARM_UP: u32 = 5;
/// About what a short prompt with its instructions takes, bytes.
const PROMPT_BYTES: usize = 200;

/// What to send, where, and for how long.
pub(crate) struct Plan {
    /// The base URL; `/v1/chat/completions` is added.
    pub(crate) url: Uri,
    pub(crate) key: String,
    pub(crate) concurrency: u32,
    pub(crate) seconds: f64,
    pub(crate) stream: bool,
}

/// What came of it. Times are in µs.
#[derive(Default, Serialize)]
pub(crate) struct Outcome {
    requests: usize,
    errors: usize,
    chunks: usize,
    seconds: f64,
    latency: Percentiles,
    /// From sending the request to the first byte of the answer's body.
    first_byte: Percentiles,
}

#[derive(Default, Serialize)]
struct Percentiles {
    p50: u64,
    p95: u64,
    p99: u64,
}

#[derive(Default)]
struct Samples {
    latency: Vec<u64>,
    first_byte: Vec<u64>,
    chunks: usize,
    errors: usize,
}

struct Answer {
    latency: Duration,
    first_byte: Duration,
    chunks: usize,
}

/// Sends the load and gathers the figures. An answer other than 200 counts as an error.
pub(crate) async fn run(plan: Plan) -> Result<Outcome> {
    let plan = Rc::new(plan);
    let samples = Rc::new(RefCell::new(Samples::default()));
    let local = tokio::task::LocalSet::new();
    let began = local
        .run_until(async {
            let connections = (0..plan.concurrency).map(|_| connect(&plan));
            let mut connections: Vec<_> = join_all(connections)
                .await
                .into_iter()
                .collect::<Result<_>>()?;
            let warm = connections.iter_mut().zip(0..).map(|(connection, number)| {
                let plan = plan.clone();
                async move {
                    for turn in 0..WARM_UP {
                        ask(connection, &plan, &format!("w{number}.{turn}")).await?;
                    }
                    anyhow::Ok(())
                }
            });
            join_all(warm)
                .await
                .into_iter()
                .collect::<Result<Vec<_>>>()?;
            let began = Instant::now();
            let until = began + Duration::from_secs_f64(plan.seconds);
            let all = connections
                .into_iter()
                .zip(0..)
                .map(|(connection, number)| {
                    repeat(connection, plan.clone(), number, until, samples.clone())
                });
            join_all(all)
                .await
                .into_iter()
                .collect::<Result<Vec<_>>>()?;
            anyhow::Ok(began)
        })
        .await?;
    let seconds = began.elapsed().as_secs_f64();
    let samples = samples.take();
    Ok(Outcome {
        requests: samples.latency.len(),
        errors: samples.errors,
        chunks: samples.chunks,
        seconds,
        latency: Percentiles::of(samples.latency),
        first_byte: Percentiles::of(samples.first_byte),
    })
}

async fn repeat(
    mut connection: SendRequest<Full<Bytes>>,
    plan: Rc<Plan>,
    number: u32,
    until: Instant,
    samples: Rc<RefCell<Samples>>,
) -> Result<()> {
    for turn in 0_u64.. {
        if Instant::now() >= until {
            break;
        }
        let answer = ask(&mut connection, &plan, &format!("{number}.{turn}")).await;
        let failed = answer.is_err();
        {
            let mut samples = samples.borrow_mut();
            match answer {
                Ok(answer) => {
                    samples.latency.push(micros(answer.latency));
                    samples.first_byte.push(micros(answer.first_byte));
                    samples.chunks += answer.chunks;
                }
                Err(_) => samples.errors += 1,
            }
        }
        if failed {
            connection = connect(&plan).await?;
        }
    }
    Ok(())
}

async fn connect(plan: &Plan) -> Result<SendRequest<Full<Bytes>>> {
    let authority = plan.url.authority().context("--url has no host")?.as_str();
    let socket = TcpStream::connect(authority).await?;
    socket.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(socket)).await?;
    tokio::task::spawn_local(async move { drop(connection.await) });
    Ok(sender)
}

async fn ask(connection: &mut SendRequest<Full<Bytes>>, plan: &Plan, name: &str) -> Result<Answer> {
    connection.ready().await?;
    let request = request(plan, name)?;
    let began = Instant::now();
    let response = connection.send_request(request).await?;
    let status = response.status();
    let mut body = response.into_body();
    let (mut first_byte, mut chunks) = (None, 0);
    while let Some(frame) = body.frame().await {
        first_byte.get_or_insert_with(|| began.elapsed());
        if let Some(data) = frame?.data_ref() {
            chunks += data.windows(5).filter(|at| at == b"data:").count();
        }
    }
    if status != 200 {
        bail!("answered {status}");
    }
    let latency = began.elapsed();
    Ok(Answer {
        latency,
        first_byte: first_byte.unwrap_or(latency),
        chunks,
    })
}

/// Every prompt is another one: an answer from a cache would measure the cache.
fn request(plan: &Plan, name: &str) -> Result<Request<Full<Bytes>>> {
    let nonce = std::process::id();
    let prompt = format!("{nonce} {name} {:.<PROMPT_BYTES$}", "Summarise this: ");
    let body = json!({
        "model": "gpt-4o-mini", "max_tokens": 16, "stream": plan.stream,
        "messages": [{"role": "user", "content": prompt}],
    });
    let authority = plan.url.authority().context("--url has no host")?.as_str();
    Ok(Request::post("/v1/chat/completions")
        .header("host", authority)
        .header("authorization", format!("Bearer {}", plan.key))
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(body.to_string())))?)
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

impl Percentiles {
    /// Nearest rank; zero when there are no samples.
    fn of(mut samples: Vec<u64>) -> Self {
        samples.sort_unstable();
        let at = |percent: usize| {
            let rank = (samples.len() * percent).div_ceil(100);
            samples.get(rank.saturating_sub(1)).copied().unwrap_or(0)
        };
        Self {
            p50: at(50),
            p95: at(95),
            p99: at(99),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_the_nearest_ranks() {
        let found = Percentiles::of((1..=200).rev().collect());
        assert_eq!((found.p50, found.p95, found.p99), (100, 190, 198));
        let none = Percentiles::of(Vec::new());
        assert_eq!((none.p50, none.p99), (0, 0));
    }
}
