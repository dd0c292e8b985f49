//! The keys for `/api/v1`: those of the settings, else one that the first start makes and keeps in the state folder.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// The file in the state folder.
const FILE: &str = "admin.key";

#[derive(Debug, thiserror::Error)]
#[error("cannot read or make the key file {}: {source}; check that this user may write there", .path.display())]
pub struct AdminKeyError {
    path: PathBuf,
    source: io::Error,
}

/// SHA-256 digests of the keys. `fresh` becomes the key if there is none yet; only this user can read its file.
pub fn admin_keys(
    configured: &[[u8; 32]],
    state: &Path,
    fresh: &str,
) -> Result<Vec<[u8; 32]>, AdminKeyError> {
    if !configured.is_empty() {
        return Ok(configured.to_vec());
    }
    let path = state.join(FILE);
    let key = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make(&path, fresh).map(|()| fresh.to_owned())
        }
        read => read,
    };
    let key = key.map_err(|source| AdminKeyError { path, source })?;
    Ok(vec![Sha256::digest(key.trim().as_bytes()).into()])
}

fn make(path: &Path, key: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{key}")?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_only_its_owner_can_read_it() {
        let folder = std::env::temp_dir().join(crate::clock::id());
        fs::create_dir_all(&folder).unwrap();
        let first = admin_keys(&[], &folder, "one").unwrap();
        assert_eq!(admin_keys(&[], &folder, "two").unwrap(), first);
        assert_eq!(fs::metadata(folder.join(FILE)).unwrap().permissions().mode() & 0o777, 0o600);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn keys_of_the_settings_come_first() {
        let configured = [[7; 32]];
        assert_eq!(admin_keys(&configured, Path::new("/nowhere"), "x").unwrap(), configured);
    }
}
