//! Whether a value is as a JSON schema has it, by the keywords that say what a value is made of:
//! `type`, `enum`, `const`, `properties`, `required`, `additionalProperties`, `items`, `prefixItems`,
//! bounds on numbers and lengths, `anyOf`, `oneOf`, `allOf`, and `$ref` within the schema.
//!
//! All else (`pattern`, `format`, `not`, conditions, addresses elsewhere) is taken for met. So is what
//! is left when the work is at its bound.

use serde_json::{Map, Value};

use super::Mismatch;

/// How many schemas are held against how many values at most.
const MOST_STEPS: u32 = 100_000;
/// How deep schemas lie in one another; the reader of JSON has a bound of its own.
const MOST_DEPTH: u32 = 160;
/// The longest path that is told, bytes.
const MOST_PATH: usize = 200;

/// The first place at which a value departs from a schema.
pub(super) fn mismatch(schema: &Value, value: &Value) -> Option<Mismatch> {
    let mut check = Check {
        root: schema,
        steps: 0,
        path: Vec::new(),
    };
    let keyword = check.value(schema, value, 0).err()?;
    let mut path = String::new();
    for step in &check.path {
        path.push('/');
        path.push_str(&step.replace('~', "~0").replace('/', "~1"));
    }
    path.truncate(path.floor_char_boundary(MOST_PATH));
    Some(Mismatch { path, keyword })
}

/// The keyword that is not met.
type Met = Result<(), &'static str>;

struct Check<'s> {
    root: &'s Value,
    steps: u32,
    /// Where the value lies; after a failure, where it was found.
    path: Vec<String>,
}

impl<'s> Check<'s> {
    fn value(&mut self, schema: &'s Value, value: &Value, depth: u32) -> Met {
        self.steps += 1;
        if self.steps > MOST_STEPS || depth > MOST_DEPTH {
            return Ok(());
        }
        let schema = match schema {
            Value::Object(schema) => schema,
            Value::Bool(false) => return Err("false"),
            _ => return Ok(()),
        };
        if let Some(Value::String(place)) = schema.get("$ref")
            && let Some(target) = place.strip_prefix('#').and_then(|at| self.root.pointer(at))
        {
            self.value(target, value, depth + 1)?;
        }
        let nullable = schema.get("nullable") == Some(&Value::Bool(true));
        if nullable && value.is_null() {
            return Ok(());
        }
        scalar(schema, value)?;
        self.parts(schema, value, depth)?;
        self.combined(schema, value, depth)
    }

    /// The members of an object, or the items of an array.
    fn parts(&mut self, schema: &'s Map<String, Value>, value: &Value, depth: u32) -> Met {
        match value {
            Value::Object(members) => self.members(schema, members, depth),
            Value::Array(items) => {
                let first = schema.get("prefixItems").and_then(Value::as_array);
                let rest = schema.get("items").filter(|items| !items.is_array());
                for (place, item) in items.iter().enumerate() {
                    let own = first.and_then(|first| first.get(place)).or(rest);
                    if let Some(own) = own {
                        self.inside(place.to_string(), own, item, depth)?;
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn members(
        &mut self,
        schema: &'s Map<String, Value>,
        members: &Map<String, Value>,
        depth: u32,
    ) -> Met {
        let required = schema.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten().filter_map(Value::as_str) {
            self.steps += 1;
            if !members.contains_key(name) {
                return Err("required");
            }
        }
        let known = schema.get("properties").and_then(Value::as_object);
        let others = schema.get("additionalProperties").filter(|_| {
            // What these take is not known here.
            !schema.contains_key("patternProperties")
        });
        for (name, member) in members {
            match (known.and_then(|known| known.get(name)), others) {
                (Some(own), _) => self.inside(name.clone(), own, member, depth)?,
                (None, Some(Value::Bool(false))) => {
                    self.path.push(name.clone());
                    return Err("additionalProperties");
                }
                (None, Some(others)) => self.inside(name.clone(), others, member, depth)?,
                (None, None) => {}
            }
        }
        Ok(())
    }

    fn inside(&mut self, step: String, schema: &'s Value, value: &Value, depth: u32) -> Met {
        self.path.push(step);
        self.value(schema, value, depth + 1)?;
        self.path.pop();
        Ok(())
    }

    fn combined(&mut self, schema: &'s Map<String, Value>, value: &Value, depth: u32) -> Met {
        let list = |name| schema.get(name).and_then(Value::as_array);
        for part in list("allOf").into_iter().flatten() {
            self.value(part, value, depth + 1)?;
        }
        for (keyword, most) in [("anyOf", usize::MAX), ("oneOf", 1)] {
            let Some(ways) = list(keyword) else { continue };
            let here = self.path.len();
            let mut met = 0;
            for way in ways {
                met += usize::from(self.value(way, value, depth + 1).is_ok());
                self.path.truncate(here);
                if met > 0 && most > 1 {
                    break;
                }
            }
            if self.steps <= MOST_STEPS && (met == 0 || met > most) {
                return Err(keyword);
            }
        }
        Ok(())
    }
}

/// What can be said of a value without looking into it.
fn scalar(schema: &Map<String, Value>, value: &Value) -> Met {
    let ensure = |keyword, met| if met { Ok(()) } else { Err(keyword) };
    if let Some(types) = schema.get("type") {
        let met = match types {
            Value::String(name) => is_a(value, name),
            Value::Array(names) => names
                .iter()
                .filter_map(Value::as_str)
                .any(|n| is_a(value, n)),
            _ => true,
        };
        ensure("type", met)?;
    }
    if let Some(Value::Array(values)) = schema.get("enum") {
        ensure("enum", values.iter().any(|known| equal(known, value)))?;
    }
    if let Some(known) = schema.get("const") {
        ensure("const", equal(known, value))?;
    }
    let bound = |keyword| schema.get(keyword).and_then(Value::as_f64);
    let within = |size: f64, least, most| {
        ensure(least, bound(least).is_none_or(|least| size >= least))?;
        ensure(most, bound(most).is_none_or(|most| size <= most))
    };
    match value {
        Value::Number(number) => {
            let Some(number) = number.as_f64() else {
                return Ok(());
            };
            within(number, "minimum", "maximum")?;
            let (over, under) = (bound("exclusiveMinimum"), bound("exclusiveMaximum"));
            ensure("exclusiveMinimum", over.is_none_or(|over| number > over))?;
            ensure("exclusiveMaximum", under.is_none_or(|under| number < under))
        }
        Value::String(text) => within(text.chars().count() as f64, "minLength", "maxLength"),
        Value::Array(items) => within(items.len() as f64, "minItems", "maxItems"),
        Value::Object(members) => within(members.len() as f64, "minProperties", "maxProperties"),
        Value::Null | Value::Bool(_) => Ok(()),
    }
}

fn is_a(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        // 1.0 is an integer too.
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        _ => true,
    }
}

/// Equal as JSON has it: 1 and 1.0 are one number.
fn equal(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one_f), Some(other_f)) => one == other || one_f == other_f,
        _ => one == other,
    }
}
