//! What the guard says of a request: its tier, and what was found where.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How sensitive a request is. The lower the number, the fewer models may see it, so the tier of a
/// whole is the least of its parts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// Tier 0: credentials, personal and financial data, internal endpoints, confidential text.
    /// No untrusted model may see it, not even masked.
    Prohibited,
    /// Tier 1: source code and application structure.
    Restricted,
    /// Tier 2: everything else.
    #[default]
    General,
}

impl Tier {
    /// The number that people and headers use: 0, 1 or 2.
    pub const fn number(self) -> u8 {
        match self {
            Self::Prohibited => 0,
            Self::Restricted => 1,
            Self::General => 2,
        }
    }
}

impl Serialize for Tier {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(self.number())
    }
}

impl<'de> Deserialize<'de> for Tier {
    /// A number that is no tier is read as 0: what is not understood is protected most.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match u8::deserialize(deserializer)? {
            2 => Self::General,
            1 => Self::Restricted,
            _ => Self::Prohibited,
        })
    }
}

/// What sort of thing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Keys, tokens, passwords, connection strings.
    Credential,
    /// Names and addresses of internal systems.
    Endpoint,
    /// Data of a person.
    Personal,
    /// Cards, accounts, money of somebody.
    Financial,
    /// Text that its owner has marked as confidential.
    Confidential,
    /// Source code, or how an application is built. Tier 1; all others are tier 0.
    Structure,
}

impl Family {
    /// The tier of a request that holds something of this family.
    pub const fn tier(self) -> Tier {
        match self {
            Self::Structure => Tier::Restricted,
            _ => Tier::Prohibited,
        }
    }
}

/// One kind of thing that the guard knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind {
    /// Its name in records and metrics, such as `github_token`.
    pub id: &'static str,
    /// Its name for people, with an article where one fits: `a GitHub token`.
    pub title: &'static str,
    /// What sort of thing it is.
    pub family: Family,
}

impl Kind {
    /// A kind of credential.
    pub const fn credential(id: &'static str, title: &'static str) -> Self {
        Self::of(id, title, Family::Credential)
    }

    /// A kind of thing.
    pub const fn of(id: &'static str, title: &'static str, family: Family) -> Self {
        Self { id, title, family }
    }
}

/// Something that was found. Holds its place and its kind, never its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub kind: Kind,
    /// In which of the examined texts, by index.
    pub leaf: usize,
    /// Where it begins there, bytes.
    pub start: usize,
    /// Where it ends, bytes. The whole of an encoded run, where it was found by decoding.
    pub end: usize,
}

/// What the guard says of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The least tier of all that was found.
    pub tier: Tier,
    /// What was found, by text and place; none overlaps another.
    pub findings: Vec<Finding>,
}
