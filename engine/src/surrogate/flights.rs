//! Single flight: of equal requests at the same time one calls a model, and the others wait for its
//! answer.
//!
//! The first that may proceed *leads*. The others *follow*: they are told when the leader's answer has
//! come, or that it will not come; then the first of them that asks leads, and the rest follow that one.
//! An answer that can serve nobody else, such as one with thinking, ends the waiting: the next would be
//! no better, so for a while each calls by itself.
//! A leader that is not heard of any more loses its place after a time, and nobody waits longer than
//! twice that. What is kept here lies in memory: what a restart forgets costs a call.

use std::collections::HashMap;

/// The most that follow one leader; who comes later asks again after a while.
pub const MAX_FOLLOWERS: usize = 200;
/// The most that wait over all.
const MAX_WAITING: usize = 1_000;
/// The most leaders known; a request beyond that is on its own.
const MAX_FLIGHTS: usize = 4_096;

/// A request that another's answer may serve.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// The key of the answer.
    pub key: &'a str,
    /// The request's id.
    pub id: &'a str,
    /// When it came, Unix ms.
    pub at: u64,
}

/// What becomes of a request that would follow another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Following {
    /// It waits.
    Waits,
    /// Too many wait already.
    Crowded,
    /// There is nobody to follow, or it has waited long enough.
    Over,
}

/// A call that is under way.
#[derive(Debug)]
struct Flight {
    /// None: nobody is to wait under this key.
    leader: Option<String>,
    /// When the leader loses its place, Unix ms.
    until: u64,
    followers: Vec<String>,
}

/// A request that waits.
#[derive(Debug)]
struct Follower {
    key: String,
    /// When it asks again, whatever has come, Unix ms.
    until: u64,
}

/// The calls of one tenant that are under way, and who waits for them.
#[derive(Debug, Default)]
pub struct Flights {
    lease_ms: u64,
    /// By key.
    flights: HashMap<String, Flight>,
    /// The key that a leader leads, by its id.
    leading: HashMap<String, String>,
    /// By id.
    waiting: HashMap<String, Follower>,
    /// Followers that wait no longer and have not been told.
    released: Vec<String>,
    /// Leaders of a transaction that is not certain yet.
    uncertain: Vec<String>,
}

impl Flights {
    /// Flights whose leaders lose their place after `lease_ms` ms.
    pub fn new(lease_ms: u64) -> Self {
        Self {
            lease_ms,
            ..Self::default()
        }
    }

    /// Whether a request should wait, because an equal one is under way.
    pub fn seek(&self, asking: &Asking<'_>, now: u64) -> Following {
        let flight = self.flights.get(asking.key);
        let is_other = |flight: &&Flight| {
            let leader = flight.leader.as_deref();
            flight.until > now && leader.is_some_and(|leader| leader != asking.id)
        };
        match flight.filter(is_other) {
            Some(_) if now >= self.patience_ends(asking) => Following::Over,
            Some(flight)
                if flight.followers.len() >= MAX_FOLLOWERS || self.waiting.len() >= MAX_WAITING =>
            {
                Following::Crowded
            }
            Some(_) => Following::Waits,
            None => Following::Over,
        }
    }

    /// Notes that a request calls a model. It leads, unless an equal one does: then it is on its own.
    pub fn lead(&mut self, asking: &Asking<'_>, now: u64) {
        if self
            .flights
            .get(asking.key)
            .is_some_and(|flight| flight.until > now)
        {
            return;
        }
        self.end(asking.key);
        if self.flights.len() >= MAX_FLIGHTS {
            let over = self
                .flights
                .iter()
                .filter(|(_, flight)| flight.until <= now);
            let over: Vec<String> = over.map(|(key, _)| key.clone()).collect();
            over.iter().for_each(|key| self.end(key));
            if over.is_empty() {
                return;
            }
        }
        let flight = Flight {
            leader: Some(asking.id.to_owned()),
            until: now.saturating_add(self.lease_ms),
            followers: Vec::new(),
        };
        self.leading
            .insert(asking.id.to_owned(), asking.key.to_owned());
        self.flights.insert(asking.key.to_owned(), flight);
        self.uncertain.push(asking.id.to_owned());
    }

    /// Has a request wait for the one that is under way.
    pub fn follow(&mut self, asking: &Asking<'_>, now: u64) -> Following {
        self.leave(asking.id);
        let following = self.seek(asking, now);
        let patience_ends = self.patience_ends(asking);
        if following == Following::Waits
            && let Some(flight) = self.flights.get_mut(asking.key)
        {
            flight.followers.push(asking.id.to_owned());
            let follower = Follower {
                key: asking.key.to_owned(),
                until: flight.until.min(patience_ends),
            };
            self.waiting.insert(asking.id.to_owned(), follower);
        }
        following
    }

    /// How long a follower waits at most before it asks again, ms; 0 where it does not wait.
    pub fn patience_ms(&self, id: &str, now: u64) -> u64 {
        let follower = self.waiting.get(id);
        follower.map_or(0, |follower| follower.until.saturating_sub(now).max(1))
    }

    /// A follower's client has left.
    pub fn leave(&mut self, id: &str) {
        let Some(Follower { key, .. }) = self.waiting.remove(id) else {
            return;
        };
        if let Some(flight) = self.flights.get_mut(&key) {
            flight.followers.retain(|follower| follower != id);
        }
        self.released.push(id.to_owned());
    }

    /// Whether anybody waits for a leader whose client has left. Where nobody does it leads no longer:
    /// who comes now makes a call of its own.
    pub fn is_awaited(&mut self, leader: &str) -> bool {
        let key = self.leading.get(leader);
        let flight = key.and_then(|key| self.flights.get(key));
        let awaited = flight.is_some_and(|flight| !flight.followers.is_empty());
        if !awaited {
            self.land(leader);
        }
        awaited
    }

    /// A request that may have led has ended, with an answer or without.
    pub fn land(&mut self, leader: &str) {
        if let Some(key) = self.leading.get(leader).cloned() {
            self.end(&key);
        }
    }

    /// A leader has an answer that can serve nobody else.
    pub fn disperse(&mut self, leader: &str, now: u64) {
        let Some(key) = self.leading.get(leader).cloned() else {
            return;
        };
        self.end(&key);
        let flight = Flight {
            leader: None,
            until: now.saturating_add(self.lease_ms),
            followers: Vec::new(),
        };
        self.flights.insert(key, flight);
    }

    /// An answer has come under a key, whoever brought it: who waits for it is told.
    pub fn serve(&mut self, key: &str) {
        if let Some(flight) = self.flights.get_mut(key) {
            let followers = std::mem::take(&mut flight.followers);
            self.release(followers);
        }
    }

    /// The followers that wait no longer since this was asked last.
    pub fn released(&mut self) -> Vec<String> {
        std::mem::take(&mut self.released)
    }

    /// What has led since the last time is on disk.
    pub fn confirm(&mut self) {
        self.uncertain.clear();
    }

    /// What has led since the last time never was: its transaction has failed.
    pub fn roll_back(&mut self) {
        for leader in std::mem::take(&mut self.uncertain) {
            self.land(&leader);
        }
    }

    /// How many lead, and how many wait.
    pub fn count(&self) -> (usize, usize) {
        (self.leading.len(), self.waiting.len())
    }

    fn end(&mut self, key: &str) {
        if let Some(flight) = self.flights.remove(key) {
            if let Some(leader) = &flight.leader {
                self.leading.remove(leader);
            }
            self.release(flight.followers);
        }
    }

    fn release(&mut self, followers: Vec<String>) {
        for id in &followers {
            self.waiting.remove(id);
        }
        self.released.extend(followers);
    }

    /// When a request makes a call of its own, whoever is under way, Unix ms.
    fn patience_ends(&self, asking: &Asking<'_>) -> u64 {
        asking.at.saturating_add(self.lease_ms.saturating_mul(2))
    }
}

#[cfg(test)]
mod tests;
