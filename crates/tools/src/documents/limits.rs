//! The limits of one document's parsing. Settings; these are the defaults.

use minicbor::{Decode, Encode};

/// How far one document may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct ParseLimits {
    /// Bytes of the file.
    #[n(0)]
    pub file_bytes_max: u64,
    /// Bytes of the text that comes out of it.
    #[n(1)]
    pub text_bytes_max: u64,
    /// Pages of a PDF.
    #[n(2)]
    pub pages_max: u32,
    /// Levels of arrays and objects inside each other in JSON.
    #[n(3)]
    pub json_depth_max: u32,
    /// Rows of a table.
    #[n(4)]
    pub table_rows_max: u32,
    /// Columns of a table.
    #[n(5)]
    pub table_columns_max: u32,
}

impl Default for ParseLimits {
    fn default() -> Self {
        Self {
            file_bytes_max: 20 * MIB,
            text_bytes_max: 32 * MIB,
            pages_max: 5_000,
            json_depth_max: 100,
            table_rows_max: 1_000_000,
            table_columns_max: 256,
        }
    }
}

/// Bytes of a mebibyte.
pub(crate) const MIB: u64 = 1024 * 1024;

/// A size for a sentence: `20 MiB`, `5.4 MiB`, `12 KiB`, `7 bytes`.
pub(crate) fn size(bytes: u64) -> String {
    const KIB: u64 = 1024;
    match bytes {
        0..KIB => format!("{bytes} bytes"),
        KIB..MIB => format!("{} KiB", bytes / KIB),
        _ if bytes.is_multiple_of(MIB) => format!("{} MiB", bytes / MIB),
        _ => format!("{}.{} MiB", bytes / MIB, bytes % MIB * 10 / MIB),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_well() {
        let rows =
            [(7, "7 bytes"), (2048, "2 KiB"), (20 * MIB, "20 MiB"), (100 * MIB + MIB / 2, "100.5 MiB")];
        for (bytes, text) in rows {
            assert_eq!(size(bytes), text);
        }
    }
}
