//! What becomes of the connection.

use std::sync::Arc;
use std::time::Duration;

use moecraft_agent::discovery::Catalogue;
use moecraft_agent::link::{Outcome, Timing};
use moecraft_wire::tunnel::{CLOSE_REPLACED, ToAgent};

use crate::server::ModelServer;
use crate::service::{Frame, Service};
use crate::{KEY, model, quiet, soon, start};

#[tokio::test]
async fn an_agent_dials_in_with_its_key_and_registers_its_models() {
    let (service, server) = (Service::start().await, ModelServer::start().await);
    let _agent = start(&service, &[(&server, &["a", "b"])], quiet());
    let mut tunnel = service.accept().await;
    assert_eq!(tunnel.path, "/moecraft/agent?agent=box-1");
    assert_eq!(tunnel.authorization, format!("Bearer {KEY}"));
    let register = tunnel.register().await;
    assert_eq!(register.agent, "box-1");
    assert_eq!(register.models, [model("a"), model("b")]);
}

#[tokio::test]
async fn a_change_of_models_is_registered() {
    let (service, server) = (Service::start().await, ModelServer::start().await);
    let agent = start(&service, &[(&server, &["a"])], quiet());
    let mut tunnel = service.registered().await;
    let now = Catalogue::new([(server.base.clone(), vec![model("b")])]);
    agent.found.send_replace(Arc::new(now));
    assert_eq!(tunnel.register().await.models, [model("b")]);
}

#[tokio::test]
async fn a_lost_connection_is_made_again() {
    let (service, mut server) = (Service::start().await, ModelServer::start().await);
    let _agent = start(&service, &[(&server, &["m"])], quiet());
    drop(service.registered().await);
    service.registered().await.close(1012).await;
    service.refuse(503).await;
    let mut tunnel = service.registered().await;
    tunnel.request(1, "m", "/v1/messages", b"{}").await;
    server.call().await.respond(200, "", b"ok").await;
    assert_eq!(tunnel.answer(1).await.body, b"ok");
}

#[tokio::test]
async fn requests_under_way_end_with_their_connection() {
    let (service, mut server) = (Service::start().await, ModelServer::start().await);
    let _agent = start(&service, &[(&server, &["m"])], quiet());
    let mut tunnel = service.registered().await;
    tunnel.request(1, "m", "/v1/messages", b"{}").await;
    let call = server.call().await;
    drop(tunnel);
    call.closed().await;
    service.registered().await;
}

#[tokio::test]
async fn an_unanswered_heartbeat_ends_the_connection() {
    let service = Service::start().await;
    let timing = Timing {
        heartbeat: Duration::from_millis(20),
        ..quiet()
    };
    let _agent = start(&service, &[], timing);
    let mut deaf = service.registered().await;
    deaf.answers_beats = false;
    assert_eq!(deaf.next().await, None);
    service.registered().await;
}

#[tokio::test]
async fn an_open_request_shows_itself_by_real_frames() {
    let (service, mut server) = (Service::start().await, ModelServer::start().await);
    let timing = Timing {
        alive: Duration::from_millis(1),
        ..quiet()
    };
    let _agent = start(&service, &[(&server, &["m"])], timing);
    let mut tunnel = service.registered().await;
    tunnel.request(1, "m", "/v1/messages", b"{}").await;
    let mut call = server.call().await;
    for _ in 0..3 {
        assert_eq!(tunnel.next().await, Some(Frame::Alive));
    }
    call.respond(200, "", b"ok").await;
    while tunnel.next().await != Some(Frame::Fin(1)) {}
    // With nothing open the object may sleep. The first exchanges outlast the request's own end.
    for stream in 2..200 {
        tunnel.request(stream, "other", "/v1/messages", b"{}").await;
        let mut next = tunnel.next().await;
        while next == Some(Frame::Alive) {
            assert!(stream < 20, "alive without a request");
            next = tunnel.next().await;
        }
        assert!(matches!(next, Some(Frame::Fail(..))));
    }
}

#[tokio::test]
async fn a_broken_protocol_ends_the_connection() {
    let service = Service::start().await;
    let _agent = start(&service, &[], quiet());
    let mut tunnel = service.registered().await;
    tunnel.send_raw(vec![99, 1, 0, 0, 0]).await;
    assert_eq!(tunnel.next().await, None);
    service.registered().await;
}

#[tokio::test]
async fn late_frames_of_closed_streams_are_harmless() {
    let (service, mut server) = (Service::start().await, ModelServer::start().await);
    let _agent = start(&service, &[(&server, &["m"])], quiet());
    let mut tunnel = service.registered().await;
    for frame in [
        ToAgent::Body(7, b"x"),
        ToAgent::End(7),
        ToAgent::Cancel(7),
        ToAgent::Credit(7, u32::MAX),
    ] {
        tunnel.send(&frame).await;
    }
    tunnel.request(7, "m", "/v1/messages", b"{}").await;
    server.call().await.respond(200, "", b"ok").await;
    assert_eq!(tunnel.answer(7).await.end, Ok(()));
}

#[tokio::test]
async fn a_refused_key_ends_the_agent() {
    for status in [401, 403] {
        let service = Service::start().await;
        let agent = start(&service, &[], quiet());
        service.refuse(status).await;
        assert_eq!(soon(agent.task).await.unwrap(), Outcome::KeyRefused);
    }
}

#[tokio::test]
async fn a_replaced_agent_ends() {
    let service = Service::start().await;
    let agent = start(&service, &[], quiet());
    service.registered().await.close(CLOSE_REPLACED).await;
    assert_eq!(soon(agent.task).await.unwrap(), Outcome::Replaced);
}

#[tokio::test]
async fn an_agent_that_is_stopped_closes_its_connection() {
    let service = Service::start().await;
    let agent = start(&service, &[], quiet());
    let mut tunnel = service.registered().await;
    agent.stop.send_replace(true);
    assert_eq!(tunnel.next().await, None);
    assert_eq!(soon(agent.task).await.unwrap(), Outcome::Stopped);
}

#[tokio::test]
async fn an_agent_stops_also_while_nobody_answers() {
    let service = Service::start().await;
    let agent = start(&service, &[], quiet());
    service.refuse(500).await;
    agent.stop.send_replace(true);
    assert_eq!(soon(agent.task).await.unwrap(), Outcome::Stopped);
}
