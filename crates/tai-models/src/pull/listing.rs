//! What the hub lists of a repository.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::hash::Checksum;
use crate::text::visible;

/// What the hub lists of a repository.
#[derive(Debug)]
pub(super) struct Listing {
    pub(super) commit: Option<String>,
    pub(super) license: Option<String>,
    pub(super) files: BTreeMap<String, Remote>,
}

/// A file of a repository.
#[derive(Clone, Debug, Default)]
pub(super) struct Remote {
    pub(super) size: Option<u64>,
    pub(super) checksum: Option<Checksum>,
}

impl Listing {
    /// Reads what the API says of a model with `blobs=true`.
    pub(super) fn parse(text: &[u8]) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct Model {
            sha: Option<String>,
            siblings: Vec<Sibling>,
            #[serde(rename = "cardData")]
            card: Option<serde_json::Value>,
        }
        #[derive(Deserialize)]
        struct Sibling {
            rfilename: String,
            size: Option<u64>,
            #[serde(rename = "blobId")]
            blob: Option<String>,
            lfs: Option<Lfs>,
        }
        #[derive(Deserialize)]
        struct Lfs {
            sha256: Option<String>,
            size: Option<u64>,
        }
        let model: Model = serde_json::from_slice(text)?;
        let remote = |file: Sibling| {
            let lfs = file.lfs.as_ref();
            let size = lfs.and_then(|lfs| lfs.size).or(file.size);
            let checksum = match lfs {
                Some(lfs) => lfs.sha256.clone().map(Checksum::Sha256),
                None => file.blob.map(Checksum::GitBlob),
            };
            (file.rfilename, Remote { size, checksum })
        };
        let license = model.card.and_then(|card| Some(visible(card.get("license")?.as_str()?, 100)));
        let commit = model.sha.map(|sha| visible(&sha, 64));
        Ok(Listing { commit, license, files: model.siblings.into_iter().map(remote).collect() })
    }
}
