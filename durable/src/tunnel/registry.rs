//! Which agents are connected and which models each of them serves. Pure.

use std::collections::BTreeMap;

use moecraft_catalog::Trust;
use moecraft_wire::tunnel::{LocalModel, MAX_AGENTS};

/// The connected agents, at most one connection each.
#[derive(Debug, Default)]
pub(super) struct Registry {
    connections: Vec<Connection>,
}

#[derive(Debug)]
struct Connection {
    id: u32,
    agent: String,
    models: Vec<LocalModel>,
}

/// No further agent may connect.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full;

/// What is stored: the models of each agent that has any.
type Stored = BTreeMap<String, Vec<LocalModel>>;

impl Registry {
    /// The registry after the object woke: these connections lived on, with what was stored of them.
    /// What cannot be read counts as nothing; agents say it again when they reconnect.
    pub(super) fn restore(live: Vec<(u32, String)>, stored: &str) -> Self {
        let mut stored: Stored = serde_json::from_str(stored).unwrap_or_default();
        let connections = live
            .into_iter()
            .map(|(id, agent)| Connection {
                id,
                models: stored.remove(&agent).unwrap_or_default(),
                agent,
            })
            .collect();
        Self { connections }
    }

    /// The registrations as one text for [`Self::restore`]; equal exactly when they are.
    pub(super) fn to_stored(&self) -> Result<String, serde_json::Error> {
        let stored: BTreeMap<&str, &[LocalModel]> = self
            .connections
            .iter()
            .filter(|connection| !connection.models.is_empty())
            .map(|connection| (connection.agent.as_str(), connection.models.as_slice()))
            .collect();
        serde_json::to_string(&stored)
    }

    /// Adds a connection. One of the same agent is replaced, and answered; the new one serves its
    /// models until it says otherwise, so that a reconnect is no change.
    pub(super) fn connect(&mut self, id: u32, agent: &str) -> Result<Option<u32>, Full> {
        if let Some(known) = self.connections.iter_mut().find(|c| c.agent == agent) {
            return Ok(Some(std::mem::replace(&mut known.id, id)));
        }
        if self.connections.len() >= MAX_AGENTS {
            return Err(Full);
        }
        self.connections.push(Connection {
            id,
            agent: agent.to_owned(),
            models: Vec::new(),
        });
        Ok(None)
    }

    /// Sets what a connection serves; whether that is something else than before.
    pub(super) fn register(&mut self, id: u32, mut models: Vec<LocalModel>) -> bool {
        models.sort_by(|a, b| a.name.cmp(&b.name));
        match self.connections.iter_mut().find(|c| c.id == id) {
            Some(connection) if connection.models != models => {
                connection.models = models;
                true
            }
            _ => false,
        }
    }

    /// Removes a connection; whether models went with it.
    pub(super) fn disconnect(&mut self, id: u32) -> bool {
        match self.connections.iter().position(|c| c.id == id) {
            Some(at) => !self.connections.swap_remove(at).models.is_empty(),
            None => false,
        }
    }

    /// The connections that serve a model.
    pub(super) fn serving(&self, model: &str) -> Vec<u32> {
        let serves = |c: &&Connection| c.models.iter().any(|m| m.name == model);
        self.connections
            .iter()
            .filter(serves)
            .map(|c| c.id)
            .collect()
    }

    /// Whether no agent is connected.
    pub(super) fn is_empty(&self) -> bool {
        self.connections.is_empty()
    }

    /// Every model that is served, by name. Where several agents serve one, it has what each of them
    /// can do, the smallest context, the least trust, and all their slots.
    pub(super) fn models(&self) -> Vec<LocalModel> {
        let mut models: BTreeMap<&str, LocalModel> = BTreeMap::new();
        for model in self.connections.iter().flat_map(|c| &c.models) {
            models
                .entry(&model.name)
                .and_modify(|known| {
                    known.context_tokens = known.context_tokens.min(model.context_tokens);
                    known.parallel = known.parallel.saturating_add(model.parallel);
                    known.capabilities = &known.capabilities & &model.capabilities;
                    if model.trust == Trust::Untrusted {
                        known.trust = Trust::Untrusted;
                    }
                })
                .or_insert_with(|| model.clone());
        }
        models.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use moecraft_wire::tunnel::ServerKind;

    use super::*;

    fn model(name: &str, context_tokens: u32, capabilities: &[&str]) -> LocalModel {
        LocalModel {
            name: name.into(),
            server: ServerKind::Ollama,
            context_tokens,
            parallel: 2,
            capabilities: capabilities.iter().map(|&c| c.into()).collect(),
            trust: Trust::Trusted,
        }
    }

    fn small() -> LocalModel {
        model("small", 4096, &["chat"])
    }

    fn names(registry: &Registry) -> Vec<String> {
        registry.models().into_iter().map(|m| m.name).collect()
    }

    #[test]
    fn models_come_and_go_with_their_agent() {
        let mut registry = Registry::default();
        assert_eq!(registry.connect(1, "box"), Ok(None));
        assert!(registry.register(1, vec![small()]));
        assert_eq!(registry.serving("small"), [1]);
        assert!(registry.serving("large").is_empty());
        assert!(registry.disconnect(1));
        assert!(registry.is_empty() && registry.models().is_empty());
        assert!(!registry.disconnect(1), "it was gone already");
    }

    #[test]
    fn only_another_set_of_models_is_a_change() {
        let mut registry = Registry::default();
        registry.connect(1, "box").unwrap();
        let other = model("other", 1, &[]);
        assert!(registry.register(1, vec![small(), other.clone()]));
        assert!(!registry.register(1, vec![other, small()]), "order is none");
        assert!(registry.register(1, vec![model("small", 8192, &["chat"])]));
        assert!(registry.register(1, vec![]));
        assert!(!registry.disconnect(1), "it served nothing any more");
    }

    #[test]
    fn a_reconnect_replaces_the_connection_and_keeps_the_models() {
        let mut registry = Registry::default();
        registry.connect(1, "box").unwrap();
        registry.register(1, vec![small()]);
        assert_eq!(registry.connect(2, "box"), Ok(Some(1)));
        assert_eq!(registry.serving("small"), [2]);
        assert!(!registry.register(2, vec![small()]));
        assert!(
            !registry.disconnect(1),
            "the old socket's close changes nothing"
        );
        assert_eq!(names(&registry), ["small"]);
    }

    #[test]
    fn a_model_of_two_agents_promises_what_both_keep() {
        let mut registry = Registry::default();
        registry.connect(1, "a").unwrap();
        registry.connect(2, "b").unwrap();
        registry.register(1, vec![model("m", 8192, &["chat", "tools"])]);
        let renamed = LocalModel {
            trust: Trust::Untrusted,
            ..model("m", 4096, &["chat", "vision"])
        };
        registry.register(2, vec![renamed]);
        let expected = LocalModel {
            parallel: 4,
            trust: Trust::Untrusted,
            ..model("m", 4096, &["chat"])
        };
        assert_eq!(registry.models(), [expected]);
        assert_eq!(registry.serving("m"), [1, 2]);
    }

    #[test]
    fn a_tenant_has_so_many_agents_and_no_more() {
        let mut registry = Registry::default();
        for i in 0..MAX_AGENTS as u32 {
            registry.connect(i, &format!("agent-{i}")).unwrap();
        }
        assert_eq!(registry.connect(99, "one-more"), Err(Full));
        assert_eq!(
            registry.connect(99, "agent-3"),
            Ok(Some(3)),
            "replacing is no more"
        );
    }

    #[test]
    fn what_is_stored_survives_for_those_still_connected() {
        let mut registry = Registry::default();
        registry.connect(1, "stays").unwrap();
        registry.connect(2, "goes").unwrap();
        registry.register(1, vec![small()]);
        registry.register(2, vec![model("large", 1, &[])]);
        let stored = registry.to_stored().unwrap();

        let both = Registry::restore(vec![(8, "goes".into()), (9, "stays".into())], &stored);
        assert_eq!(
            both.to_stored().unwrap(),
            stored,
            "the order of sockets is none"
        );

        let one = Registry::restore(vec![(9, "stays".into())], &stored);
        assert_eq!(names(&one), ["small"]);
        assert_eq!(one.serving("small"), [9]);
        assert_ne!(one.to_stored().unwrap(), stored);
    }

    #[test]
    fn what_cannot_be_read_is_nothing() {
        let registry = Registry::restore(vec![(1, "box".into())], "not json");
        assert!(registry.models().is_empty() && !registry.is_empty());
    }
}
