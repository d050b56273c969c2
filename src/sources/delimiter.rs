//! Which byte stands between the cells.

use super::split::Splitter;

const CANDIDATES: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Records that are looked at.
const RECORDS: usize = 200;

/// The delimiter of a text that begins like this: of those that the header holds, the one by which
/// most of the first records have as many cells as the header; among equals the one with more cells.
/// A comma where the header has one cell whatever the delimiter.
pub(super) fn detect(head: &[u8]) -> u8 {
    let mut best = (0, 0, b',');
    for delimiter in CANDIDATES {
        let (agreeing, width) = agreement(head, delimiter);
        if width > 1 && (agreeing, width) > (best.0, best.1) {
            best = (agreeing, width, delimiter);
        }
    }
    best.2
}

/// How many of the first records have as many cells as the header, and how many cells it has.
fn agreement(head: &[u8], delimiter: u8) -> (usize, usize) {
    let mut text = head.to_vec();
    let mut splitter = Splitter::new(&mut text, delimiter, 1);
    let mut cells = Vec::new();
    let mut width = 0;
    let mut agreeing = 0;
    for record in 0..RECORDS {
        if splitter.next(&mut cells).is_none() {
            break;
        }
        if record == 0 {
            width = cells.len();
        } else {
            agreeing += usize::from(cells.len() == width);
        }
    }
    (agreeing, width)
}
