//! Files, in pieces of at most a megabyte.

use futures::stream;
use js_sys::Uint8Array;
use serde::Deserialize;
use worker::{Response, Result, SqlStorageValue};

use super::{Batches, random_id};
use crate::sql::{Sql, int, text};

/// The longest piece, bytes: a row of the object's database ends at 2 MB.
const PIECE: usize = 1 << 20;
/// How much of a file is read for one piece of a response, rows.
const ROWS: u64 = 64;
/// How much of a file is handed on at once, bytes.
const HANDED: usize = 1 << 20;

/// The purpose of files with requests, and of files with results.
pub(super) const INPUT: &str = "batch";
pub(super) const OUTPUT: &str = "batch_output";

/// A file without what it holds.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct File {
    pub(super) id: String,
    pub(super) purpose: String,
    pub(super) filename: String,
    pub(super) bytes: u64,
    pub(super) created: u64,
    pub(super) expires: u64,
}

#[derive(Deserialize)]
struct Bytes {
    bytes: Option<u64>,
}

impl Batches {
    /// Whether there is room for so many bytes more.
    pub(super) fn has_room(&self, bytes: usize) -> Result<bool> {
        let sum: Option<Bytes> = self
            .sql
            .row("SELECT sum(bytes) AS bytes FROM files", vec![])?;
        let taken = sum.and_then(|sum| sum.bytes).unwrap_or(0);
        Ok(taken.saturating_add(bytes as u64) <= self.room)
    }

    /// Keeps a file; `listed`: the client is to see it.
    pub(super) fn put_file(
        &self,
        purpose: &str,
        filename: &str,
        content: &[u8],
        listed: bool,
        now: u64,
    ) -> Result<String> {
        let id = format!("file-{}", random_id()?);
        self.sql.run(
            "INSERT INTO files (id, purpose, filename, bytes, created, expires, listed)
             VALUES (?, ?, ?, 0, ?, ?, ?)",
            vec![
                text(&id),
                text(purpose),
                text(filename),
                int(now),
                int(now + self.keep_ms),
                int(listed.into()),
            ],
        )?;
        self.append(&id, content)?;
        Ok(id)
    }

    /// Adds to the end of a file.
    pub(super) fn append(&self, id: &str, content: &[u8]) -> Result<()> {
        let length: Option<Bytes> = self
            .sql
            .row("SELECT bytes FROM files WHERE id = ?", vec![text(id)])?;
        let Some(mut at) = length.and_then(|length| length.bytes) else {
            return Ok(());
        };
        for piece in content.chunks(PIECE) {
            let values = vec![text(id), int(at), Uint8Array::from(piece).into()];
            self.sql
                .run("INSERT INTO file_chunks VALUES (?, ?, ?)", values)?;
            at += piece.len() as u64;
        }
        let values = vec![int(at), text(id)];
        self.sql
            .run("UPDATE files SET bytes = ? WHERE id = ?", values)?;
        Ok(())
    }

    /// So many bytes of a file from `at` on.
    pub(super) fn part(&self, id: &str, at: u64, length: u64) -> Result<Vec<u8>> {
        let end = at.saturating_add(length);
        let rows = self.sql.raw(
            "SELECT at, content FROM file_chunks
             WHERE file = ?1 AND at < ?3 AND at >= coalesce(
               (SELECT max(at) FROM file_chunks WHERE file = ?1 AND at <= ?2), 0)
             ORDER BY at",
            vec![text(id), int(at), int(end)],
        )?;
        let mut part = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        for (begin, content) in rows.iter().filter_map(|row| piece(row)) {
            let inside = |position: u64| {
                let offset = position.saturating_sub(begin);
                usize::try_from(offset)
                    .unwrap_or(usize::MAX)
                    .min(content.len())
            };
            part.extend_from_slice(content.get(inside(at)..inside(end)).unwrap_or_default());
        }
        Ok(part)
    }

    /// A file that the client may see.
    pub(super) fn file(&self, id: &str) -> Result<Option<File>> {
        self.sql.row(
            "SELECT * FROM files WHERE id = ? AND listed = 1",
            vec![text(id)],
        )
    }

    /// What a file holds, as a response that is read from the database as it is taken.
    pub(super) fn content(&self, file: &File) -> Result<Response> {
        let begin = (self.sql.clone(), file.id.clone(), 0_u64);
        let pieces = stream::try_unfold(begin, |(sql, id, from)| async move {
            let handed = pieces_from(&sql, &id, from)?;
            let next = from + handed.len() as u64;
            Ok::<_, worker::Error>((!handed.is_empty()).then_some((handed, (sql, id, next))))
        });
        let response = Response::from_stream(pieces)?;
        let headers = response.headers();
        headers.set("content-type", "application/jsonl")?;
        headers.set("x-content-type-options", "nosniff")?;
        Ok(response)
    }

    /// Takes a file from the client, and, unless a batch still reads it, from the disk.
    pub(super) fn delete_file(&self, id: &str) -> Result<()> {
        self.sql
            .run("UPDATE files SET listed = 0 WHERE id = ?", vec![text(id)])?;
        self.drop_unused(id)
    }

    /// Takes a file from the disk that nobody sees and no batch reads.
    pub(super) fn drop_unused(&self, id: &str) -> Result<()> {
        let dropped = self.sql.run(
            "DELETE FROM files WHERE id = ?1 AND listed = 0 AND NOT EXISTS (
               SELECT 1 FROM batches WHERE input = ?1 AND ended_at IS NULL)",
            vec![text(id)],
        )?;
        if dropped > 0 {
            self.sql
                .run("DELETE FROM file_chunks WHERE file = ?", vec![text(id)])?;
        }
        Ok(())
    }

    /// Forgets files and batches whose time is up. An open batch keeps its files.
    pub(crate) fn expire_files(&self, now: u64) -> Result<()> {
        let old: Vec<Name> = self.sql.rows(
            "SELECT id FROM files WHERE expires <= ?1 AND NOT EXISTS (
               SELECT 1 FROM batches WHERE ended_at IS NULL AND files.id IN (input, output, errors))",
            vec![int(now)],
        )?;
        for Name { id } in old {
            for statement in [
                "DELETE FROM batches WHERE output = ?",
                "DELETE FROM file_chunks WHERE file = ?",
                "DELETE FROM files WHERE id = ?",
            ] {
                self.sql.run(statement, vec![text(&id)])?;
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Name {
    id: String,
}

fn piece(row: &[SqlStorageValue]) -> Option<(u64, &[u8])> {
    match row {
        [SqlStorageValue::Integer(at), SqlStorageValue::Blob(content)] => {
            Some((u64::try_from(*at).ok()?, content))
        }
        _ => None,
    }
}

/// The next pieces of a file, from where one begins.
fn pieces_from(sql: &Sql, id: &str, from: u64) -> Result<Vec<u8>> {
    let rows = sql.raw(
        "SELECT at, content FROM file_chunks WHERE file = ? AND at >= ? ORDER BY at LIMIT ?",
        vec![text(id), int(from), int(ROWS)],
    )?;
    let mut handed = Vec::new();
    for (_, content) in rows.iter().filter_map(|row| piece(row)) {
        handed.extend_from_slice(content);
        if handed.len() >= HANDED {
            break;
        }
    }
    Ok(handed)
}
