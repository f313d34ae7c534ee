//! Writes a model in the format that `engine::predict` reads: weights as bytes with a scale a row.

use moecraft_engine::predict::{Equation, Scaling, Tier, sealed};
use moecraft_engine::uncertainty::Platt;
use nalgebra::DMatrix;

use super::amount::Amount;
use super::forest::Forest;
use super::network::Trained;

/// One tier of a pool, ready to be written.
pub(crate) struct Head {
    pub(crate) tier: Tier,
    /// The place of its grade among the network's outputs.
    pub(crate) target: usize,
    /// How much the forest counts beside the network.
    pub(crate) share: f32,
    pub(crate) forest: Forest,
    pub(crate) calibration: Platt,
    pub(crate) equation: Equation,
    pub(crate) members: Vec<Equation>,
    pub(crate) tokens_out: Option<Amount>,
    pub(crate) cost_usd: Option<Amount>,
}

/// A file: networks and the pools that use them. Outputs that no tier uses are left out.
pub(crate) fn file(
    scaling: &Scaling,
    networks: &[Trained],
    pools: &[(String, Vec<Head>)],
) -> Vec<u8> {
    let mut used: Vec<usize> = pools
        .iter()
        .flat_map(|(_, heads)| heads)
        .map(|head| head.target)
        .collect();
    used.sort_unstable();
    used.dedup();
    let mut body = Vec::new();
    scaling.write(&mut body);
    u16_of(networks.len(), &mut body);
    for network in networks {
        u16_of(network.hidden.nrows(), &mut body);
        u16_of(used.len(), &mut body);
        matrix(&network.hidden, &network.hidden_offset, &mut body);
        let outputs = network.outputs.select_rows(&used);
        matrix(
            &outputs,
            &network.outputs_offset.select_rows(&used),
            &mut body,
        );
    }
    u16_of(pools.len(), &mut body);
    for (name, heads) in pools {
        body.push(name.len() as u8);
        body.extend_from_slice(name.as_bytes());
        body.push(heads.len() as u8);
        for written in heads {
            head(written, &used, &mut body);
        }
    }
    sealed(&body)
}

fn head(head: &Head, used: &[usize], body: &mut Vec<u8>) {
    body.push(head.tier as u8);
    u16_of(used.partition_point(|&target| target < head.target), body);
    f32_of(head.share, body);
    head.forest.write(body);
    f32_of(head.calibration.offset() as f32, body);
    f32_of(head.calibration.scale() as f32, body);
    head.equation.write(body);
    body.push(head.members.len() as u8);
    for member in &head.members {
        member.write(body);
    }
    for amount in [&head.tokens_out, &head.cost_usd] {
        body.push(u8::from(amount.is_some()));
        if let Some(amount) = amount {
            matrix(
                &amount.weights,
                &DMatrix::repeat(1, 1, amount.constant),
                body,
            );
            f32_of(amount.least, body);
            f32_of(amount.most, body);
        }
    }
}

/// Scales and offsets of all rows, then the rows.
pub(super) fn matrix(weights: &DMatrix<f32>, offset: &DMatrix<f32>, body: &mut Vec<u8>) {
    let scales: Vec<f32> = weights
        .row_iter()
        .map(|row| row.amax().max(1e-12) / 127.0)
        .collect();
    for number in scales.iter().chain(offset.iter()) {
        f32_of(*number, body);
    }
    for (row, scale) in weights.row_iter().zip(&scales) {
        body.extend(
            row.iter()
                .map(|weight| (weight / scale).round() as i8 as u8),
        );
    }
}

pub(super) fn u16_of(number: usize, body: &mut Vec<u8>) {
    body.extend_from_slice(&(number as u16).to_le_bytes());
}

pub(super) fn f32_of(number: f32, body: &mut Vec<u8>) {
    body.extend_from_slice(&number.to_le_bytes());
}
