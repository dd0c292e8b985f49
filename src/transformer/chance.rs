//! The chance of a run: 32 bytes that nobody can guess, or that a test's seed gives. `Math.random` follows from a part of them and can be
//! reckoned backwards, as everywhere; what is to be a secret comes from all of them, by a hash, and tells nothing of what
//! comes before and after it.

use sha2::{Digest, Sha256};

/// What all chance of a run follows from.
#[derive(Clone)]
pub struct Seed([u8; 32]);

/// SHA-256 of the seed and a counter, block after block.
#[derive(Default)]
pub(super) struct Keyed {
    seed: [u8; 32],
    blocks: u64,
    left: Vec<u8>,
}

impl Seed {
    /// The same for the same number and word, and for no other.
    pub fn of(number: u64, word: &str) -> Seed {
        Seed(Sha256::new().chain_update(number.to_be_bytes()).chain_update(word).finalize().into())
    }

    /// For one of several runs that belong together.
    pub fn with(&self, word: &str) -> Seed {
        Seed(Sha256::new().chain_update(self.0).chain_update(word).finalize().into())
    }

    pub(super) fn of_random(&self) -> u64 {
        let (part, _) = self.0.split_first_chunk().expect("eight of the 32 bytes");
        u64::from_be_bytes(*part)
    }
}

impl From<[u8; 32]> for Seed {
    fn from(bytes: [u8; 32]) -> Seed {
        Seed(bytes)
    }
}

impl Keyed {
    pub(super) fn new(seed: &Seed) -> Keyed {
        Keyed { seed: seed.0, blocks: 0, left: Vec::new() }
    }

    pub(super) fn draw(&mut self, bytes: usize) -> Vec<u8> {
        let mut drawn = std::mem::take(&mut self.left);
        while drawn.len() < bytes {
            let block = Sha256::new().chain_update(self.seed).chain_update(self.blocks.to_be_bytes());
            self.blocks += 1;
            drawn.extend_from_slice(&block.finalize());
        }
        self.left = drawn.split_off(bytes);
        drawn
    }
}
