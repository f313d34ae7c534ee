//! What the Messages dialect reads and writes.

#[cfg(test)]
mod adapt;
#[cfg(test)]
mod answer;
#[cfg(test)]
mod read;
#[cfg(test)]
mod write;
