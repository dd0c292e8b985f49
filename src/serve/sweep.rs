//! What leaves the store when its time is over: old idempotency keys, receipts, versions of flows. On threads that may wait
//! for the disk; a sweep that failed is done with the next one.

use std::sync::Arc;
use std::time::Duration;

use crate::clock;
use crate::session::Engine;
use crate::store::Store;

/// Rows of old idempotency keys are removed in pieces of this size, this often.
const KEYS_AT_ONCE: usize = 1_000;
const KEYS_EVERY: Duration = Duration::from_secs(60);
/// Rows of receipts too, each with a few dozen.
const RECEIPTS_AT_ONCE: usize = 10_000;
const HOUR_MS: u64 = 60 * 60 * 1000;
/// Programs are needed for days, and there are few of them.
const PROGRAMS_EVERY: Duration = Duration::from_secs(60 * 60);

pub fn idempotency_keys(store: Store) {
    actix::spawn(async move {
        loop {
            tokio::time::sleep(KEYS_EVERY).await;
            let store = store.clone();
            let sweep = move || store.sweep_seen(clock::now(), KEYS_AT_ONCE);
            if let Ok(Err(error)) = tokio::task::spawn_blocking(sweep).await {
                tracing::warn!(%error, "old idempotency keys were not removed");
            }
        }
    });
}

/// The setting is read at each sweep: a reload may change it.
pub fn receipts(engine: Arc<Engine>) {
    actix::spawn(async move {
        loop {
            tokio::time::sleep(KEYS_EVERY).await;
            let kept_ms = engine.project().settings.limits.delivered_hours * HOUR_MS;
            let store = engine.store.clone();
            let sweep = move || store.sweep_receipts(clock::now().saturating_sub(kept_ms), RECEIPTS_AT_ONCE);
            if let Ok(Err(error)) = tokio::task::spawn_blocking(sweep).await {
                tracing::warn!(%error, "old receipts were not removed");
            }
        }
    });
}

/// At the start too: a server may be restarted more often than it sweeps.
pub fn programs(engine: Arc<Engine>) {
    actix::spawn(async move {
        loop {
            let engine = engine.clone();
            let sweep = move || engine.drop_programs(clock::now());
            match tokio::task::spawn_blocking(sweep).await {
                Ok(Ok(0)) | Err(_) => {}
                Ok(Ok(programs)) => tracing::info!(programs, "versions that no session needs were removed"),
                Ok(Err(error)) => tracing::warn!(%error, "old versions of flows were not removed"),
            }
            tokio::time::sleep(PROGRAMS_EVERY).await;
        }
    });
}
