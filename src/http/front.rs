//! What every request handler has at hand, and the gate that bounds what is under way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use sha2::{Digest, Sha256};

use super::problem::{Kind, Problem};
use crate::session::{Engine, Refusal};

pub struct Front {
    pub engine: Arc<Engine>,
    pub gate: Arc<Gate>,
    /// SHA-256 digests of the keys for `/api/v1`.
    pub admin_keys: Vec<[u8; 32]>,
}

/// Counts the inputs under way, and closes when the server goes down.
pub struct Gate {
    inside: AtomicUsize,
    max: usize,
    closed: AtomicBool,
}

/// One input under way.
pub struct Inside {
    gate: Arc<Gate>,
}

impl Gate {
    pub fn new(max: usize) -> Arc<Gate> {
        Arc::new(Gate { inside: AtomicUsize::new(0), max, closed: AtomicBool::new(false) })
    }

    pub fn enter(self: &Arc<Gate>) -> Result<Inside, Refusal> {
        let inside = Inside { gate: self.clone() };
        let before = self.inside.fetch_add(1, Ordering::SeqCst);
        // Counted first, looked at second: so that whoever closes the gate and then counts misses nobody.
        if self.is_closed() {
            return Err(Refusal::ShuttingDown);
        }
        if before < self.max { Ok(inside) } else { Err(Refusal::Overloaded) }
    }

    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }

    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    pub fn is_empty(&self) -> bool {
        self.inside.load(Ordering::SeqCst) == 0
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.gate.inside.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Front {
    /// Lets in who knows one of the keys.
    pub fn admit(&self, key: Option<&str>) -> Result<(), Problem> {
        if key.is_some_and(|key| is_one_of(key, &self.admin_keys)) {
            return Ok(());
        }
        Err(Problem::new(Kind::Unauthorized, "send the key of this server in the header X-API-Key"))
    }
}

/// Compares digests, so that the time it takes tells nothing about the key.
pub fn is_one_of(key: &str, digests: &[[u8; 32]]) -> bool {
    let digest: [u8; 32] = Sha256::digest(key.as_bytes()).into();
    digests.contains(&digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gate_lets_in_as_many_as_it_may_and_again_when_one_left() {
        let gate = Gate::new(1);
        let first = gate.enter().unwrap_or_else(|_| panic!("the first is let in"));
        assert!(matches!(gate.enter(), Err(Refusal::Overloaded)));
        drop(first);
        assert!(gate.enter().is_ok());
        assert!(gate.is_empty());
    }

    #[test]
    fn a_closed_gate_lets_nobody_in() {
        let gate = Gate::new(1);
        gate.close();
        assert!(matches!(gate.enter(), Err(Refusal::ShuttingDown)));
        assert!(gate.is_empty());
    }
}
