//! How much room the disk of the store has left. A store whose disk runs full fails for good, so nothing
//! new is taken in before that.

use std::path::PathBuf;

/// The disk counts as full when less than either is free.
#[derive(Clone, Debug)]
pub(super) struct Space {
    pub path: PathBuf,
    pub free_min_bytes: u64,
    pub free_min_percent: u8,
}

impl Space {
    pub(super) fn is_full(&self) -> bool {
        match rustix::fs::statvfs(&self.path) {
            Ok(disk) => self.too_little(disk.f_bavail, disk.f_blocks, disk.f_frsize),
            Err(fault) => {
                tracing::warn!("cannot tell the free space of {}: {fault}", self.path.display());
                false
            }
        }
    }

    /// Says so once, when it changes.
    pub(super) fn tell(&self, full: bool) {
        let path = self.path.display();
        if full {
            tracing::error!(
                "the disk of {path} is nearly full: nothing more is accepted until there is room"
            );
        } else {
            tracing::info!("the disk of {path} has room again");
        }
    }

    fn too_little(&self, free_blocks: u64, blocks: u64, block_bytes: u64) -> bool {
        let free_bytes = u128::from(free_blocks) * u128::from(block_bytes);
        let percent_missing =
            u128::from(free_blocks) * 100 < u128::from(blocks) * u128::from(self.free_min_percent);
        free_bytes < u128::from(self.free_min_bytes) || percent_missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_bound_makes_a_disk_full() {
        let space = Space { path: "/".into(), free_min_bytes: 1000, free_min_percent: 5 };
        assert!(!space.too_little(10, 200, 100));
        assert!(space.too_little(9, 100, 100), "900 bytes are less than 1000");
        assert!(space.too_little(10, 201, 100), "10 of 201 blocks are less than 5 %");
    }
}
