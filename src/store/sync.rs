//! Makes sled's writes reach the disk. On Linux sled 0.34 ends each write with `sync_file_range`, which
//! saves neither the file's size nor its block allocation and does not flush the drive: after a loss of power
//! the store is torn. If that call answers ENOSYS, sled uses `fsync` in its own order instead. So this file defines
//! the symbol, for the whole program, and it always answers ENOSYS. The only unsafe code besides src/transformer/brake.rs.
#![allow(unsafe_code)]

#[cfg(target_os = "linux")]
pub(super) use linux::calls;

/// Elsewhere sled calls `fsync` without our doing: each look counts as a proof.
#[cfg(not(target_os = "linux"))]
pub(super) fn calls() -> u64 {
    static LOOKS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    LOOKS.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

#[cfg(target_os = "linux")]
mod linux {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    use libc::{c_int, c_uint, off64_t};

    static CALLS: AtomicU64 = AtomicU64::new(0);

    /// How often sled was sent to `fsync`. If it does not grow with a flush, the symbol below is not the
    /// one sled was linked to.
    pub(in crate::store) fn calls() -> u64 {
        CALLS.load(Relaxed)
    }

    // SAFETY of the name: it stands for the C library's function of the same signature, which may fail with
    // ENOSYS on kernels without it; this one always does, and touches nothing but the caller's `errno`.
    #[unsafe(no_mangle)]
    extern "C" fn sync_file_range(_fd: c_int, _offset: off64_t, _count: off64_t, _flags: c_uint) -> c_int {
        CALLS.fetch_add(1, Relaxed);
        // SAFETY: `__errno_location` gives the calling thread's own `errno`, valid for the thread's life.
        unsafe { *libc::__errno_location() = libc::ENOSYS };
        -1
    }
}
