//! OpenAI's APIs: Chat Completions, Responses, Embeddings and Batch, and the error objects they share.

pub mod batch;
pub mod chat;
pub mod embeddings;
mod error;
mod prompt_tokens;
pub mod responses;
mod text_or;

pub use error::error_body;
