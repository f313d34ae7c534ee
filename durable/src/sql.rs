//! SQLite as the object sees it: prepared text, bound values, typed rows.

use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;
use worker::{Result, SqlStorage, SqlStorageValue};

/// The object's database.
#[derive(Clone)]
pub(crate) struct Sql(SqlStorage);

/// A number as SQLite takes it: JavaScript has doubles only, exact up to 2^53.
///
/// Nano-dollars stay exact up to nine million dollars a tenant.
pub(crate) fn int(value: u64) -> JsValue {
    JsValue::from_f64(value as f64)
}

/// The same for a number that may be negative.
pub(crate) fn signed(value: i64) -> JsValue {
    JsValue::from_f64(value as f64)
}

/// A text as SQLite takes it.
pub(crate) fn text(value: &str) -> JsValue {
    JsValue::from_str(value)
}

impl Sql {
    pub(crate) fn new(storage: SqlStorage) -> Self {
        Self(storage)
    }

    /// Runs a statement and gives the number of rows written, index rows included.
    pub(crate) fn run(&self, statement: &str, values: Vec<JsValue>) -> Result<usize> {
        Ok(self.0.exec_raw(statement, values)?.rows_written())
    }

    /// Runs a query for all its rows.
    pub(crate) fn rows<T: DeserializeOwned>(
        &self,
        query: &str,
        values: Vec<JsValue>,
    ) -> Result<Vec<T>> {
        self.0.exec_raw(query, values)?.to_array()
    }

    /// Runs a query for all its rows, as their values in order: for what is bytes.
    pub(crate) fn raw(
        &self,
        query: &str,
        values: Vec<JsValue>,
    ) -> Result<Vec<Vec<SqlStorageValue>>> {
        self.0.exec_raw(query, values)?.raw().collect()
    }

    /// Runs a query that gives one row or none.
    pub(crate) fn row<T: DeserializeOwned>(
        &self,
        query: &str,
        values: Vec<JsValue>,
    ) -> Result<Option<T>> {
        Ok(self.rows(query, values)?.into_iter().next())
    }
}
