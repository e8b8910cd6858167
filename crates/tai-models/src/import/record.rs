//! `RECORD` of a wheel: each file with its checksum (the specification "Binary distribution format" of Python packages).

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::hash::hex;

/// The SHA-256 of each file that has one, in hexadecimal. Lines are `NAME,sha256=SUM,SIZE`; names with commas are quoted, and no model's file has one.
pub(super) fn checksums(record: &str) -> BTreeMap<String, String> {
    let sum = |line: &str| {
        let mut fields = line.trim_end().rsplitn(3, ',').skip(1);
        let sum = fields.next()?.strip_prefix("sha256=")?;
        let bytes = URL_SAFE_NO_PAD.decode(sum).ok()?;
        Some((fields.next()?.to_owned(), hex(&bytes)))
    };
    record.lines().filter_map(sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_read() {
        let record = "m/config.json,sha256=lT-cDUY0hrEKaHHML9WfIjsscBhPSYFefvvKtdiQi0E,612\r\nm/RECORD,,\nx,md5=a,1\n";
        let sums = checksums(record);
        assert_eq!(sums.len(), 1);
        assert_eq!(sums["m/config.json"], "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41");
    }
}
