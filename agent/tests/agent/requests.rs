//! What becomes of a request.

use moecraft_wire::tunnel::{CHUNK, FailKind, Open, ToAgent, WINDOW};

use crate::server::ModelServer;
use crate::service::{Frame, Service};
use crate::{quiet, soon, start};

const CHAT: &str = "/v1/chat/completions";

#[tokio::test]
async fn a_request_reaches_the_models_server_and_its_answer_comes_back() {
    let (service, mut small, mut large) = (
        Service::start().await,
        ModelServer::start().await,
        ModelServer::start().await,
    );
    let _agent = start(
        &service,
        &[(&small, &["phi-small"]), (&large, &["phi-large"])],
        quiet(),
    );
    let mut tunnel = service.registered().await;

    // Larger than a frame, so that it comes in pieces.
    let text: String = ('a'..='z').cycle().take(CHUNK * 3 + 7).collect();
    let body = format!(r#"{{"model":"phi-large","prompt":"{text}"}}"#).into_bytes();
    tunnel.request(9, "phi-large", CHAT, &body).await;
    let mut call = large.call().await;
    assert_eq!(call.line, format!("POST {CHAT}"));
    assert_eq!(call.headers["content-type"], "application/json");
    assert!(!call.headers.contains_key("authorization"));
    assert!(call.body == body);
    call.respond(429, "content-type: application/json\r\n", b"{\"error\":1}")
        .await;

    let answer = tunnel.answer(9).await;
    let head = answer.head.unwrap();
    assert_eq!(
        (head.status, head.content_type.as_deref()),
        (429, Some("application/json"))
    );
    assert_eq!(answer.body, b"{\"error\":1}");
    assert_eq!(answer.end, Ok(()));
    assert!(!small.has_call());
}

#[tokio::test]
async fn a_stream_comes_through_piece_by_piece_and_byte_by_byte() {
    let (service, mut server) = (Service::start().await, ModelServer::start().await);
    let _agent = start(&service, &[(&server, &["m"])], quiet());
    let mut tunnel = service.registered().await;
    tunnel.request(1, "m", CHAT, b"{}").await;
    let mut call = server.call().await;
    call.begin().await;
    assert!(matches!(tunnel.next().await, Some(Frame::Head(1, head)) if head.status == 200));
    // Each piece is waited for before the next is made: none is held back.
    for i in 0..50 {
        let event = format!("data: {i} é\n\n");
        call.piece(event.as_bytes()).await;
        let mut got = Vec::new();
        while got.len() < event.len() {
            match tunnel.next().await {
                Some(Frame::Data(1, bytes)) => got.extend(bytes),
                other => panic!("no data but {other:?}"),
            }
        }
        assert_eq!(got, event.as_bytes());
    }
    call.piece(b"").await;
    assert_eq!(tunnel.next().await, Some(Frame::Fin(1)));
}

#[tokio::test]
async fn thirty_two_requests_run_at_once() {
    let (service, mut server) = (Service::start().await, ModelServer::start().await);
    let _agent = start(&service, &[(&server, &["m"])], quiet());
    let mut tunnel = service.registered().await;
    for stream in 1..=32 {
        let body = format!(r#"{{"n":{stream}}}"#);
        tunnel.request(stream, "m", CHAT, body.as_bytes()).await;
    }
    // No answer begins before all requests are there.
    let mut calls = Vec::new();
    for _ in 1..=32 {
        calls.push(server.call().await);
    }
    for mut call in calls {
        tokio::spawn(async move {
            call.begin().await;
            for i in 0..100 {
                let text = format!("{}:{i};", String::from_utf8_lossy(&call.body));
                call.piece(text.as_bytes()).await;
            }
            call.piece(b"").await;
        });
    }
    let mut bodies = vec![Vec::new(); 33];
    let mut open = 32;
    while open > 0 {
        match tunnel.next().await.unwrap() {
            Frame::Head(_, head) => assert_eq!(head.status, 200),
            Frame::Data(stream, bytes) => bodies[stream as usize].extend(bytes),
            Frame::Fin(_) => open -= 1,
            other => panic!("unexpected {other:?}"),
        }
    }
    for (stream, body) in bodies.iter().enumerate().skip(1) {
        let expected: String = (0..100)
            .map(|i| format!(r#"{{"n":{stream}}}:{i};"#))
            .collect();
        assert_eq!(String::from_utf8_lossy(body), expected);
    }
}

#[tokio::test]
async fn a_cancelled_request_is_dropped_at_the_server() {
    let (service, mut server) = (Service::start().await, ModelServer::start().await);
    let _agent = start(&service, &[(&server, &["m"])], quiet());
    let mut tunnel = service.registered().await;

    tunnel.request(1, "m", CHAT, b"{}").await;
    let silent = server.call().await;
    tunnel.send(&ToAgent::Cancel(1)).await;
    silent.closed().await;

    tunnel.request(2, "m", CHAT, b"{}").await;
    let mut talking = server.call().await;
    talking.begin().await;
    talking.piece(b"one").await;
    assert!(matches!(tunnel.next().await, Some(Frame::Head(2, _))));
    assert!(matches!(tunnel.next().await, Some(Frame::Data(2, _))));
    tunnel.send(&ToAgent::Cancel(2)).await;
    talking.closed().await;

    // And the place is free for the next.
    tunnel.request(3, "m", CHAT, b"{}").await;
    server.call().await.respond(200, "", b"ok").await;
    assert_eq!(tunnel.answer(3).await.body, b"ok");
}

#[tokio::test]
async fn without_credit_a_stream_stands_still_and_no_other_does() {
    let (service, mut server) = (Service::start().await, ModelServer::start().await);
    let _agent = start(&service, &[(&server, &["m"])], quiet());
    let mut tunnel = service.registered().await;
    tunnel.request(1, "m", CHAT, b"{}").await;
    let total = 24 * 1024 * 1024;
    let mut call = server.call().await;
    tokio::spawn(async move {
        let body: Vec<u8> = (0..total).map(|i| (i / 251) as u8).collect();
        call.respond(200, "", &body).await;
    });

    let mut body = Vec::new();
    let mut granted = WINDOW as usize;
    assert!(matches!(tunnel.next().await, Some(Frame::Head(1, _))));
    while body.len() + CHUNK <= granted {
        match tunnel.next().await {
            Some(Frame::Data(1, bytes)) => body.extend(bytes),
            other => panic!("no data but {other:?}"),
        }
    }
    // Other streams come and go meanwhile, and the first does not overrun its window.
    for stream in 2..20 {
        tunnel.request(stream, "m", CHAT, b"{}").await;
        server.call().await.respond(200, "", b"quick").await;
        loop {
            match tunnel.next().await.unwrap() {
                Frame::Data(1, bytes) => body.extend(bytes),
                Frame::Fin(of) if of == stream => break,
                Frame::Head(..) | Frame::Data(..) => {}
                other => panic!("unexpected {other:?}"),
            }
        }
        assert!(
            body.len() <= granted,
            "{} bytes, {granted} granted",
            body.len()
        );
    }
    // With credit it goes on, never beyond it, to the last byte.
    while body.len() < total {
        if granted - body.len() < CHUNK {
            tunnel.send(&ToAgent::Credit(1, WINDOW / 2)).await;
            granted += WINDOW as usize / 2;
        }
        match tunnel.next().await {
            Some(Frame::Data(1, bytes)) => body.extend(bytes),
            other => panic!("no data but {other:?}"),
        }
        assert!(body.len() <= granted);
    }
    assert!(
        body.iter()
            .enumerate()
            .all(|(i, byte)| *byte == (i / 251) as u8)
    );
    assert_eq!(tunnel.next().await, Some(Frame::Fin(1)));
}

#[tokio::test]
async fn what_is_not_offered_is_refused() {
    let (service, mut server) = (Service::start().await, ModelServer::start().await);
    let _agent = start(&service, &[(&server, &["m"])], quiet());
    let mut tunnel = service.registered().await;

    tunnel.request(1, "other", CHAT, b"{}").await;
    assert_eq!(
        tunnel.answer(1).await.end.unwrap_err().kind,
        FailKind::ModelGone
    );

    // Our own encoder would not send these.
    for (stream, open) in [
        (2, r#"{"path":"/api/delete","model":"m"}"#),
        (3, r#"{"path":"http://192.0.2.1/v1/messages","model":"m"}"#),
        (
            4,
            r#"{"path":"/v1/messages","model":"m","headers":{"host":"elsewhere"}}"#,
        ),
    ] {
        let mut frame = vec![1, stream, 0, 0, 0];
        frame.extend(open.as_bytes());
        tunnel.send_raw(frame).await;
        let stream = u32::from(stream);
        tunnel.send(&ToAgent::End(stream)).await;
        assert_eq!(
            tunnel.answer(stream).await.end.unwrap_err().kind,
            FailKind::Refused
        );
    }
    assert!(!server.has_call());

    tunnel.request(5, "m", "/v1/messages", b"{}").await;
    server.call().await.respond(200, "", b"still here").await;
    assert_eq!(tunnel.answer(5).await.body, b"still here");
}

#[tokio::test]
async fn a_body_out_of_bounds_is_refused_before_it_reaches_a_server() {
    let (service, mut server) = (Service::start().await, ModelServer::start().await);
    let _agent = start(&service, &[(&server, &["m"])], quiet());
    let mut tunnel = service.registered().await;
    let body = vec![0; moecraft_wire::tunnel::MAX_BODY + 1];
    tunnel.request(1, "m", CHAT, &body).await;
    assert_eq!(
        tunnel.answer(1).await.end.unwrap_err().kind,
        FailKind::Refused
    );
    assert!(!server.has_call());
}

#[tokio::test]
async fn more_streams_than_agreed_are_refused() {
    let (service, server) = (Service::start().await, ModelServer::start().await);
    let _agent = start(&service, &[(&server, &["m"])], quiet());
    let mut tunnel = service.registered().await;
    let last = u32::try_from(moecraft_wire::tunnel::MAX_STREAMS).unwrap() + 1;
    for stream in 1..=last {
        let open = Open {
            path: CHAT.into(),
            model: "m".into(),
            headers: Default::default(),
        };
        tunnel.send(&ToAgent::Open(stream, open)).await;
    }
    assert_eq!(
        tunnel.answer(last).await.end.unwrap_err().kind,
        FailKind::AgentBusy
    );
}

#[tokio::test]
async fn a_server_that_breaks_off_is_a_failure_and_no_end() {
    let (service, mut server) = (Service::start().await, ModelServer::start().await);
    let _agent = start(&service, &[(&server, &["m"])], quiet());
    let mut tunnel = service.registered().await;

    tunnel.request(1, "m", CHAT, b"{}").await;
    let mut call = server.call().await;
    call.begin().await;
    call.piece(b"half").await;
    drop(call);
    let answer = tunnel.answer(1).await;
    assert_eq!(answer.body, b"half");
    assert_eq!(answer.end.unwrap_err().kind, FailKind::ServerLost);

    tunnel.request(2, "m", CHAT, b"{}").await;
    let mut call = server.call().await;
    call.send(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")
        .await;
    drop(call);
    let answer = tunnel.answer(2).await;
    assert_eq!(answer.body, b"half");
    assert_eq!(answer.end.unwrap_err().kind, FailKind::ServerLost);

    tunnel.request(3, "m", CHAT, b"{}").await;
    drop(server.call().await);
    let answer = tunnel.answer(3).await;
    assert!(answer.head.is_none());
    assert_eq!(answer.end.unwrap_err().kind, FailKind::ServerLost);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let (service, mut server, mut elsewhere) = (
        Service::start().await,
        ModelServer::start().await,
        ModelServer::start().await,
    );
    let _agent = start(&service, &[(&server, &["m"])], quiet());
    let mut tunnel = service.registered().await;
    tunnel.request(1, "m", CHAT, b"{}").await;
    let location = format!("location: {}v1/messages\r\n", elsewhere.base);
    server.call().await.respond(307, &location, b"").await;
    assert_eq!(tunnel.answer(1).await.head.unwrap().status, 307);
    assert!(!elsewhere.has_call());
}

#[tokio::test]
async fn each_request_has_a_connection_of_its_own() {
    // As llama.cpp does: keep-alive is announced, and the connection closed after the answer.
    let (service, mut server) = (Service::start().await, ModelServer::start().await);
    let _agent = start(&service, &[(&server, &["m"])], quiet());
    let mut tunnel = service.registered().await;
    for stream in 1..10 {
        tunnel.request(stream, "m", CHAT, b"{}").await;
        let mut call = soon(server.call()).await;
        call.respond(200, "connection: keep-alive\r\n", b"ok").await;
        assert_eq!(tunnel.answer(stream).await.end, Ok(()));
    }
}
