//! What the object keeps, and what a transaction does to it.

use std::cell::{Cell, Ref, RefCell};

use moecraft_engine::admission::{Block, LocalModel, Message, Own, Snapshot, Verdict};
use moecraft_engine::guard::Policy;
use moecraft_engine::health::Change;
use moecraft_engine::router::Settings as Routing;
use moecraft_engine::surrogate::Flights;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use worker::{Env, Result, State};

use crate::admit::{self, Gate};
use crate::batches::Batches;
use crate::health::ProviderHealth;
use crate::learning::{Drifted, Learning};
use crate::ledger::{Batch, KnownEnd};
use crate::recent::Recent;
use crate::revocation::Revocations;
use crate::row::Row;
use crate::settings::Settings;
use crate::sql::{Sql, text};
use crate::surrogates::Surrogates;
use crate::tunnel::{self, Tunnel};
use crate::{audit, feedback, policy, routing, schema, settle};

/// The parts that need storage.
pub(crate) struct Parts {
    pub(crate) sql: Sql,
    pub(crate) settings: Settings,
    pub(crate) revocations: Revocations,
    pub(crate) surrogates: Surrogates,
    /// The calls under way that equal requests wait for.
    pub(crate) flights: RefCell<Flights>,
    pub(crate) tunnel: Tunnel,
    pub(crate) health: ProviderHealth,
    pub(crate) learning: Learning,
    pub(crate) batches: Batches,
    pub(crate) snapshot: RefCell<Snapshot>,
    /// What the snapshot was made of: the revision of the health, and until when that holds, Unix ms.
    snapshot_of: Cell<(u64, u64)>,
    recent: Recent,
    ledger_end: KnownEnd,
    /// What is committed and not yet told to the dashboards.
    pub(crate) unsent: RefCell<News>,
    /// A transaction was begun and is not known to be on disk.
    uncertain: Cell<bool>,
    /// When the first of what the last commit wrote falls due, Unix ms; none where nothing does.
    pub(crate) due: Cell<Option<u64>>,
    /// Whether settled rows are copied to D1.
    pub(crate) exports: bool,
}

/// What a transaction has brought.
#[derive(Default)]
pub(crate) struct News {
    pub(crate) rows: Vec<Row>,
    /// Changes of health, with the request that told of them.
    pub(crate) changes: Vec<(String, Change)>,
    /// Requests that were stopped.
    pub(crate) blocks: Vec<Block>,
    /// What was said of answers.
    pub(crate) feedback: Vec<Value>,
    /// Classes that answer otherwise than they did.
    pub(crate) drifts: Vec<Drifted>,
}

#[derive(Deserialize)]
struct Registrations {
    registrations: String,
}

impl Parts {
    pub(crate) fn new(state: &State, env: &Env) -> Result<Self> {
        let sql = Sql::new(state.storage().sql());
        let settings = Settings::from_env(env);
        schema::migrate(&sql)?;
        if let Some(tenant) = state.id().name() {
            let identity = "INSERT OR IGNORE INTO identity VALUES (0, ?)";
            sql.run(identity, vec![text(&tenant)])?;
        }
        let stored: Option<Registrations> = sql.row("SELECT registrations FROM agents", vec![])?;
        let stored = stored.as_ref().map(|stored| stored.registrations.as_str());
        let (tunnel, changed) = Tunnel::new(state, stored, tunnel::Deadlines::default())?;
        let parts = Self {
            revocations: Revocations::load(sql.clone())?,
            surrogates: Surrogates::load(sql.clone(), &settings)?,
            flights: RefCell::new(Flights::new(settings.flight_ms)),
            health: ProviderHealth::load(sql.clone())?,
            learning: Learning::load(sql.clone())?,
            batches: Batches::load(sql.clone(), &settings)?,
            tunnel,
            snapshot: RefCell::default(),
            recent: Recent::default(),
            ledger_end: KnownEnd::default(),
            snapshot_of: Cell::default(),
            unsent: RefCell::default(),
            uncertain: Cell::default(),
            due: Cell::default(),
            exports: env.d1("DB").is_ok(),
            sql,
            settings,
        };
        {
            let mut snapshot = parts.snapshot.borrow_mut();
            snapshot.guard = policy::load(&parts.sql)?;
            snapshot.routing = routing::load(&parts.sql)?;
            snapshot.learnt = parts.learning.learnt()?;
            snapshot.traffic = parts.learning.traffic();
        }
        parts.take_models(changed)?;
        Ok(parts)
    }

    /// Takes the connected agents' models into the policy snapshot, and stores them if they changed.
    pub(crate) fn take_models(&self, changed: bool) -> Result<()> {
        if changed {
            self.sql.run(
                "INSERT OR REPLACE INTO agents VALUES (0, ?)",
                vec![text(&self.tunnel.registrations()?)],
            )?;
        }
        let models = self.tunnel.models().into_iter().map(|model| LocalModel {
            name: model.name,
            context_tokens: model.context_tokens,
            capabilities: model.capabilities.into_iter().collect(),
            parallel: model.parallel,
            trust: model.trust,
        });
        self.take_snapshot(models.collect(), worker::Date::now().as_millis())
    }

    fn take_snapshot(&self, local: Vec<LocalModel>, now: u64) -> Result<()> {
        let own = {
            let news = self.learning.tell(now)?;
            let snapshot = self.snapshot.borrow();
            Own {
                guard: snapshot.guard.clone(),
                routing: snapshot.routing.clone(),
                learnt: news.unwrap_or_else(|| snapshot.learnt.clone()),
                traffic: self.learning.traffic(),
            }
        };
        let (snapshot, holds_until) = self.health.snapshot(own, local, now)?;
        self.snapshot_of.set((self.health.revision(), holds_until));
        *self.snapshot.borrow_mut() = snapshot;
        Ok(())
    }

    /// Sets what the guard goes by, and notes who did.
    pub(crate) fn take_policy(&self, policy: Policy, key_id: &str) -> Result<()> {
        let now = worker::Date::now().as_millis();
        policy::store(&self.sql, &policy, key_id, now)?;
        let local = {
            let mut snapshot = self.snapshot.borrow_mut();
            snapshot.guard = policy;
            snapshot.local.clone()
        };
        self.take_snapshot(local, now)
    }

    /// Sets what the router goes by, and notes who did.
    pub(crate) fn take_routing(&self, routing: Routing, key_id: &str) -> Result<()> {
        let now = worker::Date::now().as_millis();
        routing::store(&self.sql, &routing, key_id, now)?;
        if routing.false_hits <= 0.0 {
            self.surrogates.forget_questions()?;
        }
        let local = {
            let mut snapshot = self.snapshot.borrow_mut();
            snapshot.routing = routing;
            snapshot.local.clone()
        };
        self.take_snapshot(local, now)
    }

    pub(crate) fn snapshot_now(&self) -> Result<Ref<'_, Snapshot>> {
        self.refresh(worker::Date::now().as_millis())?;
        Ok(self.snapshot.borrow())
    }

    /// Makes the snapshot anew when the health has changed, a place is to be tried again, or enough was
    /// learnt to tell of.
    fn refresh(&self, now: u64) -> Result<()> {
        let (revision, holds_until) = self.snapshot_of.get();
        let news = self.learning.has_news(now);
        if revision != self.health.revision() || holds_until <= now || news {
            let local = self.snapshot.borrow().local.clone();
            self.take_snapshot(local, now)?;
        }
        Ok(())
    }

    /// Begins a transaction. If the last one never came to be certain, it was undone, and so is what is
    /// kept of it beside the database.
    fn begin(&self) -> Result<()> {
        if self.uncertain.replace(true) {
            self.flights.borrow_mut().roll_back();
            self.ledger_end.roll_back();
            self.surrogates.roll_back()?;
        }
        Ok(())
    }

    /// The last transaction is on disk.
    pub(crate) fn confirm(&self) {
        self.uncertain.set(false);
        self.flights.borrow_mut().confirm();
    }

    pub(crate) fn commit(&self, messages: &[String], now: u64) -> Result<Vec<String>> {
        self.begin()?;
        let read = |message: &String| serde_json::from_str(message);
        let mut parsed: Vec<serde_json::Result<Message>> = messages.iter().map(read).collect();
        if self.snapshot.borrow().routing.false_hits <= 0.0 {
            parsed.iter_mut().flatten().for_each(forget_question);
        }
        let settling = parsed.iter().filter_map(|message| match message {
            Ok(Message::Settle(settlement)) => Some(settlement.id.as_str()),
            _ => None,
        });
        let mut taken = settle::take(&self.sql, &settling.collect::<Vec<_>>())?;
        let gate = Gate {
            sql: &self.sql,
            revocations: &self.revocations,
            surrogates: &self.surrogates,
            flights: &self.flights,
            recent: &self.recent,
            health: &self.health,
            snapshot: &self.snapshot,
        };
        let mut lessons = self.health.lessons(self.settings.reservation_ms, now);
        let mut batch = Batch::new(&self.sql, &self.ledger_end);
        let (mut blocks, mut seen) = (Vec::new(), Vec::new());
        let mut answers = Vec::with_capacity(messages.len());
        let mut falls_due = Vec::new();
        for (message, parsed) in messages.iter().zip(&parsed) {
            self.refresh(now)?;
            answers.push(match parsed {
                Ok(Message::Policy(query)) => written(&gate.policy(query)),
                Ok(Message::Block(block)) => {
                    let verdict = gate.blocked(block);
                    if verdict == Verdict::Current && audit::blocked(&self.sql, block)? {
                        blocks.push(block.clone());
                    }
                    written(&verdict)
                }
                Ok(Message::Admit(admission)) => {
                    let mut verdict = gate.admit(admission, now, &mut batch)?;
                    let due = admission
                        .hold_until
                        .unwrap_or(now + self.settings.reservation_ms);
                    if verdict.proceeds() {
                        falls_due.push(due);
                        if !admit::reserve(&self.sql, admission, message, due)?
                            && batch.has(&admission.id)?
                        {
                            verdict = Verdict::Spent;
                        }
                    }
                    let served = matches!(verdict, Verdict::Surrogate(_));
                    if verdict.proceeds() || served {
                        audit::admitted(&self.sql, admission)?;
                    }
                    // For a line of a provider's batch nobody is kept waiting.
                    if verdict.proceeds() && admission.hold_until.is_none() {
                        gate.lead(admission, now);
                        self.learning.observe(admission);
                    }
                    let named = admission.trace.as_ref().is_some_and(|trace| trace.named);
                    // What is asked again where nobody says who asks may come from many: as long as an
                    // answer serves them, nothing is said of it.
                    if (verdict.proceeds() || (served && named))
                        && let Some((id, signal)) = self.recent.note(admission, now)
                    {
                        if named && signal.evidence().outcome() < 0.5 {
                            self.surrogates.judged(&id, false)?;
                        }
                        let kept = feedback::keep_seen(&self.sql, &batch, id, signal, now)?;
                        seen.extend(kept);
                    }
                    written(&verdict)
                }
                Ok(Message::Follow(admission)) => {
                    let verdict = gate.follow(admission, now, &mut batch)?;
                    if matches!(verdict, Verdict::Surrogate(_)) {
                        audit::admitted(&self.sql, admission)?;
                    }
                    written(&verdict)
                }
                Ok(Message::Withdraw(admission)) => {
                    written(&gate.withdraw(admission, now, &mut batch)?)
                }
                Ok(Message::Settle(settlement)) => {
                    let surrogates = &self.surrogates;
                    let settled = settle::settle(
                        &self.sql,
                        surrogates,
                        &mut lessons,
                        settlement,
                        &mut taken,
                        &mut batch,
                    )?;
                    if settled.kept {
                        let ttl = self.settings.surrogate_ttl_ms;
                        falls_due.push(settlement.at.saturating_add(ttl));
                    }
                    gate.landed(settlement, settled.kept, now);
                    written(&settled.receipt)
                }
                Err(error) => written(&json!({"unreadable": error.to_string()})),
            });
        }
        let drifts = match seen.is_empty() {
            true => Vec::new(),
            false => self.learning.learn_in_time(now)?,
        };
        let changes = lessons.changes;
        self.health.store()?;
        let rows = batch.finish()?;
        if self.exports && !rows.is_empty() {
            falls_due.push(now + self.settings.outbox_ms);
        }
        self.due.set(falls_due.into_iter().min());
        *self.unsent.borrow_mut() = News {
            rows,
            changes,
            blocks,
            feedback: seen,
            drifts,
        };
        Ok(answers)
    }

    pub(crate) fn sweep(&self, now: u64) -> Result<()> {
        self.begin()?;
        let mut batch = Batch::new(&self.sql, &self.ledger_end);
        settle::close_overdue(&self.sql, now, &mut batch)?;
        self.surrogates.expire(now)?;
        self.batches.expire_files(now)?;
        feedback::prune(&self.sql)?;
        let drifts = self.learning.learn(now)?;
        let rows = batch.finish()?;
        *self.unsent.borrow_mut() = News {
            rows,
            drifts,
            ..News::default()
        };
        Ok(())
    }
}

/// A request may have been planned when questions were still kept.
fn forget_question(message: &mut Message) {
    if let Message::Settle(settlement) = message
        && let Some(fill) = &mut settlement.fill
    {
        fill.question = None;
    }
}

fn written(answer: &impl Serialize) -> String {
    serde_json::to_string(answer).unwrap_or_default()
}
