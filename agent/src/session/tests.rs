//! The heartbeat, on a socket in memory and a clock that goes on only when nothing else is left to do.

use tokio::io::{DuplexStream, duplex};
use tokio::task::JoinHandle;
use tokio::time::{advance, sleep};
use tokio_tungstenite::tungstenite::protocol::Role;

use moecraft_wire::tunnel::PONG;

use super::*;
use crate::discovery::Catalogue;
use crate::link::Timing;

/// The service's end of a session that has registered.
async fn service() -> (WebSocketStream<DuplexStream>, JoinHandle<Ending>) {
    let (near, far) = duplex(1 << 16);
    let agent = Agent {
        url: "ws://127.0.0.1/".parse().unwrap(),
        key: "moe_test_key".to_owned().into(),
        id: "box-1".into(),
        catalogue: watch::channel(Arc::new(Catalogue::default())).1,
        http: crate::http_client().unwrap(),
        timing: Timing::default(),
    };
    let session = tokio::spawn(async move {
        let (_stop, mut stopped) = watch::channel(false);
        let socket = WebSocketStream::from_raw_socket(near, Role::Client, None).await;
        run(&agent, socket, &mut stopped).await.0
    });
    let mut service = WebSocketStream::from_raw_socket(far, Role::Server, None).await;
    assert!(service.next().await.unwrap().unwrap().is_binary());
    (service, session)
}

async fn beat(service: &mut WebSocketStream<DuplexStream>) {
    let beat = service.next().await.unwrap().unwrap();
    assert_eq!(beat, Message::text(PING));
}

async fn answer(service: &mut WebSocketStream<DuplexStream>) {
    service.send(Message::text(PONG)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn answered_heartbeats_keep_the_connection() {
    let (mut service, session) = service().await;
    for _ in 0..100 {
        beat(&mut service).await;
        answer(&mut service).await;
    }
    assert!(!session.is_finished());
}

#[tokio::test(start_paused = true)]
async fn an_answer_counts_that_came_while_the_process_stood_still() {
    let (mut service, _session) = service().await;
    let period = Timing::default().heartbeat;
    for _ in 0..100 {
        beat(&mut service).await;
        let in_time = async {
            sleep(period - Duration::from_millis(1)).await;
            answer(&mut service).await;
        };
        // When the clock goes on, the session finds the answer there and the next beat due.
        tokio::join!(in_time, advance(period));
    }
}

#[tokio::test(start_paused = true)]
async fn an_unanswered_heartbeat_ends_the_session() {
    let (mut service, session) = service().await;
    while let Some(Ok(_)) = service.next().await {}
    let lost = Ending::Lost("the heartbeat was not answered".to_owned());
    assert_eq!(session.await.unwrap(), lost);
}
