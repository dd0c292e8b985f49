//! What is kept of callbacks that were delivered. Receipts are written together, a few dozen in a row and a moment later:
//! a kill loses those of that moment, which tells nobody less than that they were delivered.

use std::time::Duration;

use actix::{AsyncContext, Context};

use super::actor::Delivery;
use crate::clock;
use crate::model::Receipt;
use crate::store::Writes;

/// So many in one row: with an attempt each, a few KiB.
const TOGETHER_MAX: usize = 32;
const WITHIN: Duration = Duration::from_millis(250);

#[derive(Default)]
pub(super) struct Receipts {
    waiting: Vec<Receipt>,
    /// Rows written, to tell those of one millisecond apart.
    rows: u32,
}

impl Delivery {
    pub(super) fn keep_receipt(&mut self, ctx: &mut Context<Self>, receipt: Receipt) {
        if self.live.current().settings.limits.delivered_hours == 0 {
            return;
        }
        self.receipts.waiting.push(receipt);
        match self.receipts.waiting.len() {
            1 => drop(ctx.run_later(WITHIN, |this, _| this.write_receipts())),
            TOGETHER_MAX.. => self.write_receipts(),
            _ => {}
        }
    }

    pub(super) fn write_receipts(&mut self) {
        let waiting = std::mem::take(&mut self.receipts.waiting);
        if waiting.is_empty() {
            return;
        }
        self.receipts.rows = self.receipts.rows.wrapping_add(1);
        let shard = u16::try_from(self.shard).unwrap_or(u16::MAX);
        let mut writes = Writes::new();
        writes.receipts(clock::now(), shard, self.receipts.rows, &waiting);
        self.commits.defer(writes);
    }
}
