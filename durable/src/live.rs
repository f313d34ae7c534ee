//! The live stream: every settled request, to every dashboard, in order and without gaps.
//!
//! After a request, under the same `seq`, come the places that it found to be out of order or well
//! again. These are not sent again to a client that comes back: it is told what is blocked by then.
//!
//! Sockets hibernate, so an idle tenant costs nothing. A message's `seq` is its row's place in the
//! ledger: a client that comes back with the last `seq` it saw is sent exactly what it missed.

use std::iter;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use worker::{Response, Result, WebSocketPair};

use moecraft_engine::admission::{Block, BlockedPlace};
use moecraft_engine::health::{Change, FailureClass, State};
use moecraft_engine::money::format_usd;

use crate::learning::Drifted;
use crate::ledger;
use crate::row::Row;
use crate::sql::{Sql, int};
use crate::totals;

/// The tag of dashboard sockets.
pub(crate) const TAG: &str = "live";
/// The most dashboards open on one tenant.
const MAX_SOCKETS: usize = 256;
/// The most rows sent again to a client that comes back.
const MAX_REPLAY: u64 = 10_000;

/// Nano-dollars as a JSON number in dollars, exact: no float stands between.
pub(crate) fn usd(nanos: i64) -> Box<RawValue> {
    let sign = if nanos < 0 { "-" } else { "" };
    let number = format!("{sign}{}", format_usd(nanos.unsigned_abs()));
    RawValue::from_string(number).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

#[derive(Serialize)]
struct CostUpdate<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    seq: u64,
    data: CostData<'a>,
}

#[derive(Serialize)]
struct CostData<'a> {
    request_id: &'a str,
    model_used: &'a str,
    model: &'a str,
    outcome: &'a str,
    estimated: bool,
    cost: Box<RawValue>,
    savings: Box<RawValue>,
    cumulative_savings: Box<RawValue>,
}

fn cost_update(row: &Row) -> String {
    let update = CostUpdate {
        kind: "cost_update",
        seq: row.seq,
        data: CostData {
            request_id: &row.id,
            model_used: &row.class,
            model: &row.model,
            outcome: &row.outcome,
            estimated: row.usage_source == "estimated",
            cost: usd(row.cost as i64),
            savings: usd(row.savings()),
            cumulative_savings: usd(row.cumulative_savings),
        },
    };
    serde_json::to_string(&update).unwrap_or_default()
}

#[derive(Serialize)]
struct ProviderHealth<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    seq: u64,
    data: HealthData<'a>,
}

#[derive(Serialize)]
struct HealthData<'a> {
    /// The request that told of it; none in what a client is told as it comes.
    request_id: Option<&'a str>,
    provider: &'a str,
    /// None is every model of the provider.
    model: Option<&'a str>,
    state: State,
    until: u64,
    why: FailureClass,
}

fn provider_health(seq: u64, data: HealthData<'_>) -> String {
    let event = ProviderHealth {
        kind: "provider_health",
        seq,
        data,
    };
    serde_json::to_string(&event).unwrap_or_default()
}

fn changed<'a>(request_id: &'a str, change: &'a Change) -> HealthData<'a> {
    HealthData {
        request_id: Some(request_id),
        provider: &change.provider,
        model: change.model.as_deref(),
        state: change.state,
        until: change.until_ms,
        why: change.why,
    }
}

fn blocked(place: &BlockedPlace) -> HealthData<'_> {
    HealthData {
        request_id: None,
        provider: &place.provider,
        model: place.model.as_deref(),
        state: State::Open,
        until: place.until_ms,
        why: place.why,
    }
}

/// Opens a dashboard's socket: `hello` with the totals, then what came after `since`, then the
/// places that are blocked.
///
/// All in one turn, so that no row can slip between what is sent again and what is sent live.
pub(crate) fn open(
    state: &worker::State,
    sql: &Sql,
    since: Option<u64>,
    key_tag: &str,
    health: &[BlockedPlace],
) -> Result<Response> {
    if state.get_websockets_with_tag(TAG).len() >= MAX_SOCKETS {
        return Response::error(
            format!("this tenant has {MAX_SOCKETS} live streams open already"),
            429,
        );
    }
    let seq = ledger::last_seq(sql)?;
    let totals = totals::all(sql)?;
    let since = since.unwrap_or(seq).min(seq);
    // A client too far behind is told where its gap ends, and gets the newest part.
    let from = since.max(seq.saturating_sub(MAX_REPLAY));
    let pair = WebSocketPair::new()?;
    state.accept_websocket_with_tags(&pair.server, &[TAG, key_tag]);
    let hello = json!({"type": "hello", "seq": seq, "data": {
        "resumed_from": from,
        "complete": from == since,
        "total_requests": totals.requests,
        "total_cost": usd(totals.cost),
        "total_savings": usd(totals.savings()),
    }});
    pair.server.send_with_str(hello.to_string())?;
    for message in missed(sql, from)? {
        pair.server.send_with_str(message)?;
    }
    for place in health {
        let event = provider_health(seq, blocked(place));
        pair.server.send_with_str(event)?;
    }
    Response::from_websocket(pair.client)
}

#[derive(Deserialize)]
struct Superseded {
    seq: u64,
    id: String,
}

/// The messages after `from`, one for each number. A number whose row was corrected meanwhile says
/// only that: the row comes under its later number.
fn missed(sql: &Sql, from: u64) -> Result<Vec<String>> {
    let rows: Vec<Row> = sql.rows("SELECT * FROM ledger WHERE seq > ?", vec![int(from)])?;
    let gone: Vec<Superseded> =
        sql.rows("SELECT * FROM superseded WHERE seq > ?", vec![int(from)])?;
    let note = |gone: &Superseded| {
        json!({"type": "superseded", "seq": gone.seq, "data": {"request_id": gone.id}}).to_string()
    };
    let mut messages: Vec<(u64, String)> = rows
        .iter()
        .map(|row| (row.seq, cost_update(row)))
        .chain(gone.iter().map(|gone| (gone.seq, note(gone))))
        .collect();
    messages.sort_unstable_by_key(|(seq, _)| *seq);
    Ok(messages.into_iter().map(|(_, message)| message).collect())
}

/// Tells every open dashboard of requests that the guard has stopped. These are not sent again to a
/// client that comes back: they stand in the audit.
pub(crate) fn tell_blocks(state: &worker::State, sql: &Sql, blocks: &[Block]) -> Result<()> {
    tell(state, sql, blocks, guard_block)
}

/// Tells every open dashboard what was said of answers. Nor is this sent again.
pub(crate) fn tell_feedback(state: &worker::State, sql: &Sql, kept: &[Value]) -> Result<()> {
    tell(state, sql, kept, |seq, kept| {
        json!({"type": "feedback", "seq": seq, "data": kept}).to_string()
    })
}

/// Tells every open dashboard of classes that answer otherwise than they did. Nor is this sent again: it
/// stands with what was learnt.
pub(crate) fn tell_drifts(state: &worker::State, sql: &Sql, drifts: &[Drifted]) -> Result<()> {
    tell(state, sql, drifts, |seq, drift| {
        json!({"type": "drift", "seq": seq, "data": drift}).to_string()
    })
}

fn tell<T>(
    state: &worker::State,
    sql: &Sql,
    news: &[T],
    write: impl Fn(u64, &T) -> String,
) -> Result<()> {
    let sockets = state.get_websockets_with_tag(TAG);
    if sockets.is_empty() {
        return Ok(());
    }
    let seq = ledger::last_seq(sql)?;
    for message in news.iter().map(|one| write(seq, one)) {
        for socket in &sockets {
            let _ = socket.send_with_str(&message);
        }
    }
    Ok(())
}

fn guard_block(seq: u64, block: &Block) -> String {
    let note = &block.note;
    json!({"type": "guard_block", "seq": seq, "data": {
        "request_id": block.id, "tier": note.tier, "kinds": note.kinds, "model": note.model,
    }})
    .to_string()
}

/// Sends new rows to every open dashboard, and after each the changes of health that its request
/// told of.
pub(crate) fn broadcast(state: &worker::State, rows: &[Row], changes: &[(String, Change)]) {
    let sockets = state.get_websockets_with_tag(TAG);
    if sockets.is_empty() {
        return;
    }
    for row in rows {
        let told = changes.iter().filter(|(id, _)| *id == row.id);
        let events = told.map(|(id, change)| provider_health(row.seq, changed(id, change)));
        for message in iter::once(cost_update(row)).chain(events) {
            for socket in &sockets {
                // A socket that cannot be written to is closing; its close event tidies it up.
                let _ = socket.send_with_str(&message);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use moecraft_engine::admission::{AuditEvent, AuditNote};
    use moecraft_engine::guard::Tier;
    use std::collections::BTreeMap;

    #[test]
    fn a_cost_update_has_the_agreed_form() {
        let row = Row {
            seq: 41,
            id: "r".into(),
            class: "haiku".into(),
            model: "a/b".into(),
            outcome: "complete".into(),
            usage_source: "reported".into(),
            cost: 210_000,
            baseline: 9_910_000,
            cumulative_savings: 12_840_000_000,
            ..Row::default()
        };
        assert_eq!(
            cost_update(&row),
            r#"{"type":"cost_update","seq":41,"data":{"request_id":"r","model_used":"haiku","model":"a/b","outcome":"complete","estimated":false,"cost":0.00021,"savings":0.0097,"cumulative_savings":12.84}}"#
        );
    }

    #[test]
    fn a_block_has_the_agreed_form() {
        let block = Block {
            id: "r".into(),
            at: 1,
            key_id: "k".into(),
            snapshot: None,
            note: AuditNote {
                event: AuditEvent::Block,
                tier: Tier::Prohibited,
                kinds: BTreeMap::from([("jwt".into(), 2)]),
                model: Some("a/b".into()),
            },
        };
        assert_eq!(
            guard_block(41, &block),
            r#"{"data":{"kinds":{"jwt":2},"model":"a/b","request_id":"r","tier":0},"seq":41,"type":"guard_block"}"#
        );
    }

    #[test]
    fn a_change_of_health_has_the_agreed_form() {
        let change = Change {
            provider: "anthropic".into(),
            model: None,
            state: State::Open,
            until_ms: 1_795_000_300_000,
            why: FailureClass::OutOfQuota,
        };
        assert_eq!(
            provider_health(41, changed("r", &change)),
            r#"{"type":"provider_health","seq":41,"data":{"request_id":"r","provider":"anthropic","model":null,"state":"open","until":1795000300000,"why":"out_of_quota"}}"#
        );
    }

    #[test]
    fn a_loss_is_a_negative_number() {
        assert_eq!(usd(-1).get(), "-0.000000001");
    }
}
